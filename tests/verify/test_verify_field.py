"""The proof on bugs that were met in real code: caught, named, and named wrongly.

`pytest tests/verify/test_verify_field.py -s` prints the score of each kit. A wrong name counts
three times as much against a kit as a right one counts for it.
"""

from functools import cache

import pytest
from mutants import field_align, field_ctc, field_distill, field_lstm
from mutants.door import DirectDoor

from refkd.check import ArgumentError
from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.records import Finding
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once
FIELD = {"ctc": field_ctc, "lstm": field_lstm, "distill": field_distill, "align": field_align}
BUGGY = [(kit, name) for kit, field in FIELD.items() for name in field.BUGGY]
RIGHT = [(kit, name) for kit, field in FIELD.items() for name in field.RIGHT]
WRONG_NAME_COSTS = 3


def faults(kit_name, mutant, quick=True):
    """Findings of a report that must be mended."""
    kit = kit_named(kit_name)
    try:
        report = verify(kit, DirectDoor(mutant.function, kit), mutant.told, Selection(quick))
    except ArgumentError as error:  # nothing that it returns can be read
        return [Finding("", str(error), "must")]
    return [finding for finding in report.findings if finding.level == "must"]


@cache
def faults_of_bug(kit, name):
    """Findings of the small cases; of all cases, if the small ones show nothing."""
    bug = FIELD[kit].BUGGY[name]
    return faults(kit, bug) or faults(kit, bug, quick=False)


def named(kit, name):
    """The first class among the findings of a bug; empty if there is none."""
    return next((finding.bug for finding in faults_of_bug(kit, name) if finding.bug), "")


def described(findings):
    """Findings as text, the most important first."""
    return "\n".join(
        f"{one.bug or '--'} {one.words}; {len(one.failing)} cases, smallest {one.case}"
        for one in findings
    )


@pytest.mark.parametrize(("kit", "name"), RIGHT)
def test_what_is_right_has_no_fault(kit, name):
    quick = kit == "ctc"  # all cases of the others take a few seconds
    found = faults(kit, FIELD[kit].RIGHT[name], quick)
    assert not found, described(found)


@pytest.mark.parametrize(("kit", "name"), BUGGY)
def test_every_bug_is_caught(kit, name):
    assert faults_of_bug(kit, name)


@pytest.mark.parametrize(("kit", "name"), BUGGY)
def test_no_bug_gets_a_wrong_name(kit, name):
    mutant = FIELD[kit].BUGGY[name]
    assert named(kit, name) in ("", *mutant.bugs), (
        f"{mutant.source}: {mutant.bugs}\n{described(faults_of_bug(kit, name))}"
    )


@pytest.mark.parametrize("kit", FIELD)
def test_most_bugs_get_their_name(kit):
    bugs = FIELD[kit].BUGGY
    names = {name: named(kit, name) for name in bugs}
    caught = sum(bool(faults_of_bug(kit, name)) for name in bugs)
    right = sum(names[name] in mutant.bugs for name, mutant in bugs.items())
    unnamed = sum(not names[name] and bool(faults_of_bug(kit, name)) for name in bugs)
    wrong = caught - right - unnamed
    score = right - WRONG_NAME_COSTS * wrong
    print(
        f"\n{kit}: {len(bugs)} bugs, {caught} caught, {right} named right, {unnamed} unnamed, "
        f"{wrong} named wrong; score {score}"
    )
    for name, mutant in bugs.items():
        if names[name] not in mutant.bugs:
            found = [finding.bug or "--" for finding in faults_of_bug(kit, name)]
            print(f"  {name} ({', '.join(mutant.bugs)}): {', '.join(found) or 'not caught'}")
    assert right > 0.8 * len(bugs)
