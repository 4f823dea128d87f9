"""Reading a manifest: a text file that lists recordings, one JSON object a line.

It is the plain form into which any corpus can be brought; its keys are in docs/guides/corpora.md.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from refkd.check import ArgumentError
from refkd.data.corpus import Corpus, Utterance
from refkd.data.lexicon import read_lexicon, words_of
from refkd.data.splits import SPLITS, assemble, check_limits, of_one_rate, take_turns
from refkd.data.wav import read_wav
from refkd.files.text import FileError, columns, nfc, read_lines, visible
from refkd.files.tokens import read_tokens

KEYS = ("audio", "phones", "text", "starts", "ends", "split", "group")


def read_manifest(
    file: str | Path,
    rate: int | None = None,  # samples per second; by default that of most
    *,
    lexicon: str | None = None,  # for recordings with text but no phones
    inventory: str | None = None,  # all phones, as for `read_tokens`; then any other is an error
    train: int = 1_000_000,  # the most of each split, in the order of the file
    validation: int = 1_000_000,
    test: int = 1_000_000,
) -> Corpus:
    """Read the recordings that a manifest lists; audio paths are relative to its folder.

    If no line names a split, of every seven groups the second is for validation and the third for
    testing. Recordings that cannot be used are counted in `problems`.

    Examples
    --------
    >>> from refkd.data.manifest import read_manifest
    >>> read_manifest("none.jsonl", train=0)
    Traceback (most recent call last):
        ...
    refkd.check.ArgumentError: train: expected a whole number >= 1, got 0
    """
    limits = check_limits(train, validation, test, rate)
    path = Path(file)
    words = {} if lexicon is None else read_lexicon(lexicon, inventory)
    allowed = None if inventory is None else set(read_tokens(inventory))
    lines = [
        _Line(path, number, text, words)
        for number, (_, text) in enumerate(read_lines(path, "a manifest of JSON lines"), 1)
        if text.strip()
    ]
    for line in lines:
        for phone in line.phones:
            if allowed is not None and phone not in allowed:
                line.fail("phones of the inventory", visible(phone))
    for line in lines:
        for key in ("split", "starts"):
            if (key in line.entry) != (key in lines[0].entry):
                line.fail(f"{key!r} on every line or on none", f"a difference to line {lines[0].n}")

    audio_names: set[str] = set()
    for line in lines:
        if line.entry["audio"] in audio_names:
            line.fail("every audio once", repr(line.entry["audio"]))
        audio_names.add(line.entry["audio"])

    clips: list[Utterance] = []
    errors: list[FileError] = []
    for line in lines:
        try:
            clips.append(line.utterance())
        except FileError as error:
            errors.append(error)
    problems = Counter(f"left out, expected {error.expected}" for error in errors)
    usable = of_one_rate(clips, rate, problems)
    split_of = take_turns(clip.group for clip in usable)
    if lines and "split" in lines[0].entry:
        split_of = {}
        for line in lines:
            split = line.entry["split"]
            if split_of.setdefault(line.group, split) != split:
                line.fail(f"group {line.group!r} in one split", f"{split_of[line.group]}, {split}")
    return assemble(path, usable, split_of, limits, problems, errors)


class _Line:
    """One checked line of a manifest."""

    def __init__(self, path: Path, n: int, text: str, lexicon: dict[str, tuple[str, ...]]) -> None:
        self.path, self.n = path, n
        try:
            self.entry: dict[str, Any] = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.fail("a JSON object", error)
        if not isinstance(self.entry, dict):
            self.fail("a JSON object", text.strip()[:40])
        for key in self.entry:
            if key not in KEYS:
                self.fail("the keys " + ", ".join(KEYS), repr(key))
        for key in ("audio", "text", "group"):
            value = self.entry.get(key, "-")
            if not isinstance(value, str) or not value:
                self.fail(f"{key!r} as a text", repr(value))
        if "audio" not in self.entry:
            self.fail("'audio'", "none")
        if self.entry.get("split", "train") not in SPLITS:
            self.fail("a split of " + ", ".join(SPLITS), repr(self.entry["split"]))
        if ("starts" in self.entry) != ("ends" in self.entry):
            self.fail("'starts' and 'ends' or neither", "one of them")
        self.phones = self._phones(lexicon)
        for key in ("starts", "ends"):
            times = self.entry.get(key, [0.0] * len(self.phones))
            if not isinstance(times, list) or not all(type(time) in (int, float) for time in times):
                self.fail(f"{key!r} as a list of seconds", repr(times)[:40])
            if len(times) != len(self.phones):
                self.fail(f"{len(self.phones)} {key!r}, one for each phone", len(times))
        own = self.entry["audio"] if "split" in self.entry else self.entry.get("text")
        self.group = nfc(self.entry.get("group", own or self.entry["audio"]))

    def _phones(self, lexicon: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        if "phones" in self.entry:
            phones = self.entry["phones"]
            phones = columns(phones) if isinstance(phones, str) else phones
            texts = isinstance(phones, list) and all(isinstance(phone, str) for phone in phones)
            if not texts or not phones or "" in phones:
                self.fail(
                    "'phones' as a list of symbols or a text", repr(self.entry["phones"])[:40]
                )
            return tuple(nfc(phone) for phone in phones)
        if "text" not in self.entry:
            self.fail("'phones' or 'text'", "neither")
        if not lexicon:
            self.fail("'phones', or a lexicon for 'text'", "no lexicon")
        words = words_of(self.entry["text"])
        for word in words:
            if word not in lexicon:
                self.fail("words of the lexicon", visible(word))
        if not words:
            self.fail("a word in 'text'", repr(self.entry["text"]))
        return tuple(phone for word in words for phone in lexicon[word])

    def fail(self, expected: str, got: object) -> NoReturn:
        raise FileError(f"{self.path}, line {self.n}", expected, got)

    def utterance(self) -> Utterance:
        """The recording with its phones and times; a FileError if they do not fit."""
        name = self.entry["audio"]
        audio, rate = read_wav(self.path.parent / name)
        times = self.entry.get("starts"), self.entry.get("ends")
        try:
            return Utterance(name, audio, rate, self.phones, *times, self.group)
        except ArgumentError as error:
            self.fail("times that fit the audio", error)
