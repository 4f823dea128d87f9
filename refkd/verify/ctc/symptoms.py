"""What wrong numbers of a CTC loss show by themselves."""

from collections.abc import Iterator

from refkd.verify.ctc.translate import valid_frames
from refkd.verify.records import Outcome, Symptom


def symptoms(outcome: Outcome) -> Iterator[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    got = outcome.answer.outputs or {}
    if "grad" in got and got["grad"][~valid_frames(outcome.arguments)].any():
        yield Symptom("G3", "the gradient of padded frames is not zero")
