"""Reading the Free Spoken Digit Dataset: isolated digits, one a file, without phone times.

The name of a file, {digit}_{speaker}_{index}.wav, gives the spoken digit.
"""

import re
from collections import Counter
from pathlib import Path

from refkd.data.corpus import Corpus, Utterance
from refkd.data.splits import assemble, check_limits, of_one_rate
from refkd.data.wav import read_wav
from refkd.files.text import FileError

NAME = re.compile(r"([0-9])_([^_]+)_([0-9]+)\.wav")
LEXICON = (  # ARPAbet, in order of the digits
    ("z", "ih", "r", "ow"),
    ("w", "ah", "n"),
    ("t", "uw"),
    ("th", "r", "iy"),
    ("f", "ao", "r"),
    ("f", "ay", "v"),
    ("s", "ih", "k", "s"),
    ("s", "eh", "v", "ah", "n"),
    ("ey", "t"),
    ("n", "ay", "n"),
)


def read_fsdd(
    folder: str | Path,
    rate: int | None = None,  # samples per second; by default that of most files
    *,
    train: int = 2400,  # the most of each split, by index, then digit, then speaker
    validation: int = 300,
    test: int = 300,
) -> Corpus:
    """Read the Free Spoken Digit Dataset; a lexicon gives the phones, and nothing their times.

    Index 0 to 4 is the test set, as its makers decided; 5 to 9 is for validation, all others for
    training. Speakers occur in every split.

    Examples
    --------
    >>> from refkd.data.fsdd import read_fsdd
    >>> read_fsdd("nowhere")
    Traceback (most recent call last):
        ...
    refkd.files.text.FileError: nowhere: expected a folder, got none
    """
    limits = check_limits(train, validation, test, rate)
    folder = Path(folder)
    if not folder.is_dir():
        raise FileError(folder, "a folder", "none")
    problems: Counter[str] = Counter()
    errors: list[FileError] = []
    recordings: list[tuple[int, int, str, Path]] = []
    for path in folder.glob("*.wav"):
        match = NAME.fullmatch(path.name)
        if match:
            recordings.append((int(match[3]), int(match[1]), match[2], path))
        else:
            problems["left out, expected a name as {digit}_{speaker}_{index}.wav"] += 1
    clips: list[Utterance] = []
    split_of: dict[str, str] = {}
    for index, digit, _, path in sorted(recordings):
        split_of[path.stem] = "test" if index < 5 else "validation" if index < 10 else "train"
        try:
            audio, samples = read_wav(path)
        except FileError as error:
            errors.append(error)
            continue
        phones = LEXICON[digit]
        clips.append(Utterance(path.stem, audio, samples, phones, None, None, path.stem))
    problems.update(f"left out, expected {error.expected}" for error in errors)
    return assemble(folder, of_one_rate(clips, rate, problems), split_of, limits, problems, errors)
