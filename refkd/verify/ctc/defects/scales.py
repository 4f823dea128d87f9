"""Losses or gradients are divided by something."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


class _Divided(PlainCTC):
    """Losses and gradients, each divided by what is named in `batch`."""

    bug = "V13"

    def __init__(self, words, loss_by="nothing", grad_by="nothing"):
        self.words = words
        self.loss_by = loss_by
        self.grad_by = grad_by

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
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
            grad = grad * (upstream / divisors[self.grad_by])[:, None]
            return loss / divisors[self.loss_by], grad


_GRADIENT = "the gradient is divided by the number of {}, the loss is not"
_LOSSES = "losses are divided by the number of {}, the gradient is not"
_BOTH = "losses and gradients are divided by the number of {}"
DEFECTS.rows(
    _Divided(_GRADIENT.format("utterances"), grad_by="utterances"),
    _Divided(_GRADIENT.format("frames"), grad_by="frames"),
    _Divided(_GRADIENT.format("labels"), grad_by="labels"),
    _Divided(_LOSSES.format("utterances"), "utterances"),
    _Divided(_LOSSES.format("frames"), "frames"),
    _Divided("losses and gradients are divided by the padded number of frames", "padded frames",
             "padded frames"),
    _Divided(_LOSSES.format("labels"), "labels"),
    _Divided(_BOTH.format("labels, an empty target by 0"), "labels or 0", "labels or 0"),
    _Divided(_BOTH.format("frames"), "frames", "frames"),
    _Divided(_BOTH.format("labels"), "labels", "labels"),
    _Divided(_BOTH.format("utterances"), "utterances", "utterances"),
    _Divided("losses are in bits, the gradient is in nats", "ln 2"),
)  # fmt: skip
