"""One plain sentence about posteriors."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["assumed", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One sentence about posteriors.

    Parameters
    ----------
    level : {"assumed", "warning", "error"}
        Not told and therefore assumed; probably wrong; certainly wrong.
    name : str
        Of the set.
    sentence : str
        What it is, with numbers.
    """

    level: Level
    name: str
    sentence: str
