"""What all commands share: a parser, sentences that a terminal can show, and a progress bar."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
OptionGroup: TypeAlias = "argparse._ArgumentGroup"
LONGEST = 1000  # characters of a sentence of error


def shortened(sentence: str) -> str:
    """The sentence in one line, without the middles of what somebody typed at great length."""
    from refkd.check import ArgumentError

    sentence, half = str(ArgumentError(sentence)), LONGEST // 2
    return sentence if len(sentence) <= LONGEST else f"{sentence[:half]} ... {sentence[-half:]}"


class Parser(argparse.ArgumentParser):
    """Errors stay in one line of readable length, whatever was typed.

    Options that follow from a table are added when the command is used: to list all commands, the
    library need not be loaded.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._later: list[Callable[[], None]] = []

    def add_later(self, add: Callable[[], None]) -> None:
        """Call `add` before this parser reads a command line or prints its help."""
        self._later.append(add)

    def parse_known_args(self, *arguments: Any, **options: Any) -> Any:
        """Complete the options, then read a command line."""
        while self._later:
            self._later.pop()()
        return super().parse_known_args(*arguments, **options)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit."""
        super().error(shortened(message))


class Bar:
    """A progress bar for each stage of a command, on the error stream if that is a terminal."""

    def __init__(self) -> None:
        self.bar: Any = None

    def begin(self, **options: Any) -> None:
        """A new stage, with options of tqdm."""
        from tqdm import tqdm

        self.end()
        self.bar = tqdm(disable=not sys.stderr.isatty(), **options)

    def advance(self) -> None:
        """One step more."""
        if self.bar is not None:
            self.bar.update()

    def end(self) -> None:
        """Remove the bar, or leave it as it is."""
        if self.bar is not None:
            self.bar.close()
