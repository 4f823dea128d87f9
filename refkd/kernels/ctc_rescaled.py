"""CTC for speed: probabilities rescaled frame by frame, and a batch in parallel."""

import numpy as np
from numba import prange

from refkd.kernels.compile import kernel
from refkd.kernels.ctc import extend_labels
from refkd.kernels.numeric import exp


@kernel
def softmax_rows(logits, prob):
    """Normalise each frame to probabilities."""
    T, K = logits.shape
    for t in range(T):
        peak = -np.inf
        for k in range(K):
            peak = max(peak, logits[t, k])
        for k in range(K):
            prob[t, k] = exp(logits[t, k] - peak)
        total = 0.0
        for k in range(K):
            total += prob[t, k]
        for k in range(K):
            prob[t, k] /= total


@kernel
def rescaled_alpha(prob, states, skip, alpha, scale):
    """Forward pass in probabilities, every frame scaled to sum 1; returns sum log scale."""
    T, S = alpha.shape
    log_scale = 0.0
    for t in range(T):
        if t == 0:
            alpha[0] = 0.0
            for s in range(min(S, 2)):
                alpha[0, s] = prob[0, states[s]]
        else:
            for s in range(S):
                arrive = alpha[t - 1, s]
                if s >= 1:
                    arrive += alpha[t - 1, s - 1]
                if skip[s] > 0.0:
                    arrive += alpha[t - 1, s - 2]
                alpha[t, s] = arrive * prob[t, states[s]]  # (C13)
        scale[t] = 0.0
        for s in range(S):
            scale[t] += alpha[t, s]
        for s in range(S):
            alpha[t, s] /= scale[t]  # (C13)
        log_scale += np.log(scale[t])
    return log_scale


@kernel
def rescaled_gradient(prob, states, skip, alpha, scale, end, beta, emit):
    """Backward pass: turn `prob` into the gradient; False as soon as digits are being lost.

    end            alpha summed over the final states
    beta (S,)      scratch: the scaled backward variable, overwritten frame by frame
    emit (S + 2,)  scratch: beta times emission, two zeros at the end
    """
    T, S = alpha.shape
    beta[:] = 0.0
    beta[max(S - 2, 0) :] = 1.0
    emit[S:] = 0.0
    for t in range(T - 1, -1, -1):
        total = 0.0
        for s in range(S):
            emit[s] = beta[s] * prob[t, states[s]] / scale[t]  # (C14)
            total += alpha[t, s] * beta[s]
        if not abs(total - end) <= 1e-10 * end:  # (C15)
            return False
        for s in range(S):
            prob[t, states[s]] -= alpha[t, s] * beta[s] / total  # (C16)
        for s in range(S):
            beta[s] = emit[s] + emit[s + 1] + skip[s + 2] * emit[s + 2]  # (C14)
    return True


@kernel
def faintest(prob, states):
    """The smallest probability of any label of the target at any frame."""
    lowest = 1.0
    for t in range(len(prob)):
        for s in range(len(states)):
            lowest = min(lowest, prob[t, states[s]])
    return lowest


@kernel
def ctc_rescaled(logits, states, skip, alpha, scale, beta, emit, d_logits):
    """Loss and gradient without a logarithm in the inner loops.

    Returns NaN where small probabilities may have lost digits: the caller then uses log space.
    """
    softmax_rows(logits, d_logits)
    if faintest(d_logits, states) < 1e-290:  # denormal or 0: (C15) would hold all the same
        return np.nan
    log_scale = rescaled_alpha(d_logits, states, skip, alpha, scale)
    T, S = alpha.shape
    end = alpha[T - 1, S - 1] + (alpha[T - 1, S - 2] if S > 1 else 0.0)
    loss = -(log_scale + np.log(end))  # (C17)
    if not (end > 1e-280 and 0.01 < loss < np.inf):  # a small loss cancels in the sum of logarithms
        return np.nan
    if rescaled_gradient(d_logits, states, skip, alpha, scale, end, beta, emit):
        return loss
    return np.nan


@kernel(parallel=True)
def ctc_batch(
    logits, frames, labels, label_offsets, blank, states, skip, cells, alpha, scale, beta, emit,
    loss, d_logits,
):  # fmt: skip
    """Walk over the utterances: each is `ctc_rescaled` on its own part of the arrays.

    frames, label_offsets, cells (N + 1,)  where utterance n begins in logits, labels and alpha
    states, skip, beta, emit               with S + 2 places for each utterance
    """
    for n in prange(len(loss)):
        T = frames[n + 1] - frames[n]
        S = 2 * (label_offsets[n + 1] - label_offsets[n]) + 1
        begin = 2 * label_offsets[n] + 3 * n
        part = slice(frames[n], frames[n + 1])
        own, padded = slice(begin, begin + S), slice(begin, begin + S + 2)
        label = labels[label_offsets[n] : label_offsets[n + 1]]
        extend_labels(label, blank, states[own], skip[padded])
        loss[n] = ctc_rescaled(
            logits[part], states[own], skip[padded], alpha[cells[n] : cells[n + 1]].reshape(T, S),
            scale[part], beta[own], emit[padded], d_logits[part],
        )  # fmt: skip
