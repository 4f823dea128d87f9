"""What wrong numbers of a distillation loss show by themselves."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from refkd.check import Floats
from refkd.verify.compare import log_softmax
from refkd.verify.distill import translate
from refkd.verify.distill.defects.factors import Tempered
from refkd.verify.distill.plain import CHOOSING, PlainDistill
from refkd.verify.distill.reduce import traced
from refkd.verify.distill.translate import valid_frames
from refkd.verify.records import Arguments, Case, Conventions, Outcome, Outputs, Symptom

CLOSE = 1e-6  # relative; how exact a factor is
LARGE = 50.0  # logits that are larger than those of most cases
UNLIKELY = 1e-4  # probability of a class that is all but ruled out
POWERS = (0.0, 1.0, -1.0, 0.5, 2.0, 3.0)  # of the temperature that may divide logits


def symptoms(outcome: Outcome) -> Iterator[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    got = outcome.answer.outputs or {}
    if "teacher_grad" in got and got["teacher_grad"].any():
        yield Symptom("K8", "a gradient reaches the teacher")
    if not all(np.isfinite(values).all() for values in got.values()):
        yield from _not_finite(outcome, got)
        return
    if "grad" in got and got["grad"][~valid_frames(outcome.arguments)].any():
        yield Symptom("K6", "the gradient of padded frames is not zero")
    yield from _other_blank(outcome, got)
    factors = list(_factors(outcome, got))
    yield from factors
    if not factors:
        yield from _temperatures(outcome, got)
    if outcome.conventions["dtype"] == "float64" and _is_single(outcome, got):
        yield Symptom("K17", "the numbers have the digits of float32")
    wrong = [
        name for name in got if name in outcome.expected and not _same(outcome.expected, got, name)
    ]
    if wrong == ["pairs"] and has_ties(outcome.case):
        yield Symptom("K12", "another one of equally similar frames is selected")


def _is_single(outcome: Outcome, got: Outputs) -> bool:
    """Whether all numbers are right to the digits of float32, which holds them exactly."""
    names = [name for name in got if name in outcome.expected and name != "pairs"]
    return all(
        _same(outcome.expected, got, name) and np.array_equal(np.float32(got[name]), got[name])
        for name in names
    )


def _same(expected: Outputs, got: Outputs, name: str) -> bool:
    return bool(np.allclose(got[name], expected[name], rtol=1e-4, atol=1e-5))


def _not_finite(outcome: Outcome, got: Outputs) -> Iterator[Symptom]:
    """What sets the frames or utterances apart that have no number."""
    arguments = outcome.arguments
    there = valid_frames(arguments)
    logits = np.concatenate([arguments[name][there] for name in ("student", "teacher")])
    chosen = outcome.expected["pairs"].any(axis=2).T
    lost = ~np.isfinite(got["loss"])
    lost_frames = ~np.isfinite(got["grad"]).all(axis=2) if "grad" in got else np.zeros_like(there)
    empty = there & ~chosen
    if not np.isfinite(logits).all():
        finite = not np.isnan(got["loss"]).any()  # infinity is right of some divergences
        yield Symptom("" if finite else "K7", "a masked class gives NaN or infinity")
    elif np.abs(logits).max() > LARGE:
        weighted = arguments["rule"]["rule"] in ("Soft", "TopK")  # which have exponentials, too
        yield Symptom("" if weighted else "K17", "large logits give NaN or infinity")
    elif lost_frames.any() and not (lost_frames & ~empty).any():
        yield Symptom("K10", "a frame that selects nothing gives NaN or infinity")
    elif lost.shape == empty.shape[1:] and not (lost & ~empty.any(axis=0)).any():
        yield Symptom("K10", "an utterance with a frame that selects nothing gives NaN or infinity")


def _other_blank(outcome: Outcome, got: Outputs) -> Iterator[Symptom]:
    """The class that would have to be the blank for all numbers to be right."""
    arguments = outcome.arguments
    rule, K = arguments["rule"], arguments["student"].shape[2]
    if rule["blank_frames"] == "keep":
        return
    for blank in set(range(K)) - {rule["blank"]}:
        other = {**arguments, "rule": {**rule, "blank": blank}}
        expressed = translate.express(other, _of_plain(PlainDistill(), other), outcome.conventions)
        if all(_close(got[name], expressed[name]) for name in ("loss", "grad") if name in got):
            yield Symptom("K10", f"class {blank} is used as the blank")


def _of_plain(plain: PlainDistill, arguments: Arguments) -> Outputs:
    values = (arguments[name] for name in ("student", "teacher", "lengths", "rule"))
    loss, grad, pairs, _, total = plain(*values)
    return {"loss": loss, "grad": grad, "pairs": pairs, "row_sum": total}


def _temperatures(outcome: Outcome, got: Outputs) -> Iterator[Symptom]:
    """Temperatures under which loss and gradient are right but for powers of the temperature."""
    arguments, conventions = outcome.arguments, outcome.conventions
    temperature = arguments["rule"]["temperature"]
    if temperature == 1.0 or not (outcome.expected["loss"] > CLOSE).any():
        return
    for student, teacher in product(POWERS, POWERS):
        if student == teacher == 1.0:
            continue
        outputs = _of_plain(Tempered(student, teacher), arguments)
        expressed = translate.express(arguments, outputs, conventions)
        names = [name for name in ("loss", "grad") if name in got]
        powers = {name: _power(got[name], expressed[name], temperature) for name in names}
        if None not in powers.values():
            divided = f"student logits divided by {_text(student)}, teacher logits by"
            factors = ", ".join(
                f"the {'gradient' if name == 'grad' else name} times {_text(power or 0.0)}"
                for name, power in powers.items()
                if power
            )
            words = f"the numbers are those of {divided} {_text(teacher)}"
            yield Symptom("K5", f"{words}; {factors}" if factors else words)
            return


def _power(got: Floats, expected: Floats, temperature: float) -> float | None:
    """The half-integer power of the temperature that is between two arrays, if one is."""
    at = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    with np.errstate(all="ignore"):
        power = np.log(got[at] / expected[at]) / np.log(temperature)
    if not np.isfinite(power) or abs(power) > 6.0:
        return None
    half = round(2.0 * power) / 2.0
    return half if _close(got, expected * temperature**half) else None


def _text(power: float) -> str:
    return {0.0: "1", 1.0: "temperature"}.get(power, f"temperature^{power:g}")


def has_ties(case: Case) -> bool:
    """Whether a rule that chooses has equally similar frames to choose from."""
    rule = case.inputs["rule"]
    if rule["rule"] not in CHOOSING:
        return False
    for student, teacher in zip(case.inputs["student"], case.inputs["teacher"], strict=True):
        band = traced(student, teacher, rule).divergence
        for costs in band.T if rule["rule"] == "PerTeacher" else band:
            finite = costs[np.isfinite(costs)]
            if len(np.unique(finite)) < len(finite):
                return True
    return False


def can_show(bug: str, case: Case, conventions: Conventions) -> bool:
    """Whether an example made from this case can show this class at all."""
    rule = case.inputs["rule"]
    name = rule["rule"]
    special = traits(case)
    shown = {
        "K1": rule["divergence"] in ("kl", "reverse_kl"),
        "K4": "a temperature" in special,
        "K5": "a temperature" in special,
        "K6": "padded frames" in special,
        "K9": name in ("Blend", "Soft", "TopK"),
        "K10": bool(
            {"blank frames left out", "frames with an empty window", "blanks"} & special.keys()
        ),
        "K11": name != "FrameWise",
        "K12": "ties" in special,
        "K13": name in CHOOSING,
        "K14": name in ("Blend", "Soft", "TopK"),
        "K15": name in ("Monotone", "OrderedPath"),
        "K16": name != "FrameWise",
    }
    return bool(shown.get(bug, True))


def traits(case: Case) -> dict[str, str]:
    """What is special about a case, and the class that it is after; empty if there are several."""
    rule, layout = case.inputs["rule"], case.layout
    lengths, window = [*map(len, case.inputs["student"])], rule.get("window")
    teacher = case.inputs["teacher"]
    every = np.concatenate([*case.inputs["student"], *teacher])
    name, divergence = rule["rule"], rule["divergence"]
    one_sided = window not in (None, "whole") and min(window) < 0
    special = {
        f"the rule {name}": ("", True),
        f"the divergence {divergence}": ("", divergence != "kl"),
        "a temperature": ("", rule["temperature"] != 1.0),
        "scale_t2": ("K4", rule["scale_t2"]),
        "padded frames": ("K6", min(lengths) < max(lengths) + layout.get("extra_frames", 0)),
        "blank frames left out": ("K10", rule["blank_frames"] != "keep"),
        "blanks": ("", any((logits.argmax(axis=1) == rule["blank"]).any() for logits in teacher)),
        f"blank_frames={rule['blank_frames']}": ("K10", rule["blank_frames"] != "keep"),
        "frames with an empty window": ("", name in ("Shift", "Blend") or one_sided),
        "classes that are ruled out": ("K7", bool(np.isneginf(every).any())),
        "probabilities of almost 0": ("", _rules_out(case)),
        "large logits": ("K17", bool(np.abs(every[np.isfinite(every)]).max() > LARGE)),
        "ties": ("K12", has_ties(case)),
        "several utterances": ("", len(lengths) > 1),
    }
    return {trait: bug for trait, (bug, there) in special.items() if there}


def _rules_out(case: Case) -> bool:
    """Whether some class is ruled out, or all but."""
    temperature = case.inputs["rule"]["temperature"]
    every = (*case.inputs["student"], *case.inputs["teacher"])
    return any(np.exp(log_softmax(logits / temperature)).min() < UNLIKELY for logits in every)


def _factors(outcome: Outcome, got: Outputs) -> Iterator[Symptom]:
    """The loss, the gradient or both are off by a factor that has a name."""
    for output, words in (("loss", "the loss"), ("grad", "the gradient")):
        if output not in got or _same(outcome.expected, got, output):
            continue
        for bug, factor_words, factor in _named_factors(outcome):
            number = factor.reshape(-1) if output == "loss" else factor[:, None]
            if got[output].shape[0] != number.shape[0] and output == "loss":
                number = number[:1]
            if _close(got[output], outcome.expected[output] * number):
                yield Symptom(bug, f"{words} {factor_words}")


def _named_factors(outcome: Outcome) -> Iterator[tuple[str, str, Floats]]:
    """Bug, words and factor (N,) for each utterance."""
    _, N, K = outcome.arguments["student"].shape
    frames = np.asarray(outcome.arguments["lengths"], dtype=np.float64)
    temperature = np.full(N, outcome.arguments["rule"]["temperature"])
    yield "K18", "has the wrong sign", np.full(N, -1.0)
    numbers = {
        "temperature^2": ("K4", temperature**2),
        "temperature": ("K4", temperature),
        "number of utterances": ("K3", np.full(N, float(N))),
        "number of frames": ("K3", frames),
        "number of frames of the batch": ("K3", np.full(N, frames.sum())),
        "number of classes": ("K3", np.full(N, float(K))),
        "number of frames times classes": ("K3", frames * K),
        "number of utterances times classes": ("K3", np.full(N, float(N * K))),
        "tau": ("K14", np.full(N, outcome.arguments["rule"].get("tau") or 1.0)),
        "log 2": ("", np.full(N, np.log(2.0))),
        "factor 2": ("", np.full(N, 2.0)),
    }
    for name, (bug, number) in numbers.items():
        if (number != 1.0).any():
            yield bug, f"is off by exactly 1 / ({name})", 1.0 / number
            yield bug, f"is off by exactly the {name}", number


def _close(got: Floats, expected: Floats) -> bool:
    return bool(np.abs(expected).max(initial=0.0) > CLOSE) and bool(
        (np.abs(got - expected) <= CLOSE * np.maximum(np.abs(expected), 1.0)).all()
    )
