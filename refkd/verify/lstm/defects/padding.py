"""Utterances of different lengths, the two directions, and first states."""

from operator import itemgetter

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.defects.weights import ArgumentsReplaced
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


class LengthsIgnored(PlainLSTM):
    bug = "L6"
    words = "lengths are ignored: padded frames are walked through (--lengths equal if meant)"

    def walk(self, n, T, arguments):
        return super().walk(n, T, arguments | {"lengths": np.full_like(arguments["lengths"], T)})


class BackwardStartsInPadding(LengthsIgnored):
    bug = "L5"
    words = "the backward direction starts in the padding"

    def walk(self, n, T, arguments):
        if arguments["reverse"]:
            return super().walk(n, T, arguments)
        return PlainLSTM.walk(self, n, T, arguments)


class WholeArrayTurned(PlainLSTM):
    bug = "L5"
    words = "the backward direction turns the padded array around, not each utterance"

    def preprocess(self, arguments):
        if not arguments["reverse"]:
            return arguments
        turned = {name: arguments[name][::-1] for name in ("inputs", "d_hidden")}
        return arguments | turned | {"reverse": 0, "turned": True}

    def postprocess(self, results, arguments):
        if "turned" not in arguments:
            return results
        return results | {name: results[name][::-1] for name in ("hidden", "d_inputs")}


class FeaturesTurned(PlainLSTM):
    bug = "L5"
    words = "the backward direction turns the features around, not the frames"

    def preprocess(self, arguments):
        if not arguments["reverse"]:
            return arguments
        return arguments | {"inputs": arguments["inputs"][..., ::-1], "reverse": 0, "turned": True}

    def postprocess(self, results, arguments):
        if "turned" not in arguments:
            return results
        return results | {"d_inputs": results["d_inputs"][..., ::-1]}


class LastOfBackwardIsLastFrame(PlainLSTM):
    bug = "L5"

    def __init__(self, words, names):
        self.words = words
        self.names = names

    def utterance(self, n, walk, arguments):
        results = super().utterance(n, walk, arguments)
        if arguments["reverse"] and len(walk):
            x, h0, c0 = arguments["inputs"][walk, n], arguments["h0"][n], arguments["c0"][n]
            run = self.forward(x, h0, c0, arguments)
            first = {"h_last": run.h[1], "c_last": run.c[1]}
            results |= {name: first[name] for name in self.names}
        return results


class StateRunsOn(PlainLSTM):
    bug = "L6"

    def __init__(self, words, names):
        self.words = words
        self.names = names

    def postprocess(self, results, arguments):
        T, N, _ = arguments["inputs"].shape
        for n in range(N):
            walk = np.append(self.walk(n, T, arguments), np.arange(int(arguments["lengths"][n]), T))
            x, h0, c0 = arguments["inputs"][walk, n], arguments["h0"][n], arguments["c0"][n]
            run = self.forward(x, h0, c0, arguments)
            for name, states in (("h_last", run.h), ("c_last", run.c)):
                if name in self.names:
                    results[name][n] = states[-1]
        return results


class LastStatesOfLastFrame(PlainLSTM):
    bug = "L6"
    words = "the last states are read in the last padded frame, where they are 0"

    def postprocess(self, results, arguments):
        short = (arguments["lengths"] < len(arguments["inputs"])) & (not arguments["reverse"])
        return results | {
            name: np.where(short[:, None], 0.0, results[name]) for name in ("h_last", "c_last")
        }


class LastHiddenOfLastFrame(LastStatesOfLastFrame):
    words = "the last hidden state is read in the last padded frame, where it is 0"

    def postprocess(self, results, arguments):
        return results | {"h_last": super().postprocess(results, arguments)["h_last"]}


class PaddingWalkedWithZeros(LengthsIgnored):
    words = "padded frames are walked through as frames of zeros"

    def preprocess(self, arguments):
        there = np.arange(len(arguments["inputs"]))[:, None] < arguments["lengths"]
        return arguments | {"inputs": np.where(there[..., None], arguments["inputs"], 0.0)}


class OutputsReshaped(PlainLSTM):
    bug = "L11"

    def __init__(self, name):
        self.words = f"{name} is reshaped from (N, T, ...) where it must be transposed"
        self.name = name

    def postprocess(self, results, arguments):
        return results | {self.name: mixed(results[self.name])}


class InputsReshaped(PlainLSTM):
    bug = "L11"
    words = "inputs are reshaped to (N, T, D) where they must be transposed"

    def preprocess(self, arguments):
        return arguments | {"inputs": mixed(arguments["inputs"])}

    def postprocess(self, results, arguments):
        T, N, D = results["d_inputs"].shape
        return results | {"d_inputs": results["d_inputs"].reshape(N, T, D).swapaxes(0, 1)}


def mixed(array):
    """(N, T, ...) in memory, taken for (T, N, ...)."""
    return array.swapaxes(0, 1).reshape(array.shape)


DEFECTS.rows(
    LengthsIgnored(),
    BackwardStartsInPadding(),
    WholeArrayTurned(),
    ArgumentsReplaced("L5", "the backward direction walks forward", reverse=lambda arguments: 0),
    FeaturesTurned(),
    LastOfBackwardIsLastFrame(
        "the last states of the backward direction are taken from the last frame, its first step",
        ("h_last", "c_last"),
    ),
    LastOfBackwardIsLastFrame(
        "the last hidden state of the backward direction is taken from the last frame",
        ("h_last",),
    ),
)


@DEFECTS.step(
    "upstream", "L5", "the gradient of the outputs is not turned around for the backward direction"
)
def upstream_not_turned(self, n, walk, arguments):
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    return (d_hidden[::-1] if arguments["reverse"] else d_hidden), d_h, d_c


DEFECTS.rows(
    StateRunsOn("the last states run on through the padding", ("h_last", "c_last")),
    StateRunsOn("the last cell state runs on through the padding", ("c_last",)),
    StateRunsOn("the last hidden state runs on through the padding", ("h_last",)),
    LastStatesOfLastFrame(),
    LastHiddenOfLastFrame(),
    PaddingWalkedWithZeros(),
)


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


DEFECTS.rows(
    ArgumentsReplaced(
        "L6",
        "the longest length is used for all utterances",
        lengths=lambda arguments: np.full_like(arguments["lengths"], arguments["lengths"].max()),
    ),
    ArgumentsReplaced(
        "L6",
        "the length of the first utterance is used for all",
        lengths=lambda arguments: np.full_like(arguments["lengths"], arguments["lengths"][0]),
    ),
)


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


DEFECTS.rows(
    OutputsReshaped("hidden"),
    OutputsReshaped("d_inputs"),
    InputsReshaped(),
    ArgumentsReplaced("L11", "d_hidden is reshaped to (N, T, H) where it must be transposed",
                      d_hidden=lambda arguments: mixed(arguments["d_hidden"])),
)  # fmt: skip


class FirstStatesMixed(ArgumentsReplaced):
    square = True


class FirstStateCarriedOver(PlainLSTM):
    bug = "L13"
    words = "an utterance starts in the last state of the one before"

    def preprocess(self, arguments):
        return arguments | {name: arguments[name].copy() for name in ("h0", "c0")}

    def utterance(self, n, walk, arguments):
        results = super().utterance(n, walk, arguments)
        for name, last in (("h0", "h_last"), ("c0", "c_last")):
            arguments[name][n + 1 : n + 2] = results[last]
        return results


def zero(name):
    return lambda arguments: np.zeros_like(arguments[name])


def of_the_first(name):
    return lambda arguments: np.broadcast_to(arguments[name][:1], arguments[name].shape)


DEFECTS.rows(
    ArgumentsReplaced("L13", "h0 and c0 are left out", h0=zero("h0"), c0=zero("c0")),
    ArgumentsReplaced("L13", "h0 is left out", h0=zero("h0")),
    ArgumentsReplaced("L13", "c0 is left out", c0=zero("c0")),
    FirstStatesMixed("L13", "h0 and c0 are exchanged", h0=itemgetter("c0"), c0=itemgetter("h0")),
    FirstStatesMixed("L13", "h0 stands for c0, too", c0=itemgetter("h0")),
    ArgumentsReplaced("L13", "the first states of the first utterance are used for all",
                      h0=of_the_first("h0"), c0=of_the_first("c0")),
    ArgumentsReplaced("L13", "h0 of the first utterance is used for all", h0=of_the_first("h0")),
    ArgumentsReplaced("L13", "c0 of the first utterance is used for all", c0=of_the_first("c0")),
    FirstStateCarriedOver(),
)  # fmt: skip


@DEFECTS.step("backward", "L13", "the gradient takes the first cell state for zero")
def first_state_ignored_by_gradient(self, run, d_hidden, d_h, d_c, arguments):
    run.c[0] = 0.0
    return PlainLSTM.backward(self, run, d_hidden, d_h, d_c, arguments)
