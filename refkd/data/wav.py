"""Reading WAV files by the standard library, and the sentence for a file that cannot be read."""

import io
import wave
from pathlib import Path

import numpy as np

from refkd.check import DataError
from refkd.data.corpus import Audio


class FileError(DataError):
    """A file is not what its reader expects.

    Parameters
    ----------
    path : str or Path
        The file, and the line where that helps.
    expected : str
        What the reader wants; kept as an attribute, to count files with the same fault.
    got : object
        What came instead.
    """

    def __init__(self, path: str | Path, expected: str, got: object) -> None:
        super().__init__(f"{path}: expected {expected}, got {got}")
        self.expected = expected


def read_lines(path: Path, expected: str) -> list[str]:
    """The lines of a text file in UTF-8; other bytes are replaced.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What the reader wants.

    Raises
    ------
    FileError
        If it cannot be read; a DataError.
    """
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except (OSError, ValueError) as error:
        raise FileError(path, expected, getattr(error, "strerror", error)) from None


def read_wav(path: str | Path) -> tuple[Audio, int]:
    """Read a WAV file as samples in [-1, 1].

    Parameters
    ----------
    path : str or Path
        PCM of 8, 16, 24 or 32 bits, any number of channels.

    Returns
    -------
    audio : (n,) float32 array
        The mean of the channels; full scale is 1.
    rate : int
        Samples per second.

    Raises
    ------
    FileError
        If the file cannot be read, is not plain PCM, is cut short or holds no sample; a DataError.

    Examples
    --------
    >>> import tempfile, wave
    >>> from pathlib import Path
    >>> from refkd.data.wav import read_wav
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with wave.open(str(Path(folder) / "a.wav"), "wb") as file:
    ...         file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...         file.writeframes(bytes([0, 64, 0, 192]))
    ...     read_wav(Path(folder) / "a.wav")
    (array([ 0.5, -0.5], dtype=float32), 8000)
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        if data.startswith(b"NIST_1A"):
            got = "a SPHERE header (convert it by: sox OLD.wav NEW.wav)"
            raise FileError(path, "a WAV file with a RIFF header", got)
        with wave.open(io.BytesIO(data), "rb") as file:
            channels, width, rate, promised = file.getparams()[:4]
            floats = getattr(file, "getformat", lambda: 1)() == 3  # newer Pythons read them
            samples = file.readframes(promised)
    except FileError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        raise FileError(path, "a WAV file that can be read", reason) from None
    except Exception as error:  # damaged files end in errors of many kinds inside the library
        reason = str(error) or "an early end"
        raise FileError(path, "a WAV file of plain PCM", reason) from None
    if floats or rate <= 0:
        got = "floating-point samples" if floats else f"{rate} Hz"
        raise FileError(path, "a WAV file of plain PCM", got)
    if width not in (1, 2, 3, 4):
        raise FileError(path, "samples of 8, 16, 24 or 32 bits", f"{8 * width} bits")
    frames = len(samples) // (channels * width)
    if frames < promised:
        raise FileError(path, "as many samples as its header says", f"{frames} of {promised}")
    if frames == 0:
        raise FileError(path, "at least one sample", "none")
    return _numbers(samples, width).reshape(frames, channels).mean(axis=1, dtype=np.float32), rate


def _numbers(samples: bytes, width: int) -> Audio:
    if width == 1:
        return (np.frombuffer(samples, np.uint8).astype(np.float32) - 128.0) / np.float32(128.0)
    if width == 3:  # the three bytes become the upper ones of four
        padded = np.zeros((len(samples) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(samples, np.uint8).reshape(-1, 3)
        samples, width = padded.tobytes(), 4
    whole = np.frombuffer(samples, f"<i{width}")
    return whole.astype(np.float32) / np.float32(2 ** (8 * width - 1))
