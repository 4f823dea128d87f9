"""ONNX Runtime's LSTM as an adapter: copy it, change the node, or read it from your own model."""

from functools import cache

import numpy as np


def lstm(inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, *upstream):
    """One LSTM node on the CPU in one direction: hidden, h_last and c_last, no gradient."""
    values = {
        "X": inputs,
        "W": w_input[None],
        "R": w_hidden[None],
        "B": np.concatenate([bias, bias_hidden])[None],
        "sequence_lens": lengths.astype(np.int32),
        "initial_h": h0[None],
        "initial_c": c0[None],
    }
    session = _session(len(h0.T), inputs.dtype, "reverse" if reverse else "forward")
    hidden, h_last, c_last = session.run(None, values)
    return hidden[:, 0], h_last[0], c_last[0]


@cache
def _session(hidden_size, dtype, direction):
    """A model of one node, whose weights are inputs."""
    import onnxruntime
    from onnx import helper

    numbers = helper.np_dtype_to_tensor_dtype(dtype)
    lengths = helper.np_dtype_to_tensor_dtype(np.dtype(np.int32))
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c"]
    results = ["Y", "Y_h", "Y_c"]
    node = helper.make_node("LSTM", names, results, hidden_size=hidden_size, direction=direction)
    graph = helper.make_graph(
        [node],
        "lstm",
        [
            helper.make_tensor_value_info(name, lengths if "lens" in name else numbers, None)
            for name in names
        ],
        [helper.make_tensor_value_info(name, numbers, None) for name in results],
    )
    opset = [helper.make_opsetid("", 14)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the cases are small
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
