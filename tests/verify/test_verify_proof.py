"""The proof of the kits: what is right has no fault, mutants are caught and named by their class.

`python -m pytest -s -m proof tests/verify/test_verify_proof.py` prints the score of each set.
Without `-m proof` a sample is run. The class that a report names first has to be one of those of
the mutant, or none: a wrong name is worse than no name.
"""

from functools import cache
from itertools import islice

import pytest
from mutants import align, ctc, distill, lstm
from support.verify import QUICK, FunctionRunner, faults, verifier

from refkd.check import ArgumentError
from refkd.verify.bug_classes import BUGS
from refkd.verify.detect_conventions import probe
from refkd.verify.records import Finding, Selection
from refkd.verify.run import Asking
from refkd.verify.session import faults as diagnosed

pytestmark = pytest.mark.compiled_once

KITS = {"ctc": ctc, "lstm": lstm, "distill": distill, "align": align}
DRAWN = 8  # more drawn cases cost time and find nothing that is planted here
SAMPLE = {  # mutants of each set that plain pytest runs; the other kits take longer than CTC
    ("PLANTED", "ctc"): 3,
    ("HELD_OUT", "ctc"): 1,
    ("FRESH", "ctc"): 1,
    ("FIELD", "ctc"): 3,
    ("PLANTED", "lstm"): 1,
    ("FIELD", "distill"): 1,
    ("PLANTED", "align"): 1,
}

MEASURED = {  # mutants that are named; all are caught, and none is named wrongly
    ("FIELD", "ctc"): 41,
    ("FIELD", "lstm"): 25,
    ("FIELD", "distill"): 21,
    ("FIELD", "align"): 13,
    ("PLANTED", "ctc"): 67,
    ("PLANTED", "lstm"): 49,
    ("PLANTED", "distill"): 72,
    ("PLANTED", "align"): 23,
    ("HELD_OUT", "ctc"): 5,
    ("HELD_OUT", "lstm"): 6,
    ("HELD_OUT", "distill"): 9,
    ("HELD_OUT", "align"): 6,
    ("FRESH", "ctc"): 12,
    ("FRESH", "lstm"): 6,
    ("FRESH", "distill"): 10,
    ("FRESH", "align"): 4,
}
NOT_PLANTED = {"V5", "G9"}  # a note, and what only repeats show: test_verify_ctc.py


@cache
def small_cases(kit):
    """The quick cases, few of them drawn."""
    cases = list(verifier(kit).kit.cases(QUICK))
    drawn = [case.name for case in cases if case.provenance == "generated" and kit == "ctc"]
    return [case for case in cases if case.name not in drawn[DRAWN:]]


@cache
def findings_on(kit, set_name, name):
    """What is wrong with a mutant by the small cases; by all cases, if those show nothing."""
    mutant = getattr(KITS[kit], set_name)[name]
    checked = verifier(kit)
    runner = FunctionRunner(mutant.function, checked.kit)
    beyond = getattr(KITS[kit], "BEYOND", {}).get(name)
    cases = small_cases(kit) + ([checked.kit.find(beyond)] if beyond else [])
    try:
        probed = probe(checked.kit, runner, mutant.claims)
        concerning = [case for case in cases if checked.kit.concerns(case, probed.conventions)]
        outcomes = Asking(checked.kit, runner).outcomes(concerning, probed.conventions)
        findings = [finding for finding in probed.findings if finding.level == "must"]
        findings += diagnosed(checked.kit, runner, outcomes)
        return findings or checked.faults(mutant.function, mutant.claims, Selection())
    except ArgumentError as error:  # nothing that it returns can be read
        return [Finding("", str(error), "must")]


def described(findings):
    """Findings as text, the most important first."""
    return "\n".join(
        f"{fault.bug or '--'} {fault.words}; {len(fault.failing)} cases, smallest {fault.case}"
        for fault in findings
    )


def first_class(findings):
    """The class that the report names first; empty if it names none."""
    return next((finding.bug for finding in findings if finding.bug), "")


@pytest.mark.parametrize(
    ("kit", "name"),
    [
        pytest.param(kit, name, marks=[pytest.mark.proof] if n or kit != "ctc" else [])
        for kit, module in KITS.items()
        for n, name in enumerate(module.RIGHT)
    ],
)
def test_what_is_right_has_no_fault(kit, name):
    right = KITS[kit].RIGHT[name]
    findings = faults(verifier(kit).report(right.function, right.claims))
    assert not findings, described(findings)


@pytest.mark.parametrize(("set_name", "kit"), SAMPLE)
def test_a_sample_is_caught_and_not_named_wrongly(set_name, kit):
    mutants = getattr(KITS[kit], set_name)
    step = len(mutants) // SAMPLE[set_name, kit] + 1
    for name, mutant in islice(mutants.items(), 0, None, step):
        findings = findings_on(kit, set_name, name)
        assert findings, name
        assert first_class(findings) in ("", *mutant.bugs), f"{name}\n{described(findings)}"


@pytest.mark.proof
@pytest.mark.parametrize(("set_name", "kit"), MEASURED)
def test_all_are_caught_and_no_fewer_are_named_than_were_measured(set_name, kit):
    mutants = getattr(KITS[kit], set_name)
    findings = {name: findings_on(kit, set_name, name) for name in mutants}
    classes = {name: first_class(findings[name]) for name in mutants}
    caught = [name for name in mutants if findings[name]]
    named = [name for name, mutant in mutants.items() if classes[name] in mutant.bugs]
    wrong = [name for name in caught if classes[name] and name not in named]
    counts = f"{len(caught)} caught, {len(named)} named, {len(wrong)} named wrong"
    print(f"\n{set_name}, {kit}: {len(mutants)}, {counts}")
    for name in set(mutants) - set(named):
        print(f"  {name} {mutants[name].bugs}: {[finding.bug for finding in findings[name]]}")
    assert len(caught) == len(mutants)
    assert len(named) >= MEASURED[set_name, kit]
    assert not wrong, "\n".join(described(findings[name]) for name in wrong)


@pytest.mark.parametrize(
    ("kit", "classes", "least"),
    [
        ("ctc", {bug for bug in BUGS if bug[0] in "VG"} - NOT_PLANTED, 40),
        ("lstm", {f"L{n}" for n in range(1, 14)} | {"G10", "V10"}, 25),
        ("distill", {f"K{n}" for n in range(1, 19)}, 25),
        ("align", {f"A{n}" for n in (1, 2, 3, 4, 6, 7, 8, 9, 13)}, 12),
    ],
)
def test_every_class_is_planted(kit, classes, least):
    planted = KITS[kit].PLANTED
    assert {bug for mutant in planted.values() for bug in mutant.bugs} == classes
    assert len(planted) >= least


@pytest.mark.parametrize("kit", KITS)
def test_what_is_like_an_earlier_mutant_has_its_class(kit):
    module = KITS[kit]
    for name, earlier in module.LIKE.items():
        assert module.FRESH[name].bugs == (module.PLANTED | module.HELD_OUT)[earlier].bugs
