"""What a network learns from another one besides CTC: by a rule, or by a guide's spikes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator

from refkd import check
from refkd.check import Floats, Ints
from refkd.losses.distill import OPTIONS, Options, Teacher, distill_batch, distill_loss_batch
from refkd.losses.guided import guided_loss_batch
from refkd.losses.rules import FrameWise, Rule, Window
from refkd.networks.network import Network
from refkd.ragged import Ragged


@dataclass(frozen=True, kw_only=True, eq=False)
class AuxiliaryLoss:
    """How an auxiliary loss, `Distillation` or `GuidedLoss`, is mixed with CTC."""

    teacher: Network  # never changed
    weight: float  # of the auxiliary loss, >= 0
    ctc: float = 1.0  # weight of the CTC loss, >= 0; 0 for the auxiliary loss alone
    warm_up: float = 0.0  # share of all steps in which the weight rises from 0 on a straight line
    # The teacher's, without noise; else computed from the student's noisy features.
    clean_logits: Ragged | None = None

    def weight_at(self, step: int, steps: int) -> float:
        """Weight of the auxiliary loss in a step, 0 <= step < steps."""
        rising = self.warm_up * steps
        return self.weight * min(1.0, (step + 1) / rising) if rising > 0.0 else self.weight

    def weighted_sum(self, d_ctc: Floats, d_auxiliary: Floats, step: int, steps: int) -> Floats:
        """Gradient (sum T, K) of ctc x CTC + weight x auxiliary loss, from those of both."""
        return self.ctc * d_ctc + self.weight_at(step, steps) * d_auxiliary

    def teacher_logits(self, places: Ints, noisy: Ragged) -> Ragged:
        """Of the utterances at these places in the split, with these noisy features."""
        if self.clean_logits is None:
            return self.teacher.forward(noisy).logits
        return Ragged.from_list([self.clean_logits[n] for n in places])

    def loss(
        self, student_logits: Ragged, teacher_logits: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """Sum of the auxiliary loss over a batch and its gradient in the student's logits."""
        raise NotImplementedError

    def loss_at(
        self, student_logits: Ragged, places: Ints, noisy: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """The same for the utterances at these places in the split, with these noisy features."""
        return self.loss(student_logits, self.teacher_logits(places, noisy), rng)


@dataclass(frozen=True, kw_only=True, eq=False)
class Distillation(AuxiliaryLoss):
    """A student learns from the teacher frames that a rule chooses (see `distill_loss`).

    Examples
    --------
    >>> import refkd
    >>> from refkd.experiment.objectives import Distillation
    >>> teacher = refkd.Network.create(3, 4, layers=1, outputs=2, bidirectional=True)
    >>> auxiliary = Distillation(teacher=teacher, rule=refkd.Shift(2), weight=0.5, warm_up=0.5)
    >>> [auxiliary.weight_at(step, steps=8) for step in range(5)]
    [0.125, 0.25, 0.375, 0.5, 0.5]
    """

    rule: Rule
    divergence: str = "kl"
    temperature: float = 1.0
    scale_t2: bool = False
    blank_frames: str = "keep"

    @property
    def options(self) -> dict[str, Any]:
        """What `distill_loss` takes beside the rule."""
        return {name: getattr(self, name) for name in OPTIONS}

    def loss(
        self, student_logits: Ragged, teacher_logits: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """Sum of the rule's loss over a batch in nats and its gradient in the student's logits."""
        losses, grads = distill_loss_batch(
            student_logits, teacher_logits, self.rule, **self.options
        )
        return float(losses.sum()), grads

    def loss_at(
        self, student_logits: Ragged, places: Ints, noisy: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """The same; clean posteriors of the teacher are computed once for all steps."""
        if self.clean_logits is None:
            return super().loss_at(student_logits, places, noisy, rng)
        checked, teacher = self._clean_teacher
        values = check.logits_shape("student_logits", student_logits.values)
        first = self.clean_logits.offsets[places]
        losses, grads = distill_batch(checked, values, student_logits.offsets, teacher, first)
        return float(losses.sum()), student_logits.with_values(grads)

    @cached_property
    def _clean_teacher(self) -> tuple[Options, Teacher]:
        assert self.clean_logits is not None
        checked = Options.checked(self.rule, **self.options)
        logits = check.logits("clean_logits", self.clean_logits.values)
        return checked, Teacher.frozen(checked, self.clean_logits.with_values(logits), blank=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomChoice(Distillation):
    """A control: each student frame learns from a teacher frame drawn from the rule's window.

    A rule that searches must do better than this. The draw is new in every step.
    """

    def loss(
        self, student_logits: Ragged, teacher_logits: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """Sum of the divergences from the drawn frames, in nats, and its gradient."""
        frames = random_frames(teacher_logits.offsets, self.rule.window, rng)
        drawn = teacher_logits.with_values(teacher_logits.values[frames])
        losses, grads = distill_loss_batch(student_logits, drawn, FrameWise(), **self.options)
        return float(losses.sum()), grads

    loss_at = AuxiliaryLoss.loss_at


@dataclass(frozen=True, kw_only=True, eq=False)
class GuidedLoss(AuxiliaryLoss):
    """A network learns to spike where its teacher, the guide, spikes (docs/course/rivals.md)."""

    def loss(
        self, student_logits: Ragged, teacher_logits: Ragged, rng: Generator
    ) -> tuple[float, Ragged]:
        """Minus the sum of the probabilities at the guide's spikes, and its gradient."""
        losses, grads = guided_loss_batch(student_logits, teacher_logits)
        return float(losses.sum()), grads


def random_frames(offsets: Ints, window: Window, rng: Generator) -> Ints:
    """Draw for every frame of a batch (offsets (N + 1,)) a frame of its window, all equally likely.

    Returns the places (sum T,) in the batch; the window shows every frame at least one.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.experiment.objectives import random_frames
    >>> random_frames(np.array([0, 3, 5]), refkd.Window(1, 0), np.random.default_rng(0)).tolist()
    [0, 1, 2, 3, 4]
    """
    if window.left < 0 or window.right < 0:
        check.fail("window", "left, right >= 0 for a random choice", window)
    frames = np.arange(offsets[-1])
    first = np.repeat(offsets[:-1], np.diff(offsets))
    last = np.repeat(offsets[1:], np.diff(offsets)) - 1
    low, high = np.maximum(frames - window.left, first), np.minimum(frames + window.right, last)
    drawn: Ints = rng.integers(low, high, endpoint=True)
    return drawn
