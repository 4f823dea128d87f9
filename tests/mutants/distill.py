"""Distillation defects, one each in an otherwise right implementation, by class.

`PLANTED` covers the classes of the list that the kit was made from; `HELD_OUT` holds others, made
up afterwards, for which the kit has no defect of its own.
"""

import math

import numpy as np
from mutants.distill_parts import (
    COSTS,
    Call,
    adapter,
    drop,
    log_prob,
    monotone,
    sides,
    soft_minimum,
    softmax_of,
    t2,
    warped,
)

SEARCHING = ("Hard", "TopK", "Soft", "Monotone", "OrderedPath", "PerTeacher")


def _costs(**changed):
    """Other divergences by name."""
    table = {**COSTS, **changed}
    return lambda p, lp, lq, name: table[name](p, lp, lq)


def _always(name):
    return lambda p, lp, lq, asked: COSTS[name](p, lp, lq)


def _renamed(names):
    return lambda p, lp, lq, asked: COSTS[names.get(asked, asked)](p, lp, lq)


def _sides(change, rules=SEARCHING):
    """Other windows for some rules."""

    def changed(rule, T):
        left, right = sides(rule, T)
        return change(left, right) if rule["rule"] in rules else (left, right)

    return changed


def _rule(change):
    """Read the rule otherwise."""
    return lambda call: Call(call.student, call.teacher, call.lengths, change(call.rule))


def _pad(fill):
    """Something else in the gradient of padded frames."""

    def pad(grad, call):
        for n, length in enumerate(call.lengths):
            grad[length:, n] = fill(call, n, length)
        return grad

    return pad


def _softmax(z):
    return np.exp(log_prob(z)) if len(z) else z


def _divided(by):
    def batch(loss, grad, call):
        number = by(call)
        return loss / number, grad / np.broadcast_to(number, loss.shape)[:, None]

    return batch


def _wrapped(i, left, right, T):
    return sorted({j % T for j in range(i - left, i + right + 1)})


def _clamped(i, left, right, T):
    return sorted({min(max(j, 0), T - 1) for j in range(i - left, i + right + 1)})


def _dropped_and_whole(chosen, blank):
    kept = drop(chosen, blank)
    return {i: (js, [w / sum(ws) for w in ws] if ws else []) for i, (js, ws) in kept.items()}


def _none_given(chosen, blank):
    """A mean over what is left, even if nothing is."""
    kept = drop(chosen, blank)
    return {i: (js or [i], ws or [math.nan]) for i, (js, ws) in kept.items()}


def _forward_greedy(seen, D, limit):
    pairs, at = [], None
    for i in sorted(seen):
        ahead = [j for j in seen[i] if at is None or 0 <= j - at <= limit] or [seen[i][-1]]
        at = min(ahead, key=lambda j: D[i, j])
        pairs.append((i, at))
    return pairs


def _row_by_row(seen, D):
    """A path that takes the best next move at each step."""
    i = j = 0
    pairs, T = [(0, 0)], len(D)
    while (i, j) != (T - 1, T - 1):
        moves = [(i + a, j + b) for a, b in ((1, 1), (1, 0), (0, 1))]
        moves = [(a, b) for a, b in moves if a < T and b in seen.get(a, [])]
        i, j = min(moves, key=lambda at: D[at])
        pairs.append((i, j))
    return pairs


def _mixed_logits(y, lp, js, ws):
    mean = sum(w * y[j] for j, w in zip(js, ws, strict=True))
    return mean - np.log(np.exp(mean - mean.max()).sum()) - mean.max()


def _plain_kl_nan(p, lp, lq):
    return (p * (lp - lq)).sum(axis=-1)


def _squares(p, lp, lq, name):
    return ((p - np.exp(lq)) ** 2).sum(axis=-1)


PLANTED = {
    # K1
    "kl exchanged": ("K1", adapter(cost=_renamed({"kl": "reverse_kl", "reverse_kl": "kl"}))),
    "kl only in reverse": ("K1", adapter(cost=_renamed({"kl": "reverse_kl"}))),
    "kl only forward": ("K1", adapter(cost=_renamed({"reverse_kl": "kl"}))),
    # K2
    "probabilities of the student": (
        "K2",
        adapter(cost=lambda p, lp, lq, name: (p * (np.where(p > 0, lp, 0) - np.exp(lq))).sum(-1)),
    ),
    "softmax of a softmax": (
        "K2",
        adapter(log_teacher=lambda y, rule: log_prob(np.exp(log_prob(y / rule["temperature"])))),
    ),
    # K3
    "loss over frames": ("K3", adapter(batch=lambda loss, grad, call: (loss / call.lengths, grad))),
    "gradient over frames": (
        "K3",
        adapter(batch=lambda loss, grad, call: (loss, grad / np.array(call.lengths)[:, None])),
    ),
    "mean over frames and classes, told to sum": (
        "K3",
        adapter(batch=_divided(lambda call: np.array(call.lengths) * call.student.shape[2])),
    ),
    # K4
    "no square": ("K4", adapter(scale=lambda rule: (1.0, 1.0))),
    "square unasked": ("K4", adapter(scale=lambda rule: (rule["temperature"] ** 2,) * 2)),
    "square twice": ("K4", adapter(scale=lambda rule: (t2(rule) ** 2,) * 2)),
    "square of the loss only": ("K4", adapter(scale=lambda rule: (t2(rule), 1.0))),
    "gradient of tempered logits": (
        "K4",
        adapter(slope=lambda grad, rule: grad * rule["temperature"]),
    ),
    # K5
    "student tempered": ("K5", adapter(log_teacher=lambda y, rule: log_prob(y))),
    "teacher tempered": ("K5", adapter(log_student=lambda z, rule: log_prob(z))),
    # K6
    "padding counts": ("K6", adapter(length=lambda call, n: len(call.student))),
    "longest counts": ("K6", adapter(length=lambda call, n: int(max(call.lengths)))),
    "unmasked number": (
        "K6",
        adapter(batch=_divided(lambda call: call.student[:, :, 0].size / sum(call.lengths))),
    ),
    "softmax in padding": (
        "K6",
        adapter(pad=_pad(lambda call, n, T: _softmax(call.student[T:, n]))),
    ),
    "difference in padding": (
        "K6",
        adapter(
            pad=_pad(
                lambda call, n, T: _softmax(call.student[T:, n]) - _softmax(call.teacher[T:, n])
            )
        ),
    ),
    # K7
    "0 log 0": ("K7", adapter(cost=_costs(kl=_plain_kl_nan))),
    "a little more": (
        "K7",
        adapter(
            log_teacher=lambda y, rule: np.log(np.exp(log_prob(y / rule["temperature"])) + 1e-8)
        ),
    ),
    # K8
    "teacher learns": ("K8", adapter(teacher_grad=lambda grad: -grad)),
    # K9
    "logits averaged": ("K9", adapter(mix=_mixed_logits)),
    "log-probabilities averaged": (
        "K9",
        adapter(mix=lambda y, lp, js, ws: sum(w * lp[j] for j, w in zip(js, ws, strict=True))),
    ),
    # K10
    "blank of the student": (
        "K10",
        adapter(blank=lambda z, y, rule: [int(np.argmax(frame)) == rule["blank"] for frame in z]),
    ),
    "blank is 0": ("K10", adapter(blank=lambda z, y, rule: [int(np.argmax(f)) == 0 for f in y])),
    "blanks kept": (
        "K10",
        adapter(prepare=_rule(lambda rule: {**rule, "blank_frames": "keep"})),
    ),
    "dropped and made whole": ("K10", adapter(drop=_dropped_and_whole)),
    "nothing left is NaN": ("K10", adapter(drop=_none_given)),
    "the others dropped": (
        "K10",
        adapter(drop=lambda chosen, blank: drop(chosen, [not one for one in blank])),
    ),
    # K11
    "left short": ("K11", adapter(sides=_sides(lambda left, right: (left - 1, right)))),
    "left long": ("K11", adapter(sides=_sides(lambda left, right: (left + 1, right)))),
    "right short": ("K11", adapter(sides=_sides(lambda left, right: (left, right - 1)))),
    "right long": ("K11", adapter(sides=_sides(lambda left, right: (left, right + 1)))),
    "mirrored": ("K11", adapter(sides=_sides(lambda left, right: (right, left)))),
    "no window": ("K11", adapter(sides=_sides(lambda left, right: (99, 99)))),
    "negative side ignored": (
        "K11",
        adapter(sides=_sides(lambda left, right: (left, max(right, 0)))),
    ),
    "window wraps": ("K11", adapter(frames=_wrapped)),
    "window clamped": ("K11", adapter(frames=_clamped)),
    # K12
    "ties to the first": ("K12", adapter(best=lambda i, js, D: sorted(js, key=lambda j: D[i, j]))),
    "ties to the last": (
        "K12",
        adapter(best=lambda i, js, D: sorted(js, key=lambda j: (D[i, j], -j))),
    ),
    "ties to the later of two": (
        "K12",
        adapter(best=lambda i, js, D: sorted(js, key=lambda j: (D[i, j], abs(i - j), -j))),
    ),
    "ties of students to the first": (
        "K12",
        adapter(best_student=lambda j, rows, D: min(rows, key=lambda i: D[i, j])),
    ),
    # K13
    "chosen by cross-entropy": ("K13", adapter(chosen_by=_always("cross_entropy"))),
    "chosen by the other kl": (
        "K13",
        adapter(chosen_by=_renamed({"kl": "reverse_kl", "reverse_kl": "kl"})),
    ),
    "least similar": (
        "K13",
        adapter(best=lambda i, js, D: sorted(js, key=lambda j: (-D[i, j], abs(i - j), j))),
    ),
    "one more": ("K13", adapter(top=lambda rule: rule["k"] + 1)),
    "chosen by squares": ("K13", adapter(chosen_by=_squares)),
    # K14
    "through the weights": ("K14", adapter(held=False)),
    "sum in the soft minimum": (
        "K14",
        adapter(
            soft=lambda costs, tau: (
                soft_minimum(costs, tau) - (0 if math.isinf(tau) else tau * math.log(len(costs)))
            )
        ),
    ),
    "weighted sum": (
        "K14",
        adapter(soft=lambda costs, tau: (softmax_of(costs.real, tau) * costs).sum()),
    ),
    "no tau in front": (
        "K14",
        adapter(soft=lambda costs, t: soft_minimum(costs, t) / (1.0 if math.isinf(t) else t)),
    ),
    "equal weights": (
        "K14",
        adapter(share=lambda costs, tau: np.full(len(costs), 1.0 / len(costs))),
    ),
    "sign of tau": ("K14", adapter(share=lambda costs, tau: softmax_of(costs, -tau))),
    "divergence of the mixture": (
        "K14",
        adapter(blended=lambda rule: rule["rule"] in ("Blend", "Soft", "TopK")),
    ),
    "sum of the k": (
        "K14",
        adapter(
            share=lambda costs, tau: (
                np.ones(len(costs)) if math.isinf(tau) else softmax_of(costs, tau)
            )
        ),
    ),
    # K15
    "steps back": (
        "K15",
        adapter(
            order=lambda seen, D, limit: [
                (i, min(js, key=lambda j: D[i, j])) for i, js in sorted(seen.items())
            ]
        ),
    ),
    "any step": ("K15", adapter(order=lambda seen, D, limit: monotone(seen, D, len(D)))),
    "one step more": ("K15", adapter(order=lambda seen, D, limit: monotone(seen, D, limit + 1))),
    "greedy": ("K15", adapter(order=_forward_greedy)),
    "teacher frames skipped": (
        "K15",
        adapter(path=lambda seen, D: monotone(seen, D, len(D))),
    ),
    "no diagonal": ("K15", adapter(path=lambda seen, D: warped(seen, D, ((1, 0), (0, 1))))),
    "free end": (
        "K15",
        adapter(path=lambda seen, D: warped(seen, D, ends=lambda i, j, T: i == T - 1)),
    ),
    # K16
    "shift to later": ("K16", adapter(sides=_sides(lambda a, b: (-a, -b), ("Shift",)))),
    "shift by one more": ("K16", adapter(sides=_sides(lambda a, b: (a + 1, b - 1), ("Shift",)))),
    "weights reversed": ("K16", adapter(given=lambda rule: rule["weights"][::-1])),
    "pairs exchanged": ("K16", adapter(told=lambda pairs: [(j, i) for i, j in pairs])),
    "blend from the start": ("K16", adapter(blend_from=lambda rule: 0)),
    # K17
    "no largest taken out": (
        "K17",
        adapter(
            log_student=lambda z, rule: (
                z / rule["temperature"]
                - np.log(np.exp(z / rule["temperature"]).sum(axis=1, keepdims=True))
            )
        ),
    ),
    # K18
    "entropy left out": ("K18", adapter(cost=_renamed({"kl": "cross_entropy"}))),
    "js without halves": (
        "K18",
        adapter(cost=_costs(js=lambda p, lp, lq: 2 * COSTS["js"](p, lp, lq))),
    ),
    "other sign": ("K18", adapter(slope=lambda grad, rule: -grad)),
}

HELD_OUT = {
    "total variation": (
        "K18",
        adapter(cost=lambda p, lp, lq, name: np.sqrt((p - np.exp(lq)) ** 2).sum(-1)),
    ),
    "base 2": (
        "K18",
        adapter(batch=lambda loss, grad, call: (loss / math.log(2), grad / math.log(2))),
    ),
    "half of kl": ("K18", adapter(cost=_costs(kl=lambda p, lp, lq: 0.5 * COSTS["kl"](p, lp, lq)))),
    "temperature squared in the softmax": (
        "K5",
        adapter(log_teacher=lambda y, rule: log_prob(y / rule["temperature"] ** 2)),
    ),
    "root of the temperature": (
        "K4",
        adapter(scale=lambda rule: (math.sqrt(t2(rule)) ** 1.5,) * 2),
    ),
    "last frame of the padding": (
        "K6",
        adapter(length=lambda call, n: min(int(call.lengths[n]) + 1, len(call.student))),
    ),
    "student in padding": ("K6", adapter(pad=_pad(lambda call, n, T: call.student[T:, n]))),
    "log of clipped": (
        "K7",
        adapter(
            log_teacher=lambda y, rule: np.log(
                np.maximum(np.exp(log_prob(y / rule["temperature"])), 1e-5)
            )
        ),
    ),
    "window of half": ("K11", adapter(sides=_sides(lambda left, right: (left // 2, right)))),
    "window two short": ("K11", adapter(sides=_sides(lambda left, right: (left - 2, right)))),
    "farther of equal": (
        "K12",
        adapter(best=lambda i, js, D: sorted(js, key=lambda j: (D[i, j], -abs(i - j), j))),
    ),
    "chosen by argmax": (
        "K13",
        adapter(chosen_by=lambda p, lp, lq, name: 1.0 * (p.argmax(-1) != lq.real.argmax(-1))),
    ),
    "chosen by js": ("K13", adapter(chosen_by=_always("js"))),
    "half of k": ("K13", adapter(top=lambda rule: max(rule["k"] // 2, 1))),
    "weights of tau plus one": (
        "K14",
        adapter(share=lambda costs, tau: softmax_of(costs, tau + 1.0)),
    ),
    "root of the weights": (
        "K14",
        adapter(share=lambda costs, tau: np.sqrt(softmax_of(costs, tau))),
    ),
    "soft minimum of the nearest": (
        "K14",
        adapter(soft=lambda costs, tau: costs[costs.real.argmin()]),
    ),
    "path greedy": ("K15", adapter(path=_row_by_row)),
    "two steps more": ("K15", adapter(order=lambda seen, D, limit: monotone(seen, D, limit + 2))),
    "shift doubled": ("K16", adapter(sides=_sides(lambda a, b: (2 * a, 2 * b), ("Shift",)))),
    "weights not made whole": ("K10", adapter(whole=lambda weights: weights)),
    "teacher learns a little": ("K8", adapter(teacher_grad=lambda grad: 1e-3 * grad)),
}
