"""The CTC of this package as an adapter: how a function of one utterance becomes a batch."""

import numpy as np

import refkd


def ctc_loss(logits, labels, input_lengths, label_lengths, blank, d_loss):
    """`refkd.ctc_loss` of each utterance; targets that do not fit are refused.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.adapters.refkd_ctc import ctc_loss
    >>> sizes = np.array([[1]]), np.array([2]), np.array([1])
    >>> loss, grad = ctc_loss(np.zeros((2, 1, 2)), *sizes, 0, None)
    >>> loss.round(4), grad.shape
    (array([0.2877]), (2, 1, 2))
    """
    loss, grad = np.zeros(len(labels)), np.zeros(logits.shape)
    for n, (T, L) in enumerate(zip(input_lengths, label_lengths, strict=True)):
        loss[n], grad[:T, n] = refkd.ctc_loss(logits[:T, n], labels[n, :L], blank)
    if d_loss is not None:
        grad *= d_loss[:, None]
    return loss, grad
