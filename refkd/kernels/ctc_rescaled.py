"""CTC for speed: probabilities rescaled frame by frame, and a batch in parallel."""

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.ctc import extend_labels
from refkd.kernels.numeric import alternate_sums, softmax


@kernel
def gather_emissions(prob, states, emission):
    """Fill emission (T, S), the probability of every state's class; count those below 1e-140."""
    T, S = emission.shape
    faint = 0
    for t in range(T):
        row, emit = prob[t], emission[t]
        blank = row[states[0]]
        for j in range(S // 2):
            label = row[states[2 * j + 1]]
            emit[2 * j], emit[2 * j + 1] = blank, label
            faint += not label >= 1e-140  # NaN counts, too
        emit[S - 1] = blank
        faint += not blank >= 1e-140
    return faint


@kernel
def rescaled_alpha(emission, skip, alpha, scale):
    """Forward pass in probabilities; returns sum log scale.

    alpha (T, S + 2)  filled, behind two zeros: the rows before their division by scale
    scale (T,)        filled: the sums of the rows
    """
    T, S = emission.shape
    log_scale, product = 0.0, 1.0
    for t in range(T):
        row, emit, before = alpha[t], emission[t], alpha[max(t - 1, 0)]
        reached = min(2 * t + 2, S)  # by the fastest path
        row[:] = 0.0
        if t == 0:
            for s in range(reached):
                row[s + 2] = emit[s]
        else:
            share = 1.0 / scale[t - 1]
            for s in range(reached):
                arrive = before[s + 2] + before[s + 1] + skip[s] * before[s]
                row[s + 2] = arrive * share * emit[s]  # (C13)
        blanks, labels = alternate_sums(row[2 : reached + 2])
        scale[t] = blanks + labels  # (C13)
        product *= scale[t]
        if product < 1e-10:  # one logarithm for many frames; scale is at least 1e-140
            log_scale += np.log(product)
            product = 1.0
    return log_scale + np.log(product)


@kernel
def rescaled_gradient(emission, states, skip, alpha, scale, end, beta, emit, d_logits):
    """Backward pass: turn probabilities into the gradient; False as soon as digits are being lost.

    end              alpha summed over the final states
    beta (S + 2,)    scratch: the scaled backward variable, then its product with alpha
    emit (S + 2,)    scratch: beta times emission, two zeros at the end
    d_logits (T, K)  the probabilities, overwritten by the gradient
    """
    T, S = emission.shape
    beta[:], emit[:] = 0.0, 0.0
    beta[max(S - 2, 0) : S] = 1.0
    for t in range(T - 1, -1, -1):
        row, y, grad = alpha[t, 2:], emission[t], d_logits[t]
        reached = min(2 * t + 2, S)  # beyond, alpha is 0
        share = 1.0 / scale[t]
        for s in range(reached):
            emit[s] = beta[s] * share * y[s]  # (C14)
            beta[s] *= row[s] * share
        blanks, labels = alternate_sums(beta[:reached])
        total = blanks + labels
        if not abs(total - end) <= 1e-10 * end:  # (C15)
            return False
        part = 1.0 / total
        grad[states[0]] -= blanks * part  # (C16)
        for j in range(reached // 2):
            grad[states[2 * j + 1]] -= beta[2 * j + 1] * part  # (C16)
        for s in range(reached):
            beta[s] = emit[s] + emit[s + 1] + skip[s + 2] * emit[s + 2]  # (C14)
    return True


@kernel
def ctc_rescaled(logits, states, skip, emission, alpha, scale, beta, emit, d_logits):
    """Loss and gradient without a logarithm in the inner loops.

    Returns NaN where small probabilities may have lost digits: the caller then uses log space.
    """
    softmax(logits, d_logits)
    if (
        gather_emissions(d_logits, states, emission) > 0
    ):  # a path may be lost forward and backward alike
        return np.nan
    log_scale = rescaled_alpha(emission, skip, alpha, scale)
    T, S = emission.shape
    end = (alpha[T - 1, S + 1] + (alpha[T - 1, S] if S > 1 else 0.0)) / scale[T - 1]
    loss = -(log_scale + np.log(end))  # (C17)
    if not (end > 1e-280 and 0.01 < loss < np.inf):  # a small loss cancels in the sum of logarithms
        return np.nan
    if rescaled_gradient(emission, states, skip, alpha, scale, end, beta, emit, d_logits):
        return loss
    return np.nan


@kernel
def ctc_share(share, shares, batch):
    """Every `shares`-th utterance: `ctc_rescaled` on its part of the arrays.

    batch: logits (sum T, K)  labels  frames, label_offsets (N + 1,), where utterances begin in them
    blank  states, scratch with a row for each share, long enough for any utterance: S, and
    (T + 2) (2 S + 3) numbers  loss (N,)  d_logits (sum T, K)
    """
    logits, frames, labels, label_offsets, blank, all_states, all_scratch, loss, d_logits = batch
    states, scratch = all_states[share], all_scratch[share]
    for n in range(share, len(loss), shares):
        label = labels[label_offsets[n] : label_offsets[n + 1]]
        part = slice(frames[n], frames[n + 1])
        T, S = frames[n + 1] - frames[n], 2 * len(label) + 1
        scale, rest = scratch[:T], scratch[T:]
        skip, beta, emit = rest[: S + 2], rest[S + 2 : 2 * S + 4], rest[2 * S + 4 : 3 * S + 6]
        rest = rest[3 * S + 6 :]
        emission, alpha = rest[: T * S], rest[T * S : T * (2 * S + 2)]
        extend_labels(label, blank, states[:S], skip)
        loss[n] = ctc_rescaled(
            logits[part], states[:S], skip, emission.reshape(T, S), alpha.reshape(T, S + 2), scale,
            beta, emit, d_logits[part],
        )  # fmt: skip
