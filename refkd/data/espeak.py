"""Any text spoken by espeak-ng: sound and exact phone times, in several voices."""

import importlib
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.random import SeedSequence, default_rng

from refkd import check
from refkd.check import ArgumentError, DataError
from refkd.data import espeak_library
from refkd.data.corpus import Corpus, Utterance
from refkd.data.lexicon import words_of
from refkd.data.splits import assemble, check_limits, take_turns
from refkd.files.text import FileError, nfc, read_lines

MARGIN = 0.1  # seconds of silence before and after each line
STRESS = "\u02c8\u02cc"  # primary, secondary
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Request(NamedTuple):
    """A line to be spoken."""

    name: str
    text: str
    voice: str
    words: int  # a minute
    pitch: int  # 0 to 99; 50 is the voice's own


def read_espeak(
    file: str | Path,
    voices: Sequence[str] = ("en-us", "en-us+f2", "en-gb", "en-gb+m3"),
    *,
    rates: Sequence[int] = (140, 170, 200),  # words a minute, 80 to 449
    pitches: Sequence[int] = (40, 50, 60),  # 0 to 99; 50 is the voice's own
    seed: int = 0,
    longest: float = 10.0,  # seconds
    train: int = 1200,  # the most utterances of each split, in the order of the file
    validation: int = 200,
    test: int = 200,
) -> Corpus:
    """Have espeak-ng speak every line of a text in UTF-8 once in each voice.

    Of every seven different lines, the second is for validation and the third for testing. Phones
    are IPA without stress. Each utterance draws a rate and a pitch.

    Examples
    --------
    >>> from refkd.data.espeak import read_espeak
    >>> read_espeak("nowhere.txt")
    Traceback (most recent call last):
        ...
    refkd.files.text.FileError: nowhere.txt: expected a text file, got No such file or directory
    """
    voices = _several("voices", voices)
    for voice in voices:
        if not isinstance(voice, str) or not voice or CONTROL.search(voice):
            check.fail("voices", "names of voices", repr(voice))
    rates = [check.integer("rates", rate, low=80, high=449) for rate in _several("rates", rates)]
    pitches = _several("pitches", pitches)
    pitches = [check.integer("pitches", pitch, low=0, high=99) for pitch in pitches]
    check.integer("seed", seed, low=0)
    check.positive("longest", longest)
    limits = check_limits(train, validation, test)

    path = Path(file)
    groups = read_text(path)
    split_of = take_turns(groups.values())
    problems: Counter[str] = Counter()
    requests: list[Request] = []
    spoken: Counter[str] = Counter()
    for n, (text, group) in enumerate(groups.items()):
        split = split_of[group]
        for v, voice in enumerate(voices):
            if spoken[split] == limits[split]:
                problems[f"clips left out, expected at most {limits[split]} for {split}"] += 1
                continue
            spoken[split] += 1
            rng = default_rng(SeedSequence(seed, spawn_key=(n, v)))
            words, pitch = rates[rng.integers(len(rates))], pitches[rng.integers(len(pitches))]
            requests.append(Request(f"{n + 1:05}-{voice}", text, voice, words, pitch))

    clips: list[Utterance] = []
    for request, (rate, samples, events) in zip(requests, speak(path, requests), strict=True):
        clip = _clip(request, rate, samples, events, groups[request.text])
        if clip is None:
            problems["clips left out, expected phones and times that fit the sound"] += 1
        elif clip.seconds > longest:
            problems[f"clips left out, expected at most {longest} seconds"] += 1
        else:
            clips.append(clip)
    return assemble(path, clips, split_of, limits, problems, [])


def read_text(path: Path) -> dict[str, str]:
    """The different lines of a text that hold a word, and the words of each in lower case."""
    lines = (nfc(CONTROL.sub(" ", line).strip()) for _, line in read_lines(path))
    words_of_line = {line: " ".join(words_of(line)) for line in lines}
    words_of_line = {line: words for line, words in words_of_line.items() if words}
    if not words_of_line:
        raise FileError(path, "a line with a word", "none")
    return words_of_line


def speak(
    path: Path, requests: Sequence[Request]
) -> Iterator[tuple[int, bytes, list[tuple[int, str]]]]:
    """The rate, samples and phoneme events of each request, spoken in a process of its own."""
    try:
        loader = importlib.import_module("espeakng_loader")
    except ModuleNotFoundError:
        expected = "the extra refkd[speech] (pip install 'refkd[speech]')"
        raise FileError(f"espeak:{path}", expected, "no module espeakng_loader") from None
    asked: dict[str, Any] = {
        "library": loader.get_library_path(),
        "data": loader.get_data_path(),
        "voices": list(dict.fromkeys(request.voice for request in requests)),
        "utterances": [request[1:] for request in requests],
    }
    command = [sys.executable, "-I", str(espeak_library.__file__)]
    answer = subprocess.run(
        command, input=json.dumps(asked).encode(), capture_output=True, check=False
    )
    if answer.returncode:
        message = answer.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        got = message or f"exit code {answer.returncode}"
        raise DataError(f"espeak:{path}: expected espeak-ng to run, got {got}")
    stream = io.BytesIO(answer.stdout)
    about = json.loads(stream.readline())
    for voice in about["unknown"]:
        check.fail("voices", "voices of espeak-ng, such as 'en-us' or 'de+f2'", repr(voice))
    for _ in requests:
        head = json.loads(stream.readline())
        yield about["rate"], stream.read(head["bytes"]), [(at, name) for at, name in head["events"]]


def _several(name: str, values: Any) -> list[Any]:
    if not isinstance(values, (tuple, list)) or not values:
        check.fail(name, "a list of at least one", repr(values))
    return list(values)


def _clip(
    request: Request, rate: int, samples: bytes, events: list[tuple[int, str]], group: str
) -> Utterance | None:
    """The utterance, or None where nothing was spoken or its times do not fit."""
    sound = np.frombuffer(samples, np.int16).astype(np.float32) / np.float32(2**15)
    margin = round(MARGIN * rate)
    phones = [
        (symbol.strip(STRESS), start, end)
        for (start, symbol), (end, _) in pairwise([*events, (sound.size, "")])
        if symbol.strip(STRESS) and not symbol.startswith("(") and start != end
    ]
    if not phones or phones[-1][2] > sound.size:
        return None
    symbols, starts, ends = zip(*phones, strict=True)
    starts, ends = (np.array([starts, ends]) + margin) / rate
    try:
        return Utterance(request.name, np.pad(sound, margin), rate, symbols, starts, ends, group)
    except ArgumentError:
        return None
