"""A right CTC and what is replaced in it, part by part.

`PLANTED` covers the classes of the list that the kit was made from, `HELD_OUT` holds others, made
up afterwards. `FIELD` was met in real code, each with its source, and `RIGHT` are right ones with
unusual habits; `FRESH` was made without a look at the kit. The classes of the last three were
written down before the kit was asked.
"""

from dataclasses import replace

from mutants.mutant import APART, Mutant, Original

LOGARITHMS = Original(
    """
def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def add(*scores):
    return np.logaddexp.reduce(scores)


def moved(row, steps):
    out = np.full(row.shape, -np.inf, row.dtype)
    if steps > 0:
        out[steps:] = row[:-steps]
    else:
        out[:steps] = row[-steps:]
    return out


def lattice(target, blank):
    states = np.full(2 * len(target) + 1, blank)
    states[1::2] = target
    skip = np.zeros(len(states), dtype=bool)
    skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    return states, skip


def forward(emitted, skip):
    alpha = np.full(emitted.shape, -np.inf, emitted.dtype)
    alpha[0, :2] = emitted[0, :2]
    for t in range(1, len(emitted)):
        last = alpha[t - 1]
        skipping = np.where(skip, moved(last, 2), -np.inf)
        alpha[t] = add(last, moved(last, 1), skipping) + emitted[t]
    return alpha


def backward(emitted, skip):
    beta = np.full(emitted.shape, -np.inf, emitted.dtype)
    beta[-1, -2:] = emitted[-1, -2:]
    skipped = np.append(skip, [False, False])[2:]
    for t in range(len(emitted) - 2, -1, -1):
        later = beta[t + 1]
        skipping = np.where(skipped, moved(later, -2), -np.inf)
        beta[t] = add(later, moved(later, -1), skipping) + emitted[t]
    return beta


def utterance(logits, target, blank, d):
    T, K = logits.shape
    L = len(target)
    if ((target < 0) | (target >= K)).any():
        raise ValueError("a label is no class")
    logp = log_softmax(logits)
    states, skip = lattice(target, blank)
    S = len(states)
    emitted = logp[:, states]
    alpha = forward(emitted, skip)
    total = alpha[-1, -1]
    if S > 1:
        total = add(total, alpha[-1, -2])
    cost = max(-total, 0.0)
    slope = np.zeros_like(logits)
    if np.isfinite(cost):
        beta = backward(emitted, skip)
        both = alpha + beta - np.where(np.isfinite(emitted), emitted, 0.0)
        share = np.exp(both - total)
        posterior = np.zeros_like(logits)
        for s in range(S):
            posterior[:, states[s]] += share[:, s]
        slope = d * (np.exp(logp) - posterior)
    return cost, slope


def ctc(logits, labels, input_lengths, label_lengths, blank, d_loss):
    N = logits.shape[1]
    weights = np.ones(N) if d_loss is None else d_loss
    loss, grad = np.zeros(N, logits.dtype), np.zeros_like(logits)
    with np.errstate(all="ignore"):
        for n in range(N):
            T, L = int(input_lengths[n]), int(label_lengths[n])
            target = labels[n, :L]
            loss[n], grad[:T, n] = utterance(logits[:T, n], target, blank, weights[n])
    return loss, grad
""",
    "ctc",
)

# As early code did: probabilities, rescaled at every frame
RESCALED = Original(
    """
def ctc(logits, labels, input_lengths, label_lengths, blank, d_loss):
    _, N, K = logits.shape
    loss, grad = np.zeros(N), np.zeros(logits.shape)
    with np.errstate(all="ignore"):
        for n in range(N):
            T, L = int(input_lengths[n]), int(label_lengths[n])
            target = labels[n, :L]
            if ((target < 0) | (target >= K)).any():
                raise ValueError("a label is no class")
            x = logits[:T, n] - logits[:T, n].max(axis=1, keepdims=True)
            y = np.exp(x)
            y /= y.sum(axis=1, keepdims=True)
            states = [blank]
            for k in target:
                states += [int(k), blank]
            S = len(states)
            step = np.eye(S) + np.eye(S, k=-1)
            for s in range(3, S, 2):
                step[s, s - 2] = states[s] != states[s - 2]
            emit = y[:, states]
            alpha, scale = np.zeros((T, S)), np.zeros(T)
            row = np.zeros(S)
            row[:2] = 1.0
            for t in range(T):
                row = (row if t == 0 else step @ row) * emit[t]
                scale[t] = row.sum()
                row = row / scale[t]
                alpha[t] = row
            tail = alpha[-1, -2:].sum()
            if not tail > 0.0:
                loss[n] = np.inf
                continue
            loss[n] = max(-np.log(scale).sum() - np.log(tail), 0.0)
            row = np.zeros(S)
            row[-2:] = 1.0
            post = np.zeros((T, K))
            for t in range(T - 1, -1, -1):
                share = alpha[t] * row
                share /= share.sum()
                for s in range(S):
                    post[t, states[s]] += share[s]
                row = step.T @ (row * emit[t])
                row /= row.max()
            grad[:T, n] = (y - post) * (1.0 if d_loss is None else d_loss[n])
    return loss, grad
""",
    "ctc",
)

# The parts that are replaced
SOFTMAX = "logp = log_softmax(logits)"
SUM = "return np.logaddexp.reduce(scores)"
SKIP = "skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])"
ALPHA = "alpha = forward(emitted, skip)"
EMITTED = "emitted = logp[:, states]"
END_OF_BETA = "beta[-1, -2:] = emitted[-1, -2:]"
NO_CLASS = """if ((target < 0) | (target >= K)).any():
        raise ValueError("a label is no class")"""
COST = "cost = max(-total, 0.0)"
FINITE = "if np.isfinite(cost):"
BOTH = "both = alpha + beta - np.where(np.isfinite(emitted), emitted, 0.0)"
SHARE = "share = np.exp(both - total)"
POSTERIOR = "posterior[:, states[s]] += share[:, s]"
SLOPE = "slope = d * (np.exp(logp) - posterior)"
OF_UTTERANCE = "return cost, slope"
CALL = "N = logits.shape[1]"
LENGTHS = "int(input_lengths[n]), int(label_lengths[n])"
TARGET = "target = labels[n, :L]"
ARGUMENTS = "utterance(logits[:T, n], target, blank, weights[n])"
STORED = f"loss[n], grad[:T, n] = {ARGUMENTS}"
RETURNED = "return loss, grad"
EVERY = "            "  # the indent of a line for every utterance

# Whatever the dtype of its logits is: the probe then sees double precision
IN_DOUBLES = Original(
    LOGARITHMS.edited(CALL, f"logits = np.asarray(logits, float)\n    {CALL}"), "ctc"
)

PLANTED = IN_DOUBLES.mutants({
    SKIP: {
        "V1: repeats skip": "skip[3::2] = True",
        "V1: nothing skips": "skip[2:] = False",
        "V1: label skipped between blanks":
            "skip[2:] = (states[2:] == blank) | (states[2:] != states[:-2])",
    },
    LENGTHS: {
        "V2: lengths ignored": "len(logits), int(label_lengths[n])",
        "V2: longest length": "int(max(input_lengths)), int(label_lengths[n])",
        "V2: lengths exchanged": "int(input_lengths[::-1][n]), int(label_lengths[n])",
        "V2: last frame dropped": "max(int(input_lengths[n]) - 1, 1), int(label_lengths[n])",
        "V3: label padding counted": "int(input_lengths[n]), labels.shape[1]",
        "V3: length from labels above 0": "int(input_lengths[n]), int((labels[n] > 0).sum())",
        "V3: labels of 0 dropped":
            "int(input_lengths[n]), int((labels[n, : label_lengths[n]] != 0).sum())",
        "V14: 255 labels at most": "int(input_lengths[n]), min(int(label_lengths[n]), 255)",
    },
    TARGET: {
        "V6: labels wrap": "target = labels[n, :L] % logits.shape[2]",
        "V14: labels of one byte": "target = labels[n, :L] % 256",
        "V14: labels of 13 bits": "target = labels[n, :L] % 8192",
        "V15: repeats collapsed":
            "target = labels[n, :L][np.diff(labels[n, :L], prepend=-1) != 0]",
    },
    ARGUMENTS: {
        "V4: blank is 0": "utterance(logits[:T, n], target, 0, weights[n])",
        "V4: blank is last": "utterance(logits[:T, n], target, logits.shape[2] - 1, weights[n])",
        "G2: upstream of the first": "utterance(logits[:T, n], target, blank, weights[0])",
    },
    OF_UTTERANCE: {
        "V7: empty target costs 0": "return (cost, slope) if L else (0.0, 0 * slope)",
        "V7: empty target costs inf": "return (cost, slope) if L else (np.inf, 0 * slope)",
        "V7: empty target gives NaN": "return (cost, slope) if L else (np.nan, slope)",
        "V7: empty target counted twice": "return cost - (0.0 if L else np.log(2)), slope",
        "V8: infeasible costs 1": "return min(cost, 1.0 if cost == np.inf else cost), slope",
        "V8: 2 L + 1 frames wanted":
            "return (cost, slope) if T > 2 * L and cost < np.inf else (np.inf, 0 * slope)",
        "G4: infinite loss has NaN": "return cost, slope if cost < np.inf else slope * np.nan",
        "G5: infinite loss keeps softmax":
            "return cost, slope if cost < np.inf else d * np.exp(logp)",
        "G5: infinite loss keeps half":
            "return cost, slope if cost < np.inf else d * np.exp(logp) / 2",
    },
    SOFTMAX: {
        "V7: empty target raises": f"if L == 0:\n        raise IndexError('-1')\n    {SOFTMAX}",
        "V9: softmax twice": "logp = np.log(softmax(softmax(logits)))",
        "V9: no softmax": "logp = logits",
        "V9: softmax over time": "logp = np.log(softmax(logits.T).T)",
        "V9: sigmoid for softmax": "logp = -np.log1p(np.exp(-logits))",
        "V10: 1e-6 added": "logp = np.log(softmax(logits) + 1e-6)",
        "V10: probabilities at least 1e-9": "logp = np.log(np.maximum(softmax(logits), 1e-9))",
        "V10: logarithm of the softmax": "logp = np.log(softmax(logits))",
        "V11: softmax without maximum":
            "logp = np.log(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))",
        "V11: logits clipped at 20": "logp = np.log(softmax(np.clip(logits, -20, 20)))",
    },
    SUM: {
        "V10: sums without maximum": "return np.log(np.exp(scores).sum(axis=0))",
        "V8: log 0 is -50":
            "return np.maximum(np.logaddexp.reduce(np.maximum(scores, -50.0)), -50.0)",
        "V10: single precision": "return np.logaddexp.reduce(np.array(scores, np.float32))",
        "G6: -inf minus -inf":
            "return np.max(scores, 0) + np.log(np.exp(scores - np.max(scores, 0)).sum(axis=0))",
        "G11: half precision inside":
            "return np.logaddexp.reduce(scores).astype(np.float16).astype(float)",
    },
    RETURNED: {
        "V13: loss over labels": "return loss / np.maximum(label_lengths, 1), grad",
        "V13: loss over frames": "return loss / input_lengths, grad",
        "V13: mean for none": "return np.full(N, loss.mean()), grad / N",
        "V13: gradient over batch": "return loss, grad / N",
        "V13: everything over frames":
            "return loss / input_lengths, grad / input_lengths[:, None]",
        "V13: loss in bits": "return loss / np.log(2), grad",
        "G4: infinite loss spoils all":
            "return loss, grad if np.isfinite(loss).all() else grad * np.nan",
        "G6: 0 times -inf":
            "return loss, grad + 0 * np.where(np.isneginf(logits), logits, 0)",
    },
    SLOPE: {
        "G1: no softmax in the gradient": "slope = -d * posterior",
        "G1: gradient of the log-probability": "slope = d * (posterior - np.exp(logp))",
        "G1: gradient in probabilities": "slope = -d * posterior / np.exp(logp)",
        "G2: upstream ignored": "slope = np.exp(logp) - posterior",
        "G2: upstream on the softmax": "slope = d * np.exp(logp) - posterior",
        "G2: upstream on the occupancy": "slope = np.exp(logp) - d * posterior",
    },
    STORED: {
        "G3: padding keeps softmax": f"{STORED}\n{EVERY}grad[T:, n] = softmax(logits[T:, n])",
        "G3: padding like the last frame": f"{STORED}\n{EVERY}grad[T:, n] = grad[T - 1, n]",
        "G3: padding keeps old memory": f"{STORED}\n{EVERY}grad[T:, n] = 1e-3 * (n + 1)",
    },
    f"for s in range(S):\n            {POSTERIOR}": {
        "G7: second occurrence lost":
            "for s in range(S - 1, -1, -1):\n"
            "            posterior[:, states[s]] *= s % 2 == 0\n            " + POSTERIOR,
        "G7: last of each class":
            "for s in range(S):\n            posterior[:, states[s]] = share[:, s]",
    },
    SHARE: {
        "G7: blank dropped": "share = np.exp(both - total) * (np.arange(S) % 2 == 1)",
        "G7: labels dropped": "share = np.exp(both - total) * (np.arange(S) % 2 == 0)",
        "G7: emission counted twice": "share = np.exp(alpha + beta - total)",
        "G7: not divided by the total": "share = np.exp(both)",
    },
    END_OF_BETA: {
        "G8: beta ends with a blank": "beta[-1, -1:] = emitted[-1, -1:]",
        "G8: beta ends with a label": "beta[-1, -2:-1] = emitted[-1, -2:-1]",
        "G8: beta ends anywhere": "beta[-1] = emitted[-1]",
        "G8: ends with a blank":
            ("beta[-1, -1:] = emitted[-1, -1:]", "total = add(total, alpha[-1, -2])", "pass"),
    },
    "skipped = np.append(skip, [False, False])[2:]": {
        "G8: beta never skips": "skipped = np.zeros(len(skip), dtype=bool)",
    },
    CALL: {
        "G10: strides ignored":
            f"{CALL}\n    if not logits.flags.c_contiguous:\n"
            "        size, step = (logits.size,), (logits.itemsize,)\n"
            "        flat = np.lib.stride_tricks.as_strided(logits, size, step)\n"
            "        logits = flat.reshape(logits.shape)",
        "G10: int32 misread":
            f"{CALL}\n    labels = labels if labels.dtype == np.int64 else np.ones_like(labels)",
    },
    APART: {
        "V1: repeats skip in the forward pass only":
            (ALPHA, "alpha = forward(emitted, np.arange(S) % 2 == 1)"),
        "V12: loss below zero": (COST, "cost = -total - 1e-14"),
        "V15: repeats not merged": (
            "add(last, moved(last, 1), skipping)",
            "add(np.where(np.arange(len(last)) % 2, -np.inf, last), moved(last, 1), skipping)",
            "add(later, moved(later, -1), skipping)",
            "add(np.where(np.arange(len(later)) % 2, -np.inf, later), moved(later, -1), skipping)",
        ),
        "G8: starts with a blank":
            ("alpha[0, :2] = emitted[0, :2]", "alpha[0, :1] = emitted[0, :1]"),
    },
})  # fmt: skip

HELD_OUT = IN_DOUBLES.mutants({
    STORED: {
        "G3: blank first in padding":
            f"{STORED}\n{EVERY}grad[T:, n] = -np.eye(logits.shape[2])[blank] * weights[n] ** 0",
        "G8: gradient in time reversed":
            f"{STORED}\n{EVERY}grad[:T, n] = grad[:T, n][::-1].copy()",
    },
    SOFTMAX: {
        "V9: temperature of 2": "logp = np.log(softmax(logits / 2))",
        "V9: label smoothing": "logp = np.log(0.9 * softmax(logits) + 0.1 / K)",
    },
    RETURNED: {
        "V2: first utterance for all": "return np.full(N, loss[0]), grad",
        "G2: upstream times loss": "return loss * weights, grad",
        "V10: loss of feasible rounded": "return np.round(loss, 6), grad",
        "G7: gradient clipped to half": "return loss, np.clip(grad, -0.5, 0.5)",
        "G8: first frame without gradient":
            "return loss, np.concatenate([grad[:1] * 0, grad[1:]])",
    },
    APART: {
        "G7: label after label may stay only twice":
            (SHARE, "share = np.exp(both - total) * np.where(np.arange(T)[:, None] > 3, 0.5, 1.0)"),
        "V3: last label dropped":
            (LENGTHS, "int(input_lengths[n]), max(int(label_lengths[n]) - 1, 0)"),
        "V3: targets reversed": (TARGET, "target = labels[n, :L][::-1]"),
        "V10: best path for the sum": (SUM, "return np.max(scores, axis=0)"),
        "G2: upstream squared": (SLOPE, "slope = d**2 * (np.exp(logp) - posterior)"),
    },
})  # fmt: skip

CLAIMS = {
    "layout": "TNK",
    "input": "logits",
    "labels": "padded",
    "blank": "argument",
    "log": "e",
    "reduction": "none",
    "grad_of": "logits",
    "infeasible": "inf",
}
PLANTED, HELD_OUT = (
    {name: replace(mutant, claims=CLAIMS) for name, mutant in mutants.items()}
    for mutants in (PLANTED, HELD_OUT)
)

FRESH = LOGARITHMS.mutants({
    STORED: {
        "G3: padded frames keep their softmax":
            f"{STORED}\n{EVERY}rest = np.exp(logits[T:, n])\n"
            f"{EVERY}grad[T:, n] = rest / rest.sum(axis=1, keepdims=True)",
    },
    APART: {
        "V1: a repeat is looked for one label ahead": (SKIP, "S = len(states)\n"
            "    skip[3::2] = [s + 2 >= S or states[s] != states[s + 2] for s in range(3, S, 2)]"),
        "V2: the longest of the batch gives the number of frames":
            (LENGTHS, "int(max(input_lengths)), int(label_lengths[n])"),
        "V3: a target ends at the first blank of its row":
            (TARGET, f"L = int(np.append(labels[n] == blank, True).argmax())\n{EVERY}{TARGET}"),
        "V6: negative labels are not looked for": ("(target < 0) | (target >= K)", "target >= K"),
        "V7: the only state of an empty target is counted twice":
            ("    if S > 1:\n", "    if True:\n", "alpha[-1, -2]", "alpha[-1, max(S - 2, 0)]"),
        "V8: labels that come again anywhere are taken for repeats":
            (COST,
             "total = -np.inf if T < L + L - len(set(target.tolist())) else total\n    " + COST),
        "V9: softmax over frames": (SOFTMAX, "logp = log_softmax(logits.T).T"),
        "V10: forward variables in single precision":
            ("alpha = np.full(emitted.shape, -np.inf, emitted.dtype)",
             "alpha = np.full(emitted.shape, -np.inf, np.float32)"),
        "V11: the maximum of all frames is subtracted from each":
            ("x = x - x.max(axis=-1, keepdims=True)", "x = x - x.max()"),
        "G2: the upstream gradient is applied by the kernel and by its caller":
            (SLOPE, "slope = d * d * (np.exp(logp) - posterior)"),
        "G5: an infeasible target costs nothing and pushes to nothing":
            (OF_UTTERANCE, "return (cost, slope) if cost < np.inf else (0.0, np.exp(logp))"),
        "G7: adding by an index that repeats":
            (f"for s in range(S):\n            {POSTERIOR}", "posterior[:, states] += share"),
        "G8: backward variables of the utterance before": (
            "beta = np.full(emitted.shape, -np.inf, emitted.dtype)",
            "beta = memory[: len(emitted), : len(skip)]",
            CALL,
            f"{CALL}\n    global memory\n"
            "    memory = np.full((len(logits), 2 * labels.shape[1] + 1), -np.inf)",
        ),
    },
}, {"forward variables in single precision": {"dtype": "float64"}})  # fmt: skip

BEYOND = {  # cases beyond the small ones that a mutant needs
    "255 labels at most": "target_of_256/only=0/frames=300",
    "labels of one byte": "classes_12000",
    "labels of 13 bits": "classes_12000",
    "negative labels are not looked for": "negative_label",
}

LIKE = {  # fresh mutants that turned out to resemble one of the earlier sets
    "the longest of the batch gives the number of frames": "longest length",
    "the only state of an empty target is counted twice": "empty target counted twice",
    "softmax over frames": "softmax over time",
    "forward variables in single precision": "single precision",
    "the upstream gradient is applied by the kernel and by its caller": "upstream squared",
    "padded frames keep their softmax": "padding keeps softmax",
    "an infeasible target costs nothing and pushes to nothing": "infinite loss keeps softmax",
    "adding by an index that repeats": "last of each class",
}

RIGHT = {"logarithms": LOGARITHMS.mutant()} | LOGARITHMS.mutants({
    SOFTMAX: {
        "more labels than frames are refused, a repeat that does not fit costs inf"
        " [4 of 15 CTC losses of frameworks]":
            f"if L > T:\n        raise ValueError('too long')\n    {SOFTMAX}",
        "float32 rounds below zero [optax #1771]":
            (f"{SOFTMAX}.astype(float)", COST, "cost = -total"),
    },
    OF_UTTERANCE: {
        "a target that does not fit costs nothing [pytorch PR #16199, zero_infinity]":
            "return (cost if cost < np.inf else 0.0), slope",
        "a target that does not fit costs 1e30 [warp-ctc tests/test_cpu.cpp, inf_test]":
            "return min(cost, 1e30), slope",
    },
    RETURNED: {
        "NaN of padded frames is multiplied by a mask of their gradient"
        " [pytorch LossCTC.cpp behind log_softmax]":
            "padded = np.arange(len(logits))[:, None] >= input_lengths\n"
            "    with np.errstate(invalid='ignore'):\n"
            "        return loss, grad + np.where(padded[:, :, None], 0.0 * logits, 0.0)",
    },
    APART: {
        "the last class is the blank, whatever is said [tensorflow ctc_loss_calculator.cc]":
            (ARGUMENTS, "utterance(logits[:T, n], target, logits.shape[2] - 1, weights[n])"),
    },
}, {"float32 rounds below zero": {"dtype": "float32"}})  # fmt: skip

FIELD_CLAIMS = {
    "the last class is the blank": {"blank": "argument"},
    "the blank is -1": {"blank": "argument"},
    "class 0 is the blank of the paths": {"blank": "argument"},
    "repeats are not counted where targets are sorted out": {"infeasible": "zero"},
    "softmax twice": {"grad_of": "ignored"},
    "scores are taken for log-probabilities": {"input": "logits"},
    "float32 throughout": {"dtype": "float32"},
    "each loss is divided by its number of labels, also by 0": {"reduction": "per_label"},
    "the gradient is that of logits": {"input": "log_probs", "grad_of": "log_probs"},
}
OF_RESCALED = RESCALED.mutants({
    "scale[t] = row.sum()": {
        "V10: probabilities are rescaled, and one may be too small for its frame"
        " [amaas/stanford-ctc ctc/ctc.py]": "scale[t] = row.sum()",
        "V10: probabilities are not rescaled"
        " [pytorch torch/testing/_internal/common_nn.py, ctcloss_reference]": "scale[t] = 1.0",
    },
})  # fmt: skip
FIELD = OF_RESCALED | LOGARITHMS.mutants({
    SKIP: {
        "V1: repeated labels may skip the blank [chainer #2292]": "skip[2:] = states[2:] != blank",
        "V15: repeats of a path are not merged"
        " [OpenVINO ctc_loss.cpp, ctc_merge_repeated = false]": (
            "skip[2:] = states[2:] != blank",
            "add(last, moved(last, 1), ",
            "add(np.where(np.arange(len(last)) % 2, -np.inf, last), moved(last, 1), ",
            "add(later, moved(later, -1), ",
            "add(np.where(np.arange(len(later)) % 2, -np.inf, later), moved(later, -1), ",
        ),
    },
    LENGTHS: {
        "V2: all frames are read [theano tests/losses/test_ctc.py, expectation of the CPU]":
            "len(logits), int(label_lengths[n])",
        "V2: lengths before subsampling [ShankHarinath/DeepSpeech2-Keras #3]":
            "min(len(logits), 2 * int(input_lengths[n])), int(label_lengths[n])",
        "V3: labels that are not 0 are counted [keras #21876]":
            "int(input_lengths[n]), np.count_nonzero(labels[n])",
    },
    TARGET: {
        "V3: labels end at -1 [keras-ocr PR #18]": "target = labels[n][labels[n] >= 0]",
        "V3: rows lie as far apart as the longest target is long"
        " [pytorch PR #20971, in the loss, too]":
            "target = labels.ravel()[n * int(label_lengths.max()) :][:L]",
        "V15: repeats of a target are collapsed [scionoftech/DeepAsr PR #1]":
            f"{TARGET}\n{EVERY}target = target[np.diff(target, prepend=-1) != 0]",
        # it takes what it has misread for a class by the modulo
        "G10 V6: labels are read as if they were contiguous"
        " [icefall PR #1485, burn: narrow and swap_dims]":
            "step = [labels.shape[1] * labels.itemsize, labels.itemsize]\n"
            f"{EVERY}flat = np.lib.stride_tricks.as_strided(labels, labels.shape, step)\n"
            f"{EVERY}target = flat[n, :L] % logits.shape[2]",
    },
    STORED: {
        "V3: rows lie as far apart as the longest target is long, in the gradient"
        " [pytorch PR #20971]":
            f"loss[n], _ = {ARGUMENTS}\n"
            f"{EVERY}target = labels.ravel()[n * int(label_lengths.max()) :][:L]"
            f" % logits.shape[2]\n{EVERY}_, grad[:T, n] = {ARGUMENTS}",
        "G3: padded frames get the softmax [tensorflow #41280, cuDNN]":
            f"{STORED}\n{EVERY}grad[T:, n] = softmax(logits[T:, n])",
    },
    ARGUMENTS: {
        "V4: the last class is the blank [warp-ctc #64]":
            "utterance(logits[:T, n], target, logits.shape[2] - 1, weights[n])",
        "V4: the blank is -1 [keras #8408]": "utterance(logits[:T, n], target, -1, weights[n])",
    },
    EMITTED: {
        "V4: class 0 is the blank of the paths [liuhu-bigeye/enctc.crnn #9]":
            "emitted = logp[:, np.where(states == blank, 0, states)]",
        "V4: class 0 is the blank in front of the first label"
        " [liuhu-bigeye/enctc.crnn #9, m_ctc.py 141]":
            f"{EMITTED}\n    emitted[:, 0] = logp[:, 0]",
        "V6: a label that is no class is read from the frame behind [pytorch #174602]": (
            "emitted = logp.ravel()[(np.arange(T)[:, None] * K + states) % logp.size]",
            NO_CLASS, "",
            POSTERIOR, "posterior[:, states[s] % K] += share[:, s]",
        ),
    },
    SOFTMAX: {
        "V7: the loss of an empty target is 0 [pytorch #18215, plain_cuda with zero_infinity]":
            f"if L == 0:\n        return 0.0, np.zeros_like(logits)\n    {SOFTMAX}",
        "V7: an empty target costs inf [pytorch #18215, plain_cuda]":
            f"if L == 0:\n        return np.inf, np.zeros_like(logits)\n    {SOFTMAX}",
        "V7: empty targets are refused [tensorflow #14659]":
            f"if L == 0:\n        raise ValueError('no labels')\n    {SOFTMAX}",
        "V9: softmax twice [SeanNaren/deepspeech.pytorch #121]":
            "logp = log_softmax(softmax(logits))",
        "V9: scores are taken for log-probabilities [pytorch #52241, without log_softmax]":
            "logp = logits",
        "V10 V12: the logarithm of probability + 1e-7 [keras #11516, ctc_batch_cost]":
            ("logp = np.log(softmax(logits) + 1e-7)", COST, "cost = -total"),
        "V10: float32 throughout [pytorch LossCTC.cpp, 20,000 frames]": SOFTMAX,
        "V14: more than 255 labels are refused [pytorch #53505, cuDNN]":
            f"if L > 255:\n        raise RuntimeError('cuDNN error')\n    {SOFTMAX}",
        "G1: the gradient is that of logits [pytorch #52241]": "logp = logits",
    },
    OF_UTTERANCE: {
        "V8 V1: repeats are not counted where targets are sorted out [apple/axlearn PR #211]":
            "return (min(cost, 1e5) if L <= T else 0.0), slope",
        "V13 V7: each loss is divided by its number of labels, also by 0"
        " [Paddle nn/functional/loss.py, ctc_loss]":
            "return (cost / L if L else np.float64(cost) / 0.0), slope / max(L, 1)",
    },
    SLOPE: {
        "V13: the gradient is divided by the number of frames [Paddle warpctc, norm_by_times]":
            f"{SLOPE} / T",
        "G2: upstream gradients are not looked at [sherjilozair/ctc #2]":
            "slope = np.exp(logp) - posterior",
        "G2: upstream gradients reach the posterior alone [pytorch #11750]":
            "slope = np.exp(logp) - d * posterior",
    },
    FINITE: {
        "G4: inf minus inf in the gradient [pytorch #14335]":
            ("if True:", SHARE, "share = np.exp(both + cost)"),
        "G5: the softmax is the gradient of what does not fit [rwth-i6/returnn #1835]": (
            f"slope = d * np.exp(logp)\n    {FINITE}",
            OF_UTTERANCE, "return (cost if cost < np.inf else 0.0), slope",
        ),
        "G5 G4 V8: the softmax is the gradient of an infinite loss [tensorflow #33462]":
            f"slope = d * np.exp(logp)\n    {FINITE}",
    },
    CALL: {
        "G10: int32 labels are read as int64 [pytorch #22234]":
            f"{CALL}\n    if labels.dtype == np.int32:\n"
            "        wide = np.append(labels, labels).view(np.int64).reshape(labels.shape)\n"
            "        labels = wide % logits.shape[2]",
    },
    APART: {
        "V6: labels are cut to the classes"
        " [JAX: indices out of bounds are clipped; optax ctc_loss]":
            (NO_CLASS, "target = np.clip(target, 0, K - 1)"),
        "V7: the only state of an empty target is counted twice [pytorch #18215, on the CPU]":
            ("    if S > 1:\n", "    if True:\n", "alpha[-1, -2]", "alpha[-1, max(S - 2, 0)]"),
        "V11: softmax without its maximum [mxnet PR #11834]":
            ("x = x - x.max(axis=-1, keepdims=True)\n", ""),
        "V12 V10: confident losses fall below zero [optax #1771, mean losses of -1.9e-5]":
            (COST, "cost = -total - 2e-5 * np.exp(total)"),
        "V14 G7: no gradient of labels beyond the 896th [pytorch #27442]":
            ("for s in range(S):", "for s in range(min(S, 2 * 896)):"),
        "G3: the gradient of padded frames is not set [pytorch PR #21392]":
            ("np.zeros_like(logits)\n    with", "np.full_like(logits, 1e4)\n    with"),
        "G4: an infinite loss spoils the batch [wenet PR #2299]":
            (RETURNED,
             "return loss, grad if np.isfinite(loss).all() else np.full_like(grad, np.nan)"),
        "G6: -inf minus -inf of a class that cannot be [pytorch #31829]":
            ("np.where(np.isfinite(emitted), emitted, 0.0)", "emitted"),
        "G7: posteriors of a label that occurs twice are not added"
        " [chainer PR #4258, without atomicAdd]":
            (POSTERIOR, "posterior[:, states[s]] = share[:, s]"),
        "G8: beta begins as in the paper and goes on as in the book"
        " [mpezeshki/CTC-Connectionist-Temporal-Classification #1]": (
            "later = beta[t + 1]",
            "later = beta[t + 1] + emitted[t + 1]",
            "add(later, moved(later, -1), skipping) + emitted[t]",
            "add(later, moved(later, -1), skipping)",
            BOTH, "both = alpha + beta",
        ),
        "G8: beta behind the last state is not set [pytorch #21244]":
            ("out[:steps] = row[-steps:]",
             "out[:steps] = row[-steps:]\n        out[steps:] = -1.0"),
    },
}, FIELD_CLAIMS)  # fmt: skip
# Also in the places where -inf stands for log 0
FIELD["nothing is less probable than 1e-30"] = Mutant(
    LOGARITHMS.text.replace("-np.inf", "np.log(1e-30)"),
    "ctc",
    ("V10", "V8"),
    "code that takes torch.log(torch.zeros(...) + eps) for log 0",
)
