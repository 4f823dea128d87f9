"""One utterance under one rule: band, selection, loss and gradient."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Floats
from refkd.losses.divergences import DIVERGENCES, Posteriors, mix
from refkd.losses.rules import RULES, Blend, OrderedPath, Rule, Soft
from refkd.losses.selection import pair_weights, select_pairs, soft_minimum
from refkd.losses.traces import DistillTrace

BLANK_FRAMES = ("keep", "drop_selected", "no_blank_candidates")


def checked_temperature(value: Any) -> float:
    """A temperature by which logits and gradients can be divided, as float."""
    temperature = check.positive("temperature", value)
    if not 1e-100 <= temperature <= 1e100:
        check.fail("temperature", "a number between 1e-100 and 1e100", temperature)
    return temperature


@dataclass(frozen=True)
class Options:
    """What is asked of a rule, checked."""

    rule: Rule
    divergence: str
    temperature: float
    scale: float
    blank_frames: str

    @classmethod
    def checked(
        cls, rule: Rule, divergence: str, temperature: float, scale_t2: bool, blank_frames: str
    ) -> "Options":
        if type(rule) not in RULES.values():
            check.fail("rule", "a rule such as Hard(Window(5, 0))", check.shown(rule))
        divergence = check.one_of("divergence", divergence, DIVERGENCES)
        temperature = checked_temperature(temperature)
        blank_frames = check.one_of("blank_frames", blank_frames, BLANK_FRAMES)
        if blank_frames == "no_blank_candidates" and isinstance(rule, OrderedPath):
            expected = "'keep' or 'drop_selected' for OrderedPath, which skips no teacher frame"
            check.fail("blank_frames", expected, repr(blank_frames))
        scale = temperature**2 if check.flag("scale_t2", scale_t2) else 1.0
        return cls(rule, divergence, temperature, scale, blank_frames)


def distill(
    options: Options, student_logits: Floats, teacher_logits: Floats, blank: int, with_target: bool
) -> DistillTrace:
    """The trace of checked logits (T, K); the target only where it is wanted."""
    rule, T = options.rule, len(student_logits)
    student = Posteriors.of(student_logits, options.temperature)
    teacher = Posteriors.of(teacher_logits, options.temperature)
    measure = DIVERGENCES[options.divergence]
    if np.isnan(teacher.logp).any():
        expected = "less than 1.8e308 after division by temperature"
        check.fail("teacher_logits", expected, f"{np.abs(teacher_logits).max()}")
    if not np.isfinite(student.logp).all():
        got = f"logits up to {np.abs(student_logits).max()}"
        check.fail("student_logits", "a finite log-probability for every class", got)
    if options.divergence == "reverse_kl" and not np.isfinite(teacher.logp).all():
        expected = "a finite log-probability for every class when divergence is 'reverse_kl'"
        check.fail("teacher_logits", expected, "-inf")

    window = rule.window.clipped(T)
    left, columns = window.left, window.left + window.right + 1
    is_blank = teacher_logits.argmax(axis=1) == blank
    visible = ~is_blank if options.blank_frames == "no_blank_candidates" else np.ones(T, dtype=bool)
    band = measure.band(student, teacher, left, columns, visible)
    selected = select_pairs(rule, band, left)
    weight = pair_weights(rule, band, selected)
    if options.blank_frames == "drop_selected":
        teacher_frame = np.add.outer(np.arange(T), np.arange(columns) - left)
        selected &= ~is_blank[np.clip(teacher_frame, 0, T - 1)]
        weight = np.where(selected, weight, 0.0)
    student_frame, column = np.nonzero(selected)
    pairs = np.stack([student_frame, student_frame + column - left], axis=1)

    # What each student frame has left of its weight, which was 1 in the weighted rules.
    mass = weight.sum(axis=1)
    target: Posteriors | None = None
    target_divergence: float | None = None
    if isinstance(rule, Blend):
        target = mix(weight, left, teacher)
        loss = target_divergence = measure.frame_wise(mass, student, target)
        grad = measure.gradient(mass[:, np.newaxis], 0, student, target)
    else:
        if rule.weighted and with_target:
            target = mix(weight, left, teacher)
            target_divergence = measure.frame_wise(mass, student, target)
        if isinstance(rule, Soft):
            loss = float(np.sum(mass * soft_minimum(rule, band, selected)))
        else:
            loss = float(np.sum(weight[selected] * band[selected]))
        grad = measure.gradient(weight, left, student, teacher)
    grad *= options.scale / options.temperature
    check.computed("student_logits", "loss and gradient", np.array(options.scale * loss), grad)

    return DistillTrace(
        rule=rule,
        window=window,
        divergence=band,
        pairs=pairs,
        pair_weight=weight[selected],
        offset=pairs[:, 0] - pairs[:, 1],
        loss=options.scale * loss,
        grad=grad,
        target=None if target is None else target.prob,
        target_divergence=None if target_divergence is None else options.scale * target_divergence,
    )
