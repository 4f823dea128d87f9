"""Utterances of different lengths, and the two directions."""

import numpy as np

from refkd.verify.lstm.plain import PlainLSTM


class LengthsIgnored(PlainLSTM):
    bug = "L6"
    words = "lengths are ignored: padded frames are walked through (--lengths equal if meant)"

    def walk(self, n, T, given):
        return super().walk(n, T, given | {"lengths": np.full_like(given["lengths"], T)})


class BackwardStartsInPadding(LengthsIgnored):
    bug = "L5"
    words = "the backward direction starts in the padding"

    def walk(self, n, T, given):
        return super().walk(n, T, given) if given["reverse"] else PlainLSTM.walk(self, n, T, given)


class WholeArrayTurned(PlainLSTM):
    bug = "L5"
    words = "the backward direction turns the padded array around, not each utterance"

    def take(self, given):
        if not given["reverse"]:
            return given
        turned = {name: given[name][::-1] for name in ("inputs", "d_hidden")}
        return given | turned | {"reverse": 0, "turned": True}

    def give(self, found, given):
        if "turned" not in given:
            return found
        return found | {name: found[name][::-1] for name in ("hidden", "d_inputs")}


class ReverseIgnored(PlainLSTM):
    bug = "L5"
    words = "the backward direction walks forward"

    def take(self, given):
        return given | {"reverse": 0}


class FeaturesTurned(PlainLSTM):
    bug = "L5"
    words = "the backward direction turns the features around, not the frames"

    def take(self, given):
        if not given["reverse"]:
            return given
        return given | {"inputs": given["inputs"][..., ::-1], "reverse": 0, "turned": True}

    def give(self, found, given):
        return found | {"d_inputs": found["d_inputs"][..., ::-1]} if "turned" in given else found


class LastOfBackwardIsLastFrame(PlainLSTM):
    bug = "L5"

    def __init__(self, words, names):
        self.words = words
        self.names = names

    def utterance(self, n, walk, given):
        found = super().utterance(n, walk, given)
        if given["reverse"] and len(walk):
            run = self.forward(given["inputs"][walk, n], given["h0"][n], given["c0"][n], given)
            first = {"h_last": run.h[1], "c_last": run.c[1]}
            found |= {name: first[name] for name in self.names}
        return found


class UpstreamNotTurned(PlainLSTM):
    bug = "L5"
    words = "the gradient of the outputs is not turned around for the backward direction"

    def upstream(self, n, walk, given):
        d_hidden, d_h, d_c = super().upstream(n, walk, given)
        return (d_hidden[::-1] if given["reverse"] else d_hidden), d_h, d_c


class StateRunsOn(PlainLSTM):
    bug = "L6"

    def __init__(self, words, names):
        self.words = words
        self.names = names

    def give(self, found, given):
        T, N, _ = given["inputs"].shape
        for n in range(N):
            walk = np.append(self.walk(n, T, given), np.arange(int(given["lengths"][n]), T))
            x, h0, c0 = given["inputs"][walk, n], given["h0"][n], given["c0"][n]
            run = self.forward(x, h0, c0, given)
            for name, states in (("h_last", run.h), ("c_last", run.c)):
                if name in self.names:
                    found[name][n] = states[-1]
        return found


class LastStatesOfLastFrame(PlainLSTM):
    bug = "L6"
    words = "the last states are read in the last padded frame, where they are 0"

    def give(self, found, given):
        short = (given["lengths"] < len(given["inputs"])) & (not given["reverse"])
        return found | {
            name: np.where(short[:, None], 0.0, found[name]) for name in ("h_last", "c_last")
        }


class LastHiddenOfLastFrame(LastStatesOfLastFrame):
    words = "the last hidden state is read in the last padded frame, where it is 0"

    def give(self, found, given):
        return found | {"h_last": super().give(found, given)["h_last"]}


class PaddingWalkedWithZeros(LengthsIgnored):
    words = "padded frames are walked through as frames of zeros"

    def take(self, given):
        there = np.arange(len(given["inputs"]))[:, None] < given["lengths"]
        return given | {"inputs": np.where(there[..., None], given["inputs"], 0.0)}


class UpstreamOfPadding(PlainLSTM):
    bug = "L6"
    words = "the gradient of padded outputs flows into the last frame"

    def upstream(self, n, walk, given):
        d_hidden, d_h, d_c = super().upstream(n, walk, given)
        return d_hidden, d_h + given["d_hidden"][len(walk) :, n].sum(axis=0), d_c


class LastGradientOfShortLost(PlainLSTM):
    bug = "L6"
    words = "the gradient of the last states is lost for utterances shorter than the batch"

    def upstream(self, n, walk, given):
        d_hidden, d_h, d_c = super().upstream(n, walk, given)
        full = float(len(walk) == len(given["inputs"]))
        return d_hidden, full * d_h, full * d_c


class LongestLength(PlainLSTM):
    bug = "L6"
    words = "the longest length is used for all utterances"

    def take(self, given):
        return given | {"lengths": np.full_like(given["lengths"], given["lengths"].max())}


class LengthOfTheFirst(PlainLSTM):
    bug = "L6"
    words = "the length of the first utterance is used for all"

    def take(self, given):
        return given | {"lengths": np.full_like(given["lengths"], given["lengths"][0])}


class OneFrameShort(PlainLSTM):
    bug = "L6"
    words = "the last frame of each utterance is left out"

    def walk(self, n, T, given):
        frames = np.arange(max(int(given["lengths"][n]) - 1, 0))
        return frames[::-1] if given["reverse"] else frames


class OrderNotRestored(PlainLSTM):
    bug = "L6"
    words = "utterances are sorted by length, and the last states are not sorted back"

    def give(self, found, given):
        order = np.argsort(-given["lengths"], kind="stable")
        return found | {name: found[name][order] for name in ("h_last", "c_last")}


class OutputsReshaped(PlainLSTM):
    bug = "L11"

    def __init__(self, name):
        self.words = f"{name} is reshaped from (N, T, ...) where it must be transposed"
        self.name = name

    def give(self, found, given):
        return found | {self.name: mixed(found[self.name])}


class InputsReshaped(PlainLSTM):
    bug = "L11"
    words = "inputs are reshaped to (N, T, D) where they must be transposed"

    def take(self, given):
        return given | {"inputs": mixed(given["inputs"])}

    def give(self, found, given):
        T, N, D = found["d_inputs"].shape
        return found | {"d_inputs": found["d_inputs"].reshape(N, T, D).swapaxes(0, 1)}


class UpstreamReshaped(PlainLSTM):
    bug = "L11"
    words = "d_hidden is reshaped to (N, T, H) where it must be transposed"

    def take(self, given):
        return given | {"d_hidden": mixed(given["d_hidden"])}


def mixed(array):
    """(N, T, ...) in memory, taken for (T, N, ...)."""
    return array.swapaxes(0, 1).reshape(array.shape)


DEFECTS = (
    LengthsIgnored(),
    BackwardStartsInPadding(),
    WholeArrayTurned(),
    ReverseIgnored(),
    FeaturesTurned(),
    LastOfBackwardIsLastFrame(
        "the last states of the backward direction are taken from the last frame, its first step",
        ("h_last", "c_last"),
    ),
    LastOfBackwardIsLastFrame(
        "the last hidden state of the backward direction is taken from the last frame",
        ("h_last",),
    ),
    UpstreamNotTurned(),
    StateRunsOn("the last states run on through the padding", ("h_last", "c_last")),
    StateRunsOn("the last cell state runs on through the padding", ("c_last",)),
    StateRunsOn("the last hidden state runs on through the padding", ("h_last",)),
    LastStatesOfLastFrame(),
    LastHiddenOfLastFrame(),
    PaddingWalkedWithZeros(),
    UpstreamOfPadding(),
    LastGradientOfShortLost(),
    LongestLength(),
    LengthOfTheFirst(),
    OneFrameShort(),
    OrderNotRestored(),
    OutputsReshaped("hidden"),
    OutputsReshaped("d_inputs"),
    InputsReshaped(),
    UpstreamReshaped(),
)
