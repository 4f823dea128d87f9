"""A right distillation loss and what is replaced in it, part by part.

It knows nothing of refkd. A frame's loss is a function of that frame's logits, and its gradient the
complex step of that function; paths are found from their end; everything else is lists. The sets
are those of `mutants.ctc`.
"""

from mutants.mutant import APART, Original

DISTILL = Original(
    """
import math

STEP = 1e-30


def distill(student, teacher, lengths, rule):
    student, teacher, rule = np.array(student, float), np.array(teacher, float), dict(rule)
    N, K = student.shape[1:]
    loss, grad, pairs = np.zeros(N), np.zeros(student.shape), []
    with np.errstate(all="ignore"):
        for n in range(N):
            T = int(lengths[n])
            if T > 0:
                loss[n], grad[:T, n], used = utterance(student[:T, n], teacher[:T, n], rule)
                pairs += [(n, i, j) for i, j in used]
    pairs = np.array(pairs, int).reshape(-1, 3)
    return loss, grad, pairs, None


def utterance(z, y, rule):
    lp, lq = log_teacher(y, rule), log_student(z, rule)
    chosen = choose(z, y, lp, lq, rule)
    value = frame_losses(log_student(z.astype(complex), rule), y, lp, chosen, rule).real
    grad = np.zeros(z.shape)
    for k in range(z.shape[1] if chosen else 0):
        bent = z.astype(complex)
        bent[:, k] += STEP * 1j
        grad[:, k] = frame_losses(log_student(bent, rule), y, lp, chosen, rule).imag / STEP
    for_loss = for_grad = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0
    pairs = [(i, j) for i in sorted(chosen) for j in chosen[i][0]]
    return value.sum() * for_loss, grad * for_grad, pairs


def log_student(z, rule):
    return log_prob(z / rule["temperature"])


def log_teacher(y, rule):
    return log_prob(y / rule["temperature"])


def log_prob(z):
    high = z.real.max(axis=1, keepdims=True)
    return z - high - np.log(np.exp(z - high).sum(axis=1, keepdims=True))


def divergence(lp, lq, kind):
    p, q = np.exp(lp), np.exp(lq)
    known = np.where(p > 0.0, lp, 0.0)
    if kind == "kl":
        return (p * (known - lq)).sum(axis=-1)
    if kind == "cross_entropy":
        return -(p * lq).sum(axis=-1)
    if kind == "reverse_kl":
        return (q * (lq - lp)).sum(axis=-1)
    high = np.maximum(lp, lq.real)
    mean = high + np.log(0.5 * np.exp(lp - high) + 0.5 * np.exp(lq - high))
    return 0.5 * (p * (known - mean) + q * (lq - mean)).sum(axis=-1)


def choose(z, y, lp, lq, rule):
    T, name = len(z), rule["rule"]
    tau = math.inf if rule.get("tau") is None else rule["tau"]
    blank = [int(np.argmax(frame)) == rule["blank"] for frame in y]
    hidden = blank if rule["blank_frames"] == "no_blank_candidates" else [False] * T
    left, right = sides(rule, T)
    seen = {}
    for i in range(T):
        frames = [j for j in range(T) if i - left <= j <= i + right]
        seen[i] = [j for j in frames if not hidden[j]]
    seen = {i: js for i, js in seen.items() if js}
    D = matrix(lp, lq, rule, seen, divergence)
    similar = D
    pairs, chosen = [], {}
    if name in ("FrameWise", "Shift"):
        chosen = {i: (js, [1.0] * len(js)) for i, js in seen.items()}
    elif name == "Blend":
        chosen = blended(seen, rule)
    elif name == "Soft":
        chosen = {i: (js, share([D[i, j] for j in js], tau)) for i, js in seen.items()}
    elif name in ("Hard", "TopK"):
        for i, js in seen.items():
            best = sorted(js, key=lambda j: (similar[i, j], abs(i - j), j))
            best = best[: 1 if name == "Hard" else rule["k"]]
            chosen[i] = best, [1.0] if name == "Hard" else share([D[i, j] for j in best], tau)
    elif name == "PerTeacher":
        for j in range(T):
            rows = [i for i, js in seen.items() if j in js]
            if rows:
                pairs.append((min(rows, key=lambda i: (similar[i, j], abs(i - j), i)), j))
    elif name == "Monotone":
        pairs = monotone(seen, similar, rule["max_step"] or T)
    else:
        pairs = warped(seen, similar)
    for i, j in pairs:
        chosen.setdefault(i, ([], []))
        chosen[i][0].append(j)
        chosen[i][1].append(1.0)
    if rule["blank_frames"] == "drop_selected":
        chosen = drop(chosen, blank)
    return {i: (js, ws, sum(ws)) for i, (js, ws) in chosen.items() if js}


def sides(rule, T):
    if rule["rule"] == "FrameWise":
        return 0, 0
    if rule["rule"] == "Shift":
        return rule["d"], -rule["d"]
    if rule["rule"] == "Blend":
        return len(rule["weights"]) - 1, 0
    left, right = (T, T) if rule["window"] == "whole" else rule["window"]
    return left, right


def matrix(lp, lq, rule, seen, cost):
    rows = np.array([i for i, js in seen.items() for _ in js], int)
    columns = np.array([j for js in seen.values() for j in js], int)
    D = np.full((len(lq), len(lq)), np.nan)
    if rows.size:
        D[rows, columns] = np.real(cost(lp[columns], lq[rows], rule["divergence"]))
    return D


def blended(seen, rule):
    weights = list(rule["weights"])
    first = len(weights) - 1
    chosen = {}
    for i, js in seen.items():
        near = [j for j in js if 0 <= i - j < len(weights) and weights[i - j] > 0]
        ws = [weights[i - j] for j in near]
        if i >= first and near:
            chosen[i] = near, [w / sum(ws) for w in ws]
    return chosen


def drop(chosen, blank):
    rest = {}
    for i, (js, ws) in chosen.items():
        left = [(j, w) for j, w in zip(js, ws, strict=True) if not blank[j]]
        js, ws = [j for j, _ in left], [w for _, w in left]
        rest[i] = js, ws
    return rest


def share(costs, tau):
    return list(softmax_of(costs, tau))


def softmax_of(costs, tau):
    costs = np.asarray(costs)
    e = np.exp(-(costs - costs.real.min()) / tau)
    return e / e.sum()


def soft_minimum(costs, tau):
    if math.isinf(tau):
        return costs.mean()
    low = costs.real.min()
    return low - tau * np.log(np.exp(-(costs - low) / tau).mean())


def mixture(y, lp, js, ws):
    return np.log(sum(w * np.exp(lp[j]) for j, w in zip(js, ws, strict=True)))


def frame_losses(lq, y, lp, chosen, rule):
    paid = np.zeros(len(lq), complex)
    if not chosen:
        return paid
    tau = math.inf if rule.get("tau") is None else rule["tau"]
    kind = rule["divergence"]
    if rule["rule"] == "Blend":
        for i, (js, ws, mass) in chosen.items():
            target = mixture(y / rule["temperature"], lp, js, [w / mass for w in ws])
            paid[i] = mass * divergence(target, lq[i], kind)
        return paid
    rows = np.array([i for i, (js, _, _) in chosen.items() for _ in js])
    columns = np.array([j for js, _, _ in chosen.values() for j in js])
    costs = divergence(lp[columns], lq[rows], kind)
    for i, (js, ws, mass) in chosen.items():
        own, costs = costs[: len(js)], costs[len(js) :]
        if rule["rule"] == "Soft":
            paid[i] = mass * soft_minimum(own, tau)
        else:
            paid[i] = sum(w * d for w, d in zip(ws, own, strict=True))
    return paid


def monotone(seen, D, limit):
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
    j = min(ahead, key=lambda k: ahead[k][0])
    pairs = []
    for i, table in zip(frames, tables[::-1], strict=True):
        pairs.append((i, j))
        j = table[j][1]
    return pairs


def warped(seen, D):
    T = len(D)
    ahead = {}
    for i in range(T - 1, -1, -1):
        for j in reversed(seen.get(i, [])):
            nexts = [(i + a, j + b) for a, b in ((1, 1), (1, 0), (0, 1))]
            nexts = [(ahead[at][0], at) for at in nexts if at in ahead]
            if (i, j) == (T - 1, T - 1):
                nexts.append((0.0, None))
            if nexts:
                cost, on = min(nexts, key=lambda way: way[0])
                ahead[i, j] = (cost + D[i, j], on)
    at, pairs = (0, 0), []
    while at is not None:
        pairs.append(at)
        at = ahead[at][1]
    return pairs
""",
    "distill",
)

# The parts that are replaced
HEAD = "N, K = student.shape[1:]"
LENGTH = "T = int(lengths[n])"
RETURNED = "return loss, grad, pairs, None"
TEACHER = 'return log_prob(y / rule["temperature"])'
STUDENT = 'return log_prob(z / rule["temperature"])'
FACTORS = 'for_loss = for_grad = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0'
KIND = "p, q = np.exp(lp), np.exp(lq)"
KL = "return (p * (known - lq)).sum(axis=-1)"
JS = "return 0.5 * (p * (known - mean) + q * (lq - mean)).sum(axis=-1)"
BLANK = '[int(np.argmax(frame)) == rule["blank"] for frame in y]'
FRAMES = "[j for j in range(T) if i - left <= j <= i + right]"
SIMILAR = "similar = D"
BEST = "key=lambda j: (similar[i, j], abs(i - j), j)"
BEST_STUDENT = "key=lambda i: (similar[i, j], abs(i - j), i)"
SHARE = "return list(softmax_of(costs, tau))"
ORDER = 'monotone(seen, similar, rule["max_step"] or T)'
PATH = "warped(seen, similar)"
WINDOW = "return left, right"
SHIFT = 'return rule["d"], -rule["d"]'
WEIGHTS = 'weights = list(rule["weights"])'
FIRST = "first = len(weights) - 1"
REST = "rest[i] = js, ws"
MIXTURE = "return np.log(sum(w * np.exp(lp[j]) for j, w in zip(js, ws, strict=True)))"
MIXED_LOGITS = (
    "mean = sum(w * y[j] for j, w in zip(js, ws, strict=True))\n    return log_prob(mean[None])[0]"
)
SOFT = "mass * soft_minimum(own, tau)"
WEIGHTED = "paid[i] = sum(w * d for w, d in zip(ws, own, strict=True))"


def in_padding(value):
    """Something else in the gradient of padded frames."""
    return f"for n, T in enumerate(lengths):\n        grad[T:, n] = {value}\n    {RETURNED}"


def divided(number):
    """Loss and gradient by a number for each utterance."""
    return f"by = {number} + np.zeros(N)\n    return loss / by, grad / by[:, None], pairs, None"


def as_kind(names):
    """One divergence in the place of another."""
    return f"kind = {names}.get(kind, kind)\n    {KIND}"


def chosen_by(cost):
    """Frames are chosen by another cost than that of the loss."""
    return f"similar = matrix(lp, lq, rule, seen, lambda lp, lq, k: {cost})"


GREEDY_ORDER = """
def greedy(seen, D, limit):
    pairs, at = [], None
    for i in sorted(seen):
        ahead = [j for j in seen[i] if at is None or 0 <= j - at <= limit] or [seen[i][-1]]
        at = min(ahead, key=lambda j: D[i, j])
        pairs.append((i, at))
    return pairs
"""
GREEDY_PATH = """
def greedy(seen, D):
    i = j = 0
    pairs, T = [(0, 0)], len(D)
    while (i, j) != (T - 1, T - 1):
        moves = [(i + 1, j + 1), (i + 1, j), (i, j + 1)]
        i, j = min((at for at in moves if at[1] in seen.get(at[0], [])), key=lambda at: D[at])
        pairs.append((i, j))
    return pairs
"""
# From the first frames, with strict comparisons: where the best two tie, the third is taken
STRICT_PATH = """
def strict(seen, D, third):
    T, moves = len(D), ((1, 1), (1, 0), (0, 1))
    cost, back = {}, {}
    for i in range(T):
        for j in seen.get(i, []):
            ways = {m: cost.get((i - m[0], j - m[1]), math.inf) for m in moves}
            best = [m for m in moves if all(ways[m] < ways[k] for k in moves if k != m)]
            back[i, j] = best[0] if best else third
            cost[i, j] = D[i, j] + (ways[back[i, j]] if i + j else 0.0)
    at, pairs = (T - 1, T - 1), []
    while min(at) >= 0:
        pairs.append(at)
        at = (at[0] - back[at][0], at[1] - back[at][1])
    return pairs[::-1]
"""
LAST_LINE = "        at = ahead[at][1]\n    return pairs\n"

PLANTED = DISTILL.mutants({
    KIND: {
        "K1: kl exchanged": as_kind('{"kl": "reverse_kl", "reverse_kl": "kl"}'),
        "K1: kl only in reverse": as_kind('{"kl": "reverse_kl"}'),
        "K1: kl only forward": as_kind('{"reverse_kl": "kl"}'),
        "K2: probabilities of the student":
            f"{KIND}\n    return (p * (np.where(p > 0.0, lp, 0.0) - q)).sum(axis=-1)",
        "K18: entropy left out": as_kind('{"kl": "cross_entropy"}'),
    },
    TEACHER: {
        "K2: softmax of a softmax":
            'return log_prob(np.exp(log_prob(y / rule["temperature"])))',
        "K5: student tempered": "return log_prob(y)",
        "K7: a little more": 'return np.log(np.exp(log_prob(y / rule["temperature"])) + 1e-8)',
    },
    STUDENT: {
        "K5: teacher tempered": "return log_prob(z)",
        "K17: no largest taken out":
            'z = z / rule["temperature"]\n'
            "    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
    },
    RETURNED: {
        "K3: loss over frames": "return loss / lengths, grad, pairs, None",
        "K3: gradient over frames":
            "return loss, grad / np.array(lengths)[:, None], pairs, None",
        "K3: mean over frames and classes, told to sum": divided("np.array(lengths) * K"),
        "K6: unmasked number": divided("student[:, :, 0].size / sum(lengths)"),
        "K6: softmax in padding": in_padding("np.exp(log_prob(student[T:, n]))"),
        "K6: difference in padding":
            in_padding("np.exp(log_prob(student[T:, n])) - np.exp(log_prob(teacher[T:, n]))"),
        "K8: teacher learns": "return loss, grad, pairs, -grad",
        "K16: pairs exchanged": "return loss, grad, pairs[:, [0, 2, 1]], None",
    },
    FACTORS: {
        "K4: no square": "for_loss = for_grad = 1.0",
        "K4: square unasked": 'for_loss = for_grad = rule["temperature"] ** 2',
        "K4: square twice": f'{FACTORS.replace("** 2", "** 4")}',
        "K4: square of the loss only": f"{FACTORS}\n    for_grad = 1.0",
        "K4: gradient of tempered logits": f'{FACTORS}\n    grad *= rule["temperature"]',
        "K18: other sign": f"{FACTORS}\n    grad = -grad",
    },
    LENGTH: {
        "K6: padding counts": "T = len(student)",
        "K6: longest counts": "T = int(max(lengths))",
    },
    MIXTURE: {
        "K9: logits averaged": MIXED_LOGITS,
        "K9: log-probabilities averaged":
            "return sum(w * lp[j] for j, w in zip(js, ws, strict=True))",
    },
    BLANK: {
        "K10: blank of the student": BLANK.replace("in y", "in z"),
        "K10: blank is 0": "[int(np.argmax(frame)) == 0 for frame in y]",
    },
    REST: {
        "K10: dropped and made whole": "rest[i] = js, [w / sum(ws) for w in ws]",
        "K10: nothing left is NaN": "rest[i] = (js or [i]), (ws or [math.nan])",
    },
    WINDOW: {
        "K11: left short": "return left - 1, right",
        "K11: left long": "return left + 1, right",
        "K11: right short": "return left, right - 1",
        "K11: right long": "return left, right + 1",
        "K11: mirrored": "return right, left",
        "K11: no window": "return 99, 99",
        "K11: negative side ignored": "return left, max(right, 0)",
    },
    FRAMES: {
        "K11: window wraps": "sorted({j % T for j in range(i - left, i + right + 1)})",
        "K11: window clamped":
            "sorted({min(max(j, 0), T - 1) for j in range(i - left, i + right + 1)})",
    },
    BEST: {
        "K12: ties to the first": "key=lambda j: similar[i, j]",
        "K12: ties to the last": "key=lambda j: (similar[i, j], -j)",
        "K12: ties to the later of two": "key=lambda j: (similar[i, j], abs(i - j), -j)",
        "K13: least similar": "key=lambda j: (-similar[i, j], abs(i - j), j)",
    },
    SIMILAR: {
        "K13: chosen by cross-entropy": chosen_by("divergence(lp, lq, 'cross_entropy')"),
        "K13: chosen by the other kl":
            chosen_by("divergence(lp, lq, {'kl': 'reverse_kl', 'reverse_kl': 'kl'}.get(k, k))"),
        "K13: chosen by squares": chosen_by("((np.exp(lp) - np.exp(lq)) ** 2).sum(axis=-1)"),
    },
    WEIGHTED: {
        "K14: through the weights":
            f'ws = softmax_of(own, tau) if rule["rule"] == "TopK" else ws\n            {WEIGHTED}',
    },
    SOFT: {
        "K14: sum in the soft minimum":
            f"({SOFT} - (0 if math.isinf(tau) else tau * math.log(len(js))))",
        "K14: weighted sum": "mass * (softmax_of(own.real, tau) * own).sum()",
        "K14: no tau in front": f"{SOFT} / (1.0 if math.isinf(tau) else tau)",
    },
    SHARE: {
        "K14: equal weights": "return [1.0 / len(costs)] * len(costs)",
        "K14: sign of tau": "return list(softmax_of(costs, -tau))",
        "K14: sum of the k":
            "return [1.0] * len(costs) if math.isinf(tau) else list(softmax_of(costs, tau))",
    },
    ORDER: {
        "K15: steps back":
            "[(i, min(js, key=lambda j: D[i, j])) for i, js in sorted(seen.items())]",
        "K15: any step": "monotone(seen, similar, T)",
        "K15: one step more": 'monotone(seen, similar, (rule["max_step"] or T) + 1)',
        "K15: greedy": (
            'greedy(seen, similar, rule["max_step"] or T)',
            LAST_LINE, LAST_LINE + GREEDY_ORDER,
        ),
    },
    SHIFT: {
        "K16: shift to later": 'return -rule["d"], rule["d"]',
        "K16: shift by one more": 'return rule["d"] + 1, -rule["d"] - 1',
    },
    APART: {
        "K7: 0 log 0": (KL, "return (p * (lp - lq)).sum(axis=-1)"),
        "K10: blanks kept": (HEAD, f'{HEAD}\n    rule["blank_frames"] = "keep"'),
        "K10: the others dropped": ("if not blank[j]", "if blank[j]"),
        "K12: ties of students to the first": (BEST_STUDENT, "key=lambda i: similar[i, j]"),
        "K13: one more": ('rule["k"]', 'rule["k"] + 1'),
        "K14: divergence of the mixture":
            ('if rule["rule"] == "Blend":\n        for',
             'if rule["rule"] in ("Blend", "Soft", "TopK"):\n        for'),
        "K15: teacher frames skipped": (PATH, "monotone(seen, similar, T)"),
        "K15: no diagonal": ("((1, 1), (1, 0), (0, 1))", "((1, 0), (0, 1))"),
        "K15: free end": ("(i, j) == (T - 1, T - 1)", "i == T - 1"),
        "K16: weights reversed": (WEIGHTS, 'weights = list(rule["weights"])[::-1]'),
        "K16: blend from the start": (FIRST, "first = 0"),
        "K18: js without halves":
            (JS, "return (p * (known - mean) + q * (lq - mean)).sum(axis=-1)"),
    },
})  # fmt: skip

HELD_OUT = DISTILL.mutants({
    RETURNED: {
        "K18: base 2": divided("math.log(2)"),
        "K6: student in padding": in_padding("student[T:, n]"),
        "K8: teacher learns a little": "return loss, grad, pairs, 1e-3 * grad",
    },
    TEACHER: {
        "K5: temperature squared in the softmax": 'return log_prob(y / rule["temperature"] ** 2)',
        "K7: log of clipped":
            'return np.log(np.maximum(np.exp(log_prob(y / rule["temperature"])), 1e-5))',
    },
    WINDOW: {
        "K11: window of half": "return left // 2, right",
        "K11: window two short": "return left - 2, right",
    },
    SIMILAR: {
        "K13: chosen by argmax": chosen_by("1.0 * (lp.argmax(-1) != lq.real.argmax(-1))"),
        "K13: chosen by js": chosen_by("divergence(lp, lq, 'js')"),
    },
    SHARE: {
        "K14: weights of tau plus one": "return list(softmax_of(costs, tau + 1.0))",
        "K14: root of the weights": "return list(np.sqrt(softmax_of(costs, tau)))",
    },
    APART: {
        "K18: total variation": (KIND, f"{KIND}\n    return np.sqrt((p - q) ** 2).sum(axis=-1)"),
        "K18: half of kl": (KL, "return 0.5 * (p * (known - lq)).sum(axis=-1)"),
        "K4: root of the temperature": (FACTORS, FACTORS.replace("** 2", "** 1.5")),
        "K6: last frame of the padding": (LENGTH, "T = min(int(lengths[n]) + 1, len(student))"),
        "K12: farther of equal": (BEST, "key=lambda j: (similar[i, j], -abs(i - j), j)"),
        "K13: half of k": ('rule["k"]', 'max(rule["k"] // 2, 1)'),
        "K14: soft minimum of the nearest": (SOFT, "mass * own[own.real.argmin()]"),
        "K15: path greedy": (PATH, "greedy(seen, similar)", LAST_LINE, LAST_LINE + GREEDY_PATH),
        "K15: two steps more": (ORDER, 'monotone(seen, similar, (rule["max_step"] or T) + 2)'),
        "K16: shift doubled": (SHIFT, 'return 2 * rule["d"], -2 * rule["d"]'),
        "K10: weights not made whole": ("[w / sum(ws) for w in ws]", "ws"),
    },
})  # fmt: skip

FRESH = DISTILL.mutants({
    APART: {
        "K3: the loss is a mean over frames, the gradient that of a sum":
            (RETURNED, "return loss / np.maximum(lengths, 1), grad, pairs, None"),
        "K4: times temperature": (FACTORS, FACTORS.replace(" ** 2", "")),
        "K5: the student's temperature divides log-probabilities":
            (STUDENT, 'return log_prob(z) / rule["temperature"]'),
        "K6: the longest of the batch gives the number of frames":
            (LENGTH, "T = int(max(lengths))"),
        "K7: a frame whose divergence is NaN costs nothing":
            (KL, "return np.nan_to_num((p * (lp - lq)).sum(axis=-1))"),
        "K10: a blank at the student's frame is dropped, not at the selected one":
            ("if not blank[j]", "if not blank[i]"),
        "K11: a slice that begins below zero": (FRAMES, "list(range(T))[i - left : i + right + 1]"),
        "K12: the first of equal frames": (BEST, "key=lambda j: (similar[i, j], j)"),
        "K14: weights that grow with the divergence":
            (SHARE, "return list(softmax_of(-np.asarray(costs), tau))"),
        "K15: a step more than allowed":
            (ORDER, 'monotone(seen, similar, (rule["max_step"] or T) + 1)'),
        "K16: frames before the first whole blend count, too": (FIRST, "first = 0"),
        "K18: the sum of both halves of the Jensen-Shannon divergence":
            (JS, "return (p * (known - mean) + q * (lq - mean)).sum(axis=-1)"),
    },
})  # fmt: skip

LIKE = {
    "the loss is a mean over frames, the gradient that of a sum": "loss over frames",
    "the longest of the batch gives the number of frames": "longest counts",
    "the first of equal frames": "ties to the first",
    "weights that grow with the divergence": "sign of tau",
    "a step more than allowed": "one step more",
    "frames before the first whole blend count, too": "blend from the start",
    "the sum of both halves of the Jensen-Shannon divergence": "js without halves",
}


def offering(condition, text=DISTILL.text):
    """The same loss where some questions are refused."""
    refusal = f'{HEAD}\n    if not ({condition}):\n        raise NotImplementedError("not offered")'
    return Original(Original(text, "distill").edited(HEAD, refusal), "distill")


# What most code offers: two rules, and no pairs of frames
TWO_RULES = offering(
    'rule["rule"] in ("FrameWise", "Blend")',
    DISTILL.edited(RETURNED, "return loss, grad, None"),
)
KL_ALONE = offering('rule["divergence"] == "kl"', TWO_RULES.text)
WITH_ITS_FACTOR = offering('(rule["temperature"] != 1.0) == rule["scale_t2"]', TWO_RULES.text)
WITH_PATHS = 'rule["divergence"] == "kl" and rule["blank_frames"] == "keep" and '
PATHS = offering(WITH_PATHS + 'rule["rule"] in ("FrameWise", "Blend", "OrderedPath")')
RETURNED_NO_PAIRS = "return loss, grad, None"

RIGHT = {
    "two rules and four divergences": TWO_RULES.mutant(),
    "a temperature is accepted only together with its factor": WITH_ITS_FACTOR.mutant(
        source="most code that follows Hinton, Vinyals and Dean"
    ),
    "blank frames are left out frame by frame, but not of a mixture": offering(
        'rule["rule"] == "FrameWise" or rule["blank_frames"] == "keep"', TWO_RULES.text
    ).mutant(source="an option that one of two rules has"),
    "frame by frame, and dynamic time warping": PATHS.mutant(),
    "dynamic time warping alone": offering(
        WITH_PATHS + 'rule["rule"] == "OrderedPath"'
    ).mutant(source="Soft-DTW losses of sequences"),
    "log-probabilities and probabilities": offering(
        'rule["rule"] == "FrameWise" and rule["temperature"] == 1.0 and not rule["scale_t2"]',
        KL_ALONE.text,
    ).mutant(STUDENT, "return z", TEACHER, "return np.log(y)",
             source="pytorch nn.functional.kl_div"),
} | TWO_RULES.mutants({
    RETURNED_NO_PAIRS: {
        "mean over all elements [pytorch nn.KLDivLoss(reduction='mean')]":
            "return loss.sum() / (sum(lengths) * K), grad / (sum(lengths) * K), None",
        "NaN of padded frames is multiplied by a mask"
        " [microsoft/ProDA adaptation_modelv2.py]":
            "for n, T in enumerate(lengths):\n"
            "        grad[T:, n] = 0.0 * student[T:, n] + 0.0 * teacher[T:, n]\n"
            "    return loss, grad, None",
    },
})  # fmt: skip

FIELD = KL_ALONE.mutants({
    KL: {
        "K1 K18: the arguments of kl_div are exchanged"
        " [linkedin/Liger-Kernel PR #194; pytorch #57459]": "return (q * (lq - lp)).sum(axis=-1)",
        "K1 K18: the reverse divergence with the gradient of the forward one"
        " [paiml/aprender PR #2153]":
            "return ((q * (lq - lp)).real + 1j * (p * (known - lq)).imag).sum(axis=-1)",
        "K2: the student's probabilities for their logarithms [microsoft/ProDA #43]":
            "return (p * (known - q)).sum(axis=-1)",
        "K7 K17: 1e-10 is added to both probabilities [PaddlePaddle/PaddleClas #538, KLDivLoss]":
            "slope = (p * (known - lq)).imag\n"
            "        return (p * np.log((p + 1e-10) / (q.real + 1e-10)) + 1j * slope).sum(axis=-1)",
        "K18: the teacher's entropy is left out of kl [jongwooko/distillm #7]":
            "return (-p * lq).sum(axis=-1)",
    },
    APART: {
        "K18: the teacher is compared with itself"
        " [labmlai/annotated_deep_learning_paper_implementations #66]":
            ("utterance(student[:T, n], teacher[:T, n], rule)",
             "utterance(teacher[:T, n], teacher[:T, n], rule)"),
    },
}) | WITH_ITS_FACTOR.mutants({
    APART: {
        "K4 K5: a wrong temperature, accepted only together with its factor"
        " [a loss that tempers the student with T^3 and multiplies by T^5]": (
            STUDENT,
            'return log_prob(z / rule["temperature"] ** 3)',
            FACTORS, 'for_loss = for_grad = rule["temperature"] ** 5',
        ),
    },
}) | PATHS.mutants({
    APART: {
        "K12 K13 K15: the dearest of three steps where the others tie"
        " [ServeurpersoCom/acestep.cpp PR #95, dtw-score.h]": (
            PATH,
            "strict(seen, similar, (0, 1))", LAST_LINE, LAST_LINE + STRICT_PATH,
        ),
    },
}) | TWO_RULES.mutants({
    RETURNED_NO_PAIRS: {
        "K3: divided by the number of elements [facebookresearch/deit #61, #116]":
            "return loss.sum() / student.size, grad / student.size, None",
        "K3: divided by the number of utterances [neuralmagic/sparseml PR #592]":
            "return loss.sum() / N, grad / N, None",
        "K3: divided by the number of frames twice [modelscope/easydistill PR #16]":
            "return loss.sum() / sum(lengths) ** 2, grad / sum(lengths) ** 2, None",
        "K6 K3: padded frames in the denominator [arcee-ai/DAM PR #16]":
            "return loss.sum() / (len(student) * N), grad / (len(student) * N), None",
        "K8: the teacher gets a gradient [haitongli/knowledge-distillation-pytorch #25]":
            "return loss, grad, None, -grad",
    },
    HEAD: {
        "K10: blank frames are always left out [VIPL-SLP/VAC_CSLR #5]":
            f'{HEAD}\n    if rule["blank_frames"] == "keep":\n'
            '        rule["blank_frames"] = "drop_selected"',
    },
    JS: {
        "K18 K9: the mixture is one of logarithms [trl #2202, generalized JSD]":
            "return 0.25 * (p * (known - lq) + q * (lq - lp)).sum(axis=-1)",
        "K18: js is half the sum of both divergences [PaddlePaddle/PaddleClas #538, JSDivLoss]":
            "return 0.5 * (p * (known - lq) + q * (lq - lp)).sum(axis=-1)",
    },
    APART: {
        "K1: forward and reverse are exchanged [modelscope/twinkle PR #112]":
            (KIND, as_kind('{"kl": "reverse_kl", "reverse_kl": "kl"}')),
        "K4: temperature^2 is missing [IntelLabs/distiller #122; keras-io #869]":
            (FACTORS, "for_loss = for_grad = 1.0"),
        "K5: the teacher alone is tempered"
        " [yuanli2333/Teacher-free-Knowledge-Distillation #24]": (STUDENT, "return log_prob(z)"),
        "K6: padded frames count [peremartra/optipfair #34]": (LENGTH, "T = len(student)"),
        "K7: 0 log 0 [optax PR #1786; pytorch #89558]":
            ("known = np.where(p > 0.0, lp, 0.0)", "known = lp"),
        "K7 K17: the teacher's probabilities are at least 1e-10"
        " [modelscope/easydistill mmkd/train.py]":
            ("return (q * (lq - lp)).sum(axis=-1)",
             "return (q * (lq - np.log(np.maximum(p, 1e-10)))).sum(axis=-1)"),
        "K9: logits of teachers are averaged [wentianli/knowledge_distillation_caffe #1]":
            (MIXTURE, MIXED_LOGITS),
        "K10: another blank where frames are left out [FLC777/GLAT #18]":
            (BLANK, BLANK.replace('rule["blank"]', "1")),
    },
}, {
    "divided by the number of elements": {"reduction": "batchmean"},
    "divided by the number of utterances": {"reduction": "mean"},
    "divided by the number of frames twice": {"reduction": "mean"},
    "padded frames in the denominator": {"reduction": "mean"},
})  # fmt: skip
