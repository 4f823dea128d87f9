"""The CTC kit: its cases are right, conventions are found, reports say what is wrong."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutants.ctc import IN_DOUBLES, LENGTHS, LOGARITHMS, PLANTED, RETURNED, SKIP, SOFTMAX, STORED
from support.verify import QUICK, FunctionRunner, Verifier, faults
from tolerances import GRADIENT, VALUE, assert_close

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.verify.adapters import refkd_ctc
from refkd.verify.adapters.refkd_ctc import ctc_loss as of_batch
from refkd.verify.ctc.cases import enumerated
from refkd.verify.ctc.kit import KIT
from refkd.verify.ctc.recipe import Recipe, by_hypothesis, by_numpy
from refkd.verify.ctc.reduce import fitted
from refkd.verify.detect_conventions import probe
from refkd.verify.report import as_json, as_text
from refkd.verify.run import Asking
from refkd.verify.session import faults as diagnosed
from refkd.verify.vectors import write_vectors

pytestmark = pytest.mark.compiled_once

CTC = Verifier(KIT)
USUAL = CTC.usual
SMALL_CASES = {case.name: case for case in KIT.cases(QUICK)}
right = LOGARITHMS.mutant().function
skips_repeats = PLANTED["repeats skip"].function


def outcomes(function, cases, **conventions):
    return Asking(KIT, FunctionRunner(function, KIT)).outcomes(cases, {**USUAL, **conventions})


# Cases


SMALL = [
    name
    for name, case in SMALL_CASES.items()
    if case.status == "must"
    and case.tolerance is None
    and case.provenance != "generated"
    and all(logits.shape[1] ** len(logits) < 5_000 for logits in case.inputs["logits"])
    and all(np.abs(logits).max() < 100 for logits in case.inputs["logits"])
]


@pytest.mark.parametrize("name", SMALL)
def test_the_reference_is_the_sum_over_all_paths(name):
    case = SMALL_CASES[name]
    arguments = KIT.present(case, USUAL)
    expected = enumerated(case.inputs)
    got = KIT.reference(case, arguments, USUAL)
    assert_close(got["loss"], expected["loss"], VALUE, name)
    for n, grad in enumerate(expected["grad"]):
        assert_close(got["grad"][: len(grad), n], grad, GRADIENT, name)
        assert not got["grad"][len(grad) :, n].any()


def test_a_right_implementation_has_no_fault_and_one_note():
    report = CTC.report(right)
    assert [(finding.level, finding.bug) for finding in report.findings] == [("note", "V5")]
    assert (report.exit_code, report.asked) == (0, report.agreed)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_rounded_inputs_have_rounded_expectations(dtype):
    assert CTC.report(IN_DOUBLES.mutant().function, {"dtype": dtype}).exit_code == 0


def test_confident_loss_is_tiny_and_not_zero():
    case = SMALL_CASES["confident"]
    loss = KIT.reference(case, KIT.present(case, USUAL), USUAL)["loss"]
    assert ((loss > 1e-16) & (loss < 1e-14)).all()


# Drawn cases

RECIPES = st.builds(
    Recipe,
    st.just(4),
    st.integers(0, 3),
    st.integers(0, 20),
    st.integers(0, 9_999),
    st.lists(
        st.tuples(st.integers(1, 9), st.lists(st.integers(0, 3), max_size=4).map(tuple)), min_size=1
    ).map(tuple),
)


@given(RECIPES)
def test_the_name_of_a_recipe_is_the_recipe(recipe):
    assert Recipe.from_name(recipe.name) == recipe


@pytest.mark.parametrize("name", ["drawn-", "drawn-k2-b2-x1-s0-t1", "drawn-k2-b0-x1-s0-t1.5", "x"])
def test_a_name_that_is_no_recipe(name):
    with pytest.raises(ArgumentError, match="--case: expected"):
        Recipe.from_name(name)


@pytest.mark.parametrize("draw", [by_numpy, by_hypothesis])
def test_drawn_recipes_depend_on_the_seed_alone(draw):
    assert list(draw(8, 3)) == list(draw(8, 3)) != list(draw(8, 4))


# Reductions and shapes


def test_reductions_take_away():
    case = KIT.find("ragged/only=0/frames=4/labels=2/classes=4/whole")
    (logits,), (labels,) = case.inputs["logits"], case.inputs["labels"]
    assert (logits.shape, labels) == ((4, 4), [1, 2])
    assert (logits == np.round(logits)).all()
    assert not KIT.find("ragged/flat").inputs["logits"][0].any()
    assert len(KIT.find("ragged/without=1").inputs["logits"]) == 3
    assert KIT.find("upstream/only=2").inputs["d_loss"] == [3.25]


def test_a_later_step_of_a_kind_replaces_the_earlier():
    assert KIT.find("ragged/frames=4/only=1/frames=2").name == "ragged/only=1/frames=2"


def test_a_case_keeps_its_answer_in_a_larger_shape():
    for name in ("ragged", "class_masked", "upstream"):
        case = SMALL_CASES[name]
        wide = fitted(case)
        expected = KIT.reference(case, KIT.present(case, USUAL), USUAL)["loss"]
        got = KIT.reference(wide, KIT.present(wide, USUAL), USUAL)["loss"]
        assert_close(got[: len(expected)], expected, VALUE, name)
    (outcome,) = outcomes(right, [fitted(SMALL_CASES["label_is_the_number_of_classes"])])
    assert outcome.answer.failure == "raised"


# Conventions


def other_conventions(layout="TNK", blank="argument", reduction="none", log=1.0, of="logits"):
    """The right CTC behind other conventions."""
    axes = {"TNK": (0, 1, 2), "NTK": (1, 0, 2), "NKT": (1, 2, 0)}[layout]

    def function(logits, labels, input_lengths, label_lengths, given_blank, d_loss):
        x = logits.transpose(np.argsort(axes))
        place = {"argument": given_blank, "first": 0, "last": x.shape[2] - 1}[blank]
        loss, grad = right(x, labels, input_lengths, label_lengths, place, d_loss)
        if of == "log_probs":
            weight = np.ones(len(loss)) if d_loss is None else d_loss
            e = np.exp(x - x.max(axis=2, keepdims=True))
            for n, T in enumerate(input_lengths if np.isfinite(loss).all() else ()):
                grad[:T, n] -= (e / e.sum(axis=2, keepdims=True))[:T, n] * weight[n]
        share = {
            "none": np.ones(len(loss)),
            "sum": np.ones(len(loss)),
            "mean": np.ones(len(loss)) / len(loss),
            "mean_by_label": 1 / np.maximum(label_lengths, 1) / len(loss),
            "per_frame": 1 / input_lengths,
        }[reduction]
        loss, grad = loss * share / log, grad * share[:, None] / log
        if reduction in ("sum", "mean", "mean_by_label"):
            loss = loss.sum()
        return loss, None if of == "none" else grad.transpose(axes)

    return function


@pytest.mark.parametrize(
    "conventions",
    [
        {"layout": "NTK"},
        {"layout": "NKT", "blank": "last"},
        {"blank": "first", "reduction": "mean"},
        {"reduction": "mean_by_label"},
        {"reduction": "sum", "layout": "NTK"},
        {"reduction": "per_frame", "of": "none"},
        {"log": "2"},
        {"of": "log_probs", "log": "10"},
    ],
    ids=str,
)
def test_conventions_are_found(conventions):
    logs = {"e": 1.0, "2": np.log(2), "10": np.log(10)}
    function = other_conventions(**{**conventions, "log": logs[conventions.get("log", "e")]})
    probed = probe(KIT, FunctionRunner(function, KIT), {})
    expected = {**USUAL, **conventions}
    expected["grad_of"] = expected.pop("of", "logits")
    assert probed.conventions == expected
    assert set(probed.known.values()) == {"found"}
    assert not probed.findings


def test_every_case_agrees_in_other_conventions():
    function = other_conventions("NTK", "last", "mean_by_label", np.log(2))
    assert CTC.report(function).exit_code == 0


@pytest.mark.parametrize(
    ("expected", "loss"),
    [
        ("inf", "loss"),
        ("zero", "np.where(np.isinf(loss), 0.0, loss)"),
        ("large", "np.where(np.isinf(loss), 1e5, loss)"),
    ],
)
def test_what_infeasible_targets_cost_is_found(expected, loss):
    report = CTC.report(LOGARITHMS.mutant(RETURNED, f"return {loss}, grad").function)
    assert report.conventions["infeasible"] == (expected, "found")
    assert report.exit_code == 0


def test_refused_targets_are_found():
    report = CTC.report(refkd_ctc.ctc_loss)
    assert report.conventions["infeasible"] == ("raise", "found")
    assert report.exit_code == 0


def test_log_probabilities_and_flat_labels_are_found():
    def function(log_probs, labels, input_lengths, label_lengths, blank, d_loss):
        edges = np.cumsum([0, *label_lengths])
        rows = np.zeros((len(label_lengths), max(label_lengths)), dtype=np.int64)
        for n, (start, end) in enumerate(itertools.pairwise(edges)):
            rows[n, : end - start] = labels[start:end]
        of_log_probs = LOGARITHMS.mutant(SOFTMAX, "logp = logits").function
        return of_log_probs(log_probs, rows, input_lengths, label_lengths, blank, d_loss)

    probed = probe(KIT, FunctionRunner(function, KIT), {})
    assert (probed.conventions["input"], probed.conventions["labels"]) == ("log_probs", "flat")
    assert [finding.bug for finding in probed.findings] == ["G1"]


def test_padding_of_labels_that_must_hold_a_value_is_a_fault_unless_told():
    function = LOGARITHMS.mutant(LENGTHS, "int(input_lengths[n]), (labels[n] >= 0).sum()").function
    probed = probe(KIT, FunctionRunner(function, KIT), {})
    assert probed.conventions["label_padding"] == "minus_one"
    assert [(finding.bug, finding.level) for finding in probed.findings] == [("V3", "must")]
    claimed = probe(KIT, FunctionRunner(function, KIT), {"label_padding": "minus_one"})
    assert not claimed.findings


@pytest.mark.parametrize(
    ("claims", "function", "bug"),
    [
        ({"blank": "last"}, other_conventions(blank="first"), "V4"),
        ({"reduction": "none"}, other_conventions(reduction="mean"), "V13"),
        ({"grad_of": "logits"}, other_conventions(of="none"), "G1"),
        ({"infeasible": "zero"}, right, "V8"),
    ],
)
def test_a_contradiction_is_a_fault_of_its_class(claims, function, bug):
    assert bug in CTC.bugs(function, claims)


def test_what_is_told_and_right_is_said_to_be_told():
    report = CTC.report(other_conventions(blank="last"), {"blank": "last"})
    assert report.conventions["blank"] == ("last", "told")
    assert report.exit_code == 0


# Reports


def test_a_finding_says_where_and_how_to_see_it_again():
    report = CTC.report(skips_repeats, again=lambda name: f"again {name}")
    (fault,) = faults(report)
    assert fault.bug == "V1"
    assert fault.words == "repeated labels may skip the blank between them"
    assert len(fault.failing) > 10
    assert fault.again == f"again {fault.case}"
    assert fault.deviation.expected != fault.deviation.got
    shrunk = KIT.find(fault.case)
    assert sum(map(len, shrunk.inputs["logits"])) <= 3
    (outcome,) = outcomes(skips_repeats, [shrunk])
    assert outcome.deviation == fault.deviation
    alone = CTC.report(skips_repeats, case=fault.case)
    assert alone.exit_code == 1
    assert alone.asked == 1


def test_text_and_json_say_the_same():
    report = CTC.report(skips_repeats)
    text, value = as_text(report, KIT), json.loads(as_json(report))
    assert value["findings"][0]["bug"] == "V1"
    assert value["exit_code"] == 1
    assert f"FAIL  {value['findings'][0]['words']} (V1)" in text
    assert "time first (found)" in text
    assert value["conventions"]["layout"] == {"value": "TNK", "known": "found"}


def test_repeats_that_differ_are_told():
    turn = itertools.count()

    def function(*arguments):
        loss, grad = right(*arguments)
        return loss * (1.0 + 1e-13 * (0.618 * next(turn) % 1.0)), grad  # of no period

    report = CTC.report(function, repeat=3)
    assert 0.0 < report.spread < 1e-9
    assert "G9" in [finding.bug for finding in report.findings if finding.level == "note"]
    assert CTC.report(right, repeat=2, case="ragged").spread == 0.0


def test_an_overwritten_argument_is_told():
    overwriting = LOGARITHMS.mutant(RETURNED, f"logits -= logits.max()\n    {RETURNED}").function
    report = CTC.report(overwriting)
    assert any(
        finding.words.startswith("the argument logits is overwritten")
        for finding in report.findings
    )


def test_a_shape_that_is_wrong_everywhere_ends_the_verification():
    sentence = r"grad: expected shape \(T, N, K\) = \(5, 2, 4\), got \(2, 2\)"
    with pytest.raises(ArgumentError, match=sentence):
        CTC.report(lambda *a: (right(*a)[0], np.zeros((2, 2))), case="ragged")


@pytest.mark.proof
def test_two_bugs_are_told_apart():
    function = LOGARITHMS.mutant(
        *(SKIP, "skip[3::2] = True"),
        *(STORED, f"{STORED}\n            grad[T:, n] = 1.0"),
    ).function
    assert {*CTC.bugs(function)} == {"V1", "G3"}


@pytest.mark.proof
def test_a_large_case_keeps_its_own_name_beside_a_more_frequent_bug():
    """Too large for known defects to be tried on it, and not like the one that is."""

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = of_batch(logits, labels, input_lengths, label_lengths, blank, d_loss)
        grad[:, np.isinf(loss)] = np.nan
        if len(logits) > 10_000:
            grad[::7] += 0.05
        return loss, grad

    cases = [*SMALL_CASES.values(), KIT.find("frames_20000")]
    runner = FunctionRunner(function, KIT)
    findings = diagnosed(KIT, runner, outcomes(function, cases, infeasible="raise"))
    assert {fault.bug for fault in findings} == {"G4", "V10"}


# The command


def test_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from refkd.verify.adapters.numpy_ctc import ctc_loss\n"
        "def f(*arguments): return ctc_loss(*arguments) + 1.0",
        encoding="utf-8",
    )
    assert main(["verify", "ctc", "mine:f", "--blank", "first", "--case", "ragged"]) == 1
    assert "again: refkd verify ctc mine:f --blank first --case ragged" in capsys.readouterr().out
    numpy_ctc = "refkd.verify.adapters.numpy_ctc:ctc_loss"
    assert main(["verify", "ctc", numpy_ctc, "--case", "ragged", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreed"] == 1
    assert main(["verify", "ctc", "--list", "--quick"]) == 0
    assert "torch_tutorial_batch" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify"], "expected a kit or --write DIR"),
        (["verify", "xyz"], "expected one of 'ctc'"),
        (["verify", "ctc"], "expected MODULE:FUNCTION or --exec PROGRAM"),
        (["verify", "ctc", "mine"], "expected MODULE:FUNCTION, got mine"),
        (["verify", "ctc", "nowhere:f"], "expected a function that can be imported"),
        (["verify", "ctc", "a:b", "--repeat", "0"], "expected a whole number >= 1"),
        (["verify", "ctc", "a:b", "--time-limit", "0"], "expected a number > 0"),
    ],
)
def test_wrong_usage_is_one_sentence(capsys, arguments, sentence):
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.proof
def test_written_vectors_are_the_same_bytes_each_time(tmp_path):
    for name in ("first", "second"):
        write_vectors(tmp_path / name)
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()
    listed = json.loads((tmp_path / "first" / "ctc.json").read_text(encoding="utf-8"))
    arrays = np.load(tmp_path / "first" / "ctc.npz")
    cases = {case["name"]: case for case in listed["cases"]}
    three = cases["three_frames"]
    assert three["expected"]["loss"]["values"] == [-np.log(0.72)]
    np.testing.assert_array_equal(arrays["three_frames.loss"], [-np.log(0.72)])
    assert cases["class_masked"]["arguments"]["logits"]["values"].count("-inf") > 0
    assert cases["label_too_large"]["expected"] == {}


def test_the_published_zero_of_a_refused_target_is_not_used():
    case = SMALL_CASES["burn_unreachable_zero_infinity"]
    assert KIT.reference(case, KIT.present(case, USUAL), USUAL)["loss"] == np.inf
