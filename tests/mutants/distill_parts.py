"""A second plain distillation, and how to spoil it: for the proof that planted defects are named.

It knows nothing of refkd. A frame's loss is a function of that frame's logits, and its gradient the
complex step of that function; paths are found from their end; everything else is lists.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

STEP = 1e-30


@dataclass
class Call:
    """The arguments of an adapter under their names."""

    student: Any
    teacher: Any
    lengths: Any
    rule: Any


@dataclass
class Parts:
    """The steps that a defect may replace; as they are, they are right."""

    prepare: Any = lambda call: call
    length: Any = lambda call, n: int(call.lengths[n])
    log_student: Any = lambda z, rule: log_prob(z / rule["temperature"])
    log_teacher: Any = lambda y, rule: log_prob(y / rule["temperature"])
    cost: Any = lambda p, lp, lq, name: COSTS[name](p, lp, lq)
    chosen_by: Any = None  # the same, for the choice; the cost itself if not given
    sides: Any = lambda rule, T: sides(rule, T)
    frames: Any = lambda i, left, right, T: [j for j in range(T) if i - left <= j <= i + right]
    blank: Any = lambda z, y, rule: [int(np.argmax(frame)) == rule["blank"] for frame in y]
    best: Any = lambda i, js, D: sorted(js, key=lambda j: (D[i, j], abs(i - j), j))
    best_student: Any = lambda j, rows, D: min(rows, key=lambda i: (D[i, j], abs(i - j), i))
    order: Any = lambda seen, D, limit: monotone(seen, D, limit)
    path: Any = lambda seen, D: warped(seen, D)
    top: Any = lambda rule: rule["k"]
    share: Any = lambda costs, tau: softmax_of(costs, tau)
    given: Any = lambda rule: list(rule["weights"])
    blend_from: Any = lambda rule: len(rule["weights"]) - 1
    whole: Any = lambda weights: [w / sum(weights) for w in weights]
    drop: Any = lambda chosen, blank: drop(chosen, blank)
    soft: Any = lambda costs, tau: soft_minimum(costs, tau)
    mix: Any = lambda y, lp, js, ws: np.log(sum(w * np.exp(lp[j]) for j, w in zip(js, ws)))  # noqa: B905
    held: Any = True  # whether weights are constants in the gradient
    blended: Any = lambda rule: rule["rule"] == "Blend"
    softly: Any = lambda rule: rule["rule"] == "Soft"
    scale: Any = lambda rule: (t2(rule), t2(rule))
    slope: Any = lambda grad, rule: grad
    told: Any = lambda pairs: pairs
    pad: Any = lambda grad, call: grad
    batch: Any = lambda loss, grad, call: (loss, grad)
    teacher_grad: Any = lambda grad: None


def adapter(**changed):
    """A distillation loss with some of its parts replaced."""
    parts = Parts(**changed)

    def distill(student, teacher, lengths, rule):
        call = Call(np.array(student, float), np.array(teacher, float), lengths, dict(rule))
        call = parts.prepare(call)
        N = call.student.shape[1]
        loss, grad, pairs = np.zeros(N), np.zeros(call.student.shape), []
        with np.errstate(all="ignore"):
            for n in range(N):
                T = parts.length(call, n)
                if T > 0:
                    one = utterance(call.student[:T, n], call.teacher[:T, n], call.rule, parts)
                    loss[n], grad[:T, n] = one[0], one[1]
                    pairs += [(n, i, j) for i, j in parts.told(one[2])]
            grad = parts.pad(grad, call)
            loss, grad = parts.batch(loss, grad, call)
        return loss, grad, np.array(pairs, int).reshape(-1, 3), parts.teacher_grad(grad)

    return distill


def utterance(z, y, rule, parts):
    lp, lq = parts.log_teacher(y, rule), parts.log_student(z, rule)
    chosen = choose(z, y, lp, lq, rule, parts)

    def losses(complex_z):
        return frame_losses(parts.log_student(complex_z, rule), y, lp, chosen, rule, parts)

    value = losses(z.astype(complex)).real
    grad = np.zeros(z.shape)
    for k in range(z.shape[1] if chosen else 0):
        bent = z.astype(complex)
        bent[:, k] += STEP * 1j
        grad[:, k] = losses(bent).imag / STEP
    for_loss, for_grad = parts.scale(rule)
    pairs = [(i, j) for i in sorted(chosen) for j in chosen[i][0]]
    return value.sum() * for_loss, parts.slope(grad, rule) * for_grad, pairs


def choose(z, y, lp, lq, rule, parts):
    """{student frame: (teacher frames, weights, mass)} of what counts."""
    T, name = len(z), rule["rule"]
    blank = parts.blank(z, y, rule)
    hidden = blank if rule["blank_frames"] == "no_blank_candidates" else [False] * T
    left, right = parts.sides(rule, T)
    seen = {i: [j for j in parts.frames(i, left, right, T) if not hidden[j]] for i in range(T)}
    seen = {i: js for i, js in seen.items() if js}
    by = parts.chosen_by or parts.cost
    D, chooses = (
        np.real(matrix(lp, lq, rule, seen, how)) if how else None for how in (parts.cost, by)
    )
    if name in ("FrameWise", "Shift"):
        chosen = {i: (js, [1.0] * len(js)) for i, js in seen.items()}
    elif name == "Blend":
        chosen = blended(seen, rule, parts)
    elif name in ("Hard", "TopK"):
        chosen = {}
        for i, js in seen.items():
            first = parts.best(i, js, chooses)[: 1 if name == "Hard" else parts.top(rule)]
            weights = [1.0] * len(first)
            if name == "TopK":
                weights = parts.share([D[i, j] for j in first], tau(rule))
            chosen[i] = (first, list(weights))
    elif name == "Soft":
        chosen = {
            i: (js, list(parts.share([D[i, j] for j in js], tau(rule)))) for i, js in seen.items()
        }
    elif name == "PerTeacher":
        chosen = {}
        for j in range(T):
            rows = [i for i, js in seen.items() if j in js]
            if rows:
                i = parts.best_student(j, rows, chooses)
                chosen.setdefault(i, ([], []))
                chosen[i][0].append(j)
                chosen[i][1].append(1.0)
    else:
        if name == "Monotone":
            pairs = parts.order(seen, chooses, rule["max_step"] or T)
        else:
            pairs = parts.path(seen, chooses)
        chosen = {}
        for i, j in pairs:
            chosen.setdefault(i, ([], []))
            chosen[i][0].append(j)
            chosen[i][1].append(1.0)
    if rule["blank_frames"] == "drop_selected":
        chosen = parts.drop(chosen, blank)
    return {i: (js, ws, sum(ws)) for i, (js, ws) in chosen.items() if js}


def frame_losses(lq, y, lp, chosen, rule, parts):
    """(T,) complex: what each student frame pays, as a function of its logits."""
    paid = np.zeros(len(lq), complex)
    if not chosen:
        return paid
    name = rule["divergence"]
    if parts.blended(rule):
        for i, (js, ws, mass) in chosen.items():
            target = parts.mix(y / rule["temperature"], lp, js, [w / mass for w in ws])
            paid[i] = mass * parts.cost(np.exp(target), target, lq[i], name)
        return paid
    rows = np.array([i for i, (js, _, _) in chosen.items() for _ in js])
    columns = np.array([j for js, _, _ in chosen.values() for j in js])
    costs = parts.cost(np.exp(lp[columns]), lp[columns], lq[rows], name)
    at = 0
    for i, (js, ws, mass) in chosen.items():
        mine = costs[at : at + len(js)]
        at += len(js)
        if parts.softly(rule):
            paid[i] = mass * parts.soft(mine, tau(rule))
        else:
            if not parts.held and rule["rule"] in ("TopK", "Soft"):
                ws = softmax_of(mine, tau(rule))
            paid[i] = sum(w * d for w, d in zip(ws, mine, strict=True))
    return paid


def matrix(lp, lq, rule, seen, cost):
    """(T, T) of what can be seen, row i the student's frame; the rest is not there."""
    T = len(lq)
    rows = np.array([i for i, js in seen.items() for _ in js], int)
    columns = np.array([j for js in seen.values() for j in js], int)
    D = np.full((T, T), np.nan)
    if rows.size:
        D[rows, columns] = np.real(
            cost(np.exp(lp[columns]), lp[columns], lq[rows], rule["divergence"])
        )
    return D


def blended(seen, rule, parts):
    weights = parts.given(rule)
    chosen = {}
    for i, js in seen.items():
        mine = [(j, weights[i - j]) for j in js if 0 <= i - j < len(weights) and weights[i - j] > 0]
        if i >= parts.blend_from(rule) and mine:
            chosen[i] = ([j for j, _ in mine], parts.whole([w for _, w in mine]))
    return chosen


def drop(chosen, blank):
    kept = {}
    for i, (js, ws) in chosen.items():
        left = [(j, w) for j, w in zip(js, ws, strict=True) if not blank[j]]
        kept[i] = ([j for j, _ in left], [w for _, w in left])
    return kept


def monotone(seen, D, limit):
    """The cheapest way on from each choice, from the last frame back."""
    frames = sorted(seen)
    if not frames:
        return []
    ahead = {j: (D[frames[-1], j], None) for j in seen[frames[-1]]}
    tables = [ahead]
    for i in frames[-2::-1]:
        here = {}
        for j in seen[i]:
            nexts = [(ahead[k][0], k) for k in ahead if 0 <= k - j <= limit]
            if nexts:
                cost, k = min(nexts)
                here[j] = (cost + D[i, j], k)
        tables.append(here)
        ahead = here
    j = min(ahead, key=lambda one: ahead[one][0])
    pairs = []
    for i, table in zip(frames, tables[::-1], strict=True):
        pairs.append((i, j))
        j = table[j][1]
    return pairs


def warped(seen, D, moves=((1, 1), (1, 0), (0, 1)), ends=None):
    """The cheapest way on from each pair to the last one of both."""
    T = len(D)
    ahead = {}
    for i in range(T - 1, -1, -1):
        for j in reversed(seen.get(i, [])):
            nexts = [(ahead[i + a, j + b][0], (i + a, j + b)) for a, b in moves
                     if (i + a, j + b) in ahead]  # fmt: skip
            if (i, j) == (T - 1, T - 1) or (ends and ends(i, j, T)):
                nexts.append((0.0, None))
            if nexts:
                cost, on = min(nexts, key=lambda one: one[0])
                ahead[i, j] = (cost + D[i, j], on)
    at, pairs = (0, 0), []
    while at is not None:
        pairs.append(at)
        at = ahead[at][1]
    return pairs


def sides(rule, T):
    if rule["rule"] == "FrameWise":
        return 0, 0
    if rule["rule"] == "Shift":
        return rule["d"], -rule["d"]
    if rule["rule"] == "Blend":
        return len(rule["weights"]) - 1, 0
    return (T, T) if rule["window"] == "whole" else rule["window"]


def tau(rule):
    return math.inf if rule["tau"] is None else rule["tau"]


def t2(rule):
    return rule["temperature"] ** 2 if rule["scale_t2"] else 1.0


def log_prob(z):
    high = z.real.max(axis=1, keepdims=True)
    return z - high - np.log(np.exp(z - high).sum(axis=1, keepdims=True))


def softmax_of(costs, tau):
    costs = np.asarray(costs)
    e = np.exp(-(costs - costs.real.min()) / tau)
    return e / e.sum()


def soft_minimum(costs, tau):
    if math.isinf(tau):
        return costs.mean()
    low = costs.real.min()
    return low - tau * np.log(np.exp(-(costs - low) / tau).mean())


def _kl(p, lp, lq):
    return (p * (np.where(p > 0.0, lp, 0.0) - lq)).sum(axis=-1)


def _reverse(p, lp, lq):
    return (np.exp(lq) * (lq - lp)).sum(axis=-1)


def _js(p, lp, lq):
    q = np.exp(lq)
    high = np.maximum(lp, lq.real)
    mean = high + np.log(0.5 * np.exp(lp - high) + 0.5 * np.exp(lq - high))
    return 0.5 * (p * (np.where(p > 0.0, lp, mean) - mean) + q * (lq - mean)).sum(axis=-1)


def _cross_entropy(p, lp, lq):
    return -(p * lq).sum(axis=-1)


COSTS = {"kl": _kl, "reverse_kl": _reverse, "js": _js, "cross_entropy": _cross_entropy}
