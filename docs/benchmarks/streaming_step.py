"""Time one frame through a unidirectional network: refkd, ONNX Runtime and PyTorch on the CPU.

    python docs/benchmarks/streaming_step.py [--threads 1]

All hold the same weights in float32 and carry the same states from frame to frame. The logits of
the first frames are compared before anything is timed. Then the runners take turns, and the least
time of a frame counts. Needs the packages onnx, onnxruntime and torch; what is missing is left out.
"""

import argparse
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

INPUTS, HIDDEN, LAYERS, OUTPUTS = 80, 96, 2, 51
FRAMES, ROUNDS = 200, 25  # of a turn, and turns
CLOSE = 1e-5
Push = Callable[[Any], Any]  # takes a frame (1, F), returns logits of K numbers


def network() -> Any:
    """A network with random weights and biases."""
    import refkd

    net = refkd.Network.create(INPUTS, HIDDEN, LAYERS, OUTPUTS, bidirectional=False)
    rng = np.random.default_rng(0)
    return net.with_parameters(
        {name: rng.uniform(-0.1, 0.1, value.shape) for name, value in net.parameters().items()}
    )


def refkd_push(net: Any, threads: int) -> Push:
    """`Stream.push`, which uses one thread."""
    return net.stream().push


def torch_push(net: Any, threads: int) -> Push:
    """torch.nn.LSTM and a linear layer without gradients."""
    import torch

    values = {name: torch.tensor(value.T) for name, value in net.parameters().items()}
    torch.set_num_threads(threads)
    lstm = torch.nn.LSTM(INPUTS, HIDDEN, LAYERS)
    linear = torch.nn.Linear(HIDDEN, OUTPUTS)
    for layer in range(LAYERS):
        for theirs, ours in (("ih", "w_input"), ("hh", "w_hidden")):
            weight = getattr(lstm, f"weight_{theirs}_l{layer}")
            weight.data.copy_(values[f"layer{layer}.forward.{ours}"])
        getattr(lstm, f"bias_ih_l{layer}").data.copy_(values[f"layer{layer}.forward.bias"])
        getattr(lstm, f"bias_hh_l{layer}").data.zero_()
    linear.weight.data.copy_(values["output.w"])
    linear.bias.data.copy_(values["output.bias"])
    states: Any = None

    def push(frame: Any) -> Any:
        nonlocal states
        with torch.inference_mode():
            hidden, states = lstm(torch.from_numpy(frame), states)
            return linear(hidden).numpy()

    return push


def onnx_session(net: Any, threads: int) -> Any:
    """A frame and the states in, logits and the states out: an LSTM node for each layer."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    import refkd

    values, nodes, weights, states, after = net.parameters(), [], [], [], []

    def constant(name: str, value: Any) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    below = "frame"
    for layer in range(LAYERS):
        parts = [values[f"layer{layer}.forward.{part}"] for part in ("w_input", "w_hidden", "bias")]
        names = [
            constant(f"{name}{layer}", value)
            for name, value in zip("WRB", refkd.LSTMParams(*parts).to_onnx(), strict=True)
        ]
        states += [f"h{layer}", f"c{layer}"]
        after += [f"h{layer}_after", f"c{layer}_after"]
        nodes.append(
            helper.make_node(
                "LSTM", [below, *names, "", *states[-2:]], ["", *after[-2:]], hidden_size=HIDDEN
            )
        )
        below = after[-2]
    nodes += [
        helper.make_node("MatMul", [below, constant("w", values["output.w"])], ["product"]),
        helper.make_node("Add", ["product", constant("bias", values["output.bias"])], ["logits"]),
    ]

    def tensors(names: list[str], width: int) -> list[Any]:
        kind = TensorProto.FLOAT
        return [helper.make_tensor_value_info(name, kind, [1, 1, width]) for name in names]

    graph = helper.make_graph(
        nodes,
        "frame",
        tensors(["frame"], INPUTS) + tensors(states, HIDDEN),
        tensors(["logits"], OUTPUTS) + tensors(after, HIDDEN),
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def onnx_push(net: Any, threads: int) -> Push:
    """`InferenceSession.run`."""
    session = onnx_session(net, threads)
    names = [value.name for value in session.get_inputs()]
    states: Any = [np.zeros((1, 1, HIDDEN), np.float32)] * (2 * LAYERS)

    def push(frame: Any) -> Any:
        nonlocal states
        logits, *states = session.run(None, dict(zip(names, [frame[None], *states], strict=True)))
        return logits

    return push


def bound_onnx_push(net: Any, threads: int) -> Push:
    """The same over arrays that are bound once; two sets of states take turns."""
    import onnxruntime

    session = onnx_session(net, threads)
    frame_in, logits = (np.zeros((1, 1, width), np.float32) for width in (INPUTS, OUTPUTS))
    sets = np.zeros((2, 2 * LAYERS, 1, 1, HIDDEN), np.float32)
    bindings = [session.io_binding(), session.io_binding()]
    for turn, binding in enumerate(bindings):
        for value, array in zip(session.get_inputs(), [frame_in, *sets[turn]], strict=True):
            memory = onnxruntime.OrtValue.ortvalue_from_numpy(array)  # shares it
            binding.bind_ortvalue_input(value.name, memory)
        for value, array in zip(session.get_outputs(), [logits, *sets[1 - turn]], strict=True):
            memory = onnxruntime.OrtValue.ortvalue_from_numpy(array)
            binding.bind_ortvalue_output(value.name, memory)
    turn = 0

    def push(frame: Any) -> Any:
        nonlocal turn
        frame_in[0] = frame
        session.run_with_iobinding(bindings[turn])
        turn = 1 - turn
        return logits

    return push


RUNNERS: dict[str, tuple[Callable[[Any, int], Push], tuple[str, ...]]] = {
    "refkd": (refkd_push, ("refkd",)),
    "ONNX Runtime, run": (onnx_push, ("onnxruntime", "onnx")),
    "ONNX Runtime, bound arrays": (bound_onnx_push, ("onnxruntime", "onnx")),
    "PyTorch": (torch_push, ("torch",)),
}


def measure(threads: int = 1) -> list[dict[str, Any]]:
    """Name, microseconds for a frame and version of every runner that is installed."""
    net = network()
    frames = np.random.default_rng(1).normal(size=(FRAMES, 1, INPUTS)).astype(np.float32)
    pushes = {
        name: make(net, threads)
        for name, (make, packages) in RUNNERS.items()
        if all(find_spec(package) for package in packages)
    }
    ours = refkd_push(net, threads)
    for t, frame in enumerate(frames):
        expected = ours(frame)[0]
        for name, push in pushes.items():
            deviation = np.abs(np.ravel(push(frame)) - expected).max()
            if not deviation <= CLOSE:
                raise ValueError(f"{name}: logits of frame {t} differ by {deviation:.2g}")
    least = dict.fromkeys(pushes, np.inf)
    for _ in range(ROUNDS):
        for name, push in pushes.items():
            begin = time.perf_counter()
            for frame in frames:
                push(frame)
            least[name] = min(least[name], (time.perf_counter() - begin) / FRAMES)
    return [
        {"name": name, "microseconds": 1e6 * seconds, "version": version(RUNNERS[name][1][0])}
        for name, seconds in least.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of the others; refkd uses one")
    for row in measure(parser.parse_args().threads):
        print(f"{row['name']:<28}{row['version']:<14}{row['microseconds']:7.1f} microseconds")


if __name__ == "__main__":
    main()
