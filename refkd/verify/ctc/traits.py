"""What a CTC case has that others have not, and which bug classes it can show."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import log_softmax
from refkd.verify.ctc.symptoms import CONFIDENT, LARGE, MANY
from refkd.verify.records import Case, Conventions

MANY_LABELS, MANY_CLASSES = 128, 1_000


def can_show(bug: str, case: Case, conventions: Conventions) -> bool:
    """Whether an example made from this case can show this class at all."""
    inputs, layout = case.inputs, case.layout
    logits, labels, blank = inputs["logits"], inputs["labels"], inputs["blank"]
    lengths, targets = [*map(len, logits)], [*map(len, labels)]
    K = logits[0].shape[1]
    padded_frames = min(lengths) < max(lengths) + layout.get("extra_frames", 0)
    padded_labels = min(targets) < max(targets) + layout.get("extra_labels", 0)
    ruled_out, hopeless, largest = _extremes(case)
    d_loss = inputs["d_loss"]
    shown: dict[str, bool] = {
        "V1": max(targets) > 1,
        "V2": padded_frames,
        "V3": padded_labels or (blank > 0 and any(0 in target for target in labels)),
        "V4": K > 1,
        "V5": any(blank in target for target in labels),
        "V6": any(not 0 <= label < K for target in labels for label in target),
        "V7": 0 in targets,
        "V8": hopeless,
        "V11": largest > LARGE,
        "V12": _nats_of_best_classes(logits) < CONFIDENT,
        "V14": max(targets) >= MANY_LABELS or K >= MANY_CLASSES,
        "G2": d_loss is not None and bool((d_loss != 1.0).any()),
        "G3": padded_frames,
        "G4": hopeless,
        "G5": hopeless,
        "G6": ruled_out,
        "G10": bool({"integers", "memory"} & layout.keys()),
    }
    return shown.get(bug, True)


def traits(case: Case) -> dict[str, str]:
    """What is special about a case, and the class that it is after; empty if there are several."""
    inputs, layout = case.inputs, case.layout
    logits, labels = inputs["logits"], inputs["labels"]
    lengths, targets = [*map(len, logits)], [*map(len, labels)]
    ruled_out, hopeless, largest = _extremes(case)
    special = {
        "repeated labels": ("V1", any(map(_repeats, labels))),
        "an empty target": ("V7", 0 in targets),
        "empty targets alone": ("V7", not any(targets)),
        "padded frames": ("", min(lengths) < max(lengths) + layout.get("extra_frames", 0)),
        "padded labels": ("V3", min(targets) < max(targets) + layout.get("extra_labels", 0)),
        "a target without a path": ("V8", hopeless and not ruled_out),
        "logits of -inf": ("G6", ruled_out),
        "large logits": ("V11", largest > LARGE),
        "a long target": ("V14", max(targets) >= MANY_LABELS),
        "many classes": ("V14", logits[0].shape[1] >= MANY_CLASSES),
        "many frames": ("V10", max(lengths) >= MANY),
        "another blank than 0": ("V4", inputs["blank"] != 0),
        "integers of 32 bits": ("G10", "integers" in layout),
        "arrays that are not contiguous": ("G10", "memory" in layout),
        "an upstream gradient": ("G2", inputs["d_loss"] is not None),
        "several utterances": ("", len(logits) > 1),
    }
    return {trait: bug for trait, (bug, there) in special.items() if there}


def _extremes(case: Case) -> tuple[bool, bool, float]:
    """Whether there are logits of -inf, a target that may have no path; the largest logit."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    ruled_out = any(bool(np.isneginf(frames).any()) for frames in logits)
    hopeless = any(
        len(target) + _repeats(target) > len(frames)
        for target, frames in zip(labels, logits, strict=True)
    )
    finite = [np.abs(frames[np.isfinite(frames)]) for frames in logits]
    return ruled_out, ruled_out or hopeless, max(float(sizes.max(initial=0.0)) for sizes in finite)


def _repeats(target: Sequence[int]) -> int:
    return sum(a == b for a, b in pairwise(target))


def _nats_of_best_classes(logits: Sequence[NDArray[np.float64]]) -> float:
    """What the best class of every frame costs in the most confident utterance."""
    return min(float(-log_softmax(frames).max(axis=1).sum()) for frames in logits)
