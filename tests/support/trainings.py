"""The lines that `refkd run` prints on standard error as trainings end."""

import re

ENDED = re.compile(r"^refkd: (\d+/\d+ .+): (\d+ epochs? in .+ s, validation error .+ %.*)\n", re.M)


def trainings(error):
    """{number, name and seed of a training: its epochs, seconds and error}."""
    return dict(ENDED.findall(error))


def complaints(error):
    """Everything else on standard error."""
    return ENDED.sub("", error)
