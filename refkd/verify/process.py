"""Child programs, which end with all their children and may print any amount of text."""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

KEPT = 1 << 16  # bytes of the end of what a program has printed
SHOWN = 300  # characters of a sentence that came from a program
PATIENCE = 1.0  # seconds to read the end of what a program printed, once it has ended


def started(command: Sequence[str], **streams: Any) -> "subprocess.Popen[bytes]":
    """Start a program at the head of a process group of its own, where there are such.

    glibc gives it memory with arbitrary contents rather than zeros.
    """
    environment = {**os.environ, "MALLOC_PERTURB_": "165"}
    return subprocess.Popen(command, env=environment, start_new_session=True, **streams)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a program, and on POSIX whatever it has started, even if it has ended itself."""
    if os.name == "posix":
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def first_line(text: object) -> str:
    """The first line of a text from a program, cut where it gets long."""
    line = str(text).strip().partition("\n")[0].rstrip()
    return line if len(line) <= SHOWN else line[:SHOWN] + " ..."


class LastWords:
    """Reads what a program prints so that it need not wait, and keeps the end."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        self._stream = stream
        self._tail = b""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def line(self) -> str:
        """The last line that is not empty; empty if nothing was printed."""
        self._thread.join(PATIENCE)  # a child in another group may hold the stream for longer
        text = self._tail.decode("utf-8", "replace").strip()
        return first_line(text.rpartition("\n")[2])

    def _listen(self) -> None:
        with self._stream, suppress(OSError, ValueError):
            while chunk := os.read(self._stream.fileno(), KEPT):
                self._tail = (self._tail + chunk)[-KEPT:]


def how_ended(process: "subprocess.Popen[bytes]", words: LastWords, note: str = "") -> str:
    """The signal or the code with a note, and the last line that the program printed."""
    code = process.wait()
    last_line = words.line()
    ending = f"ended by signal {-code}" if code < 0 else f"ended with code {code}{note}"
    return f"{ending}: {last_line}" if last_line else ending
