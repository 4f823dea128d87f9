"""Where the hand-made LSTM cases are put down, in the order in which they run."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from refkd.verify.lstm.inputs import catches
from refkd.verify.records import Case, Status

Make: TypeAlias = Callable[[], dict[str, Any]]


class Register(dict[str, Callable[[], Case]]):
    """Makers of cases by name."""

    def case(
        self,
        *first: str,
        status: Status = "must",
        expected: Mapping[str, Any] | None = None,
        **form: Any,
    ) -> Callable[[Make], Make]:
        """Register a function that makes the inputs of the case that is called like it.

        Parameters
        ----------
        *first : str
            Bug classes that it is after, besides those that its inputs show anyway.
        status : {"must", "must_reject", "acceptable"}
            What answer is wanted.
        expected : mapping, optional
            What is right, worked by hand. The reference says the rest.
        **form : Any
            How the inputs are laid out: padding, upstream_padding, extra_frames, integers, memory.

        Returns
        -------
        callable
            The decorator.
        """

        def register(make: Make) -> Make:
            def built() -> Case:
                inputs = make()
                shown = dict.fromkeys((*first, *catches(inputs, form.get("extra_frames", 0))))
                source = "hand" if expected else "reference"
                return Case(
                    make.__name__, inputs, tuple(shown), source, status, expected, form=form
                )

            self[make.__name__] = built
            return make

        return register
