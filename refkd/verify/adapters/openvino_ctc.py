"""OpenVINO's CTC as an adapter: copy it, change the operation, or read it from your own model."""

from functools import cache

import numpy as np


def ctc_loss(logits, labels, input_lengths, label_lengths, blank, d_loss):
    """The operation CTCLoss on the CPU, without a gradient.

    It takes the batch first, and as many places for labels as there are frames; longer targets
    are refused here.
    """
    T, N, _ = logits.shape
    places = np.zeros((N, T), np.int32)
    width = min(T, labels.shape[1])
    if (label_lengths > width).any():
        raise ValueError("more labels than frames")
    places[:, :width] = labels[:, :width]
    lengths = input_lengths.astype(np.int32), label_lengths.astype(np.int32)
    values = logits.transpose(1, 0, 2), lengths[0], places, lengths[1], np.int32(blank)
    return next(iter(_compiled(logits.dtype.name)(values).values()))


@cache
def _compiled(dtype):
    """A model of one operation, for all shapes."""
    import openvino
    from openvino import opset4

    shapes: tuple[list[int], ...] = ([-1, -1, -1], [-1], [-1, -1], [-1], [])
    dtypes = (dtype, *["int32"] * 4)
    inputs = [
        opset4.parameter(shape, np.dtype(kind)) for shape, kind in zip(shapes, dtypes, strict=True)
    ]
    logits, frames, labels, lengths, blank = inputs
    loss = opset4.ctc_loss(logits, frames, labels, lengths, blank)
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.compile_model(openvino.Model([loss], inputs), "CPU", hint)
