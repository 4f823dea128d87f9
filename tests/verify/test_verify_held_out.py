"""The proof on defects that nobody had in view: how many are caught, named, named first.

`pytest tests/verify/test_verify_held_out.py -s` prints the score. The defects and their classes
were written without a look at the rules that name them.
"""

from functools import cache

import pytest
from mutants import (
    align,
    ctc,
    distill,
    held_out_align,
    held_out_ctc,
    held_out_distill,
    held_out_lstm,
    lstm,
)
from mutants.door import DirectDoor

from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once
FRESH = {
    "ctc": held_out_ctc,
    "lstm": held_out_lstm,
    "distill": held_out_distill,
    "align": held_out_align,
}
PLANTS = [(kit, name) for kit, plants in FRESH.items() for name in plants.FRESH]
EARLIER = {
    "ctc": ctc.PLANTED | ctc.HELD_OUT,
    "lstm": lstm.DEFECTS | lstm.HELD_OUT,
    "distill": distill.PLANTED | distill.HELD_OUT,
    "align": align.PLANTED | align.HELD_OUT,
}
MEASURED = {  # named and named first: like earlier ones, unlike them
    "ctc": ((8, 7), (2, 2)),
    "lstm": ((3, 3), (3, 3)),
    "distill": ((7, 7), (3, 3)),
    "align": ((3, 3), (1, 1)),
}
MISSED = {  # slips through the small cases: the case that shows it is run by a full run only
    ("ctc", "negative labels are not looked for"): "negative_label",
}


def bugs_of(name, function, told, case=None):
    """Bug classes that the report of a kit names, in its order."""
    kit = kit_named(name)
    report = verify(kit, DirectDoor(function, kit), told, Selection(quick=True), case=case)
    return [finding.bug for finding in report.findings if finding.level == "must"]


@cache
def bugs_of_plant(kit, name):
    plant = FRESH[kit].FRESH[name]
    return bugs_of(kit, plant.function, plant.told)


def score(kit, resembling):
    """How many are named, and named first, of those that are like earlier ones or not; printed."""
    plants = {name: one for name, one in FRESH[kit].FRESH.items() if bool(one.like) == resembling}
    bugs = {name: bugs_of_plant(kit, name) for name in plants}
    caught = sum(bool(found) for found in bugs.values())
    named = sum(plants[name].bug in found for name, found in bugs.items())
    first = sum(found[:1] == [plants[name].bug] for name, found in bugs.items())
    title = f"{kit}, {'like' if resembling else 'unlike'} earlier ones"
    print(f"\n{title}: {len(plants)}, {caught} caught, {named} named, {first} named first")
    for name, found in bugs.items():
        if found[:1] != [plants[name].bug]:
            print(f"  {name} ({plants[name].bug}): {found}")
    return named, first


@pytest.mark.parametrize("kit", FRESH)
def test_the_right_implementations_are_right(kit):
    assert bugs_of(kit, FRESH[kit].RIGHT, {}) == []


@pytest.mark.parametrize(("kit", "name"), PLANTS)
def test_every_fresh_defect_is_caught(kit, name):
    plant = FRESH[kit].FRESH[name]
    if (kit, name) in MISSED:
        assert bugs_of(kit, plant.function, plant.told, MISSED[kit, name]) == [plant.bug]
    else:
        assert bugs_of_plant(kit, name)


@pytest.mark.parametrize("kit", FRESH)
def test_no_fewer_are_named_than_were_measured(kit):
    for resembling, (measured, measured_first) in zip((True, False), MEASURED[kit], strict=True):
        named, first = score(kit, resembling)
        assert named >= measured
        assert first >= measured_first


@pytest.mark.parametrize("kit", FRESH)
def test_what_is_like_an_earlier_defect_has_its_class(kit):
    for plant in FRESH[kit].FRESH.values():
        if plant.like:
            earlier = EARLIER[kit][plant.like]
            assert plant.bug == (earlier[0] if isinstance(earlier, tuple) else earlier.bug)
