"""Reading speech in the folder layout of TIMIT.

TRAIN/REGION/SPEAKER/SENTENCE.WAV holds the sound, SENTENCE.PHN beside it lines of first sample, end
sample and phone. File names may be in either case, and the sound may be SENTENCE.WAV.wav.
"""

from collections import Counter
from itertools import groupby
from pathlib import Path

import numpy as np

from refkd import check
from refkd.check import ArgumentError
from refkd.data.corpus import Corpus, Utterance
from refkd.data.splits import assemble, check_limits, of_one_rate
from refkd.data.wav import read_wav
from refkd.files.text import FileError, columns, read_lines

SLACK = 0.05  # seconds by which the last label may exceed the audio
SILENCE = "sil"
UNCHANGED = "iy ih eh ey ae aa aw ay ah oy ow uh uw er jh ch b d g p t k dx s sh z f th v dh"
UNCHANGED += " m n ng l r w y hh"
FOLDED = {  # from 61 symbols to 39: Lee and Hon (1989); q is dropped
    **{symbol: symbol for symbol in UNCHANGED.split()},
    **dict.fromkeys(("ax", "ax-h"), "ah"),
    **dict.fromkeys(("en", "nx"), "n"),
    **dict.fromkeys(("pcl", "tcl", "kcl", "bcl", "dcl", "gcl", "h#", "pau", "epi"), SILENCE),
    "ao": "aa",
    "axr": "er",
    "el": "l",
    "em": "m",
    "eng": "ng",
    "hv": "hh",
    "ix": "ih",
    "ux": "uw",
    "zh": "sh",
    "q": None,
}

Spans = list[tuple[str, int, int]]  # phone, first sample, end sample


def read_timit(
    folder: str | Path,
    rate: int | None = None,  # samples per second; by default that of most files
    *,
    symbols: int = 39,
    train: int = 4000,  # the most of each split: every speaker's first sentence, then the second
    validation: int = 400,
    test: int = 1400,
) -> Corpus:
    """Read a corpus in the layout of TIMIT, with its 61 symbols or folded to the usual 39.

    TEST is for testing; of TRAIN, every tenth speaker is for validation. The two sentences sa1 and
    sa2, which every speaker reads, are left out. Silence counts as a symbol.

    Examples
    --------
    >>> from refkd.data.timit import fold
    >>> fold([("h#", 0, 9), ("q", 9, 12), ("ao", 12, 20), ("tcl", 20, 25), ("pau", 25, 30)])
    [('sil', 0, 9), ('aa', 12, 20), ('sil', 20, 30)]
    """
    check.one_of("symbols", symbols, (39, 61))
    limits = check_limits(train, validation, test, rate)
    folder = Path(folder)
    split_of: dict[str, str] = {}
    sentences: list[tuple[int, str, Path]] = []  # which of its speaker's sentences, speaker, labels
    for part in ("train", "test"):
        spoken = sorted((path.parent.name.lower(), path) for path in _labels(folder, part))
        for n, (speaker, paths) in enumerate(groupby(spoken, key=lambda pair: pair[0])):
            split_of[speaker] = "validation" if part == "train" and n % 10 == 9 else part
            sentences += [(place, speaker, path) for place, (_, path) in enumerate(paths)]

    clips: list[Utterance] = []
    errors: list[FileError] = []
    for _, speaker, path in sorted(sentences):
        try:
            clips.append(_utterance(path, speaker, symbols))
        except FileError as error:
            errors.append(error)
    problems = Counter(f"left out, expected {error.expected}" for error in errors)
    return assemble(folder, of_one_rate(clips, rate, problems), split_of, limits, problems, errors)


def read_phones(path: Path) -> Spans:
    """The phones of a label file, each with its first sample and the sample after its last."""
    spans: Spans = []
    for _, line in read_lines(path, "a readable label file"):
        fields = columns(line)
        if not fields:
            continue
        try:
            begin, end, phone = int(fields[0]), int(fields[1]), fields[2]
        except (ValueError, IndexError):
            expected = "lines of first sample, end sample and phone"
            raise FileError(path, expected, repr(line.strip()[:40])) from None
        if not (spans[-1][2] if spans else 0) <= begin < end:
            raise FileError(
                path, "successive phones, each of positive duration", repr(line.strip())
            )
        spans.append((phone, begin, end))
    if not spans:
        raise FileError(path, "a phone", "none")
    return spans


def fold(spans: Spans) -> Spans:
    """The 39 symbols of Lee and Hon; q is dropped, and neighbouring silences become one."""
    folded: Spans = []
    for phone, begin, end in spans:
        symbol = FOLDED[check.one_of("phone", phone, FOLDED)]
        if symbol == SILENCE and folded and folded[-1][0] == SILENCE:
            folded[-1] = (SILENCE, folded[-1][1], end)
        elif symbol is not None:
            folded.append((symbol, begin, end))
    return folded


def _labels(folder: Path, part: str) -> list[Path]:
    """The label files of TRAIN or TEST, without sa1 and sa2."""
    children = folder.iterdir() if folder.is_dir() else ()
    inside = [path for path in children if path.name.lower() == part]
    if not inside:
        raise FileError(folder / part.upper(), "a folder", "none")
    files = (path for path in inside[0].rglob("*") if path.suffix.lower() == ".phn")
    return [path for path in files if path.stem.lower() not in ("sa1", "sa2")]


def _utterance(path: Path, speaker: str, symbols: int) -> Utterance:
    """One sentence of a speaker."""
    spans = read_phones(path)
    if symbols == 39:
        try:
            spans = fold(spans)
        except ArgumentError:
            unknown = next(phone for phone, _, _ in spans if phone not in FOLDED)
            raise FileError(path, "phones of the 61 of TIMIT", repr(unknown)) from None
        if not spans:
            raise FileError(path, "a phone other than q", "none")
    sentence = path.stem.lower()
    sounds = {f"{sentence}.wav", f"{sentence}.wav.wav"}
    beside = sorted(file for file in path.parent.iterdir() if file.name.lower() in sounds)
    audio, rate = read_wav(beside[-1] if beside else path.with_suffix(".WAV"))
    phones, begins, ends = zip(*spans, strict=True)
    if ends[-1] > audio.size + SLACK * rate or begins[-1] >= audio.size:
        raise FileError(path, "labels within the audio", f"{ends[-1]} of {audio.size} samples")
    times = np.minimum([begins, ends], audio.size) / rate
    return Utterance(f"{speaker}-{sentence}", audio, rate, phones, times[0], times[1], speaker)
