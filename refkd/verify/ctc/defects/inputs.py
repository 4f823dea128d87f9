"""Lengths, labels, blank and normalisation are read wrongly."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


@DEFECTS.steps("V2", "input lengths are ignored: padded frames are counted")
class LengthsIgnored(PlainCTC):
    def frames(self, n, input_lengths, frames):
        return frames


@DEFECTS.steps(
    "V2", "input lengths are ignored by the loss, though the gradient of padded frames is zero"
)
class LengthsIgnoredButForTheGradient(LengthsIgnored):
    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        grad[np.arange(len(grad))[:, None] >= input_lengths] = 0.0
        return super().batch(loss, grad, upstream, input_lengths, label_lengths)


@DEFECTS.step("frames", "V2", "the input length of the first utterance is used for all")
def length_of_the_first(self, n, input_lengths, frames):
    return int(input_lengths[0])


@DEFECTS.step("frames", "V2", "the longest input length is used for all")
def longest_length(self, n, input_lengths, frames):
    return int(input_lengths.max())


@DEFECTS.step("frames", "V2", "the last frame of every utterance is left out")
def one_frame_short(self, n, input_lengths, frames):
    return max(int(input_lengths[n]) - 1, 1)


@DEFECTS.step("frames", "V2", "one padded frame is counted if there is one")
def one_frame_long(self, n, input_lengths, frames):
    return min(int(input_lengths[n]) + 1, frames)


@DEFECTS.step("target", "V3", "padding of the labels is counted as labels")
def label_padding_counted(self, row, length, blank):
    return row


@DEFECTS.step("target", "V3", "the target ends at the first blank of its row, not after its length")
def labels_until_blank(self, row, length, blank):
    return row[: int((row == blank).argmax())] if (row == blank).any() else row


@DEFECTS.step("target", "V3", "labels of 0 are treated as padding")
def labels_that_are_not_zero(self, row, length, blank):
    return row[:length][row[:length] != 0]


@DEFECTS.step("target", "V3", "target lengths are inferred from labels that are not 0")
def length_from_labels_not_zero(self, row, length, blank):
    return row[: int((row != 0).sum())]


@DEFECTS.step("target", "V3", "the last label is left out")
def last_label_left_out(self, row, length, blank):
    return row[: max(length - 1, 0)]


@DEFECTS.step("blank", "V4", "class 0 is used as the blank, whatever class is given")
def blank_first(self, blank, K):
    return 0


@DEFECTS.step("blank", "V4", "the last class is used as the blank, whatever class is given")
def blank_last(self, blank, K):
    return K - 1


@DEFECTS.step("normalised", "V9", "the softmax is applied twice")
def softmax_twice(self, logits):
    return log_softmax(np.exp(log_softmax(logits)))


@DEFECTS.step("normalised", "V9", "logits are treated as log-probabilities: nothing is normalised")
def not_normalised(self, logits):
    return logits


@DEFECTS.step("normalised", "V9", "logits are treated as probabilities")
def logits_as_probabilities(self, logits):
    return np.log(np.maximum(logits, 0.0))


@DEFECTS.step("normalised", "V9", "the softmax is taken over the frames, not over the classes")
def normalised_over_time(self, logits):
    return log_softmax(logits.T).T


@DEFECTS.step("target", "V14", "labels are stored in 8 bits")
def labels_of_eight_bits(self, row, length, blank):
    return row[:length] & 0xFF


@DEFECTS.step("target", "V14", "targets are cut after 255 labels")
def target_cut_at255(self, row, length, blank):
    return row[: min(length, 255)]


@DEFECTS.step("collapsed", "V15", "repeated labels of the target are collapsed")
def repeats_collapsed(self, target, blank):
    return target[np.flatnonzero(np.diff(target, prepend=-1))]
