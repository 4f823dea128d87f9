"""Random cases, feasible by construction. No strategy filters or assumes."""

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import refkd

SEEDS = st.integers(0, 2**32 - 1)
DIVERGENCES = ("kl", "reverse_kl", "js", "cross_entropy")
BLANK_FRAMES = ("keep", "drop_selected", "no_blank_candidates")
TEMPERATURES = st.sampled_from([1.0, 1.0, 0.5, 2.0, 3.7])
TAUS = st.sampled_from([0.05, 0.3, 1.0, 7.0, math.inf])


@st.composite
def logits(draw, frames, classes, masked=False):
    """(T, K) logits from flat to peaked; sometimes whole numbers, so that ties occur.

    With `masked`, some entries may be -inf, but one of each frame stays finite.
    """
    rng = np.random.default_rng(draw(SEEDS))
    values = draw(st.sampled_from([0.1, 1.0, 4.0, 20.0])) * rng.normal(size=(frames, classes))
    if draw(st.booleans()):
        values = np.round(values)
    if masked and draw(st.booleans()):
        hidden = rng.random((frames, classes)) < 0.3
        hidden[np.arange(frames), rng.integers(classes, size=frames)] = False
        values[hidden] = -np.inf
    return values


@st.composite
def label_sequences(draw, frames, classes, blank):
    """Labels that fit into the frames, repeats included; empty where only the blank exists."""
    others = [k for k in range(classes) if k != blank]
    if not others:
        return []
    labels, needed = [], 0
    for label in draw(st.lists(st.sampled_from(others), max_size=frames)):
        needed += 2 if labels and labels[-1] == label else 1
        if needed > frames:
            break
        labels.append(label)
    return labels


@dataclass(frozen=True)
class CTCCase:
    logits: np.ndarray
    labels: list[int]
    blank: int


@st.composite
def ctc_cases(draw, max_frames=6, max_classes=4, masked=False):
    """One utterance, small enough for all K^T paths to be written out."""
    K = draw(st.integers(1, max_classes))
    T = draw(st.integers(1, max_frames))
    blank = draw(st.integers(0, K - 1))
    labels = draw(label_sequences(T, K, blank))
    return CTCCase(draw(logits(T, K, masked)), labels, blank)


@st.composite
def ctc_batches(draw, max_utterances=4, max_frames=6):
    """Utterances of different lengths with one vocabulary and one blank."""
    K = draw(st.integers(1, 4))
    blank = draw(st.integers(0, K - 1))
    cases = []
    for _ in range(draw(st.integers(1, max_utterances))):
        T = draw(st.integers(1, max_frames))
        labels = draw(label_sequences(T, K, blank))
        cases.append(CTCCase(draw(logits(T, K)), labels, blank))
    return cases


@st.composite
def windows(draw, two_sided=False):
    """Windows: narrow, wider than any case, whole, and (unless two_sided) off to one side."""
    if draw(st.integers(0, 5)) == 0:
        return refkd.Window.whole()
    left = draw(st.integers(0 if two_sided else -3, 7))
    right = draw(st.integers(0 if two_sided else -left, 7))
    return refkd.Window(left, right)


@st.composite
def blend_weights(draw):
    """Weights that sum to one; some are exactly 0."""
    parts = np.array(draw(st.lists(st.integers(0, 4), min_size=1, max_size=4)), dtype=np.float64)
    parts[draw(st.integers(0, len(parts) - 1))] += 1.0
    return (parts / parts.sum()).tolist()


RULES = {
    "FrameWise": st.builds(refkd.FrameWise),
    "Shift": st.builds(refkd.Shift, st.integers(0, 6)),
    "Blend": st.builds(refkd.Blend, blend_weights()),
    "Hard": st.builds(refkd.Hard, windows()),
    "TopK": st.builds(refkd.TopK, windows(), st.integers(1, 5), TAUS),
    "Soft": st.builds(refkd.Soft, windows(), TAUS),
    "Monotone": st.builds(refkd.Monotone, windows(), st.one_of(st.none(), st.integers(1, 3))),
    "OrderedPath": st.builds(refkd.OrderedPath, windows(two_sided=True)),
    "PerTeacher": st.builds(refkd.PerTeacher, windows()),
}


@st.composite
def guided_cases(draw, frames=None, classes=None):
    """A model, a guide with some classes ruled out, and a blank."""
    T, K = frames or draw(st.integers(1, 6)), classes or draw(st.integers(1, 5))
    return draw(logits(T, K)), draw(logits(T, K, masked=True)), draw(st.integers(0, K - 1))


@dataclass(frozen=True)
class DistillCase:
    """Arguments of distill_loss, of distill_trace and of the oracle."""

    student: np.ndarray
    teacher: np.ndarray
    rule: object
    divergence: str = "kl"
    temperature: float = 1.0
    scale_t2: bool = False
    blank_frames: str = "keep"
    blank: int = 0

    def options(self):
        return {
            "divergence": self.divergence,
            "temperature": self.temperature,
            "scale_t2": self.scale_t2,
            "blank_frames": self.blank_frames,
            "blank": self.blank,
        }


@st.composite
def distill_cases(draw, rules=tuple(RULES), divergences=DIVERGENCES, blanks=BLANK_FRAMES):
    """Two posterior sequences of at most 5 frames and 4 classes, with any rule and options.

    Combinations that are refused do not occur: OrderedPath without blank candidates, reverse KL
    with a masked teacher, and Monotone with a bounded step where blank frames are invisible.
    """
    T, K = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    rule = draw(RULES[draw(st.sampled_from(rules))])
    divergence = draw(st.sampled_from(divergences))
    student = draw(logits(T, K))
    if draw(st.integers(0, 3)) == 0:  # a late copy of the teacher: exact zeros and ties
        teacher = np.roll(student, -1, axis=0)
    else:
        teacher = draw(logits(T, K, masked=divergence != "reverse_kl"))
    bounded = getattr(rule, "max_step", None) is not None
    refused = bounded or isinstance(rule, refkd.OrderedPath)
    allowed = [name for name in blanks if not (refused and name == "no_blank_candidates")]
    return DistillCase(
        student,
        teacher,
        rule,
        divergence,
        draw(TEMPERATURES),
        draw(st.booleans()),
        draw(st.sampled_from(allowed)),
        draw(st.integers(0, K - 1)),
    )


@st.composite
def distill_batches(draw):
    """Up to four pairs of sequences of different lengths under one rule and one set of options."""
    first = draw(distill_cases(blanks=("keep", "drop_selected")))
    K = first.student.shape[1]
    students, teachers = [first.student], [first.teacher]
    for T in draw(st.lists(st.integers(1, 6), max_size=3)):
        students.append(draw(logits(T, K)))
        teachers.append(draw(logits(T, K)))
    return first, students, teachers


SPIKING = 4  # classes of the spiky models


def spiky(spikes, frames=30, classes=SPIKING, blank=0, height=1.0):
    """Logits whose best label is the blank but at the frames of `spikes` {frame: label}."""
    best = np.full(frames, blank)
    for frame, label in spikes.items():
        best[frame] = label
    return height * np.eye(classes)[best]


@st.composite
def spike_trains(draw, max_spikes=5, frames=30):
    """{frame: label}, no two spikes side by side."""
    slots = draw(st.lists(st.integers(0, frames // 2 - 1), max_size=max_spikes, unique=True))
    return {2 * slot: draw(st.integers(1, SPIKING - 1)) for slot in sorted(slots)}
