"""The sentence by which a call is refused, and tests by tables of such sentences."""

import pytest

from refkd.check import ArgumentError


def sentence_of(call, /, *arguments, error=ArgumentError, **options):
    """What the error of this kind says that the call ends in."""
    with pytest.raises(error) as refusal:
        call(*arguments, **options)
    return str(refusal.value)


def refusals(tables):
    """Parametrise a test by {function: {sentence: arguments}}."""
    rows = [
        pytest.param(function, arguments, sentence, id=f"{function.__name__}: {sentence}")
        for function, table in tables.items()
        for sentence, arguments in table.items()
    ]
    return pytest.mark.parametrize(("function", "arguments", "sentence"), rows)
