"""Smaller LSTM cases from larger ones; each step has a name, so that the result has one."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from refkd import check
from refkd.verify.lstm.recipe import FRAMES, STATES, WEIGHTS
from refkd.verify.lstm.translate import padded_shape
from refkd.verify.records import Case

ZEROED = ("h0", "c0", "w_hidden", "w_input", "bias", "bias_hidden", "inputs", "d_hidden",
          "d_h_last", "d_c_last")  # fmt: skip

UNUSUAL = ("integers", "memory")
LAST_COUNTS = ("padded", "frames", "inputs", "units")


def reduced(case: Case, step: str) -> Case:
    """The case after one step, called `NAME/STEP`; the reference computes what is expected.

    `only=N`: that utterance alone, as much padded as before; `padded=K`: so many frames behind
    the longest; `frames=T`: no utterance has more; `inputs=D`, `units=H`: the first of them;
    `forward`: the other direction; `no=NAME`: that argument is 0; `whole`: whole numbers;
    `plain`: the usual integers, arrays without gaps in memory.
    """
    kind, _, what = step.partition("=")
    inputs, layout = dict(case.inputs), dict(case.layout)
    n = int(what) if what.isdecimal() else 0
    D, H = inputs["w_input"].shape[0], inputs["w_hidden"].shape[0]
    if kind == "only" and n < len(inputs["inputs"]):
        layout["extra_frames"] = padded_shape(case)[0] - len(inputs["inputs"][n])
        inputs |= {name: [inputs[name][n]] for name in FRAMES}
        inputs |= {name: inputs[name][n : n + 1] for name in STATES}
    elif kind == "padded" and what.isdecimal():
        layout["extra_frames"] = n
    elif kind == "frames" and n > 0:
        inputs |= {name: [array[:n] for array in inputs[name]] for name in FRAMES}
    elif kind == "inputs" and 0 < n <= D:
        inputs |= {"inputs": [array[:, :n] for array in inputs["inputs"]]}
        inputs |= {"w_input": inputs["w_input"][:n]}
    elif kind == "units" and 0 < n <= H:
        inputs = _of_units(inputs, H, n)
    elif kind == "forward":
        inputs["reverse"] = 0
    elif kind == "plain":
        layout = {name: value for name, value in layout.items() if name not in UNUSUAL}
    elif kind == "no" and what in ZEROED:
        inputs[what] = _each(np.zeros_like, inputs[what])
    elif kind == "whole":
        inputs |= {name: _each(np.round, inputs[name]) for name in ZEROED}
    else:
        check.fail("--case", "steps such as only=0, frames=2, units=1, no=h0, whole", step)
    return dataclasses.replace(
        case,
        name=_longer(case.name, step),
        inputs=inputs,
        expected=None,
        tolerance=None,
        layout=layout,
    )


def smaller(case: Case) -> list[Case]:
    """Cases that are one step smaller."""
    return [reduced(case, step) for step in steps(case)]


def steps(case: Case) -> Iterator[str]:
    """The steps that make this case smaller."""
    inputs = case.inputs
    if len(inputs["inputs"]) > 1:
        yield from (f"only={n}" for n in range(len(inputs["inputs"])) if len(inputs["inputs"][n]))
    yield from (f"padded={n}" for n in (0, 1) if n < case.layout.get("extra_frames", 0))
    yield from (f"frames={n}" for n in _fewer(max(map(len, inputs["inputs"]))))
    yield from (f"inputs={n}" for n in _fewer(inputs["w_input"].shape[0]))
    yield from (f"units={n}" for n in _fewer(inputs["w_hidden"].shape[0]))
    if inputs["reverse"]:
        yield "forward"
    if any(name in case.layout for name in UNUSUAL):
        yield "plain"
    for name in ZEROED:
        if any(array.any() for array in _arrays(inputs[name])):
            yield f"no={name}"
    if any((array != np.round(array)).any() for name in ZEROED for array in _arrays(inputs[name])):
        yield "whole"


def size(case: Case) -> int:
    """Numbers in a case, and those of them that are not 0 or not whole: what a reader looks at."""
    inputs = case.inputs
    arrays = [array for name in (*FRAMES, *WEIGHTS, *STATES) for array in _arrays(inputs[name])]
    padding: int = case.layout.get("extra_frames", 0)
    odd = sum(int((array != 0).sum() + (array != np.round(array)).sum()) for array in arrays)
    whole = 3 * sum(int(array.size) for array in arrays)
    unusual = sum(name in case.layout for name in UNUSUAL)
    return odd + whole + int(inputs["reverse"]) + padding + unusual


def _of_units(inputs: dict[str, Any], H: int, n: int) -> dict[str, Any]:
    """The first n of H units."""
    gates = (np.arange(4)[:, None] * H + np.arange(n)).ravel()
    return (
        inputs
        | {name: inputs[name][..., gates] for name in WEIGHTS}
        | {"peepholes": inputs["peepholes"].reshape(3, H)[:, :n].ravel()}
        | {"w_projection": inputs["w_projection"][:n, :n]}
        | {"w_hidden": inputs["w_hidden"][:n][:, gates]}
        | {name: inputs[name][:, :n] for name in STATES}
        | {"d_hidden": [array[:, :n] for array in inputs["d_hidden"]]}
    )


def _longer(name: str, step: str) -> str:
    """The name of a case and one step more; of frames=5 and frames=3 the last one counts."""
    base, *before = name.split("/")
    kind, _, _ = step.partition("=")
    if kind in LAST_COUNTS:
        before = [earlier for earlier in before if not earlier.startswith(kind + "=")]
    return "/".join([base, *before, step])


def _arrays(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _each(function: Any, value: Any) -> Any:
    return [function(array) for array in value] if isinstance(value, list) else function(value)


def _fewer(count: int) -> list[int]:
    """Some numbers from 1 to below `count`: 1, a half, three quarters, and so on."""
    return sorted({1, *(count - (count >> k) for k in range(1, count.bit_length()))} - {count, 0})
