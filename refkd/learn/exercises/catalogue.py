"""All exercises in their order."""

from collections.abc import Sequence

from refkd import check
from refkd.learn.exercises.backward import LSTM_BACKWARD
from refkd.learn.exercises.ctc import CTC_ALPHA, CTC_BETA, CTC_GRADIENT, CTC_RESCALED
from refkd.learn.exercises.divergence import KL_GRADIENT
from refkd.learn.exercises.exercise import Exercise
from refkd.learn.exercises.order import MONOTONE, ORDERED_PATH
from refkd.learn.exercises.recurrent import LSTM_STEP, TANH_STEP
from refkd.learn.exercises.selection import HARD, PER_TEACHER, SOFT_MINIMUM

EXERCISES = (
    TANH_STEP,
    LSTM_STEP,
    LSTM_BACKWARD,
    CTC_ALPHA,
    CTC_BETA,
    CTC_GRADIENT,
    CTC_RESCALED,
    KL_GRADIENT,
    HARD,
    SOFT_MINIMUM,
    PER_TEACHER,
    MONOTONE,
    ORDERED_PATH,
)


def exercises_named(names: Sequence[str]) -> list[Exercise]:
    """The exercises of these names of functions or files, each once, in the order of the course.

    Examples
    --------
    >>> from refkd.learn.exercises.catalogue import exercises_named
    >>> [exercise.name for exercise in exercises_named(["hard", "01_tanh_step.py"])]
    ['tanh_step', 'hard']
    """
    files = {exercise.file: exercise.name for exercise in EXERCISES}
    known = list(files.values())
    asked = [check.one_of("exercise", files.get(name, name), known) for name in names]
    return [exercise for exercise in EXERCISES if not names or exercise.name in asked]
