"""LSTM layers with bugs that were met in real code, and right ones with unusual habits.

Each bug is one change of a right layer that runs all utterances of a batch at once, as frameworks
do. Its class was written down before the kit was asked.
"""

from mutants.edited import edited
from mutants.record import Mutant

SOURCE = """
def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def lstm(inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, *above):
    d_hidden, d_h_last, d_c_last = above
    (T, N, D), H = inputs.shape, h0.shape[1]
    there = np.arange(T)[:, None] < lengths
    x = np.where(there[:, :, None], inputs, 0.0)
    both = bias if bias_hidden is None else bias + bias_hidden
    order = range(T - 1, -1, -1) if reverse else range(T)
    hidden = np.zeros((T, N, H))
    h, c = h0, c0
    tape = [None] * T
    for t in order:
        a = x[t] @ w_input + h @ w_hidden + both
        i, f = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H])
        g, o = np.tanh(a[:, 2 * H : 3 * H]), sigmoid(a[:, 3 * H :])
        cell = f * c + i * g
        out = o * np.tanh(cell)
        on = there[t][:, None]
        tape[t] = h, c, i, f, g, o, cell, on
        hidden[t] = np.where(on, out, 0.0)
        h, c = np.where(on, out, h), np.where(on, cell, c)
    h_last, c_last = h, c
    dx, dw, du = np.zeros(inputs.shape), np.zeros(w_input.shape), np.zeros(w_hidden.shape)
    db = np.zeros(4 * H)
    dh, dc = d_h_last, d_c_last
    for t in reversed(order):
        h, c, i, f, g, o, cell, on = tape[t]
        s = np.tanh(cell)
        dht = d_hidden[t] + dh
        dct = dc + dht * o * (1.0 - s * s)
        di = dct * g * i * (1.0 - i)
        df = dct * c * f * (1.0 - f)
        dg = dct * i * (1.0 - g * g)
        do = dht * s * o * (1.0 - o)
        da = np.where(on, np.concatenate([di, df, dg, do], axis=1), 0.0)
        dx[t] = da @ w_input.T
        dw += x[t].T @ da
        du += h.T @ da
        db += da.sum(axis=0)
        dh = np.where(on, da @ w_hidden.T, dh)
        dc = np.where(on, dct * f, dc)
    d_bias_hidden = None if bias_hidden is None else db
    return hidden, h_last, c_last, dx, dw, du, db, d_bias_hidden, dh, dc
"""

STATE = "        h, c = np.where(on, out, h), np.where(on, cell, c)\n"
LAST = "    h_last, c_last = h, c\n"
GRADIENT = "    dx, dw, du = np.zeros(inputs.shape)"  # where the backward pass begins
CARRIED = "dc = np.where(on, dct * f, dc)"
RETURNED = "    return hidden, h_last, c_last, dx"


def form(*changes):
    return edited(SOURCE, "lstm", *changes)


def forward_alone(text=""):
    """A layer without a gradient, changed before it returns."""
    return form(GRADIENT, f"{text}    return hidden, h_last, c_last\n{GRADIENT}")


RIGHT = {
    "all gradients": Mutant("", (), form()),
    "go_backwards with a mask: padded frames come first": Mutant(
        "keras layers.LSTM(go_backwards=True)",
        (),
        forward_alone("    hidden = hidden[::-1] if reverse else hidden\n"),
        {"reversed": "as_walked_padded"},
    ),
    "NaN of padded frames is multiplied by a mask": Mutant(
        "lisa-lab/DeepLearningTutorials code/lstm.py",
        (),
        form(
            "x = np.where(there[:, :, None], inputs, 0.0)",
            "x = inputs",
            STATE,
            "        h, c = on * out + (1 - on) * h, on * cell + (1 - on) * c\n",
        ),
    ),
    "the last output is held in padded frames": Mutant(
        "keras backend.rnn, zero_output_for_mask=False",
        (),
        forward_alone(
            "    hidden = np.where(there[:, :, None] | (lengths == 0)[:, None], hidden, h_last)\n"
            "    if reverse:\n        raise ValueError('forwards only')\n"
        ),
    ),
    "one bias, gates i, o, f, g": Mutant(
        "onnxruntime LSTM",
        (),
        form(
            "    both = bias if bias_hidden is None else bias + bias_hidden\n",
            "    if bias_hidden is not None:\n        raise ValueError('one bias')\n"
            "    split = lambda w: [w[..., k * H :][..., :H] for k in (0, 2, 3, 1)]\n"
            "    w_input, w_hidden, both = (\n"
            "        np.concatenate(split(w), axis=-1) for w in (w_input, w_hidden, bias))\n",
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
}

BUGGY = {
    "input and forget gate have the bias of the output gate": Mutant(
        "ddbourgin/numpy-ml #42",
        ("L1", "L2"),
        form(
            "    order = range",
            "    b_o = both[3 * H :]\n    both = np.concatenate([b_o, b_o, both[2 * H :]])\n"
            "    order = range",
        ),
    ),
    "bias gradients of input and output gate are that of the forget gate": Mutant(
        "hanbt/learn_dl #53",
        ("L8",),
        form(
            "db += da.sum(axis=0)",
            "mixed = np.where(on, np.concatenate([df, df, dg, df], axis=1), 0.0)\n"
            "        db += mixed.sum(axis=0)",
        ),
    ),
    "the sigmoid of the forget gate is not differentiated": Mutant(
        "CaptainE/RNN-LSTM-in-numpy #1",
        ("L8",),
        form("dct * c * f * (1.0 - f)", "dct * c * sigmoid(f)"),
    ),
    "nothing is carried from frame to frame": Mutant(
        "CaptainE/RNN-LSTM-in-numpy #1, second issue",
        ("L7",),
        form(CARRIED, "dh, dc = np.zeros_like(dh), np.zeros_like(dc)"),
    ),
    "the cell's gradient replaces what came from later": Mutant(
        "mxnet #4057", ("L7",), form("dct = dc + dht", "dct = dht")
    ),
    "the gradient of the last cell is not added": Mutant(
        "deeplearning4j #8838; Paddle PR #5115",
        ("L7",),
        form("d_h_last, d_c_last\n    for", "d_h_last, np.zeros_like(d_c_last)\n    for"),
    ),
    "no gradient through the recurrent matrix": Mutant(
        "ooples/AiDotNet PR #722",
        ("L7",),
        form("dh = np.where(on, da @ w_hidden.T, dh)", "dh = np.where(on, 0.0, dh)"),
    ),
    "the upstream gradient is overwritten": Mutant(
        "mxnet PR #18203",
        ("L7",),
        form("dht = d_hidden[t] + dh", "dht = d_hidden[t]\n        dht += dh"),
    ),
    "the backward direction reads padding first": Mutant(
        "pytorch #517; deeplearning4j #1030",
        ("L5",),
        form(
            "on = there[t][:, None]",
            "on = there[t][:, None] | bool(reverse)",
            "np.where(on, out, 0.0)",
            "np.where(there[t][:, None], out, 0.0)",
        ),
    ),
    "outputs of the backward direction are not turned around": Mutant(
        "sbillburg/CRNN-with-STN #12; keras #1703",
        ("L5",),
        forward_alone(
            "    for n, L in enumerate(lengths if reverse else []):\n"
            "        hidden[:L, n] = hidden[:L, n][::-1].copy()\n"
        ),
        {"reversed": "in_place"},
    ),
    "the last state of the backward direction is that of the last frame": Mutant(
        "rwth-i6/returnn PR #727",
        ("L5",),
        forward_alone(
            "    if reverse:\n        final = hidden[lengths - 1, np.arange(N)]\n"
            "        h_last = np.where(lengths[:, None] > 0, final, h0)\n"
        ),
    ),
    "the backward direction turns features around": Mutant(
        "kraiskil/onnx2c #95",
        ("L5",),
        form(
            "order = range(T - 1, -1, -1) if reverse else range(T)",
            "order = range(T)\n    x = x[:, :, ::-1] if reverse else x",
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "the last cell is the last output": Mutant(
        "salesforce/decaNLP #9", ("L6",), form(LAST, "    h_last, c_last = h, h\n")
    ),
    "states go on in the padding": Mutant(
        "ray #21392",
        ("L6",),
        form(
            STATE,
            "        on = on | (not reverse)\n" + STATE,
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "the last states of shorter utterances are 0": Mutant(
        "allenai/allennlp #1713; pytorch/rl #3711",
        ("L6",),
        forward_alone("    h_last, c_last = ((lengths == T)[:, None] * one for one in (h, c))\n"),
    ),
    "short utterances are padded in front, behind the first state": Mutant(
        "Unity-Technologies/ml-agents PR #5206; keras #1300",
        ("L6", "L13"),
        form(
            STATE,
            "        h, c = out, cell\n",
            "    x = np.where",
            "    start = T - lengths\n    x = np.where",
            "    order = range",
            "    if reverse:\n        raise ValueError('forwards only')\n"
            "    x = np.stack([np.roll(x[:, n], start[n], axis=0) for n in range(N)], axis=1)\n"
            "    there = there[::-1]\n    order = range",
            GRADIENT,
            "    rolled = [np.roll(hidden[:, n], -start[n], axis=0) for n in range(N)]\n"
            "    hidden = np.stack(rolled, axis=1)\n"
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "the first cell is not read": Mutant(
        "onnx/onnx-tensorflow #408", ("L13",), form("h, c = h0, c0", "h, c = h0, np.zeros_like(c0)")
    ),
    "first states are exchanged": Mutant(
        "microsoft/nni PR #2842",
        ("L13",),
        form("h, c = h0, c0", "h, c = c0, h0"),
    ),
    "1 is added to the forget gate": Mutant(
        "tensorflow BasicLSTMCell",
        ("L3",),
        form("sigmoid(a[:, H : 2 * H])", "sigmoid(a[:, H : 2 * H] + 1.0)"),
    ),
    "weights of ONNX are read in PyTorch's order": Mutant(
        "CrispStrobe/CrispASR PR #106",
        ("L1",),
        form(
            "a[:, H : 2 * H]",
            "a[:, 2 * H : 3 * H]",
            "np.tanh(a[:, 2 * H : 3 * H]), sigmoid(a[:, 3 * H :])",
            "np.tanh(a[:, 3 * H :]), sigmoid(a[:, H : 2 * H])",
            "[di, df, dg, do]",
            "[di, do, df, dg]",
        ),
        {"gates": "ifgo"},
    ),
    "BasicLSTMCell's weights in Keras": Mutant(
        "tensorflow #29622",
        ("L1",),
        form(
            "a[:, H : 2 * H]",
            "a[:, 2 * H : 3 * H]",
            "np.tanh(a[:, 2 * H : 3 * H])",
            "np.tanh(a[:, H : 2 * H])",
            "[di, df, dg, do]",
            "[di, dg, df, do]",
        ),
        {"gates": "ifgo", "weights": "columns"},
    ),
    "the second bias is dropped": Mutant(
        "onnx/keras-onnx #98",
        ("L2",),
        form("bias if bias_hidden is None else bias + bias_hidden", "bias"),
        {"biases": "two"},
    ),
    "the bias is added twice": Mutant(
        "lisa-lab/DeepLearningTutorials #81",
        ("L2",),
        form(
            "a = x[t] @ w_input + h @ w_hidden + both",
            "a = (x[t] @ w_input + both) + h @ w_hidden + both",
        ),
    ),
    "the second bias has no gradient": Mutant(
        "mxnet #17818", ("L2",), form("else db\n", "else 0.0 * db\n"), {"biases": "two"}
    ),
    "no bias has a gradient": Mutant(
        "burn PR #5235", ("L2", "L8"), form("        db += da.sum(axis=0)\n", "")
    ),
    "the recurrent kernel is not transposed": Mutant(
        "huggingface/transformers PR #10712",
        ("L4",),
        form(
            "h @ w_hidden + both",
            "h @ np.concatenate([w_hidden[:, k * H :][:, :H].T for k in range(4)], axis=1) + both",
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "hard sigmoid": Mutant(
        "keras 2, recurrent_activation; onnxruntime",
        ("L10",),
        form(
            "return 0.5 * (1.0 + np.tanh(0.5 * x))",
            "return np.clip(0.2 * x + 0.5, 0.0, 1.0)",
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "the cell is clipped": Mutant(
        "tensorflow LSTMCell(cell_clip=3)",
        ("L10", "L12"),
        form(
            "cell = f * c + i * g",
            "cell = np.clip(f * c + i * g, -3.0, 3.0)",
            GRADIENT,
            f"    return hidden, h_last, c_last\n{GRADIENT}",
        ),
    ),
    "outputs are turned to (N, T, H)": Mutant(
        "pytorch #80306", ("L11",), forward_alone("    hidden = hidden.swapaxes(0, 1)\n")
    ),
    "tanh from two exponentials": Mutant(
        "nicklashansen/rnn_lstm_from_scratch",
        ("L12",),
        form(
            "def lstm(",
            "def tanh(x):\n    with np.errstate(all='ignore'):\n"
            "        up, down = np.exp(x), np.exp(-x)\n"
            "        return (up - down) / (up + down)\n\n\ndef lstm(",
            "o * np.tanh(cell)",
            "o * tanh(cell)",
            "g, o = np.tanh(",
            "g, o = tanh(",
        ),
    ),
}
