"""Other paths than the most probable one."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner, traced
from refkd.verify.compare import log_softmax
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainAligner)


@DEFECTS.step(
    "path", "A6", "the most probable class of each frame is taken, whatever the labels are"
)
def most_probable_class(self, logp, target, blank):
    return logp.argmax(axis=1)


@DEFECTS.step("path", "A6", "the most probable state of each frame is taken, which is no path")
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


@DEFECTS.step("arrived", "A6", "ways are added up where the best one is wanted")
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


@DEFECTS.step("path", "A14", "the path is traced back with the origins of the wrong frame")
def origin_of_next_frame(self, logp, target, blank):
    path = PlainAligner.path(self, logp, target, blank)
    return np.append(path[1:], path[-1:]) if len(path) > 1 else path


@DEFECTS.step("emitted", "A14", "a state is scored by the frame before")
def emission_of_frame_before(self, emission, t):
    return emission[t - 1]


@DEFECTS.step(
    "normalised", "A6", "the least probable path is taken: the sign of the scores is wrong"
)
def least_probable(self, logits):
    return -log_softmax(logits)


@DEFECTS.steps
class TieStays(PlainAligner):
    bug = "A14"
    words = "where two of the states before tie above the third, the path stays in its own state"
    otherwise = 0

    def best(self, before):
        if before.ndim == 1:  # which of the last two states is the end
            return super().best(before)
        first, second = np.sort(before, axis=0)[:-3:-1]
        return np.where(first > second, before.argmax(axis=0), self.otherwise)


@DEFECTS.steps
class TieSteps(TieStays):
    words = "where two of the states before tie above the third, the path takes the one before"
    otherwise = 1


@DEFECTS.steps
class TieSkips(TieStays):
    words = "where two of the states before tie above the third, the path takes the second before"
    otherwise = 2
