"""The wrong paths are added up."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC, shifted


class RepeatsSkipTheBlank(PlainCTC):
    bug = "V1"
    words = "repeated labels may skip the blank between them"

    def skips(self, states, blank):
        allowed = super().skips(states, blank)
        allowed[3::2] = True
        return allowed


class NoLabelSkipsTheBlank(PlainCTC):
    bug = "V1"
    words = "a label may not follow another without a blank between, though they differ"

    def skips(self, states, blank):
        return np.zeros(len(states), dtype=bool)


class OnlyRepeatsSkipTheBlank(PlainCTC):
    bug = "V1"
    words = "repeated labels may skip the blank between them, and different ones may not"

    def skips(self, states, blank):
        allowed = np.zeros(len(states), dtype=bool)
        allowed[3::2] = states[3::2] == states[1:-2:2]
        return allowed


class BlanksSkipTheLabel(PlainCTC):
    bug = "V1"
    words = "a label may be skipped between two blanks"

    def skips(self, states, blank):
        allowed = super().skips(states, blank)
        allowed[2::2] = True
        return allowed


class NothingMerged(PlainCTC):
    bug = "V15"
    words = "repeats of a label in a path are not merged"

    def arrive(self, before, skip):
        stays = np.arange(len(before)) % 2 == 0
        step, jump = shifted(before, 1), np.where(skip, shifted(before, 2), -np.inf)
        return np.logaddexp(np.logaddexp(np.where(stays, before, -np.inf), step), jump)

    def leave(self, onward, skip):
        stays = np.arange(len(onward)) % 2 == 0
        jump = shifted(np.where(skip, onward, -np.inf), -2)
        return np.logaddexp(
            np.logaddexp(np.where(stays, onward, -np.inf), shifted(onward, -1)), jump
        )


class StartsWithBlank(PlainCTC):
    bug = "G8"
    words = "every path has to start with a blank"

    def first(self, S):
        return slice(0, 1)


class StartsWithLabel(PlainCTC):
    bug = "G8"
    words = "every path has to start with a label"

    def first(self, S):
        return slice(min(1, S - 1), 2)


class EndsWithBlank(PlainCTC):
    bug = "G8"
    words = "every path has to end with a blank"

    def last(self, S):
        return slice(S - 1, S)


class EndsWithLabel(PlainCTC):
    bug = "G8"
    words = "every path has to end with a label"

    def last(self, S):
        return slice(max(S - 2, 0), max(S - 1, 1))


class LossWithoutLastBlank(PlainCTC):
    bug = "G8"
    words = "the loss leaves out the paths that end with a blank, the gradient does not"

    def total(self, alpha):
        return float(alpha[-1, max(alpha.shape[1] - 2, 0)])


class LossWithoutLastLabel(PlainCTC):
    bug = "G8"
    words = "the loss leaves out the paths that end with a label, the gradient does not"

    def total(self, alpha):
        return float(alpha[-1, -1])


class BestPathOnly(PlainCTC):
    bug = "V10"
    words = "the best path stands for the sum over all paths"

    def add(self, a, b):
        return np.maximum(a, b)

    def total(self, alpha):
        return float(alpha[-1, self.last(alpha.shape[1])].max())


class _EmptyTarget(PlainCTC):
    """An empty target costs something else, or its gradient is all one number."""

    bug = "V7"

    def __init__(self, words, loss=None, grad=None):
        self.words = words
        self.loss = loss
        self.grad = grad

    def finished(self, loss, grad, target):
        loss, grad = super().finished(loss, grad, target)
        if len(target) == 0:
            loss = loss if self.loss is None else self.loss
            grad = grad if self.grad is None else np.full_like(grad, self.grad)
        return loss, grad


class _EmptyTargetTwice(PlainCTC):
    bug = "V7"
    words = "the one path of an empty target is counted twice: its last state and the one before"

    def total(self, alpha):
        return super().total(alpha) + (np.log(2.0) if alpha.shape[1] == 1 else 0.0)


EMPTY_TARGETS = (
    _EmptyTarget("an empty target costs nothing", 0.0, 0.0),
    _EmptyTarget("an empty target costs nothing, but has a gradient", 0.0),
    _EmptyTarget("an empty target costs infinitely much", np.inf, 0.0),
    _EmptyTarget("an empty target gives NaN", np.nan, np.nan),
    _EmptyTargetTwice(),
    _EmptyTarget("an empty target has no gradient", grad=0.0),
)


class BlankOnTheWay(PlainCTC):
    bug = "V8"
    words = "a target is taken for infeasible unless a blank fits around each label"

    def loss_of(self, logp, target, blank):
        loss, occupancy = super().loss_of(logp, target, blank)
        return (loss if len(logp) >= 2 * len(target) + 1 else np.inf), occupancy


class OneFrameMore(PlainCTC):
    bug = "V8"
    words = "a target that fits exactly is taken for infeasible"

    def loss_of(self, logp, target, blank):
        loss, occupancy = super().loss_of(logp, target, blank)
        repeats = int((target[1:] == target[:-1]).sum())
        return (loss if len(logp) > len(target) + repeats else np.inf), occupancy
