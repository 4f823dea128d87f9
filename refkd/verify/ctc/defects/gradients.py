"""The loss is right; the gradient is another, goes elsewhere, or is NaN."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


@DEFECTS.step(
    "gradient", "G1", "the gradient is taken in the log-probabilities: the softmax is missing"
)
def in_log_probabilities(self, prob, occupancy, target):
    return -occupancy


@DEFECTS.step("gradient", "G1", "the gradient has the wrong sign")
def wrong_sign(self, prob, occupancy, target):
    return occupancy - prob


@DEFECTS.step("gradient", "G1", "the gradient is taken in the probabilities")
def in_probabilities(self, prob, occupancy, target):
    return -occupancy / prob


@DEFECTS.step("gradient", "G7", "the gradient is the softmax: occupancies are missing")
def softmax_only(self, prob, occupancy, target):
    return prob


def upstream_changed(self, loss, grad, upstream, input_lengths, label_lengths, factor):
    """The gradient is multiplied by something else than the upstream gradients (N,)."""
    return loss, grad * np.reshape(factor(upstream), (-1, 1))


DEFECTS.family("batch", "G2", upstream_changed, {
    "the upstream gradient is ignored": np.ones_like,
    "the upstream gradient of the first utterance is used for all": lambda upstream: upstream[0],
    "the mean of the upstream gradients is used for all": np.mean,
    "the sum of the upstream gradients is used for all": np.sum,
    "the upstream gradient is applied twice": np.square,
    "the sign of the upstream gradient is lost": np.abs,
})  # fmt: skip


@DEFECTS.step("batch", "G2", "the upstream gradient is multiplied into the loss, too")
def upstream_on_the_loss(self, loss, grad, upstream, input_lengths, label_lengths):
    return loss * upstream, grad * upstream[:, None]


def upstream_on_one_part(
    self, logits, labels, input_lengths, label_lengths, blank, d_loss, on_softmax, on_occupancy
):
    """Softmax and occupancy are kept apart until the upstream gradient comes, to one of them."""
    loss, whole = PlainCTC()(logits, labels, input_lengths, label_lengths, blank, None)
    inside = np.arange(len(logits))[:, None] < input_lengths
    inside &= loss < np.inf
    prob = np.zeros(logits.shape)
    prob[inside] = np.exp(log_softmax(logits[inside]))
    factor = (np.ones(len(loss)) if d_loss is None else d_loss)[:, None]
    occupancy = prob - whole
    prob, occupancy = (
        part * factor if multiplied else part
        for part, multiplied in ((prob, on_softmax), (occupancy, on_occupancy))
    )
    return loss, prob - occupancy


DEFECTS.family("__call__", "G2", upstream_on_one_part, {
    "the upstream gradient is applied to the softmax, but not to the occupancies": (True, False),
    "the upstream gradient is applied to the occupancies, but not to the softmax": (False, True),
})  # fmt: skip


@DEFECTS.step("fill_padding", "G3", "the gradient of padded frames is not zero, but their softmax")
def padding_keeps_softmax(self, logits, length, grad):
    grad[length:] = np.exp(log_softmax(logits[length:]))


@DEFECTS.step(
    "__call__",
    "G3",
    "the gradient of padded frames is not zero, but that of a frame whose target is the blank",
)
def padding_wants_blank(self, logits, labels, input_lengths, label_lengths, blank, d_loss):
    loss, grad = PlainCTC.__call__(
        self, logits, labels, input_lengths, label_lengths, blank, d_loss
    )
    factor = np.ones(len(loss)) if d_loss is None else d_loss
    for n, length in enumerate(input_lengths):
        prob = np.exp(log_softmax(logits[length:, n]))
        prob[:, blank] -= 1.0
        grad[length:, n] = prob * factor[n]
    return loss, grad


@DEFECTS.step(
    "fill_padding", "G3", "the gradient of padded frames is not zero, but that of the last frame"
)
def padding_repeats_the_last_frame(self, logits, length, grad):
    grad[length:] = grad[length - 1]


@DEFECTS.step("finished", "G4", "the gradient of an infinite loss is NaN")
def infinite_loss_gives_nan(self, loss, grad, target):
    return (loss, grad) if loss < np.inf else (np.inf, np.full_like(grad, np.nan))


@DEFECTS.step("batch", "G4", "an infinite loss makes the gradient of the whole batch NaN")
def infinite_loss_reaches_the_batch(self, loss, grad, upstream, input_lengths, label_lengths):
    loss, grad = PlainCTC.batch(self, loss, grad, upstream, input_lengths, label_lengths)
    return loss, grad if (loss < np.inf).all() else np.full_like(grad, np.nan)


@DEFECTS.step(
    "finished", "G5", "the gradient of a target that does not fit is not zero, but the softmax"
)
def infinite_loss_keeps_softmax(self, loss, grad, target):
    return loss, grad
