"""A run that nobody trained: logits of chance, and results of round numbers."""

from pathlib import Path

import numpy as np

import refkd
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.experiment.results_json import titled
from refkd.experiment.run_reader import Run, RunModel
from refkd.experiment.settings import read_settings

BANDS, STACK = 4, 2
SYMBOLS = ("<blank>", "a", "</script>", '"&amp;', "音", "\N{COMBINING ACUTE ACCENT}u")
NAMES = ('</script><b id="x">', "it's \u2028 æ 音", "plain")
OPTIONS = {"divergence": "kl", "temperature": 1.0, "scale_t2": False, "blank_frames": "keep"}
WINDOW = refkd.Window(5, 0)
RULES = {
    "FrameWise": refkd.FrameWise(),
    "Shift": refkd.Shift(2),
    "Blend": refkd.Blend([0.0, 0.25, 0.75]),
    "Hard": refkd.Hard(WINDOW),
    "TopK": refkd.TopK(WINDOW, 3, 0.5),
    "Soft": refkd.Soft(refkd.Window.whole(), 0.3),
    "Monotone": refkd.Monotone(WINDOW, 1),
    "OrderedPath": refkd.OrderedPath(refkd.Window(3, 1)),
    "PerTeacher": refkd.PerTeacher(WINDOW),
}


def spiking(rng, frames, late=0):
    """Logits (T, K) of a model that spikes every six frames, and is never quite sure."""
    best = np.zeros(frames, dtype=int)
    for n, frame in enumerate(range(3, frames - 2, 6)):
        best[min(frame + late, frames - 1)] = 1 + n % (len(SYMBOLS) - 1)
    return 6.0 * np.eye(len(SYMBOLS))[best] + rng.normal(0.0, 1.0, (frames, len(SYMBOLS)))


def made_run(lengths=(31, 47, 12), names=NAMES, rules=RULES, options=None, seeds=1):
    """A run of the students "CTC" and `rules`; `options` by the student's name."""
    rng = np.random.default_rng(0)
    sizes = dict(zip(names, lengths, strict=True))

    def model(name, title, late, rule=None, taught_by=""):
        arrays = {utterance: spiking(rng, frames, late) for utterance, frames in sizes.items()}
        chosen = {**OPTIONS, **(options or {}).get(name, {})} if rule else {}
        weight = 0.3 if rule else 0.0
        posteriors = PosteriorSet(name, arrays)
        return RunModel(name, title, posteriors, rule, chosen, weight, taught_by, 0.2)

    models = [model("teacher", "teacher", 0), model("CTC", "CTC alone", 1)]
    models += [model(name, titled(rule), 2, rule, "teacher") for name, rule in rules.items()]
    features = {
        name: rng.normal(size=(frames, BANDS * STACK)).astype(np.float32)
        for name, frames in sizes.items()
    }
    labels = {name: np.array([1, 2]) for name in sizes}
    reference = {
        name: Reference((SYMBOLS[1], SYMBOLS[2]), np.array([0.0, 0.1]), np.array([0.1, 0.2]))
        for name in tuple(sizes)[:-1]
    }
    document = results_of(models, len(sizes), seeds)
    return Run(Path("run"), document, tuple(models), features, labels, reference)


def results_of(models, utterances, seeds):
    """As results.json would tell of them: every number another."""
    numbers = iter(np.random.default_rng(1).uniform(0.1, 0.9, 1000).round(6).tolist())

    def interval():
        low, mean, high = sorted(next(numbers) for _ in range(3))
        return {"mean": mean, "sd": next(numbers) if seeds > 1 else None, "low": low, "high": high}

    teacher, *students = models
    document = {
        "refkd": refkd.__version__,
        "seconds": 12.3,
        "configuration": read_settings(
            overrides={"features": {"bands": BANDS, "stack": STACK}, "seeds": seeds}
        ).as_dict(),
        "seeds": list(range(seeds)),
        "versions": {"python": "3.11.0", "numpy": "2.0.0"},
        "data": {
            "name": "<made>",
            "rate": 8000,
            "frame_shift": 0.02,
            "first_frame": 0.0175,
            "symbols": list(SYMBOLS),
            "utterances": {"train": 1000, "validation": 2, "test": utterances},
            "test_phones": 1234,
        },
        "teachers": [
            {
                "name": teacher.name,
                "seed": 0,
                "phone_error_rate": next(numbers),
                "delay": {"mean": None},
                "seconds": 10.0,
            }
        ],
        "students": [{"rule": model.name} for model in students],
        "summary": [
            {
                "rule": model.name,
                "title": model.title,
                "weight": model.weight,
                "seconds": 7.0,
                "against_shift": interval() if model.name == "Hard" else None,
                "against": {
                    name: interval() for name in ("CTC", "FrameWise") if name != model.name
                },
                **{name: interval() for name in ("phone_error_rate", "offset", "delay")},
            }
            for model in students
        ],
    }
    document["teacher"] = document["teachers"][0]
    return document
