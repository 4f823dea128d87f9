"""Every selection rule written a second time, as plainly as it is defined.

The whole T x T matrix of divergences, Python loops, and brute force over every order for Monotone
and OrderedPath: for tiny T. A rule is any object whose class is named like the rule and which
has its parameters as attributes. `select` decides with real numbers which pairs count and with
what weight; `loss_given` computes the loss for these pairs, and lets a complex step pass through
the student's logits while choices and weights stay as they are.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from oracles.ctc import log_softmax


def log_add(a: Any, b: Any) -> Any:
    """log(e^a + e^b), also for complex b; either may be -inf."""
    high = np.maximum(np.real(a), np.real(b))
    return high + np.log(np.exp(a - high) + np.exp(b - high))


def divergence(teacher_logp: Any, student_logp: Any, kind: str) -> Any:
    """D of one teacher frame (real, may hold -inf) and one student frame (finite), in nats."""
    p, q = np.exp(teacher_logp), np.exp(student_logp)
    seen = p > 0.0  # 0 log 0 = 0
    lp, lq = teacher_logp[seen], student_logp[seen]
    if kind == "kl":
        return (p[seen] * (lp - lq)).sum()
    if kind == "cross_entropy":
        return -(p[seen] * lq).sum()
    if kind == "reverse_kl":
        return (q * (student_logp - teacher_logp)).sum()
    assert kind == "js"
    log_mean = log_add(teacher_logp, student_logp) - math.log(2.0)
    forward = (p[seen] * (lp - log_mean[seen])).sum()
    backward = (q * (student_logp - log_mean)).sum()
    return 0.5 * forward + 0.5 * backward


def logp(logits: Any, temperature: float = 1.0) -> np.ndarray:
    """(T, K) log-probabilities of the tempered softmax."""
    return log_softmax(np.asarray(logits) / temperature)


def is_blank(teacher_logits: Any, blank: int) -> list[bool]:
    """Whether the teacher's most probable class of each frame is the blank."""
    return [int(np.argmax(frame)) == blank for frame in np.asarray(teacher_logits)]


def sides(rule: Any) -> tuple[int, int]:
    """How many earlier and later teacher frames the rule shows; negative: strictly the other."""
    name = type(rule).__name__
    if name == "FrameWise":
        return 0, 0
    if name == "Shift":
        return rule.d, -rule.d
    if name == "Blend":
        return len(rule.weights) - 1, 0
    return rule.window.left, rule.window.right


def visible(rule: Any, i: int, T: int, hidden: Any) -> list[int]:
    """Teacher frames that student frame i may learn from, in order."""
    left, right = sides(rule)
    return [j for j in range(T) if i - left <= j <= i + right and not hidden[j]]


def matrix(teacher: Any, student: Any, kind: str, temperature: float) -> np.ndarray:
    """(T, T) D(i, j): row i the student's frame, column j the teacher's."""
    p, q = logp(teacher, temperature), logp(student, temperature)
    T = len(q)
    return np.array([[divergence(p[j], q[i], kind) for j in range(T)] for i in range(T)])


def nearest_first(i: int, frames: list[int], D: np.ndarray) -> list[int]:
    """Frames by divergence; ties to the one nearest to i, then to the earlier."""
    return sorted(frames, key=lambda j: (D[i, j], abs(i - j), j))


def soft_weights(costs: Any, tau: float) -> np.ndarray:
    """softmax(-costs / tau), equal at tau = inf."""
    costs = np.asarray(costs)
    if math.isinf(tau):
        return np.full(costs.shape, 1.0 / costs.size)
    e = np.exp(-(costs - costs.min()) / tau)
    return e / e.sum()


def monotone_choices(
    candidates: list[list[int]], max_step: int | None
) -> Iterator[tuple[int, ...]]:
    """Every way to choose one of the candidates each, never back, never further than max_step."""
    limit = math.inf if max_step is None else max_step
    for choice in itertools.product(*candidates):
        if all(0 <= b - a <= limit for a, b in itertools.pairwise(choice)):
            yield choice


def warping_paths(T: int, left: int, right: int) -> Iterator[list[tuple[int, int]]]:
    """Every path of cells (i, j) from (0, 0) to (T-1, T-1) inside the window."""

    def onwards(i: int, j: int) -> Iterator[list[tuple[int, int]]]:
        if i == j == T - 1:
            yield [(i, j)]
        for a, b in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if a < T and b < T and a - left <= b <= a + right:
                for rest in onwards(a, b):
                    yield [(i, j), *rest]

    return onwards(0, 0)


@dataclass
class Selection:
    """What a rule chose: pairs (i, j), their weights w, and for mixtures the mass m of frame i."""

    pairs: list[tuple[int, int]]
    weight: list[float]
    mass: np.ndarray


def select(
    student: Any,
    teacher: Any,
    rule: Any,
    kind: str = "kl",
    temperature: float = 1.0,
    blank_frames: str = "keep",
    blank: int = 0,
) -> Selection | None:
    """The pairs that count and their weights; None if no order is left to choose from."""
    T = len(np.asarray(student))
    blanks = is_blank(teacher, blank)
    hidden = blanks if blank_frames == "no_blank_candidates" else [False] * T
    dropped = blanks if blank_frames == "drop_selected" else [False] * T
    D = np.real(matrix(teacher, student, kind, temperature))
    seen = [visible(rule, i, T, hidden) for i in range(T)]
    name = type(rule).__name__
    chosen: list[tuple[int, int, float]] = []
    if name in ("FrameWise", "Shift"):
        chosen = [(i, j, 1.0) for i in range(T) for j in seen[i]]
    elif name == "Blend":
        n = len(rule.weights)
        for i in range(n - 1, T):
            total = sum(rule.weights[i - j] for j in seen[i])
            if total > 0.0:
                chosen += [(i, j, rule.weights[i - j] / total) for j in seen[i]]
    elif name == "Hard":
        chosen = [(i, nearest_first(i, seen[i], D)[0], 1.0) for i in range(T) if seen[i]]
    elif name == "TopK":
        for i in range(T):
            best = nearest_first(i, seen[i], D)[: rule.k]
            if best:
                weights = soft_weights([D[i, j] for j in best], rule.tau)
                chosen += [(i, j, float(w)) for j, w in zip(best, weights, strict=True)]
    elif name == "Soft":
        for i in range(T):
            if seen[i]:
                weights = soft_weights([D[i, j] for j in seen[i]], rule.tau)
                chosen += [(i, j, float(w)) for j, w in zip(seen[i], weights, strict=True)]
    elif name == "Monotone":
        frames = [i for i in range(T) if seen[i]]
        choices = monotone_choices([seen[i] for i in frames], rule.max_step)
        costs = [(sum(D[i, j] for i, j in zip(frames, js, strict=True)), js) for js in choices]
        if not costs:
            return None
        chosen = [(i, j, 1.0) for i, j in zip(frames, min(costs)[1], strict=True)]
    elif name == "OrderedPath":
        paths = warping_paths(T, *sides(rule))
        best_path = min(paths, key=lambda path: sum(D[i, j] for i, j in path))
        chosen = [(i, j, 1.0) for i, j in best_path]
    else:
        assert name == "PerTeacher"
        for j in range(T):
            viewers = [i for i in range(T) if j in seen[i]]
            if viewers:
                best = min(viewers, key=lambda i: (D[i, j], abs(i - j), i))
                chosen.append((best, j, 1.0))
    remaining = [(i, j, w) for i, j, w in chosen if not dropped[j]]
    mass = np.zeros(T)
    for i, _, w in remaining:
        mass[i] += w
    return Selection([(i, j) for i, j, _ in remaining], [w for _, _, w in remaining], mass)


def mixtures(teacher: Any, selection: Selection, temperature: float = 1.0) -> np.ndarray:
    """(T, K) log of the weighted sum of teacher distributions of each frame; -inf where none."""
    prob = np.exp(logp(teacher, temperature))
    target = np.zeros(prob.shape)
    for (i, j), w in zip(selection.pairs, selection.weight, strict=True):
        target[i] += w / selection.mass[i] * prob[j] if selection.mass[i] > 0.0 else 0.0
    with np.errstate(divide="ignore"):
        return np.log(target)


def mixture_divergence(
    student: Any,
    teacher: Any,
    selection: Selection,
    kind: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
) -> Any:
    """sum_i m_i D(mixture_i, q_i)."""
    target, q = mixtures(teacher, selection, temperature), logp(student, temperature)
    total = sum(
        selection.mass[i] * divergence(target[i], q[i], kind)
        for i in range(len(q))
        if selection.mass[i] > 0.0
    )
    return total * (temperature**2 if scale_t2 else 1.0)


def loss_given(
    student: Any,
    teacher: Any,
    rule: Any,
    selection: Selection,
    kind: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
) -> Any:
    """The loss in nats with pairs, hard choices and masses held as given.

    For Soft the weights are not held: the soft minimum is differentiated as it stands.
    """
    name = type(rule).__name__
    if name == "Blend":
        return mixture_divergence(student, teacher, selection, kind, temperature, scale_t2)
    p, q = logp(teacher, temperature), logp(student, temperature)
    D = [divergence(p[j], q[i], kind) for i, j in selection.pairs]
    total = 0.0
    if name == "Soft":
        for i in range(len(q)):
            pairs = zip(D, selection.pairs, strict=True)
            divergences = np.array([d for d, (a, _) in pairs if a == i])
            if divergences.size:
                total += selection.mass[i] * soft_minimum(divergences, rule.tau)
    else:
        total = sum(w * d for w, d in zip(selection.weight, D, strict=True))
    return total * (temperature**2 if scale_t2 else 1.0)


def soft_minimum(costs: np.ndarray, tau: float) -> Any:
    """-tau log of the mean of exp(-costs / tau); the mean itself at tau = inf."""
    if math.isinf(tau):
        return costs.mean()
    low = costs.real.min()
    return low - tau * np.log(np.exp(-(costs - low) / tau).mean())
