"""The wrong paths are added up."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC, shifted
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


@DEFECTS.step("skips", "V1", "repeated labels may skip the blank between them")
def repeats_skip_the_blank(self, states, blank):
    allowed = PlainCTC.skips(self, states, blank)
    allowed[3::2] = True
    return allowed


@DEFECTS.step("skips", "V1", "different labels may not follow each other without a blank between")
def no_label_skips_the_blank(self, states, blank):
    return np.zeros(len(states), dtype=bool)


@DEFECTS.step(
    "skips", "V1", "repeated labels may skip the blank between them, and different ones may not"
)
def only_repeats_skip_the_blank(self, states, blank):
    allowed = np.zeros(len(states), dtype=bool)
    allowed[3::2] = states[3::2] == states[1:-2:2]
    return allowed


@DEFECTS.step("skips", "V1", "a label may be skipped between two blanks")
def blanks_skip_the_label(self, states, blank):
    allowed = PlainCTC.skips(self, states, blank)
    allowed[2::2] = True
    return allowed


@DEFECTS.steps("V15", "repeats of a label in a path are not merged")
class NothingMerged(PlainCTC):
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


@DEFECTS.step("first", "G8", "every path has to start with a blank")
def starts_with_blank(self, S):
    return slice(0, 1)


@DEFECTS.step("first", "G8", "every path has to start with a label")
def starts_with_label(self, S):
    return slice(min(1, S - 1), 2)


@DEFECTS.step("last", "G8", "every path has to end with a blank")
def ends_with_blank(self, S):
    return slice(S - 1, S)


@DEFECTS.step("last", "G8", "every path has to end with a label")
def ends_with_label(self, S):
    return slice(max(S - 2, 0), max(S - 1, 1))


@DEFECTS.step(
    "total", "G8", "the loss leaves out the paths that end with a blank, the gradient does not"
)
def loss_without_last_blank(self, alpha):
    return float(alpha[-1, max(alpha.shape[1] - 2, 0)])


@DEFECTS.step(
    "total", "G8", "the loss leaves out the paths that end with a label, the gradient does not"
)
def loss_without_last_label(self, alpha):
    return float(alpha[-1, -1])


@DEFECTS.steps("V10", "the best path is used in place of the sum over all paths")
class BestPathOnly(PlainCTC):
    def add(self, a, b):
        return np.maximum(a, b)

    def total(self, alpha):
        return float(alpha[-1, self.last(alpha.shape[1])].max())


def empty_target(self, loss, grad, target, loss_of_empty, grad_of_empty):
    """An empty target costs something else, or its gradient is all one number."""
    loss, grad = PlainCTC.finished(self, loss, grad, target)
    if len(target) == 0:
        loss = loss if loss_of_empty is None else loss_of_empty
        grad = grad if grad_of_empty is None else np.full_like(grad, grad_of_empty)
    return loss, grad


DEFECTS.family("finished", "V7", empty_target, {
    "the loss of an empty target is 0": (0.0, 0.0),
    "the loss of an empty target is 0, but not its gradient": (0.0, None),
    "the loss of an empty target is infinite": (np.inf, 0.0),
    "the loss of an empty target is NaN": (np.nan, np.nan),
})  # fmt: skip


@DEFECTS.step(
    "total",
    "V7",
    "the one path of an empty target is counted twice: through its last state and the one before",
)
def empty_target_twice(self, alpha):
    return PlainCTC.total(self, alpha) + (np.log(2.0) if alpha.shape[1] == 1 else 0.0)


DEFECTS.family("finished", "V7", empty_target, {
    "an empty target has no gradient": (None, 0.0),
})  # fmt: skip


@DEFECTS.step(
    "loss_of", "V8", "a target is treated as infeasible unless a blank fits around each label"
)
def blank_on_the_way(self, logp, target, blank):
    loss, occupancy = PlainCTC.loss_of(self, logp, target, blank)
    return (loss if len(logp) >= 2 * len(target) + 1 else np.inf), occupancy


@DEFECTS.step("loss_of", "V8", "a target that fits exactly is treated as infeasible")
def one_frame_more(self, logp, target, blank):
    loss, occupancy = PlainCTC.loss_of(self, logp, target, blank)
    repeats = int((target[1:] == target[:-1]).sum())
    return (loss if len(logp) > len(target) + repeats else np.inf), occupancy
