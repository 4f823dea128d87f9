"""What holds for every kit: names of cases, few shapes, reductions, known defects, sentences."""

import hashlib
import json
import re

import numpy as np
import pytest
from support.verify import QUICK, FunctionRunner, verifier

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.verify.bug_classes import BUGS
from refkd.verify.kits import KITS, kit_named
from refkd.verify.records import Selection
from refkd.verify.run import outputs_of
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once
# Searching all conventions of these takes seconds
SAMPLE = [pytest.param(kit, marks=[] if kit == "ctc" else [pytest.mark.proof]) for kit in KITS]
RETURNED = ["None", "()", "'text'", "[[1.0], [1.0, 2.0]]", "1j", "{}"]


def assert_same_inputs(first, second):
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_equal(values, second[name])


# Cases


@pytest.mark.parametrize("kit", KITS)
def test_names_are_unique_and_addresses(kit):
    kit = kit_named(kit)
    names = [case.name for case in kit.cases(Selection(seed=3))]
    assert len(set(names)) == len(names) > 60
    for case in kit.cases(QUICK):
        assert_same_inputs(kit.find(case.name).inputs, case.inputs)


@pytest.mark.parametrize(
    ("kit", "name"),
    [
        *(("ctc", name) for name in ("nothing", "ragged/only=7", "ragged/frames=0", "ragged/x")),
        *(("lstm", name) for name in ("nothing", "drawn-d3", "drawn-d0-h1-x1-s1-f-t1")),
        *(("lstm", name) for name in ("ragged/frames=0", "ragged/only=3")),
        *(("distill", name) for name in ("Hard-nonsense", "drawn-1", "Hard-plain/every=2")),
        *(("align", name) for name in ("nonsense", "drawn-1", "ragged/every=2")),
    ],
)
def test_a_case_that_there_is_not_is_refused(kit, name):
    with pytest.raises(ArgumentError, match="--case: expected"):
        kit_named(kit).find(name)


@pytest.mark.parametrize(
    "kit",
    [*(pytest.param(kit, marks=pytest.mark.proof) for kit in ("ctc", "align")), "lstm", "distill"],
)
def test_few_shapes_are_at_most_eight(kit):
    kit, few = kit_named(kit), Selection(few_shapes=True)
    cases = list(kit.cases(few))
    assert len({kit.shape(case) for case in cases}) <= 8
    assert len(cases) > 20
    assert "8 padded shapes" in kit.remarks(few)[-1]


@pytest.mark.parametrize(
    ("kit", "name"),
    [
        ("ctc", "ragged"),
        ("lstm", "some_frames_reversed"),
        ("lstm", "ragged"),
        ("lstm", "drawn-d3-h2-x1-s7-b-t4.1"),
        ("distill", "Hard-ragged"),
        ("align", "repeat_in_three_frames"),
    ],
)
def test_reductions_are_smaller_and_have_addresses(kit, name):
    checked = verifier(kit)
    kit, case = checked.kit, checked.kit.find(name)
    assert min(map(kit.size, kit.reductions(case))) < kit.size(case)
    for smaller in kit.reductions(case):
        assert_same_inputs(kit.find(smaller.name).inputs, smaller.inputs)
        arguments = kit.present(smaller, checked.usual)
        kit.reference(smaller, arguments, checked.usual)  # what is left of a target still fits


@pytest.mark.parametrize("kit", SAMPLE)
def test_known_defects_have_words_of_their_own_and_spoil_a_case(kit):
    """A defect that no case shows would explain nothing."""
    checked = verifier(kit)
    kit, usual = checked.kit, checked.usual
    hidden = {defect.words for defect in kit.defects if defect.bug != "V14"}  # needs a large case
    assert len({defect.words for defect in kit.defects}) == len(kit.defects)
    assert {defect.bug for defect in kit.defects} <= BUGS.keys()
    for case in kit.cases(Selection()):
        if not hidden:
            break
        arguments = kit.present(case, usual)
        if case.status == "must":
            right = kit.express(arguments, kit.reference(case, arguments, usual), usual)
            for defect in kit.defects:
                if defect.words in hidden:
                    outputs = outputs_of(defect, kit, arguments)
                    outputs = {name: value for name, value in outputs.items() if name in right}
                    wrong = kit.express(arguments, outputs, usual)
                    if kit.deviation(case, arguments, right, wrong, usual):
                        hidden.remove(defect.words)
    assert not hidden


QUESTIONS = {  # SHA-256 of what is asked in the written cases; other cases, other digests
    "ctc": "7cb07f5ec7b40d75297335a841f6d77fc1950b6dac5d930ee3ac773602c7e18c",
    "lstm": "94664d6b45670322751904f04ab829e0fe3954ee164f5379ac1de8675b528df9",
    "distill": "a6adad24e07e405698c8fa3c27a1de2aa8349c56e8c5efdb7bd5dae6829a4db6",
    "align": "041d849f3d6af6d64226564797044a7e3fe31620807a9a3fedab0dca1cddef21",
}


@pytest.mark.parametrize("kit", KITS)
def test_the_same_version_asks_the_same_everywhere(kit):
    """The last digits of logarithms are left out: they are those of the math library."""
    checked = verifier(kit)
    digest = hashlib.sha256()
    for case in checked.kit.vectors():
        for argument, value in checked.kit.present(case, checked.usual).items():
            facts = value.shape if isinstance(value, np.ndarray) else value
            digest.update(json.dumps([case.name, argument, facts], sort_keys=True).encode("utf-8"))
            if isinstance(value, np.ndarray):
                digest.update(np.round(value.astype("<f8"), 9).tobytes())
    assert digest.hexdigest() == QUESTIONS[kit]


# What comes back is checked before it is used


@pytest.mark.parametrize("kit", SAMPLE)
def test_an_adapter_that_raises_at_every_call_is_not_diagnosed(kit, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f(*arguments): return missing\n", encoding="utf-8")
    assert main(["verify", kit, "mine.py:f", "--quick"]) == 2
    error = capsys.readouterr().err
    assert "every call fails in the same way (raised)" in error
    assert 'mine.py", line 1, in f' in error
    assert "NameError: name 'missing' is not defined" in error
    assert "refkd/verify/worker" not in error.replace("\\", "/")


@pytest.mark.parametrize(
    ("kit", "returned"),
    [
        pytest.param(kit, returned, marks=[] if (k, n) == (0, 3) else [pytest.mark.proof])
        for k, kit in enumerate(KITS)
        for n, returned in enumerate(RETURNED)
    ],
)
def test_what_cannot_be_read_is_said_in_words(kit, returned):
    kit = kit_named(kit)
    runner = FunctionRunner(eval(f"lambda *arguments: {returned}"), kit)
    first = next(iter(kit.results))
    with pytest.raises(ArgumentError, match=f"cannot be read: {first}: expected .*, got "):
        verify(kit, runner, selection=QUICK)


@pytest.mark.parametrize(
    ("kit", "changes", "sentence"),
    [
        ("align", {"alignment": None}, "alignment: expected an array of integers, got nothing"),
        (
            "align",
            {"alignment": np.zeros((2, 7))},
            "alignment: expected shape (T, N) = (7, 2), got",
        ),
        ("align", {"alignment": np.full((7, 2), 0.5)}, "expected whole numbers, got others"),
        ("align", {"alignment": np.zeros((7, 2)) * 1j}, "expected real numbers, got complex128"),
        ("align", {"scores": None}, "scores: expected numbers, got nothing"),
        ("align", {"scores": np.zeros(7)}, "scores: expected shape (T, N) = (7, 2), got (7,)"),
        ("distill", {"loss": None}, "loss: expected shape (N,) = (2,), got nothing"),
        ("distill", {"loss": np.zeros((5, 2))}, "loss: expected shape (N,) = (2,), got (5, 2)"),
        ("distill", {"grad": None}, "grad: expected shape (T, N, K) = (5, 2, 4), got nothing"),
        ("distill", {"grad": np.zeros((2, 5, 4))}, "(T, N, K) = (5, 2, 4), got (2, 5, 4)"),
        ("distill", {"grad": np.zeros((5, 2, 4)) * 1j}, "expected real numbers, got complex128"),
        ("lstm", {"hidden": None}, "hidden: expected shape (T, N, H) = (4, 3, 2), got nothing"),
        ("lstm", {"hidden": np.zeros((3, 4, 2))}, "(T, N, H) = (4, 3, 2), got (3, 4, 2)"),
        ("lstm", {"c_last": None}, "c_last: expected shape (N, H) = (3, 2), got nothing"),
        ("lstm", {"h_last": np.zeros(6)}, "h_last: expected shape (N, H) = (3, 2), got (6,)"),
        ("lstm", {"h_last": np.zeros((3, 2)) * 1j}, "h_last: expected numbers, got complex128"),
        ("lstm", {"d_bias": np.zeros(8)}, "d_bias: expected nothing, got shape (8,)"),
    ],
)
def test_outputs_that_cannot_be_read_are_a_sentence(kit, changes, sentence):
    checked = verifier(kit)
    kit, usual = checked.kit, checked.usual | ({"returned": "states"} if kit == "lstm" else {})
    case = kit.find("some_frames") if kit.name == "lstm" else kit.probe_cases()[0]
    arguments = kit.present(case, usual)
    outputs = kit.reference(case, arguments, usual)
    if kit.name == "lstm":
        outputs = {name: outputs[name] for name in kit.forward}
    outputs = {name: value for name, value in (outputs | changes).items() if value is not None}
    with pytest.raises(ValueError, match=re.escape(sentence)):
        kit.restore(outputs, arguments, usual)
