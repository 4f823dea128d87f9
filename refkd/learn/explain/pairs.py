"""Tables of a rule's input and selection: distributions, divergence band, pairs and reasons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from refkd.alignment.decode import log_posteriors
from refkd.check import Floats
from refkd.learn.explain.classes import Classes
from refkd.learn.explain.narration import Step, Table, frames_heads
from refkd.losses.rules import row_of
from refkd.losses.traces import DistillTrace

OF_DIVERGENCE = {"kl": "D2", "reverse_kl": "D3", "js": "D4", "cross_entropy": "D5"}


def distributions(logits: ArrayLike, temperature: float) -> Floats:
    """Probabilities (T, K) at a temperature."""
    return np.exp(log_posteriors(np.asarray(logits, dtype=np.float64) / temperature))


def likeliest_classes(
    student: Floats, teacher: Floats, blank: int, names: Sequence[str], frames: range
) -> Classes:
    """The classes that are the most probable at some frame of teacher or student."""
    best = [prob[list(frames)].argmax(axis=1) for prob in (teacher, student)]
    return Classes.among(np.concatenate(best), blank, names)


def posteriors_step(
    student: Floats, teacher: Floats, blank: int, names: Sequence[str], frames: range
) -> Step:
    """Probabilities (T, K) of both models, classes by frames."""
    classes = likeliest_classes(student, teacher, blank, names, frames)
    tables = []
    for name, letter, prob in (("teacher: p_u", "u", teacher), ("student: q_t", "t", student)):
        shown = classes.summed(prob[list(frames)]).T
        best = frozenset((int(k), n) for n, k in enumerate(shown.argmax(axis=0)))
        tables.append(
            Table(name, "class", classes.heads, frames_heads(letter, frames), shown, best)
        )
    text = "One distribution a frame for each network. The most probable class is marked."
    return Step("Distributions of teacher and student", text, (), tuple(tables))


def band_table(trace: DistillTrace, frames: range, caption: str, mark: bool = True) -> Table:
    """Divergences of the narrated student frames, each beside the teacher frames that it sees."""
    T, window = len(trace.divergence), trace.window
    teacher = range(max(0, frames[0] - window.left), max(1, min(T, frames[-1] + window.right + 1)))
    pairs = {(int(t), int(u)) for t, u in trace.pairs} if mark else set()
    cells = [[divergence(trace, t, u) for u in teacher] for t in frames]
    marked = frozenset(
        (row, column)
        for row, t in enumerate(frames)
        for column, u in enumerate(teacher)
        if (t, u) in pairs
    )
    heads = frames_heads("t", frames), frames_heads("u", teacher)
    return Table(caption, "", *heads, cells, marked)


def divergence(trace: DistillTrace, t: int, u: int) -> float | None:
    """D(t, u) of the trace; None where there is no such pair."""
    column = u - t + trace.window.left
    if not 0 <= column < trace.divergence.shape[1]:
        return None
    value = float(trace.divergence[t, column])
    return value if value < np.inf else None


def rule_step(trace: DistillTrace, frames: range) -> Step:
    """Which pairs a rule selects, why, and at what loss."""
    row = row_of(trace.rule)
    rows = [n for n, (t, _) in enumerate(trace.pairs) if t in frames]
    cells = []
    for n in rows:
        t, u = trace.pairs[n]
        cost = divergence(trace, t, u)
        weight = trace.pair_weight[n]
        cells.append([u, trace.offset[n], cost, weight, weight * (cost or 0.0), row.why(trace, n)])
    columns = ["u", "t - u", "D", "weight", "weight D", "why"]
    pairs = Table("pairs", "t", [str(trace.pairs[n, 0]) for n in rows], columns, cells)
    band = band_table(trace, frames, f"D(t, u) for {trace.rule!r}, selected ones marked")
    return Step(
        type(trace.rule).__name__, row.about, row.equations, (band, pairs, cost_table(trace))
    )


def weighted_sum(trace: DistillTrace) -> float:
    """Sum of weight D over all pairs, in nats."""
    student, teacher = trace.pairs.T
    costs = trace.divergence[student, teacher - student + trace.window.left]
    return float(np.sum(trace.pair_weight * costs))


def cost_table(trace: DistillTrace) -> Table:
    """The loss beside the sum over pairs."""
    cells = [[weighted_sum(trace)], [trace.loss]]
    return Table("over all frames", "", ["sum of weight D", "loss"], ["nats"], cells)
