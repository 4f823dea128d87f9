"""Whether an answer of a distillation loss is right."""

import numpy as np

from refkd.check import Bools
from refkd.verify.compare import TOLERANCES, combined, worst_deviation
from refkd.verify.distill import translate
from refkd.verify.distill.plain import CHOOSING, PlainDistill
from refkd.verify.records import Arguments, Case, Conventions, Deviation, Outputs, Tolerance

HALF = ("float16", "bfloat16")


def may_refuse(case: Case, arguments: Arguments, expected: Outputs) -> bool:
    """Whether a refusal is as right: of NaN in padding, and of a whole or one-sided window."""
    window, padding = case.inputs["rule"].get("window"), case.layout.get("padding", 0.0)
    if padding != "tempting" and not np.isfinite(padding):
        return True
    return window == "whole" or (window is not None and min(window) < 0)


def deviation(
    case: Case, arguments: Arguments, expected: Outputs, got: Outputs, conventions: Conventions
) -> Deviation | None:
    """The worst entry of an answer; None if the answer is right."""
    expected = {name: value for name, value in expected.items() if name in got}
    tolerance = combined(TOLERANCES[conventions["dtype"]], case.tolerance)
    worst = worst_deviation(got, expected, tolerance, spread_of_padding(arguments, got))
    if worst is not None and is_open(case, conventions):
        own = _of_own_choice(arguments, expected, got, conventions, tolerance)
        return worst_deviation(got, own, tolerance)
    return worst


def spread_of_padding(arguments: Arguments, got: Outputs) -> dict[str, Bools]:
    """Where outputs are not finite in a call whose padded frames are not finite.

    A mask that multiplies gives that, since 0 times NaN is NaN; other cases ask whether finite
    padding has any influence.
    """
    padded = ~translate.valid_frames(arguments)
    sent = (arguments[name][padded] for name in ("student", "teacher"))
    if all(np.isfinite(frames).all() for frames in sent):
        return {}
    return {name: ~np.isfinite(values) for name, values in got.items()}


def is_open(case: Case, conventions: Conventions) -> bool:
    """Whether another choice of pairs may be as right: equal minima, or half precision."""
    rule = case.inputs["rule"]["rule"]
    return rule in CHOOSING and (bool(case.layout.get("open")) or conventions["dtype"] in HALF)


def _of_own_choice(
    arguments: Arguments,
    expected: Outputs,
    got: Outputs,
    conventions: Conventions,
    tolerance: Tolerance,
) -> Outputs:
    """What is wanted of the pairs that came, if the rule may select them at the same cost.

    Without pairs only the loss is looked at, and not even that where it depends on the choice.
    """
    rule = arguments["rule"]
    if rule["blank_frames"] == "drop_selected":
        return {}
    if "pairs" not in got:
        return {"loss": expected["loss"]}
    T, N, _ = arguments["student"].shape
    loss, grad, total = np.zeros(N), np.zeros(arguments["student"].shape), np.zeros((T, N))
    for n, length in enumerate(arguments["lengths"]):
        chosen = got["pairs"][n, :length, :length] == 1.0
        if not follows(chosen, arguments, n):
            return expected
        with np.errstate(all="ignore"):
            loss[n], grad[:length, n], _, total[:length, n] = PlainDistill().utterance(
                arguments["student"][:length, n], arguments["teacher"][:length, n], rule, chosen
            )
    outputs = {"loss": loss, "grad": grad, "pairs": got["pairs"], "row_sum": total}
    own = translate.express(arguments, outputs, conventions)
    if worst_deviation({"loss": own["loss"]}, {"loss": expected["loss"]}, tolerance) is not None:
        return expected
    return {
        "loss": expected["loss"],
        **{name: own[name] for name in ("grad", "pairs") if name in got},
    }


def follows(chosen: Bools, arguments: Arguments, n: int) -> bool:
    """Whether pairs (T, T) of utterance n are such as the rule may select."""
    rule, length = arguments["rule"], int(arguments["lengths"][n])
    plain = PlainDistill()
    teacher = arguments["teacher"][:length, n]
    blank = plain.is_blank(teacher, teacher, rule)
    window = plain.candidates(plain.in_window(rule, length), blank, rule)
    if (chosen & ~window).any():
        return False
    if rule["rule"] == "PerTeacher":
        return bool((chosen.sum(axis=0) == window.any(axis=0)).all())
    if rule["rule"] == "OrderedPath":
        steps = np.diff(np.argwhere(chosen), axis=0)
        ends = bool(chosen[0, 0] and chosen[-1, -1])
        return ends and bool(((steps >= 0) & (steps <= 1)).all())
    count = rule.get("k", 1)
    if (chosen.sum(axis=1) != np.minimum(count, window.sum(axis=1))).any():
        return False
    if rule["rule"] == "Monotone":
        steps = np.diff(np.argwhere(chosen)[:, 1])
        limit = length if rule["max_step"] is None else rule["max_step"]
        return bool(((steps >= 0) & (steps <= limit)).all())
    return True
