"""Known defects: a plain implementation of which a step, or several, are replaced."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from refkd.verify.records import Defect

Step = TypeVar("Step", bound=Callable[..., Any])
Plain = TypeVar("Plain", bound=type)


class Defects(list[Defect]):
    """Defects of a plain implementation, in the order in which they are tried."""

    def __init__(self, plain: type) -> None:
        super().__init__()
        self.plain = plain

    def step(self, name: str, bug: str, words: str, **attributes: Any) -> Callable[[Step], Step]:
        """Register a function as the step of this name, a method of the plain implementation."""

        def register(step: Step) -> Step:
            self.append(Defect(bug, words, self._replaced(name, step, attributes)))
            return step

        return register

    def family(self, name: str, bug: str, step: Step, rows: Mapping[str, Any]) -> None:
        """Register a step once for each row: words, and the value of its last argument or more."""
        for words, values in rows.items():
            last = values if isinstance(values, tuple) else (values,)
            self.append(Defect(bug, words, self._replaced(name, _ending(step, last), {})))

    def _replaced(self, name: str, step: Callable[..., Any], attributes: dict[str, Any]) -> Any:
        return type(step.__name__, (self.plain,), {name: step, **attributes})()

    def steps(self, bug: str, words: str) -> Callable[[Plain], Plain]:
        """Register a class that replaces several steps."""

        def register(plain: Plain) -> Plain:
            self.append(Defect(bug, words, plain()))
            return plain

        return register

    def rows(self, bug: str, family: Mapping[str, Any]) -> None:
        """Register instances of a class that replaces several steps, each with its words."""
        self.extend(Defect(bug, words, plain) for words, plain in family.items())


def _ending(step: Callable[..., Any], last: tuple[Any, ...]) -> Callable[..., Any]:
    """The step with its last arguments."""

    def method(plain: Any, *arguments: Any) -> Any:
        return step(plain, *arguments, *last)

    return method
