"""The proof of the CTC kit: planted defects are caught, and called by their class.

`python -m pytest tests/verify/test_verify_ctc_defects.py -s` prints the score.
"""

import numpy as np
import pytest
from mutants.ctc import HELD_OUT, LARGE, PLANTED
from mutants.ctc_parts import adapter
from mutants.door import DirectDoor

from refkd.verify.bug_classes import BUGS
from refkd.verify.detect_conventions import probe
from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.run import Asking
from refkd.verify.session import faults

KIT = kit_named("ctc")
DRAWN = 8  # more of them cost time and find nothing that is planted here
QUICK = list(KIT.cases(Selection(quick=True)))
GENERATED = [case for case in QUICK if case.provenance == "generated"]
CASES = [case for case in QUICK if case not in GENERATED[DRAWN:]]
TOLD = {
    "layout": "TNK",
    "input": "logits",
    "labels": "padded",
    "blank": "argument",
    "log": "e",
    "reduction": "none",
    "grad_of": "logits",
    "infeasible": "inf",
}
CANNOT_BE_PLANTED = {
    "V5",
    "G9",
}  # a note, and what only repeats show: tests/verify/test_verify_ctc.py


def named(function, name=""):
    """Bug classes that the kit names, the one with most cases first."""
    door = DirectDoor(function, KIT)
    found = probe(KIT, door, TOLD)
    cases = CASES + ([KIT.find(LARGE[name])] if name in LARGE else [])
    outcomes = Asking(KIT, door).outcomes(cases, found.conventions)
    probing = [one.bug for one in found.findings if one.level == "must"]
    return probing + [one.bug for one in faults(KIT, door, outcomes)]


def score(plants):
    """How many plants are caught, named, named wrong: first by another class."""
    answers = {name: named(function, name) for name, (_, function) in plants.items()}
    caught = [name for name, bugs in answers.items() if bugs]
    right = [name for name, bugs in answers.items() if plants[name][0] in bugs]
    classes = {name: [bug for bug in bugs if bug] for name, bugs in answers.items()}
    wrong = [name for name, bugs in classes.items() if bugs and bugs[0] != plants[name][0]]
    print(f"\nplanted {len(plants)}, caught {len(caught)}, named {len(right)}, wrong {len(wrong)}")
    for name in sorted({*plants} - {*right} | {*wrong}):
        print(f"  not named: {name}: {plants[name][0]}, but {answers[name]}")
    return len(caught), len(right), len(wrong)


def test_nothing_is_found_where_nothing_is_planted():
    assert named(adapter()) == []


def test_every_class_of_ctc_bugs_is_planted():
    classes = {bug for bug in BUGS if bug[0] in "VG"}
    assert {bug for bug, _ in PLANTED.values()} == classes - CANNOT_BE_PLANTED
    assert len(PLANTED) >= 40


@pytest.mark.compiled_once
def test_planted_defects_are_caught_and_named():
    caught, right, wrong = score(PLANTED)
    assert caught == len(PLANTED)
    assert right >= 0.85 * len(PLANTED)
    assert wrong == 0


@pytest.mark.compiled_once
def test_held_out_defects_are_caught():
    caught, right, wrong = score(HELD_OUT)
    assert caught == len(HELD_OUT) >= 10
    assert right >= 0.35 * len(HELD_OUT)
    assert wrong == 0


SHOWN = [defect for defect in KIT.defects if defect.bug != "V14"]  # which need a large case


@pytest.mark.parametrize("defect", SHOWN, ids=lambda one: one.words)
def test_every_known_defect_spoils_a_case(defect):
    """A defect that no case shows would explain nothing."""
    how = {one.name: next(iter(one.choices)) for one in KIT.conventions}
    for case in CASES:
        if case.status == "must":
            arguments = KIT.present(case, how)
            right = KIT.reference(case, arguments, how)
            loss, grad = defect.compute(*arguments.values())
            pairs = (loss, right["loss"]), (grad, right["grad"])
            if not all(np.allclose(one, other, 1e-9, 1e-9) for one, other in pairs):
                return
    pytest.fail("no case shows it")
