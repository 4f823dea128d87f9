"""The form of results.json, as far as anything reads it."""

from collections.abc import Iterator
from typing import Any

NUMBER = (int, float)
SPREAD = {"mean": (*NUMBER, None), "sd": (*NUMBER, None), "low": NUMBER, "high": NUMBER}
OFFSET = {"mean": (*NUMBER, None), "median": (*NUMBER, None), "histogram": dict}
MODEL = {
    "seed": int,
    "phone_error_rate": NUMBER,
    "delay": {"mean": (*NUMBER, None)},
    "history": [
        {"ctc": NUMBER, "lesson": NUMBER, "validation": (*NUMBER, None), "seconds": NUMBER}
    ],
    "seconds": NUMBER,
}
STUDENT = {
    "rule": str,
    "title": str,
    "weight": NUMBER,
    "lesson": (dict, None),
    "offset": {**OFFSET, "teacher_unmatched": int, "student_unmatched": int},
}
SUMMARY = {
    "rule": str,
    "title": str,
    "weight": NUMBER,
    "phone_error_rate": SPREAD,
    "offset": dict.fromkeys(SPREAD, (*NUMBER, None)),
    "delay": dict.fromkeys(SPREAD, (*NUMBER, None)),
    "against": dict,
    "seconds": NUMBER,
}
FORM = {
    "refkd": str,
    "seconds": NUMBER,
    "configuration": {
        "new_teachers": bool,
        "network": {"cell": str},
        "features": {"bands": int},
        "distill": dict,
    },
    "seeds": [int],
    "versions": dict,
    "data": {
        "name": str,
        "frame_shift": NUMBER,
        "first_frame": NUMBER,
        "symbols": [str],
        "utterances": {"test": int},
        "test_phones": int,
    },
    "teacher": {"name": str, **MODEL},
    "teachers": [{"name": str, **MODEL}],
    "students": [{**STUDENT, **MODEL}],
    "tuning": dict,
    "summary": [SUMMARY],
}


def misfits(value: Any, form: Any = FORM, place: str = "") -> Iterator[str]:
    """Every place where a value of JSON has not the form; a list holds at least one.

    Examples
    --------
    >>> from refkd.experiment.results_form import misfits
    >>> list(misfits({"seeds": [0, "1"]}, {"seeds": [int], "seconds": (int, float)}))
    ['seeds[1]', 'seconds']
    """
    if isinstance(form, dict) and isinstance(value, dict):
        for name, inner in form.items():
            yield from misfits(value.get(name, ...), inner, f"{place}.{name}".lstrip("."))
    elif isinstance(form, list) and isinstance(value, list) and value:
        for n, item in enumerate(value):
            yield from misfits(item, form[0], f"{place}[{n}]")
    elif isinstance(form, dict | list):
        yield place
    else:
        kinds = form if isinstance(form, tuple) else (form,)
        if not any(value is kind or type(value) is kind for kind in kinds):
            yield place
