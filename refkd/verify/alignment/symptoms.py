"""What a wrong alignment shows by itself."""

from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np

from refkd.check import Ints
from refkd.verify.alignment.judge import path_scores, spells
from refkd.verify.alignment.plain import NEAR, PADDING
from refkd.verify.alignment.translate import BLANK_SPAN, TOUCHING, TWICE, canonical, log_probs
from refkd.verify.records import Case, Conventions, Outcome, Symptom

MOVES = range(-2, 3)  # frames by which all spans may be moved
Span = tuple[int, int, int]  # label, start, end
MANY_FRAMES, MANY_LABELS, MANY_CLASSES = 200, 100, 1_000
LOUD = 50.0  # logits that are larger than those of most cases


def symptoms(outcome: Outcome) -> Iterator[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    arguments, conventions = outcome.arguments, outcome.conventions
    got, right = (
        canonical(outputs["alignment"], arguments, conventions)
        for outputs in (outcome.answer.outputs or {}, outcome.expected)
    )
    logp = log_probs(arguments)
    lost = (path_scores(logp, right) - path_scores(logp, got)).sum(axis=0)  # of each utterance
    spelt = spells(got, arguments)
    if spelt and (np.abs(lost) < NEAR).all():
        yield from _of_scores(outcome, got)
        return
    if (got == BLANK_SPAN).any():
        yield Symptom("A5", "spans of the blank are returned in addition to those of the labels")
        return
    if (got == TOUCHING).any():
        yield Symptom("", "two spans of the same label touch")
    blank = arguments["blank"]
    pairs = [(spans_of(a, blank), spans_of(b, blank)) for a, b in zip(got.T, right.T, strict=True)]
    labels = [(_labels(returned), _labels(best)) for returned, best in pairs]
    if any(returned != best for returned, best in labels):
        yield from _other_labels(labels)
        return
    frames = arguments["input_lengths"]
    yield from _other_edges([
        (*span[1:], *right_span[1:], int(T))
        for (returned, best), T in zip(pairs, frames, strict=True)
        for span, right_span in zip(returned, best, strict=True)
    ])  # fmt: skip
    if spelt and np.isfinite(lost).all():
        # Frames are the path itself; spans may be cut out of a right one.
        by_frame = conventions["alignment"] == "frames"
        yield Symptom("A6" * by_frame, "a less probable path of the labels is returned")


def _of_scores(outcome: Outcome, path: Ints) -> Iterator[Symptom]:
    got, arguments, conventions = (
        outcome.answer.outputs or {},
        outcome.arguments,
        outcome.conventions,
    )
    if conventions["alignment"] == "frames" and conventions["scores"] == "log_prob":
        raw = np.take_along_axis(arguments["logits"], np.maximum(path, 0)[:, :, None], axis=2)
        raw = np.where(path == PADDING, 0.0, raw[:, :, 0])
        if np.allclose(got["scores"], raw, rtol=1e-4, atol=1e-5):
            yield Symptom("A15", "scores are the logits themselves, not log-probabilities")
    yield Symptom("", "the alignment is right, but not its scores")


def spans_of(path: Ints, blank: int) -> list[Span]:
    """The spans of labels on a path (T,); a frame of two spans belongs to both."""
    spans: list[Span] = []
    overlap = 0
    for t, label in enumerate(path.tolist()):
        before = spans[-1] if spans and spans[-1][2] == t else None
        if before and (label == TWICE or (label == before[0] and not overlap)):
            spans[-1] = (*before[:2], t + 1)
        elif before and label == TOUCHING:
            spans.append((before[0], t, t + 1))
        elif label >= 0 and label != blank:
            spans.append((label, t - overlap, t + 1))
        overlap = overlap + 1 if label == TWICE else 0
    return spans


def _labels(spans: list[Span]) -> list[int]:
    return [label for label, _, _ in spans]


def _other_labels(pairs: list[tuple[list[int], list[int]]]) -> Iterator[Symptom]:
    if all(returned == best[::-1] for returned, best in pairs):
        yield Symptom("A9", "the labels are in reverse order")
    yield Symptom("", "the returned path does not collapse to the labels")


def _other_edges(edges: list[tuple[int, ...]]) -> Iterator[Symptom]:
    """From (start, end, right start, right end, T) of each span, if all are moved alike."""
    if len(edges) < 2:
        return
    start, end, right_start, right_end, T = np.array(edges).T
    fitting = [
        (at_start, at_end)
        for at_start, at_end in product(MOVES, MOVES)
        if (start == np.clip(right_start + at_start, 0, T)).all()
        and (end == np.clip(right_end + at_end, 0, T)).all()
    ]
    if len(fitting) != 1 or fitting == [(0, 0)]:
        return
    ((at_start, at_end),) = fitting
    by = at_start or at_end
    frames = f"{abs(by)} frame{'s' * (abs(by) > 1)} {'late' if by > 0 else 'early'}"
    if at_start == at_end:
        yield Symptom("A3", f"everything is {frames}")
    elif at_start == 0:
        yield Symptom("A2", f"every span ends {frames}")
    elif at_end == 0:
        yield Symptom("A3", f"every span starts {frames}")


def can_show(bug: str, case: Case, conventions: Conventions) -> bool:
    """Whether an example made from this case can show this class at all."""
    inputs, layout = case.inputs, case.layout
    lengths, targets = [*map(len, inputs["logits"])], [*map(len, inputs["labels"])]
    scored = conventions["scores"] != "none"
    padded = min(lengths) < max(lengths) + layout.get("extra_frames", 0)
    shown = {
        "A1": _repeats(case),
        "A2": any(targets),
        "A3": any(targets),
        "A4": scored,
        "A5": conventions["alignment"] == "spans",
        "A8": padded or max(lengths) > 1,
        "A9": any(targets) or layout.get("extra_labels", 0) > 0,
        "A10": inputs["logits"][0].shape[1] > 1,
        "A12": 0 in targets or case.status == "acceptable",
        "A15": scored,
        "A16": bool({"integers", "memory"} & layout.keys()),
        "A17": max(lengths) >= MANY_FRAMES or max(targets) >= MANY_LABELS,
    }
    return bool(shown.get(bug, True))


def traits(case: Case) -> dict[str, str]:
    """What is special about a case, and the class that it is after; empty if there are several."""
    inputs, layout = case.inputs, case.layout
    lengths, targets = [*map(len, inputs["logits"])], [*map(len, inputs["labels"])]
    every = np.concatenate(inputs["logits"])
    special = {
        "repeated labels": ("A1", _repeats(case)),
        "an empty target": ("A12", 0 in targets),
        "padded frames": ("A8", min(lengths) < max(lengths) + layout.get("extra_frames", 0)),
        "padded labels": ("A9", min(targets) < max(targets) + layout.get("extra_labels", 0)),
        "logits of -inf": ("A11", bool(np.isneginf(every).any())),
        "large logits": ("A11", bool(np.abs(every[np.isfinite(every)]).max() > LOUD)),
        "many frames": ("", max(lengths) >= MANY_FRAMES),
        "many classes": ("", every.shape[1] >= MANY_CLASSES),
        "a blank other than 0": ("A10", inputs["blank"] != 0),
        "integers of 32 bits": ("A16", "integers" in layout),
        "several utterances": ("", len(lengths) > 1),
    }
    return {trait: bug for trait, (bug, there) in special.items() if there}


def _repeats(case: Case) -> bool:
    return any(a == b for target in case.inputs["labels"] for a, b in pairwise(target))
