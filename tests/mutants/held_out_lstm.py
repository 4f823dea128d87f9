"""LSTM defects made without a look at the kit.

Each class was written down before the kit was asked, and none was changed. What resembles a defect
of an earlier set was marked afterwards.
"""

from functools import partial

from mutants.edited import Plant, edited
from mutants.lstm import SOURCE

_lstm = partial(edited, SOURCE, "lstm")
RIGHT = _lstm()

FRESH = {
    "gradients of forget gate and candidate are put in the other's place": Plant(
        "L1",
        _lstm(
            "np.concatenate([di, df, dg, do], axis=1)", "np.concatenate([di, dg, df, do], axis=1)"
        ),
        like="gates of the way back in another order",
    ),
    "the gradient of the biases is added once for each of them": Plant(
        "L2",
        _lstm("db += dz.sum(axis=0)", "db += 2 * dz.sum(axis=0)"),
    ),
    "the gradient of the recurrent matrix is reshaped where it should be transposed": Plant(
        "L4",
        _lstm("dw_h += dz.T @ h", "dw_h += (h.T @ dz).reshape(w_h.shape)"),
    ),
    "the last state is that of the last frame in either direction": Plant(
        "L5",
        _lstm(
            "    hn, cn = h, c\n",
            "    hn, cn = np.where(lengths[:, None] > 0, out[lengths - 1, row], h), c\n",
        ),
        like="last state of backward read at the last frame",
    ),
    "the cell goes on through the padding": Plant(
        "L6",
        _lstm("        c = np.where(m, c_new, c)\n", "        c = c_new\n"),
    ),
    "the gradient of the last state is lost in the padding": Plant(
        "L7",
        _lstm("        dh = np.where(m, dz @ w_h, dh)\n", "        dh = dz @ w_h\n"),
    ),
    "gradients stop every five frames": Plant(
        "L7",
        _lstm(
            "        dc = np.where(m, dc_new * f, dc)\n",
            "        dc = np.where(m, dc_new * f, dc)\n"
            "        if s > 0 and s % 5 == 0:\n"
            "            dh, dc = 0 * dh, 0 * dc\n",
        ),
    ),
    "the forget gate's gradient takes the cell after the step": Plant(
        "L8",
        _lstm("df = dc_new * c * (f * (1 - f))", "df = dc_new * c_new * (f * (1 - f))"),
        like="forget gate with the cell after the step",
    ),
    "a candidate that is clipped instead of squashed": Plant(
        "L10",
        _lstm(
            "        g = squash(g)\n",
            "        g = np.clip(g, -1, 1)\n",
            "dg = dc_new * i * (1 - g * g)",
            "dg = dc_new * i * (abs(g) < 1)",
        ),
    ),
    "a sigmoid of two exponentials": Plant(
        "L12",
        _lstm(
            "np.where(a < 0, np.exp(np.minimum(a, 0)), 1.0) / (1.0 + np.exp(-np.abs(a)))",
            "np.exp(a) / (1.0 + np.exp(a))",
        ),
        like="sigmoid overflows",
    ),
    "utterances are sorted by length, first states are not": Plant(
        "L13",
        _lstm(
            "    h, c = h0, c0\n",
            '    order = np.argsort(-lengths, kind="stable")\n'
            "    rank = np.argsort(order)\n"
            "    h, c = h0[rank], c0[rank]\n",
            "db.copy(), dh, dc\n",
            "db.copy(), dh[order], dc[order]\n",
        ),
    ),
    "the gradient of the input weights is summed in single precision": Plant(
        "V10",
        _lstm(
            "dw_x, dw_h, db = np.zeros_like(w_x),",
            "dw_x, dw_h, db = np.zeros_like(w_x, dtype=np.float32),",
            "        dw_x += dz.T @ seen[s]\n",
            "        dw_x += (dz.T @ seen[s]).astype(np.float32)\n",
        ),
        {"dtype": "float64"},
    ),
}
