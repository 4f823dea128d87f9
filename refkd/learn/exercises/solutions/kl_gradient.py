"""The KL divergence of each frame, and its gradient."""

import math

import numpy as np


def kl_gradient(logits, teacher_prob):
    """Compute the divergence of each frame, and its gradient in the student's logits.

    Student frame t is compared with teacher frame u = t. The gradient does not reach the teacher.

    Parameters
    ----------
    logits : (T, K) array
        The student's logits z_t[k]. They may be large: do not let an exponential overflow.
    teacher_prob : (T, K) array
        The teacher's probabilities p_t[k]. A class with p = 0 adds nothing to the divergence.

    Returns
    -------
    divergence : (T,) array
        D(t, t) in nats.
    grad : (T, K) array
        The derivative of D(t, t) in z_t[k].

    Equations
    ---------
    q_t[k] = e^z_t[k] / sum_k' e^z_t[k'] is the student's probability. u = t.

    (D2)
    (D6) Derive: dD(t, u)/dz_t[k], through the softmax.

    Examples
    --------
    The teacher gives the second class 0.2. The student gives it 0.5, then 0.2.

    >>> logits = np.log([[0.5, 0.5], [0.8, 0.2]])
    >>> divergence, grad = kl_gradient(logits, np.array([[0.8, 0.2]] * 2))
    >>> divergence.round(4) + 0.0
    array([0.1927, 0.    ])
    >>> grad.round(4) + 0.0
    array([[-0.3,  0.3],
           [ 0. ,  0. ]])
    """
    T, K = logits.shape
    divergence, grad = np.zeros(T), np.zeros((T, K))
    for t in range(T):
        largest = max(logits[t])
        log_total = largest + math.log(sum(math.exp(z - largest) for z in logits[t]))
        for k in range(K):
            p, log_q = teacher_prob[t, k], logits[t, k] - log_total
            if p > 0.0:
                divergence[t] += p * (math.log(p) - log_q)
            grad[t, k] = math.exp(log_q) - p
    return divergence, grad
