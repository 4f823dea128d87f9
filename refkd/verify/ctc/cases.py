"""CTC cases, each after some bug classes: worked by hand, by all paths, small, and large ones."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from refkd.verify.case_set import Register
from refkd.verify.ctc.recipe import batch, drawn, drawn_logits, spoken_batch, turning, with_values

CASES, LARGE = Register(), Register()
ALL = slice(None)


def enumerated(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Losses (N,) in nats and gradients, a (T, K) each, of whole utterances from all K^T paths.

    A path spells the labels that are left when repeats are merged and blanks removed. The gradient
    is what the softmax says, minus the share of the right paths that emit each class.
    """
    blank, d_loss = inputs["blank"], inputs.get("d_loss")
    losses, grads = [], []
    for n, (logits, labels) in enumerate(zip(inputs["logits"], inputs["labels"], strict=True)):
        prob = np.exp(logits - logits.max(axis=1, keepdims=True))
        prob /= prob.sum(axis=1, keepdims=True)
        T, K = prob.shape
        total, emitted = 0.0, np.zeros((T, K))
        for path in itertools.product(range(K), repeat=T):
            merged = [label for label, _ in itertools.groupby(path)]
            if [label for label in merged if label != blank] == list(labels):
                share = float(np.prod(prob[np.arange(T), path]))
                total += share
                emitted[np.arange(T), path] += share
        weight = 1.0 if d_loss is None else d_loss[n]
        losses.append(-np.log(total) if total > 0.0 else np.inf)
        grads.append((prob - emitted / total) * weight if total > 0.0 else np.zeros((T, K)))
    return {"loss": np.array(losses), "grad": grads}


# Worked by hand: numbers that fit on an envelope.

_PROB = np.array([0.2, 0.5, 0.4])
_GRADIENT = _PROB - np.array([0.16, 0.5, 0.36]) / 0.72


# Of eight paths `0 0 0` and `1 0 1` do not spell [1]: 0.72 is left (docs/course/ctc.md).
CASES.add("three_frames", "V15 G7", batch, [np.log(np.stack([1 - _PROB, _PROB], axis=1))], [[1]],
          expected={"loss": [-np.log(0.72)],
                    "grad": [np.stack([-_GRADIENT, _GRADIENT], axis=1)]})  # fmt: skip
# Only `1 0 1` spells [1, 1].
CASES.add("repeat_in_three_frames", "V1 V8", batch, [np.zeros((3, 2))], [[1, 1]],
          expected={"loss": [np.log(8)],
                    "grad": [[[0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]]]})  # fmt: skip
# One path of two.
CASES.add("one_frame", "V7 V8", batch, [np.zeros((1, 2))], [[1]],
          expected={"loss": [np.log(2)], "grad": [[[0.5, -0.5]]]})  # fmt: skip
# Only `0 0` spells nothing: one path of nine.
CASES.add("empty_target", "V7", batch, [np.zeros((2, 3))], [[]],
          expected={"loss": [np.log(9)], "grad": [[[-2 / 3, 1 / 3, 1 / 3]] * 2]})  # fmt: skip
# One class: every path is right.
CASES.add("blank_alone", "V7 V14", drawn, 11, [3], 1, [[]],
          expected={"loss": [0.0], "grad": [[[0.0]] * 3]})  # fmt: skip
# No path: a blank has to stand between.
CASES.add("repeat_in_two_frames", "V1 V8 G4 G5", drawn, 79, [2], 2, [[1, 1]],
          expected={"loss": [np.inf], "grad": [[[0.0] * 2] * 2]})  # fmt: skip
# No path.
CASES.add("three_labels_in_two_frames", "V8 G4 G5", drawn, 12, [2], 3, [[1, 2, 1]],
          expected={"loss": [np.inf], "grad": [[[0.0] * 3] * 2]})  # fmt: skip

# All K^T paths.
# Two utterances of five frames and four classes, the blank in the middle.
CASES.add("probe", "V4", drawn, 1, [5, 5], 4, [[0, 3], [2, 0]], 1, by_paths=enumerated)

# The target.
CASES.add("repeated_label", "V1 G7", drawn, 13, [5], 3, [[1, 1]], by_paths=enumerated)
CASES.add("repeated_thrice", "V1 G7", drawn, 14, [6], 3, [[2, 2, 2]], by_paths=enumerated)
CASES.add("label_comes_back", "G7", drawn, 15, [5], 4, [[1, 2, 1]], by_paths=enumerated)
CASES.add("as_many_labels_as_frames", "G8 G7", drawn, 16, [4], 4, [[1, 3, 2, 1]],
          by_paths=enumerated)  # fmt: skip
CASES.add("one_label_in_six_frames", "V15 G8", drawn, 17, [6], 3, [[2]], by_paths=enumerated)
CASES.add("blank_first", "V4", drawn, 18, [4], 4, [[3, 1]], by_paths=enumerated)
CASES.add("blank_last", "V3 V4", drawn, 19, [4], 4, [[0, 2]], 3, by_paths=enumerated)
CASES.add("label_zero_in_ragged_targets", "V3", drawn, 20, [5, 5, 5], 4, [[0, 2, 0], [0], [1, 0]],
          3, by_paths=enumerated)  # fmt: skip
CASES.add("empty_in_batch", "V7", drawn, 23, [4, 4, 4], 3, [[1, 2], [], [2]], by_paths=enumerated)
CASES.add("all_empty", "V7 G2", drawn, 26, [4, 2], 3, [[], []], 0, 1.5, -2.0)

# The batch.
CASES.add("ragged", "V2 G3 V3", drawn, 28, [6, 3, 1, 4], 5, [[1, 2, 1], [4], [3], [2, 2]])
CASES.add("shortest_first", "V2 G8 G3", drawn, 32, [2, 5, 7], 4, [[1], [2, 3, 2], [1, 3]])
CASES.add("every_utterance_padded", "V2 G3", drawn, 35, [4, 3], 3, [[1, 2], [2]],
          layout={"extra_frames": 3})  # fmt: skip

# Padding holds labels that are in no target and frames that are loud, in several shapes: a row that
# is read with another stride than the padded one must give something else.
CASES.add("labels_padded_with_labels", "V3", drawn, 37, [6, 4], 6, [[1, 2], [3]],
          layout={"extra_labels": 3})  # fmt: skip
CASES.add("padded_by_two_frames_and_a_label", "V3 V2 G3", drawn, 37, [6, 4], 6, [[1, 2], [3]],
          layout={"extra_labels": 1, "extra_frames": 2})  # fmt: skip
CASES.add("padded_by_a_frame_and_two_labels", "V3 V2 G3", drawn, 37, [6, 4], 6, [[1, 2], [3]],
          layout={"extra_labels": 2, "extra_frames": 1})  # fmt: skip
CASES.add("padded_by_five_of_each", "V3 V2 G3", drawn, 37, [6, 4], 6, [[1, 2], [3]],
          layout={"extra_labels": 5, "extra_frames": 5})  # fmt: skip
CASES.add("padding_of_nan", "G3 V2", drawn, 39, [5, 2], 3, [[1, 2], [2]],
          layout={"padding": np.nan, "extra_frames": 1})  # fmt: skip
CASES.add("padding_of_huge_numbers", "G3 V11", drawn, 41, [5, 2], 3, [[1, 2], [2]],
          layout={"padding": 1e4})  # fmt: skip
CASES.add("upstream", "G2", drawn, 43, [5, 5, 5], 4, [[1, 2], [3, 3], [2]], 0, 2.0, -0.5, 3.25)
CASES.add("upstream_zero", "G2 G3", drawn, 46, [5, 4, 3], 4, [[1, 2], [3], [2]], 0, 0.0, 1.0, 0.25)
TWICE = drawn_logits(49, 5, 4)
CASES.add("same_utterance_twice", "G9 G7", batch, [TWICE, drawn_logits(50, 4, 4), TWICE],
          [[2, 1], [3], [2, 1]])  # fmt: skip

# Targets that do not fit.
CASES.add("infeasible_in_batch", "V8 G4 G5", drawn, 51, [4, 2, 3], 3, [[1, 2], [1, 2, 1], [2]])
CASES.add("repeat_does_not_fit", "V8 V1 G4 G5", drawn, 54, [3, 2], 3, [[1, 2], [1, 1]])
CASES.add("infeasible_with_upstream", "G4 G5 G2", drawn, 56, [4, 2], 3, [[1], [2, 1, 2]], 0, 0.5,
          2.0)  # fmt: skip


# Numbers.

# A constant added to a frame changes nothing.
CASES.add("frames_shifted", "V9", batch,
          [drawn_logits(58, 4, 4) + np.array([[3.0], [-7.0], [0.0], [12.0]])],
          [[1, 3]])  # fmt: skip
# The largest logit of all frames lies far above those of one frame.
CASES.add("frames_of_different_height", "V11 V9", batch,
          [drawn_logits(84, 4, 4) + np.array([[0.0], [1000.0], [-1000.0], [0.0]])],
          [[2, 1]])  # fmt: skip
CASES.add("peaked", "V9 V10", batch, [drawn_logits(59, 6, 5, 4)], [[1, 4, 2]])
CASES.add("logits_of_a_thousand", "V11", batch,
          [drawn_logits(60, 4, 3) + 1000.0, drawn_logits(60, 4, 3) - 1000.0],
          [[1], [2, 1]])  # fmt: skip
CASES.add("logits_from_minus_to_plus_a_thousand", "V11 V10", batch,
          [with_values(drawn_logits(61, 4, 3), ([0, 1, 3], [1, 2, 0], 1000.0),
                       ([1, 2, 3], [0, 1, 2], -1000.0))], [[1, 2]])  # fmt: skip
# Each label has probability e^-900, which is 0 in float64.
CASES.add("improbable_target", "V10 V11", batch, [drawn_logits(62, 4, 3) - [0.0, 900.0, 900.0]],
          [[1, 2]])  # fmt: skip
# A class that the target does not use has logits of -inf.
CASES.add("class_masked", "G6", batch,
          [with_values(drawn_logits(63, 4, 4), (ALL, 2, -np.inf)), drawn_logits(64, 4, 4)],
          [[1, 3], [2]])  # fmt: skip
# -1e30 is finite, but its square, or its product with another, need not be.
CASES.add("class_masked_by_a_number", "G6 V11", batch,
          [with_values(drawn_logits(78, 4, 4), (ALL, 2, -1e30))], [[1, 3]])  # fmt: skip
CASES.add("label_masked_in_some_frames", "G6", batch,
          [with_values(drawn_logits(65, 5, 3), ([0, 1, 4], [1, 2, 0], -np.inf))],
          [[1, 2]])  # fmt: skip
# The target fits, but its label is masked in every frame.
CASES.add("no_path_has_probability", "G6 G4 V8", batch,
          [with_values(drawn_logits(66, 4, 3), (ALL, 1, -np.inf)), drawn_logits(67, 4, 3)],
          [[1], [1]])  # fmt: skip
# The loss is 1.4e-15: its sum over paths rounds to 1, or a little more.
SURE = with_values(np.full((4, 3), -17.5), ([0, 1, 2, 3], [0, 1, 0, 2], 17.5))
CASES.add("confident", "V12", batch, [SURE, SURE[:3]], [[1, 2], [1]])
# The loss is 0 in every dtype.
CASES.add("certain", "V12", batch, [np.array([[0.0, 800.0, 0.0], [800.0, 0.0, 0.0]])], [[1]])

# Memory and integers.
CASES.add("strided", "G10", drawn, 68, [5, 3], 4, [[1, 2], [3]], 0, 1.5, 0.5,
          layout={"memory": "strided"})  # fmt: skip
CASES.add("int32", "G10", drawn, 70, [5, 3], 4, [[1, 2], [3]], layout={"integers": "int32"})
CASES.add("int32_strided", "G10", drawn, 72, [5, 3], 4, [[1, 2], [3]],
          layout={"integers": "int32", "memory": "strided"})  # fmt: skip

# Invalid inputs.
CASES.add("blank_in_target", "V5", drawn, 74, [4], 3, [[1, 0]], status="acceptable")
CASES.add("label_is_the_number_of_classes", "V6", drawn, 76, [4], 3, [[3, 1]], status="must_reject")


# Large ones, and those that need a process of their own.

SIXTY, MORE, WIDE = turning(60, 7, 29), turning(256, 11, 39), [11_999, 300, 65, 8_191, 11_999]
RAGGED = [5 + (n * 17) % 40 for n in range(12)]
# The loss is above 745: the probability of the target is 0 in float64.
LARGE.add("some_hundred_frames", "V10 V2", drawn, 80, [400, 370], 30, [SIXTY, SIXTY[:50]])
LARGE.add("many_ragged_utterances", "V2 V3 G3", spoken_batch, 90, RAGGED, 8,
          [turning(T // 3, n + 2, 7) for n, T in enumerate(RAGGED)],
          *(1.0 + 0.25 * np.arange(12)))  # fmt: skip
LARGE.add("target_of_256", "V14 G7", spoken_batch, 110, [600, 520], 40, [MORE, MORE[:255]])
LARGE.add("target_of_1025", "V14 V10", spoken_batch, 112, [2_100], 18, [turning(1_025, 3, 17)])
LARGE.add("classes_12000", "V14", spoken_batch, 113, [12, 9], 12_000, [WIDE, WIDE[:3]])
LARGE.add("frames_2000", "V10", spoken_batch, 115, [2_000], 24, [turning(120, 5, 23)])
LARGE.add("frames_20000", "V10", drawn, 116, [20_000], 5, [turning(200, 3, 4)])
LARGE.add("label_too_large", "V6", drawn, 75, [4], 3, [[1, 7]], status="must_reject")
LARGE.add("negative_label", "V6", drawn, 77, [4], 3, [[-1, 1]], status="must_reject")
