"""What wrong numbers of a CTC loss show by themselves, and what a case can show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import TOLERANCES, log_softmax, rounded, worst_deviation
from refkd.verify.ctc.conventions import REDUCED
from refkd.verify.ctc.judge import below_zero_slack, nan_for_nan
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.ctc.translate import express, upstream, valid_frames
from refkd.verify.records import Case, Conventions, Outcome, Outputs, Symptom

LOUD = 500.0  # logits whose exponential overflows sooner or later
MANY = 200  # frames
LARGE = 50.0  # logits that are larger than those of most cases
FEW_DIGITS = 0.5  # of an occupancy, which is at most 1
CONFIDENT = 1e-3  # nats
SINGLE, HALF = 1e-4, 2e-2  # what single and half precision may be off by


@dataclass(frozen=True)
class Numbers:
    """One wrong answer, laid out for the rules below; losses (N,), gradients (T, N, K)."""

    arguments: Any
    loss: Floats
    right_loss: Floats
    grad: Any  # None if there is none
    right_grad: Any
    valid: Bools
    of_logits: bool
    slack: float  # nats that a loss may round below 0

    @property
    def weight(self) -> Floats:
        """(N,): the upstream gradient."""
        return upstream(self.arguments)


def symptoms(outcome: Outcome) -> list[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    assert outcome.answer.outputs is not None
    got, right, conventions = outcome.answer.outputs, outcome.expected, outcome.conventions
    numbers = Numbers(
        outcome.arguments,
        got["loss"],
        right["loss"],
        got.get("grad") if "grad" in right else None,
        right.get("grad"),
        valid_frames(outcome.arguments),
        conventions["grad_of"] == "logits" and conventions["reduction"] not in REDUCED,
        below_zero_slack(outcome.arguments, conventions),
    )
    rules = [_of_small_numbers(numbers, got, right), _of_the_loss(numbers)]
    if numbers.grad is not None:
        rules.append(_of_the_gradient(numbers))
    with np.errstate(all="ignore"):
        return [symptom for rule in rules for symptom in rule]


def _of_small_numbers(numbers: Numbers, got: Outputs, right: Outputs) -> Iterator[Symptom]:
    padded = 0.0 if numbers.grad is None else np.abs(numbers.grad[~numbers.valid]).max(initial=0.0)
    below = got["loss"][got["loss"] < -numbers.slack]
    if below.size and below.min() > -CONFIDENT and right["loss"].max(initial=0.0) < CONFIDENT:
        yield Symptom("V12", "the loss of confident inputs is negative")
    elif padded > 0.0:
        return
    elif all(np.allclose(got[name], right[name], rtol=SINGLE, atol=SINGLE / 5) for name in right):
        logits = numbers.arguments["logits"][numbers.valid]
        usual = bool(np.abs(logits).max(initial=0.0) <= LARGE)  # others may lose digits by overflow
        yield Symptom("V10" * usual, "all numbers are right to four digits only")
    elif all(
        np.allclose(got[name], right[name], rtol=HALF, atol=HALF) for name in right
    ) and np.array_equal(got["loss"], rounded(got["loss"], "float16")):
        yield Symptom("G11", "losses are numbers of half precision, right to a few per cent")


def _of_the_loss(numbers: Numbers) -> Iterator[Symptom]:
    loss, right = numbers.loss, numbers.right_loss
    logits = numbers.arguments["logits"][numbers.valid]
    loud = np.abs(logits[np.isfinite(logits)]).max(initial=0.0) > LOUD
    if np.isnan(loss).any() or (np.isinf(loss) & np.isfinite(right)).any():
        yield from _of_no_number(numbers, loud)
    elif (np.isinf(right) & np.isfinite(loss)).any():
        yield Symptom("V8", "a target without a path has a finite loss")
    elif loss.size > 1 and np.ptp(loss) == 0.0 and np.ptp(right) > 0.0:
        mean = _close(loss, np.full_like(loss, right.mean()))
        yield Symptom("V13" * mean, "every utterance of the batch has the same loss")
    elif (factor := _factor(loss, right)) is not None:
        yield from _scaled("losses are", factor, numbers)
    elif loud and not _close(loss, right):
        yield Symptom("V11", "large logits give a wrong loss")


def _of_no_number(numbers: Numbers, loud: bool) -> Iterator[Symptom]:
    right = numbers.right_loss
    lost = ~np.isfinite(numbers.loss) & ~(numbers.loss == right)
    empty = numbers.arguments["label_lengths"] == 0
    if np.isneginf(numbers.arguments["logits"][numbers.valid]).any():
        yield Symptom("G6", "logits of -inf give a loss that is not finite")
    elif loud:
        yield Symptom("V11", "large logits give a loss that is not finite")
    elif lost.shape == empty.shape and not (lost & ~empty).any():
        yield Symptom("V7", "the loss of an empty target is not finite")
    elif right[np.isfinite(right)].max(initial=0.0) > LOUD:
        yield Symptom("V10", "the loss of an improbable target is not finite")
    elif lost.shape == right.shape and np.isinf(right[lost]).all():
        yield Symptom("V8", "the loss of a target without a path is NaN")


def _of_the_gradient(numbers: Numbers) -> Iterator[Symptom]:
    grad, valid = numbers.grad, numbers.valid
    if np.isnan(grad).any() and not np.isnan(numbers.loss).any():
        yield from _of_nan(numbers)
        return
    right_loss = _close(numbers.loss, numbers.right_loss)
    if (np.abs(grad[~valid]) > 0.0).any():
        if not right_loss:
            words = "padded frames are counted: the loss changes, and they have gradients"
            yield Symptom("V2", words)
        yield Symptom("G3", "the gradient of padded frames is not zero")
    endless = np.isinf(numbers.right_loss)
    if right_loss and endless.any() and endless.shape == grad.shape[1:2] and grad[:, endless].any():
        yield Symptom("G5", "the gradient of a target that does not fit is not zero")
    if right_loss:
        yield from _beside_a_right_loss(numbers)


def _of_nan(numbers: Numbers) -> Iterator[Symptom]:
    wrong = np.isnan(numbers.grad)
    logits = numbers.arguments["logits"][numbers.valid]
    endless = np.isinf(numbers.right_loss)
    if not wrong[numbers.valid].any():
        yield Symptom("G3", "the gradient of padded frames is not zero, but NaN")
    elif np.isneginf(logits).any():
        yield Symptom("G6", "logits of -inf make the gradient NaN")
    elif endless.any() and endless.shape == wrong.shape[1:2]:
        if wrong[:, ~endless].any():
            yield Symptom("G4", "an infinite loss makes gradients of other utterances NaN")
        yield Symptom("G4", "the gradient of an infinite loss is NaN")
    elif np.abs(logits).max(initial=0.0) > LOUD:
        yield Symptom("V11", "large logits make the gradient NaN")
    elif numbers.right_loss.max(initial=0.0) > LOUD:
        yield Symptom("V10", "improbable targets make the gradient NaN: underflow")
    elif not wrong[:, numbers.arguments["label_lengths"] > 0].any():
        yield Symptom("V7", "the gradient of an empty target is NaN")


def _beside_a_right_loss(numbers: Numbers) -> Iterator[Symptom]:
    grad, right = numbers.grad, numbers.right_grad
    factor = _factor(grad, right)
    if factor == -1.0:
        yield Symptom("G1", "the gradient has the wrong sign")
    elif factor is not None:
        yield from _scaled("the loss is right, but its gradient is", factor, numbers)
    if (numbers.weight != 1.0).any():
        yield Symptom("G2", "the upstream gradient is not applied to every term")
    if len(grad) > MANY and np.abs(grad - right).max() < FEW_DIGITS:
        yield Symptom(
            "V10", "the loss of many frames is right, but its gradient has lost precision"
        )
    if numbers.of_logits:
        yield from _of_rows(numbers)
    off = np.argwhere(np.abs(grad - right) > 1e-3)
    if len(off) and len(grad) > 1 and len(set(off[:, 0])) == 1:
        yield Symptom("G8", "the gradient is wrong in one frame only")


def _of_rows(numbers: Numbers) -> Iterator[Symptom]:
    """A row is the softmax minus occupancies, which sum to 1 each."""
    used = numbers.valid & (numbers.weight != 0.0) & np.isfinite(numbers.right_loss)
    sums = np.where(used, numbers.grad.sum(axis=2) / numbers.weight, np.nan)
    if not used.any() or np.allclose(sums[used], 0.0, atol=1e-3):
        return
    if np.allclose(sums[used], -1.0, atol=1e-3):
        yield Symptom("G1", "rows of the gradient sum to -1: it is in the log-probabilities")
    elif np.allclose((sums - sums[0])[used], 0.0, atol=1e-3):
        yield Symptom("G8", "rows of the gradient have the same sum in all frames, which is not 0")
    elif _without_occupancy(numbers):
        yield Symptom("G7", "wrong entries of the gradient are the softmax alone: no occupancy")
    else:
        yield Symptom("", "rows of the gradient do not sum to 0")


def _without_occupancy(numbers: Numbers) -> bool:
    """Whether each wrong entry is the softmax alone, and some entries are right."""
    grad, right = numbers.grad, numbers.right_grad
    wrong = ~np.isclose(grad, right, 1e-6, 1e-6) & numbers.valid[:, :, None]
    right_entries = ~np.isclose(right, 0.0) & ~wrong & numbers.valid[:, :, None]
    softmax = np.exp(log_softmax(numbers.arguments["logits"])) * numbers.weight[:, None]
    return bool(np.allclose(grad[wrong], softmax[wrong], 1e-6, 1e-6) and right_entries.any())


def _scaled(what: str, factor: float, numbers: Numbers) -> Iterator[Symptom]:
    """Name a constant factor by what it equals in this case."""
    arguments = numbers.arguments
    T, N, K = arguments["logits"].shape
    names = {
        "the number of utterances": {N},
        "the number of frames": set(arguments["input_lengths"].tolist()),
        "the padded number of frames": {T},
        "the number of labels": set(arguments["label_lengths"].tolist()),
        "the number of classes": {K},
        "ln 2": {np.log(2.0)},
        "2": {2},
    }
    for name, values in names.items():
        if len(values) == 1 and (value := values.pop()) not in (0, 1):
            if _close(np.array(factor), np.array(value)):
                yield Symptom("V13", f"{what} multiplied by {name}")
            elif _close(np.array(factor * value), np.array(1.0)):
                yield Symptom("V13", f"{what} divided by {name}")
    if len(np.unique(numbers.right_loss)) > 2:
        yield Symptom("V13", f"{what} multiplied by {factor:.6g}")


def _factor(got: Floats, right: Floats) -> float | None:
    """The number other than 1 that everything right is multiplied by; None if there is none."""
    finite = np.isfinite(right)
    used = finite & (np.abs(right) > 1e-6)
    if not used.any() or not np.isfinite(got[finite]).all():
        return None
    factor = float(np.median(got[used] / right[used]))
    same = _close(got[finite], right[finite] * factor)
    return round(factor, 9) if same and not _close(np.array(factor), np.array(1.0)) else None


def _close(got: Floats, right: Floats) -> bool:
    return bool(np.allclose(got, right, rtol=1e-4, atol=1e-6, equal_nan=True))


class _OrdinaryLabel(PlainCTC):
    """The blank inside a target is one more label, which only happens to be the blank's class."""

    def skips(self, states: Ints, blank: int) -> Bools:
        allowed = np.zeros(len(states), dtype=bool)
        allowed[3::2] = states[3::2] != states[1:-2:2]
        return allowed


class _LeftOut(PlainCTC):
    """The blank is taken out of the target."""

    def collapsed(self, target: Ints, blank: int) -> Ints:
        return np.asarray(target[target != blank])


class _End(PlainCTC):
    """The blank ends the target."""

    def collapsed(self, target: Ints, blank: int) -> Ints:
        return target[: int((target == blank).argmax())]


class _NoPath(PlainCTC):
    """No path spells a blank."""

    def finished(self, loss: float, grad: Floats, target: Ints) -> tuple[float, Floats]:
        return np.inf, np.zeros_like(grad)


READINGS = {
    "is treated as a label like any other": _OrdinaryLabel(),
    "is treated as a label that needs another blank before it": PlainCTC(),
    "is left out": _LeftOut(),
    "ends the target": _End(),
    "makes the target infeasible": _NoPath(),
}


def remark(outcome: Outcome) -> Symptom | None:
    """A note on an accepted answer; None if there is nothing to note."""
    if outcome.case.status == "acceptable":
        return _reading(outcome)
    outputs = outcome.answer.outputs
    if outputs is None:
        return None
    if any(entries.any() for entries in nan_for_nan(outcome.arguments, outputs).values()):
        grad = outputs.get("grad")
        inside = grad is not None and np.isnan(grad[valid_frames(outcome.arguments)]).any()
        if inside or np.isnan(outputs["loss"]).any():
            words = "spreads to losses or gradients of other frames; finite padding does not"
            return Symptom("", f"NaN in padded frames {words}")
        return Symptom("", "NaN in padded frames comes back as NaN in their gradient")
    right = outcome.expected["loss"]
    if "V12" in outcome.case.bug_classes and (outputs["loss"] < np.minimum(right, 0.0)).any():
        least = float(outputs["loss"].min())
        return Symptom("V12", f"the loss of confident inputs rounds below 0, to {least:.3g}")
    return None


def _reading(outcome: Outcome) -> Symptom:
    """How the blank of the target was read."""
    if outcome.answer.outputs is None:
        return Symptom("V5", "a blank inside a target is refused")
    for words, reading in READINGS.items():
        loss, _ = reading(*outcome.arguments.values())
        expected = express(outcome.arguments, {"loss": loss}, outcome.conventions)
        tolerance = TOLERANCES[outcome.conventions["dtype"]]
        if worst_deviation(outcome.answer.outputs, expected, tolerance) is None:
            return Symptom("V5", f"a blank inside a target {words}")
    got = float(outcome.answer.outputs["loss"].ravel()[0])
    return Symptom(
        "V5", f"a blank inside a target gives a loss of {got:.6g}, which no known treatment gives"
    )


MANY_LABELS, MANY_CLASSES = 128, 1_000


def can_show(bug: str, case: Case, conventions: Conventions) -> bool:
    """Whether an example made from this case can show this class at all."""
    inputs, layout = case.inputs, case.layout
    logits, labels, blank = inputs["logits"], inputs["labels"], inputs["blank"]
    lengths, targets = [*map(len, logits)], [*map(len, labels)]
    K = logits[0].shape[1]
    padded_frames = min(lengths) < max(lengths) + layout.get("extra_frames", 0)
    padded_labels = min(targets) < max(targets) + layout.get("extra_labels", 0)
    ruled_out, hopeless, largest = _extremes(case)
    d_loss = inputs["d_loss"]
    shown: dict[str, bool] = {
        "V1": max(targets) > 1,
        "V2": padded_frames,
        "V3": padded_labels or (blank > 0 and any(0 in target for target in labels)),
        "V4": K > 1,
        "V5": any(blank in target for target in labels),
        "V6": any(not 0 <= label < K for target in labels for label in target),
        "V7": 0 in targets,
        "V8": hopeless,
        "V11": largest > LARGE,
        "V12": _nats_of_best_classes(logits) < CONFIDENT,
        "V14": max(targets) >= MANY_LABELS or K >= MANY_CLASSES,
        "G2": d_loss is not None and bool((d_loss != 1.0).any()),
        "G3": padded_frames,
        "G4": hopeless,
        "G5": hopeless,
        "G6": ruled_out,
        "G10": bool({"integers", "memory"} & layout.keys()),
    }
    return shown.get(bug, True)


def traits(case: Case) -> dict[str, str]:
    """What is special about a case, and the class that it is after; empty if there are several."""
    inputs, layout = case.inputs, case.layout
    logits, labels = inputs["logits"], inputs["labels"]
    lengths, targets = [*map(len, logits)], [*map(len, labels)]
    ruled_out, hopeless, largest = _extremes(case)
    special = {
        "repeated labels": ("V1", any(map(_repeats, labels))),
        "an empty target": ("V7", 0 in targets),
        "empty targets alone": ("V7", not any(targets)),
        "padded frames": ("", min(lengths) < max(lengths) + layout.get("extra_frames", 0)),
        "padded labels": ("V3", min(targets) < max(targets) + layout.get("extra_labels", 0)),
        "a target without a path": ("V8", hopeless and not ruled_out),
        "logits of -inf": ("G6", ruled_out),
        "large logits": ("V11", largest > LARGE),
        "a long target": ("V14", max(targets) >= MANY_LABELS),
        "many classes": ("V14", logits[0].shape[1] >= MANY_CLASSES),
        "many frames": ("V10", max(lengths) >= MANY),
        "a blank other than 0": ("V4", inputs["blank"] != 0),
        "integers of 32 bits": ("G10", "integers" in layout),
        "arrays that are not contiguous": ("G10", "memory" in layout),
        "an upstream gradient": ("G2", inputs["d_loss"] is not None),
        "several utterances": ("", len(logits) > 1),
    }
    return {trait: bug for trait, (bug, there) in special.items() if there}


def _extremes(case: Case) -> tuple[bool, bool, float]:
    """Whether there are logits of -inf, a target that may have no path; the largest logit."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    ruled_out = any(bool(np.isneginf(frames).any()) for frames in logits)
    hopeless = any(
        len(target) + _repeats(target) > len(frames)
        for target, frames in zip(labels, logits, strict=True)
    )
    finite = [np.abs(frames[np.isfinite(frames)]) for frames in logits]
    return ruled_out, ruled_out or hopeless, max(float(sizes.max(initial=0.0)) for sizes in finite)


def _repeats(target: Sequence[int]) -> int:
    return sum(a == b for a, b in pairwise(target))


def _nats_of_best_classes(logits: Sequence[Floats]) -> float:
    """What the best class of every frame costs in the most confident utterance."""
    return min(float(-log_softmax(frames).max(axis=1).sum()) for frames in logits)
