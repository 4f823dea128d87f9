"""A right LSTM and what is replaced in it, part by part. The sets: see `mutants.ctc`.

It walks the whole batch at once under a mask, with the weights of torch; the kit's plain one walks
one utterance after the other.
"""

from mutants.mutant import APART, Original

LSTM = Original(
    """
def sigmoid(a):
    return np.where(a < 0, np.exp(np.minimum(a, 0)), 1.0) / (1.0 + np.exp(-np.abs(a)))


def squash(a):
    return np.tanh(a)


def lstm(x, lengths, w_x, w_h, b_x, b_h, h0, c0, reverse, d_out, d_hn, d_cn):
    T, N, D = x.shape
    H = h0.shape[1]
    row = np.arange(N)
    step = np.arange(T)[:, None]
    alive = step < lengths
    frame = np.where(alive, lengths - 1 - step if reverse else step, 0)
    seen = np.where(alive[..., None], x[frame, row], 0.0)
    out = np.zeros((T, N, H), dtype=x.dtype)
    tape = []
    h, c = h0, c0
    for s in range(T):
        z = seen[s] @ w_x.T + h @ w_h.T + b_x + b_h
        i, f, g, o = z[:, :H], z[:, H : 2 * H], z[:, 2 * H : 3 * H], z[:, 3 * H :]
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        g = squash(g)
        c_new = f * c + i * g
        h_new = o * squash(c_new)
        on = alive[s]
        m = on[:, None]
        tape.append((h, c, i, f, g, o, c_new, m))
        h = np.where(m, h_new, h)
        c = np.where(m, c_new, c)
        out[frame[s][on], row[on]] = h[on]
    hn, cn = h, c
    dh, dc = d_hn, d_cn
    dx = np.zeros_like(x)
    dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(b_x)
    for s in reversed(range(T)):
        h, c, i, f, g, o, c_new, m = tape[s]
        on = alive[s]
        dh_new = np.where(m, dh + d_out[frame[s], row], 0.0)
        t = np.tanh(c_new)
        dc_new = np.where(m, dc + dh_new * o * (1 - t * t), 0.0)
        di = dc_new * g * (i * (1 - i))
        df = dc_new * c * (f * (1 - f))
        dg = dc_new * i * (1 - g * g)
        do = dh_new * t * (o * (1 - o))
        dz = np.concatenate([di, df, dg, do], axis=1)
        dw_x += dz.T @ seen[s]
        dw_h += dz.T @ h
        db += dz.sum(axis=0)
        dx[frame[s][on], row[on]] = (dz @ w_x)[on]
        dh = np.where(m, dz @ w_h, dh)
        dc = np.where(m, dc_new * f, dc)
    return out, hn, cn, dx, dw_x, dw_h, db, db.copy(), dh, dc
""",
    "lstm",
)

# The parts that are replaced
SIGMOID = "np.where(a < 0, np.exp(np.minimum(a, 0)), 1.0) / (1.0 + np.exp(-np.abs(a)))"
TANH = "return np.tanh(a)"
EXPONENTIALS = "return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))"
HEAD = "row = np.arange(N)"
ALIVE = "alive = step < lengths"
SEEN = "seen = np.where(alive[..., None], x[frame, row], 0.0)"
READ = "x[frame, row]"
DIRECTION = "if reverse else step"
FIRST = "h, c = h0, c0"
RECURRENT = "+ h @ w_h.T"
BIASES = "+ b_x + b_h"
GATES = "i, f, g, o = z[:, :H]"
SIGMOIDS = "i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)"
CANDIDATE = "g = squash(g)"
CELL = "c_new = f * c + i * g"
HIDDEN = "h_new = o * squash(c_new)"
NEXT_H = "h = np.where(m, h_new, h)"
NEXT_C = "c = np.where(m, c_new, c)"
LAST = "hn, cn = h, c"
FROM_LAST = "dh, dc = d_hn, d_cn"
PULLED = "d_out[frame[s], row]"
D_CELL = "dc + dh_new * o * (1 - t * t)"
DI, DF = "di = dc_new * g * (i * (1 - i))", "df = dc_new * c * (f * (1 - f))"
DG, DO = "dg = dc_new * i * (1 - g * g)", "do = dh_new * t * (o * (1 - o))"
DZ = "[di, df, dg, do]"
D_WEIGHTS = "dw_x += dz.T @ seen[s]"
D_BIAS = "db += dz.sum(axis=0)"
DH, DC = "dh = np.where(m, dz @ w_h, dh)", "dc = np.where(m, dc_new * f, dc)"
TAIL = "return out, hn, cn, dx"
PREVIOUS = "w_h.reshape(4, H, H).transpose(0, 2, 1).reshape(w_h.shape)"


def before(line):
    """A line before everything else."""
    return f"{HEAD}\n    {line}"


def after(line):
    """A line after everything else."""
    return f"{line}\n    {TAIL}"


def forward_alone(*lines):
    """A layer without a gradient, and lines before it returns."""
    return "\n    ".join([LAST, *lines, "return out, hn, cn"])


# Right for every number; NaN in padding comes through, since 0 NaN is NaN
MASKED = "seen = alive[..., None] * x[np.where(alive, frame, step), row]"

PLANTED = LSTM.mutants({
    HEAD: {
        "L1: recurrent weights in the order of ONNX": (
            before("R = lambda w: w.reshape(4, -1)[[0, 3, 1, 2]].reshape(w.shape); w_h = R(w_h)"),
            TAIL, after("dw_h = dw_h.reshape(4, -1)[[0, 2, 3, 1]].reshape(dw_h.shape)"),
        ),
        "L1: biases with f and g exchanged": (
            before("S = lambda b: b.reshape(4, -1)[[0, 2, 1, 3]].ravel()")
            + "\n    b_x, b_h = S(b_x), S(b_h)",
            TAIL, after("db = S(db)"),
        ),
        "L4: recurrent matrix transposed":
            (before(f"w_h = {PREVIOUS}"), TAIL, after(f"dw_h = {PREVIOUS.replace('w_h', 'dw_h')}")),
        "L4: weights stacked unit by unit":
            before("U = lambda w: w.reshape(-1, 4, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)")
            + "\n    w_x, w_h, b_x, b_h = U(w_x), U(w_h), U(b_x), U(b_h)",
        "L5: backward turns features": (
            before("x = x[..., ::-1] if reverse else x"),
            DIRECTION, "if False else step",
            TAIL, after("dx = dx[..., ::-1] if reverse else dx"),
        ),
        "L11: batch first": (
            before("x, d_out, (T, N) = x.swapaxes(0, 1), d_out.swapaxes(0, 1), (N, T)")
            + f"\n    {HEAD}",
            TAIL, after("out, dx = out.swapaxes(0, 1), dx.swapaxes(0, 1)"),
        ),
        "G10: strides ignored":
            before("x = np.lib.stride_tricks.as_strided(x, strides=np.empty(x.shape).strides)"),
    },
    TAIL: {
        "L1: gradients of the weights in another order":
            "P = lambda w: w.reshape(4, -1)[[0, 1, 3, 2]].reshape(w.shape)\n    "
            + after("dw_x, dw_h, db = P(dw_x), P(dw_h), P(db)"),
        "L2: bias gradient halved": after("db = db / 2"),
        "L7: gradient of c0 zero": after("dc = 0 * dc"),
        "L7: weight gradients averaged over the batch":
            after("dw_x, dw_h, db = dw_x / N, dw_h / N, db / N"),
        "L8: bias gradient of i and o copied from f":
            after("db = db.reshape(4, H)[[1, 1, 2, 1]].ravel()"),
        "L9: dropout left on":
            after("out = 2 * out * (np.random.default_rng(0).random(out.shape) < 0.5)"),
        "L11: outputs reshaped from batch first":
            after("out = out.swapaxes(0, 1).reshape(out.shape)"),
    },
    BIASES: {
        "L2: second bias dropped": "+ b_x",
        "L2: first bias added twice": "+ b_x + b_x",
    },
    ALIVE: {
        "L5: backward starts in the padding": (
            "alive = step < (np.full(N, T) if reverse else lengths)",
            "lengths - 1 - step", "T - 1 - step",
        ),
        "L6: lengths ignored": "alive = step < np.full(N, T)",
    },
    LAST: {
        "L5: last state of backward read at the last frame":
            "hn, cn = (out[lengths - 1, row] if reverse else h), c",
        "L6: last hidden state read in the last padded frame":
            "hn, cn = (h if reverse else out[-1]), c",
    },
    FROM_LAST: {
        "L6: padded outputs pull at the last frame":
            "dh, dc = d_hn + (np.where(step >= lengths, 1, 0)[..., None] * d_out).sum(0), d_cn",
        "L7: gradient of the last cell not added": "dh, dc = d_hn, 0 * d_cn",
        "L7: gradient of the last hidden not added": "dh, dc = 0 * d_hn, d_cn",
    },
    D_CELL: {
        "L7: dc overwritten": "dh_new * o * (1 - t * t)",
        "L8: cell without the slope of tanh": "dc + dh_new * o",
    },
    SIGMOID: {
        "L10: hard sigmoid": "np.clip(0.2 * a + 0.5, 0, 1)",
        "L12: sigmoid overflows": "np.exp(a) / (1.0 + np.exp(a))",
    },
    CANDIDATE: {
        "L10: coupled gates": (
            f"{CANDIDATE}\n        f = 1 - i",
            DI, "di = dc_new * (g - c) * (i * (1 - i))", DF, "df = 0 * dc_new",
        ),
        "L10: sigmoid candidate": ("g = sigmoid(g)", DG, "dg = dc_new * i * (g * (1 - g))"),
    },
    FIRST: {
        "L13: h0 left out": "h, c = 0 * h0, c0",
        "L13: c0 of the first utterance for all": "h, c = h0, np.repeat(c0[:1], N, axis=0)",
    },
    APART: {
        "L1: all gates in the order f, i, g, o":
            (GATES, "f, i, g, o = z[:, :H]", DZ, "[df, di, dg, do]"),
        "L2: second bias gradient zero": ("db, db.copy(), dh", "db, 0 * db, dh"),
        "L3: forget bias of 1 added": ("sigmoid(f)", "sigmoid(f + 1)"),
        "L4: recurrent matrix transposed on the way back": ("dz @ w_h, dh", f"dz @ {PREVIOUS}, dh"),
        "L4: recurrent matrix left out": (RECURRENT, ""),
        "L5: backward walks forward": (DIRECTION, "if False else step"),
        "L6: states run on through the padding": (
            READ,
            READ, SEEN, SEEN.replace("0.0", "x[step, row]"),
            NEXT_H, "h = h_new", NEXT_C, "c = c_new",
        ),
        "L7: dh not carried": (DH, "dh = np.where(m, 0 * dh, dh)"),
        "L7: dc without the forget gate": (DC, "dc = np.where(m, dc_new, dc)"),
        "L7: recurrent gradient with h of the same step":
            ("dz.T @ h\n", "dz.T @ (o * np.tanh(c_new))\n"),
        "L7: weight gradients overwritten": (
            D_WEIGHTS,
            "dw_x[:] = dz.T @ seen[s]", "dw_h += ", "dw_h[:] = ",
        ),
        "L8: input gate without the slope of its sigmoid": (DI, "di = dc_new * g"),
        "L8: forget gate with the cell after the step": (DF, "df = dc_new * c_new * (f * (1 - f))"),
        "L8: candidate with slope 1 - g": (DG, "dg = dc_new * i * (1 - g)"),
        "L8: output gate without tanh": (DO, "do = dh_new * c_new * (o * (1 - o))"),
        "L12: tanh overflows": (TANH, EXPONENTIALS),
        "L10: no tanh of the cell": (
            HIDDEN,
            "h_new = o * c_new", "t = np.tanh(c_new)", "t = c_new", "o * (1 - t * t)", "o",
        ),
        "V10: single precision inside": (NEXT_H, f"{NEXT_H}.astype(np.float32)"),
    },
}, {
    "all gates in the order f, i, g, o": {"gates": "ifgo"},
    "batch first": {"layout": "TND"},
    "single precision inside": {"dtype": "float64"},
})  # fmt: skip

HELD_OUT = LSTM.mutants({
    CANDIDATE: {
        "L10: softsign candidate":
            ("g = g / (1 + np.abs(g))", DG, "dg = dc_new * i * (1 - np.abs(g)) ** 2"),
        "L10: candidate halved": "g = squash(g) / 2",
    },
    SIGMOIDS: {
        "L10: peephole into the output gate":
            "i, f, o = sigmoid(i), sigmoid(f), sigmoid(o + c / 4)",
        "L3: forget bias of a half added": "i, f, o = sigmoid(i), sigmoid(f + 0.5), sigmoid(o)",
    },
    HEAD: {
        "L6: lengths in 8 bits": before("lengths = lengths & 0xFF"),
        "L4: units beyond a multiple of four do not recur":
            before("w_h = w_h * (np.arange(w_h.shape[1]) < w_h.shape[1] // 4 * 4)"),
        "L12: inputs clipped to 1": before("x = np.clip(x, -100, 100)"),
        "L4: h of two steps before": (
            before("older = h0"), RECURRENT, "+ older @ w_h.T",
            NEXT_H, f"older, h = h, {NEXT_H[4:]}",
        ),
    },
    RECURRENT: {
        "L9: variational dropout of the recurrence": "+ (2 * h * (np.arange(H) % 2)) @ w_h.T",
        "L4: second half of the units without recurrence":
            "+ (h * (np.arange(H) < max(H // 2, 1))) @ w_h.T",
    },
    ALIVE: {
        "L5: backward starts at the longest length": (
            "alive = step < (np.full(N, lengths.max()) if reverse else lengths)",
            "lengths - 1 - step", "lengths.max() - 1 - step",
        ),
        "L5: one length too few in the backward direction":
            "alive = step < lengths - (reverse and T > lengths.min())",
    },
    TAIL: {
        "L7: gradient of h0 of the last utterance for all":
            after("dh = np.repeat(dh[-1:], N, axis=0)"),
        "L11: outputs laid out as (H, N)": after("out = out.swapaxes(1, 2).reshape(out.shape)"),
    },
    APART: {
        "L1: gates of the way back in another order": (DZ, "[di, df, do, dg]"),
        "L8: gradients of the gates clipped to 1":
            (D_WEIGHTS, f"dz = np.clip(dz, -1, 1)\n        {D_WEIGHTS}"),
        "L7: nothing carried back beyond two steps": (
            DH,
            "dh = np.where(m, dz @ w_h * (s % 2), dh)",
            DC, "dc = np.where(m, dc_new * f * (s % 2), dc)",
        ),
        "L7: forget gate of the step after carries the cell back":
            (DC, "dc = np.where(m, dc_new * (tape[s + 1][3] if s + 1 < T else f), dc)"),
        "L8: slope of the output gate of the batch mean":
            (DO, "do = dh_new * t * (o * (1 - o)).mean(0)"),
        "L7: outputs pull at the step before": (PULLED, "d_out[np.roll(frame, 1, 0)[s], row]"),
        "V10: state in half precision": (NEXT_H, f"{NEXT_H}.astype(np.float16)"),
        "L8: gradient of the inputs without the output gate":
            ("(dz @ w_x)[on]", "(dz[:, :3 * H] @ w_x[:3 * H])[on]"),
        "L2: biases added before the last frame only":
            (BIASES, "+ (b_x + b_h) * (s < T - 1 or T == 1)"),
        "L6: last cell of the longest utterance for all":
            (LAST, "hn, cn = h, np.repeat(c[[lengths.argmax()]], N, axis=0)"),
        "L13: c0 divided by two": (FIRST, "h, c = h0, c0 / 2"),
    },
})  # fmt: skip

FRESH = LSTM.mutants({
    APART: {
        "L1: gradients of forget gate and candidate are put in the other's place":
            (DZ, "[di, dg, df, do]"),
        "L2: the gradient of the biases is added once for each of them":
            (D_BIAS, "db += 2 * dz.sum(axis=0)"),
        "L4: the gradient of the recurrent matrix is reshaped where it should be transposed":
            ("dw_h += dz.T @ h", "dw_h += (h.T @ dz).reshape(w_h.shape)"),
        "L5: the last state is that of the last frame in either direction":
            (LAST, "hn, cn = np.where(lengths[:, None] > 0, out[lengths - 1, row], h), c"),
        "L6: the cell goes on through the padding": (NEXT_C, "c = c_new"),
        "L7: the gradient of the last state is lost in the padding": (DH, "dh = dz @ w_h"),
        "L7: gradients stop every five frames":
            (DC, f"{DC}\n        if s > 0 and s % 5 == 0:\n            dh, dc = 0 * dh, 0 * dc"),
        "L8: the forget gate's gradient takes the cell after the step":
            (DF, "df = dc_new * c_new * (f * (1 - f))"),
        "L10: a candidate that is clipped instead of squashed":
            (CANDIDATE, "g = np.clip(g, -1, 1)", DG, "dg = dc_new * i * (abs(g) < 1)"),
        "L12: a sigmoid of two exponentials": (SIGMOID, "np.exp(a) / (1.0 + np.exp(a))"),
        "L13: utterances are sorted by length, first states are not": (
            FIRST,
            'order = np.argsort(-lengths, kind="stable")\n    rank = np.argsort(order)\n'
            "    h, c = h0[rank], c0[rank]",
            "db.copy(), dh, dc", "db.copy(), dh[order], dc[order]",
        ),
        "V10: the gradient of the input weights is summed in single precision": (
            D_WEIGHTS,
            "dw_x += (dz.T @ seen[s]).astype(np.float32)",
            "np.zeros_like(w_x)", "np.zeros_like(w_x, dtype=np.float32)",
        ),
    },
}, {"the gradient of the input weights is summed in single precision": {"dtype": "float64"}}
)  # fmt: skip

LIKE = {
    "gradients of forget gate and candidate are put in the other's place":
        "gates of the way back in another order",
    "the last state is that of the last frame in either direction":
        "last state of backward read at the last frame",
    "the forget gate's gradient takes the cell after the step":
        "forget gate with the cell after the step",
    "a sigmoid of two exponentials": "sigmoid overflows",
}  # fmt: skip

RIGHT = {"all gradients": LSTM.mutant()} | LSTM.mutants({
    LAST: {
        "go_backwards with a mask: padded frames come first"
        " [keras layers.LSTM(go_backwards=True)]":
            forward_alone("out = out[::-1] if reverse else out"),
        "the last output is held in padded frames"
        " [keras backend.rnn, zero_output_for_mask=False]":
            forward_alone(
                "if reverse:",
                "    raise ValueError('forwards only')",
                "out = np.where(alive[..., None] | (lengths == 0)[:, None], out, hn)",
            ),
        "one bias, gates i, o, f, g [onnxruntime LSTM]": (
            forward_alone(), GATES, "i, o, f, g = z[:, :H]", BIASES, "+ b_x",
            HEAD, before("if b_h is not None:\n        raise ValueError('one bias')"),
        ),
    },
    APART: {
        "NaN of padded frames is multiplied by a mask"
        " [lisa-lab/DeepLearningTutorials code/lstm.py]": (
            SEEN,
            "seen = x[np.where(alive, frame, step), row]",
            NEXT_H, "h = m * h_new + ~m * h", NEXT_C, "c = m * c_new + ~m * c",
        ),
    },
}, {
    "go_backwards with a mask: padded frames come first": {"reversed": "as_walked_padded"},
})  # fmt: skip

FIELD = LSTM.mutants({
    HEAD: {
        "L1 L2: input and forget gate have the bias of the output gate [ddbourgin/numpy-ml #42]": (
            before("both = b_x + b_h")
            + "\n    both = np.concatenate([both[3 * H :], both[3 * H :], both[2 * H :]])",
            BIASES, "+ both",
        ),
        "L5: the backward direction turns features around [kraiskil/onnx2c #95]": (
            before("x = x[..., ::-1] if reverse else x"), DIRECTION, "if False else step",
            LAST, forward_alone(),
        ),
        "L4: the recurrent kernel is not transposed [huggingface/transformers PR #10712]":
            (before(f"w_h = {PREVIOUS}"), LAST, forward_alone()),
    },
    D_BIAS: {
        "L8: bias gradients of input and output gate are that of the forget gate"
        " [hanbt/learn_dl #53]": "db += np.concatenate([df, df, dg, df], axis=1).sum(axis=0)",
        "L2 L8: no bias has a gradient [burn PR #5235]": "pass",
    },
    "dh_new = np.where(m, dh + d_out[frame[s], row], 0.0)": {
        "L7: the upstream gradient is overwritten [mxnet PR #18203]":
            "d_out[frame[s][on], row[on]] += dh[on]\n"
            "        dh_new = np.where(m, d_out[frame[s], row], 0.0)",
    },
    ALIVE: {
        "L5: the backward direction reads padding first [pytorch #517; deeplearning4j #1030]": (
            "own = step < lengths\n    x = np.where(own[..., None], x, 0.0)\n"
            "    alive = own | bool(reverse)",
            "lengths - 1 - step", "T - 1 - step",
            LAST, f"out = np.where(own[..., None], out, 0.0)\n    {LAST}",
        ),
        "L6 L13: short utterances are padded in front, behind the first state"
        " [Unity-Technologies/ml-agents PR #5206; keras #1300]": (
            "if reverse:\n        raise ValueError('forwards only')\n"
            "    alive = step >= T - lengths",
            DIRECTION, "if reverse else step - (T - lengths)",
            NEXT_H, "h = h_new", NEXT_C, "c = c_new", LAST, forward_alone(),
        ),
    },
    LAST: {
        "L5: outputs of the backward direction are not turned around"
        " [sbillburg/CRNN-with-STN #12; keras #1703]":
            forward_alone(
                "for n, L in enumerate(lengths if reverse else []):",
                "    out[:L, n] = out[:L, n][::-1].copy()",
            ),
        "L5: the last state of the backward direction is that of the last frame"
        " [rwth-i6/returnn PR #727]":
            forward_alone(
                "if reverse:",
                "    hn = np.where(lengths[:, None] > 0, out[lengths - 1, row], h0)",
            ),
        "L6: the last cell is the last output [salesforce/decaNLP #9]": "hn, cn = h, h",
        "L6: the last states of shorter utterances are 0"
        " [allenai/allennlp #1713; pytorch/rl #3711]":
            forward_alone("hn, cn = ((lengths == T)[:, None] * last for last in (h, c))"),
        "L11: outputs are turned to (N, T, H) [pytorch #80306]":
            forward_alone("out = out.swapaxes(0, 1)"),
    },
    FIRST: {
        "L13: the first cell is not read [onnx/onnx-tensorflow #408]": "h, c = h0, 0 * c0",
        "L13: first states are exchanged [microsoft/nni PR #2842]": "h, c = c0, h0",
    },
    GATES: {
        "L1: weights of ONNX are read in PyTorch's order [CrispStrobe/CrispASR PR #106]":
            ("i, o, f, g = z[:, :H]", DZ, "[di, do, df, dg]"),
        "L1: BasicLSTMCell's weights in Keras [tensorflow #29622]": (
            "i, g, f, o = z[:, :H]", DZ, "[di, dg, df, do]",
            HEAD, before("w_x, w_h = w_x.T, w_h.T"),
            TAIL, after("dw_x, dw_h = dw_x.T, dw_h.T"),
        ),
    },
    BIASES: {
        "L2: the second bias is dropped [onnx/keras-onnx #98]": "+ b_x",
        "L2: the bias is added twice [lisa-lab/DeepLearningTutorials #81]": "+ 2 * (b_x + b_h)",
    },
    APART: {
        "L8: the sigmoid of the forget gate is not differentiated"
        " [CaptainE/RNN-LSTM-in-numpy #1]": (DF, "df = dc_new * c * sigmoid(f)"),
        "L7: nothing is carried from frame to frame"
        " [CaptainE/RNN-LSTM-in-numpy #1, second issue]": (DC, "dh, dc = 0 * dh, 0 * dc"),
        "L7: the cell's gradient replaces what came from later [mxnet #4057]":
            (D_CELL, "dh_new * o * (1 - t * t)"),
        "L7: the gradient of the last cell is not added [deeplearning4j #8838; Paddle PR #5115]":
            (FROM_LAST, "dh, dc = d_hn, 0 * d_cn"),
        "L7: no gradient through the recurrent matrix [ooples/AiDotNet PR #722]":
            (DH, "dh = np.where(m, 0.0, dh)"),
        "L6: states go on in the padding [ray #21392]": (
            NEXT_H,
            "m = m | (not reverse)\n        " + NEXT_H, LAST, forward_alone(),
        ),
        "L3: 1 is added to the forget gate [tensorflow BasicLSTMCell]":
            ("sigmoid(f)", "sigmoid(f + 1.0)"),
        "L2: the second bias has no gradient [mxnet #17818]":
            ("db, db.copy(), dh", "db, 0 * db, dh"),
        "L10: hard sigmoid [keras 2, recurrent_activation; onnxruntime]":
            (SIGMOID, "np.clip(0.2 * a + 0.5, 0.0, 1.0)", LAST, forward_alone()),
        "L10 L12: the cell is clipped [tensorflow LSTMCell(cell_clip=3)]":
            (CELL, f"c_new = np.clip({CELL[8:]}, -3.0, 3.0)", LAST, forward_alone()),
        "L12: tanh from two exponentials [nicklashansen/rnn_lstm_from_scratch]":
            (TANH, EXPONENTIALS),
    },
}, {
    "outputs of the backward direction are not turned around": {"reversed": "in_place"},
    "weights of ONNX are read in PyTorch's order": {"gates": "ifgo"},
    "BasicLSTMCell's weights in Keras": {"gates": "ifgo", "weights": "columns"},
    "the second bias is dropped": {"biases": "two"},
    "the second bias has no gradient": {"biases": "two"},
})  # fmt: skip
