"""CTC cases, each after some bug classes: worked by hand, by all paths, small, and large ones."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from refkd.verify.case_set import Register
from refkd.verify.ctc.recipe import batch, drawn, drawn_logits, spoken

CASES, LARGE = Register(), Register()
case, large = CASES.case, LARGE.case


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


@case(
    "V15 G7",
    expected={"loss": [-np.log(0.72)], "grad": [np.stack([-_GRADIENT, _GRADIENT], axis=1)]},
)
def three_frames() -> dict[str, Any]:
    """Of eight paths `0 0 0` and `1 0 1` do not spell [1]: 0.72 is left (docs/course/ctc.md)."""
    return batch([np.log(np.stack([1 - _PROB, _PROB], axis=1))], [[1]])


@case("V1 V8", expected={"loss": [np.log(8)], "grad": [[[0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]]]})
def repeat_in_three_frames() -> dict[str, Any]:
    """Only `1 0 1` spells [1, 1]."""
    return batch([np.zeros((3, 2))], [[1, 1]])


@case("V7 V8", expected={"loss": [np.log(2)], "grad": [[[0.5, -0.5]]]})
def one_frame() -> dict[str, Any]:
    """One path of two."""
    return batch([np.zeros((1, 2))], [[1]])


@case("V7", expected={"loss": [np.log(9)], "grad": [[[-2 / 3, 1 / 3, 1 / 3]] * 2]})
def empty_target() -> dict[str, Any]:
    """Only `0 0` spells nothing: one path of nine."""
    return batch([np.zeros((2, 3))], [[]])


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


@case("G9 G7")
def same_utterance_twice() -> dict[str, Any]:
    twice, between = drawn_logits(49, 5, 4), drawn_logits(50, 4, 4)
    return batch([twice, between, twice], [[2, 1], [3], [2, 1]])


# Targets that do not fit.
CASES.add("infeasible_in_batch", "V8 G4 G5", drawn, 51, [4, 2, 3], 3, [[1, 2], [1, 2, 1], [2]])
CASES.add("repeat_does_not_fit", "V8 V1 G4 G5", drawn, 54, [3, 2], 3, [[1, 2], [1, 1]])
CASES.add("infeasible_with_upstream", "G4 G5 G2", drawn, 56, [4, 2], 3, [[1], [2, 1, 2]], 0, 0.5,
          2.0)  # fmt: skip


# Numbers.


@case("V9")
def frames_shifted() -> dict[str, Any]:
    """A constant added to a frame changes nothing."""
    return batch([drawn_logits(58, 4, 4) + np.array([[3.0], [-7.0], [0.0], [12.0]])], [[1, 3]])


@case("V11 V9")
def frames_of_different_height() -> dict[str, Any]:
    """The largest logit of all frames lies far above those of one frame."""
    return batch([drawn_logits(84, 4, 4) + np.array([[0.0], [1000.0], [-1000.0], [0.0]])], [[2, 1]])


@case("V9 V10")
def peaked() -> dict[str, Any]:
    return batch([drawn_logits(59, 6, 5, 4)], [[1, 4, 2]])


@case("V11")
def logits_of_a_thousand() -> dict[str, Any]:
    logits = drawn_logits(60, 4, 3)
    return batch([logits + 1000.0, logits - 1000.0], [[1], [2, 1]])


@case("V11 V10")
def logits_from_minus_to_plus_a_thousand() -> dict[str, Any]:
    logits = drawn_logits(61, 4, 3)
    logits[[0, 1, 3], [1, 2, 0]] = 1000.0
    logits[[1, 2, 3], [0, 1, 2]] = -1000.0
    return batch([logits], [[1, 2]])


@case("V10 V11")
def improbable_target() -> dict[str, Any]:
    """Each label has probability e^-900, which is 0 in float64."""
    logits = drawn_logits(62, 4, 3)
    logits[:, 1:] -= 900.0
    return batch([logits], [[1, 2]])


@case("G6")
def class_masked() -> dict[str, Any]:
    """A class that the target does not use has logits of -inf."""
    logits = drawn_logits(63, 4, 4)
    logits[:, 2] = -np.inf
    return batch([logits, drawn_logits(64, 4, 4)], [[1, 3], [2]])


@case("G6 V11")
def class_masked_by_a_number() -> dict[str, Any]:
    """-1e30 is finite, but its square, or its product with another, need not be."""
    logits = drawn_logits(78, 4, 4)
    logits[:, 2] = -1e30
    return batch([logits], [[1, 3]])


@case("G6")
def label_masked_in_some_frames() -> dict[str, Any]:
    logits = drawn_logits(65, 5, 3)
    logits[[0, 1, 4], [1, 2, 0]] = -np.inf
    return batch([logits], [[1, 2]])


@case("G6 G4 V8")
def no_path_has_probability() -> dict[str, Any]:
    """The target fits, but its label is masked in every frame."""
    logits = drawn_logits(66, 4, 3)
    logits[:, 1] = -np.inf
    return batch([logits, drawn_logits(67, 4, 3)], [[1], [1]])


@case("V12")
def confident() -> dict[str, Any]:
    """The loss is 1.4e-15: its sum over paths rounds to 1, or a little more."""
    logits = np.full((4, 3), -17.5)
    logits[[0, 1, 2, 3], [0, 1, 0, 2]] = 17.5
    return batch([logits, logits[:3]], [[1, 2], [1]])


@case("V12")
def certain() -> dict[str, Any]:
    """The loss is 0 in every dtype."""
    return batch([np.array([[0.0, 800.0, 0.0], [800.0, 0.0, 0.0]])], [[1]])


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


@large("V10 V2")
def some_hundred_frames() -> dict[str, Any]:
    """The loss is above 745: the probability of the target is 0 in float64."""
    labels = (np.arange(60) * 7 % 29 + 1).tolist()
    return batch([drawn_logits(80, 400, 30), drawn_logits(81, 370, 30)], [labels, labels[:50]])


@large("V2 V3 G3")
def many_ragged_utterances() -> dict[str, Any]:
    logits, labels = [], []
    for n in range(12):
        T = 5 + (n * 17) % 40
        target = ((np.arange(T // 3) * (n + 2)) % 7 + 1).tolist()
        logits.append(spoken(90 + n, T, 8, target))
        labels.append(target)
    return batch(logits, labels, 0, *(1.0 + 0.25 * np.arange(12)))


@large("V14 G7")
def target_of_256() -> dict[str, Any]:
    labels = (np.arange(256) * 11 % 39 + 1).tolist()
    return batch([spoken(110, 600, 40, labels), spoken(111, 520, 40, labels[:255])],
                 [labels, labels[:255]])  # fmt: skip


@large("V14 V10")
def target_of_1025() -> dict[str, Any]:
    labels = (np.arange(1025) * 3 % 17 + 1).tolist()
    return batch([spoken(112, 2100, 18, labels)], [labels])


@large("V14")
def classes_12000() -> dict[str, Any]:
    labels = [11_999, 300, 65, 8_191, 11_999]
    return batch([spoken(113, 12, 12_000, labels), spoken(114, 9, 12_000, labels[:3])],
                 [labels, labels[:3]])  # fmt: skip


@large("V10")
def frames_2000() -> dict[str, Any]:
    labels = (np.arange(120) * 5 % 23 + 1).tolist()
    return batch([spoken(115, 2_000, 24, labels)], [labels])


@large("V10")
def frames_20000() -> dict[str, Any]:
    labels = (np.arange(200) * 3 % 4 + 1).tolist()
    return batch([drawn_logits(116, 20_000, 5)], [labels])


LARGE.add("label_too_large", "V6", drawn, 75, [4], 3, [[1, 7]], status="must_reject")
LARGE.add("negative_label", "V6", drawn, 77, [4], 3, [[-1, 1]], status="must_reject")
