"""Known defects: a plain implementation of which a step, or several, are replaced."""

from collections.abc import Callable
from typing import Any, TypeVar

from refkd.verify.records import Defect

Step = TypeVar("Step", bound=Callable[..., Any])
Plain = TypeVar("Plain", bound=type)


class Defects(list[Defect]):
    """Defects of a plain implementation, in the order in which they are tried."""

    def __init__(self, plain: type) -> None:
        super().__init__()
        self.plain = plain

    def step(self, name: str, bug: str, words: str) -> Callable[[Step], Step]:
        """Register a function as the step of this name, a method of the plain implementation."""

        def register(step: Step) -> Step:
            replaced = type(step.__name__, (self.plain,), {name: step})
            self.append(Defect(bug, words, replaced()))
            return step

        return register

    def steps(self, plain: Plain) -> Plain:
        """Register a class that replaces several steps, with its bug class and its words."""
        self.rows(plain())
        return plain

    def rows(self, *family: Any) -> None:
        """Register instances of a family that share a hook, each with bug class and words."""
        self.extend(Defect(plain.bug, plain.words, plain) for plain in family)
