"""The reference of the distillation kit: refkd's own rules, in the canonical form."""

from typing import Any

import numpy as np

from refkd.losses.distill import distill_trace
from refkd.losses.rule_json import rule_from
from refkd.losses.traces import DistillTrace
from refkd.verify.distill.plain_selection import Floats, Rule
from refkd.verify.records import Arguments, Outputs
from refkd.verify.softmax import log_softmax

OPTIONS = ("divergence", "temperature", "scale_t2", "blank_frames", "blank")


def traced(student: Floats, teacher: Floats, rule: Rule) -> DistillTrace:
    """The trace of one utterance under a rule with its options."""
    facts = {name: value for name, value in rule.items() if name not in OPTIONS}
    options: dict[str, Any] = {name: rule[name] for name in OPTIONS}
    return distill_trace(student, teacher, rule_from(facts), **options)


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
        lq, lp = (log_softmax(one / rule["temperature"]) for one in (z, y))
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
        each = (prob * (student - teacher)).sum(axis=1) + 1.0
    elif rule["divergence"] == "js":
        mean = np.logaddexp(student, teacher) - np.log(2.0)
        each = 0.5 * (prob * (student - mean)).sum(axis=1)
    else:
        each = np.full(len(frame), -1.0)
    scale = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0
    return np.asarray(scale * np.bincount(frame, weight * each, minlength=len(lq)))
