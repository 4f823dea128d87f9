"""What distillation losses do differently and are right about, and what they offer."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from refkd.verify.ctc.conventions import LAYOUT
from refkd.verify.distill import grid
from refkd.verify.kit import Convention, of_dtype
from refkd.verify.records import Conventions

REDUCED = ("sum", "batchmean", "mean", "mean_elements")  # one number for the batch
OFFERS = ("rules", "divergences", "options")
TOGETHER = "+"  # joins what is refused in combination


class Combinations(Convention):
    """Any number of combinations of the choices, as in "Soft+js,temperature+no_scale_t2"."""

    def parts(self, value: str) -> tuple[str, ...]:
        """The choices that a value is made of."""
        return tuple(value.replace(TOGETHER, ",").split(",")) if value else ()

    def words(self, value: str) -> str:
        """A value in plain words."""
        combinations = value.split(",") if value else ()
        return "; ".join(
            " with ".join(self.choices[part] for part in self.parts(combination))
            for combination in combinations
        ) or "none"  # fmt: skip


CONVENTIONS = (
    of_dtype("K17"),
    LAYOUT,
    Convention(
        "input",
        {
            "logits": "logits of both, normalised by the implementation",
            "log_probs": "log-probabilities of both, not normalised again",
            "kl_div": "the student's log-probabilities and the teacher's probabilities",
            "probs": "probabilities of both",
        },
        "call", bug="K2",
    ),
    Convention(
        "lengths",
        {"numbers": "(N,) numbers of frames", "mask": "a mask, 1 where a frame is not padding"},
        "call",
    ),
    Convention(
        "kl",
        {
            "teacher_student": "'kl' is KL(teacher || student)",
            "student_teacher": "'kl' is KL(student || teacher), 'reverse_kl' the other",
        },
        "call", searched=("teacher_student",), bug="K1",
    ),
    Convention(
        "t2",
        {
            "asked": "times temperature^2 if scale_t2 is set",
            "always": "always times temperature^2",
            "never": "never times temperature^2",
        },
        "call", searched=("asked",), bug="K4",
    ),
    Convention(
        "reduction",
        {
            "none": "none, one loss for each utterance",
            "sum": "sum over the batch",
            "batchmean": "mean over the utterances",
            "mean": "mean over all frames of the batch",
            "mean_elements": "mean over all frames and classes of the batch",
            "per_frame": "each divided by its number of frames",
        },
        "answer", bug="K3",
    ),
    Convention(
        "grad_of",
        {
            "logits": "in the student's logits (rows sum to 0)",
            "log_probs": "in the student's log-probabilities",
            "probs": "in the student's probabilities",
            "none": "none is returned",
        },
        "answer",
    ),
    Convention(
        "pairs",
        {
            "rows": "rows (utterance, student frame, teacher frame)",
            "frames": "the teacher frame of each student frame, -1 for none",
            "none": "none are returned",
        },
        "later",
    ),
    Convention("rules", {name: name for name in grid.JUDGED}, "later", several=True),
    Convention("divergences", {name: name for name in grid.DIVERGENCES}, "later", several=True),
    Convention("options", {name: name for name in grid.OPTIONS}, "later", several=True),
    Combinations(
        "refused",
        {
            **{name: name for name in (*grid.RULES, *grid.DIVERGENCES)},
            "temperature": "a temperature",
            "no_temperature": "no temperature",
            "scale_t2": "scale_t2",
            "no_scale_t2": "no scale_t2",
            "keep": "blank frames kept",
            "drop_selected": "drop_selected",
            "no_blank_candidates": "no_blank_candidates",
        },
        "later", several=True,
    ),
)  # fmt: skip


Terms = frozenset[str]  # what a rule asks for, one term of each axis

_ORDER = (
    *grid.RULES,
    *grid.DIVERGENCES,
    *("temperature", "no_temperature", "scale_t2", "no_scale_t2"),
    *grid.BLANK_FRAMES,
)


def terms(rule: Mapping[str, Any]) -> Terms:
    """What a rule requires with its options, in the terms of `refused`."""
    name = rule["rule"]
    if name in ("TopK", "Soft") and rule["tau"] is None:
        name = {"TopK": "TopK_equal", "Soft": "Soft_mean"}[name]
    elif name == "Monotone" and rule["max_step"] is not None:
        name = "Monotone_steps"
    return frozenset(
        (
            name,
            rule["divergence"],
            "temperature" if rule["temperature"] != 1.0 else "no_temperature",
            "scale_t2" if rule["scale_t2"] else "no_scale_t2",
            rule["blank_frames"],
        )
    )


def is_offered(rule: Mapping[str, Any], conventions: Conventions) -> bool:
    """Whether a loss with these conventions answers a rule; what they do not name is offered."""
    asked = terms(rule)
    names = {"rules": {rule["rule"]}, "divergences": {rule["divergence"]},
             "options": asked & set(grid.OPTIONS)}  # fmt: skip
    if any(
        name in conventions and not names[name] <= set(conventions[name].split(","))
        for name in OFFERS
    ):
        return False
    refused = conventions.get("refused", "")
    return not any(
        set(combination.split(TOGETHER)) <= asked
        for combination in refused.split(",")
        if combination
    )


def described(refused: Collection[Terms], accepted: Collection[Terms]) -> str:
    """All that is refused by as few and as short combinations of terms as possible."""
    left, description = set(refused), []
    for size in range(1, 6):
        for combination in _parts(left, size):
            if any(combination <= asked for asked in accepted):
                continue
            if covered := {asked for asked in left if combination <= asked}:
                left -= covered
                description.append(combination)
    return ",".join(TOGETHER.join(_in_order(part)) for part in description)


def _parts(whole: Iterable[Terms], size: int) -> Sequence[Terms]:
    """Every combination of so many terms, those that are in most first, ties in table order."""
    counts = Counter(part for asked in whole for part in combinations(_in_order(asked), size))
    parts = sorted(counts, key=lambda part: (-counts[part], [*map(_ORDER.index, part)]))
    return [*map(frozenset, parts)]


def _in_order(asked: Terms) -> list[str]:
    return sorted(asked, key=_ORDER.index)
