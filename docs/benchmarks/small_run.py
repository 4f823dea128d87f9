"""One small run for the figures of two pages: it trains once in a build of the site."""

from functools import cache

from refkd.experiment.experiment import run_experiment
from refkd.experiment.settings import read_settings


@cache
def small_run():
    """The job of `refkd run` with less and easier speech, smaller networks and fewer epochs."""
    settings = read_settings(
        overrides={
            "rules": ["CTC", "FrameWise", "OrderedPath"],
            "speech": {"train": 300, "validation": 80, "test": 80, "noise": 0.03},
            "network": {"hidden": 48},
            "training": {"epochs": 12, "rate": 0.01},
        }
    )
    return run_experiment(settings)
