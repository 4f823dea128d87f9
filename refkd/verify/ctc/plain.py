"""CTC in plain NumPy: every step is a method that a known defect replaces.

It shares nothing with the compiled kernels. `PlainCTC()` is an adapter in the canonical form.
"""

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import log_softmax


class PlainPaths:
    """What a loss and an aligner read of a batch, and the states of a target."""

    def blank(self, blank: int, K: int) -> int:
        """The class of the blank."""
        return blank

    def frames(self, n: int, input_lengths: Ints, frames: int) -> int:
        """How many frames belong to an utterance."""
        return int(input_lengths[n])

    def normalised(self, logits: Floats) -> Floats:
        """Log-probabilities (T, K)."""
        return log_softmax(logits)

    def states(self, target: Ints, blank: int) -> Ints:
        """Labels with a blank around each."""
        states = np.full(2 * len(target) + 1, blank)
        states[1::2] = target
        return states


class PlainCTC(PlainPaths):
    """A right CTC loss and its gradient in the logits, in log space, one utterance at a time."""

    def __call__(
        self,
        logits: Floats,
        labels: Ints,
        input_lengths: Ints,
        label_lengths: Ints,
        blank: int,
        d_loss: Floats | None,
    ) -> tuple[Floats, Floats]:
        """Losses (N,) and gradient (T, N, K) of a padded batch."""
        frames, N, K = logits.shape
        loss, grad = np.zeros(N), np.zeros(logits.shape)
        blank = self.blank(blank, K)
        for n in range(N):
            T = self.frames(n, input_lengths, frames)
            target = self.target(labels[n], int(label_lengths[n]), blank)
            self.refuse(target, K)
            with np.errstate(all="ignore"):
                logp = self.normalised(logits[:T, n])
                nats, occupancy = self.loss_of(logp, self.collapsed(target, blank), blank)
                part = self.gradient(np.exp(logp), occupancy, target)
                loss[n], grad[:T, n] = self.finished(nats, part, target)
            self.fill_padding(logits[:, n], T, grad[:, n])
        upstream = np.ones(N) if d_loss is None else d_loss
        return self.batch(loss, grad, upstream, input_lengths, label_lengths)

    def target(self, row: Ints, length: int, blank: int) -> Ints:
        """The labels of an utterance."""
        return row[:length]

    def refuse(self, target: Ints, K: int) -> None:
        """Labels that are no classes are an error."""
        if ((target < 0) | (target >= K)).any():
            raise ValueError(f"labels {target.tolist()} are not all classes below {K}")

    def collapsed(self, target: Ints, blank: int) -> Ints:
        """The labels to be spelt."""
        return target

    def skips(self, states: Ints, blank: int) -> Bools:
        """(S,): which states may be entered from two states before."""
        allowed = np.zeros(len(states), dtype=bool)
        allowed[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
        return allowed

    def first(self, S: int) -> slice:
        """States in which a path may start."""
        return slice(0, 2)

    def last(self, S: int) -> slice:
        """States in which a path may end."""
        return slice(max(S - 2, 0), S)

    def loss_of(self, logp: Floats, target: Ints, blank: int) -> tuple[float, Floats]:
        """Loss and occupancy (T, K) of one utterance."""
        states = self.states(target, blank)
        skip = self.skips(states, blank)
        emission = logp[:, states]
        alpha = self.alpha(emission, skip)
        loss = self.nats(self.total(alpha))
        through = alpha + self.beta(emission, skip)
        return loss, self.occupancy(self.weights(through, loss), states, logp.shape[1])

    def alpha(self, emission: Floats, skip: Bools) -> Floats:
        """(T, S): log-probability of reaching a state, its emission included."""
        T, S = emission.shape
        alpha = np.full((T, S), -np.inf)
        first = self.first(S)
        alpha[0, first] = emission[0, first]
        for t in range(1, T):
            alpha[t] = self.arrive(alpha[t - 1], skip) + emission[t]
        return alpha

    def arrive(self, before: Floats, skip: Bools) -> Floats:
        """Sum of the ways into each state."""
        step, jump = shifted(before, 1), np.where(skip, shifted(before, 2), -np.inf)
        return self.add(self.add(before, step), jump)

    def add(self, a: Floats, b: Floats) -> Floats:
        """log(e^a + e^b)."""
        return np.logaddexp(a, b)

    def beta(self, emission: Floats, skip: Bools) -> Floats:
        """(T, S): log-probability of going on from a state, its emission excluded."""
        T, S = emission.shape
        beta = np.full((T, S), -np.inf)
        beta[T - 1, self.last(S)] = 0.0
        for t in range(T - 2, -1, -1):
            beta[t] = self.leave(beta[t + 1] + emission[t + 1], skip)
        return beta

    def leave(self, onward: Floats, skip: Bools) -> Floats:
        """Sum of the ways out of each state."""
        jump = shifted(np.where(skip, onward, -np.inf), -2)
        return np.logaddexp(np.logaddexp(onward, shifted(onward, -1)), jump)

    def total(self, alpha: Floats) -> float:
        """Log-probability of the target."""
        return float(np.logaddexp.reduce(alpha[-1, self.last(alpha.shape[1])]))

    def nats(self, total: float) -> float:
        """The loss."""
        return max(0.0, -total) if total == total else np.nan

    def weights(self, through: Floats, loss: float) -> Floats:
        """(T, S): share of the paths that goes through a state."""
        peak = through.max(axis=1, keepdims=True)
        weight = np.exp(through - np.where(np.isfinite(peak), peak, 0.0))
        total = weight.sum(axis=1, keepdims=True)
        return np.asarray(weight / np.where(total > 0.0, total, 1.0))

    def occupancy(self, weight: Floats, states: Ints, K: int) -> Floats:
        """(T, K): share of the paths that emits a class."""
        occupancy = np.zeros((len(weight), K))
        for s, k in enumerate(states):
            occupancy[:, k] += weight[:, s]
        return occupancy

    def gradient(self, prob: Floats, occupancy: Floats, target: Ints) -> Floats:
        """(T, K): gradient of a finite loss in the logits."""
        return prob - occupancy

    def finished(self, loss: float, grad: Floats, target: Ints) -> tuple[float, Floats]:
        """Loss and gradient where the loss may be infinite."""
        return (loss, grad) if loss < np.inf else (np.inf, np.zeros_like(grad))

    def fill_padding(self, logits: Floats, length: int, grad: Floats) -> None:
        """Gradient of the frames from `length` on, which is 0 already."""

    def batch(
        self, loss: Floats, grad: Floats, upstream: Floats, input_lengths: Ints, label_lengths: Ints
    ) -> tuple[Floats, Floats]:
        """Losses and gradients of the batch from those of its utterances."""
        return loss, grad * upstream[:, None]


def shifted(row: Floats, by: int) -> Floats:
    """The row moved by so many places, -inf where nothing comes from."""
    moved = np.full_like(row, -np.inf)
    if by > 0:
        moved[by:] = row[:-by]
    else:
        moved[:by] = row[-by:]
    return moved
