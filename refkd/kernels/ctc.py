"""Connectionist temporal classification for one utterance. Equations: docs/course/ctc.md.

logp (T, K) are log-probabilities, states (S,) the labels with a blank around each, S = 2L + 1.
"""

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.numeric import exp_64 as exp
from refkd.kernels.numeric import log1p, log_add


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
        for s in range(S):
            before[s + 2] = log_alpha[t - 1, s]
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
