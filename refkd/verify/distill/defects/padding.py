"""Padded frames that count."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


def other_length(self, n, lengths, T, count):
    return count(n, lengths, T)


DEFECTS.family("frames", "K6", other_length, {
    "padded frames are counted": lambda n, lengths, T: T,
    "the length of the longest utterance is used for all":
        lambda n, lengths, T: int(max(lengths)),
    "the length of the first utterance is used for all": lambda n, lengths, T: int(lengths[0]),
    "the last frame of every utterance is left out": lambda n, lengths, T: int(lengths[n]) - 1,
})  # fmt: skip


@DEFECTS.step(
    "batch", "K6", "the mean includes padded frames: a masked sum is divided by an unmasked number"
)
def divided_by_padded(self, loss, grad, lengths, shape):
    T, N, _ = shape
    share = lengths.sum() / (T * N)
    return loss * share, grad * share


@DEFECTS.step("batch", "K6", "each loss is divided by the padded number of frames, not by its own")
def each_divided_by_padded(self, loss, grad, lengths, shape):
    share = lengths / shape[0]
    return loss * share, grad * share[:, None]


@DEFECTS.steps("K6", "windows reach into the teacher's padding")
class PaddingSeen(PlainDistill):
    def frames(self, n, lengths, T):
        self.length = int(lengths[n])
        return T

    def in_window(self, rule, T):
        return super().in_window(rule, T) & (np.arange(T) < self.length)[:, None]


@DEFECTS.step(
    "fill_padding", "K6", "the loss ignores padded frames, but their gradient is not zero"
)
def gradient_in_padding(self, student, teacher, length, grad):
    if length < len(student):
        rule = {"rule": "FrameWise", "divergence": "kl", "temperature": 1.0, "blank": 0}
        options = {"scale_t2": False, "blank_frames": "keep"}
        rest = self.utterance(student[length:], teacher[length:], {**rule, **options})
        grad[length:] = rest[1]
