"""Reading WAV files, with any Python version, and the error for one that cannot be read."""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from refkd.data.corpus import Audio
from refkd.files.text import refuse

PCM, FLOATS, EXTENSIBLE = 1, 3, 0xFFFE
KIND = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"  # of the subformat, after its number
CONVERSION = "(convert it by: ffmpeg -i OLD.wav -c:a pcm_s16le NEW.wav)"
UNKNOWN = range(0x7FFFF000, 0x80000001), range(0xFFFFF000, 0x100000000)  # of SoX, ALSA, ffmpeg


class _Format(NamedTuple):
    """How samples are stored: the rate is in Hz, the size that of a frame in bytes."""

    encoding: int
    channels: int
    rate: int
    size: int
    bits: int


def read_wav(path: str | Path) -> tuple[Audio, int]:
    """Read a WAV file as samples in [-1, 1].

    Parameters
    ----------
    path : str or Path
        PCM of 8, 16, 24 or 32 bits, any number of channels, under a plain or an extensible header.
        A data length that stands for "unknown", as programs write it to pipes, means the rest of
        the file; the length in the RIFF header is not used.

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
    except (OSError, ValueError) as error:
        refuse(path, "a readable WAV file", getattr(error, "strerror", error))
    if data.startswith(b"NIST_1A"):
        got = "a SPHERE header (convert it by: sox OLD.wav NEW.wav)"
        refuse(path, "a WAV file with a RIFF header", got)
    plain = "a WAV file of plain PCM"
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        begins = f"a file that begins with {data[:12]!r} {CONVERSION}"
        refuse(path, plain, begins if len(data) >= 12 else "a truncated file")
    fmt, promised, samples = _chunks(path, data)
    if fmt.encoding != PCM:
        got = "floating-point samples" if fmt.encoding == FLOATS else f"encoding {fmt.encoding}"
        refuse(path, plain, f"{got} {CONVERSION}")
    if fmt.rate == 0 or fmt.channels == 0:
        refuse(path, plain, f"{fmt.rate} Hz and {fmt.channels} channels")
    if fmt.bits not in (8, 16, 24, 32):
        refuse(path, "samples of 8, 16, 24 or 32 bits", f"{fmt.bits} bits")
    size = fmt.channels * fmt.bits // 8
    if fmt.size != size:
        refuse(path, f"frames of {size} bytes, as its bits and channels require", fmt.size)
    frames = len(samples) // size
    if frames < promised // size:
        refuse(path, "as many samples as its header states", f"{frames} of {promised // size}")
    if frames == 0:
        refuse(path, "at least one sample", "none")
    numbers = _numbers(samples[: frames * size], fmt.bits // 8)
    return numbers.reshape(frames, -1).mean(axis=1, dtype=np.float32), fmt.rate


def _chunks(path: Path, data: bytes) -> tuple[_Format, int, bytes]:
    """The format, and the length and the bytes of the first data chunk.

    Programs that write to a pipe, and cannot go back, state a length that means "until the end".
    """
    fmt, place = None, 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            encoding, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", body)
            if encoding == EXTENSIBLE and body[26:40] == KIND:
                encoding = int.from_bytes(body[24:26], "little")
            fmt = _Format(encoding, channels, rate, frame, bits)
        elif name == b"data" and fmt is not None:
            unknown = any(size in lengths for lengths in UNKNOWN)
            return fmt, len(body) if unknown else size, body
        place += 8 + size + size % 2
    refuse(path, "a WAV file with a chunk 'fmt ' and a chunk 'data' after it", "a truncated file")


def _numbers(samples: bytes, width: int) -> Audio:
    if width == 1:
        return (np.frombuffer(samples, np.uint8).astype(np.float32) - 128.0) / np.float32(128.0)
    if width == 3:  # the three bytes become the upper ones of four
        padded = np.zeros((len(samples) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(samples, np.uint8).reshape(-1, 3)
        samples, width = padded.tobytes(), 4
    whole = np.frombuffer(samples, f"<i{width}")
    return whole.astype(np.float32) / np.float32(2 ** (8 * width - 1))
