"""Known ways in which forced aligners are wrong, each one step of `PlainAligner` replaced."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.ctc.translate import log_softmax
from refkd.verify.records import Defect


class RepeatsWithoutBlank(PlainAligner):
    bug = "A1"
    words = "repeated labels may do without the blank between them"

    def ways(self, states, blank):
        stay, one, _ = super().ways(states, blank)
        return stay, one, (np.arange(len(states)) >= 2) & (states != blank)


class LaterByOne(PlainAligner):
    bug = "A3"
    words = "everything is one frame late"
    by = 1

    def moved(self, path, blank):
        moved = np.full_like(path, blank)
        if self.by > 0:
            moved[self.by :] = path[: -self.by]
        else:
            moved[: self.by] = path[-self.by :]
        return moved


class EarlierByOne(LaterByOne):
    bug = "A3"
    words = "everything is one frame early"
    by = -1


class StartLate(PlainAligner):
    bug = "A3"
    words = "every span starts one frame late"

    def moved(self, path, blank):
        starts = np.diff(path, prepend=-1) != 0
        return np.where(starts, blank, path)


class EndEarly(PlainAligner):
    bug = "A2"
    words = "every span ends one frame early"

    def moved(self, path, blank):
        ends = np.diff(path, append=-1) != 0
        return np.where(ends, blank, path)


class EndLate(PlainAligner):
    bug = "A2"
    words = "every span ends one frame late"

    def moved(self, path, blank):
        moved = path.copy()
        late = (np.roll(path, 1) != blank) & (path == blank)
        late[:1] = False
        moved[late] = np.roll(path, 1)[late]
        return moved


class StartEarly(PlainAligner):
    bug = "A3"
    words = "every span starts one frame early"

    def moved(self, path, blank):
        moved = path.copy()
        early = (np.roll(path, -1) != blank) & (path == blank)
        early[-1:] = False
        moved[early] = np.roll(path, -1)[early]
        return moved


class FirstFrameOnly(PlainAligner):
    bug = "A3"
    words = "a span is only its first frame"

    def moved(self, path, blank):
        starts = np.diff(path, prepend=-1) != 0
        return np.where(starts, path, blank)


class ScoresSummed(PlainAligner):
    bug = "A4"
    words = "scores are added up along the path"

    def scores(self, logp, path):
        return np.cumsum(super().scores(logp, path))


class ScoresOfBest(PlainAligner):
    bug = "A4"
    words = "scores are those of the most probable class of a frame, not of the path's"

    def scores(self, logp, path):
        return logp.max(axis=1)


class MostProbableClass(PlainAligner):
    bug = "A6"
    words = "the most probable class of each frame is taken, whatever the labels are"

    def path(self, logp, target, blank):
        return logp.argmax(axis=1)


class MostProbableState(PlainAligner):
    bug = "A6"
    words = "the most probable state of each frame is taken, which is no path"

    def path(self, logp, target, blank):
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        emission, ways = logp[:, states], self.ways(states, blank)
        ahead = [np.where(self.starts(len(states)), emission[0], -np.inf)]
        for t in range(1, len(logp)):
            ahead.append(np.logaddexp.reduce(self.arriving(ahead[-1], ways)) + emission[t])
        back = [np.where(np.arange(len(states)) >= len(states) - 2, 0.0, -np.inf)]
        for t in range(len(logp) - 1, 0, -1):
            on = back[-1] + emission[t]
            terms = [
                np.concatenate([np.where(way, on, -np.inf)[k:], np.full(k, -np.inf)])
                for k, way in enumerate(ways)
            ]
            back.append(np.logaddexp.reduce([one[: len(states)] for one in terms]))
        return states[(np.array(ahead) + np.array(back[::-1])).argmax(axis=1)]


class SumForMaximum(PlainAligner):
    bug = "A6"
    words = "ways are added up where the best one is wanted"

    def path(self, logp, target, blank):
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        emission, ways = logp[:, states], self.ways(states, blank)
        cost = np.where(self.starts(len(states)), emission[0], -np.inf)
        origins = []
        for t in range(1, len(logp)):
            before = self.arriving(cost, ways)
            origins.append(self.best(before))
            cost = np.logaddexp.reduce(before) + emission[t]
        s = self.end(cost)
        order = [s]
        for best in origins[::-1]:
            s = max(s - int(best[s]), 0)
            order.append(s)
        return states[order[::-1]]


class Greedy(PlainAligner):
    bug = "A6"
    words = "the best next state is taken at each frame, not the best path"

    def path(self, logp, target, blank):
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        ways = self.ways(states, blank)
        s, order = -1, []
        for t, row in enumerate(logp[:, states]):
            if t == 0:
                steps = [k for k in range(len(states)) if self.starts(len(states))[k]]
            else:
                steps = [s + k for k, way in enumerate(ways) if s + k < len(states) and way[s + k]]
            s = max(steps, key=lambda k: row[k])
            order.append(s)
        return states[order]


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

    def __call__(self, logits, labels, input_lengths, label_lengths, blank):
        path, score = super().__call__(logits, labels, input_lengths, label_lengths, blank)
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


class LastLabelLost(PlainAligner):
    bug = "A9"
    words = "the last label is left out"

    def target(self, row, length):
        return row[: max(length - 1, 0)]


class InProbabilities(PlainAligner):
    bug = "A11"
    words = "probabilities are multiplied, which underflows"

    def path(self, logp, target, blank):
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        ways = self.ways(states, blank)
        prob = np.exp(logp[:, states])
        cost = np.where(self.starts(len(states)), prob[0], 0.0)
        origins = []
        for t in range(1, len(logp)):
            before = np.maximum(self.arriving(cost, ways), 0.0)
            origins.append(before.argmax(axis=0))
            cost = before.max(axis=0) * prob[t]
        s = self.end(cost)
        order = [s]
        for best in origins[::-1]:
            s = max(s - int(best[s]), 0)
            order.append(s)
        return states[order[::-1]]


class BlanksNeverSkipped(PlainAligner):
    bug = "A13"
    words = "the blank between different labels cannot be skipped"

    def ways(self, states, blank):
        stay, one, two = super().ways(states, blank)
        return stay, one, np.zeros_like(two)


class BlanksSkipped(PlainAligner):
    bug = "A13"
    words = "labels may be skipped from blank to blank"

    def ways(self, states, blank):
        stay, one, two = super().ways(states, blank)
        return stay, one, two | ((np.arange(len(states)) >= 2) & (states == blank))


class NoStay(PlainAligner):
    bug = "A13"
    words = "a label cannot last longer than a frame"

    def ways(self, states, blank):
        _, one, two = super().ways(states, blank)
        return states == blank, one, two


class OriginOfNextFrame(PlainAligner):
    bug = "A14"
    words = "the path is traced back with the origins of the wrong frame"

    def path(self, logp, target, blank):
        path = super().path(logp, target, blank)
        return np.append(path[1:], path[-1:]) if len(path) > 1 else path


class EmissionOfFrameBefore(PlainAligner):
    bug = "A14"
    words = "a state is scored by the frame before"

    def emitted(self, emission, t):
        return emission[t - 1]


class LeastProbable(PlainAligner):
    bug = "A6"
    words = "the least probable path is taken: the sign of the scores is wrong"

    def normalised(self, logits):
        return -log_softmax(logits)


DEFECTS = tuple(
    Defect(one.bug, one.words, one())
    for one in list(vars().values())
    if isinstance(one, type) and issubclass(one, PlainAligner) and one is not PlainAligner
)
