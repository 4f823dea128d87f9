"""States, lengths and labels that a path may not have, or has to."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner


class RepeatsWithoutBlank(PlainAligner):
    bug = "A1"
    words = "repeated labels may do without the blank between them"

    def ways(self, states, blank):
        stay, step, _ = super().ways(states, blank)
        return stay, step, (np.arange(len(states)) >= 2) & (states != blank)


class FirstBlankIsClassZero(PlainAligner):
    bug = "A10"
    words = "the blank before the first label is class 0, whatever the argument says"

    def emission(self, logp, states):
        emission = super().emission(logp, states)
        emission[:, 0] = logp[:, 0]
        return emission


class EndsInBlank(PlainAligner):
    bug = "A7"
    words = "the path has to end with the blank"

    def end(self, cost):
        return len(cost) - 1


class EndsInLabel(PlainAligner):
    bug = "A7"
    words = "the path has to end with the last label"

    def end(self, cost):
        return max(len(cost) - 2, 0)


class EndsAnywhere(PlainAligner):
    bug = "A7"
    words = "the path may end before the last label"

    def end(self, cost):
        return int(cost.argmax())


class StartsInBlank(PlainAligner):
    bug = "A7"
    words = "the path has to start with the blank"

    def starts(self, S):
        return np.arange(S) == 0


class StartsInLabel(PlainAligner):
    bug = "A7"
    words = "the path has to start with the first label"

    def starts(self, S):
        return np.arange(S) == min(1, S - 1)


class StartsAnywhere(PlainAligner):
    bug = "A7"
    words = "the path may start with any label"

    def starts(self, S):
        return np.ones(S, dtype=bool)


class LengthsIgnored(PlainAligner):
    bug = "A8"
    words = "input lengths are ignored: the path runs on through the padding"

    def frames(self, n, input_lengths, frames):
        return frames

    def aligned(self, logits, labels, input_lengths, label_lengths, blank):
        path, score = super().aligned(logits, labels, input_lengths, label_lengths, blank)
        there = np.arange(len(path))[:, None] < input_lengths
        return np.where(there, path, -1), np.where(there, score, 0.0)


class LastFrameLost(PlainAligner):
    bug = "A8"
    words = "the last frame is left out"

    def path(self, logp, target, blank):
        if len(logp) == 1:
            return super().path(logp, target, blank)
        return np.append(super().path(logp[:-1], target, blank), blank)


class LabelLengthsIgnored(PlainAligner):
    bug = "A9"
    words = "label lengths are ignored: the padding is aligned, too"

    def target(self, row, length):
        return row


class StrideOfLongest(PlainAligner):
    bug = "A9"
    words = "rows of labels are read as if they were as long as the longest target"

    def aligned(self, logits, labels, input_lengths, label_lengths, blank):
        longest = int(max(label_lengths))
        rows = labels.ravel()[: len(labels) * longest].reshape(len(labels), longest)
        return super().aligned(logits, rows, input_lengths, label_lengths, blank)


class LastLabelLost(PlainAligner):
    bug = "A9"
    words = "the last label is left out"

    def target(self, row, length):
        return row[: max(length - 1, 0)]


class FirstLabelLost(PlainAligner):
    bug = "A9"
    words = "the first label is left out"

    def target(self, row, length):
        return row[min(length, 1) : length]


class BlanksNeverSkipped(PlainAligner):
    bug = "A13"
    words = "the blank between different labels cannot be skipped"

    def ways(self, states, blank):
        stay, step, skip = super().ways(states, blank)
        return stay, step, np.zeros_like(skip)


class BlanksSkipped(PlainAligner):
    bug = "A13"
    words = "labels may be skipped from blank to blank"

    def ways(self, states, blank):
        stay, step, skip = super().ways(states, blank)
        return stay, step, skip | ((np.arange(len(states)) >= 2) & (states == blank))


class NoStay(PlainAligner):
    bug = "A13"
    words = "a label cannot last longer than a frame"

    def ways(self, states, blank):
        _, step, skip = super().ways(states, blank)
        return states == blank, step, skip
