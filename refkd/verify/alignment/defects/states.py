"""States, lengths and labels that a path may not have, or has to."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainAligner)


@DEFECTS.step("ways", "A1", "repeated labels may do without the blank between them")
def repeats_without_blank(self, states, blank):
    stay, step, _ = PlainAligner.ways(self, states, blank)
    return stay, step, (np.arange(len(states)) >= 2) & (states != blank)


@DEFECTS.step(
    "emission", "A10", "the blank before the first label is class 0, whatever the argument says"
)
def first_blank_is_class_zero(self, logp, states):
    emission = PlainAligner.emission(self, logp, states)
    emission[:, 0] = logp[:, 0]
    return emission


@DEFECTS.step("end", "A7", "the path has to end with the blank")
def ends_in_blank(self, cost):
    return len(cost) - 1


@DEFECTS.step("end", "A7", "the path has to end with the last label")
def ends_in_label(self, cost):
    return max(len(cost) - 2, 0)


@DEFECTS.step("end", "A7", "the path may end before the last label")
def ends_anywhere(self, cost):
    return int(cost.argmax())


@DEFECTS.step("starts", "A7", "the path has to start with the blank")
def starts_in_blank(self, S):
    return np.arange(S) == 0


@DEFECTS.step("starts", "A7", "the path has to start with the first label")
def starts_in_label(self, S):
    return np.arange(S) == min(1, S - 1)


@DEFECTS.step("starts", "A7", "the path may start with any label")
def starts_anywhere(self, S):
    return np.ones(S, dtype=bool)


@DEFECTS.steps
class LengthsIgnored(PlainAligner):
    bug = "A8"
    words = "input lengths are ignored: the path runs on through the padding"

    def frames(self, n, input_lengths, frames):
        return frames

    def aligned(self, logits, labels, input_lengths, label_lengths, blank):
        path, score = super().aligned(logits, labels, input_lengths, label_lengths, blank)
        there = np.arange(len(path))[:, None] < input_lengths
        return np.where(there, path, -1), np.where(there, score, 0.0)


@DEFECTS.step("path", "A8", "the last frame is left out")
def last_frame_lost(self, logp, target, blank):
    if len(logp) == 1:
        return PlainAligner.path(self, logp, target, blank)
    return np.append(PlainAligner.path(self, logp[:-1], target, blank), blank)


@DEFECTS.step("target", "A9", "label lengths are ignored: the padding is aligned, too")
def label_lengths_ignored(self, row, length):
    return row


@DEFECTS.step(
    "aligned", "A9", "rows of labels are read as if they were as long as the longest target"
)
def stride_of_longest(self, logits, labels, input_lengths, label_lengths, blank):
    longest = int(max(label_lengths))
    rows = labels.ravel()[: len(labels) * longest].reshape(len(labels), longest)
    return PlainAligner.aligned(self, logits, rows, input_lengths, label_lengths, blank)


@DEFECTS.step("target", "A9", "the last label is left out")
def last_label_lost(self, row, length):
    return row[: max(length - 1, 0)]


@DEFECTS.step("target", "A9", "the first label is left out")
def first_label_lost(self, row, length):
    return row[min(length, 1) : length]


@DEFECTS.step("ways", "A13", "the blank between different labels cannot be skipped")
def blanks_never_skipped(self, states, blank):
    stay, step, skip = PlainAligner.ways(self, states, blank)
    return stay, step, np.zeros_like(skip)


@DEFECTS.step("ways", "A13", "labels may be skipped from blank to blank")
def blanks_skipped(self, states, blank):
    stay, step, skip = PlainAligner.ways(self, states, blank)
    return stay, step, skip | ((np.arange(len(states)) >= 2) & (states == blank))


@DEFECTS.step("ways", "A13", "a label cannot last longer than a frame")
def no_stay(self, states, blank):
    _, step, skip = PlainAligner.ways(self, states, blank)
    return states == blank, step, skip
