"""A right LSTM, written apart from the kit's, and defects as changes of its text.

It walks the whole batch at once under a mask, with the weights of torch; the kit's plain one walks
one utterance after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mutants.edited import edited

SOURCE = """
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
"""

HEAD = "    T, N, D = x.shape\n"
TAIL = "    return out, hn, cn, dx, dw_x, dw_h, db, db.copy(), dh, dc\n"
STEP = "        c_new = f * c + i * g\n"


@dataclass(frozen=True)
class Planted:
    """A defect: its class, what stands for what in the text, and what the user tells."""

    bug: str
    changes: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...] = ()

    def function(self) -> Callable[..., Any]:
        """The implementation that has it."""
        return edited(SOURCE, "lstm", *(text for change in self.changes for text in change))


def planted(bug: str, *changes: str, **told: str) -> Planted:
    """Pairs of old and new text."""
    pairs = tuple(zip(changes[::2], changes[1::2], strict=True))
    return Planted(bug, pairs, tuple(told.items()))


def taken(line: str) -> tuple[str, str]:
    """A line before everything else."""
    return HEAD, f"    {line}\n{HEAD}"


def given(line: str) -> tuple[str, str]:
    """A line after everything else."""
    return TAIL, f"    {line}\n{TAIL}"


RIGHT = Planted("", ())
MASKED = planted(  # right for every number; NaN in padding comes through, since 0 NaN is NaN
    "", "seen = np.where(alive[..., None], x[frame, row], 0.0)",
    "seen = alive[..., None] * x[np.where(alive, frame, step), row]",
)  # fmt: skip
BLOCKS = "w_h.reshape(4, {H}, {H}).transpose(0, 2, 1).reshape(w_h.shape)"

DEFECTS = {
    # L1: gates
    "all gates in the order f, i, g, o": planted(
        "L1",
        "i, f, g, o = z[:, :H]", "f, i, g, o = z[:, :H]",
        "concatenate([di, df, dg, do]", "concatenate([df, di, dg, do]",
        gates="ifgo",
    ),
    "recurrent weights in the order of ONNX": planted(
        "L1",
        *taken("R = lambda w: w.reshape(4, -1)[[0, 3, 1, 2]].reshape(w.shape); w_h = R(w_h)"),
        *given("dw_h = dw_h.reshape(4, -1)[[0, 2, 3, 1]].reshape(dw_h.shape)"),
    ),
    "biases with f and g exchanged": planted(
        "L1",
        *taken("S = lambda b: b.reshape(4, -1)[[0, 2, 1, 3]].ravel(); b_x, b_h = S(b_x), S(b_h)"),
        *given("db = S(db)"),
    ),
    "gradients of the weights in another order": planted(
        "L1",
        *given(
            "P = lambda w: w.reshape(4, -1)[[0, 1, 3, 2]].reshape(w.shape);"
            " dw_x, dw_h, db = P(dw_x), P(dw_h), P(db)"
        ),
    ),
    # L2: biases
    "second bias dropped": planted("L2", "+ b_x + b_h", "+ b_x"),
    "first bias added twice": planted("L2", "+ b_x + b_h", "+ b_x + b_x"),
    "bias gradient halved": planted("L2", *given("db = db / 2")),
    "second bias gradient zero": planted("L2", "db, db.copy(), dh", "db, 0 * db, dh"),
    # L3
    "forget bias of 1 added": planted("L3", "sigmoid(f)", "sigmoid(f + 1)"),
    # L4: recurrent matrix
    "recurrent matrix transposed": planted(
        "L4",
        *taken(f"H = h0.shape[1]; w_h = {BLOCKS.format(H='H')}"),
        *given(f"dw_h = {BLOCKS.format(H='H').replace('w_h', 'dw_h')}"),
    ),
    "recurrent matrix transposed on the way back": planted(
        "L4", "dz @ w_h, dh", f"dz @ {BLOCKS.format(H='H')}, dh"
    ),
    "weights stacked unit by unit": planted(
        "L4",
        *taken(
            "U = lambda w: w.reshape(-1, 4, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape);"
            " w_x, w_h, b_x, b_h = U(w_x), U(w_h), U(b_x), U(b_h)"
        ),
    ),
    "recurrent matrix left out": planted("L4", " + h @ w_h.T", ""),
    # L5: backward direction
    "backward starts in the padding": planted(
        "L5", "alive = step < lengths", "alive = step < (np.full(N, T) if reverse else lengths)",
        "lengths - 1 - step", "T - 1 - step",
    ),
    "backward walks forward": planted("L5", "if reverse else step", "if False else step"),
    "backward turns features": planted(
        "L5", *taken("x = x[..., ::-1] if reverse else x"),
        "if reverse else step", "if False else step",
        *given("dx = dx[..., ::-1] if reverse else dx"),
    ),
    "last state of backward read at the last frame": planted(
        "L5", "hn, cn = h, c", "hn, cn = (out[lengths - 1, row] if reverse else h), c",
    ),
    # L6: lengths
    "lengths ignored": planted("L6", "alive = step < lengths", "alive = step < np.full(N, T)"),
    "states run on through the padding": planted(
        "L6", "seen = np.where(alive[..., None], x[frame, row], 0.0)",
        "seen = np.where(alive[..., None], x[frame, row], x[step, row])",
        "h = np.where(m, h_new, h)", "h = h_new", "c = np.where(m, c_new, c)", "c = c_new",
    ),
    "last hidden state read in the last padded frame": planted(
        "L6", "hn, cn = h, c", "hn, cn = (h if reverse else out[-1]), c"
    ),
    "padded outputs pull at the last frame": planted(
        "L6", "dh, dc = d_hn, d_cn",
        "dh, dc = d_hn + np.where(step >= lengths, 1, 0)[..., None].__mul__(d_out).sum(0), d_cn",
    ),
    # L7: through time
    "gradient of the last cell not added": planted("L7", "dc = d_hn, d_cn", "dc = d_hn, 0 * d_cn"),
    "gradient of the last hidden not added": planted("L7", "= d_hn, d_cn", "= 0 * d_hn, d_cn"),
    "dc overwritten": planted("L7", "dc + dh_new * o", "dh_new * o"),
    "dh not carried": planted("L7", "np.where(m, dz @ w_h, dh)", "np.where(m, 0 * dh, dh)"),
    "dc without the forget gate": planted("L7", "dc_new * f, dc)", "dc_new, dc)"),
    "recurrent gradient with h of the same step": planted("L7", "dz.T @ h\n",
                                                          "dz.T @ (o * np.tanh(c_new))\n"),
    "weight gradients overwritten": planted("L7", "dw_x += ", "dw_x[:] = ",
                                            "dw_h += ", "dw_h[:] = "),
    "gradient of c0 zero": planted("L7", *given("dc = 0 * dc")),
    "weight gradients averaged over the batch": planted(
        "L7", *given("dw_x, dw_h, db = dw_x / N, dw_h / N, db / N")
    ),
    # L8: single gates
    "input gate without the slope of its sigmoid": planted("L8", "g * (i * (1 - i))", "g"),
    "forget gate with the cell after the step": planted("L8", "dc_new * c *", "dc_new * c_new *"),
    "candidate with slope 1 - g": planted("L8", "(1 - g * g)", "(1 - g)"),
    "output gate without tanh": planted("L8", "dh_new * t *", "dh_new * c_new *"),
    "cell without the slope of tanh": planted("L8", "o * (1 - t * t)", "o"),
    "bias gradient of i and o copied from f": planted(
        "L8", *given("db = db.reshape(4, H)[[1, 1, 2, 1]].ravel()")
    ),
    # L9
    "dropout left on": planted(
        "L9",
        *given("out = 2 * out * (np.random.default_rng(0).random(out.shape) < 0.5)"),
    ),
    # L10: another cell
    "hard sigmoid": planted(
        "L10",
        "    return np.where(a < 0, np.exp(np.minimum(a, 0)), 1.0) / (1.0 + np.exp(-np.abs(a)))",
        "    return np.clip(0.2 * a + 0.5, 0, 1)",
    ),
    "no tanh of the cell": planted("L10", "h_new = o * squash(c_new)", "h_new = o * c_new",
                                   "t = np.tanh(c_new)", "t = c_new",
                                   "o * (1 - t * t)", "o"),
    "coupled gates": planted("L10", "g = squash(g)\n", "g = squash(g)\n        f = 1 - i\n",
                             "di = dc_new * g *", "di = dc_new * (g - c) *",
                             "df = dc_new * c *", "df = 0 * c *"),
    "sigmoid candidate": planted("L10", "g = squash(g)", "g = sigmoid(g)",
                                 "(1 - g * g)", "(g * (1 - g))"),
    # L11: axes
    "batch first": planted("L11", *taken("x, d_out = x.swapaxes(0, 1), d_out.swapaxes(0, 1)"),
                           *given("out, dx = out.swapaxes(0, 1), dx.swapaxes(0, 1)"), layout="TND"),
    "outputs reshaped from batch first": planted(
        "L11", *given("out = out.swapaxes(0, 1).reshape(out.shape)")
    ),
    # L12: large inputs
    "sigmoid overflows": planted(
        "L12", "np.where(a < 0, np.exp(np.minimum(a, 0)), 1.0) / (1.0 + np.exp(-np.abs(a)))",
        "np.exp(a) / (1.0 + np.exp(a))",
    ),
    "tanh overflows": planted("L12", "    return np.tanh(a)",
                              "    return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))"),
    # L13: first states
    "h0 left out": planted("L13", "h, c = h0, c0", "h, c = 0 * h0, c0"),
    "c0 of the first utterance for all": planted(
        "L13", "h, c = h0, c0", "h, c = h0, np.repeat(c0[:1], N, axis=0)"
    ),
    # memory and digits
    "strides ignored": planted(
        "G10",
        *taken("x = np.lib.stride_tricks.as_strided(x, strides=np.empty(x.shape).strides)"),
    ),
    "single precision inside": planted(
        "V10", "h = np.where(m, h_new, h)", "h = np.where(m, h_new, h).astype(np.float32)",
        dtype="float64",
    ),
}  # fmt: skip

HELD_OUT = {
    "gradients of the gates clipped to 1": planted(
        "L8", "dz = np.concatenate([di, df, dg, do], axis=1)",
        "dz = np.clip(np.concatenate([di, df, dg, do], axis=1), -1, 1)",
    ),
    "nothing carried back beyond two steps": planted(
        "L7", "dh = np.where(m, dz @ w_h, dh)", "dh = np.where(m, dz @ w_h * (s % 2), dh)",
        "dc = np.where(m, dc_new * f, dc)", "dc = np.where(m, dc_new * f * (s % 2), dc)",
    ),
    "gates of the way back in another order": planted("L1", "[di, df, dg, do]", "[di, df, do, dg]"),
    "softsign candidate": planted("L10", "g = squash(g)", "g = g / (1 + np.abs(g))",
                                  "(1 - g * g)", "(1 - np.abs(g)) ** 2"),
    "peephole into the output gate": planted("L10", "sigmoid(f), sigmoid(o)",
                                             "sigmoid(f), sigmoid(o + c / 4)"),
    "outputs pull at the step before": planted("L7", "d_out[frame[s], row]",
                                               "d_out[np.roll(frame, 1, 0)[s], row]"),
    "lengths in 8 bits": planted("L6", *taken("lengths = lengths & 0xFF")),
    "units beyond a multiple of four do not recur": planted(
        "L4", *taken("w_h = w_h * (np.arange(w_h.shape[1]) < w_h.shape[1] // 4 * 4)")
    ),
    "state in half precision": planted(
        "V10", "h = np.where(m, h_new, h)", "h = np.where(m, h_new, h).astype(np.float16)",
    ),
    "variational dropout of the recurrence": planted(
        "L9", "+ h @ w_h.T", "+ (2 * h * (np.arange(H) % 2)) @ w_h.T"
    ),
    "gradient of the inputs without the output gate": planted("L8", "(dz @ w_x)[on]",
                                                             "(dz[:, :3 * H] @ w_x[:3 * H])[on]"),
    "forget bias of a half added": planted("L3", "sigmoid(f)", "sigmoid(f + 0.5)"),
    "backward starts at the longest length": planted(
        "L5", "alive = step < lengths",
        "alive = step < (np.full(N, lengths.max()) if reverse else lengths)",
        "lengths - 1 - step", "lengths.max() - 1 - step",
    ),
    # made up after the others, when the kit was finished
    "h of two steps before": planted(
        "L4", "    tape = []\n", "    tape = []\n    older = h0\n",
        "h @ w_h.T + b_x", "older @ w_h.T + b_x",
        "h = np.where(m, h_new, h)", "older, h = h, np.where(m, h_new, h)",
    ),
    "candidate halved": planted("L10", "g = squash(g)", "g = squash(g) / 2"),
    "biases added before the last frame only": planted(
        "L2", "+ b_x + b_h", "+ (b_x + b_h) * (s < T - 1 or T == 1)"
    ),
    "gradient of h0 of the last utterance for all": planted(
        "L7", *given("dh = np.repeat(dh[-1:], N, axis=0)")
    ),
    "one length too few in the backward direction": planted(
        "L5", "alive = step < lengths", "alive = step < lengths - (reverse and T > lengths.min())"
    ),
    "last cell of the longest utterance for all": planted(
        "L6", "hn, cn = h, c", "hn, cn = h, np.repeat(c[[lengths.argmax()]], N, axis=0)"
    ),
    "inputs clipped to 1": planted("L12", *taken("x = np.clip(x, -100, 100)")),
    "c0 divided by two": planted("L13", "h, c = h0, c0", "h, c = h0, c0 / 2"),
    "forget gate of the step after carries the cell back": planted(
        "L7", "dc = np.where(m, dc_new * f, dc)",
        "dc = np.where(m, dc_new * (tape[s + 1][3] if s + 1 < T else f), dc)",
    ),
    "slope of the output gate of the batch mean": planted(
        "L8", "dh_new * t * (o * (1 - o))", "dh_new * t * (o * (1 - o)).mean(0)"
    ),
    "second half of the units without recurrence": planted(
        "L4", "+ h @ w_h.T", "+ (h * (np.arange(H) < max(H // 2, 1))) @ w_h.T"
    ),
    "outputs laid out as (H, N)": planted(
        "L11", *given("out = out.swapaxes(1, 2).reshape(out.shape)")
    ),
}  # fmt: skip
