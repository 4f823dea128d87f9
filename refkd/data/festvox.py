"""Reading speech in the folder layout of festvox and CMU ARCTIC.

wav/NAME.wav holds the sound, lab/NAME.lab the phones, etc/txt.done.data the sentences. A label
file has a header that ends with a line '#', then lines of end time, colour and phone.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from refkd import check
from refkd.check import ArgumentError, DataError
from refkd.data.corpus import Corpus, Utterance
from refkd.data.lexicon import words_of
from refkd.data.splits import assemble, check_limits, of_one_rate, reason, take_turns
from refkd.data.wav import read_wav
from refkd.files.text import FileError, columns, read_lines

PAUSES = frozenset({"pau", "sil", "#", "h#", "#h", "sp", "ssil", "brth", "<sil>", "<s>", "</s>"})
MARGIN = 0.1  # seconds of pause that a clip keeps at either side, at most half the pause
SLACK = 0.05  # seconds by which the last label may exceed the audio
SENTENCE = re.compile(r'\([ \t]*([^ \t]+)[ \t]+"(.*)"[ \t]*\)')


@dataclass(frozen=True)
class Label:
    """A phone or a pause, in seconds from the beginning of the file."""

    phone: str
    start: float
    end: float

    @property
    def pause(self) -> bool:
        """Whether nothing is spoken."""
        return self.phone.lower() in PAUSES


def read_corpus(
    folder: str | Path,
    rate: int | None = None,  # samples per second; by default that of most clips
    *,
    shortest: float = 1.5,  # seconds, after which a clip ends at the next pause
    longest: float = 4.0,  # seconds
    train: int = 1200,  # the most clips of each split, in the order of the list
    validation: int = 200,
    test: int = 200,
) -> Corpus:
    """Read a corpus in the festvox layout and cut it at labelled pauses into clips.

    Of every seven different sentences that can be used, the second is for validation and the third
    for testing.

    Examples
    --------
    >>> from refkd.data.festvox import read_corpus
    >>> read_corpus("nowhere")
    Traceback (most recent call last):
        ...
    refkd.files.text.FileError: nowhere: expected a folder, got none
    """
    check.positive("shortest", shortest)
    if check.positive("longest", longest) < shortest:
        check.fail("longest", f"at least shortest={shortest} seconds", longest)
    limits = check_limits(train, validation, test, rate)

    folder = Path(folder)
    sentences = read_sentences(folder)
    errors: list[FileError] = []
    clips: list[Utterance] = []
    for name, text in sentences.items():
        try:
            clips += _clips_of(folder, name, text, shortest)
        except FileError as error:
            errors.append(error)

    problems = Counter(f"left out, expected {error.expected}" for error in errors)
    usable = []
    for clip in of_one_rate(clips, rate, problems):
        if clip.seconds > longest:
            problems[f"clips left out, expected at most {longest} seconds"] += 1
        else:
            usable.append(clip)

    split_of = take_turns(clip.group for clip in usable)
    if len(split_of) < len(limits):
        got = f"{len(split_of)} of {len(sentences)}{reason(errors, problems)}"
        raise DataError(f"{folder}: expected at least 3 sentences that can be used, got {got}")
    return assemble(folder, usable, split_of, limits, problems, errors)


def read_sentences(folder: Path) -> dict[str, str]:
    """The sentences {name: lower-case words} of a corpus, in the order of its list."""
    for part in (folder, folder / "wav", folder / "lab"):
        if not part.is_dir():
            raise FileError(part, "a folder", "none")
    path = folder / "etc" / "txt.done.data"
    sentences = {}
    for _, line in read_lines(path, 'sentences as ( name "text" )', errors="replace"):
        match = SENTENCE.search(line)
        if match:
            name, text = match.groups()
            sentences[name] = " ".join(words_of(text)) or name
    if not sentences:
        raise FileError(path, 'sentences as ( name "text" )', "none")
    return sentences


def read_labels(path: Path) -> list[Label]:
    """The phones and pauses of a label file, whose times are in seconds."""
    lines = [columns(line) for _, line in read_lines(path, "a readable label file")]
    if ["#"] not in lines:
        raise FileError(path, "a line '#' before the labels", "none")
    labels: list[Label] = []
    start = 0.0
    for fields in lines[lines.index(["#"]) + 1 :]:
        if not fields:
            continue
        try:
            end, phone = float(fields[0]), fields[2]
        except (ValueError, IndexError):
            expected = "lines of end time, colour and phone"
            raise FileError(path, expected, repr(" ".join(fields))) from None
        if not end > start:
            raise FileError(path, "increasing end times", f"{end} after {start}")
        labels.append(Label(phone, start, end))
        start = end
    if all(label.pause for label in labels):
        raise FileError(path, "a phone other than pauses", "none")
    return labels


def _clips_of(folder: Path, name: str, text: str, shortest: float) -> list[Utterance]:
    """The clips of one sentence, from pause to pause."""
    path = folder / "lab" / f"{name}.lab"
    labels = read_labels(path)
    audio, rate = read_wav(folder / "wav" / f"{name}.wav")
    seconds = audio.size / rate
    if labels[-1].end > seconds + SLACK:
        raise FileError(path, "labels within the audio", f"{labels[-1].end} of {seconds:.2f} s")

    runs: list[list[Label]] = [[]]
    for label in labels:
        if not label.pause:
            runs[-1].append(label)
        elif runs[-1] and label.start - runs[-1][0].start >= shortest:
            runs.append([])
    runs = [run for run in runs if run]
    clips = []
    for n, run in enumerate(runs):
        before = runs[n - 1][-1].end if n > 0 else 0.0
        after = runs[n + 1][0].start if n + 1 < len(runs) else max(seconds, run[-1].end)
        begin = run[0].start - min(MARGIN, (run[0].start - before) / 2.0)
        end = run[-1].end + min(MARGIN, (after - run[-1].end) / 2.0)
        first = round(begin * rate)
        clip = audio[first : round(end * rate)].copy()
        times = np.array([(label.start, label.end) for label in run]) - first / rate
        starts, ends = np.clip(times, 0.0, clip.size / rate).T  # half a sample, or the slack
        phones = tuple(label.phone for label in run)
        try:
            clips.append(Utterance(f"{name}-{n}", clip, rate, phones, starts, ends, text))
        except ArgumentError as error:
            raise FileError(path, "labels that fit the audio", error) from None
    return clips
