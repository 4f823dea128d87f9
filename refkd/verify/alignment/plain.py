"""Forced alignment in plain NumPy: every step is a method that a known defect replaces.

It shares nothing with the compiled kernels. `PlainAligner()` is in the canonical form. It gives two
answers: of equally probable ways the first is taken, and then the last.
"""

from typing import Any

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import log_softmax
from refkd.verify.ctc.plain import PlainPaths

PADDING = -1  # class of a frame that does not exist
NEAR = 1e-9  # nats, by which equally probable ways may differ


class PlainAligner(PlainPaths):
    """The most probable path of each target, one utterance at a time."""

    last = False  # whether the last of equally probable ways is taken

    def __call__(self, *arguments: Any) -> tuple[Ints, Floats, Ints, Floats]:
        """What `aligned` gives where the first of equal ways is taken, and where the last is."""
        self.last = False
        first = self.aligned(*arguments)
        self.last = True
        return (*first, *self.aligned(*arguments))

    def aligned(
        self, logits: Floats, labels: Ints, input_lengths: Ints, label_lengths: Ints, blank: int
    ) -> tuple[Ints, Floats]:
        """Class of each frame and its log-probability (T, N); -1 and 0 in the padding."""
        frames, N, K = logits.shape
        path, score = np.full((frames, N), PADDING), np.zeros((frames, N))
        blank = self.blank(blank, K)
        for n in range(N):
            T = self.frames(n, input_lengths, frames)
            target = self.target(labels[n], int(label_lengths[n]))
            with np.errstate(all="ignore"):
                logp = self.normalised(logits[:T, n])
                path[:T, n] = self.moved(self.path(logp, target, blank), blank)
            score[:T, n] = self.scores(log_softmax(logits[:T, n]), path[:T, n])
        return path, score

    def target(self, row: Ints, length: int) -> Ints:
        """The labels of an utterance."""
        return row[:length]

    def path(self, logp: Floats, target: Ints, blank: int) -> Ints:
        """(T,): class of each frame on the best path."""
        states = self.states(target, blank)
        emission = self.emission(logp, states)
        ways = self.ways(states, blank)
        cost = np.where(self.starts(len(states)), emission[0], -np.inf)
        origins = []
        for t in range(1, len(logp)):
            before = self.arriving(cost, ways)
            best = self.best(before)
            origins.append(best)
            cost = self.arrived(before, best) + self.emitted(emission, t)
        return states[traced(origins, self.end(cost))]

    def emission(self, logp: Floats, states: Ints) -> Floats:
        """(T, S): log-probability of the class of each state."""
        return logp[:, states]

    def ways(self, states: Ints, blank: int) -> tuple[Bools, ...]:
        """Whether a state may be reached from itself, the one before it, and two before it."""
        s = np.arange(len(states))
        two = (s >= 2) & (states != blank)
        two[2:] &= states[2:] != states[:-2]
        return np.ones(len(states), dtype=bool), s >= 1, two

    def starts(self, S: int) -> Bools:
        """(S,): where a path may begin."""
        return np.arange(S) <= 1

    def end(self, cost: Floats) -> int:
        """The state in which the path ends, given the scores of all."""
        last = np.arange(max(len(cost) - 2, 0), len(cost))
        return int(last[self.best(cost[last])])

    def arriving(self, cost: Floats, ways: tuple[Bools, ...]) -> Floats:
        """(3, S): score of coming from each of the states before."""
        before = np.full((len(ways), len(cost)), -np.inf)
        for step, allowed in enumerate(ways):
            before[step, step:] = cost[: len(cost) - step]
            before[step][~allowed] = -np.inf
        return before

    def best(self, before: Floats) -> Ints:
        """(S,): by how many states the best way goes on."""
        near = before >= before.max(axis=0) - NEAR
        return np.asarray(
            len(near) - 1 - near[::-1].argmax(axis=0) if self.last else near.argmax(0)
        )

    def arrived(self, before: Floats, best: Ints) -> Floats:
        """(S,): score of a state without its emission."""
        return np.asarray(np.take_along_axis(before, best[None], axis=0)[0])

    def emitted(self, emission: Floats, t: int) -> Floats:
        """(S,): log-probabilities of a frame."""
        return np.asarray(emission[t])

    def moved(self, path: Ints, blank: int) -> Ints:
        """The path as it is returned."""
        return path

    def scores(self, logp: Floats, path: Ints) -> Floats:
        """(T,): log-probability of the class of each frame."""
        return logp[np.arange(len(path)), np.clip(path, 0, logp.shape[1] - 1)]


def traced(origins: list[Ints], s: int) -> list[int]:
    """The states of a path that ends in `s`; `origins` are (S,) for each frame but the first."""
    order = [s]
    for best in origins[::-1]:
        s = max(s - int(best[s]), 0)
        order.append(s)
    return order[::-1]


def plain_align(*arguments: Any) -> tuple[Ints, Floats]:
    """`PlainAligner` as a function: the right answer without any compiled kernel."""
    return PlainAligner().aligned(*arguments)
