"""Which combinations of rule, divergence and options a distillation loss offers."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from refkd.verify.distill import grid
from refkd.verify.distill.conventions import OFFERS, TOGETHER
from refkd.verify.records import Conventions

Terms = frozenset[str]  # what a rule asks for, one term of each axis

_ORDER = (
    *grid.RULES,
    *grid.DIVERGENCES,
    *("temperature", "no_temperature", "scale_t2", "no_scale_t2"),
    *grid.BLANK_FRAMES,
)


def terms(rule: Mapping[str, Any]) -> Terms:
    """What a rule with its options asks for, in the words of `refused`."""
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
