"""Optax's CTC as an adapter: copy it, change the line that computes the loss."""

from functools import cache, partial

import numpy as np

MULTIPLES = (8, 4, 8)  # of frames, utterances, labels: JAX compiles again for each shape
QUICKLY = {"xla_backend_optimization_level": 0}  # to optimise takes longer than to run all cases


def ctc_loss(logits, labels, input_lengths, label_lengths, blank, d_loss):
    """`optax.ctc_loss`, which takes the batch first and paddings in place of lengths.

    It is compiled for few padded shapes. Added frames and labels are padding; added utterances
    have no frame, no label and no upstream gradient.
    """
    import jax

    (T, N, _), L = logits.shape, labels.shape[1]
    frames, rows, places = (-size % step for size, step in zip((T, N, L), MULTIPLES, strict=True))
    logit_padding = np.arange(T) >= input_lengths[:, None]
    label_padding = np.arange(L) >= label_lengths[:, None]
    weight = np.ones(N, logits.dtype) if d_loss is None else d_loss
    with jax.enable_x64(logits.dtype == np.float64):
        loss, grad = _compiled()(
            np.pad(logits.transpose(1, 0, 2), ((0, rows), (0, frames), (0, 0))),
            np.pad(logit_padding, ((0, rows), (0, frames)), constant_values=True),
            np.pad(labels, ((0, rows), (0, places))),
            np.pad(label_padding, ((0, rows), (0, places)), constant_values=True),
            np.pad(weight, (0, rows)),
            blank=blank,
        )
    return np.asarray(loss)[:N], np.asarray(grad)[:N, :T].transpose(1, 0, 2)


@cache
def _compiled():
    """The loss of each utterance and the gradient in the logits, compiled for each shape."""
    import jax
    import optax

    @partial(jax.jit, static_argnames="blank", compiler_options=QUICKLY)
    def run(logits, logit_padding, labels, label_padding, weight, blank):
        def loss_of(x):
            paddings = logit_padding.astype(x.dtype), label_padding.astype(x.dtype)
            return optax.ctc_loss(x, paddings[0], labels, paddings[1], blank_id=blank)

        loss, backward = jax.vjp(loss_of, logits)
        return loss, *backward(weight)

    return run
