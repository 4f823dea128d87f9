"""Distillation: the loss of a student against the teacher frames that a rule selects."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.losses.divergences import DIVERGENCES, Posteriors, mix
from refkd.losses.inputs import paired_batches, paired_logits
from refkd.losses.rules import RULES, Rule, row_of
from refkd.losses.selection import pair_weights, select_pairs, soft_minimum
from refkd.losses.traces import DistillTrace
from refkd.ragged import Ragged

OPTIONS = ("divergence", "temperature", "scale_t2", "blank_frames")  # beside the rule
BLANK_FRAMES = ("keep", "drop_selected", "no_blank_candidates")


def checked_temperature(value: Any) -> float:
    """Check a temperature, by which logits and gradients are divided, and return it as float."""
    temperature = check.positive("temperature", value)
    if not 1e-100 <= temperature <= 1e100:
        check.fail("temperature", "a number between 1e-100 and 1e100", temperature)
    return temperature


@dataclass(frozen=True)
class Options:
    """Check the rule and the options of a distillation loss."""

    rule: Rule
    divergence: str
    temperature: float
    scale: float
    blank_frames: str

    @classmethod
    def checked(
        cls, rule: Rule, divergence: str, temperature: float, scale_t2: bool, blank_frames: str
    ) -> "Options":
        if type(rule) not in RULES.values():
            check.fail("rule", "a rule such as Hard(Window(5, 0))", check.shown(rule))
        divergence = check.one_of("divergence", divergence, DIVERGENCES)
        temperature = checked_temperature(temperature)
        blank_frames = check.one_of("blank_frames", blank_frames, BLANK_FRAMES)
        if blank_frames == "no_blank_candidates" and not row_of(rule).skips_teacher_frames:
            name = type(rule).__name__
            expected = f"'keep' or 'drop_selected' for {name}, which may not skip a teacher frame"
            check.fail("blank_frames", expected, repr(blank_frames))
        scale = temperature**2 if check.flag("scale_t2", scale_t2) else 1.0
        return cls(rule, divergence, temperature, scale, blank_frames)


def distill(
    options: Options, student_logits: Floats, teacher_logits: Floats, blank: int, with_target: bool
) -> DistillTrace:
    """The trace of checked logits (T, K); the target is computed only on request."""
    rule, T = options.rule, len(student_logits)
    row = row_of(rule)
    student = Posteriors.of(student_logits, options.temperature)
    teacher = Posteriors.of(teacher_logits, options.temperature)
    measure = DIVERGENCES[options.divergence]
    if np.isnan(teacher.logp).any():
        expected = "less than 1.8e308 after division by temperature"
        check.fail("teacher_logits", expected, f"{np.abs(teacher_logits).max()}")
    if not np.isfinite(student.logp).all():
        got = f"logits up to {np.abs(student_logits).max()}"
        check.fail("student_logits", "a finite log-probability for every class", got)
    if options.divergence == "reverse_kl" and not np.isfinite(teacher.logp).all():
        expected = "a finite log-probability for every class when divergence is 'reverse_kl'"
        check.fail("teacher_logits", expected, "-inf")

    window = rule.window.clipped(T)
    left, columns = window.left, window.left + window.right + 1
    is_blank = teacher_logits.argmax(axis=1) == blank
    visible = ~is_blank if options.blank_frames == "no_blank_candidates" else np.ones(T, dtype=bool)
    band = measure.band(student, teacher, left, columns, visible)
    selected = select_pairs(rule, band, left)
    weight = pair_weights(rule, band, selected)
    if options.blank_frames == "drop_selected":
        teacher_frame = np.add.outer(np.arange(T), np.arange(columns) - left)
        selected &= ~is_blank[np.clip(teacher_frame, 0, T - 1)]
        weight = np.where(selected, weight, 0.0)
    student_frame, column = np.nonzero(selected)
    pairs = np.stack([student_frame, student_frame + column - left], axis=1)

    # What each student frame has left of its weight, which was 1 in the weighted rules.
    mass = weight.sum(axis=1)
    target: Posteriors | None = None
    target_divergence: float | None = None
    if row.loss == "mixture":
        target = mix(weight, left, teacher)
        loss = target_divergence = measure.frame_wise(mass, student, target)
        grad = measure.gradient(mass[:, np.newaxis], 0, student, target)
    else:
        if rule.weighted and with_target:
            target = mix(weight, left, teacher)
            target_divergence = measure.frame_wise(mass, student, target)
        if row.loss == "soft minimum":
            loss = float(np.sum(mass * soft_minimum(rule, band, selected)))
        else:
            loss = float(np.sum(weight[selected] * band[selected]))
        grad = measure.gradient(weight, left, student, teacher)
    grad *= options.scale / options.temperature
    check.computed("student_logits", "loss and gradient", np.array(options.scale * loss), grad)

    return DistillTrace(
        rule=rule,
        window=window,
        divergence=band,
        pairs=pairs,
        pair_weight=weight[selected],
        offset=pairs[:, 0] - pairs[:, 1],
        loss=options.scale * loss,
        grad=grad,
        target=None if target is None else target.prob,
        target_divergence=None if target_divergence is None else options.scale * target_divergence,
    )


def distill_trace(
    student_logits: ArrayLike,
    teacher_logits: ArrayLike,
    rule: Rule,
    divergence: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
    blank_frames: str = "keep",
    blank: int = 0,
) -> DistillTrace:
    """Compute a rule's selection, loss and gradient in the student's logits, with every table.

    Parameters
    ----------
    student_logits : (T, K) array
        Finite unnormalised scores.
    teacher_logits : (T, K) array
        As many frames and classes; -inf is allowed, but not for "reverse_kl".
    rule : Rule
        Such as FrameWise() or Hard(Window(5, 0)): any of the table in refkd/losses/rules.py.
    divergence : str
        "kl" = KL(teacher || student), "reverse_kl", "js" (Jensen-Shannon) or "cross_entropy".
    temperature : float
        > 0; divides both logits before the softmax.
    scale_t2 : bool
        Multiply loss and gradient by temperature squared.
    blank_frames : str
        "keep"; "drop_selected": pairs whose teacher frame is blank contribute nothing;
        "no_blank_candidates": blank teacher frames are not searched. A frame is blank if the
        teacher's largest logit is the blank's.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    DistillTrace
        The band of divergences, pairs, weights, offsets, loss in nats (a sum over frames), grad.

    Raises
    ------
    ArgumentError
        If an argument is not as above, or no path exists (OrderedPath with frames that are not
        searched; Monotone if no path with its max_step is left).

    Notes
    -----
    Equations (D1) to (D9) of docs/course/similarity.md, (S1) to (S11) of docs/course/selection.md.

    Examples
    --------
    The student is one frame late; a window that contains the earlier frame gives no loss for it.

    >>> import numpy as np, refkd
    >>> teacher = np.log([[0.1, 0.9], [0.9, 0.1], [0.9, 0.1]])
    >>> student = np.log([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1]])
    >>> trace = refkd.distill_trace(student, teacher, refkd.Hard(refkd.Window(left=1)))
    >>> trace.pairs
    array([[0, 0],
           [1, 0],
           [2, 2]])
    >>> trace.divergence.round(4) + 0.0
    array([[   inf, 1.7578],
           [0.    , 1.7578],
           [0.    , 0.    ]])
    """
    options = Options.checked(rule, divergence, temperature, scale_t2, blank_frames)
    student, teacher, blank = paired_logits(
        "student_logits", student_logits, "teacher_logits", teacher_logits, blank
    )
    return distill(options, student, teacher, blank, with_target=True)


def distill_loss(
    student_logits: ArrayLike,
    teacher_logits: ArrayLike,
    rule: Rule,
    divergence: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
    blank_frames: str = "keep",
    blank: int = 0,
) -> tuple[float, Floats]:
    """Compute a rule's distillation loss and its gradient in the student's logits.

    Parameters
    ----------
    student_logits : (T, K) array
        Finite unnormalised scores.
    teacher_logits : (T, K) array
        As many frames and classes; -inf is allowed, but not for "reverse_kl".
    rule : Rule
        Such as FrameWise() or Hard(Window(5, 0)): any of the table in refkd/losses/rules.py.
    divergence, temperature, scale_t2, blank_frames, blank : various
        As in `distill_trace`.

    Returns
    -------
    loss : float
        In nats, summed over frames.
    grad : (T, K) array
        Gradient in the student's logits; the teacher has none.

    Raises
    ------
    ArgumentError
        As `distill_trace`.

    Notes
    -----
    Equations of docs/course/selection.md.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> teacher, student = np.log([[0.8, 0.2]]), np.log([[0.5, 0.5]])
    >>> loss, grad = refkd.distill_loss(student, teacher, refkd.FrameWise())
    >>> round(loss, 4)                       # 0.8 log(0.8/0.5) + 0.2 log(0.2/0.5)
    0.1927
    >>> grad.round(4)                        # q - p
    array([[-0.3,  0.3]])
    """
    trace = distill_trace(
        student_logits, teacher_logits, rule, divergence, temperature, scale_t2, blank_frames, blank
    )
    return trace.loss, trace.grad


def distill_loss_batch(
    student_logits: Ragged,
    teacher_logits: Ragged,
    rule: Rule,
    divergence: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
    blank_frames: str = "keep",
    blank: int = 0,
) -> tuple[Floats, Ragged]:
    """Compute a rule's loss for each utterance of a batch and its gradient in the student's logits.

    Parameters
    ----------
    student_logits : Ragged of (T_n, K)
        Finite unnormalised scores.
    teacher_logits : Ragged of (T_n, K)
        As many utterances, frames and classes.
    rule : Rule
        Such as FrameWise() or Hard(Window(5, 0)): any of the table in refkd/losses/rules.py.
    divergence, temperature, scale_t2, blank_frames, blank : various
        As in `distill_trace`.

    Returns
    -------
    losses : (N,) array
        Loss of each utterance in nats, summed over its frames.
    grads : Ragged of (T_n, K)
        Gradient of each loss in its own student's logits.

    Raises
    ------
    ArgumentError
        As `distill_trace`, and if the utterances do not correspond.

    Notes
    -----
    Equations of docs/course/selection.md.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> teacher = refkd.Ragged.from_list([np.log([[0.8, 0.2]]), np.zeros((3, 2))])
    >>> student = refkd.Ragged.from_list([np.log([[0.5, 0.5]]), np.zeros((3, 2))])
    >>> losses, grads = refkd.distill_loss_batch(student, teacher, refkd.FrameWise())
    >>> losses.round(4)
    array([0.1927, 0.    ])
    """
    options = Options.checked(rule, divergence, temperature, scale_t2, blank_frames)
    student, teacher, blank = paired_batches(
        "student_logits", student_logits, "teacher_logits", teacher_logits, blank
    )
    losses, grads = (
        np.empty(len(student_logits)),
        student_logits.with_values(np.empty_like(student)),
    )
    for n in range(len(student_logits)):
        part = slice(student_logits.offsets[n], student_logits.offsets[n + 1])
        trace = distill(options, student[part], teacher[part], blank, with_target=False)
        losses[n] = trace.loss
        grads[n][:] = trace.grad
    return losses, grads
