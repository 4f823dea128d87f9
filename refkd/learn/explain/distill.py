"""The gradient of a rule step by step: pairs, weights, target, temperature, blank frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.decode import same_classes
from refkd.check import Floats
from refkd.learn.explain.classes import Classes
from refkd.learn.explain.narration import (
    Cell,
    Narration,
    Step,
    Table,
    frames_heads,
    names_of,
    narrated_frames,
)
from refkd.learn.explain.pairs import (
    OF_DIVERGENCE,
    distributions,
    likeliest_classes,
    posteriors_step,
    rule_step,
    weighted_sum,
)
from refkd.losses.distill import BLANK_FRAMES, Options, distill_trace
from refkd.losses.rules import FrameWise, Rule, row_of
from refkd.losses.traces import DistillTrace

OF_GRADIENT = {"kl": "D6", "cross_entropy": "D6", "reverse_kl": "D7", "js": "D8"}
TEMPERATURES = (1.0, 2.0, 4.0)


def explain_distill(
    student_logits: ArrayLike,
    teacher_logits: ArrayLike,
    rule: Rule,
    divergence: str = "kl",
    temperature: float = 1.0,
    scale_t2: bool = False,
    blank_frames: str = "keep",
    blank: int = 0,
    symbols: Sequence[str] | None = None,
    frames: range | None = None,
) -> Narration:
    """Explain the gradient of a rule in the student's logits.

    Parameters
    ----------
    student_logits, teacher_logits : (T, K) array
        As for `refkd.distill_trace`.
    rule : Rule
        Any.
    divergence, temperature, scale_t2, blank_frames, blank : various
        As for `refkd.distill_trace`.
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
        As `refkd.distill_trace`.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.learn.explain.distill import explain_distill
    >>> teacher, student = np.log([[0.8, 0.2]]), np.log([[0.5, 0.5]])
    >>> narration = explain_distill(student, teacher, refkd.FrameWise())
    >>> table = narration.steps[2].tables[0]
    >>> for head, row in zip(table.rows, table.cells):
    ...     print(head, [round(cell, 4) for cell in row])
    q [0.5, 0.5]
    p at u = 0 [0.8, 0.2]
    pull of u = 0 [-0.3, 0.3]
    gradient [-0.3, 0.3]
    """
    teacher, student = same_classes(teacher_logits, student_logits)
    options = Options.checked(rule, divergence, temperature, scale_t2, blank_frames)
    blank = check.integer("blank", blank, low=0, high=student.shape[1] - 1)
    temperature, divergence, blank_frames = (
        options.temperature,
        options.divergence,
        options.blank_frames,
    )
    inputs = _Inputs(student, teacher, rule, divergence, temperature, scale_t2, blank_frames, blank)
    trace = inputs.trace()
    seen = narrated_frames(frames, len(student))
    names = names_of(symbols, student.shape[1])
    return Narration(
        f"Distillation: the gradient of {type(rule).__name__}",
        f"{len(student)} frames, frames {seen[0]} to {seen[-1]} are shown; the blank is "
        f"{names[blank]}, temperature {temperature:g}, divergence {divergence}, blank frames: "
        f"{blank_frames}.",
        tuple(_steps(inputs, trace, names, seen)),
    )


@dataclass(frozen=True)
class _Inputs:
    """Two models, and the arguments of `refkd.distill_trace` for them."""

    student: Floats
    teacher: Floats
    rule: Rule
    divergence: str
    temperature: float
    scale_t2: bool
    blank_frames: str
    blank: int

    def trace(self) -> DistillTrace:
        return distill_trace(
            self.student, self.teacher, self.rule, self.divergence, self.temperature,
            self.scale_t2, self.blank_frames, self.blank,
        )  # fmt: skip

    def pull(self, t: int, u: int) -> Floats:
        """Gradient (K,) of one pair by itself, of weight 1."""
        pair = replace(
            self,
            student=self.student[t : t + 1],
            teacher=self.teacher[u : u + 1],
            rule=FrameWise(),
            blank_frames="keep",
        )
        gradient: Floats = pair.trace().grad[0]
        return gradient


def _steps(
    inputs: _Inputs, trace: DistillTrace, names: Sequence[str], frames: range
) -> Iterator[Step]:
    student = distributions(inputs.student, inputs.temperature)
    teacher = distributions(inputs.teacher, inputs.temperature)
    yield posteriors_step(student, teacher, inputs.blank, names, frames)
    chosen = rule_step(trace, frames)
    yield replace(chosen, equations=(OF_DIVERGENCE[inputs.divergence], *chosen.equations))
    classes = likeliest_classes(student, teacher, inputs.blank, names, frames)
    if trace.target is not None:
        yield _target(trace.target, classes, frames)
    for t in frames:
        yield _gradient(inputs, trace, t, student[t], teacher, classes)
    if trace.target_divergence is not None:
        yield _three_numbers(inputs, trace, trace.target_divergence)
    yield _temperature(inputs)
    yield _blank_frames(inputs)


def _target(target: Floats, classes: Classes, frames: range) -> Step:
    return Step(
        "The target",
        "The weighted mean of the selected teacher frames. Each student frame is pulled towards "
        "its target. The mean is taken of probabilities, not of logits; a frame without pairs has "
        "no target.",
        ("D9",),
        (
            Table(
                "target_t[k]",
                "class",
                classes.heads,
                frames_heads("t", frames),
                classes.summed(target[list(frames)]).T,
            ),
        ),
    )


def _gradient(
    inputs: _Inputs,
    trace: DistillTrace,
    t: int,
    student: Floats,
    teacher: Floats,
    classes: Classes,
) -> Step:
    """q, each p, the pull of each pair times its weight, and their sum."""
    pairs = [n for n, (frame, _) in enumerate(trace.pairs) if frame == t]
    rows = {"q": student}
    for n in pairs:
        u = int(trace.pairs[n, 1])
        rows[f"p at u = {u}"] = teacher[u]
    if trace.target is not None:
        rows["target"] = trace.target[t]
    if row_of(trace.rule).loss != "mixture":
        for n in pairs:
            u = int(trace.pairs[n, 1])
            rows[f"pull of u = {u}"] = trace.pair_weight[n] * inputs.pull(t, u)
    rows["gradient"] = trace.grad[t]
    cells = [classes.summed(row) for row in rows.values()]
    equations = (OF_GRADIENT[inputs.divergence],)
    table = Table(f"gradient at frame {t}", "", list(rows), classes.heads, cells)
    return Step(f"The gradient at frame {t}", _pull_text(inputs, len(pairs)), equations, (table,))


def _pull_text(inputs: _Inputs, pairs: int) -> str:
    if pairs == 0:
        return "No pair was selected, so the gradient of this frame is 0."
    if row_of(inputs.rule).loss == "mixture":
        text = "The mixture acts like one teacher frame, multiplied by the weight that is kept."
    else:
        text = "A pair pulls by the gradient of its divergence times its weight. The pulls add up."
    if inputs.divergence in ("kl", "cross_entropy"):
        text += " The gradient of this divergence is q - p."
    if inputs.temperature != 1.0:
        scale = " and multiplied by temperature^2" if inputs.scale_t2 else ""
        text += f" For the logits before the division it is divided by temperature{scale}."
    return text


def _three_numbers(inputs: _Inputs, trace: DistillTrace, mixture: float) -> Step:
    scale = inputs.temperature**2 if inputs.scale_t2 else 1.0
    rows = [f"loss: {row_of(inputs.rule).loss}", "weighted sum", "mixture"]
    cells = [[trace.loss], [scale * weighted_sum(trace)], [mixture]]
    return Step(
        "Three numbers for one weighted sum",
        "The soft minimum, the weighted sum of divergences and the divergence of the mixture are "
        "three different values. For kl they have the same gradient, so a plot of the loss must "
        "name the one that it shows.",
        ("S11", "D9"),
        (Table("over all frames, in nats", "", rows, ["nats"], cells),),
    )


def _temperature(inputs: _Inputs) -> Step:
    cells = []
    temperatures = sorted({*TEMPERATURES, inputs.temperature})
    for temperature in temperatures:
        row: list[Cell] = []
        for scale_t2 in (False, True):
            trace = replace(inputs, temperature=temperature, scale_t2=scale_t2).trace()
            row += [trace.loss, float(np.abs(trace.grad).max())]
        cells.append(row)
    columns = ["loss", "gradient", "theta^2 loss", "theta^2 gradient"]
    heads = [f"{value:g}" for value in temperatures]
    return Step(
        "What the temperature does",
        "The temperature theta divides the logits of both networks before the softmax, so it also "
        "changes which pairs are selected. For large theta the loss and the gradient fall as "
        "1 / theta^2; scale_t2 multiplies both by theta^2. Of the gradient, the largest entry is "
        "shown.",
        (OF_GRADIENT[inputs.divergence],),
        (Table("over all frames", "theta", heads, columns, cells),),
    )


def _blank_frames(inputs: _Inputs) -> Step:
    cells: list[list[Cell]] = []
    for option in BLANK_FRAMES:
        try:
            trace = replace(inputs, blank_frames=option).trace()
        except check.ArgumentError:
            cells.append(["refused", None, None])
        else:
            cells.append([len(trace.pairs), trace.pair_weight.sum(), trace.loss])
    is_blank = inputs.teacher.argmax(axis=1) == inputs.blank
    return Step(
        "What may become of blank frames",
        f"The teacher is blank at {int(is_blank.sum())} of {len(is_blank)} frames. The pairs of "
        "these frames can be kept, dropped after the selection (the other weights stay as they "
        "are), or excluded from the search.",
        ("S1",),
        (Table("blank_frames", "", BLANK_FRAMES, ["pairs", "weight", "loss"], cells),),
    )
