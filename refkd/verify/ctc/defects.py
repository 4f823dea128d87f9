"""Known ways in which CTC implementations are wrong, each one step of `PlainCTC` replaced."""

import numpy as np

from refkd.verify.ctc.plain import Floats, Ints, PlainCTC
from refkd.verify.records import Defect


class SkipsBlankOfRepeats(PlainCTC):
    bug = "V1"
    words = "repeated labels may skip the blank between them"

    def skips(self, states, blank):
        allowed = np.zeros(len(states), dtype=bool)
        allowed[2:] = states[2:] != blank
        return allowed


class PaddingKeepsSoftmax(PlainCTC):
    bug = "G3"
    words = "the gradient of padded frames is not zero, but their softmax"

    def fill_padding(self, logits, length, grad):
        grad[length:] = np.exp(self.normalised(logits[length:]))


DEFECTS = tuple(Defect(one.bug, one.words, one()) for one in PlainCTC.__subclasses__())
