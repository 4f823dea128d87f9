"""From clips to a corpus: one rate, three splits, and what was left out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from refkd import check
from refkd.check import ArgumentError, DataError
from refkd.data.corpus import Corpus, Utterance
from refkd.files.text import FileError

SPLITS = ("train", "validation", "test")
TURN = {1: "validation", 2: "test"}  # of seven groups; the others are for training


def check_limits(train: int, validation: int, test: int, rate: int | None = None) -> dict[str, int]:
    """Check the largest number of clips of each split, and a rate if one is given: at least 1."""
    if rate is not None:
        check.integer("rate", rate, low=1)
    limits = (train, validation, test)
    return {
        name: check.integer(name, limit, low=1) for name, limit in zip(SPLITS, limits, strict=True)
    }


def take_turns(groups: Iterable[str]) -> dict[str, str]:
    """The split of each group: of every seven, the second validates and the third tests.

    Examples
    --------
    >>> from refkd.data.splits import take_turns
    >>> take_turns(["a", "b", "b", "c"])
    {'a': 'train', 'b': 'validation', 'c': 'test'}
    """
    return {group: TURN.get(n % 7, "train") for n, group in enumerate(dict.fromkeys(groups))}


def of_one_rate(
    clips: Sequence[Utterance], rate: int | None, problems: Counter[str]
) -> list[Utterance]:
    """The clips of one rate, by default that of most; the others are counted."""
    if rate is None and clips:
        rate = Counter(clip.rate for clip in clips).most_common(1)[0][0]
    usable = [clip for clip in clips if clip.rate == rate]
    if len(usable) < len(clips):
        expected = f"clips left out, expected {rate} samples per second"
        problems[expected] += len(clips) - len(usable)
    return usable


def reason(errors: Sequence[FileError], problems: Mapping[str, int]) -> str:
    """The first fault in parentheses, or nothing."""
    first = [str(error) for error in errors[:1]] or list(problems)[:1]
    return "".join(f" ({fault})" for fault in first)


def assemble(
    path: Path,
    clips: Iterable[Utterance],
    split_of: Mapping[str, str],
    limits: Mapping[str, int],
    problems: Counter[str],
    errors: Sequence[FileError],
) -> Corpus:
    """Put clips into their splits, up to the limit of each; the path names the corpus."""
    why = reason(errors, problems)
    splits: dict[str, list[Utterance]] = {split: [] for split in SPLITS}
    for clip in clips:
        split = split_of[clip.group]
        if len(splits[split]) < limits[split]:
            splits[split].append(clip)
        else:
            problems[f"clips left out, expected at most {limits[split]} for {split}"] += 1
    for split, inside in splits.items():
        if not inside:
            raise DataError(f"{path}: expected at least one clip for {split}, got none{why}")
    try:
        return Corpus(
            path.resolve().name,
            splits["train"][0].rate,
            train=tuple(splits["train"]),
            validation=tuple(splits["validation"]),
            test=tuple(splits["test"]),
            problems=dict(problems),
        )
    except ArgumentError as error:
        raise DataError(f"{path}: {error}") from None
