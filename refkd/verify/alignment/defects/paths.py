"""Other paths than the most probable one."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner, traced
from refkd.verify.compare import log_softmax


class MostProbableClass(PlainAligner):
    bug = "A6"
    words = "the most probable class of each frame is taken, whatever the labels are"

    def path(self, logp, target, blank):
        return logp.argmax(axis=1)


class MostProbableState(PlainAligner):
    bug = "A6"
    words = "the most probable state of each frame is taken, which is no path"

    def path(self, logp, target, blank):
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


class SumForMaximum(PlainAligner):
    bug = "A6"
    words = "ways are added up where the best one is wanted"

    def arrived(self, before, best):
        return np.logaddexp.reduce(before)


class Greedy(PlainAligner):
    bug = "A6"
    words = "the best next state is taken at each frame, not the best path"

    def path(self, logp, target, blank):
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


class InProbabilities(PlainAligner):
    bug = "A11"
    words = "probabilities are multiplied, which underflows"

    def path(self, logp, target, blank):
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


class TieStays(PlainAligner):
    bug = "A14"
    words = "where two of the states before tie above the third, the path stays in its own state"
    otherwise = 0

    def best(self, before):
        if before.ndim == 1:  # which of the last two states is the end
            return super().best(before)
        first, second = np.sort(before, axis=0)[:-3:-1]
        return np.where(first > second, before.argmax(axis=0), self.otherwise)


class TieSteps(TieStays):
    words = "where two of the states before tie above the third, the path takes the one before"
    otherwise = 1


class TieSkips(TieStays):
    words = "where two of the states before tie above the third, the path takes the second before"
    otherwise = 2
