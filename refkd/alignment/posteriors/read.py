"""Reading posteriors: npz, npy, Kaldi archives (docs/guides/posteriors.md)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from refkd.alignment.posteriors.kaldi import read_archive, read_script
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.check import ArgumentError, DataError
from refkd.files.npz import ArrayFileError, read_npy, read_npz
from refkd.files.text import refuse

Arrays = dict[str, NDArray[Any]]
METADATA = "metadata."
FACTS = ("kind", "blank", "symbols", "frame_shift", "first_frame", "subsampling")


def read_posteriors(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    kind: str | None = None,
    blank: int | None = None,
    symbols: Sequence[str] | None = None,
    frame_shift: float | None = None,
    first_frame: float | None = None,
) -> PosteriorSet:
    """Read the posteriors of one model.

    Parameters
    ----------
    path : path
        Ends in .npz (a (T, K) array for each utterance), .npy (one utterance with the name of the
        file), .ark or .scp (Kaldi; needs the extra `kaldi`).
    name : str, optional
        Of the model; by default the file's without its ending.
    kind : {"logits", "log_probabilities", "probabilities"}, optional
        What the numbers are. This and the following arguments override metadata of the file.
    blank : int, optional
        0 <= blank < K.
    symbols : sequence of str, optional
        K names, as from `read_tokens`.
    frame_shift : float, optional
        Seconds from one frame to the next, > 0.
    first_frame : float, optional
        Time of frame 0 in seconds.

    Returns
    -------
    PosteriorSet
        As stored; `diagnose` reports anything unusual in it, `normalised` converts it
        to log-posteriors.

    Raises
    ------
    DataError
        One sentence that names the file, if it cannot be read, holds no such arrays, or a fact
        does not fit them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from refkd.alignment.posteriors.read import read_posteriors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "teacher.npz")
    ...     np.savez(file, one=np.zeros((3, 2)), **{"metadata.frame_shift": 0.02})
    ...     posteriors = read_posteriors(file, blank=1)
    >>> posteriors.name, posteriors.names, posteriors.frame_shift, posteriors.blank, posteriors.kind
    ('teacher', ('one',), 0.02, 1, None)
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending not in READERS:
        refuse(file, "a name that ends in " + ", ".join(READERS), repr(file.suffix))
    if not file.is_file():
        refuse(file, "a file", "a folder" if file.is_dir() else "none")
    arrays = READERS[ending](file)
    facts = _facts(file, arrays)
    overrides = dict(zip(FACTS, (kind, blank, symbols, frame_shift, first_frame), strict=False))
    facts |= {fact: value for fact, value in overrides.items() if value is not None}
    try:
        return PosteriorSet(file.stem if name is None else name, arrays, **facts)
    except ArgumentError as error:
        raise DataError(f"{file}: {error}") from None


def _read_npz(path: Path) -> Arrays:
    try:
        return read_npz(path)
    except ArrayFileError as error:
        refuse(path, "an npz archive of numbers", error)


def _read_npy(path: Path) -> Arrays:
    try:
        array = read_npy(path)
    except ArrayFileError as error:
        refuse(path, "a single array of numbers", error)
    if array.ndim == 3:
        expected = "one utterance of shape (T, K)"
        refuse(path, expected, f"a batch of shape {array.shape}; save each without padding as npz")
    return {path.stem: array}


READERS = {".npz": _read_npz, ".npy": _read_npy, ".ark": read_archive, ".scp": read_script}


def _facts(path: Path, arrays: Arrays) -> dict[str, Any]:
    """Take the metadata out of the arrays."""
    facts: dict[str, Any] = {}
    for key in [key for key in arrays if key.startswith(METADATA)]:
        value, fact = arrays.pop(key), key.removeprefix(METADATA)
        if fact not in FACTS:
            refuse(path, "metadata of " + ", ".join(FACTS), repr(fact))
        if value.ndim != (fact == "symbols"):
            expected = f"{key} as " + ("a list of names" if fact == "symbols" else "one value")
            refuse(path, expected, f"shape {value.shape}")
        facts[fact] = value.tolist()
    return facts
