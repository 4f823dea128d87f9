"""The distillation loss for speed: one utterance from logits to gradient, and a batch in parallel.

The loops are those of divergences.py and selection.py. The divergence and the rule are functions
among the arguments (`Steps`): this file is compiled once for all of them, and each of them when it
is first used. Posteriors (2, T, K) are log-probabilities and probabilities.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.divergences import (
    banded_cross_entropy,
    banded_js,
    js_gradient,
    kl_gradient,
    less_student_entropy,
    less_teacher_entropy,
    mixture,
    open_band,
    reverse_kl_gradient,
)
from refkd.kernels.numeric import alternate_sums, exp_64, largest
from refkd.kernels.selection import soft_minimum

CLASSES = 32  # that are transposed at a time, so that they stay in the cache
CHUNK = 2048  # numbers whose exponentials are computed at a time, for the same reason
LOWEST = -1e308  # of log-probabilities, instead of -inf


class Steps(NamedTuple):
    """What differs between divergences and between rules."""

    add_divergence: Any  # of student, teacher, left, classes, columns (W, T)
    gradient: Any  # of weight (T, W), left, student, teacher, d_logits (T, K)
    select: Any  # of band (T, W), left, parameters, cost, origin, selected
    weigh: Any  # of band (T, W), selected, parameters, weight
    score: Any  # of the two functions above, tau, left and the arrays of a loss


class Parameters(NamedTuple):
    """The numbers of a rule, beside its window."""

    limit: int  # k of TopK, longest step of Monotone
    tau: float  # temperature of the weights, in nats
    shares: Any  # (n,): the weights of Blend


class Tables(NamedTuple):
    """What is computed for pairs of frames on the way from posteriors to loss."""

    columns: Any  # (W, T): the band while it is filled
    band: Any  # (T, W)
    cost: Any  # (T, W)
    weight: Any  # (T, W)
    origin: Any  # (T, W)
    selected: Any  # (T, W)
    classes: Any  # (3, some + 1, T)


@kernel
def subtract_peak(row, x):
    """Fill x (K,) with a row counted from its peak; -inf becomes the lowest number."""
    peak = largest(row)
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
    even, odd = alternate_sums(e)
    rest = even + odd + (peaks - 1)  # all but one peak, so that a confident frame keeps its digits
    log_sum, share = math.log1p(rest), 1.0 / (1.0 + rest)
    for k in range(len(x)):
        e[k] = (e[k] if x[k] < 0.0 else 1.0) * share
        x[k] -= log_sum


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
        banded_cross_entropy(log_q, p, left, columns)


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
        banded_cross_entropy(log_q, p, left, columns)
        banded_cross_entropy(log_p, p, len(entropy) - 1, entropy)
    less_teacher_entropy(entropy[0], left, columns)


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
        banded_cross_entropy(q, log_p, left, columns)
        banded_cross_entropy(log_q, q, len(entropy) - 1, entropy)
    less_student_entropy(entropy[0], columns)


@kernel
def add_js(student, teacher, left, classes, columns):
    """JS(p_u, q_t), added to the band."""
    K, some = student[0].shape[1], classes.shape[1] - 1
    for first in range(0, K, some):
        q = by_class(student[1], first, classes[0, :some])
        p = by_class(teacher[1], first, classes[1, :some])
        banded_js(q, p, left, columns)


@kernel
def gradient_of_kl(weight, left, student, teacher, d_logits):
    """(D6) of posteriors."""
    kl_gradient(weight, left, student[1], teacher[1], d_logits)


@kernel
def gradient_of_reverse_kl(weight, left, student, teacher, d_logits):
    """(D7) of posteriors."""
    reverse_kl_gradient(weight, left, student[1], student[0], teacher[0], d_logits)


@kernel
def gradient_of_js(weight, left, student, teacher, d_logits):
    """(D8) of posteriors."""
    js_gradient(weight, left, student[1], teacher[1], d_logits)


@kernel
def drop_silent(silent, left, selected, weight):
    """Take away the pairs whose teacher frame contributes nothing."""
    T, W = weight.shape
    for t in range(T):
        for w in range(W):
            if selected[t, w] and silent[t + w - left]:
                selected[t, w], weight[t, w] = False, 0.0


@kernel
def sum_of(weights):
    """The sum of a few numbers."""
    total = 0.0
    for weight in weights:
        total += weight
    return total


@kernel
def weighted_sum(add_divergence, gradient, tau, left, student, teacher, target, tables, d_logits):
    """The sum of weight times D over all pairs, and its gradient."""
    T, W = tables.band.shape
    total = 0.0
    for t in range(T):
        cost = 0.0
        for w in range(W):
            if tables.selected[t, w]:
                cost += tables.weight[t, w] * tables.band[t, w]
        total += cost
    gradient(tables.weight, left, student, teacher, d_logits)
    return total


@kernel
def weighted_soft_minimum(
    add_divergence, gradient, tau, left, student, teacher, target, tables, d_logits
):
    """The sum of mass times soft minimum over all student frames, and its gradient."""
    cost, total = tables.columns[0], 0.0
    soft_minimum(tables.band, tables.selected, tau, cost)
    for t in range(len(cost)):
        total += cost[t] * sum_of(tables.weight[t])
    gradient(tables.weight, left, student, teacher, d_logits)
    return total


@kernel
def mixture_divergence(
    add_divergence, gradient, tau, left, student, teacher, target, tables, d_logits
):
    """The sum of mass times D(target_t, q_t) over all student frames, and its gradient.

    target (2, T, K)  filled: the weighted mean of the teacher's frames
    """
    column, total = tables.columns[:1], 0.0
    mass = tables.cost.reshape(-1)[: len(d_logits)].reshape(-1, 1)  # of the weights of a frame
    for t in range(len(mass)):
        mass[t, 0] = sum_of(tables.weight[t])
    mixture(tables.weight, left, teacher[0], target[0])
    log_target, prob = target[0].reshape(-1), target[1].reshape(-1)
    for n in range(len(prob)):
        prob[n] = exp_64(log_target[n])
    column[:] = 0.0
    own = len(column) - 1
    add_divergence(student, target, own, tables.classes, column)
    for t in range(len(mass)):
        if mass[t, 0] > 0.0:
            total += mass[t, 0] * max(column[0, t], 0.0)
    gradient(mass, own, student, target, d_logits)
    return total


@kernel
def distill(
    steps, parameters, left, student, teacher, target, visible, silent, tables, d_logits
):  # fmt: skip
    """Loss of one utterance from its posteriors, with all tables; inf if the rule finds no path.

    visible (T,)     the teacher frames that are searched
    silent (T,)      those that contribute nothing if selected; empty if all contribute
    d_logits (T, K)  filled: the gradient in the logits over the temperature
    """
    columns, band, selected, weight = tables.columns, tables.band, tables.selected, tables.weight
    T, W = band.shape
    open_band(left, visible, columns)
    steps.add_divergence(student, teacher, left, tables.classes, columns)
    for t in range(T):
        for w in range(W):
            band[t, w] = columns[w, t] if columns[w, t] > 0.0 else 0.0  # may round below 0
            selected[t, w] = False
    if steps.select(band, left, parameters, tables.cost, tables.origin, selected) == np.inf:
        return np.inf
    steps.weigh(band, selected, parameters, weight)
    if len(silent) > 0:
        drop_silent(silent, left, selected, weight)
    add, gradient, tau = steps.add_divergence, steps.gradient, parameters.tau
    return steps.score(add, gradient, tau, left, student, teacher, target, tables, d_logits)


class Batch(NamedTuple):
    """The arguments of `distill_share`: N utterances whose frames lie one after the other."""

    add_divergence: Any  # the fields of `Steps`
    gradient: Any
    select: Any
    weigh: Any
    score: Any
    limit: int  # the fields of `Parameters`
    tau: float
    shares: Any
    temperature: float
    scale: float  # of loss and gradient
    logits: Any  # (sum T, K) of the student
    teacher_logits: Any  # (sum T, K)
    posteriors: Any  # (sum 2 T K,) of the teacher, if they are there already, else (0,)
    utterances: Any  # (N, 5): first frame, T, first frame of the teacher, left, W
    visible: Any  # (sum T,) as in `distill`, of the teacher's frames
    silent: Any  # (sum T,) or (0,)
    memory: Any  # (threads, n): for one utterance at a time, as much as the largest needs
    origin: Any  # (threads, T W)
    selected: Any  # (threads, T W)
    losses: Any  # (N,) filled
    d_logits: Any  # (sum T, K) filled


@kernel
def distill_share(share, shares, batch):
    """Every `shares`-th utterance: `distill` on its part of the arrays."""
    steps = Steps(batch.add_divergence, batch.gradient, batch.select, batch.weigh, batch.score)
    parameters = Parameters(batch.limit, batch.tau, batch.shares)
    K = batch.logits.shape[1]
    memory, temperature = batch.memory[share], batch.temperature
    for n in range(share, len(batch.losses), shares):
        begin, T, heard, left, W = batch.utterances[n]
        pairs, classes = 6 * T * K, 6 * T * K + 4 * T * W
        posteriors = memory[:pairs].reshape(3, 2, T, K)
        student, teacher, target = posteriors[0], posteriors[1], posteriors[2]
        table = memory[pairs : pairs + 3 * T * W].reshape(3, T, W)
        tables = Tables(
            memory[pairs + 3 * T * W : classes].reshape(W, T), table[0], table[1], table[2],
            batch.origin[share, : T * W].reshape(T, W),
            batch.selected[share, : T * W].reshape(T, W),
            memory[classes : classes + 3 * (CLASSES + 1) * T].reshape(3, CLASSES + 1, T),
        )  # fmt: skip
        posteriors_of(batch.logits[begin : begin + T], temperature, student)
        if len(batch.posteriors) > 0:
            teacher = batch.posteriors[2 * heard * K : 2 * (heard + T) * K].reshape(2, T, K)
        else:
            posteriors_of(batch.teacher_logits[heard : heard + T], temperature, teacher)
        silent = batch.silent[heard : heard + T] if len(batch.silent) > 0 else batch.silent
        d_logits = batch.d_logits[begin : begin + T]
        batch.losses[n] = batch.scale * distill(
            steps, parameters, left, student, teacher, target, batch.visible[heard : heard + T],
            silent, tables, d_logits,
        )  # fmt: skip
        if batch.scale != temperature:
            factor = batch.scale / temperature
            for t in range(T):
                for k in range(K):
                    d_logits[t, k] *= factor
