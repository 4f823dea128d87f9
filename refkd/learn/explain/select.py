"""Selection step by step: the divergence band, the pairs of each rule, and a silent student."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.decode import same_classes
from refkd.check import Bools, Floats
from refkd.learn.explain.narration import Narration, Step, Table, names_of, narrated_frames
from refkd.learn.explain.pairs import (
    OF_DIVERGENCE,
    band_table,
    distributions,
    posteriors_step,
    rule_step,
)
from refkd.losses.distill import checked_temperature, distill_trace
from refkd.losses.rules import Rule
from refkd.losses.traces import DistillTrace

LEAST = -13.8  # nats: a silent student gives every class some probability, about 1e-6


def explain_select(
    student_logits: ArrayLike,
    teacher_logits: ArrayLike,
    rules: Sequence[Rule],
    divergence: str = "kl",
    temperature: float = 1.0,
    blank: int = 0,
    symbols: Sequence[str] | None = None,
    frames: range | None = None,
) -> Narration:
    """Explain what each rule selects between a student and a teacher, and the loss of silence.

    Parameters
    ----------
    student_logits, teacher_logits : (T, K) array
        As for `refkd.distill_trace`.
    rules : sequence of Rule
        One or more.
    divergence : str
        As for `refkd.distill_trace`.
    temperature : float
        As for `refkd.distill_trace`.
    blank : int
        Index of the blank.
    symbols : sequence of str, optional
        Names of the K classes; their numbers if left out.
    frames : range, optional
        Student frames that are narrated; everything is computed over the whole utterance.

    Returns
    -------
    Narration
        Its numbers are those of `refkd.distill_trace`, in nats.

    Raises
    ------
    ArgumentError
        As `refkd.distill_trace`, and without any rule.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.learn.explain.select import explain_select
    >>> teacher = np.log([[0.2, 0.8], [0.8, 0.2], [0.8, 0.2]])
    >>> student = np.log([[0.8, 0.2], [0.2, 0.8], [0.8, 0.2]])
    >>> narration = explain_select(student, teacher, [refkd.Hard(refkd.Window(1))])
    >>> [step.title for step in narration.steps]
    ['Distributions of teacher and student', 'The divergence band', 'Hard', 'A silent student']
    """
    teacher, student = same_classes(teacher_logits, student_logits)
    rules = check.sequence("rules", rules)
    if not rules:
        check.fail("rules", "at least one rule", "none")
    temperature = checked_temperature(temperature)
    blank = check.integer("blank", blank, low=0, high=student.shape[1] - 1)
    options: dict[str, Any] = {
        "divergence": divergence,
        "temperature": temperature,
        "blank": blank,
    }
    traces = [distill_trace(student, teacher, rule, **options) for rule in rules]
    quiet = silent_student(teacher, blank)
    silent = [distill_trace(quiet, teacher, rule, **options) for rule in rules]
    seen = narrated_frames(frames, len(student))
    names = names_of(symbols, student.shape[1])
    posteriors = distributions(student, temperature), distributions(teacher, temperature)
    return Narration(
        "Selection: from which teacher frame does a student frame learn?",
        f"{len(student)} frames, frames {seen[0]} to {seen[-1]} are shown; the blank is "
        f"{names[blank]}, temperature {temperature:g}, divergence {divergence}.",
        (
            posteriors_step(*posteriors, blank, names, seen),
            _band(traces, divergence, seen),
            *(rule_step(trace, seen) for trace in traces),
            _silence(traces, silent, teacher.argmax(axis=1) != blank),
        ),
    )


def silent_student(teacher: Floats, blank: int) -> Floats:
    """Log-probabilities (T, K) of a student that repeats the teacher's most certain blank frame."""
    logp = np.log(np.maximum(distributions(teacher, 1.0), np.exp(LEAST)))
    return np.tile(logp[logp[:, blank].argmax()], (len(logp), 1))


def _band(traces: Sequence[DistillTrace], divergence: str, frames: range) -> Step:
    widest = max(traces, key=lambda trace: trace.divergence.shape[1])
    return Step(
        "The divergence band",
        "The divergence D(t, u) of each student frame t from the teacher frames u in the widest "
        "window. A point stands where there is no pair. The offset of a pair is t - u: positive "
        "when the student is late.",
        ("D1", OF_DIVERGENCE[divergence]),
        (band_table(widest, frames, "D(t, u) in nats", mark=False),),
    )


def _silence(traces: Sequence[DistillTrace], silent: Sequence[DistillTrace], spikes: Bools) -> Step:
    """The loss of the student under each rule, beside that of a student that is always blank."""
    frames = set(np.flatnonzero(spikes).tolist())

    def reached(trace: DistillTrace) -> str:
        return f"{len(frames & set(trace.pairs[:, 1].tolist()))} of {len(frames)}"

    cells = [
        [own.loss, quiet.loss, reached(own), reached(quiet)]
        for own, quiet in zip(traces, silent, strict=True)
    ]
    columns = ["loss", "silent loss", "spikes", "silent spikes"]
    rows = [type(trace.rule).__name__ for trace in traces]
    return Step(
        "A silent student",
        "The silent student has at every frame the distribution of the teacher's most certain "
        "blank frame. If a rule gives it a lower loss than the student above, then training by "
        "this rule leads towards silence. If the rule pairs it with no spike of the teacher, then "
        "no gradient leads it out of silence.",
        (),
        (Table("loss in nats, and teacher spikes selected", "rule", rows, columns, cells),),
    )
