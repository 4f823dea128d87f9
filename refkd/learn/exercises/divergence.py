"""Exercise 8: the KL divergence of each frame and its gradient."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.losses.distill import distill_trace
from refkd.losses.rules import FrameWise
from refkd.verify.compare import log_softmax
from refkd.verify.records import Case, Defect

HAND = np.log([[0.5, 0.5], [0.8, 0.2], [0.2, 0.8]]), [[0.8, 0.2]] * 3
SIZES = ((2, 3), (3, 4), (1, 5))  # T, K
RULE = {"divergence": "kl", "temperature": 1.0}


def _cases() -> Sequence[Case]:
    described: list[tuple[str, Any, Any]] = [
        ("three frames by hand", *HAND),
        ("a teacher that is certain", [[0.5, -0.25, 1.0]], [[0.0, 1.0, 0.0]]),
        ("a student like its teacher", [[3.0, 3.0]], [[0.5, 0.5]]),
    ]
    for T, K in SIZES:
        rng = np.random.default_rng(10 * T + K)
        prob = (rng.dirichlet(np.ones(K), T) * (1.0 - 0.02 * K)).round(2) + 0.02
        prob[:, 0] += 1.0 - prob.sum(axis=1)
        described.append((f"T={T}, K={K}", rng.integers(-16, 17, (T, K)) / 8, prob.round(2)))
    described.append(("large logits", [[1000.0, 999.0], [-1000.0, -1000.0]], [[0.25, 0.75]] * 2))
    return [
        case(name, logits=np.array(logits), teacher_prob=np.array(prob))
        for name, logits, prob in described
    ]


def _right(logits: Floats, teacher_prob: Floats) -> Tables:
    trace = distill_trace(logits, _log(teacher_prob), FrameWise())
    return trace.divergence[:, 0], trace.grad


def _log(prob: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(prob)


def _plain(plain: Any, logits: Floats, teacher_prob: Floats) -> Tables:
    lq, lp = plain.student_logp(logits, RULE), plain.teacher_logp(_log(teacher_prob), RULE)
    slope = plain.slope(lp, lq, RULE)
    return plain.divergence(lp, lq, RULE), plain.in_logits(slope, lq, RULE)


def _of_gradient(gradient: Callable[[Floats, Floats], Floats]) -> Callable[..., Tables]:
    """A slip that changes the gradient alone; it is a function of q and p."""

    def tables(logits: Floats, teacher_prob: Floats) -> Tables:
        return None, gradient(np.exp(log_softmax(logits)), teacher_prob)

    return tables


def _reverse(logits: Floats, teacher_prob: Floats) -> Tables:
    """As somebody has it who leaves out the classes with p = 0."""
    log_q = log_softmax(logits)
    log_p = np.where(teacher_prob > 0.0, _log(teacher_prob), log_q)
    return (np.exp(log_q) * (log_q - log_p)).sum(axis=1), None


def _of_reverse(q: Floats, p: Floats) -> Floats:
    ratio = np.log(q / p)
    return np.asarray(q * (ratio - (q * ratio).sum(axis=1, keepdims=True)))


def _slips() -> Sequence[Defect]:
    own = {
        "the gradient is that in log q: it does not pass through the softmax": lambda q, p: -p,
        "the gradient is that in q: it does not pass through the softmax": lambda q, p: -p / q,
        "the gradient is that of KL in the other direction": _of_reverse,
        "the gradient passes through q (1 - q) alone: of the softmax only the class itself is "
        "differentiated, the others are left out": lambda q, p: -p * (1.0 - q),
        "the gradient is divided by the number of classes": lambda q, p: (q - p) / q.shape[1],
        "the gradient is divided by the number of frames": lambda q, p: (q - p) / len(q),
    }
    return (
        slip("the divergence is KL in the other direction", _reverse),
        *(slip(words, _of_gradient(gradient)) for words, gradient in own.items()),
        *slips_of_kit("distill", _plain),
    )


KL_GRADIENT = Exercise(
    8,
    "kl_gradient",
    (Table("divergence", "t", ("D2",)), Table("grad", "tk", ("D6",))),
    _cases,
    _right,
    _slips,
)
