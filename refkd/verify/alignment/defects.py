"""Known ways in which forced aligners are wrong, each one step of `PlainAligner` replaced."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner, traced
from refkd.verify.compare import log_softmax
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainAligner)


@DEFECTS.step("ways", "A1", "repeated labels may lack the blank between them")
def repeats_without_blank(self, states, blank):
    stay, step, _ = PlainAligner.ways(self, states, blank)
    return stay, step, (np.arange(len(states)) >= 2) & (states != blank)


@DEFECTS.step(
    "emission", "A10", "the blank before the first label is class 0, whatever class is given"
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


@DEFECTS.steps("A8", "input lengths are ignored: the path continues in the padding")
class LengthsIgnored(PlainAligner):
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


def all_moved(self, path, blank, by):
    moved = np.full_like(path, blank)
    if by > 0:
        moved[by:] = path[:-by]
    else:
        moved[:by] = path[-by:]
    return moved


DEFECTS.family("moved", "A3", all_moved, {
    "everything is one frame late": 1,
    "everything is one frame early": -1,
})  # fmt: skip


@DEFECTS.step("moved", "A3", "every span starts one frame late")
def start_late(self, path, blank):
    starts = np.diff(path, prepend=-1) != 0
    return np.where(starts, blank, path)


@DEFECTS.step("moved", "A2", "every span ends one frame early")
def end_early(self, path, blank):
    ends = np.diff(path, append=-1) != 0
    return np.where(ends, blank, path)


@DEFECTS.step("moved", "A2", "every span ends one frame late")
def end_late(self, path, blank):
    moved = path.copy()
    late = (np.roll(path, 1) != blank) & (path == blank)
    late[:1] = False
    moved[late] = np.roll(path, 1)[late]
    return moved


@DEFECTS.steps("A2", "a span lasts until the next one begins")
class LastsUntilNext(PlainAligner):
    def moved(self, path, blank):
        self.before = path
        moved = path.copy()
        for t in range(1, len(path)):
            if moved[t] == blank:
                moved[t] = moved[t - 1]
        return moved

    def scores(self, logp, path):
        return super().scores(logp, self.before)


@DEFECTS.step("moved", "A3", "every span starts one frame early")
def start_early(self, path, blank):
    moved = path.copy()
    early = (np.roll(path, -1) != blank) & (path == blank)
    early[-1:] = False
    moved[early] = np.roll(path, -1)[early]
    return moved


@DEFECTS.step("moved", "A2", "a span has only its first frame")
def first_frame_only(self, path, blank):
    starts = np.diff(path, prepend=-1) != 0
    return np.where(starts, path, blank)


@DEFECTS.step("scores", "A4", "scores are added up along the path")
def scores_summed(self, logp, path):
    return np.cumsum(PlainAligner.scores(self, logp, path))


@DEFECTS.step(
    "scores", "A4", "scores are those of the most probable class of a frame, not of the path's"
)
def scores_of_best(self, logp, path):
    return logp.max(axis=1)


@DEFECTS.step("path", "A6", "the most probable class of each frame is taken, whatever the labels")
def most_probable_class(self, logp, target, blank):
    return logp.argmax(axis=1)


@DEFECTS.step("path", "A6", "the most probable state of each frame is taken, which is not a path")
def most_probable_state(self, logp, target, blank):
    states = self.states(target, blank)
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
        back.append(np.logaddexp.reduce([term[: len(states)] for term in terms]))
    return states[(np.array(ahead) + np.array(back[::-1])).argmax(axis=1)]


@DEFECTS.step("arrived", "A6", "all paths are added up in place of taking the best one")
def sum_for_maximum(self, before, best):
    return np.logaddexp.reduce(before)


@DEFECTS.step("path", "A6", "the best next state is taken at each frame, not the best path")
def greedy(self, logp, target, blank):
    states = self.states(target, blank)
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


@DEFECTS.step("path", "A11", "probabilities are multiplied, which underflows")
def in_probabilities(self, logp, target, blank):
    states = self.states(target, blank)
    ways = self.ways(states, blank)
    prob = np.exp(logp[:, states])
    cost = np.where(self.starts(len(states)), prob[0], 0.0)
    origins = []
    for t in range(1, len(logp)):
        before = np.maximum(self.arriving(cost, ways), 0.0)
        origins.append(before.argmax(axis=0))
        cost = before.max(axis=0) * prob[t]
    return states[traced(origins, self.end(cost))]


@DEFECTS.step("path", "A14", "the path is traced back with the predecessors of the wrong frame")
def origin_of_next_frame(self, logp, target, blank):
    path = PlainAligner.path(self, logp, target, blank)
    return np.append(path[1:], path[-1:]) if len(path) > 1 else path


@DEFECTS.step("emitted", "A14", "a state is scored with the frame before")
def emission_of_frame_before(self, emission, t):
    return emission[t - 1]


@DEFECTS.step(
    "normalised", "A6", "the least probable path is taken: the sign of the scores is wrong"
)
def least_probable(self, logits):
    return -log_softmax(logits)


class TieGoesTo(PlainAligner):
    """Where two of three states before tie above the third, the path takes the same one always."""

    def __init__(self, steps):
        self.steps = steps  # back to the state that is taken

    def best(self, before):
        if before.ndim == 1:  # which of the last two states is the end
            return super().best(before)
        first, second = np.sort(before, axis=0)[:-3:-1]
        return np.where(first > second, before.argmax(axis=0), self.steps)


TIED = "where two of the states before tie above the third, "
DEFECTS.rows("A14", {
    TIED + "the path stays in its own state": TieGoesTo(0),
    TIED + "the path takes the one before": TieGoesTo(1),
    TIED + "the path takes the second before": TieGoesTo(2),
})  # fmt: skip
