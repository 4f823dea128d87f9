"""Exercise 3: the backward pass of an LSTM over a short sequence."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.kernels.lstm import lstm_backward
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.networks.lstm import lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.verify.lstm.conventions import EXCHANGED, GATES, VARIANT_ARGUMENTS
from refkd.verify.lstm.plain import Arguments, Pass, PlainLSTM
from refkd.verify.records import Case, Defect

SIZES = ((1, 1, 2), (3, 2, 2), (4, 1, 3), (3, 3, 2))  # T, F, H
WEIGHTS = ("d_w_input", "d_w_hidden", "d_bias")
BUGS = ("L1", "L2", "L4", "L7", "L8", "L10", "L13")  # the others are of padding and batches


def _cases() -> Sequence[Case]:
    candidate = np.array([[0.0, 0.0, 1.0, 0.0]])
    x, last = np.array([[1.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [1.0]])
    zero, unit = np.zeros(1), np.ones(1)
    params = LSTMParams(candidate, candidate, np.zeros(4))
    cases = [
        _case("three frames by hand", params, x, zero, zero, last),
        _case("one frame", params, x[:1], unit, unit, unit[None]),
    ]
    for T, F, H in SIZES:
        rng = np.random.default_rng(100 * T + 10 * F + H)
        shapes = (F, 4 * H), (H, 4 * H), (4 * H,), (T, F), (H,), (H,), (T, H)
        W, U, b, *others = (rng.integers(-8, 9, shape) / 8 for shape in shapes)
        cases.append(_case(f"T={T}, F={F}, H={H}", LSTMParams(W, U, b), *others))
    ends = LSTMParams(candidate, candidate, np.array([800.0, -800.0, 0.0, 800.0]))
    return [*cases, _case("gates wide open and closed", ends, x, unit, unit, last)]


def _case(
    name: str, params: LSTMParams, x: Floats, h0: Floats, c0: Floats, d_hidden: Floats
) -> Case:
    trace = lstm_trace(params, x, h0, c0)
    weights = {"w_input": params.w_input, "w_hidden": params.w_hidden}
    states = {"gates": trace.gates, "cell": trace.cell, "hidden": trace.hidden}
    return case(name, x=x, **states, h0=h0, c0=c0, **weights, d_hidden=d_hidden)


def _right(
    x: Floats, gates: Floats, cell: Floats, hidden: Floats, h0: Floats, c0: Floats,
    w_input: Floats, w_hidden: Floats, d_hidden: Floats,
) -> Tables:  # fmt: skip
    """The gradients in the gates from the kernel, frame by frame to see dh and dc, and the rest."""
    T, H = cell.shape
    d_h, d_c, d_a = np.empty((T, H)), np.empty((T, H)), np.empty(gates.shape)
    h_next, c_next = np.zeros(H), np.zeros(H)
    back = np.ascontiguousarray(w_hidden.T)
    for t in reversed(range(T)):
        here, c_before = slice(t, t + 1), cell[t - 1] if t > 0 else c0
        tanh_c, o = np.tanh(cell[t]), gates[t, 3 * H :]
        d_h[t] = d_hidden[t] + h_next
        d_c[t] = c_next + d_h[t] * (o - o * tanh_c**2)
        lstm_backward(
            gates[here], cell[here], c_before, back, d_hidden[here], False, d_a[here],
            h_next, c_next,
        )  # fmt: skip
    before = np.vstack([h0, hidden[:-1]])
    products = d_a @ w_input.T, x.T @ d_a, before.T @ d_a, d_a.sum(axis=0)
    return d_h, d_c, *d_a.reshape(T, 4, H).transpose(1, 0, 2), *products


def _plain(
    plain: Any, x: Floats, gates: Floats, cell: Floats, hidden: Floats, h0: Floats, c0: Floats,
    w_input: Floats, w_hidden: Floats, d_hidden: Floats,
) -> Tables:  # fmt: skip
    """The same by a plain implementation; what its steps return on the way back is kept."""
    (T, H), zero = cell.shape, np.zeros(len(h0))
    plain = copy(plain)
    kept: dict[str, list[Any]] = {"d_h": [], "d_c": [], "d_a": []}
    plain.upstream_sum = _kept(plain.upstream_sum, kept["d_h"])
    plain.into_cell = _kept(plain.into_cell, kept["d_c"])
    plain.step_back = _kept(plain.step_back, kept["d_a"], lambda both: both[0])
    arguments: Arguments = dict.fromkeys(VARIANT_ARGUMENTS) | {
        "inputs": x[:, None],
        "w_input": w_input,
        "w_hidden": w_hidden,
        "bias": np.zeros(4 * H),
    }
    opened, states = gates.reshape(T, 4, H), (np.vstack([h0, hidden]), np.vstack([c0, cell]))
    grads = plain.backward(
        Pass(x, opened, opened, hidden, *states), d_hidden, zero, zero, arguments
    )
    grads |= {name: plain.total(grads[name][None], arguments) for name in WEIGHTS}
    grads = plain.postprocess(grads | {"d_bias_hidden": grads["d_bias"]}, arguments)
    d_h, d_c, d_a = (np.array(steps[::-1]) for steps in kept.values())
    return d_h, d_c, *d_a.transpose(1, 0, 2), grads["d_inputs"], *(grads[name] for name in WEIGHTS)


def _kept(
    method: Callable[..., Any], kept: list[Any], part: Callable[[Any], Any] = np.array
) -> Callable[..., Any]:
    """The method, which leaves what it returns in a list."""

    def call(*arguments: Any) -> Any:
        value = method(*arguments)
        kept.append(part(value))
        return value

    return call


def _exchanged(order: str, x: Floats, gates: Floats, *others: Floats) -> Tables:
    """What comes of gates that are read in this order."""
    blocks = gates.reshape(len(gates), 4, -1)[:, [GATES.index(gate) for gate in order]]
    return _plain(PlainLSTM(), x, blocks.reshape(gates.shape), *others)


class CellTooEarly(PlainLSTM):
    """A frame completed in the wrong order."""

    words = "dc_t is computed before dh_t has received its part from frame t + 1"

    def upstream_sum(self, d_h: Floats, d_output: Floats, s: int) -> Floats:
        self.above = d_output
        return super().upstream_sum(d_h, d_output, s)

    def into_cell(self, d_c: Floats, d_h: Floats, gates: Floats, c: Floats) -> Floats:
        return super().into_cell(d_c, self.above, gates, c)


class NoSlopeOfTanh(PlainLSTM):
    """As if h were o c."""

    words = "the slope of tanh is missing on the way from h_t to c_t"

    def into_cell(self, d_c: Floats, d_h: Floats, gates: Floats, c: Floats) -> Floats:
        return np.asarray(d_c + d_h * gates[3])


class CellAfter(PlainLSTM):
    """The cell state of the wrong frame."""

    words = "the gradient of the forget gate uses c_t, not c_{t-1}"

    def into_gates(
        self, d_c: Floats, d_h: Floats, gates: Floats, c_before: Floats, c: Floats
    ) -> Floats:
        return super().into_gates(d_c, d_h, gates, c, c)


class NoSlopes(PlainLSTM):
    """Gradients in the gates themselves."""

    words = "the slopes of sigma and tanh are missing: these are gradients after them, not before"

    def slopes(self, gates: Floats) -> Floats:
        return np.ones_like(gates)


class SlopesOfGates(PlainLSTM):
    """Sigma and tanh once more."""

    words = "sigma or tanh is applied to the gates once more for its slope"

    def slopes(self, gates: Floats) -> Floats:
        return super().slopes(self.gates(gates))


OWN = (CellTooEarly, NoSlopeOfTanh, CellAfter, NoSlopes, SlopesOfGates)


def _slips() -> Sequence[Defect]:
    own = [slip(kind.words, partial(_plain, kind())) for kind in OWN]
    exchanged = [
        Defect("L1", f"the gates are in a different order: {words}", partial(_exchanged, order))
        for order, words in EXCHANGED.items()
    ]
    return (*own, *exchanged, *slips_of_kit("lstm", _plain, BUGS))


LSTM_BACKWARD = Exercise(
    3,
    "lstm_backward",
    (
        Table("d_h", "tj", ("L8",), ("L8", "L15"), backward=True, together=True),
        Table("d_c", "tj", ("L9",), ("L9", "L14"), backward=True, together=True),
        Table("d_i", "tj", ("L10",), backward=True, together=True),
        Table("d_f", "tj", ("L11",), backward=True, together=True),
        Table("d_g", "tj", ("L12",), backward=True, together=True),
        Table("d_o", "tj", ("L13",), backward=True, together=True),
        Table("d_x", "tj", ("L16",)),
        Table("d_w_input", ("j", "j'"), ("L17",)),
        Table("d_w_hidden", ("j", "j'"), ("L17",)),
        Table("d_bias", "j", ("L18",)),
    ),
    _cases,
    _right,
    _slips,
    "docs/course/lstm-backward.md",
)
