"""Smaller distillation cases from larger ones; each step has a name, so that the result has one."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from refkd import check
from refkd.check import ArgumentError, Floats
from refkd.losses.distill import distill_trace
from refkd.losses.rule_json import rule_from_dict
from refkd.losses.traces import DistillTrace
from refkd.verify.compare import log_softmax
from refkd.verify.distill.plain import Rule
from refkd.verify.records import Arguments, Case, Outputs

OPTIONS = ("divergence", "temperature", "scale_t2", "blank_frames", "blank")


def traced(student: Floats, teacher: Floats, rule: Rule) -> DistillTrace:
    """The trace of one utterance under a rule with its options."""
    facts = {name: value for name, value in rule.items() if name not in OPTIONS}
    options: dict[str, Any] = {name: rule[name] for name in OPTIONS}
    return distill_trace(student, teacher, rule_from_dict(facts), **options)


def reference(arguments: Arguments) -> Outputs:
    """Right outputs of a padded batch."""
    student, teacher, rule = (arguments[name] for name in ("student", "teacher", "rule"))
    T, N, _ = student.shape
    loss, grad, pairs = np.zeros(N), np.zeros(student.shape), np.zeros((N, T, T))
    total = np.zeros((T, N))
    for n, length in enumerate(arguments["lengths"]):
        z, y = student[:length, n], teacher[:length, n]
        trace = traced(z, y, rule)
        loss[n], grad[:length, n] = trace.loss, trace.grad
        lq, lp = (log_softmax(logits / rule["temperature"]) for logits in (z, y))
        total[:length, n] = _row_sums(trace, lq, lp, rule)
        pairs[n][tuple(trace.pairs.T)] = 1.0
    return {"loss": loss, "grad": grad, "pairs": pairs, "row_sum": total}


def _row_sums(trace: DistillTrace, lq: Floats, lp: Floats, rule: Rule) -> Floats:
    """(T,): what the softmax takes out of the gradient in the log-probabilities.

    -1 for each pair of kl and cross_entropy, D + 1 of reverse_kl, KL(q || m) / 2 of js.
    """
    frame, weight = trace.pairs[:, 0], trace.pair_weight
    teacher = lp[trace.pairs[:, 1]]
    if rule["rule"] == "Blend":  # pairs of a frame with its mixture
        assert trace.target is not None
        mass = np.asarray(np.bincount(frame, weight, minlength=len(lq)), dtype=np.float64)
        frame = np.flatnonzero(mass > 0.0)
        with np.errstate(divide="ignore"):
            weight, teacher = mass[frame], np.log(trace.target[frame])
    student = lq[frame]
    prob = np.exp(student)
    if rule["divergence"] == "reverse_kl":
        row_sum = (prob * (student - teacher)).sum(axis=1) + 1.0
    elif rule["divergence"] == "js":
        mean = np.logaddexp(student, teacher) - np.log(2.0)
        row_sum = 0.5 * (prob * (student - mean)).sum(axis=1)
    else:
        row_sum = np.full(len(frame), -1.0)
    scale = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0
    return np.asarray(scale * np.bincount(frame, weight * row_sum, minlength=len(lq)))


def reduced(case: Case, step: str) -> Case:
    """The case after one step, called `NAME/STEP`; the reference computes what is expected.

    `only=N`: that utterance alone; `frames=T`: no utterance has more; `from=T`: the first T
    frames are cut off; `classes=K`: the first K; `whole`: logits rounded to whole numbers.
    """
    kind, _, number = step.partition("=")
    n = int(number) if number.isdecimal() else 0
    count = len(case.inputs["student"])
    inputs = dict(case.inputs)
    for name in ("student", "teacher"):
        utterances = case.inputs[name]
        if kind == "only" and n < count:
            inputs[name] = [utterances[n]]
        elif kind == "frames" and n > 0:
            inputs[name] = [logits[:n] for logits in utterances]
        elif kind == "from" and n < min(map(len, utterances)):
            inputs[name] = [logits[n:] for logits in utterances]
        elif kind == "classes" and n > inputs["rule"]["blank"]:
            inputs[name] = [logits[:, :n] for logits in utterances]
        elif kind == "whole":
            inputs[name] = [np.round(logits) for logits in utterances]
        else:
            check.fail("--case", "steps such as only=0, frames=3, from=1, classes=4, whole", step)
    return dataclasses.replace(
        case, name=f"{case.name}/{step}", inputs=inputs, expected=None, tolerance=None
    )


def smaller(case: Case) -> list[Case]:
    """All cases that are one step smaller and whose rule can still be followed."""
    if case.status != "must":
        return []
    return [smaller for step in _steps(case.inputs) if _followed(smaller := reduced(case, step))]


def _followed(case: Case) -> bool:
    inputs = case.inputs
    try:
        for student, teacher in zip(inputs["student"], inputs["teacher"], strict=True):
            traced(student, teacher, inputs["rule"])
    except ArgumentError:
        return False
    return True


def _steps(inputs: Mapping[str, Any]) -> Iterator[str]:
    student = inputs["student"]
    if len(student) > 1:
        yield from (f"only={n}" for n in range(len(student)))
    yield from (f"frames={n}" for n in _fewer(max(map(len, student)), 1))
    if min(map(len, student)) > 1:
        yield "from=1"
    yield from (f"classes={n}" for n in _fewer(student[0].shape[1], inputs["rule"]["blank"] + 1))
    if any((logits != np.round(logits)).any() for logits in (*student, *inputs["teacher"])):
        yield "whole"


def _fewer(count: int, least: int) -> list[int]:
    """Some numbers from `least` to below `count`: the ends, and halves in between."""
    return sorted({least, (least + count) // 2, count - 1} & set(range(least, count)))


def padded_shape(case: Case) -> tuple[int, ...]:
    """T, N and K of a call."""
    student = case.inputs["student"]
    frames = max(map(len, student)) + case.layout.get("extra_frames", 0)
    return (frames, len(student), student[0].shape[1])


def size(case: Case) -> int:
    """Number of logits, and of those that are not whole: what a reader has to look at."""
    both = (*case.inputs["student"], *case.inputs["teacher"])
    return sum(3 * int(logits.size) + int((logits != np.round(logits)).sum()) for logits in both)
