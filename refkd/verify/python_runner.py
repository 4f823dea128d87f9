"""Run calls in an adapter, a Python function in a child process."""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from refkd import check
from refkd.verify.process import LastWords, end, first_line, how_ended, started
from refkd.verify.records import Answer, Call
from refkd.verify.worker import NUMBERS, receive, send

START_LIMIT = 300.0  # seconds to import the adapter: some libraries compile first
PATIENCE = 3  # calls that may time out before the rest is left out


class Runner(Protocol):
    """Answers every call, even if the process that computes ends."""

    def ask(self, calls: Sequence[Call]) -> list[Answer]:
        """One answer for each call, in order."""

    def close(self) -> None:
        """End the child process, if there is one."""


def answered(values: Mapping[str, Any], results: Sequence[str]) -> Answer:
    """The answer that a worker or a program has written."""
    if "error" in values:
        trace = str(values.get("traceback", ""))
        return Answer(failure="raised", sentence=first_line(values["error"]), traceback=trace)
    if "unreadable" in values:
        return Answer(failure="unreadable", sentence=first_line(values["unreadable"]))
    outputs = {name: values[name] for name in results if name in values}
    for name, value in outputs.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in NUMBERS:
            got = f"{value.dtype} entries" if isinstance(value, np.ndarray) else "a text"
            sentence = f"{name}: expected an array of numbers, got {got}"
            return Answer(failure="unreadable", sentence=sentence)
    overwritten = [name for name in str(values.get("overwritten", "")).split(",") if name]
    return Answer(outputs, overwritten=tuple(overwritten))


def in_two_parts(
    ask: Callable[[Sequence[Call]], list[Answer]], calls: Sequence[Call]
) -> list[Answer]:
    """Run the calls that may corrupt memory after the others; the answers are in order."""
    harmless = iter(ask([call for call in calls if not call.may_corrupt]))
    corrupting = iter(ask([call for call in calls if call.may_corrupt]))
    return [next(corrupting if call.may_corrupt else harmless) for call in calls]


class PythonRunner:
    """A Python function MODULE:FUNCTION in a child process, started again after each crash.

    Parameters
    ----------
    target : str
        MODULE:FUNCTION, importable from the current folder; or FILE.py:FUNCTION.
    arguments, results : iterable of str
        Names of what the function takes and returns, in order.
    time_limit : float
        Seconds for one call.
    start_limit : float
        Seconds to import the function.
    on_answer : callable
        Called after each answer.

    Examples
    --------
    >>> from refkd.verify.python_runner import PythonRunner
    >>> from refkd.verify.records import Call
    >>> runner = PythonRunner("math:hypot", ["x", "y"], ["length"], time_limit=30.0)
    >>> [answer] = runner.ask([Call({"x": 3.0, "y": 4.0})])
    >>> runner.close()
    >>> float(answer.outputs["length"])
    5.0
    """

    def __init__(
        self,
        target: str,
        arguments: Iterable[str],
        results: Iterable[str],
        time_limit: float,
        start_limit: float = START_LIMIT,
        on_answer: Callable[[], object] = lambda: None,
    ) -> None:
        self.target = target
        self.arguments = tuple(arguments)
        self.results = tuple(results)
        self.time_limit = time_limit
        self.start_limit = start_limit
        self.on_answer = on_answer
        self.timed_out = 0
        self._child: _Child | None = self._starting()  # while the first cases are made

    def ask(self, calls: Sequence[Call]) -> list[Answer]:
        """One answer for each call, in order; a crash or a time-out is an answer, too.

        Raises
        ------
        ArgumentError
            If the function cannot be imported.
        """
        return in_two_parts(self._ask, calls)

    def close(self) -> None:
        """End the child process."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ask(self, calls: Sequence[Call]) -> list[Answer]:
        answers = []
        for call in calls:
            answers.append(self._asked(call))
            self.on_answer()
            if call.may_corrupt:
                self.close()
                self._child = self._starting()
        return answers

    def _asked(self, call: Call) -> Answer:
        if self.timed_out >= PATIENCE:
            return Answer(failure="not asked", sentence=f"{PATIENCE} earlier calls took too long")
        child = self._started()
        start = time.perf_counter()
        try:
            reply = child.ask({**call.arguments, "call.memory": call.memory}, self.time_limit)
        except TimeoutError:
            self.timed_out += 1
            self.close()
            return Answer(failure="timed out", sentence=f"no answer in {self.time_limit:g} s")
        except EOFError as ended:
            self.close()
            return Answer(failure="crashed", sentence=str(ended))
        return replace(answered(reply, self.results), seconds=time.perf_counter() - start)

    def _starting(self) -> "_Child":
        command = [sys.executable, "-m", "refkd.verify.worker", self.target]
        return _Child([*command, ",".join(self.arguments), ",".join(self.results)])

    def _started(self) -> "_Child":
        """The child process, which has imported the function."""
        child = self._child = self._child or self._starting()
        if child.ready:
            return child
        try:
            reply = child.wait(self.start_limit)
        except (TimeoutError, EOFError) as error:
            reply = {"error": error}
        if "error" in reply:
            self.close()
            check.fail(self.target, "a function that can be imported", reply["error"])
        child.ready = True
        return child


class _Child:
    """A process that answers npz by npz; a thread listens, so that waiting may end anywhere."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self.process = started(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.words = LastWords(self.process.stderr)
        self.ready = False
        self.replies: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, values: Mapping[str, Any], limit: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        try:
            send(self.process.stdin, values)  # type: ignore[arg-type]
        except OSError:
            raise EOFError(how_ended(self.process, self.words)) from None
        return self.wait(limit)

    def wait(self, limit: float) -> dict[str, Any]:
        try:
            reply = self.replies.get(timeout=limit)
        except queue.Empty:
            raise TimeoutError(f"no answer in {limit:g} s") from None
        if reply is None:
            raise EOFError(how_ended(self.process, self.words))
        return reply

    def kill(self) -> None:
        end(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):  # what was still unsent has nobody to read it
                stream.close()

    def _listen(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        try:
            with contextlib.suppress(OSError, ValueError):
                while (reply := receive(stdout)) is not None:  # type: ignore[arg-type]
                    self.replies.put(reply)
        finally:
            self.replies.put(None)
