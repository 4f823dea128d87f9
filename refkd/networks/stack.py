"""The arithmetic of a network: recurrent layers under a linear one, parameters by name."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from refkd import check
from refkd.check import Ints
from refkd.networks.layers import (
    CELLS,
    Weights,
    affine,
    affine_inputs,
    affine_weights,
    allocate,
    cell_of,
    layer_backward,
    layer_forward,
)
from refkd.networks.traces import LayerTrace

Array = NDArray[Any]
Values = dict[str, Array]
DIRECTIONS = ("forward", "backward")
PARTS = Weights._fields
# More than anybody trains with loops on a CPU; beyond it a slip of the pen, and memory at an end.
LAYERS, PARAMETERS = 1000, 2**31


def layers_of(values: Mapping[str, Array]) -> int:
    """Number of recurrent layers."""
    return sum(name.endswith("forward.w_input") for name in values)


def directions_of(values: Mapping[str, Array]) -> tuple[str, ...]:
    """("forward",) or ("forward", "backward")."""
    return DIRECTIONS[: 2 if "layer0.backward.w_input" in values else 1]


class Size(NamedTuple):
    """The sizes that determine the shapes of a network."""

    inputs: int
    hidden: int
    layers: int
    outputs: int
    bidirectional: bool
    cell: str

    @classmethod
    def checked(
        cls, inputs: int, hidden: int, layers: int, outputs: int, bidirectional: bool, cell: str
    ) -> "Size":
        size = cls(
            check.integer("inputs", inputs, low=1),
            check.integer("hidden", hidden, low=1),
            check.integer("layers", layers, low=1, high=LAYERS),
            check.integer("outputs", outputs, low=1),
            check.flag("bidirectional", bidirectional),
            check.one_of("cell", cell, CELLS),
        )
        if size.parameters > PARAMETERS:
            names = "inputs, hidden, layers, outputs"
            check.fail(names, f"at most {PARAMETERS} parameters", size.parameters)
        return size

    @classmethod
    def of(cls, values: Mapping[str, Array]) -> "Size":
        """That of parameters by name."""
        names = "layer0.forward.w_input", "layer0.forward.w_hidden", "output.bias"
        for name in names:
            if name not in values:
                check.fail("values", f"an array {name}", "none")
        w_input, w_hidden, bias = (check.any_array(name, values[name]) for name in names)
        if (w_input.ndim, w_hidden.ndim, bias.ndim) != (2, 2, 1):
            got = f"{w_input.shape}, {w_hidden.shape} and {bias.shape}"
            check.fail(", ".join(names), "shapes (F, 4H), (H, 4H) and (K,)", got)
        inputs, hidden, outputs, cell = len(w_input), len(w_hidden), len(bias), cell_of(w_hidden)
        directions = directions_of(values)
        return cls.checked(inputs, hidden, layers_of(values), outputs, len(directions) == 2, cell)

    @property
    def directions(self) -> tuple[str, ...]:
        """("forward",) or ("forward", "backward")."""
        return DIRECTIONS[: 2 if self.bidirectional else 1]

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        S, gates = len(self.directions), self.hidden * CELLS[self.cell]
        inputs = self.inputs + (self.layers - 1) * S * self.hidden
        rows = inputs + self.layers * (self.hidden + 1)
        return S * rows * gates + (S * self.hidden + 1) * self.outputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of every parameter, from the input up."""
        width, gates = self.hidden * len(self.directions), self.hidden * CELLS[self.cell]
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.layers):
            for direction in self.directions:
                name = f"layer{layer}.{direction}"
                shapes[f"{name}.w_input"] = (self.inputs if layer == 0 else width, gates)
                shapes[f"{name}.w_hidden"] = (self.hidden, gates)
                shapes[f"{name}.bias"] = (gates,)
        return shapes | {"output.w": (width, self.outputs), "output.bias": (self.outputs,)}


def draw_values(rng: Generator, size: Size, dtype: np.dtype[Any]) -> Values:
    """Random parameters: weights uniform in +-1/sqrt(number of their inputs), biases zero."""
    width = size.hidden * len(size.directions)

    def drawn(name: str, shape: tuple[int, ...]) -> Array:
        if name.endswith("bias"):
            return np.zeros(shape, dtype)
        limit = (width if name == "output.w" else size.hidden) ** -0.5
        return rng.uniform(-limit, limit, shape).astype(dtype)

    return {name: drawn(name, shape) for name, shape in size.shapes().items()}


def hash_of(values: Values) -> str:
    """SHA-256 over names, dtypes, shapes and bytes."""
    digest = hashlib.sha256()
    for name, value in sorted(values.items()):
        digest.update(f"{name} {value.dtype.str} {value.shape} ".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def draw_masks(values: Values, frames: int, dropout: float, seed: int | None) -> list[Array | None]:
    """What each layer multiplies its inputs by: layers above another (S, sum T, H), others None.

    Drawn from the lowest to the highest; each by direction, then frame, then unit.
    """
    count = layers_of(values)
    if dropout == 0.0:
        return [None] * count
    rng, dtype = np.random.default_rng(seed), values["output.bias"].dtype
    shape = len(directions_of(values)), frames, len(values["layer0.forward.w_hidden"])
    masks: list[Array | None] = [None]
    for _ in range(1, count):
        keep = rng.random(shape) >= dropout
        masks.append((keep / (1.0 - dropout)).astype(dtype))  # (L19)
    return masks


def stack_forward(
    values: Values, frames: Array, offsets: Ints, masks: Sequence[Array | None]
) -> tuple[tuple[LayerTrace, ...], Array]:
    """Traces of every layer and the logits (sum T, K) of frames (sum T, F)."""
    count, S, T = layers_of(values), len(directions_of(values)), len(frames)
    (H, G), K = values["layer0.forward.w_hidden"].shape, len(values["output.bias"])
    shapes = [(S, T, G), (S, T, H if G > H else 0), (S, T, H)]  # the tanh cell has no c
    *states, logits = allocate(frames.dtype, *shapes * count, (T, K))
    inputs, layers = frames[None], []
    for layer, mask in enumerate(masks):
        if mask is not None:
            inputs = inputs * mask  # (L20)
        gates, cell, hidden = states[3 * layer : 3 * layer + 3]
        layers.append(LayerTrace(inputs, gates, cell, hidden, mask))
        layer_forward(weights_of(values, layer), layers[-1], offsets)
        inputs = hidden
    affine(inputs, values["output.w"], values["output.bias"], logits)
    return tuple(layers), logits


def stack_backward(
    values: Values, layers: tuple[LayerTrace, ...], d_logits: Array, offsets: Ints
) -> Values:
    """Gradient of every parameter from that in the logits (sum T, K)."""
    d_w, d_bias = affine_weights(layers[-1].hidden, d_logits)
    grads = {"output.w": d_w, "output.bias": d_bias}
    shapes = layers[0].hidden.shape, layers[0].gates.shape
    d_hidden, d_gates = allocate(d_logits.dtype, *shapes)  # serve one layer after the other
    affine_inputs([values["output.w"]], d_logits[None], d_hidden)
    for layer in reversed(range(len(layers))):
        weights = weights_of(values, layer)
        layer_grads = layer_backward(weights, layers[layer], d_hidden, offsets, d_gates)
        for direction, d_weights in zip(directions_of(values), layer_grads, strict=True):
            for part, d_value in zip(PARTS, d_weights, strict=True):
                grads[f"layer{layer}.{direction}.{part}"] = d_value
        if layer > 0:
            affine_inputs([direction.w_input for direction in weights], d_gates, d_hidden)
            mask = layers[layer].mask
            if mask is not None:
                d_hidden *= mask  # (L21)
    return {name: grads[name] for name in values}


def weights_of(values: Values, layer: int) -> list[Weights]:
    """The weights of every direction of a layer."""
    return [
        Weights(*(values[f"layer{layer}.{direction}.{part}"] for part in PARTS))
        for direction in directions_of(values)
    ]
