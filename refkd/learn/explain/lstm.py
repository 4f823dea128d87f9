"""An LSTM step by step: gates, cell state and hidden state, then each term of the gradient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.learn.explain.lstm_backward import Backward, state_before, unit_heads
from refkd.learn.explain.narration import Narration, Step, Table, frames_heads, narrated_frames
from refkd.networks.lstm import lstm_grad, lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.networks.traces import LSTMGrads, LSTMTrace

GATES = "ifgo"


def explain_lstm(
    params: LSTMParams,
    inputs: ArrayLike,
    d_hidden: ArrayLike | None = None,
    reverse: bool = False,
    frames: range | None = None,
) -> Narration:
    """Explain the states of an LSTM and the gradients in its weights.

    Parameters
    ----------
    params : LSTMParams
        Weights for F inputs and H hidden units.
    inputs : (T, F) array
        One row for each frame.
    d_hidden : (T, H) array, optional
        Gradient from above in every hidden[t]; by default 1 in the last state of the pass, so
        that the loss is the sum of its elements.
    reverse : bool
        Begin at the last frame.
    frames : range, optional
        The frames to print; everything is computed over the whole utterance.

    Returns
    -------
    Narration
        Its numbers are those of `refkd.lstm_trace` and `refkd.lstm_grad`.

    Raises
    ------
    ArgumentError
        As these.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.learn.explain.lstm import explain_lstm
    >>> params = refkd.LSTMParams(np.array([[0.0, 0, 1, 0]]), np.zeros((1, 4)), np.zeros(4))
    >>> narration = explain_lstm(params, np.array([[1.0], [0.0]]))
    >>> [step.title for step in narration.steps][:3]
    ['Inputs and weights', 'Frame 0: the gates', 'Frame 0: cell and hidden state']
    """
    trace = lstm_trace(params, inputs, reverse=check.flag("reverse", reverse))
    T, H = trace.hidden.shape
    if d_hidden is None:
        d_hidden = np.zeros((T, H))
        d_hidden[0 if reverse else T - 1] = 1.0
    above = check.finite_array("d_hidden", d_hidden, (T, H)).astype(np.float64)
    grads = lstm_grad(params, trace, above)
    seen = narrated_frames(frames, T)
    order = seen[::-1] if reverse else seen
    forward = _Forward(params, trace)
    steps = [forward.inputs(order)]
    for t in order:
        steps += [forward.gates(t), forward.states(t)]
    steps += Backward(params, trace, above).steps(order)
    steps += _sums(grads, seen)
    way = "from the last frame to the first" if reverse else "from the first frame to the last"
    return Narration(
        f"LSTM: {H} unit{'s' * (H > 1)}, {T} frames",
        f"The pass goes {way}. Gates are in the order i, f, g, o, products are element by element.",
        tuple(steps),
    )


@dataclass(frozen=True)
class _Forward:
    """What the steps of the forward pass are narrated from."""

    params: LSTMParams
    trace: LSTMTrace

    def inputs(self, order: Sequence[int]) -> Step:
        inputs = self.trace.inputs[list(order)]
        rows = [f"x_t[{j}]" for j in range(self.params.inputs)]
        return Step(
            "Inputs and weights",
            "The inputs of each frame, and the weights that all frames share: W_x from the input, "
            "W_h from the hidden state before, and the bias b.",
            ("L1",),
            (
                Table("inputs", "", rows, frames_heads("t", order), inputs.T),
                weight_table(
                    "weights", self.params.w_input, self.params.w_hidden, self.params.bias
                ),
            ),
        )

    def gates(self, t: int) -> Step:
        params, trace = self.params, self.trace
        from_input, before = trace.inputs[t] @ params.w_input, state_before(trace, t)[0]
        from_state = before @ params.w_hidden
        cells = [
            from_input,
            params.bias,
            from_state,
            from_input + params.bias + from_state,
            trace.gates[t],
        ]
        return Step(
            f"Frame {t}: the gates",
            "The preactivation a is the sum of three parts: from the input, the bias, and the "
            "hidden state before. The sigmoid of a is i, f and o, between 0 and 1; tanh of a is "
            "the candidate g, between -1 and 1.",
            ("L1", "L2", "L3", "L4", "L5"),
            (
                Table(
                    f"gates at frame {t}",
                    "",
                    ["x W_x", "b", "h W_h", "a", "gate"],
                    gate_heads(params.hidden),
                    cells,
                ),
            ),
        )

    def states(self, t: int) -> Step:
        trace = self.trace
        i, f, g, o = np.split(trace.gates[t], 4)
        units = unit_heads(self.params.hidden)
        cell = {"f": f, "c before": state_before(trace, t)[1], "i": i, "g": g, "c": trace.cell[t]}
        hidden = {"o": o, "tanh c": np.tanh(trace.cell[t]), "h": trace.hidden[t]}
        return Step(
            f"Frame {t}: cell and hidden state",
            "The cell state keeps the share f of its old value and adds the share i of the "
            "candidate. The hidden state is the share o of tanh c.",
            ("L6", "L7"),
            (
                Table("c = f (c before) + i g", "", list(cell), units, list(cell.values())),
                Table("h = o tanh c", "", list(hidden), units, list(hidden.values())),
            ),
        )


def gate_heads(hidden: int) -> list[str]:
    """Names of the 4H places of a row of gates."""
    if hidden == 1:
        return list(GATES)
    return [f"{gate} {j}" for gate in GATES for j in range(hidden)]


def weight_table(caption: str, w_input: Floats, w_hidden: Floats, bias: Floats) -> Table:
    """Weights, or gradients in them, one row for each input, each unit and the bias."""
    rows = [f"W_x[{j}]" for j in range(len(w_input))]
    rows += [f"W_h[{j}]" for j in range(len(w_hidden))]
    cells = np.vstack([w_input, w_hidden, bias])
    return Table(caption, "", [*rows, "b"], gate_heads(len(w_hidden)), cells)


def _sums(grads: LSTMGrads, seen: range) -> Iterator[Step]:
    rows = [f"dx_t[{j}]" for j in range(grads.inputs.shape[1])]
    inputs = grads.inputs[list(seen)].T
    units = unit_heads(len(grads.h0))
    yield Step(
        "Gradient in inputs and first state",
        "No other frame needs the gradient in the inputs, so it is one product over all frames. "
        "dh_next and dc_next of the last step back are the gradient in the state before the first "
        "step.",
        ("L14", "L15", "L16"),
        (
            Table("gradient in the inputs", "", rows, frames_heads("t", seen), inputs),
            Table("in the first state", "", ["dh_next", "dc_next"], units, [grads.h0, grads.c0]),
        ),
    )
    yield Step(
        "Gradient in the weights",
        "Every frame uses the same weights, so the gradient in a weight is a sum over all frames.",
        ("L17", "L18"),
        (weight_table("gradient in the weights", grads.w_input, grads.w_hidden, grads.bias),),
    )
