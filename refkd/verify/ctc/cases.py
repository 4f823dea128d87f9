"""Small CTC cases, each after some bug classes."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from refkd.verify.ctc.enumeration import enumerated
from refkd.verify.ctc.recipe import batch, drawn_logits
from refkd.verify.records import Case, Status

Make: TypeAlias = Callable[[], dict[str, Any]]


class Register(dict[str, Callable[[], Case]]):
    """Makers of cases by name."""

    def case(
        self,
        *bug_classes: str,
        status: Status = "must",
        by_paths: bool = False,
        expected: Mapping[str, Any] | None = None,
        **layout: Any,
    ) -> Callable[[Make], Make]:
        """Register a function that makes the inputs of the case that is called like it.

        What is right is `expected`, worked by hand, or enumerated over all paths, or else computed
        by the reference. `layout` is padding, extra_frames, extra_labels, integers or memory.
        """

        def register(make: Make) -> Make:
            def built() -> Case:
                inputs = make()
                right = enumerated(inputs) if by_paths else expected
                source = "path enumeration" if by_paths else "hand" if expected else "reference"
                return Case(
                    make.__name__, inputs, bug_classes, source, status, right, layout=layout
                )

            self[make.__name__] = built
            return make

        return register


CASES = Register()
case = CASES.case


@case("V4", by_paths=True)
def probe() -> dict[str, Any]:
    """Two utterances of five frames and four classes, the blank in the middle."""
    return batch([drawn_logits(1, 5, 4), drawn_logits(2, 5, 4)], [[0, 3], [2, 0]], 1)


# The target.


@case("V1", "G7", by_paths=True)
def repeated_label() -> dict[str, Any]:
    return batch([drawn_logits(13, 5, 3)], [[1, 1]])


@case("V1", "G7", by_paths=True)
def repeated_thrice() -> dict[str, Any]:
    return batch([drawn_logits(14, 6, 3)], [[2, 2, 2]])


@case("G7", by_paths=True)
def label_comes_back() -> dict[str, Any]:
    return batch([drawn_logits(15, 5, 4)], [[1, 2, 1]])


@case("G8", "G7", by_paths=True)
def as_many_labels_as_frames() -> dict[str, Any]:
    return batch([drawn_logits(16, 4, 4)], [[1, 3, 2, 1]])


@case("V15", "G8", by_paths=True)
def one_label_in_six_frames() -> dict[str, Any]:
    return batch([drawn_logits(17, 6, 3)], [[2]])


@case("V4", by_paths=True)
def blank_first() -> dict[str, Any]:
    return batch([drawn_logits(18, 4, 4)], [[3, 1]], 0)


@case("V3", "V4", by_paths=True)
def blank_last() -> dict[str, Any]:
    return batch([drawn_logits(19, 4, 4)], [[0, 2]], 3)


@case("V3", by_paths=True)
def label_zero_in_ragged_targets() -> dict[str, Any]:
    return batch([drawn_logits(20 + n, 5, 4) for n in range(3)], [[0, 2, 0], [0], [1, 0]], 3)


@case("V7", by_paths=True)
def empty_in_batch() -> dict[str, Any]:
    return batch([drawn_logits(23 + n, 4, 3) for n in range(3)], [[1, 2], [], [2]])


@case("V7", "G2")
def all_empty() -> dict[str, Any]:
    return batch([drawn_logits(26, 4, 3), drawn_logits(27, 2, 3)], [[], []], 0, 1.5, -2.0)


# The batch.


@case("V2", "G3", "V3")
def ragged() -> dict[str, Any]:
    lengths, labels = (6, 3, 1, 4), [[1, 2, 1], [4], [3], [2, 2]]
    return batch([drawn_logits(28 + n, T, 5) for n, T in enumerate(lengths)], labels)


@case("V2", "G8", "G3")
def shortest_first() -> dict[str, Any]:
    lengths, labels = (2, 5, 7), [[1], [2, 3, 2], [1, 3]]
    return batch([drawn_logits(32 + n, T, 4) for n, T in enumerate(lengths)], labels)


@case("V2", "G3", extra_frames=3)
def every_utterance_padded() -> dict[str, Any]:
    return batch([drawn_logits(35, 4, 3), drawn_logits(36, 3, 3)], [[1, 2], [2]])


# Padding holds labels that are in no target and frames that are loud, in several shapes: a row that
# is read with another stride than the padded one must give something else.


def _poisoned() -> dict[str, Any]:
    return batch([drawn_logits(37, 6, 6), drawn_logits(38, 4, 6)], [[1, 2], [3]])


@case("V3", extra_labels=3)
def labels_padded_with_labels() -> dict[str, Any]:
    return _poisoned()


@case("V3", "V2", "G3", extra_labels=1, extra_frames=2)
def padded_by_two_frames_and_a_label() -> dict[str, Any]:
    return _poisoned()


@case("V3", "V2", "G3", extra_labels=2, extra_frames=1)
def padded_by_a_frame_and_two_labels() -> dict[str, Any]:
    return _poisoned()


@case("V3", "V2", "G3", extra_labels=5, extra_frames=5)
def padded_by_five_of_each() -> dict[str, Any]:
    return _poisoned()


@case("G3", "V2", padding=np.nan, extra_frames=1)
def padding_of_nan() -> dict[str, Any]:
    return batch([drawn_logits(39, 5, 3), drawn_logits(40, 2, 3)], [[1, 2], [2]])


@case("G3", "V11", padding=1e4)
def padding_of_huge_numbers() -> dict[str, Any]:
    return batch([drawn_logits(41, 5, 3), drawn_logits(42, 2, 3)], [[1, 2], [2]])


@case("G2")
def upstream() -> dict[str, Any]:
    logits = [drawn_logits(43 + n, 5, 4) for n in range(3)]
    return batch(logits, [[1, 2], [3, 3], [2]], 0, 2.0, -0.5, 3.25)


@case("G2", "G3")
def upstream_zero() -> dict[str, Any]:
    logits = [drawn_logits(46 + n, 5 - n, 4) for n in range(3)]
    return batch(logits, [[1, 2], [3], [2]], 0, 0.0, 1.0, 0.25)


@case("G9", "G7")
def same_utterance_twice() -> dict[str, Any]:
    twice, between = drawn_logits(49, 5, 4), drawn_logits(50, 4, 4)
    return batch([twice, between, twice], [[2, 1], [3], [2, 1]])


# Targets that do not fit.


@case("V8", "G4", "G5")
def infeasible_in_batch() -> dict[str, Any]:
    lengths, labels = (4, 2, 3), [[1, 2], [1, 2, 1], [2]]
    return batch([drawn_logits(51 + n, T, 3) for n, T in enumerate(lengths)], labels)


@case("V8", "V1", "G4", "G5")
def repeat_does_not_fit() -> dict[str, Any]:
    return batch([drawn_logits(54, 3, 3), drawn_logits(55, 2, 3)], [[1, 2], [1, 1]])


@case("G4", "G5", "G2")
def infeasible_with_upstream() -> dict[str, Any]:
    lengths, labels = (4, 2), [[1], [2, 1, 2]]
    logits = [drawn_logits(56 + n, T, 3) for n, T in enumerate(lengths)]
    return batch(logits, labels, 0, 0.5, 2.0)


# Numbers.


@case("V9")
def frames_shifted() -> dict[str, Any]:
    """A constant added to a frame changes nothing."""
    return batch([drawn_logits(58, 4, 4) + np.array([[3.0], [-7.0], [0.0], [12.0]])], [[1, 3]])


@case("V11", "V9")
def frames_of_different_height() -> dict[str, Any]:
    """The largest logit of all frames lies far above those of one frame."""
    return batch([drawn_logits(84, 4, 4) + np.array([[0.0], [1000.0], [-1000.0], [0.0]])], [[2, 1]])


@case("V9", "V10")
def peaked() -> dict[str, Any]:
    return batch([drawn_logits(59, 6, 5, 4)], [[1, 4, 2]])


@case("V11")
def logits_of_a_thousand() -> dict[str, Any]:
    logits = drawn_logits(60, 4, 3)
    return batch([logits + 1000.0, logits - 1000.0], [[1], [2, 1]])


@case("V11", "V10")
def logits_from_minus_to_plus_a_thousand() -> dict[str, Any]:
    logits = drawn_logits(61, 4, 3)
    logits[[0, 1, 3], [1, 2, 0]] = 1000.0
    logits[[1, 2, 3], [0, 1, 2]] = -1000.0
    return batch([logits], [[1, 2]])


@case("V10", "V11")
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


@case("G6", "V11")
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


@case("G6", "G4", "V8")
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


@case("G10", memory="strided")
def strided() -> dict[str, Any]:
    logits = [drawn_logits(68, 5, 4), drawn_logits(69, 3, 4)]
    return batch(logits, [[1, 2], [3]], 0, 1.5, 0.5)


@case("G10", integers="int32")
def int32() -> dict[str, Any]:
    return batch([drawn_logits(70, 5, 4), drawn_logits(71, 3, 4)], [[1, 2], [3]])


@case("G10", integers="int32", memory="strided")
def int32_strided() -> dict[str, Any]:
    return batch([drawn_logits(72, 5, 4), drawn_logits(73, 3, 4)], [[1, 2], [3]])


# Invalid inputs.


@case("V5", status="acceptable")
def blank_in_target() -> dict[str, Any]:
    return batch([drawn_logits(74, 4, 3)], [[1, 0]])


@case("V6", status="must_reject")
def label_is_the_number_of_classes() -> dict[str, Any]:
    return batch([drawn_logits(76, 4, 3)], [[3, 1]])


SHAPES = (  # T, N, K, L
    (8, 4, 6, 6),
    (12, 4, 12, 6),
    (60, 12, 12, 20),
    (400, 2, 30, 60),
    (600, 2, 40, 256),
    (12, 2, 12_000, 5),
    (2_100, 1, 24, 1_025),
    (20_000, 1, 5, 200),
)
UNLIKELY = 60.0  # nats below the least logit of its frame


def fitted(case: Case) -> Case | None:
    """The case in the smallest of eight padded shapes; None if it fits into none.

    Utterances are added as copies of the first, classes that nobody needs with tiny probability.
    The reference computes what is expected.
    """
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    K = logits[0].shape[1]
    longest, targets = max(map(len, logits)), max(map(len, labels))
    T = longest + case.layout.get("extra_frames", 0)
    L = targets + case.layout.get("extra_labels", 0)
    needed = (T, len(logits), K, L)
    shape = next((large for large in SHAPES if all(np.less_equal(needed, large))), None)
    if shape is None:
        return None
    copies = shape[1] - len(logits)
    d_loss = case.inputs.get("d_loss")
    inputs = {
        **case.inputs,
        "logits": [_widened(frames, shape[2]) for frames in [*logits, *[logits[0]] * copies]],
        "labels": [_moved(target, K, shape[2]) for target in [*labels, *[labels[0]] * copies]],
        "d_loss": None if d_loss is None else np.append(d_loss, np.resize(d_loss, copies)),
    }
    layout = {**case.layout, "extra_frames": shape[0] - longest, "extra_labels": shape[3] - targets}
    return dataclasses.replace(case, inputs=inputs, expected=None, tolerance=None, layout=layout)


def _moved(labels: list[int], before: int, after: int) -> list[int]:
    """Labels that were no class stay none."""
    return [label + after - before if label >= before else label for label in labels]


def _widened(logits: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    more = classes - logits.shape[1]
    least = np.where(np.isfinite(logits), logits, np.inf).min(axis=1, keepdims=True)
    return np.concatenate([logits, np.repeat(least - UNLIKELY, more, axis=1)], axis=1)
