"""What all commands share: a parser, and sentences that a terminal can show."""

import argparse
from typing import NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
OptionGroup: TypeAlias = "argparse._ArgumentGroup"
LONGEST = 1000  # characters of a sentence of error


def shortened(sentence: str) -> str:
    """The sentence, without its middle where somebody gave a name of a megabyte."""
    half = LONGEST // 2
    return sentence if len(sentence) <= LONGEST else f"{sentence[:half]} ... {sentence[-half:]}"


class Parser(argparse.ArgumentParser):
    """Does not echo over-long arguments."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit."""
        super().error(shortened(message))
