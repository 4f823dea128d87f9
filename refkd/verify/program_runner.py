"""Run calls in any program, which reads a folder of calls and writes its answers there."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from refkd import check
from refkd.verify.exchange import MANIFEST, read_npz, read_raw, write_npz, write_raw
from refkd.verify.process import LastWords, end, first_line, how_ended, started
from refkd.verify.python_runner import PATIENCE, answered, in_two_parts
from refkd.verify.records import Answer, Call

LOOK_EVERY = 0.02  # seconds between looks at a running program


class ProgramRunner:
    """A program that is run as `COMMAND FOLDER`, with many calls in one run.

    FOLDER holds 0000, 0001, ...; in each, the program reads `call.npz` and writes `answer.npz`
    (or, raw, reads the files of `call/` and writes into `answer/`). If a run fails, the calls
    without an answer are run again in halves, until the call that fails runs alone.

    Parameters
    ----------
    command : sequence of str
        Program and its first arguments.
    results : iterable of str
        Names of the outputs.
    time_limit : float
        Seconds without a new answer after which a run is stopped.
    exchange : {"npz", "raw"}
        Form of the files.
    on_answer : callable
        Called after each answer.

    Examples
    --------
    >>> import sys
    >>> from refkd.verify.program_runner import ProgramRunner
    >>> from refkd.verify.records import Call
    >>> runner = ProgramRunner([sys.executable, "-c", "raise SystemExit(3)"], ["loss"], 30.0, "npz")
    >>> [answer] = runner.ask([Call({"blank": 0})])
    >>> answer.failure, answer.sentence
    ('crashed', 'ended with code 3, no answer')
    """

    def __init__(
        self,
        command: Sequence[str],
        results: Iterable[str],
        time_limit: float,
        exchange: str,
        on_answer: Callable[[], object] = lambda: None,
    ) -> None:
        self.command = list(command)
        self.results = tuple(results)
        self.time_limit = time_limit
        self.raw = exchange == "raw"
        self.on_answer = on_answer
        self.timed_out = 0

    def ask(self, calls: Sequence[Call]) -> list[Answer]:
        """One answer for each call, in order.

        Raises
        ------
        ArgumentError
            If the program cannot be started.
        """
        return in_two_parts(self._ask, calls)

    def close(self) -> None:
        """Nothing: no program outlives its run."""

    def _ask(self, calls: Sequence[Call]) -> list[Answer]:
        if not calls:
            return []
        if self.timed_out >= PATIENCE:
            refusal = f"{PATIENCE} earlier calls took too long"
            return [Answer(failure="not asked", sentence=refusal)] * len(calls)
        with tempfile.TemporaryDirectory(
            prefix="refkd-verify-", ignore_cleanup_errors=True
        ) as name:
            folder = Path(name)
            places = [folder / f"{n:04}" for n in range(len(calls))]
            for place, call in zip(places, calls, strict=True):
                self._write(place, call)
            begun = time.time()
            ended = self._run(folder, places)
            answers = self._answers(places, begun)
        if len(calls) == 1 and answers[0] is None:
            self.timed_out += ended.failure == "timed out"
            return [ended]
        missing = [n for n, answer in enumerate(answers) if answer is None]
        half = (len(missing) + 1) // 2
        for part in (missing[:half], missing[half:]):
            for n, answer in zip(part, self._ask([calls[n] for n in part]), strict=True):
                answers[n] = answer
        return [answer for answer in answers if answer is not None]

    def _write(self, place: Path, call: Call) -> None:
        place.mkdir()
        if self.raw:
            (place / "call").mkdir()
            (place / "answer").mkdir()
            write_raw(place / "call", call.arguments)
        else:
            write_npz(place / "call.npz", call.arguments)

    def _answered_at(self, place: Path) -> float | None:
        """When the answer was complete, as `time.time`; None if it is not there."""
        names = [f"answer/{MANIFEST}", "answer/error.txt"] if self.raw else ["answer.npz"]
        files = [place / name for name in names if (place / name).exists()]
        return files[0].stat().st_mtime if files else None

    def _run(self, folder: Path, places: Sequence[Path]) -> Answer:
        """Run the program, and return how it ended in case an answer is missing."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            process = started([*self.command, str(folder)], stdin=subprocess.DEVNULL, **streams)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            check.fail(self.command[0], "a program that can be started", reason)
        words = LastWords(process.stdout)
        try:
            in_time = self._wait(process, list(places))
        finally:
            end(process)
        if not in_time:
            return Answer(failure="timed out", sentence=f"no answer in {self.time_limit:g} s")
        return Answer(failure="crashed", sentence=how_ended(process, words, ", no answer"))

    def _wait(self, process: "subprocess.Popen[bytes]", waiting: list[Path]) -> bool:
        """Wait for the end; False if it had to be stopped, because no new answer came."""
        last = time.monotonic()
        while True:
            ended = True
            try:
                process.wait(LOOK_EVERY)
            except subprocess.TimeoutExpired:
                ended = False
            while waiting and self._answered_at(waiting[0]) is not None:
                waiting.pop(0)
                self.on_answer()
                last = time.monotonic()
            if ended:
                return True
            if time.monotonic() - last > self.time_limit:
                return False

    def _answers(self, places: Sequence[Path], begun: float) -> list[Answer | None]:
        """The answers that are there, each with the seconds since the one before."""
        answers: list[Answer | None] = []
        for place in places:
            done = self._answered_at(place)
            if done is None:
                answers.append(None)
                continue
            answers.append(replace(self._answer(place), seconds=max(0.0, done - begun)))
            begun = done
        return answers

    def _answer(self, place: Path) -> Answer:
        try:
            values = read_raw(place / "answer") if self.raw else read_npz(place / "answer.npz")
        except (ValueError, OSError) as error:
            got = first_line(getattr(error, "strerror", None) or error)
            return Answer(failure="crashed", sentence=f"the answer cannot be read: {got}")
        return answered(values, self.results)
