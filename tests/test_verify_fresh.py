"""The proof on defects that nobody had in view: caught, named, named first.

`python -m pytest tests/test_verify_fresh.py -s` prints the score. The defects and their classes
were written without a look at the rules that name them, which were not changed afterwards.
"""

from functools import cache

import pytest
from planted import fresh_align, fresh_ctc, fresh_distill, fresh_lstm
from planted.door import DirectDoor

from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once
FRESH = {"ctc": fresh_ctc, "lstm": fresh_lstm, "distill": fresh_distill, "align": fresh_align}
PLANTS = [(kit, name) for kit, plants in FRESH.items() for name in plants.FRESH]


def bugs_of(name, function, told):
    """Bug classes that the report of a kit names, in its order."""
    kit = kit_named(name)
    report = verify(kit, DirectDoor(function, kit), told, Selection(quick=True))
    return [finding.bug for finding in report.findings if finding.level == "must"]


@cache
def bugs_of_plant(kit, name):
    plant = FRESH[kit].FRESH[name]
    return bugs_of(kit, plant.function, plant.told)


def score(kit):
    """How many are named, and named first; printed."""
    plants = FRESH[kit].FRESH
    bugs = {name: bugs_of_plant(kit, name) for name in plants}
    caught = sum(bool(found) for found in bugs.values())
    named = sum(plants[name].bug in found for name, found in bugs.items())
    first = sum(found[:1] == [plants[name].bug] for name, found in bugs.items())
    print(f"\n{kit}: {len(plants)} fresh, {caught} caught, {named} named, {first} named first")
    for name, found in bugs.items():
        if found[:1] != [plants[name].bug]:
            print(f"  {name} ({plants[name].bug}): {found}")
    return named, first


@pytest.mark.parametrize("kit", FRESH)
def test_the_right_implementations_are_right(kit):
    assert bugs_of(kit, FRESH[kit].RIGHT, {}) == []


@pytest.mark.parametrize(("kit", "name"), PLANTS)
def test_every_fresh_defect_is_caught(kit, name):
    assert bugs_of_plant(kit, name)


@pytest.mark.parametrize("kit", FRESH)
def test_as_many_are_named_as_when_they_were_new(kit):
    named, first = score(kit)
