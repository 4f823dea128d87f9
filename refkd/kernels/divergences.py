"""Divergences of student frames from teacher frames they see. Equations: docs/course/similarity.md.

A band (T, W) holds D(t, u) at column w = u - t + left; it is filled as (W, T), and the posteriors
come class by class, (K, T), so that the innermost loop runs along time. All in nats.
"""

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.numeric import exp_64


@kernel
def open_band(left, visible, band):
    """0 where a pair exists, inf where the teacher frame is outside the utterance or invisible."""
    W, T = band.shape
    for w in range(W):
        for t in range(T):
            u = t + w - left
            band[w, t] = 0.0 if 0 <= u < T and visible[u] else np.inf  # (D1)


@kernel
def paired_frames(shift, T):
    """The student frames that have a teacher frame at this distance, and these teacher frames."""
    count = max(0, T - abs(shift))
    t, u = max(0, -shift), max(0, shift)
    return slice(t, t + count), slice(u, u + count)


@kernel
def four_rows(rows, k, frames):
    """These frames of rows k to k + 3."""
    return rows[k, frames], rows[k + 1, frames], rows[k + 2, frames], rows[k + 3, frames]


@kernel(contract=True)
def banded_cross_entropy(student_logp, teacher_prob, left, band):
    """-sum p_u log q_t, added to the band; four classes in each pass over a column.

    student_logp, teacher_prob (K, T)  K is a multiple of 4: rows of zeros change nothing
    """
    W, T = band.shape
    for k in range(0, len(student_logp), 4):
        for w in range(W):
            t, u = paired_frames(w - left, T)
            D = band[w, t]
            a, b, c, d = four_rows(student_logp, k, t)
            p, q, r, s = four_rows(teacher_prob, k, u)
            for n in range(len(D)):
                D[n] = D[n] - p[n] * a[n] - q[n] * b[n] - r[n] * c[n] - s[n] * d[n]  # (D5)


@kernel
def less_teacher_entropy(entropy, left, band):
    """From cross-entropy to KL(p_u || q_t)."""
    W, T = band.shape
    for w in range(W):
        t, u = paired_frames(w - left, T)
        D, H = band[w, t], entropy[u]
        for n in range(len(D)):
            D[n] -= H[n]  # (D2)


@kernel
def less_student_entropy(entropy, band):
    """From the cross-entropy with the roles exchanged to KL(q_t || p_u)."""
    W, T = band.shape
    for w in range(W):
        for t in range(T):
            band[w, t] -= entropy[t]  # (D3)


@kernel
def to_middle(p, q):
    """p log(p / m), where m = (p + q) / 2 and 0 log 0 = 0."""
    return p * np.log(2.0 * p / (p + q)) if p > 0.0 else 0.0


@kernel
def banded_js(student_prob, teacher_prob, left, band):
    """Jensen-Shannon divergence of p_u and q_t, added to the band."""
    W, T = band.shape
    for k in range(len(student_prob)):
        for w in range(W):
            t, u = paired_frames(w - left, T)
            D, p, q = band[w, t], teacher_prob[k, u], student_prob[k, t]
            for n in range(len(D)):
                D[n] += 0.5 * (to_middle(p[n], q[n]) + to_middle(q[n], p[n]))  # (D4)


@kernel
def kl_gradient(weight, left, student_prob, teacher_prob, d_logits):
    """Gradient in the student's logits of sum weight D, for kl and for cross-entropy."""
    T, W = weight.shape
    d_logits[:] = 0.0
    for t in range(T):
        for w in range(W):
            if weight[t, w] > 0.0:
                for k in range(d_logits.shape[1]):
                    gap = student_prob[t, k] - teacher_prob[t + w - left, k]
                    d_logits[t, k] += weight[t, w] * gap  # (D6)


@kernel
def reverse_kl_gradient(weight, left, student_prob, student_logp, teacher_logp, d_logits):
    """Gradient in the student's logits of sum weight KL(q || p)."""
    T, W = weight.shape
    K = d_logits.shape[1]
    d_logits[:] = 0.0
    for t in range(T):
        for w in range(W):
            if weight[t, w] > 0.0:
                u = t + w - left
                mean = 0.0
                for k in range(K):
                    mean += student_prob[t, k] * (student_logp[t, k] - teacher_logp[u, k])
                for k in range(K):
                    ratio = student_logp[t, k] - teacher_logp[u, k]
                    d_logits[t, k] += weight[t, w] * student_prob[t, k] * (ratio - mean)  # (D7)


@kernel
def js_gradient(weight, left, student_prob, teacher_prob, d_logits):
    """Gradient in the student's logits of sum weight JS(p, q)."""
    T, W = weight.shape
    K = d_logits.shape[1]
    d_logits[:] = 0.0
    for t in range(T):
        for w in range(W):
            if weight[t, w] > 0.0:
                u = t + w - left
                mean = 0.0
                for k in range(K):
                    mean += to_middle(student_prob[t, k], teacher_prob[u, k])
                for k in range(K):
                    q = student_prob[t, k]
                    ratio = to_middle(q, teacher_prob[u, k])
                    d_logits[t, k] += weight[t, w] * 0.5 * (ratio - q * mean)  # (D8)


@kernel
def mixture(weight, left, teacher_logp, target_logp):
    """Log of the weighted mean of teacher frames, for every student frame that has any weight.

    target_logp (T, K)  filled; -inf throughout where all weights are 0
    """
    T, W = weight.shape
    for t in range(T):
        mass = 0.0
        for w in range(W):
            mass += weight[t, w]
        for k in range(target_logp.shape[1]):
            peak = -np.inf
            for w in range(W):
                if weight[t, w] > 0.0:
                    peak = max(peak, teacher_logp[t + w - left, k])
            total = 0.0
            for w in range(W):
                if weight[t, w] > 0.0 and peak > -np.inf:
                    total += weight[t, w] / mass * exp_64(teacher_logp[t + w - left, k] - peak)
            target_logp[t, k] = peak + np.log(total) if total > 0.0 else -np.inf  # (D9)
