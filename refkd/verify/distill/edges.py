"""Distillation cases at the edges: ties, blanks only, certainty, masks, padding, size."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from refkd.verify.distill.inputs import batch, drawn_pair, rule_of
from refkd.verify.records import Case, Status

EDGES: dict[str, Callable[[], Case]] = {}
LARGE: dict[str, Callable[[], Case]] = {}
Make = Callable[[], dict[str, Any]]


def edge(
    *catches: str, status: Status = "must", large: bool = False, **form: Any
) -> Callable[[Make], Make]:
    """Register a function that makes the inputs of the case that is called like it.

    `form` says how the inputs are laid out, and has `open` and `extreme` of the kit.
    """

    def register(make: Make) -> Make:
        name = make.__name__
        into = LARGE if large else EDGES
        into[name] = lambda: Case(name, make(), catches, "generated", status, form=form)
        return make

    return register


def tied(rule: str, **parameters: Any) -> dict[str, Any]:
    """A flat student: (1, 0) and (0, 1) are equally far from (1/2, 1/2), bit by bit.

    The teacher is surer at odd frames, which are further away.
    """
    teacher = np.array([[1, 0], [0, 4], [0, 1], [4, 0], [0, 1], [4, 0], [1, 0], [0, 4], [1, 0]])
    student = np.zeros(teacher.shape)
    if rule == "PerTeacher":  # there the student frames are searched
        student, teacher = teacher, student
    return batch([student / 1.0], [teacher / 1.0], rule_of(rule, **parameters))


def only_blank(rule: str, blank_frames: str, **parameters: Any) -> dict[str, Any]:
    """A teacher of blanks only: no pair is left."""
    student, teacher = drawn_pair(31, 4, 3, 1)
    teacher[:, 1] = 6.0
    options = {"blank": 1, "blank_frames": blank_frames}
    return batch([student], [teacher], rule_of(rule, **options, **parameters))


def both(seed: int, shape: tuple[int, int], scale: float, rule: dict[str, Any]) -> dict[str, Any]:
    """One drawn utterance."""
    student, teacher = drawn_pair(seed, *shape, rule["blank"], scale)
    return batch([student], [teacher], rule)


@edge("K12", "K13")
def tie_between_sides() -> dict[str, Any]:
    return tied("Hard", window=[1, 1])


@edge("K12", "K13")
def tie_with_earlier_frames() -> dict[str, Any]:
    return tied("Hard", window=[3, 0])


@edge("K12", "K13")
def tie_with_later_frames() -> dict[str, Any]:
    return tied("Hard", window=[0, 3])


@edge("K12", "K13")
def tie_of_the_second() -> dict[str, Any]:
    return tied("TopK", window=[2, 2], k=2, tau=None)


@edge("K12", "K13")
def tie_of_student_frames() -> dict[str, Any]:
    return tied("PerTeacher", window=[2, 2])


@edge("K12", "K15", open=True)
def tie_of_paths() -> dict[str, Any]:
    return tied("Monotone", window=[2, 1], max_step=2)


@edge("K10")
def only_blank_dropped() -> dict[str, Any]:
    return only_blank("Hard", "drop_selected", window=[1, 1])


@edge("K10")
def only_blank_dropped_from_mixture() -> dict[str, Any]:
    return only_blank("Blend", "drop_selected", weights=[0.5, 0.5])


@edge("K10")
def only_blank_dropped_softly() -> dict[str, Any]:
    return only_blank("Soft", "drop_selected", window=[1, 1], tau=0.5)


@edge("K10")
def only_blank_invisible() -> dict[str, Any]:
    return only_blank("Hard", "no_blank_candidates", window=[1, 1])


@edge("K10")
def only_blank_invisible_to_soft() -> dict[str, Any]:
    return only_blank("Soft", "no_blank_candidates", window=[1, 1], tau=0.5)


@edge("K10")
def only_blank_invisible_to_top_k() -> dict[str, Any]:
    return only_blank("TopK", "no_blank_candidates", window=[1, 1], k=2, tau=0.5)


@edge("K10")
def only_blank_invisible_to_mixture() -> dict[str, Any]:
    return only_blank("Blend", "no_blank_candidates", weights=[0.5, 0.5])


@edge("K10", "K15")
def only_blank_invisible_to_path() -> dict[str, Any]:
    return only_blank("Monotone", "no_blank_candidates", window=[1, 1], max_step=None)


@edge("K10")
def blank_is_last() -> dict[str, Any]:
    rule = rule_of("Hard", window=[2, 1], blank=3, blank_frames="drop_selected")
    return both(32, (7, 4), 1.0, rule)


@edge("K18", "K1")
def equal() -> dict[str, Any]:
    """No loss, and no gradient."""
    student, _ = drawn_pair(33, 5, 4, 0)
    return batch([student], [student], rule_of("FrameWise"))


@edge("K18", "K17")
def equal_in_js() -> dict[str, Any]:
    student, _ = drawn_pair(34, 5, 4, 0)
    return batch([student], [student], rule_of("FrameWise", divergence="js"))


@edge("K17", extreme=True)
def confident() -> dict[str, Any]:
    """What the student rules out it rules out by e^-60 and more."""
    return both(35, (5, 4), 16.0, rule_of("FrameWise"))


@edge("K7", "K17", extreme=True)
def confident_in_reverse() -> dict[str, Any]:
    return both(54, (5, 4), 16.0, rule_of("FrameWise", divergence="reverse_kl"))


@edge("K17", extreme=True)
def confident_in_js() -> dict[str, Any]:
    return both(36, (5, 4), 16.0, rule_of("FrameWise", divergence="js"))


@edge("K17", "K14", extreme=True)
def confident_soft() -> dict[str, Any]:
    """Divergences of hundreds of nats at a small tau: e^-D is 0."""
    return both(37, (5, 4), 64.0, rule_of("Soft", window=[2, 0], tau=0.125))


@edge("K17", extreme=True)
def logits_of_a_thousand() -> dict[str, Any]:
    student = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -990.0, -1000.0], [0.0, 1000.0, 999.0]])
    teacher = np.array([[1000.0, 998.0, -1000.0], [0.0, 1.0, -1000.0], [-998.0, 1000.0, 1000.0]])
    return batch([student], [teacher], rule_of("FrameWise"))


@edge("K17")
def far_from_zero() -> dict[str, Any]:
    """A constant added to all logits of a frame changes nothing."""
    student, teacher = drawn_pair(38, 4, 3, 0)
    return batch([student + 800.0], [teacher - 900.0], rule_of("FrameWise"))


@edge("K18")
def one_class() -> dict[str, Any]:
    return both(39, (3, 1), 1.0, rule_of("FrameWise"))


@edge("K13", "K14")
def more_than_the_window() -> dict[str, Any]:
    return both(40, (6, 4), 1.0, rule_of("TopK", window=[2, 0], k=9, tau=1.0))


@edge("K14")
def soft_and_almost_hard() -> dict[str, Any]:
    return both(41, (6, 4), 1.0, rule_of("Soft", window=[2, 2], tau=0.03125))


@edge("K14")
def soft_and_almost_flat() -> dict[str, Any]:
    return both(42, (6, 4), 1.0, rule_of("Soft", window=[2, 2], tau=64.0))


@edge("K5", "K4")
def cold_and_soft() -> dict[str, Any]:
    rule = rule_of("Soft", window=[2, 0], tau=0.5, temperature=0.5, scale_t2=True)
    return both(43, (6, 4), 1.0, rule)


@edge("K16", "K11")
def longer_shift_than_utterance() -> dict[str, Any]:
    return both(44, (3, 4), 1.0, rule_of("Shift", d=5))


@edge("K16", "K11")
def longer_mixture_than_utterance() -> dict[str, Any]:
    return both(45, (3, 4), 1.0, rule_of("Blend", weights=[0.25, 0.25, 0.125, 0.375]))


@edge("K16", "K9")
def mixture_with_a_gap() -> dict[str, Any]:
    return both(46, (6, 4), 1.0, rule_of("Blend", weights=[0.0, 0.75, 0.0, 0.25]))


@edge("K6", "G10", memory="strided", integers="int32")
def strided() -> dict[str, Any]:
    student, teacher = zip(*(drawn_pair(n, 4 + n, 4, 0) for n in range(2)), strict=True)
    return batch(student, teacher, rule_of("FrameWise"))


@edge("K7", status="acceptable")
def reverse_of_a_masked_teacher() -> dict[str, Any]:
    """KL(student || teacher) is infinite where the teacher rules out what the student does not."""
    student, teacher = drawn_pair(49, 4, 3, 0)
    teacher[1, 2] = -np.inf
    return batch([student], [teacher], rule_of("FrameWise", divergence="reverse_kl"))


@edge("K17", large=True)
def wide() -> dict[str, Any]:
    return both(50, (4, 12_000), 1.0, rule_of("FrameWise"))


@edge("K13", "K17", large=True)
def wide_search() -> dict[str, Any]:
    return both(51, (4, 3_000), 1.0, rule_of("Hard", window=[2, 0]))


@edge("K13", "K17", large=True)
def long_search() -> dict[str, Any]:
    return both(52, (600, 8), 1.0, rule_of("Hard", window=[12, 3]))


@edge("K15", "K17", large=True)
def long_path() -> dict[str, Any]:
    return both(53, (400, 8), 1.0, rule_of("OrderedPath", window=[8, 4]))


def warped(name: str) -> Case:
    """Frames of two kinds, which cost nothing where they are alike and the same where not.

    Along the right path, the two cheapest of three moves tie: to take the third costs once more.
    """
    kinds = {"x": [2.0, 0.0], "o": [0.0, 2.0]}
    frames = [np.array([kinds[kind] for kind in text]) for text in TIES_OF_MOVES[name]]
    inputs = batch(frames[:1], frames[1:], rule_of("OrderedPath", window=[2, 2]))
    return Case(name, inputs, ("K12", "K15"), "generated", form={"open": True})


def padded(name: str) -> Case:
    """A long and a short utterance, and padding that must not be read."""
    student, teacher = zip(drawn_pair(47, 4, 3, 0), drawn_pair(48, 2, 3, 0), strict=True)
    inputs = batch(student, teacher, rule_of("FrameWise"))
    return Case(name, inputs, ("K6",), "generated", form=PADDINGS[name])


TIES_OF_MOVES = {  # frames of the student and of the teacher
    "tie_of_moves": ("ooo", "xox"),
    "tie_beside_the_diagonal": ("oxo", "xox"),
    "ties_of_moves_in_five_frames": ("oxoxo", "xxoxx"),
    "ties_beside_the_diagonal_in_four_frames": ("oxox", "xoxo"),
}
PADDINGS: dict[str, dict[str, Any]] = {
    "padded_by_one_frame": {"extra_frames": 1},
    "padded_by_five_frames": {"extra_frames": 5},
    "padding_is_loud": {"extra_frames": 2, "padding": 1e4},
    "padding_of_infinities": {"extra_frames": 1, "padding": np.inf},
    "padding_of_nan": {"extra_frames": 1, "padding": np.nan},
}
EDGES |= {name: partial(warped, name) for name in TIES_OF_MOVES}
EDGES |= {name: partial(padded, name) for name in PADDINGS}
