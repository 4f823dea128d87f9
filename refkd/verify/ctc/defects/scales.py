"""Losses or gradients are divided by something."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


def divided(self, loss, grad, upstream, input_lengths, label_lengths, loss_by, grad_by):
    divisors = {
        "nothing": 1.0,
        "utterances": len(loss),
        "frames": input_lengths,
        "padded frames": len(grad),
        "labels": np.maximum(label_lengths, 1),
        "labels or 0": label_lengths,
        "ln 2": np.log(2.0),
    }
    with np.errstate(all="ignore"):
        grad = grad * (upstream / divisors[grad_by])[:, None]
        return loss / divisors[loss_by], grad


_GRADIENT = "the gradient is divided by the number of {}, the loss is not"
_LOSSES = "losses are divided by the number of {}, the gradient is not"
_BOTH = "losses and gradients are divided by the number of {}"
DEFECTS.family("batch", "V13", divided, {
    _GRADIENT.format("utterances"): ("nothing", "utterances"),
    _GRADIENT.format("frames"): ("nothing", "frames"),
    _GRADIENT.format("labels"): ("nothing", "labels"),
    _LOSSES.format("utterances"): ("utterances", "nothing"),
    _LOSSES.format("frames"): ("frames", "nothing"),
    "losses and gradients are divided by the padded number of frames":
        ("padded frames", "padded frames"),
    _LOSSES.format("labels"): ("labels", "nothing"),
    _BOTH.format("labels, an empty target by 0"): ("labels or 0", "labels or 0"),
    _BOTH.format("frames"): ("frames", "frames"),
    _BOTH.format("labels"): ("labels", "labels"),
    _BOTH.format("utterances"): ("utterances", "utterances"),
    "losses are in bits, the gradient is in nats": ("ln 2", "nothing"),
})  # fmt: skip
