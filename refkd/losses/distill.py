"""Distillation: the loss of a student against the teacher frames that a rule selects."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Bools, Floats, Ints
from refkd.kernels import distill as kernels
from refkd.kernels.compile import as_value, in_parallel
from refkd.losses.divergences import DIVERGENCES
from refkd.losses.inputs import check_values, paired_batches, paired_logits
from refkd.losses.rules import RULES, Rule, parameters_of, row_of
from refkd.losses.traces import DistillTrace
from refkd.ragged import Ragged

OPTIONS = ("divergence", "temperature", "scale_t2", "blank_frames")  # beside the rule
SCORES = {
    "weighted sum": kernels.weighted_sum,
    "soft minimum": kernels.weighted_soft_minimum,
    "mixture": kernels.mixture_divergence,
}
BLANK_FRAMES = ("keep", "drop_selected", "no_blank_candidates")


def checked_temperature(value: Any) -> float:
    """Check a temperature, by which logits and gradients are divided, and return it as float."""
    temperature = check.positive("temperature", value)
    if not 1e-100 <= temperature <= 1e100:
        check.fail("temperature", "a number between 1e-100 and 1e100", temperature)
    return temperature


# The signatures of the steps.
FRAMES, STACK, PAIRS = types.float64[:, ::1], types.float64[:, :, ::1], types.boolean[:, ::1]
PARAMETERS = numba.typeof(kernels.Parameters(0, 0.0, np.zeros(0)))
ADD = types.void(STACK, STACK, types.int64, STACK, FRAMES)
GRADIENT = types.void(FRAMES, types.int64, STACK, STACK, FRAMES)
SELECT = types.float64(FRAMES, types.int64, PARAMETERS, FRAMES, types.int64[:, ::1], PAIRS)
WEIGH = types.void(FRAMES, PAIRS, PARAMETERS, FRAMES)


@cache
def score_type() -> Any:
    """That of a score."""
    add, gradient, tables = types.FunctionType(ADD), types.FunctionType(GRADIENT), _tables(1, 1)
    arrays = (STACK, STACK, STACK, numba.typeof(tables), FRAMES)
    return types.float64(add, gradient, types.float64, types.int64, *arrays)


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

    def steps(self) -> kernels.Steps:
        """The kernels of the divergence and of the rule."""
        row, divergence = row_of(self.rule), DIVERGENCES[self.divergence]
        return kernels.Steps(
            as_value(divergence.add, ADD),
            as_value(divergence.gradient, GRADIENT),
            as_value(row.select, SELECT),
            as_value(row.weigh, WEIGH),
            as_value(SCORES[row.loss], score_type()),
        )


def distill(
    options: Options, student_logits: Floats, teacher_logits: Floats, blank: int, with_target: bool
) -> DistillTrace:
    """The trace of checked logits (T, K); the target is computed only on request."""
    rule, row, T = options.rule, row_of(options.rule), len(student_logits)
    student = _posteriors(options, "student_logits", student_logits)
    teacher = _posteriors(options, "teacher_logits", teacher_logits)
    window = rule.window.clipped(T)
    left, columns = window.left, window.left + window.right + 1
    visible, silent = _blank_frames(options, teacher_logits, blank)
    steps, tables = options.steps(), _tables(T, columns)
    target, grad = np.empty_like(student), np.empty_like(student_logits)
    loss = kernels.distill(
        steps, parameters_of(rule), left, student, teacher, target, visible, silent, tables, grad
    )
    if loss == np.inf:
        longest = getattr(rule, "max_step", None)
        expected = f"a path of steps <= max_step={longest} between the visible teacher frames"
        check.fail("rule", expected, "none: more blank frames lie between them")
    with np.errstate(over="ignore", invalid="ignore"):  # refused in the next line
        loss, grad = options.scale * loss, grad * (options.scale / options.temperature)
    check.computed("student_logits", "loss and gradient", np.array(loss), grad)

    target_divergence: float | None = None
    if row.loss == "mixture":
        target_divergence = loss
    elif rule.weighted and with_target:
        target_divergence = options.scale * kernels.mixture_divergence(
            steps.add_divergence, steps.gradient, math.inf, left, student, teacher, target, tables,
            np.empty_like(grad),
        )  # fmt: skip
    selected = tables.selected
    student_frame, column = np.nonzero(selected)
    pairs = np.stack([student_frame, student_frame + column - left], axis=1)
    return DistillTrace(
        rule=rule,
        window=window,
        divergence=tables.band,
        pairs=pairs,
        pair_weight=tables.weight[selected],
        offset=pairs[:, 0] - pairs[:, 1],
        loss=float(loss),
        grad=grad,
        target=None if target_divergence is None else target[1],
        target_divergence=target_divergence,
    )


def _posteriors(options: Options, name: str, logits: Floats) -> Floats:
    """The posteriors (2, T, K) of checked logits, if the divergence can use them."""
    _check_range(options, name, logits)
    posteriors = np.empty((2, *logits.shape))
    kernels.posteriors_of(logits, options.temperature, posteriors)
    return posteriors


def _unusual(options: Options, logits: Floats) -> bool:
    """Whether a number is not finite, or a difference of two numbers can overflow."""
    largest = max(logits.max(), -logits.min())
    return not largest <= 8e307 * min(options.temperature, 1.0)


def _check_range(options: Options, name: str, logits: Floats) -> None:
    """Refuse checked logits without finite log-probabilities where these are needed."""
    if not _unusual(options, logits):
        return
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = logits / options.temperature
        below = scaled - scaled.max(axis=1, keepdims=True)
    if name == "student_logits" and not np.isfinite(below).all():
        got = f"logits up to {np.abs(logits).max()}"
        check.fail(name, "a finite log-probability for every class", got)
    if np.isnan(below).any():
        expected = "less than 1.8e308 after division by temperature"
        check.fail(name, expected, f"{np.abs(logits).max()}")
    if options.divergence == "reverse_kl" and not np.isfinite(below).all():
        expected = "a finite log-probability for every class when divergence is 'reverse_kl'"
        check.fail(name, expected, "-inf")


class Teacher(NamedTuple):
    """The frames of a teacher's utterances, one after the other."""

    logits: Floats  # (sum T, K)
    blank: int
    visible: Bools  # (sum T,) the frames that are searched
    silent: Bools  # (sum T,) those that add nothing if selected; (0,) if there are none
    posteriors: Floats  # (sum 2 T K,), of each utterance (2, T, K); (0,) to compute them in a loss

    @classmethod
    def of(cls, options: Options, logits: Floats, blank: int) -> "Teacher":
        """For one loss."""
        return cls(logits, blank, *_blank_frames(options, logits, blank), np.zeros(0))

    @classmethod
    def frozen(cls, options: Options, logits: Ragged, blank: int) -> "Teacher":
        """For many losses, with the posteriors."""
        parts = [_posteriors(options, "teacher_logits", frames).reshape(-1) for frames in logits]
        teacher = cls.of(options, logits.values, blank)
        return teacher._replace(posteriors=np.concatenate(parts))


def distill_batch(
    options: Options, student_logits: Floats, offsets: Ints, teacher: Teacher, first: Ints
) -> tuple[Floats, Floats]:
    """Losses (N,) and gradients (sum T, K); teacher frames of utterance n begin at first[n]."""
    if _unusual(options, student_logits) or (
        len(teacher.posteriors) == 0 and _unusual(options, teacher.logits)
    ):
        check_values("student_logits", student_logits, "teacher_logits", teacher.logits)
        _check_range(options, "student_logits", student_logits)
        _check_range(options, "teacher_logits", teacher.logits)
    N, K, lengths = len(first), student_logits.shape[1], np.diff(offsets)
    losses, grads = np.empty(N), np.empty_like(student_logits)
    windows = [options.rule.window.clipped(T) for T in lengths.tolist()]
    left = np.array([window.left for window in windows])
    columns = left + np.array([window.right for window in windows]) + 1
    threads, cells = min(numba.get_num_threads(), N), max(lengths * columns)
    numbers = 6 * lengths * K + 4 * lengths * columns + 3 * (kernels.CLASSES + 1) * lengths
    batch = kernels.Batch(
        *options.steps(),
        *parameters_of(options.rule),
        options.temperature,
        options.scale,
        student_logits,
        teacher.logits,
        teacher.posteriors,
        utterances=np.stack([offsets[:-1], lengths, first, left, columns], axis=1),
        visible=teacher.visible,
        silent=teacher.silent,
        memory=np.empty((threads, max(numbers))),
        origin=np.empty((threads, cells), dtype=np.int64),
        selected=np.empty((threads, cells), dtype=bool),
        losses=losses,
        d_logits=grads,
    )
    in_parallel(kernels.distill_share, threads, batch)
    wrong = ~np.isfinite(losses)
    if options.divergence == "reverse_kl" and not np.isfinite(grads).all():  # others have a bound
        wrong[:] = True
    for n in np.flatnonzero(wrong).tolist():  # the trace raises the error
        own, theirs = slice(*offsets[n : n + 2]), slice(first[n], first[n] + lengths[n])
        distill(options, student_logits[own], teacher.logits[theirs], teacher.blank, False)
    return losses, grads


def _blank_frames(options: Options, teacher_logits: Floats, blank: int) -> tuple[Bools, Bools]:
    """The teacher frames that are searched (T,), and those that add nothing; (0,) if none."""
    everything, nothing = np.ones(len(teacher_logits), dtype=bool), np.zeros(0, dtype=bool)
    if options.blank_frames == "keep":
        return everything, nothing
    is_blank = teacher_logits.argmax(axis=1) == blank
    if options.blank_frames == "drop_selected":
        return everything, is_blank
    return ~is_blank, nothing


def _tables(T: int, W: int) -> kernels.Tables:
    """Uninitialised tables of one utterance."""
    return kernels.Tables(
        columns=np.empty((W, T)),
        band=np.empty((T, W)),
        cost=np.empty((T, W)),
        weight=np.empty((T, W)),
        origin=np.empty((T, W), dtype=np.int64),
        selected=np.empty((T, W), dtype=bool),
        classes=np.empty((3, kernels.CLASSES + 1, T)),
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
    offsets = student_logits.offsets
    frames = Teacher.of(options, teacher, blank)
    losses, grads = distill_batch(options, student, offsets, frames, offsets[:-1])
    return losses, student_logits.with_values(grads)
