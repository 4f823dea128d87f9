"""Optax's CTC as an adapter: copy it, change the line that computes the loss."""

from typing import Any

import numpy as np


def ctc_loss(
    logits: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int, d_loss: Any
) -> tuple[Any, Any]:
    """`optax.ctc_loss`, which wants the batch first and paddings in place of lengths.

    It computes in single precision unless JAX_ENABLE_X64=1 is in the environment, and is compiled
    again for each shape: `--shapes few` keeps to eight.
    """
    import jax
    import optax

    T, N, _ = logits.shape
    logit_padding = (np.arange(T) >= input_lengths[:, None]).astype(logits.dtype)
    label_padding = (np.arange(labels.shape[1]) >= label_lengths[:, None]).astype(logits.dtype)

    def loss_of(x: Any) -> Any:
        return optax.ctc_loss(x, logit_padding, labels, label_padding, blank_id=blank)

    loss, backward = jax.vjp(loss_of, logits.transpose(1, 0, 2))
    weight = np.ones(N) if d_loss is None else d_loss
    (grad,) = backward(weight.astype(loss.dtype))
    return np.asarray(loss), np.asarray(grad).transpose(1, 0, 2)
