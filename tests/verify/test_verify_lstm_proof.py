"""The proof of the LSTM kit: planted defects are caught and named, torch raises no false alarm.

`python -m pytest tests/verify/test_verify_lstm_proof.py -s` prints the score.
"""

from functools import cache

import pytest
from mutants.door import DirectDoor
from mutants.lstm import DEFECTS, HELD_OUT, RIGHT

from refkd.verify.detect_conventions import probe
from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.python_runner import PythonRunner
from refkd.verify.run import Asking
from refkd.verify.session import faults, verify

pytestmark = pytest.mark.compiled_once
KIT = kit_named("lstm")
PLANTED = DEFECTS | HELD_OUT


@cache
def bugs_of(name):
    """Classes that the kit names in a planted implementation, the one with most cases first."""
    planted = PLANTED.get(name, RIGHT)
    door = DirectDoor(planted.function(), KIT)
    probed = probe(KIT, door, dict(planted.told))
    asked = KIT.cases(Selection(quick=True))
    outcomes = Asking(KIT, door).outcomes(asked, probed.conventions)
    probing = [finding.bug for finding in probed.findings if finding.level == "must"]
    return probing + [finding.bug for finding in faults(KIT, door, outcomes)]


def score(plants):
    """How many are named first, named at all, and named wrongly."""
    first = [name for name, planted in plants.items() if bugs_of(name)[0] == planted.bug]
    named = [name for name, planted in plants.items() if planted.bug in bugs_of(name)]
    wrong = [name for name, planted in plants.items() if set(bugs_of(name)) - {planted.bug, ""}]
    counts = f"named {len(named)}, first {len(first)}, wrongly {len(wrong)}"
    print(f"\nplanted {len(plants)}, {counts}")
    for name in set(plants) - set(first):
        print(f"  not first: {name} ({plants[name].bug}): {bugs_of(name)}")
    return len(first), len(named), len(wrong)


def test_the_right_implementation_is_right():
    assert bugs_of("right") == []


@pytest.mark.parametrize("name", PLANTED)
def test_every_defect_is_caught(name):
    assert bugs_of(name)


def test_nine_of_ten_are_named():
    assert len(DEFECTS) >= 25
    first, _, wrong = score(DEFECTS)
    assert first >= 0.9 * len(DEFECTS)
    assert wrong == 0


def test_defects_beyond_the_list_are_caught_and_none_is_named_wrongly():
    """The kit has no defect of its own for these: most are described without a name."""
    assert len(HELD_OUT) >= 8
    _, named, wrong = score(HELD_OUT)
    assert named >= 0.2 * len(HELD_OUT)
    assert wrong == 0


def test_all_classes_are_planted():
    classes = {f"L{n}" for n in range(1, 14)} | {"G10", "V10"}
    assert {planted.bug for planted in DEFECTS.values()} == classes


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_false_alarm_on_torch(dtype):
    pytest.importorskip("torch")
    target = "refkd.verify.adapters.torch_lstm:lstm"
    door = PythonRunner(target, tuple(KIT.arguments), tuple(KIT.results), time_limit=60.0)
    try:
        report = verify(KIT, door, {"dtype": dtype}, Selection())
    finally:
        door.close()
    found = {name: value for name, (value, _) in report.conventions.items()}
    assert found == {
        "dtype": dtype,
        "layout": "TND",
        "weights": "rows",
        "gates": "ifgo",
        "biases": "two",
        "forget_bias": "none",
        "variants": "none",
        "lengths": "own",
        "returned": "all",
        "reversed": "in_place",
        "padding": "zero",
    }
    assert [one.words for one in report.findings] == ["an utterance without frames is refused"]
