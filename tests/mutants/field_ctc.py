"""CTC losses with bugs that were met in real code, and right ones with unusual habits.

Each bug is one change of `LOG`, which is right and works with logarithms, or of `SCALED`, which
rescales probabilities at every frame, as early code did. `source` names the thread or file in
which the bug was met; its class was written down before the kit was asked.
"""

from mutants.edited import edited
from mutants.record import Mutant

LOG = """
def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


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
        near = np.logaddexp(last, moved(last, 1))
        alpha[t] = np.logaddexp(near, np.where(skip, moved(last, 2), -np.inf)) + emitted[t]
    return alpha


def backward(emitted, skip):
    beta = np.full(emitted.shape, -np.inf, emitted.dtype)
    beta[-1, -2:] = emitted[-1, -2:]
    skipped = np.append(skip, [False, False])[2:]
    for t in range(len(emitted) - 2, -1, -1):
        later = beta[t + 1]
        near = np.logaddexp(later, moved(later, -1))
        beta[t] = np.logaddexp(near, np.where(skipped, moved(later, -2), -np.inf)) + emitted[t]
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
        total = np.logaddexp(total, alpha[-1, -2])
    loss = max(-total, 0.0)
    grad = np.zeros_like(logits)
    if np.isfinite(loss):
        beta = backward(emitted, skip)
        both = alpha + beta - np.where(np.isfinite(emitted), emitted, 0.0)
        posterior = np.zeros_like(logits)
        for s in range(S):
            posterior[:, states[s]] += np.exp(both[:, s] - total)
        grad = d * (np.exp(logp) - posterior)
    return loss, grad


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
"""

SCALED = """
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
"""


def log_form(*changes):
    return edited(LOG, "ctc", *changes)


def scaled_form(*changes):
    return edited(SCALED, "ctc", *changes)


LOGITS = "logp = log_softmax(logits)"
EMITTED = "emitted = logp[:, states]"
READ = "            target = labels[n, :L]\n"
CALL = "utterance(logits[:T, n], target, blank, weights[n])"
STORED = "            loss[n], grad[:T, n] = " + CALL
RETURNED = "    return loss, grad\n\n\ndef ctc"
GUARD = "    if np.isfinite(loss):\n"
POSTERIOR = "posterior[:, states[s]] += np.exp(both[:, s] - total)"
GRADIENT = "grad = d * (np.exp(logp) - posterior)"
REFUSED = """    if ((target < 0) | (target >= K)).any():
        raise ValueError("a label is no class")
"""


def returned(value):
    """The change that returns another loss of an utterance."""
    return RETURNED, RETURNED.replace("loss", value, 1)


def wrapped(text):
    """A function `wrapper` of the right one, `ctc`, which is given as text."""
    return edited(LOG + text, "wrapper")


RIGHT = {
    "logarithms": Mutant("", (), log_form()),
    "more labels than frames are refused, a repeat that does not fit costs inf": Mutant(
        "4 of 15 CTC losses of frameworks",
        (),
        log_form(LOGITS, f"if L > T:\n        raise ValueError('too long')\n    {LOGITS}"),
    ),
    "a target that does not fit costs nothing": Mutant(
        "pytorch PR #16199, zero_infinity",
        (),
        log_form(*returned("loss if loss < np.inf else 0.0")),
    ),
    "a target that does not fit costs 1e30": Mutant(
        "warp-ctc tests/test_cpu.cpp, inf_test", (), log_form(*returned("min(loss, 1e30)"))
    ),
    "the last class is the blank, whatever is said": Mutant(
        "tensorflow ctc_loss_calculator.cc",
        (),
        log_form(CALL, CALL.replace("blank", "logits.shape[2] - 1")),
    ),
    "float32 rounds below zero": Mutant(
        "optax #1771",
        (),
        log_form("max(-total, 0.0)", "-total", LOGITS, f"{LOGITS}.astype(float)"),
        {"dtype": "float32"},
    ),
    "NaN of padded frames is multiplied by a mask of their gradient": Mutant(
        "pytorch LossCTC.cpp behind log_softmax",
        (),
        wrapped("""

def wrapper(logits, labels, input_lengths, label_lengths, blank, d_loss):
    loss, grad = ctc(logits, labels, input_lengths, label_lengths, blank, d_loss)
    with np.errstate(invalid="ignore"):
        masked = 0.0 * logits
    padded = np.arange(len(logits))[:, None] >= input_lengths
    return loss, grad + np.where(padded[:, :, None], masked, 0.0)
"""),
    ),
}

BUGGY = {
    "repeated labels may skip the blank": Mutant(
        "chainer #2292", ("V1",), log_form(" & (states[2:] != states[:-2])", "")
    ),
    "all frames are read": Mutant(
        "theano tests/losses/test_ctc.py, expectation of the CPU",
        ("V2",),
        log_form("int(input_lengths[n]), int", "len(logits), int"),
    ),
    "lengths before subsampling": Mutant(
        "ShankHarinath/DeepSpeech2-Keras #3",
        ("V2",),
        log_form("int(input_lengths[n]), int", "min(len(logits), 2 * int(input_lengths[n])), int"),
    ),
    "labels that are not 0 are counted": Mutant(
        "keras #21876", ("V3",), log_form("int(label_lengths[n])", "np.count_nonzero(labels[n])")
    ),
    "labels end at -1": Mutant(
        "keras-ocr PR #18",
        ("V3",),
        log_form(READ, "            target = labels[n][labels[n] >= 0]\n"),
    ),
    "rows lie as far apart as the longest target is long": Mutant(
        "pytorch PR #20971, in the loss, too",
        ("V3",),
        log_form(READ, "            target = labels.ravel()[n * int(label_lengths.max()) :][:L]\n"),
    ),
    "rows lie as far apart as the longest target is long, in the gradient": Mutant(
        "pytorch PR #20971",
        ("V3",),
        log_form(
            STORED,
            STORED.replace("grad[:T, n]", "_")
            + "\n            other = labels.ravel()[n * int(label_lengths.max()) :][:L]"
            + "\n            grad[:T, n] = "
            + CALL.replace("target", "other % logits.shape[2]")
            + "[1]",
        ),
    ),
    "the last class is the blank": Mutant(
        "warp-ctc #64",
        ("V4",),
        log_form(CALL, CALL.replace("blank", "logits.shape[2] - 1")),
        {"blank": "argument"},
    ),
    "the blank is -1": Mutant(
        "keras #8408", ("V4",), log_form(CALL, CALL.replace("blank", "-1")), {"blank": "argument"}
    ),
    "class 0 is the blank of the paths": Mutant(
        "liuhu-bigeye/enctc.crnn #9",
        ("V4",),
        log_form(EMITTED, "emitted = logp[:, np.where(states == blank, 0, states)]"),
        {"blank": "argument"},
    ),
    "class 0 is the blank in front of the first label": Mutant(
        "liuhu-bigeye/enctc.crnn #9, m_ctc.py 141",
        ("V4",),
        log_form("    alpha = forward(", "    emitted[:, 0] = logp[:, 0]\n    alpha = forward("),
    ),
    "a label that is no class is read from the frame behind": Mutant(
        "pytorch #174602",
        ("V6",),
        log_form(
            REFUSED,
            "",
            EMITTED,
            "emitted = logp.ravel()[(np.arange(T)[:, None] * K + states) % logp.size]",
            POSTERIOR,
            POSTERIOR.replace("states[s]", "states[s] % K"),
        ),
    ),
    "labels are cut to the classes": Mutant(
        "JAX: indices out of bounds are clipped; optax ctc_loss",
        ("V6",),
        log_form(REFUSED, "    target = np.clip(target, 0, K - 1)\n"),
    ),
    "the only state of an empty target is counted twice": Mutant(
        "pytorch #18215, on the CPU",
        ("V7",),
        log_form(
            "    if S > 1:\n        total = np.logaddexp(total, alpha[-1, -2])",
            "    total = np.logaddexp(total, alpha[-1, max(S - 2, 0)])",
        ),
    ),
    "an empty target costs nothing": Mutant(
        "pytorch #18215, plain_cuda with zero_infinity",
        ("V7",),
        log_form(LOGITS, f"if L == 0:\n        return 0.0, np.zeros_like(logits)\n    {LOGITS}"),
    ),
    "an empty target costs inf": Mutant(
        "pytorch #18215, plain_cuda",
        ("V7",),
        log_form(LOGITS, f"if L == 0:\n        return np.inf, np.zeros_like(logits)\n    {LOGITS}"),
    ),
    "empty targets are refused": Mutant(
        "tensorflow #14659",
        ("V7",),
        log_form(LOGITS, f"if L == 0:\n        raise ValueError('no labels')\n    {LOGITS}"),
    ),
    "repeats are not counted where targets are sorted out": Mutant(
        "apple/axlearn PR #211",
        ("V8", "V1"),
        log_form(
            LOGITS,
            f"{LOGITS}\n    fits = L <= T",
            *returned("(min(loss, 1e5) if fits else 0.0)"),
        ),
        {"infeasible": "zero"},
    ),
    "softmax twice": Mutant(
        "SeanNaren/deepspeech.pytorch #121",
        ("V9",),
        log_form(LOGITS, "logp = log_softmax(np.exp(log_softmax(logits)))"),
        {"grad_of": "ignored"},
    ),
    "scores are taken for log-probabilities": Mutant(
        "pytorch #52241, without log_softmax",
        ("V9",),
        log_form(LOGITS, "logp = logits"),
        {"input": "logits"},
    ),
    "the logarithm of probability + 1e-7": Mutant(
        "keras #11516, ctc_batch_cost",
        ("V10", "V12"),
        log_form(
            LOGITS,
            "logp = np.log(np.exp(log_softmax(logits)) + 1e-7)",
            "max(-total, 0.0)",
            "-total",
        ),
    ),
    "nothing is less probable than 1e-30": Mutant(
        "code that takes torch.log(torch.zeros(...) + eps) for log 0",
        ("V10", "V8"),
        edited(LOG.replace("-np.inf", "np.log(1e-30)"), "ctc"),
    ),
    "probabilities are rescaled, and one may be too small for its frame": Mutant(
        "amaas/stanford-ctc ctc/ctc.py", ("V10",), scaled_form()
    ),
    "probabilities are not rescaled": Mutant(
        "pytorch torch/testing/_internal/common_nn.py, ctcloss_reference",
        ("V10",),
        scaled_form("scale[t] = row.sum()", "scale[t] = 1.0"),
    ),
    "float32 throughout": Mutant(
        "pytorch LossCTC.cpp, 20,000 frames", ("V10",), log_form(), {"dtype": "float32"}
    ),
    "softmax without its maximum": Mutant(
        "mxnet PR #11834", ("V11",), log_form("    x = x - x.max(axis=-1, keepdims=True)\n", "")
    ),
    "confident losses fall below zero": Mutant(
        "optax #1771, mean losses of -1.9e-5",
        ("V12", "V10"),
        log_form("max(-total, 0.0)", "-total - 2e-5 * np.exp(total)"),
    ),
    "each loss is divided by its number of labels, also by 0": Mutant(
        "Paddle nn/functional/loss.py, ctc_loss",
        ("V13", "V7"),
        log_form(
            *returned("(loss / L if L else np.float64(loss) / 0.0)"),
            GRADIENT,
            f"{GRADIENT} / max(L, 1)",
        ),
        {"reduction": "per_label"},
    ),
    "the gradient is divided by the number of frames": Mutant(
        "Paddle warpctc, norm_by_times", ("V13",), log_form(GRADIENT, f"{GRADIENT} / T")
    ),
    "more than 255 labels are refused": Mutant(
        "pytorch #53505, cuDNN",
        ("V14",),
        log_form(LOGITS, f"if L > 255:\n        raise RuntimeError('cuDNN error')\n    {LOGITS}"),
    ),
    "no gradient of labels beyond the 896th": Mutant(
        "pytorch #27442",
        ("V14", "G7"),
        log_form(
            "for s in range(S):\n            posterior",
            "for s in range(min(S, 2 * 896)):\n            posterior",
        ),
    ),
    "repeats of a target are collapsed": Mutant(
        "scionoftech/DeepAsr PR #1",
        ("V15",),
        log_form(READ, READ + "            target = target[np.diff(target, prepend=-1) != 0]\n"),
    ),
    "repeats of a path are not merged": Mutant(
        "OpenVINO ctc_loss.cpp, ctc_merge_repeated = false",
        ("V15",),
        log_form(
            " & (states[2:] != states[:-2])",
            "",
            "np.logaddexp(last, ",
            "np.logaddexp(np.where(np.arange(len(last)) % 2, -np.inf, last), ",
            "np.logaddexp(later, ",
            "np.logaddexp(np.where(np.arange(len(later)) % 2, -np.inf, later), ",
        ),
    ),
    "the gradient is that of logits": Mutant(
        "pytorch #52241",
        ("G1",),
        log_form(LOGITS, "logp = logits"),
        {"input": "log_probs", "grad_of": "log_probs"},
    ),
    "upstream gradients are not looked at": Mutant(
        "sherjilozair/ctc #2", ("G2",), log_form(GRADIENT, "grad = np.exp(logp) - posterior")
    ),
    "upstream gradients reach the posterior alone": Mutant(
        "pytorch #11750", ("G2",), log_form(GRADIENT, "grad = np.exp(logp) - d * posterior")
    ),
    "padded frames get the softmax": Mutant(
        "tensorflow #41280, cuDNN",
        ("G3",),
        log_form(STORED, STORED + "\n            grad[T:, n] = np.exp(log_softmax(logits[T:, n]))"),
    ),
    "the gradient of padded frames is not set": Mutant(
        "pytorch PR #21392",
        ("G3",),
        log_form("np.zeros_like(logits)\n    with", "np.full_like(logits, 1e4)\n    with"),
    ),
    "inf minus inf in the gradient": Mutant(
        "pytorch #14335",
        ("G4",),
        log_form(
            GUARD,
            "    if True:\n",
            POSTERIOR,
            "posterior[:, states[s]] += np.exp(both[:, s] + loss)",
        ),
    ),
    "an infinite loss spoils the batch": Mutant(
        "wenet PR #2299",
        ("G4",),
        wrapped("""

def wrapper(logits, labels, input_lengths, label_lengths, blank, d_loss):
    loss, grad = ctc(logits, labels, input_lengths, label_lengths, blank, d_loss)
    return loss, grad if np.isfinite(loss).all() else np.full_like(grad, np.nan)
"""),
    ),
    "the softmax is the gradient of what does not fit": Mutant(
        "rwth-i6/returnn #1835",
        ("G5",),
        log_form(
            *returned("loss if loss < np.inf else 0.0"),
            GUARD,
            "    grad = d * np.exp(logp)\n" + GUARD,
        ),
    ),
    "the softmax is the gradient of an infinite loss": Mutant(
        "tensorflow #33462",
        ("G5", "G4", "V8"),
        log_form(GUARD, "    grad = d * np.exp(logp)\n" + GUARD),
    ),
    "-inf minus -inf of a class that cannot be": Mutant(
        "pytorch #31829",
        ("G6",),
        log_form("np.where(np.isfinite(emitted), emitted, 0.0)", "emitted"),
    ),
    "posteriors of a label that occurs twice are not added": Mutant(
        "chainer PR #4258, without atomicAdd",
        ("G7",),
        log_form(POSTERIOR, POSTERIOR.replace("+=", "=")),
    ),
    "beta begins as in the paper and goes on as in the book": Mutant(
        "mpezeshki/CTC-Connectionist-Temporal-Classification #1",
        ("G8",),
        log_form(
            "later = beta[t + 1]",
            "later = beta[t + 1] + emitted[t + 1]",
            "moved(later, -2), -np.inf)) + emitted[t]",
            "moved(later, -2), -np.inf))",
            "alpha + beta - np.where(np.isfinite(emitted), emitted, 0.0)",
            "alpha + beta",
        ),
    ),
    "beta behind the last state is not set": Mutant(
        "pytorch #21244",
        ("G8",),
        edited(
            LOG.replace(
                "        out[:steps] = row[-steps:]",
                "        out[:steps] = row[-steps:]\n        out[steps:] = -1.0",
            ),
            "ctc",
        ),
    ),
    "labels are read as if they were contiguous": Mutant(
        "icefall PR #1485, burn: narrow and swap_dims",
        ("G10", "V6"),  # it takes what it has misread for a class by the modulo
        log_form(
            READ,
            "            flat = np.lib.stride_tricks.as_strided(labels, labels.shape, "
            "[labels.shape[1] * labels.itemsize, labels.itemsize])\n"
            "            target = flat[n, :L] % logits.shape[2]\n",
        ),
    ),
    "int32 labels are read as int64": Mutant(
        "pytorch #22234",
        ("G10",),
        wrapped("""

def wrapper(logits, labels, input_lengths, label_lengths, blank, d_loss):
    if labels.dtype == np.int32:
        wide = np.append(labels, labels).view(np.int64).reshape(labels.shape)
        labels = wide % logits.shape[2]
    return ctc(logits, labels, input_lengths, label_lengths, blank, d_loss)
"""),
    ),
}
