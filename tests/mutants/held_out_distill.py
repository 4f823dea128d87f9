"""Distillation defects made without a look at the kit.

Each class was written down before the kit was asked, and none was changed. What resembles a defect
of an earlier set was marked afterwards.
"""

import numpy as np
from mutants.distill_parts import COSTS, adapter, log_prob, monotone, softmax_of
from mutants.edited import Plant

RIGHT = adapter()


def _frames_of_loss_only(loss, grad, call):
    return loss / np.maximum(call.lengths, 1), grad


def _by_temperature(rule):
    factor = rule["temperature"] if rule["scale_t2"] else 1.0
    return factor, factor


def _undefined_is_nothing(p, lp, lq, name):
    if name == "kl":
        return np.nan_to_num((p * (lp - lq)).sum(axis=-1))
    return COSTS[name](p, lp, lq)


def _sliced(i, left, right, T):
    return list(range(T))[i - left : i + right + 1]


def _own_frame_dropped(chosen, blank):
    return {i: one for i, one in chosen.items() if not blank[i]}


def _js_of_sums(p, lp, lq, name):
    return COSTS[name](p, lp, lq) * (2.0 if name == "js" else 1.0)


FRESH = {
    "the loss is a mean over frames, the gradient that of a sum": Plant(
        "K3", adapter(batch=_frames_of_loss_only), like="loss over frames"
    ),
    "times temperature": Plant("K4", adapter(scale=_by_temperature)),
    "the student's temperature divides log-probabilities": Plant(
        "K5", adapter(log_student=lambda z, rule: log_prob(z) / rule["temperature"])
    ),
    "the longest of the batch gives the number of frames": Plant(
        "K6", adapter(length=lambda call, n: int(max(call.lengths))), like="longest counts"
    ),
    "a frame whose divergence is NaN costs nothing": Plant(
        "K7", adapter(cost=_undefined_is_nothing)
    ),
    "a blank at the student's frame is dropped, not at the selected one": Plant(
        "K10", adapter(drop=_own_frame_dropped)
    ),
    "a slice that begins below zero": Plant("K11", adapter(frames=_sliced)),
    "the first of equal frames": Plant(
        "K12",
        adapter(best=lambda i, js, D: sorted(js, key=lambda j: (D[i, j], j))),
        like="ties to the first",
    ),
    "weights that grow with the divergence": Plant(
        "K14",
        adapter(share=lambda costs, tau: softmax_of(-np.asarray(costs), tau)),
        like="sign of tau",
    ),
    "a step more than allowed": Plant(
        "K15",
        adapter(order=lambda seen, D, limit: monotone(seen, D, limit + 1)),
        like="one step more",
    ),
    "frames before the first whole blend count, too": Plant(
        "K16", adapter(blend_from=lambda rule: 0), like="blend from the start"
    ),
    "the sum of both halves of the Jensen-Shannon divergence": Plant(
        "K18", adapter(cost=_js_of_sums), like="js without halves"
    ),
}
