"""Padded frames that count."""

import numpy as np

from refkd.verify.distill.plain import PlainDistill


class PaddingCounts(PlainDistill):
    bug = "K6"
    words = "padded frames are counted like others"

    def frames(self, n, lengths, T):
        return T


class LongestCounts(PlainDistill):
    bug = "K6"
    words = "every utterance is taken to be as long as the longest"

    def frames(self, n, lengths, T):
        return int(max(lengths))


class FirstLengthForAll(PlainDistill):
    bug = "K6"
    words = "the length of the first utterance is taken for all"

    def frames(self, n, lengths, T):
        return int(lengths[0])


class LastFrameLost(PlainDistill):
    bug = "K6"
    words = "the last frame of every utterance is left out"

    def frames(self, n, lengths, T):
        return int(lengths[n]) - 1


class DividedByPadded(PlainDistill):
    bug = "K6"
    words = "the mean is taken over padded frames, too: a masked sum by an unmasked number"

    def batch(self, loss, grad, lengths, shape):
        T, N, _ = shape
        share = lengths.sum() / (T * N)
        return loss * share, grad * share


class EachDividedByPadded(PlainDistill):
    bug = "K6"
    words = "each loss is divided by the padded number of frames, not by its own"

    def batch(self, loss, grad, lengths, shape):
        share = lengths / shape[0]
        return loss * share, grad * share[:, None]


class PaddingSeen(PlainDistill):
    bug = "K6"
    words = "windows reach into the teacher's padding"

    def frames(self, n, lengths, T):
        self.length = int(lengths[n])
        return T

    def seen(self, rule, T):
        return super().seen(rule, T) & (np.arange(T) < self.length)[:, None]


class GradientInPadding(PlainDistill):
    bug = "K6"
    words = "the loss ignores padded frames, but their gradient is not zero"

    def fill_padding(self, student, teacher, length, grad):
        if length < len(student):
            rule = {"rule": "FrameWise", "divergence": "kl", "temperature": 1.0, "blank": 0}
            options = {"scale_t2": False, "blank_frames": "keep"}
            rest = self.utterance(student[length:], teacher[length:], {**rule, **options})
            grad[length:] = rest[1]
