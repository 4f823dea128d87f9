"""Distillation cases at the edges: ties, blanks only, certainty, masks, padding, size."""

from functools import partial
from typing import Any

import numpy as np

from refkd.verify.case_set import Register
from refkd.verify.distill.inputs import batch, drawn_pair, rule_of

OPEN = {"open": True}  # another choice of pairs may be as right
EXTREME = {"extreme": True}  # probabilities that are sent as 0


def tied(rule: str, **parameters: Any) -> dict[str, Any]:
    """A flat student: (1, 0) and (0, 1) are equally far from (1/2, 1/2), bit by bit.

    The teacher is surer at odd frames, which are further away.
    """
    teacher = np.array([[1, 0], [0, 4], [0, 1], [4, 0], [0, 1], [4, 0], [1, 0], [0, 4], [1, 0]])
    student = np.zeros(teacher.shape)
    if rule == "PerTeacher":  # there the student frames are searched
        student, teacher = teacher, student
    return batch([student / 1.0], [teacher / 1.0], rule_of(rule, **parameters))


def only_blank(blank_frames: str, rule: str, **parameters: Any) -> dict[str, Any]:
    """A teacher of blanks only: no pair is left."""
    student, teacher = drawn_pair(31, 4, 3, 1)
    teacher[:, 1] = 6.0
    options = {"blank": 1, "blank_frames": blank_frames}
    return batch([student], [teacher], rule_of(rule, **options, **parameters))


def drawn(
    seed: int, shape: tuple[int, int], rule: str, scale: float = 1.0, **parameters: Any
) -> dict[str, Any]:
    """One drawn utterance."""
    facts = rule_of(rule, **parameters)
    student, teacher = drawn_pair(seed, *shape, facts["blank"], scale)
    return batch([student], [teacher], facts)


def certain(
    seed: int, rule: str = "FrameWise", scale: float = 16.0, **parameters: Any
) -> dict[str, Any]:
    """Five frames, in which student and teacher rule classes out."""
    return drawn(seed, (5, 4), rule, scale, **parameters)


def equal(seed: int, **parameters: Any) -> dict[str, Any]:
    """A student that equals the teacher."""
    student, _ = drawn_pair(seed, 5, 4, 0)
    return batch([student], [student], rule_of("FrameWise", **parameters))


def logits_of_a_thousand() -> dict[str, Any]:
    student = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -990.0, -1000.0], [0.0, 1000.0, 999.0]])
    teacher = np.array([[1000.0, 998.0, -1000.0], [0.0, 1.0, -1000.0], [-998.0, 1000.0, 1000.0]])
    return batch([student], [teacher], rule_of("FrameWise"))


def far_from_zero() -> dict[str, Any]:
    """A constant added to all logits of a frame changes nothing."""
    student, teacher = drawn_pair(38, 4, 3, 0)
    return batch([student + 800.0], [teacher - 900.0], rule_of("FrameWise"))


def drawn_ragged() -> dict[str, Any]:
    student, teacher = zip(*(drawn_pair(n, 4 + n, 4, 0) for n in range(2)), strict=True)
    return batch(student, teacher, rule_of("FrameWise"))


def masked_in_reverse() -> dict[str, Any]:
    """KL(student || teacher) is infinite where the teacher rules out what the student does not."""
    student, teacher = drawn_pair(49, 4, 3, 0)
    teacher[1, 2] = -np.inf
    return batch([student], [teacher], rule_of("FrameWise", divergence="reverse_kl"))


def warped(student: str, teacher: str) -> dict[str, Any]:
    """Frames of two kinds, which cost nothing where they are alike and the same where not.

    Along the right path, the two cheapest of three moves tie: to take the third costs once more.
    """
    kinds = {"x": [2.0, 0.0], "o": [0.0, 2.0]}
    frames = [np.array([kinds[kind] for kind in text]) for text in (student, teacher)]
    return batch(frames[:1], frames[1:], rule_of("OrderedPath", window=[2, 2]))


def padded() -> dict[str, Any]:
    """A long and a short utterance, and padding that must not be read."""
    student, teacher = zip(drawn_pair(47, 4, 3, 0), drawn_pair(48, 2, 3, 0), strict=True)
    return batch(student, teacher, rule_of("FrameWise"))


dropped = partial(only_blank, "drop_selected")
invisible = partial(only_blank, "no_blank_candidates")
EDGES, LARGE = Register("generated"), Register("generated")

# ties

EDGES.add("tie_between_sides", "K12 K13", tied, "Hard", window=[1, 1])
EDGES.add("tie_with_earlier_frames", "K12 K13", tied, "Hard", window=[3, 0])
EDGES.add("tie_with_later_frames", "K12 K13", tied, "Hard", window=[0, 3])
EDGES.add("tie_of_the_second", "K12 K13", tied, "TopK", window=[2, 2], k=2, tau=None)
EDGES.add("tie_of_student_frames", "K12 K13", tied, "PerTeacher", window=[2, 2])
EDGES.add("tie_of_paths", "K12 K15", tied, "Monotone", window=[2, 1], max_step=2, layout=OPEN)

# blanks

EDGES.add("only_blank_dropped", "K10", dropped, "Hard", window=[1, 1])
EDGES.add("only_blank_dropped_from_mixture", "K10", dropped, "Blend", weights=[0.5, 0.5])
EDGES.add("only_blank_dropped_softly", "K10", dropped, "Soft", window=[1, 1], tau=0.5)
EDGES.add("only_blank_invisible", "K10", invisible, "Hard", window=[1, 1])
EDGES.add("only_blank_invisible_to_soft", "K10", invisible, "Soft", window=[1, 1], tau=0.5)
EDGES.add("only_blank_invisible_to_top_k", "K10", invisible, "TopK", window=[1, 1], k=2, tau=0.5)
EDGES.add("only_blank_invisible_to_mixture", "K10", invisible, "Blend", weights=[0.5, 0.5])
EDGES.add("only_blank_invisible_to_path", "K10 K15", invisible, "Monotone", window=[1, 1],
          max_step=None)  # fmt: skip
EDGES.add("blank_is_last", "K10", drawn, 32, (7, 4), "Hard", window=[2, 1], blank=3,
          blank_frames="drop_selected")  # fmt: skip

# certainty

# No loss, and no gradient.
EDGES.add("equal", "K18 K1", equal, 33)
EDGES.add("equal_in_js", "K18 K17", equal, 34, divergence="js")
# What the student rules out it rules out by e^-60 and more.
EDGES.add("confident", "K17", certain, 35, layout=EXTREME)
EDGES.add("confident_in_reverse", "K7 K17", certain, 54, divergence="reverse_kl", layout=EXTREME)
EDGES.add("confident_in_js", "K17", certain, 36, divergence="js", layout=EXTREME)
# Divergences of hundreds of nats at a small tau: e^-D is 0.
EDGES.add("confident_soft", "K17 K14", certain, 37, "Soft", scale=64.0, window=[2, 0], tau=0.125,
          layout=EXTREME)  # fmt: skip
EDGES.add("logits_of_a_thousand", "K17", logits_of_a_thousand, layout=EXTREME)
EDGES.add("far_from_zero", "K17", far_from_zero)

# sizes and windows

EDGES.add("one_class", "K18", drawn, 39, (3, 1), "FrameWise")
EDGES.add("more_than_the_window", "K13 K14", drawn, 40, (6, 4), "TopK", window=[2, 0], k=9, tau=1.0)
EDGES.add("soft_and_almost_hard", "K14", drawn, 41, (6, 4), "Soft", window=[2, 2], tau=0.03125)
EDGES.add("soft_and_almost_flat", "K14", drawn, 42, (6, 4), "Soft", window=[2, 2], tau=64.0)
EDGES.add("cold_and_soft", "K5 K4", drawn, 43, (6, 4), "Soft", window=[2, 0], tau=0.5,
          temperature=0.5, scale_t2=True)  # fmt: skip
EDGES.add("longer_shift_than_utterance", "K16 K11", drawn, 44, (3, 4), "Shift", d=5)
EDGES.add("longer_mixture_than_utterance", "K16 K11", drawn, 45, (3, 4), "Blend",
          weights=[0.25, 0.25, 0.125, 0.375])  # fmt: skip
EDGES.add("mixture_with_a_gap", "K16 K9", drawn, 46, (6, 4), "Blend",
          weights=[0.0, 0.75, 0.0, 0.25])  # fmt: skip

# memory and masks

EDGES.add("strided", "K6 G10", drawn_ragged, layout={"memory": "strided", "integers": "int32"})
EDGES.add("reverse_of_a_masked_teacher", "K7", masked_in_reverse, status="acceptable")

# equal costs of several paths: frames of the student and of the teacher

EDGES.add("tie_of_moves", "K12 K15", warped, "ooo", "xox", layout=OPEN)
EDGES.add("tie_beside_the_diagonal", "K12 K15", warped, "oxo", "xox", layout=OPEN)
EDGES.add("ties_of_moves_in_five_frames", "K12 K15", warped, "oxoxo", "xxoxx", layout=OPEN)
EDGES.add("ties_beside_the_diagonal_in_four_frames", "K12 K15", warped, "oxox", "xoxo", layout=OPEN)

# padding

EDGES.add("padded_by_one_frame", "K6", padded, layout={"extra_frames": 1})
EDGES.add("padded_by_five_frames", "K6", padded, layout={"extra_frames": 5})
EDGES.add("padding_is_loud", "K6", padded, layout={"extra_frames": 2, "padding": 1e4})
EDGES.add("padding_of_infinities", "K6", padded, layout={"extra_frames": 1, "padding": np.inf})
EDGES.add("padding_of_nan", "K6", padded, layout={"extra_frames": 1, "padding": np.nan})

# many classes or frames, not in quick runs

LARGE.add("wide", "K17", drawn, 50, (4, 12_000), "FrameWise")
LARGE.add("wide_search", "K13 K17", drawn, 51, (4, 3_000), "Hard", window=[2, 0])
LARGE.add("long_search", "K13 K17", drawn, 52, (600, 8), "Hard", window=[12, 3])
LARGE.add("long_path", "K15 K17", drawn, 53, (400, 8), "OrderedPath", window=[8, 4])
