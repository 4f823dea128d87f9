"""All exercises in their order."""

from collections.abc import Sequence

from refkd import check
from refkd.learn.exercises.ctc import CTC_ALPHA, CTC_BETA, CTC_GRADIENT
from refkd.learn.exercises.exercise import Exercise
from refkd.learn.exercises.recurrent import LSTM_STEP, TANH_STEP
from refkd.learn.exercises.selection import HARD, MONOTONE, SOFT_MINIMUM

EXERCISES = (
    TANH_STEP,
    LSTM_STEP,
    CTC_ALPHA,
    CTC_BETA,
    CTC_GRADIENT,
    HARD,
    MONOTONE,
    SOFT_MINIMUM,
)


def exercises_named(names: Sequence[str]) -> list[Exercise]:
    """The exercises of these names of functions or files, each once, in the order of the course.

    Examples
    --------
    >>> from refkd.learn.exercises.catalogue import exercises_named
    >>> [one.name for one in exercises_named(["hard", "01_tanh_step.py"])]
    ['tanh_step', 'hard']
    """
    files = {one.file: one.name for one in EXERCISES}
    known = [one.name for one in EXERCISES]
    asked = [check.one_of("exercise", files.get(name, name), known) for name in names]
    return [one for one in EXERCISES if not names or one.name in asked]
