"""The sentence by which a call is refused."""

import pytest

from refkd.check import ArgumentError


def sentence_of(call, /, *arguments, error=ArgumentError, **options):
    """What the error of this kind says that the call ends in."""
    with pytest.raises(error) as refusal:
        call(*arguments, **options)
    return str(refusal.value)
