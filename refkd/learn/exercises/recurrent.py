"""Exercises 1 and 2: one step of a plain recurrent layer, and one of an LSTM."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.kernels.rnn import rnn_forward
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.networks.lstm import lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.verify.lstm.conventions import ARGUMENTS, EXCHANGED, VARIANT_ARGUMENTS
from refkd.verify.lstm.defects.weights import GatesExchanged
from refkd.verify.records import Case, Defect

SIZES = ((1, 1), (1, 2), (2, 2), (2, 3), (3, 2))  # F, H


def _round(rng: np.random.Generator, *shape: int) -> Floats:
    """Numbers that are easy to read and differ."""
    return rng.integers(-12, 13, shape) / 8


def _tanh_cases() -> Sequence[Case]:
    W, U, b = np.array([[1.0]]), np.array([[0.5]]), np.zeros(1)
    hand = {"the first": (1.0, 0.0), "the second": (0.0, 0.7616), "the third": (0.0, 0.3634)}
    cases = [
        _tanh_case(f"three frames by hand, {name}", np.array([x]), np.array([h]), W, U, b)
        for name, (x, h) in hand.items()
    ]
    for F, H in SIZES:
        rng = np.random.default_rng(10 * F + H)
        drawn = [_round(rng, *shape) for shape in ((F,), (H,), (F, H), (H, H), (H,))]
        cases.append(_tanh_case(f"F={F}, H={H}", *drawn))
    large = np.array([800.0, -800.0])
    return [*cases, _tanh_case("large inputs", large, large / 800, np.eye(2), np.eye(2), large / 8)]


def _tanh_case(name: str, x: Floats, h: Floats, W: Floats, U: Floats, b: Floats) -> Case:
    return case(name, x=x, h=h, w_input=W, w_hidden=U, bias=b)


def _tanh_step(x: Floats, h: Floats, w_input: Floats, w_hidden: Floats, bias: Floats) -> Tables:
    gates, hidden = (x @ w_input + bias)[None], np.empty((1, len(h)))
    rnn_forward(gates, w_hidden, h, False, hidden)
    return (hidden[0],)


def _tanh_slips() -> Sequence[Defect]:
    def sigma(a: Floats) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(-a)))

    wrong: dict[str, Callable[..., Floats]] = {
        "tanh is left out": lambda x, h, W, U, b: x @ W + b + h @ U,
        "sigma is used in place of tanh": lambda x, h, W, U, b: sigma(x @ W + b + h @ U),
        "W_h is transposed": lambda x, h, W, U, b: np.tanh(x @ W + b + U @ h),
        "only W_h[j, j] is used": lambda x, h, W, U, b: np.tanh(x @ W + b + h * np.diag(U)),
        "the hidden state before is left out": lambda x, h, W, U, b: np.tanh(x @ W + b),
        "the input is left out": lambda x, h, W, U, b: np.tanh(b + h @ U),
        "the bias is left out": lambda x, h, W, U, b: np.tanh(x @ W + h @ U),
        "the bias is added twice": lambda x, h, W, U, b: np.tanh(x @ W + b + h @ U + b),
    }
    return [
        slip(words, lambda *arguments, hidden=hidden: (hidden(*arguments),))
        for words, hidden in wrong.items()
    ]


def _lstm_cases() -> Sequence[Case]:
    listens = np.array([[0.0, 0.0, 1.0, 0.0]]), np.zeros((1, 4)), np.zeros(4)
    hand = {
        "the first": (1.0, 0.0, 0.0),
        "the second": (0.0, 0.1817, 0.3808),
        "the third": (0.0, 0.0941, 0.1904),
    }
    cases = [
        _lstm_case(
            f"three frames by hand, {name}", np.array([x]), np.array([h]), np.array([c]), *listens
        )
        for name, (x, h, c) in hand.items()
    ]
    for F, H in SIZES:
        rng = np.random.default_rng(10 * F + H)
        shapes = (F,), (H,), (H,), (F, 4 * H), (H, 4 * H), (4 * H,)
        cases.append(_lstm_case(f"F={F}, H={H}", *[_round(rng, *shape) for shape in shapes]))
    ones, ends = np.ones(1), np.array([800.0, -800.0, 1.0, 800.0])
    return [*cases, _lstm_case("large inputs", ones, ones, ones, ends[None], ends[None] / 4, ends)]


def _lstm_case(name: str, x: Floats, h: Floats, c: Floats, W: Floats, U: Floats, b: Floats) -> Case:
    return case(name, x=x, h=h, c=c, w_input=W, w_hidden=U, bias=b)


def _lstm_step(
    x: Floats, h: Floats, c: Floats, w_input: Floats, w_hidden: Floats, bias: Floats
) -> Tables:
    trace = lstm_trace(LSTMParams(w_input, w_hidden, bias), x[None], h, c)
    return *trace.gates[0].reshape(4, -1), trace.cell[0], trace.hidden[0]


def _plain_step(
    plain: Any, x: Floats, h: Floats, c: Floats, w_input: Floats, w_hidden: Floats, bias: Floats
) -> Tables:
    arguments = (
        dict.fromkeys(ARGUMENTS, np.zeros((1, 1, len(h))))
        | dict.fromkeys(VARIANT_ARGUMENTS)
        | {
            "inputs": x[None, None],
            "lengths": np.array([1]),
            "w_input": w_input,
            "w_hidden": w_hidden,
            "bias": bias,
            "bias_hidden": np.zeros(len(bias)),
            "h0": h[None],
            "c0": c[None],
            "reverse": 0,
        }
    )
    arguments = plain.preprocess(arguments)
    run = plain.forward(
        arguments["inputs"][:, 0], arguments["h0"][0], arguments["c0"][0], arguments
    )
    return *run.gates[0], run.c[-1], run.h[-1]


def _lstm_slips() -> Sequence[Defect]:
    exchanged = [
        Defect("L1", f"the gates are in a different order: {words}", partial(_plain_step, plain))
        for gates, words in EXCHANGED.items()
        for plain in [GatesExchanged(gates, ("w_input", "w_hidden", "bias"))]
    ]
    return (*exchanged, *slips_of_kit("lstm", _plain_step))


TANH_STEP = Exercise(
    1, "tanh_step", (Table("hidden", "j", ("R1", "R2")),), _tanh_cases, _tanh_step, _tanh_slips
)
LSTM_STEP = Exercise(
    2,
    "lstm_step",
    (
        Table("i", "j", ("L1", "L2")),
        Table("f", "j", ("L1", "L3")),
        Table("g", "j", ("L1", "L4")),
        Table("o", "j", ("L1", "L5")),
        Table("cell", "j", ("L6",)),
        Table("hidden", "j", ("L7",)),
    ),
    _lstm_cases,
    _lstm_step,
    _lstm_slips,
)
