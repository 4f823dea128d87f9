"""Where hand-made CTC cases are put down, in the order in which they run."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from refkd.verify.ctc.enumeration import enumerated
from refkd.verify.records import Case, Status

Make: TypeAlias = Callable[[], dict[str, Any]]


class Register(dict[str, Callable[[], Case]]):
    """Makers of cases by name."""

    def case(
        self,
        *catches: str,
        status: Status = "must",
        by_paths: bool = False,
        expected: Mapping[str, Any] | None = None,
        **form: Any,
    ) -> Callable[[Make], Make]:
        """Register a function that makes the inputs of the case that is called like it.

        Parameters
        ----------
        *catches : str
            Bug classes, likeliest first.
        status : {"must", "must_reject", "acceptable"}
            What answer is wanted.
        by_paths : bool
            Whether path enumeration says what is right.
        expected : mapping, optional
            What is right, worked by hand. Without either the reference says it.
        **form : Any
            How the inputs are laid out: padding, extra_frames, extra_labels, integers, memory.

        Returns
        -------
        callable
            The decorator.
        """

        def register(make: Make) -> Make:
            def built() -> Case:
                inputs = make()
                right = enumerated(inputs) if by_paths else expected
                source = "path enumeration" if by_paths else "hand" if expected else "reference"
                return Case(make.__name__, inputs, catches, source, status, right, form=form)

            self[make.__name__] = built
            return make

        return register
