"""Distillation: what a student pays for differing from the teacher frames that a rule selects."""

import numpy as np
from numpy.typing import ArrayLike

from refkd.check import Floats
from refkd.losses.distillation import Options, distill
from refkd.losses.inputs import paired_batches, paired_logits
from refkd.losses.rules import Rule
from refkd.losses.traces import DistillTrace
from refkd.ragged import Ragged


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
        FrameWise, Shift, Blend, Hard, TopK, Soft, Monotone, OrderedPath or PerTeacher.
    divergence : str
        "kl" = KL(teacher || student), "reverse_kl", "js" (Jensen-Shannon) or "cross_entropy".
    temperature : float
        > 0; divides both logits before the softmax.
    scale_t2 : bool
        Multiply loss and gradient by temperature squared.
    blank_frames : str
        "keep"; "drop_selected": pairs whose teacher frame is blank contribute nothing;
        "no_blank_candidates": blank teacher frames are invisible. Blank is where the teacher's
        largest logit is the blank's.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    DistillTrace
        The band of divergences, pairs, weights, offsets, loss in nats (a sum over frames), grad.

    Raises
    ------
    ArgumentError
        If an argument is not as above, or the rule cannot be followed (OrderedPath with invisible
        frames; Monotone if no path with its max_step is left).

    Notes
    -----
    Equations (D1) to (D9) of docs/course/similarity.md, (S1) to (S11) of docs/course/selection.md.

    Examples
    --------
    The student says at frame 1 what the teacher said at frame 0: no loss for a window that sees it.

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
        FrameWise, Shift, Blend, Hard, TopK, Soft, Monotone, OrderedPath or PerTeacher.
    divergence, temperature, scale_t2, blank_frames, blank : various
        As in `distill_trace`.

    Returns
    -------
    loss : float
        In nats, summed over frames.
    grad : (T, K) array
        Gradient in the student's logits; nothing flows to the teacher.

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
        FrameWise, Shift, Blend, Hard, TopK, Soft, Monotone, OrderedPath or PerTeacher.
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
