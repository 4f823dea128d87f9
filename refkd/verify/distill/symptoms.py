"""What wrong numbers of a distillation loss show by themselves."""

from collections.abc import Iterator

import numpy as np

from refkd.verify.distill.translate import Floats, valid_frames
from refkd.verify.records import Outcome, Outputs, Symptom

CLOSE = 1e-6  # relative; how exact a factor is


def symptoms(outcome: Outcome) -> Iterator[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    got = outcome.answer.outputs or {}
    if "teacher_grad" in got and got["teacher_grad"].any():
        yield Symptom("K8", "a gradient reaches the teacher")
    if not all(np.isfinite(value).all() for value in got.values()):
        yield _not_finite(outcome)
        return
    if "grad" in got and got["grad"][~valid_frames(outcome.arguments)].any():
        yield Symptom("K6", "the gradient of padded frames is not zero")
    yield from _factors(outcome, got)
    if outcome.conventions["dtype"] == "float64" and all(
        _same(outcome.expected, got, name) for name in got if name in outcome.expected
    ):
        yield Symptom("K17", "right to single precision only")
        return
    if (got["loss"] < -1e-6).any():
        yield Symptom("K2", "the loss is negative: some distribution is no distribution")
    wrong = [
        name for name in got if name in outcome.expected and not _same(outcome.expected, got, name)
    ]
    if wrong == ["pairs"]:
        yield Symptom("K12", "loss and gradient are right, but other pairs are told")
    if wrong == ["grad"] and outcome.arguments["rule"]["rule"] in ("Soft", "TopK"):
        yield Symptom("K14", "the loss is right but not its gradient: a gradient through weights")
    elif wrong == ["grad"]:
        yield Symptom("K18", "the loss is right but not its gradient")


def _same(expected: Outputs, got: Outputs, name: str) -> bool:
    return bool(np.allclose(got[name], expected[name], rtol=1e-4, atol=1e-5))


def _not_finite(outcome: Outcome) -> Symptom:
    rule = outcome.arguments["rule"]
    if not np.isfinite(outcome.arguments["teacher"][valid_frames(outcome.arguments)]).all():
        return Symptom("K7", "a masked class of the teacher gives NaN or infinity")
    if rule["blank_frames"] != "keep" or not outcome.expected["pairs"].any():
        return Symptom("K10", "an empty selection gives NaN or infinity")
    return Symptom("K17", "numbers are not finite")


def _factors(outcome: Outcome, got: Outputs) -> Iterator[Symptom]:
    """The loss, the gradient or both are off by a factor that has a name."""
    for what, thing in (("loss", "the loss"), ("grad", "the gradient")):
        if what not in got or _same(outcome.expected, got, what):
            continue
        for bug, words, factor in _named_factors(outcome):
            number = factor.reshape(-1) if what == "loss" else factor[:, None]
            if got[what].shape[0] != number.shape[0] and what == "loss":
                number = number[:1]
            if _close(got[what], outcome.expected[what] * number):
                yield Symptom(bug, f"{thing} {words}")


def _named_factors(outcome: Outcome) -> Iterator[tuple[str, str, Floats]]:
    """Bug, words and factor (N,) for each utterance."""
    _, N, K = outcome.arguments["student"].shape
    frames = np.asarray(outcome.arguments["lengths"], dtype=np.float64)
    temperature = np.full(N, outcome.arguments["rule"]["temperature"])
    yield "K18", "has the other sign", np.full(N, -1.0)
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
        "log 2": ("K18", np.full(N, np.log(2.0))),
        "factor 2": ("K18", np.full(N, 2.0)),
    }
    for name, (bug, number) in numbers.items():
        if (number != 1.0).any():
            yield bug, f"is off by exactly 1 / ({name})", 1.0 / number
            yield bug, f"is off by exactly the {name}", number


def _close(got: Floats, expected: Floats) -> bool:
    return bool(np.abs(expected).max(initial=0.0) > CLOSE) and bool(
        (np.abs(got - expected) <= CLOSE * np.maximum(np.abs(expected), 1.0)).all()
    )
