"""The distillation loss for speed: one utterance from logits to gradient, and a batch in parallel.

The loops are those of divergences.py and selection.py. Which divergence and which rule, comes in as
functions (`Steps`), so that this file is compiled once for all of them. Posteriors (2, T, K) are
log-probabilities and probabilities.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from refkd.kernels import divergences
from refkd.kernels.compile import kernel
from refkd.kernels.divergences import mixture, open_band
from refkd.kernels.numeric import exp_64
from refkd.kernels.selection import soft_minimum

WEIGHTED_SUM, SOFT_MINIMUM, MIXTURE = range(3)  # what the loss of a rule is
CLASSES = 32  # that are transposed at a time, so that they stay in the cache
LOWEST = -1e308  # of log-probabilities, instead of -inf
CHUNK = 2048  # numbers whose exponentials are computed at a time, for the same reason


class Steps(NamedTuple):
    """What differs between divergences and between rules."""

    add_divergence: Callable[..., None]  # of student, teacher, left, classes, columns (W, T)
    gradient: Callable[..., None]  # of weight (T, W), left, student, teacher, d_logits (T, K)
    select: Callable[..., float]  # of band (T, W), left, parameters, cost, origin, selected
    weigh: Callable[..., None]  # of band (T, W), selected, parameters, weight


class Parameters(NamedTuple):
    """The numbers of a rule, beside its window."""

    limit: int  # k of TopK, longest step of Monotone
    tau: float  # temperature of the weights, in nats
    shares: Any  # (n,): the weights of Blend


class Tables(NamedTuple):
    """Everything that belongs to pairs of frames, filled on the way from posteriors to loss."""

    columns: Any  # (W, T): the band while it is filled
    band: Any  # (T, W)
    cost: Any  # (T, W)
    origin: Any  # (T, W)
    selected: Any  # (T, W)
    weight: Any  # (T, W)
    mass: Any  # (T, 1): what each student frame has left of its weight
    frame_cost: Any  # (T,)


@kernel
def peak_of(row):
    """The largest number of a row, sought in four parts side by side."""
    a = b = c = d = -np.inf
    K = len(row)
    whole = K - K % 4
    for k in range(0, whole, 4):
        a = row[k] if row[k] > a else a
        b = row[k + 1] if row[k + 1] > b else b
        c = row[k + 2] if row[k + 2] > c else c
        d = row[k + 3] if row[k + 3] > d else d
    for k in range(whole, K):
        a = row[k] if row[k] > a else a
    return max(max(a, b), max(c, d))


@kernel
def sum_of(row):
    """The sum of a row in four parts, because an addition waits for the one before."""
    a = b = c = d = 0.0
    K = len(row)
    whole = K - K % 4
    for k in range(0, whole, 4):
        a, b, c, d = a + row[k], b + row[k + 1], c + row[k + 2], d + row[k + 3]
    for k in range(whole, K):
        a += row[k]
    return (a + b) + (c + d)


@kernel
def subtract_peak(row, x):
    """Fill x (K,) with a row counted from its peak; -inf becomes the lowest number."""
    peak = peak_of(row)
    for k in range(len(x)):
        below = row[k] - peak
        x[k] = below if below > LOWEST else LOWEST  # so that 0 log 0 = 0


@kernel
def exp_below(x, e):
    """e^x of all numbers below 0, else 0: one loop over many rows, which is one over vectors."""
    for n in range(len(x)):
        e[n] = exp_64(x[n]) if x[n] < 0.0 else 0.0


@kernel
def normalise(x, e):
    """Turn a row counted from its peak into log-probabilities, and e into probabilities."""
    peaks = 0
    for k in range(len(x)):
        peaks += 1 if x[k] >= 0.0 else 0
    rest = sum_of(e) + (peaks - 1)  # all but one peak, so that a confident frame keeps its digits
    log_sum, share = math.log1p(rest), 1.0 / (1.0 + rest)
    for k in range(len(x)):
        e[k] = (e[k] if x[k] < 0.0 else 1.0) * share
        x[k] -= log_sum  # (N9)


@kernel
def posteriors_of(logits, temperature, posteriors):
    """Fill the posteriors (2, T, K) of logits / temperature; log 0 becomes the lowest number."""
    T, K = logits.shape
    logp, prob = posteriors[0], posteriors[1]
    some = max(1, CHUNK // K)
    for first in range(0, T, some):
        last = min(T, first + some)
        for t in range(first, last):
            if temperature == 1.0:
                subtract_peak(logits[t], logp[t])
            else:
                for k in range(K):
                    logp[t, k] = logits[t, k] / temperature
                subtract_peak(logp[t], logp[t])
        exp_below(logp[first:last].reshape(-1), prob[first:last].reshape(-1))
        for t in range(first, last):
            normalise(logp[t], prob[t])


@kernel
def by_class(frames, first, classes):
    """Copy classes from `first` on, of all frames (T, K), to rows along time, and return these.

    classes (some, T)  scratch, some a multiple of 4; up to three rows without a class become 0
    """
    T, there = len(frames), min(len(classes), frames.shape[1] - first)
    whole = T - T % 4
    for t in range(0, whole, 4):
        a, b, c, d = frames[t], frames[t + 1], frames[t + 2], frames[t + 3]
        for k in range(there):
            row = classes[k]
            row[t], row[t + 1] = a[first + k], b[first + k]
            row[t + 2], row[t + 3] = c[first + k], d[first + k]
    for t in range(whole, T):
        for k in range(there):
            classes[k, t] = frames[t, first + k]
    padded = there + 3 - (there + 3) % 4
    classes[there:padded] = 0.0
    return classes[:padded]


@kernel
def add_cross_entropy(student, teacher, left, classes, columns):
    """-sum p_u log q_t, added to the band (W, T), some classes after the other.

    classes (3, some + 1, T)  scratch
    """
    K, some = student[0].shape[1], classes.shape[1] - 1
    for first in range(0, K, some):
        log_q = by_class(student[0], first, classes[0, :some])
        p = by_class(teacher[1], first, classes[1, :some])
        divergences.banded_cross_entropy(log_q, p, left, columns)


@kernel
def add_kl(student, teacher, left, classes, columns):
    """KL(p_u || q_t), added to the band.

    Entropies are summed in the order of the cross-entropies, so that equal frames have exactly 0.
    """
    K, some = student[0].shape[1], classes.shape[1] - 1
    entropy = classes[0, some:]
    entropy[:] = 0.0
    for first in range(0, K, some):
        log_q = by_class(student[0], first, classes[0, :some])
        p = by_class(teacher[1], first, classes[1, :some])
        log_p = by_class(teacher[0], first, classes[2, :some])
        divergences.banded_cross_entropy(log_q, p, left, columns)
        divergences.banded_cross_entropy(log_p, p, 0, entropy)
    divergences.less_teacher_entropy(entropy[0], left, columns)


@kernel
def add_reverse_kl(student, teacher, left, classes, columns):
    """KL(q_t || p_u), added to the band: as kl with the roles exchanged."""
    K, some = student[0].shape[1], classes.shape[1] - 1
    entropy = classes[0, some:]
    entropy[:] = 0.0
    for first in range(0, K, some):
        log_p = by_class(teacher[0], first, classes[0, :some])
        q = by_class(student[1], first, classes[1, :some])
        log_q = by_class(student[0], first, classes[2, :some])
        divergences.banded_cross_entropy(q, log_p, left, columns)
        divergences.banded_cross_entropy(log_q, q, 0, entropy)
    divergences.less_student_entropy(entropy[0], columns)


@kernel
def add_js(student, teacher, left, classes, columns):
    """JS(p_u, q_t), added to the band."""
    K, some = student[0].shape[1], classes.shape[1] - 1
    for first in range(0, K, some):
        q = by_class(student[1], first, classes[0, :some])
        p = by_class(teacher[1], first, classes[1, :some])
        divergences.banded_js(q, p, left, columns)


@kernel
def kl_gradient(weight, left, student, teacher, d_logits):
    """(D6) of posteriors."""
    divergences.kl_gradient(weight, left, student[1], teacher[1], d_logits)


@kernel
def reverse_kl_gradient(weight, left, student, teacher, d_logits):
    """(D7) of posteriors."""
    divergences.reverse_kl_gradient(weight, left, student[1], student[0], teacher[0], d_logits)


@kernel
def js_gradient(weight, left, student, teacher, d_logits):
    """(D8) of posteriors."""
    divergences.js_gradient(weight, left, student[1], teacher[1], d_logits)


@kernel
def fill_band(steps, student, teacher, left, visible, classes, columns, band):
    """D(t, u) (T, W), inf where there is no pair; a value that rounds below 0 becomes 0."""
    W, T = columns.shape
    open_band(left, visible, columns)
    steps.add_divergence(student, teacher, left, classes, columns)
    for t in range(T):
        for w in range(W):
            band[t, w] = max(columns[w, t], 0.0)


@kernel
def drop_silent(silent, left, selected, weight):
    """Take away the pairs whose teacher frame contributes nothing."""
    T, W = weight.shape
    for t in range(T):
        for w in range(W):
            if selected[t, w] and silent[t + w - left]:
                selected[t, w], weight[t, w] = False, 0.0


@kernel
def weighted_sum(band, selected, weight, cost):
    """The weighted divergences of each student frame, added up (T,)."""
    T, W = weight.shape
    for t in range(T):
        cost[t] = 0.0
        for w in range(W):
            cost[t] += weight[t, w] * band[t, w] if selected[t, w] else 0.0


@kernel
def mixture_cost(steps, left, student, teacher, target, classes, tables):
    """Mass times D(target_t, q_t) of each student frame that has any.

    target (2, T, K)  filled; tables.mass (T, 1) is filled, too: what is left of the weight
    """
    mass, columns, cost = tables.mass, tables.columns[:1], tables.frame_cost
    for t in range(len(mass)):
        mass[t, 0] = sum_of(tables.weight[t])
    mixture(tables.weight, left, teacher[0], target[0])
    log_target, prob = target[0].reshape(-1), target[1].reshape(-1)
    for n in range(len(prob)):
        prob[n] = exp_64(log_target[n])
    columns[:] = 0.0
    steps.add_divergence(student, target, 0, classes, columns)
    for t in range(len(cost)):
        cost[t] = mass[t, 0] * max(columns[0, t], 0.0) if mass[t, 0] > 0.0 else 0.0


@kernel
def distill(
    steps, loss, parameters, left, student, teacher, target, visible, silent, classes, tables,
    d_logits,
):  # fmt: skip
    """Loss of one utterance from its posteriors, with all tables; inf if the rule finds no path.

    loss             WEIGHTED_SUM, SOFT_MINIMUM or MIXTURE
    visible (T,)     the teacher frames that are searched
    silent (T,)      those that contribute nothing if selected; empty if all contribute
    d_logits (T, K)  filled: the gradient in the logits over the temperature
    """
    band, selected, weight = tables.band, tables.selected, tables.weight
    fill_band(steps, student, teacher, left, visible, classes, tables.columns, band)
    selected[:] = False
    if steps.select(band, left, parameters, tables.cost, tables.origin, selected) == np.inf:
        return np.inf
    steps.weigh(band, selected, parameters, weight)
    if len(silent) > 0:
        drop_silent(silent, left, selected, weight)
    cost = tables.frame_cost
    if loss == MIXTURE:
        mixture_cost(steps, left, student, teacher, target, classes, tables)
        steps.gradient(tables.mass, 0, student, target, d_logits)
        return sum_of(cost)
    steps.gradient(weight, left, student, teacher, d_logits)
    if loss == SOFT_MINIMUM:
        soft_minimum(band, selected, parameters.tau, cost)
        for t in range(len(cost)):
            cost[t] *= sum_of(weight[t])
    else:
        weighted_sum(band, selected, weight, cost)
    return sum_of(cost)


class Workspace(NamedTuple):
    """Memory for one utterance at a time: a row for each thread, as long as the longest needs."""

    posteriors: Any  # (threads, 3, 2 T K): the student's, the teacher's, the target's
    classes: Any  # (threads, 3 (CLASSES + 1) T)
    pairs: Any  # (threads, 4, T W)
    origin: Any  # (threads, T W)
    selected: Any  # (threads, T W)
    frames: Any  # (threads, 2, T)


@kernel
def tables_in(work, thread, T, W):
    """The tables of an utterance in the memory of a thread."""
    pairs, cells = work.pairs[thread], T * W
    return Tables(
        pairs[0, :cells].reshape(W, T), pairs[1, :cells].reshape(T, W),
        pairs[2, :cells].reshape(T, W), work.origin[thread, :cells].reshape(T, W),
        work.selected[thread, :cells].reshape(T, W), pairs[3, :cells].reshape(T, W),
        work.frames[thread, 0, :T].reshape(T, 1), work.frames[thread, 1, :T],
    )  # fmt: skip


@kernel(parallel=True)
def distill_batch(
    steps, loss, parameters, temperature, scale, logits, offsets, left, columns,
    teacher_logits, first, posteriors, visible, silent, work, losses, d_logits,
):  # fmt: skip
    """Walk over the utterances: each is `distill` on its own part of the arrays.

    logits (sum T, K), offsets (N + 1,)   the students' frames; left, columns (N,) their windows
    teacher_logits (sum T, K)             the teacher's frames of utterance n begin at first[n]
    posteriors (sum 2 T K,)               those of the teacher, if they are there already, else (0,)
    losses (N,), d_logits (sum T, K)      filled
    """
    threads, rows, K = len(work.posteriors), CLASSES + 1, logits.shape[1]
    for thread in prange(threads):
        for n in range(thread, len(losses), threads):
            T, begin = offsets[n + 1] - offsets[n], first[n]
            own, theirs = slice(offsets[n], offsets[n + 1]), slice(begin, begin + T)
            student = work.posteriors[thread, 0, : 2 * T * K].reshape(2, T, K)
            teacher = work.posteriors[thread, 1, : 2 * T * K].reshape(2, T, K)
            target = work.posteriors[thread, 2, : 2 * T * K].reshape(2, T, K)
            posteriors_of(logits[own], temperature, student)
            if len(posteriors) > 0:
                teacher = posteriors[2 * begin * K : 2 * (begin + T) * K].reshape(2, T, K)
            else:
                posteriors_of(teacher_logits[theirs], temperature, teacher)
            losses[n] = scale * distill(
                steps, loss, parameters, left[n], student, teacher, target, visible[theirs],
                silent[theirs] if len(silent) > 0 else silent,
                work.classes[thread, : 3 * rows * T].reshape(3, rows, T),
                tables_in(work, thread, T, columns[n]), d_logits[own],
            )  # fmt: skip
            if scale != temperature:
                for t in range(offsets[n], offsets[n + 1]):
                    for k in range(K):
                        d_logits[t, k] *= scale / temperature
