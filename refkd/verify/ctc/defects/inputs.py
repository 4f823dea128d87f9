"""Lengths, labels, blank and normalisation are read wrongly."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.ctc.plain import PlainCTC


class LengthsIgnored(PlainCTC):
    bug = "V2"
    words = "input lengths are ignored: padded frames are counted"

    def frames(self, n, input_lengths, frames):
        return frames


class LengthsIgnoredButForTheGradient(LengthsIgnored):
    words = "input lengths are ignored by the loss, though the gradient of padded frames is zero"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        grad[np.arange(len(grad))[:, None] >= input_lengths] = 0.0
        return super().batch(loss, grad, upstream, input_lengths, label_lengths)


class LengthOfTheFirst(PlainCTC):
    bug = "V2"
    words = "the input length of the first utterance is used for all"

    def frames(self, n, input_lengths, frames):
        return int(input_lengths[0])


class LongestLength(PlainCTC):
    bug = "V2"
    words = "the longest input length is used for all"

    def frames(self, n, input_lengths, frames):
        return int(input_lengths.max())


class OneFrameShort(PlainCTC):
    bug = "V2"
    words = "the last frame of every utterance is left out"

    def frames(self, n, input_lengths, frames):
        return max(int(input_lengths[n]) - 1, 1)


class OneFrameLong(PlainCTC):
    bug = "V2"
    words = "one padded frame is counted where there is one"

    def frames(self, n, input_lengths, frames):
        return min(int(input_lengths[n]) + 1, frames)


class LabelPaddingCounted(PlainCTC):
    bug = "V3"
    words = "padding of the labels is counted as labels"

    def target(self, row, length, blank):
        return row


class LabelsUntilBlank(PlainCTC):
    bug = "V3"
    words = "the target ends at the first blank of its row, not after its length"

    def target(self, row, length, blank):
        return row[: int((row == blank).argmax())] if (row == blank).any() else row


class LabelsThatAreNotZero(PlainCTC):
    bug = "V3"
    words = "labels of 0 are taken for padding"

    def target(self, row, length, blank):
        return row[:length][row[:length] != 0]


class LengthFromLabelsNotZero(PlainCTC):
    bug = "V3"
    words = "target lengths are inferred from labels that are not 0"

    def target(self, row, length, blank):
        return row[: int((row != 0).sum())]


class LastLabelLeftOut(PlainCTC):
    bug = "V3"
    words = "the last label is left out"

    def target(self, row, length, blank):
        return row[: max(length - 1, 0)]


class BlankFirst(PlainCTC):
    bug = "V4"
    words = "class 0 is the blank, whatever was said"

    def blank(self, blank, K):
        return 0


class BlankLast(PlainCTC):
    bug = "V4"
    words = "the last class is the blank, whatever was said"

    def blank(self, blank, K):
        return K - 1


class SoftmaxTwice(PlainCTC):
    bug = "V9"
    words = "the softmax is applied twice"

    def normalised(self, logits):
        return log_softmax(np.exp(log_softmax(logits)))


class NotNormalised(PlainCTC):
    bug = "V9"
    words = "logits are taken for log-probabilities: nothing is normalised"

    def normalised(self, logits):
        return logits


class LogitsAsProbabilities(PlainCTC):
    bug = "V9"
    words = "logits are taken for probabilities"

    def normalised(self, logits):
        return np.log(np.maximum(logits, 0.0))


class NormalisedOverTime(PlainCTC):
    bug = "V9"
    words = "the softmax is taken over the frames, not over the classes"

    def normalised(self, logits):
        return log_softmax(logits.T).T


class LabelsOfEightBits(PlainCTC):
    bug = "V14"
    words = "labels are kept in 8 bits"

    def target(self, row, length, blank):
        return row[:length] & 0xFF


class TargetCutAt255(PlainCTC):
    bug = "V14"
    words = "targets are cut after 255 labels"

    def target(self, row, length, blank):
        return row[: min(length, 255)]


class RepeatsCollapsed(PlainCTC):
    bug = "V15"
    words = "repeated labels of the target are collapsed beforehand"

    def collapsed(self, target, blank):
        return target[np.flatnonzero(np.diff(target, prepend=-1))]
