"""Cases of forced alignment, each after some bug classes."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from refkd import check
from refkd.verify.alignment.defects.paths import TieSkips, TieStays, TieSteps
from refkd.verify.alignment.plain import Floats, PlainAligner
from refkd.verify.case_set import Register
from refkd.verify.compare import log_softmax
from refkd.verify.ctc.recipe import batch, favoured
from refkd.verify.records import Case

STEP = 256.0  # logits are its fractions: float16 holds them, and few paths are equally probable


def drawn_logits(seed: int, frames: int, classes: int) -> Floats:
    """Logits (T, K) within 2 of 0."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(-512, 513, size=(frames, classes)) / STEP)


def spoken(seed: int, frames: int, classes: int, labels: Sequence[int], blank: int = 0) -> Floats:
    """Logits (T, K) of a network that is rather sure of these labels at even distances."""
    return favoured(drawn_logits(seed, frames, classes), labels, blank)


def sure(frames: Sequence[int], classes: int) -> Floats:
    """Logits (T, K) of a network that is sure of a class at each frame."""
    logits = drawn_logits(len(frames), len(frames), classes) / 4.0
    logits[np.arange(len(frames)), list(frames)] += 6.0
    return logits


CASES = Register()
LARGE = Register()
case = CASES.case
large = LARGE.case


@case("A6", "A8")
def probe() -> dict[str, Any]:
    """Two utterances, the blank in the middle; a label of two frames, and one at an end."""
    first = spoken(1, 7, 5, [0, 3], 1)
    first[4, 3] += 8.0
    return batch([first, spoken(2, 7, 5, [2, 0, 4], 1)], [[0, 3], [2, 0, 4]], 1)


def _path(*frames: int) -> dict[str, Any]:
    return {"alignment": [list(frames)]}


@case("A3", "A2", expected=_path(0, 1, 1, 2))
def four_frames() -> dict[str, Any]:
    """The example of `refkd.ctc_align`: spans 1 to 3 and 3 to 4."""
    return batch([sure([0, 1, 1, 2], 3)], [[1, 2]])


@case("A1", expected=_path(1, 0, 1))
def repeat_in_three_frames() -> dict[str, Any]:
    """A label twice needs a blank between: sure of it in all frames, and still one is the blank."""
    return batch([sure([1, 1, 1], 3)], [[1, 1]])


@case("A1", "A3", expected=_path(0, 2, 2, 0, 2, 2, 0))
def repeat_of_long_spans() -> dict[str, Any]:
    return batch([sure([0, 2, 2, 0, 2, 2, 0], 4)], [[2, 2]])


@case("A6", expected=_path(1, 0, 2))
def other_than_said() -> dict[str, Any]:
    """The best classes are 1 3 2, the target is 1 2: nothing is left for 3 but the blank."""
    logits = sure([1, 3, 2], 4)
    logits[1, 0] += 3.0
    return batch([logits], [[1, 2]])


@case("A7", expected=_path(1, 0, 0))
def label_first() -> dict[str, Any]:
    return batch([sure([1, 0, 0], 3)], [[1]])


@case("A7", expected=_path(0, 0, 1))
def label_last() -> dict[str, Any]:
    return batch([sure([0, 0, 1], 3)], [[1]])


@case("A7", expected=_path(0, 1, 0))
def label_in_the_middle() -> dict[str, Any]:
    return batch([sure([0, 1, 0], 3)], [[1]])


@case("A13", expected=_path(1, 2, 1, 2))
def no_blank_between() -> dict[str, Any]:
    """As many labels as frames: every blank is skipped."""
    return batch([sure([0, 0, 0, 0], 3)], [[1, 2, 1, 2]])


@case("A12", expected=_path(0, 0, 0))
def empty_target() -> dict[str, Any]:
    return batch([sure([1, 0, 1], 3)], [[]])


@case("A12", "A7", expected=_path(1))
def one_frame() -> dict[str, Any]:
    return batch([sure([0], 3)], [[1]])


@case("A14")
def all_paths_alike() -> dict[str, Any]:
    """Every path is as probable: any that spells the labels will do."""
    return batch([np.zeros((6, 3))], [[1, 2]])


@case("A14", "A1")
def repeats_alike() -> dict[str, Any]:
    return batch([np.zeros((7, 3))], [[1, 1, 2]])


# Ties: whole numbers, and a state whose two best predecessors are as good. Whoever takes the third
# ends two nats lower. States are blank, 1, blank, 2, blank.


@case("A14", "A6")
def tie_of_step_and_skip() -> dict[str, Any]:
    """1 1 2, 1 0 2 and 0 1 2 cost 2; 2 comes from 1 or from the blank, not from itself."""
    return batch([np.array([[-2.0, -2, -2], [0, 0, -2], [-2, 0, 0]])], [[1, 2]])


@case("A14", "A6")
def tie_of_stay_and_step() -> dict[str, Any]:
    """1 2 2 and 1 0 2 cost nothing; 2 comes from itself or from the blank, not from 1."""
    return batch([np.array([[-2.0, 0, -2], [0, -2, 0], [-2, -2, 0]])], [[1, 2]])


@case("A14", "A6")
def tie_of_stay_and_skip() -> dict[str, Any]:
    """1 1 2 and 1 2 2 cost nothing; 2 comes from itself or from 1, not from the blank."""
    return batch([np.array([[-2.0, 0, -2], [-2, 0, 0], [-2, -2, 0]])], [[1, 2]])


@case("A14", "A6")
def tie_before_the_last_blank() -> dict[str, Any]:
    """1 1 0 and 1 0 0 cost nothing."""
    return batch([np.array([[-2.0, 0], [0, 0], [0, -2]])], [[1]])


@case("A14", "A1")
def tie_before_a_repeat() -> dict[str, Any]:
    """1 0 1 1 and 1 0 0 1 cost nothing; 1 must not come from 1."""
    return batch([np.array([[-2.0, 0], [0, 0], [0, 0], [-2, 0]])], [[1, 1]])


@case("A8", extra_frames=2)
def ragged() -> dict[str, Any]:
    logits = [drawn_logits(4, 6, 5), drawn_logits(5, 3, 5), drawn_logits(6, 1, 5)]
    return batch(logits, [[1, 2, 1], [4], [3]])


@case("A8", "A9", extra_frames=1, extra_labels=2)
def ragged_labels() -> dict[str, Any]:
    return batch([drawn_logits(7, 5, 4), drawn_logits(8, 7, 4)], [[1], [2, 3, 2]])


# Padding holds labels that are in no target and frames that are loud, in several shapes: a row that
# is read with another stride than the padded one gives something else.


def _poisoned() -> dict[str, Any]:
    return batch([drawn_logits(40, 6, 7), drawn_logits(41, 4, 7)], [[1, 2, 1], [3]])


@case("A9", extra_labels=1)
def padded_by_a_label() -> dict[str, Any]:
    return _poisoned()


@case("A8", extra_frames=1, padding=1e3)
def padded_by_a_loud_frame() -> dict[str, Any]:
    return _poisoned()


@case("A8", "A9", extra_frames=2, extra_labels=2, padding=-1.0)
def padded_by_two_of_each() -> dict[str, Any]:
    return _poisoned()


@case("A8", "A9", extra_frames=5, extra_labels=5)
def padded_by_five_of_each() -> dict[str, Any]:
    return _poisoned()


@case("A9", "A12")
def empty_beside_full() -> dict[str, Any]:
    return batch([drawn_logits(9, 5, 4), drawn_logits(10, 5, 4)], [[], [3, 1]])


@case("A10")
def blank_is_last() -> dict[str, Any]:
    return batch([drawn_logits(11, 7, 4), drawn_logits(12, 6, 4)], [[0, 2], [1, 1]], 3)


@case("A10")
def blank_in_the_middle() -> dict[str, Any]:
    return batch([drawn_logits(13, 8, 5), drawn_logits(14, 6, 5)], [[0, 4, 3], [1, 0]], 2)


@case("A11", "A15")
def masked() -> dict[str, Any]:
    """-inf: the first label cannot come before frame 2."""
    logits = drawn_logits(15, 6, 4)
    logits[:2, 1:] = -np.inf
    logits[4, 0] = -np.inf
    return batch([logits], [[1, 3]])


@case("A11")
def logits_of_a_thousand() -> dict[str, Any]:
    logits = drawn_logits(16, 6, 4) * 512.0
    return batch([logits], [[1, 3]])


@case("A15", "A11")
def frames_of_different_loudness() -> dict[str, Any]:
    """Logits without normalising give the same path, but not the same scores."""
    return batch([drawn_logits(17, 6, 4) + np.arange(6)[:, None] * 3.0], [[2, 1]])


@case("A6", "A14")
def spread_out() -> dict[str, Any]:
    """The most probable class of each frame, and of each frame among all paths, is no path."""
    return batch([drawn_logits(18, 8, 4) / 2.0, drawn_logits(19, 8, 4) / 2.0], [[1, 2, 3], [2, 2]])


@case("A16", "A8", memory="strided", integers="int32")
def strided() -> dict[str, Any]:
    return batch([drawn_logits(20, 6, 4), drawn_logits(21, 4, 4)], [[1, 2], [3]])


@case("A12", status="acceptable")
def three_labels_in_two_frames() -> dict[str, Any]:
    """No path."""
    return batch([drawn_logits(22, 2, 3)], [[1, 2, 1]])


@case("A12", "A1", status="acceptable")
def repeat_in_two_frames() -> dict[str, Any]:
    """No path: a blank is wanted between."""
    return batch([drawn_logits(23, 2, 3)], [[1, 1]])


@case("A8", status="acceptable", padding=np.nan, extra_frames=1)
def padding_of_nan() -> dict[str, Any]:
    return batch([drawn_logits(24, 4, 3), drawn_logits(25, 2, 3)], [[1, 2], [1]])


@large("A11", "A17")
def long() -> dict[str, Any]:
    """Its best path has a probability that float64 cannot hold."""
    labels = [1 + (3 * n) % 7 for n in range(120)]
    return batch([spoken(26, 2_000, 8, labels) / 4.0], [labels])


@large("A11")
def wide() -> dict[str, Any]:
    return batch([spoken(27, 12, 5_000, [17, 4_999, 17, 17])], [[17, 4_999, 17, 17]])


@large("A11", "A17")
def many_labels() -> dict[str, Any]:
    labels = [1 + (3 * n) % 5 for n in range(300)]
    return batch([spoken(28, 700, 6, labels)], [labels])


TIES = (TieStays, TieSteps, TieSkips)

PREFIXES = ("drawn-", "ties-")
FORM = re.compile(r"(drawn|ties)-(\d+)-(\d+)")
BUG_CLASSES = ("A6", "A1", "A8", "A9", "A7", "A13")
ATTEMPTS = 500


def drawn(name: str) -> Case:
    """The case drawn-SEED-NUMBER, or ties-SEED-NUMBER, where whoever breaks ties badly is wrong."""
    match = FORM.fullmatch(name)
    if match is None:
        check.fail("--case", "a name such as drawn-0-7 or ties-0-7", name)
    seed, number = int(match[2]), int(match[3])
    return _tied(name, seed, number) if match[1] == "ties" else _drawn(name, seed, number)


def _tied(name: str, seed: int, number: int) -> Case:
    """Logits of 0, -1 and -2, drawn until a bad way to break ties ends in a worse path."""
    bad = TIES[number % len(TIES)]()
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, number, attempt])
        K = int(rng.integers(2, 5))
        target = rng.integers(1, K, size=int(rng.integers(1, 4)))
        frames = 2 * len(target) + int(rng.integers(0, 3))
        logits = -rng.integers(3, size=(frames, K)).astype(np.float64)
        logp = log_softmax(logits)
        costs = [
            logp[np.arange(frames), aligner.path(logp, target, 0)].sum()
            for aligner in (PlainAligner(), bad)
        ]
        if costs[1] < costs[0] - 0.5:
            return Case(name, batch([logits], [target.tolist()]), ("A14", "A6"), "generated")
    check.fail("--case", "a number of a case that can be drawn", name)


def _drawn(name: str, seed: int, number: int) -> Case:
    rng = np.random.default_rng([seed, number])
    K = int(rng.integers(2, 7))
    blank = int(rng.integers(K))
    others = [k for k in range(K) if k != blank]
    logits, labels = [], []
    for _ in range(int(rng.integers(1, 4))):
        target = [int(k) for k in rng.choice(others, size=int(rng.integers(0, 5)))]
        repeats = sum(a == b for a, b in pairwise(target))
        frames = max(len(target) + repeats, 1) + int(rng.integers(0, 6))
        of_logits = int(rng.integers(2**31))
        if rng.integers(2):
            logits.append(spoken(of_logits, frames, K, target, blank))
        else:
            logits.append(drawn_logits(of_logits, frames, K))
        labels.append(target)
    layout = {"extra_frames": int(rng.integers(3)), "extra_labels": int(rng.integers(2))}
    bug_classes = ("A12", *BUG_CLASSES) if [] in labels else BUG_CLASSES
    return Case(name, batch(logits, labels, blank), bug_classes, "generated", layout=layout)
