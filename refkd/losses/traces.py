"""The records that the public functions return: all computed values, under their names in docs/."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.losses.notebook import Displayed
from refkd.losses.rules import Rule, Window


@dataclass(frozen=True, eq=False)
class CTCTrace(Displayed):
    """The tables of one CTC pass.

    Parameters
    ----------
    states : (S,) int64
        The labels with blanks before, between and after them, S = 2L + 1.
    log_alpha : (T, S)
        Log-probability of reaching state s at frame t, the emission at t included.
    log_beta : (T, S)
        Log-probability of finishing from state s at frame t, the emission at t excluded.
    occupancy : (T, K)
        Probability that label k is emitted at frame t, given the label sequence.
    loss : float
        Minus the log-probability of the label sequence, in nats, >= 0, inf if it has none.
    grad : (T, K)
        Gradient of the loss in the logits.
    """

    states: Ints
    log_alpha: Floats
    log_beta: Floats
    occupancy: Floats
    loss: float
    grad: Floats

    def _picture(self) -> tuple[str, Floats, None]:
        return "occupancy: frames from left to right, labels from the top", self.occupancy.T, None


class Span(NamedTuple):
    """The frames of one label in an alignment: start to end, end excluded.

    `score` is the mean log-probability over these frames, in nats.
    """

    label: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, eq=False)
class Alignment:
    """The most probable single path.

    Parameters
    ----------
    frames : (T,) int64
        Label emitted at each frame, blanks included.
    spans : tuple of Span
        The span of each label, in order; blanks are left out.
    log_prob : float
        Log-probability of the path, in nats.
    """

    frames: Ints
    spans: tuple[Span, ...]
    log_prob: float


@dataclass(frozen=True, eq=False)
class DistillTrace(Displayed):
    """Everything that one selection rule computed for one utterance.

    Parameters
    ----------
    rule : Rule
        The selection rule.
    window : Window
        The rule's window, clipped to the utterance.
    divergence : (T, W)
        D(t, u) in nats at column u - t + window.left; inf where u is not in the window of t.
    pairs : (n, 2) int64
        (student frame, teacher frame) of each pair that contributes, in this order.
    pair_weight : (n,)
        Its weight.
    offset : (n,) int64
        Student frame minus teacher frame: positive when the student is late.
    loss : float
        In nats, summed over frames.
    grad : (T, K)
        Gradient of the loss in the student's logits.
    target : (T, K) or None
        Weighted rules: the mixture that is the target of each student frame, 0 where there is none.
    target_divergence : float or None
        Weighted rules: the divergence between the mixtures and the student, summed over frames.
    """

    rule: Rule
    window: Window
    divergence: Floats
    pairs: Ints
    pair_weight: Floats
    offset: Ints
    loss: float
    grad: Floats
    target: Floats | None
    target_divergence: float | None

    def _picture(self) -> tuple[str, Floats, Bools]:
        words = "divergence: student frames from left to right, earlier teacher frames below; "
        chosen = np.zeros(self.divergence.shape, dtype=bool)
        i, j = self.pairs.T
        chosen[i, j - i + self.window.left] = self.pair_weight > 0.0
        return f"{words}blue: the pairs of the rule", self.divergence.T[::-1], chosen.T[::-1]
