"""Networks on disk: plain npz, names and layout of torch.nn.LSTM and torch.nn.RNN, no pickle."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from refkd.check import DataError
from refkd.files.atomic import replacing
from refkd.files.npz import ArrayFileError, read_npz, write_arrays
from refkd.networks.stack import Values

SUFFIXES = {"forward": "", "backward": "_reverse"}
METADATA = "metadata."
MOST_METADATA = 1 << 24  # bytes: symbols, means and standard deviations


def write_network(
    path: Path, values: Mapping[str, NDArray[Any]], metadata: Mapping[str, NDArray[Any]]
) -> None:
    """Write the parameters of a network under a temporary name, then rename."""
    arrays = {METADATA + name: fact for name, fact in metadata.items()}
    layers = sum(name.endswith("forward.bias") for name in values)
    directions = sum(name.startswith("layer0.") for name in values) // 3
    for ours, theirs in _directions(layers, directions):
        arrays[f"weight_ih_{theirs}"] = values[f"{ours}.w_input"].T
        arrays[f"weight_hh_{theirs}"] = values[f"{ours}.w_hidden"].T
        arrays[f"bias_ih_{theirs}"] = values[f"{ours}.bias"]
        arrays[f"bias_hh_{theirs}"] = np.zeros_like(values[f"{ours}.bias"])
    arrays["output.weight"] = values["output.w"].T
    arrays["output.bias"] = values["output.bias"]
    with replacing(path) as file:
        write_arrays(file, arrays)


def read_network(path: Path) -> tuple[Values, Values]:
    """Parameters and metadata of a network."""
    try:
        arrays = read_npz(path, lambda shapes: _check_shapes(path, shapes))
    except ArrayFileError as error:
        _fail(path, str(error))
    metadata = {
        name.removeprefix(METADATA): arrays.pop(name)
        for name in list(arrays)
        if name.startswith(METADATA)
    }
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            _fail(path, f"{name} with numbers that are not finite")
    layers, directions = _size(arrays)
    values: Values = {}
    for ours, theirs in _directions(layers, directions):
        values[f"{ours}.w_input"] = np.ascontiguousarray(arrays[f"weight_ih_{theirs}"].T)
        values[f"{ours}.w_hidden"] = np.ascontiguousarray(arrays[f"weight_hh_{theirs}"].T)
        values[f"{ours}.bias"] = arrays[f"bias_ih_{theirs}"] + arrays[f"bias_hh_{theirs}"]
    values["output.w"] = np.ascontiguousarray(arrays["output.weight"].T)
    values["output.bias"] = arrays["output.bias"]
    return values, metadata


def _size(arrays: Mapping[str, NDArray[Any]]) -> tuple[int, int]:
    """Layers and directions of a network with such arrays."""
    layers = sum(name.startswith("weight_hh_l") and "_reverse" not in name for name in arrays)
    return layers, 2 if "weight_hh_l0_reverse" in arrays else 1


def _directions(layers: int, directions: int) -> Iterator[tuple[str, str]]:
    """Our name and PyTorch's of every direction of every layer."""
    for layer in range(layers):
        for direction in list(SUFFIXES)[:directions]:
            yield f"layer{layer}.{direction}", f"l{layer}{SUFFIXES[direction]}"


def _check_shapes(path: Path, values: Values) -> None:
    """Every array that such a network needs, of its shape, and no other but metadata."""
    arrays = {name: values[name] for name in values if not name.startswith(METADATA)}
    if sum(values[name].nbytes for name in values.keys() - arrays.keys()) > MOST_METADATA:
        _fail(path, f"more than {MOST_METADATA} bytes of metadata")
    layers, directions = _size(arrays)
    sizes = {name: arrays[name].shape for name in arrays if arrays[name].ndim == 2}
    for name in ("weight_ih_l0", "weight_hh_l0", "output.weight"):
        if name not in sizes:
            _fail(path, f"no matrix with the name {name}")
    (rows, hidden), width = sizes["weight_hh_l0"], sizes["weight_ih_l0"][1]
    gates = hidden if rows == hidden else 4 * hidden  # torch.nn.RNN, or LSTM
    expected: dict[str, tuple[int, ...]] = {}
    for ours, theirs in _directions(layers, directions):
        inputs = width if ours.startswith("layer0.") else directions * hidden
        expected[f"weight_ih_{theirs}"] = (gates, inputs)
        expected[f"weight_hh_{theirs}"] = (gates, hidden)
        expected[f"bias_ih_{theirs}"] = expected[f"bias_hh_{theirs}"] = (gates,)
    outputs = sizes["output.weight"][0]
    expected["output.weight"] = (outputs, directions * hidden)
    expected["output.bias"] = (outputs,)
    for name in sorted(arrays.keys() ^ expected.keys()):
        _fail(path, f"an array {name}" if name in arrays else f"no array {name}")
    dtype = arrays["output.weight"].dtype
    for name, shape in expected.items():
        array = arrays[name]
        if array.shape != shape or array.size == 0:
            _fail(path, f"{name} of shape {array.shape}")
        if array.dtype != dtype or dtype not in (np.float32, np.float64):
            _fail(path, f"{name} of dtype {array.dtype}")


def _fail(path: Path, got: str) -> NoReturn:
    raise DataError(f"{path}: expected a network saved as npz, got {got}")
