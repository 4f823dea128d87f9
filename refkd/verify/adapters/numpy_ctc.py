"""The smallest adapter: a loss without a gradient, in NumPy."""

import numpy as np


def ctc_loss(logits, labels, input_lengths, label_lengths, blank, d_loss):
    """The forward recursion in log space; without a gradient, only the losses are compared.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.adapters.numpy_ctc import ctc_loss
    >>> sizes = np.array([[1]]), np.array([2]), np.array([1])
    >>> ctc_loss(np.zeros((2, 1, 2)), *sizes, 0, None).round(4)
    array([0.2877])
    """
    _, N, K = logits.shape
    loss = np.zeros(N, dtype=logits.dtype)
    for n in range(N):
        target = labels[n, : label_lengths[n]]
        if ((target < 0) | (target >= K)).any():
            raise ValueError("labels: expected classes")
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        skips = np.zeros(len(states), dtype=bool)
        skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
        alpha = np.full(len(states) + 2, -np.inf)  # two places in front, from which nothing comes
        alpha[2] = 0.0  # before the first frame, from where state 0 and 1 are reached
        for t in range(input_lengths[n]):
            logp = logits[t, n] - np.logaddexp.reduce(logits[t, n])
            two = np.where(skips, alpha[:-2], -np.inf)
            arrived = np.logaddexp(np.logaddexp(alpha[2:], alpha[1:-1]), two)
            alpha = np.concatenate([[-np.inf, -np.inf], arrived + logp[states]])
        loss[n] = -np.logaddexp.reduce(alpha[2:][-2:])
    return np.maximum(loss, 0.0)
