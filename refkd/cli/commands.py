"""What all commands share: a parser, and sentences that a terminal can show."""

import argparse
from typing import NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
OptionGroup: TypeAlias = "argparse._ArgumentGroup"
LONGEST = 1000  # characters of a sentence of error


def shortened(sentence: str) -> str:
    """The sentence in one line, without the middles of what somebody typed at great length."""
    from refkd.check import ArgumentError

    sentence, half = str(ArgumentError(sentence)), LONGEST // 2
    return sentence if len(sentence) <= LONGEST else f"{sentence[:half]} ... {sentence[-half:]}"


class Parser(argparse.ArgumentParser):
    """Errors stay in one line of readable length, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit."""
        super().error(shortened(message))
