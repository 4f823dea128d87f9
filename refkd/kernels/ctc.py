"""Connectionist temporal classification for one utterance. Equations: docs/course/ctc.md.

logp (T, K) are log-probabilities, states (S,) the labels with a blank around each, S = 2L + 1.
"""

import numpy as np
from numba import prange

from refkd.kernels.compile import kernel
from refkd.kernels.numeric import exp, log1p, log_add


@kernel
def extend_labels(labels, blank, states, skip):
    """Put a blank around every label (C1) and mark the states that may skip one.

    states (S,)      filled
    skip   (S + 2,)  filled: 1.0 where s may follow s - 2, else 0.0; two zeros at the end
    """
    S = len(states)
    for s in range(S):
        states[s] = blank if s % 2 == 0 else labels[s // 2]  # (C1)
    skip[:] = 0.0
    for s in range(2, S):
        if states[s] != blank and states[s] != states[s - 2]:
            skip[s] = 1.0  # (C2)


@kernel
def ctc_alpha(logp, states, skip, log_alpha, before, two_back):
    """Log-probability of all ways to be in state s at frame t, the emission at t included.

    before (S + 2,)  scratch: the row of the frame before, behind two places of -inf
    two_back (S,)    scratch: what arrives by skipping a blank
    """
    T, S = log_alpha.shape
    log_alpha[0] = -np.inf
    for s in range(min(S, 2)):
        log_alpha[0, s] = logp[0, states[s]]  # (C3)
    before[:2] = -np.inf
    for t in range(1, T):
        before[2:] = log_alpha[t - 1]
        for s in range(S):
            two_back[s] = before[s] if skip[s] > 0.0 else -np.inf
        log_add(before[2:], before[1:], two_back, log_alpha[t])  # (C4)
        for s in range(S):
            log_alpha[t, s] += logp[t, states[s]]  # (C4)


@kernel
def ctc_beta(logp, states, skip, log_beta, onward, two_ahead):
    """Log-probability of all ways to go on from state s at frame t, the emission at t excluded.

    onward (S + 2,)  scratch: log_beta and emission of the frame after, two places of -inf behind
    two_ahead (S,)   scratch: what leaves by skipping a blank
    """
    T, S = log_beta.shape
    log_beta[T - 1] = -np.inf
    for s in range(max(S - 2, 0), S):
        log_beta[T - 1, s] = 0.0  # (C5)
    onward[S:] = -np.inf
    for t in range(T - 2, -1, -1):
        for s in range(S):
            onward[s] = log_beta[t + 1, s] + logp[t + 1, states[s]]  # (C6)
        for s in range(S):
            two_ahead[s] = onward[s + 2] if skip[s + 2] > 0.0 else -np.inf
        log_add(onward, onward[1:], two_ahead, log_beta[t])  # (C6)


@kernel
def ctc_total(log_alpha):
    """Loss in nats: minus the log-probability of the label sequence, never below zero."""
    T, S = log_alpha.shape
    last = log_alpha[T - 1, S - 1]
    other = log_alpha[T - 1, S - 2] if S > 1 else -np.inf
    high, low = max(last, other), min(last, other)
    if high == -np.inf:
        return np.inf
    return max(0.0, -(high + log1p(exp(low - high))))  # (C7)


@kernel
def ctc_occupancy(log_alpha, log_beta, states, through, occupancy):
    """Probability that label k is emitted at frame t, given the label sequence.

    Every frame is divided by its own sum: the same number in exact arithmetic (C8), and without
    the rounding that a long utterance adds up.

    through (S,)  scratch: weight of the paths through each state
    """
    T, S = log_alpha.shape
    occupancy[:] = 0.0
    for t in range(T):
        peak = -np.inf
        for s in range(S):
            through[s] = log_alpha[t, s] + log_beta[t, s]
            peak = max(peak, through[s])
        if peak == -np.inf:
            continue
        total = 0.0
        for s in range(S):
            through[s] = exp(through[s] - peak)
        for s in range(S):
            total += through[s]  # (C8)
        for s in range(S):
            occupancy[t, states[s]] += through[s] / total  # (C9)


@kernel
def ctc_gradient(logp, occupancy, d_logits):
    """Gradient of the loss in the logits."""
    T, K = logp.shape
    for t in range(T):
        for k in range(K):
            d_logits[t, k] = exp(logp[t, k]) - occupancy[t, k]  # (C10)


@kernel
def viterbi(logp, states, skip, score, step, path):
    """Find the most probable single path and return its log-probability.

    score (T, S)  scratch: the best log-probability of being in state s at frame t
    step  (T, S)  scratch: how many states the best way came forward
    path  (T,)    filled: the state at each frame; among equals the shorter step wins
    """
    T, S = score.shape
    score[0] = -np.inf
    for s in range(min(S, 2)):
        score[0, s] = logp[0, states[s]]  # (C3)
    for t in range(1, T):
        for s in range(S):
            best = 0
            if s >= 1 and score[t - 1, s - 1] > score[t - 1, s]:
                best = 1
            if skip[s] > 0.0 and score[t - 1, s - 2] > score[t - 1, s - best]:
                best = 2
            step[t, s] = best
            score[t, s] = score[t - 1, s - best] + logp[t, states[s]]  # (C11)
    path[T - 1] = S - 1
    if S > 1 and score[T - 1, S - 2] > score[T - 1, S - 1]:
        path[T - 1] = S - 2
    for t in range(T - 1, 0, -1):
        path[t - 1] = path[t] - step[t, path[t]]  # (C12)
    return score[T - 1, path[T - 1]]


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
            emit[s] = beta[s] * prob[t, states[s]] / scale[t]  # (C16)
            total += alpha[t, s] * beta[s]
        if not abs(total - end) <= 1e-10 * end:  # (C14)
            return False
        for s in range(S):
            prob[t, states[s]] -= alpha[t, s] * beta[s] / total  # (C15)
        for s in range(S):
            beta[s] = emit[s] + emit[s + 1] + skip[s + 2] * emit[s + 2]  # (C16)
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
    if faintest(d_logits, states) < 1e-290:  # denormal or 0: (C14) would hold all the same
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
