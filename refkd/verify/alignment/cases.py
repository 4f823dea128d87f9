"""Cases of forced alignment, each after some bug classes."""

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Floats
from refkd.verify.alignment.defects import TieGoesTo
from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.case_set import Register
from refkd.verify.compare import log_softmax
from refkd.verify.ctc.recipe import batch, favoured, turning, with_values
from refkd.verify.ctc.recipe import drawn as drawn_batch
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


def sure_of(frames: Sequence[int], classes: int, labels: Sequence[int]) -> dict[str, Any]:
    """One utterance whose network is sure of a class at each frame."""
    return batch([sure(frames, classes)], [labels])


def path(*frames: int) -> dict[str, Any]:
    """The only right path, computed by hand."""
    return {"alignment": [list(frames)]}


drawn = partial(drawn_batch, draw=drawn_logits)
CASES, LARGE = Register(), Register()


def probe() -> dict[str, Any]:
    """Two utterances, the blank in the middle; a label of two frames, and one at an end."""
    first = spoken(1, 7, 5, [0, 3], 1)
    first[4, 3] += 8.0
    return batch([first, spoken(2, 7, 5, [2, 0, 4], 1)], [[0, 3], [2, 0, 4]], 1)


CASES.add("probe", "A6 A8", probe)
# The example of `refkd.ctc_align`: spans 1 to 3 and 3 to 4.
CASES.add("four_frames", "A3 A2", sure_of, [0, 1, 1, 2], 3, [1, 2], expected=path(0, 1, 1, 2))
# A label twice needs a blank between: sure of it in all frames, and still one is the blank.
CASES.add("repeat_in_three_frames", "A1", sure_of, [1, 1, 1], 3, [1, 1], expected=path(1, 0, 1))
CASES.add("repeat_of_long_spans", "A1 A3", sure_of, [0, 2, 2, 0, 2, 2, 0], 4, [2, 2],
          expected=path(0, 2, 2, 0, 2, 2, 0))  # fmt: skip
# The best classes are 1 3 2, the target is 1 2: nothing is left for 3 but the blank.
CASES.add("other_than_said", "A6", batch,
          [sure([1, 3, 2], 4) + 3.0 * np.outer([0, 1, 0], [1, 0, 0, 0])], [[1, 2]],
          expected=path(1, 0, 2))  # fmt: skip
CASES.add("label_first", "A7", sure_of, [1, 0, 0], 3, [1], expected=path(1, 0, 0))
CASES.add("label_last", "A7", sure_of, [0, 0, 1], 3, [1], expected=path(0, 0, 1))
CASES.add("label_in_the_middle", "A7", sure_of, [0, 1, 0], 3, [1], expected=path(0, 1, 0))
# As many labels as frames: every blank is skipped.
CASES.add("no_blank_between", "A13", sure_of, [0, 0, 0, 0], 3, [1, 2, 1, 2],
          expected=path(1, 2, 1, 2))  # fmt: skip
CASES.add("empty_target", "A12", sure_of, [1, 0, 1], 3, [], expected=path(0, 0, 0))
CASES.add("one_frame", "A12 A7", sure_of, [0], 3, [1], expected=path(1))


# Every path is as probable: any that spells the labels will do.
CASES.add("all_paths_alike", "A14", batch, [np.zeros((6, 3))], [[1, 2]])
CASES.add("repeats_alike", "A14 A1", batch, [np.zeros((7, 3))], [[1, 1, 2]])

# Ties: whole numbers, and a state whose two best predecessors are as good. Whoever takes the third
# ends two nats lower. States are blank, 1, blank, 2, blank.

# 1 1 2, 1 0 2 and 0 1 2 cost 2; 2 comes from 1 or from the blank, not from itself.
CASES.add("tie_of_step_and_skip", "A14 A6", batch,
          [np.array([[-2.0, -2, -2], [0, 0, -2], [-2, 0, 0]])], [[1, 2]])  # fmt: skip
# 1 2 2 and 1 0 2 cost nothing; 2 comes from itself or from the blank, not from 1.
CASES.add("tie_of_stay_and_step", "A14 A6", batch,
          [np.array([[-2.0, 0, -2], [0, -2, 0], [-2, -2, 0]])], [[1, 2]])  # fmt: skip
# 1 1 2 and 1 2 2 cost nothing; 2 comes from itself or from 1, not from the blank.
CASES.add("tie_of_stay_and_skip", "A14 A6", batch,
          [np.array([[-2.0, 0, -2], [-2, 0, 0], [-2, -2, 0]])], [[1, 2]])  # fmt: skip
# 1 1 0 and 1 0 0 cost nothing.
CASES.add("tie_before_the_last_blank", "A14 A6", batch,
          [np.array([[-2.0, 0], [0, 0], [0, -2]])], [[1]])  # fmt: skip
# 1 0 1 1 and 1 0 0 1 cost nothing; 1 must not come from 1.
CASES.add("tie_before_a_repeat", "A14 A1", batch,
          [np.array([[-2.0, 0], [0, 0], [0, 0], [-2, 0]])], [[1, 1]])  # fmt: skip

CASES.add("ragged", "A8", drawn, 4, [6, 3, 1], 5, [[1, 2, 1], [4], [3]], layout={"extra_frames": 2})
CASES.add("ragged_labels", "A8 A9", drawn, 7, [5, 7], 4, [[1], [2, 3, 2]],
          layout={"extra_frames": 1, "extra_labels": 2})  # fmt: skip

# Padding holds labels that are in no target and frames that are loud, in several shapes: a row that
# is read with another stride than the padded one gives something else.
CASES.add("padded_by_a_label", "A9", drawn, 40, [6, 4], 7, [[1, 2, 1], [3]],
          layout={"extra_labels": 1})  # fmt: skip
CASES.add("padded_by_a_loud_frame", "A8", drawn, 40, [6, 4], 7, [[1, 2, 1], [3]],
          layout={"extra_frames": 1, "padding": 1e3})  # fmt: skip
CASES.add("padded_by_two_of_each", "A8 A9", drawn, 40, [6, 4], 7, [[1, 2, 1], [3]],
          layout={"extra_frames": 2, "extra_labels": 2, "padding": -1.0})  # fmt: skip
CASES.add("padded_by_five_of_each", "A8 A9", drawn, 40, [6, 4], 7, [[1, 2, 1], [3]],
          layout={"extra_frames": 5, "extra_labels": 5})  # fmt: skip
CASES.add("empty_beside_full", "A9 A12", drawn, 9, [5, 5], 4, [[], [3, 1]])
CASES.add("blank_is_last", "A10", drawn, 11, [7, 6], 4, [[0, 2], [1, 1]], 3)
CASES.add("blank_in_the_middle", "A10", drawn, 13, [8, 6], 5, [[0, 4, 3], [1, 0]], 2)

# -inf: the first label cannot come before frame 2.
CASES.add("masked", "A11 A15", batch,
          [with_values(drawn_logits(15, 6, 4), (slice(2), slice(1, 4), -np.inf), (4, 0, -np.inf))],
          [[1, 3]])  # fmt: skip
CASES.add("logits_of_a_thousand", "A11", batch, [drawn_logits(16, 6, 4) * 512.0], [[1, 3]])
# Logits without normalising give the same path, but not the same scores.
CASES.add("frames_of_different_loudness", "A15 A11", batch,
          [drawn_logits(17, 6, 4) + np.arange(6)[:, None] * 3.0], [[2, 1]])  # fmt: skip
# The most probable class of each frame, and of each frame among all paths, is no path.
CASES.add("spread_out", "A6 A14", batch, [drawn_logits(seed, 8, 4) / 2.0 for seed in (18, 19)],
          [[1, 2, 3], [2, 2]])  # fmt: skip
CASES.add("strided", "A16 A8", drawn, 20, [6, 4], 4, [[1, 2], [3]],
          layout={"memory": "strided", "integers": "int32"})  # fmt: skip
# No path.
CASES.add("three_labels_in_two_frames", "A12", drawn, 22, [2], 3, [[1, 2, 1]], status="acceptable")
# No path: a blank is wanted between.
CASES.add("repeat_in_two_frames", "A12 A1", drawn, 23, [2], 3, [[1, 1]], status="acceptable")
CASES.add("padding_of_nan", "A8", drawn, 24, [4, 2], 3, [[1, 2], [1]], status="acceptable",
          layout={"padding": np.nan, "extra_frames": 1})  # fmt: skip

MANY, WIDE = turning(300, 3, 5), [17, 4_999, 17, 17]
# Its best path has a probability that float64 cannot hold.
LARGE.add("long", "A11 A17", batch, [spoken(26, 2_000, 8, turning(120, 3, 7)) / 4.0],
          [turning(120, 3, 7)])  # fmt: skip
LARGE.add("wide", "A11", batch, [spoken(27, 12, 5_000, WIDE)], [WIDE])
LARGE.add("many_labels", "A11 A17", batch, [spoken(28, 700, 6, MANY)], [MANY])

PREFIXES = ("drawn-", "ties-")
FORM = re.compile(r"(drawn|ties)-(\d+)-(\d+)")
BUG_CLASSES = ("A6", "A1", "A8", "A9", "A7", "A13")
ATTEMPTS = 500


def drawn_case(name: str) -> Case:
    """The case drawn-SEED-NUMBER, or ties-SEED-NUMBER, which detects a wrong choice at ties."""
    match = FORM.fullmatch(name)
    if match is None:
        check.fail("--case", "a name such as drawn-0-7 or ties-0-7", name)
    seed, number = int(match[2]), int(match[3])
    return _tied(name, seed, number) if match[1] == "ties" else _drawn(name, seed, number)


def _tied(name: str, seed: int, number: int) -> Case:
    """Logits of 0, -1 and -2, drawn until a bad way to break ties ends in a worse path."""
    bad = TieGoesTo(number % 3)
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
