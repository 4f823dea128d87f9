"""Utterances of different lengths, the two directions, and first states."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


@DEFECTS.step(
    "walk", "L6", "lengths are ignored: padded frames are processed (--lengths equal if intended)"
)
def lengths_ignored(self, n, T, arguments):
    lengths = np.full_like(arguments["lengths"], T)
    return PlainLSTM.walk(self, n, T, arguments | {"lengths": lengths})


@DEFECTS.step("walk", "L5", "the backward direction starts in the padding")
def backward_starts_in_padding(self, n, T, arguments):
    walk = lengths_ignored if arguments["reverse"] else PlainLSTM.walk
    return walk(self, n, T, arguments)


@DEFECTS.steps("L5", "the backward direction reverses the padded array, not each utterance")
class WholeArrayTurned(PlainLSTM):
    def preprocess(self, arguments):
        if not arguments["reverse"]:
            return arguments
        turned = {name: arguments[name][::-1] for name in ("inputs", "d_hidden")}
        return arguments | turned | {"reverse": 0, "turned": True}

    def postprocess(self, results, arguments):
        if "turned" not in arguments:
            return results
        return results | {name: results[name][::-1] for name in ("hidden", "d_inputs")}


@DEFECTS.step("preprocess", "L5", "the backward direction runs forward")
def backward_walks_forward(self, arguments):
    return arguments | {"reverse": 0}


@DEFECTS.steps("L5", "the backward direction reverses the features, not the frames")
class FeaturesTurned(PlainLSTM):
    def preprocess(self, arguments):
        if not arguments["reverse"]:
            return arguments
        return arguments | {"inputs": arguments["inputs"][..., ::-1], "reverse": 0, "turned": True}

    def postprocess(self, results, arguments):
        if "turned" not in arguments:
            return results
        return results | {"d_inputs": results["d_inputs"][..., ::-1]}


def last_of_backward_is_last_frame(self, n, walk, arguments, *names):
    results = PlainLSTM.utterance(self, n, walk, arguments)
    if arguments["reverse"] and len(walk):
        x, h0, c0 = arguments["inputs"][walk, n], arguments["h0"][n], arguments["c0"][n]
        run = self.forward(x, h0, c0, arguments)
        first = {"h_last": run.h[1], "c_last": run.c[1]}
        results |= {name: first[name] for name in names}
    return results


DEFECTS.family("utterance", "L5", last_of_backward_is_last_frame, {
    "the last states of the backward direction are taken from the last frame, its first step":
        ("h_last", "c_last"),
    "the last hidden state of the backward direction is taken from the last frame": "h_last",
})  # fmt: skip


@DEFECTS.step(
    "upstream", "L5", "the gradient of the outputs is not reversed for the backward direction"
)
def upstream_not_turned(self, n, walk, arguments):
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    return (d_hidden[::-1] if arguments["reverse"] else d_hidden), d_h, d_c


def state_runs_on(self, results, arguments, *names):
    T, N, _ = arguments["inputs"].shape
    for n in range(N):
        walk = np.append(self.walk(n, T, arguments), np.arange(int(arguments["lengths"][n]), T))
        x, h0, c0 = arguments["inputs"][walk, n], arguments["h0"][n], arguments["c0"][n]
        run = self.forward(x, h0, c0, arguments)
        for name, states in (("h_last", run.h), ("c_last", run.c)):
            if name in names:
                results[name][n] = states[-1]
    return results


def last_state_of_last_frame(self, results, arguments, *names):
    short = (arguments["lengths"] < len(arguments["inputs"])) & (not arguments["reverse"])
    return results | {name: np.where(short[:, None], 0.0, results[name]) for name in names}


DEFECTS.family("postprocess", "L6", state_runs_on, {
    "the last states are updated in the padding": ("h_last", "c_last"),
    "the last cell state is updated in the padding": "c_last",
    "the last hidden state is updated in the padding": "h_last",
})  # fmt: skip
DEFECTS.family("postprocess", "L6", last_state_of_last_frame, {
    "the last states are read in the last padded frame, where they are 0": ("h_last", "c_last"),
    "the last hidden state is read in the last padded frame, where it is 0": "h_last",
})  # fmt: skip


@DEFECTS.steps("L6", "padded frames are processed as frames of zeros")
class PaddingWalkedWithZeros(PlainLSTM):
    walk = lengths_ignored

    def preprocess(self, arguments):
        there = np.arange(len(arguments["inputs"]))[:, None] < arguments["lengths"]
        return arguments | {"inputs": np.where(there[..., None], arguments["inputs"], 0.0)}


@DEFECTS.step("upstream", "L6", "the gradient of padded outputs flows into the last frame")
def upstream_of_padding(self, n, walk, arguments):
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    return d_hidden, d_h + arguments["d_hidden"][len(walk) :, n].sum(axis=0), d_c


@DEFECTS.step(
    "upstream",
    "L6",
    "the gradient of the last states is lost for utterances shorter than the batch",
)
def last_gradient_of_short_lost(self, n, walk, arguments):
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    full = float(len(walk) == len(arguments["inputs"]))
    return d_hidden, full * d_h, full * d_c


@DEFECTS.step("preprocess", "L6", "the longest length is used for all utterances")
def longest_length(self, arguments):
    lengths = arguments["lengths"]
    return arguments | {"lengths": np.full_like(lengths, lengths.max())}


@DEFECTS.step("preprocess", "L6", "the length of the first utterance is used for all")
def length_of_the_first(self, arguments):
    lengths = arguments["lengths"]
    return arguments | {"lengths": np.full_like(lengths, lengths[0])}


@DEFECTS.step("walk", "L6", "the last frame of each utterance is left out")
def one_frame_short(self, n, T, arguments):
    frames = np.arange(max(int(arguments["lengths"][n]) - 1, 0))
    return frames[::-1] if arguments["reverse"] else frames


@DEFECTS.step(
    "postprocess", "L6", "utterances are sorted by length, and the last states are not sorted back"
)
def order_not_restored(self, results, arguments):
    order = np.argsort(-arguments["lengths"], kind="stable")
    return results | {name: results[name][order] for name in ("h_last", "c_last")}


def mixed(array):
    """(N, T, ...) in memory, taken for (T, N, ...)."""
    return array.swapaxes(0, 1).reshape(array.shape)


def result_reshaped(self, results, arguments, name):
    return results | {name: mixed(results[name])}


DEFECTS.family("postprocess", "L11", result_reshaped, {
    f"{name} is reshaped from (N, T, ...) instead of transposed": name
    for name in ("hidden", "d_inputs")
})  # fmt: skip


@DEFECTS.steps("L11", "inputs are reshaped to (N, T, D) instead of transposed")
class InputsReshaped(PlainLSTM):
    def preprocess(self, arguments):
        return arguments | {"inputs": mixed(arguments["inputs"])}

    def postprocess(self, results, arguments):
        T, N, D = results["d_inputs"].shape
        return results | {"d_inputs": results["d_inputs"].reshape(N, T, D).swapaxes(0, 1)}


@DEFECTS.step("preprocess", "L11", "d_hidden is reshaped to (N, T, H) instead of transposed")
def upstream_reshaped(self, arguments):
    return arguments | {"d_hidden": mixed(arguments["d_hidden"])}


def first_states_zero(self, arguments, *names):
    return arguments | {name: np.zeros_like(arguments[name]) for name in names}


def first_states_of_the_first(self, arguments, *names):
    first = {name: np.broadcast_to(arguments[name][:1], arguments[name].shape) for name in names}
    return arguments | first


DEFECTS.family("preprocess", "L13", first_states_zero, {
    "h0 and c0 are left out": ("h0", "c0"),
    "h0 is left out": "h0",
    "c0 is left out": "c0",
})  # fmt: skip


@DEFECTS.step("preprocess", "L13", "h0 and c0 are exchanged", square=True)
def first_states_exchanged(self, arguments):
    return arguments | {"h0": arguments["c0"], "c0": arguments["h0"]}


@DEFECTS.step("preprocess", "L13", "h0 is used for c0, too", square=True)
def hidden_for_cell(self, arguments):
    return arguments | {"c0": arguments["h0"]}


DEFECTS.family("preprocess", "L13", first_states_of_the_first, {
    "the first states of the first utterance are used for all": ("h0", "c0"),
    "h0 of the first utterance is used for all": "h0",
    "c0 of the first utterance is used for all": "c0",
})  # fmt: skip


@DEFECTS.steps("L13", "an utterance starts in the last state of the one before")
class FirstStateCarriedOver(PlainLSTM):
    def preprocess(self, arguments):
        return arguments | {name: arguments[name].copy() for name in ("h0", "c0")}

    def utterance(self, n, walk, arguments):
        results = super().utterance(n, walk, arguments)
        for name, last in (("h0", "h_last"), ("c0", "c_last")):
            arguments[name][n + 1 : n + 2] = results[last]
        return results


@DEFECTS.step("backward", "L13", "the gradient treats the first cell state as zero")
def first_state_ignored_by_gradient(self, run, d_hidden, d_h, d_c, arguments):
    run.c[0] = 0.0
    return PlainLSTM.backward(self, run, d_hidden, d_h, d_c, arguments)
