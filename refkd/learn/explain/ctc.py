"""CTC step by step: states, alpha, beta, loss, occupancy, gradient, best path."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from refkd.alignment.decode import log_posteriors
from refkd.learn.explain.lattice import Lattice
from refkd.learn.explain.narration import (
    Narration,
    Step,
    Table,
    names_of,
    narrated_frames,
    shown,
)
from refkd.losses.ctc import ctc_align, ctc_trace


def explain_ctc(
    logits: ArrayLike,
    labels: ArrayLike,
    blank: int = 0,
    symbols: Sequence[str] | None = None,
    frames: range | None = None,
) -> Narration:
    """Explain the loss, the gradient and the best path of one utterance.

    Parameters
    ----------
    logits : (T, K) array
        As for `refkd.ctc_trace`.
    labels : (L,) array of int
        As for `refkd.ctc_trace`.
    blank : int
        Index of the blank.
    symbols : sequence of str, optional
        Names of the K classes; their numbers if left out.
    frames : range, optional
        Frames to narrate one by one; everything is computed over the whole utterance.

    Returns
    -------
    Narration
        Its numbers are those of `refkd.ctc_trace` and `refkd.ctc_align`, in nats.

    Raises
    ------
    ArgumentError
        As `refkd.ctc_trace`, and if there are other than K symbols.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.learn.explain.ctc import explain_ctc
    >>> narration = explain_ctc(np.zeros((2, 2)), [1], symbols=["-", "a"])
    >>> [step.title for step in narration.steps][:3]
    ['What the network predicts', 'Labels with blanks', 'alpha at frame 0']
    """
    logp = log_posteriors(logits)
    trace = ctc_trace(logp, labels, blank)
    names = names_of(symbols, logp.shape[1])
    seen = narrated_frames(frames, len(logp))
    lattice = Lattice(logp, trace, blank, names, seen)
    labelled = " ".join(names[k] for k in trace.states[1::2])
    which = f'the label sequence "{labelled}"' if labelled else "the empty label sequence"
    some = f"Frames {seen[0]} to {seen[-1]} are shown. " if len(seen) < len(logp) else ""
    return Narration(
        f"CTC: how probable is {which}?",
        f"{len(logp)} frames, {len(names)} classes; the blank is {names[blank]}. {some}"
        "Logarithms are natural.",
        tuple(_steps(lattice)),
    )


def _steps(lattice: Lattice) -> Iterator[Step]:
    yield _log_probabilities(lattice)
    yield from lattice.passes()
    yield _loss(lattice)
    if lattice.trace.loss < np.inf:
        yield _occupancy(lattice)
        yield _gradient(lattice)
        yield _best_path(lattice)


def _log_probabilities(lattice: Lattice) -> Step:
    classes = lattice.classes
    logp = lattice.logp[list(lattice.frames)][:, list(classes.indices)].T
    return Step(
        "What the network predicts",
        "The log-probability of each class at each frame: the logarithm of the softmax. The loss "
        "depends on the network through these numbers alone.",
        (),
        (Table("logp[t, k]", "class", classes.own, lattice.times, logp),),
    )


def _loss(lattice: Lattice) -> Step:
    alpha, through = lattice.trace.log_alpha, lattice.trace.log_alpha + lattice.trace.log_beta
    totals = np.logaddexp.reduce(through, axis=1)
    ends = {"last blank": alpha[-1, -1]}
    begins = {"first blank": through[0, 0]}
    if len(lattice.trace.states) > 1:
        ends["last label"], begins["first label"] = alpha[-1, -2], through[0, 1]
    log_total = totals[list(lattice.frames)]
    tables = (
        _listed("forward, from log_alpha at the last frame", ends, lattice.trace.loss),
        _listed("backward, from log_alpha + log_beta at frame 0", begins, -totals[0]),
        Table(
            "at every frame",
            "",
            ["total", "-log total"],
            lattice.times,
            [np.exp(log_total), -log_total],
        ),
    )
    text = (
        "A path that is at one of the last two states at the last frame is complete, so the sum "
        "of their alpha is the probability P of the labels. At every frame, the sum of alpha "
        "times beta over the states is the same P."
    )
    if lattice.trace.loss == np.inf:
        text = "No path has any probability, so the loss is inf and the gradient 0."
    return Step("The loss, both ways", text, ("C7", "C8"), tables)


def _occupancy(lattice: Lattice) -> Step:
    through = lattice.trace.log_alpha + lattice.trace.log_beta
    share = np.exp(through - np.logaddexp.reduce(through, axis=1, keepdims=True))
    occupancy = lattice.by_class(lattice.trace.occupancy)
    return Step(
        "Occupancy",
        "First the probability of each state at each frame, given the labels; then that of each "
        "class, which is the sum over the states of this class. Each frame sums to 1.",
        ("C8", "C9"),
        (
            Table("P(state s | labels)", "s", lattice.rows, lattice.times, lattice.by_state(share)),
            Table("occupancy[t, k]", "class", lattice.classes.heads, lattice.times, occupancy),
        ),
    )


def _gradient(lattice: Lattice) -> Step:
    prob, grad = lattice.by_class(np.exp(lattice.logp)), lattice.by_class(lattice.trace.grad)
    marked = frozenset((int(k), n) for n, k in enumerate(grad.argmin(axis=0)))
    heads = lattice.classes.heads
    return Step(
        "The gradient in the logits",
        "The probability that the network assigns to the class, minus the probability of the "
        "class given the labels; each frame sums to 0. Marked is the class whose logit a step of "
        "training raises most.",
        ("C10",),
        (
            Table("y[t, k]", "class", heads, lattice.times, prob),
            Table("y - occupancy", "class", heads, lattice.times, grad, marked),
        ),
    )


def _best_path(lattice: Lattice) -> Step:
    path = ctc_align(lattice.logp, lattice.trace.states[1::2], lattice.blank)
    share = shown(float(np.exp(path.log_prob + lattice.trace.loss)))
    emitted = path.frames[list(lattice.frames)]
    cells = [
        [lattice.names[k] for k in emitted],
        [lattice.logp[t, k] for t, k in zip(lattice.frames, emitted, strict=True)],
    ]
    spans = [[span.start, span.end, span.score] for span in path.spans]
    rows = [lattice.names[span.label] for span in path.spans]
    return Step(
        "The best path",
        "The recursion of alpha with max in place of log_add. The best path has the "
        f"log-probability {shown(path.log_prob)}: a share of {share} of all paths of these "
        "labels. A span does not include the frame of its end; its score is the mean logp.",
        ("C11", "C12"),
        (
            Table("path", "", ["emits", "logp"], lattice.times, cells),
            Table("spans", "label", rows, ["start", "end", "score"], spans),
        ),
    )


def _listed(caption: str, terms: dict[str, float], loss: float) -> Table:
    """Log-probabilities and their probabilities, and the loss that they give."""
    rows = [[value, np.exp(value)] for value in terms.values()]
    heads = ["log", "probability"]
    return Table(
        caption, "", [*terms, "loss"], heads, [*rows, [loss, np.exp(-loss)]], {(len(rows), 0)}
    )
