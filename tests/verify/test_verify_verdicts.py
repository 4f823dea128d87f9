"""Verdicts of the kits that have to be right: each was wrong once, for some real implementation."""

from itertools import pairwise

import numpy as np
import pytest
from mutants.ctc import CALL, FIELD, LOGARITHMS, PLANTED, RETURNED
from support.verify import Verifier, faults, notes

from refkd.verify.ctc.kit import KIT
from refkd.verify.report import as_text

pytestmark = pytest.mark.compiled_once

CTC = Verifier(KIT)
proof = pytest.mark.proof
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}
right = LOGARITHMS.mutant().function
ONES = LOGARITHMS.mutant(RETURNED, "return np.ones(N), np.ones(logits.shape)").function


def changed(*lines, called="", returned="return loss, grad"):
    """The right CTC with lines before it returns, and where it is called."""
    return LOGARITHMS.mutant(
        *(RETURNED, "\n    ".join((*lines, returned))),
        *(CALL, f"{called}\n    {CALL}" if called else CALL),
    ).function


# What comes back is checked before it is used


def test_the_output_of_one_call_may_be_of_a_wrong_shape():
    (fault,) = CTC.faults(changed("loss = loss if labels.shape[1] else loss[:0]"))
    assert fault.bug in ("", "V7")
    assert fault.problem == "unreadable: loss: expected shape (N,) = (1,), got (0,)"


# Acceptable answers


def refusing(is_refused):
    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        for n, length in enumerate(label_lengths):
            if is_refused(int(input_lengths[n]), labels[n, :length].tolist()):
                raise ValueError("does not fit")
        return right(logits, labels, input_lengths, label_lengths, blank, d_loss)

    return function


def needed(target):
    return len(target) + sum(a == b for a, b in pairwise(target))


@pytest.mark.parametrize(
    "is_refused",
    [
        pytest.param(lambda T, target: len(target) > T, id="longer"),
        pytest.param(
            lambda T, target: len(target) <= T < needed(target), id="repeats", marks=proof
        ),
        pytest.param(lambda T, target: needed(target) > T, id="both", marks=proof),
    ],
)
def test_any_target_without_a_path_may_be_refused(is_refused):
    report = CTC.report(refusing(is_refused))
    assert faults(report) == []
    if is_refused(1, [1, 2]) and not is_refused(2, [1, 1]):
        words = "targets longer than their frames are refused, targets whose repeats do not fit are"
        assert f"{words} not" in notes(report)


@pytest.mark.parametrize("dtype", EPS)
def test_a_loss_may_round_below_zero(dtype):
    function = changed(
        f"loss = np.where(loss < 1e-6, {-2 * EPS[dtype]}, loss).astype('{dtype}')",
        f"grad = grad.astype('{dtype}')",
    )
    report = CTC.report(function, {"dtype": dtype})
    assert faults(report) == []
    assert any("rounds below 0" in words for words in notes(report))


def test_a_loss_may_not_be_negative_beyond_its_rounding():
    assert CTC.bugs(changed("loss = np.where(loss < 1e-6, loss - 1e-10, loss)")) == ["V12"]


def test_nan_in_padding_may_spread():
    function = changed(
        "spoilt = np.isnan(unmasked).any(axis=(0, 2))",
        "loss[spoilt], grad[:, spoilt] = np.nan, np.nan",
        called="inside = np.arange(len(logits))[:, None] < input_lengths\n"
        "    unmasked, logits = logits, logits * inside[:, :, None]",
    )
    report = CTC.report(function)
    assert faults(report) == []
    assert any("finite padding does not" in words for words in notes(report))


@pytest.mark.proof
def test_finite_padding_may_not_spread():
    assert CTC.faults(changed("loss = loss + 1e-3 * np.nan_to_num(logits[-1]).sum(axis=1)")) != []


def test_zero_may_stand_for_a_target_that_does_not_fit_alone():
    """warp-ctc looks at lengths only: a label of probability 0 costs inf there."""

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        for n, length in enumerate(label_lengths):
            if needed(labels[n, :length].tolist()) > input_lengths[n]:
                loss[n] = 0.0
        return loss, grad

    assert CTC.faults(function) == []


# Conventions


@pytest.mark.proof
def test_a_convention_is_refuted_by_what_it_leaves_out_of_account():
    """Class 0 is the blank in front of the first label, the argument everywhere else."""
    mutant = FIELD["class 0 is the blank in front of the first label"]
    report = CTC.report(mutant.function)
    assert report.exit_code == 1
    assert report.conventions["blank"] == ("argument", "assumed")


def test_another_blank_may_be_refused():
    report = CTC.report(changed(called="if blank != 0:\n        raise ValueError('class 0')"))
    assert report.exit_code == 0
    assert report.conventions["blank"] == ("first", "found")


def test_what_no_question_decides_is_said_to_be_unasked():
    function = changed(
        called="flat = labels\n"
        "    labels = np.zeros((len(label_lengths), max(label_lengths.max(), 1)), dtype=int)\n"
        "    labels[np.arange(labels.shape[1]) < label_lengths[:, None]] = flat",
    )
    report = CTC.report(function)
    assert report.exit_code == 0
    assert report.conventions["labels"] == ("flat", "found")
    assert report.conventions["label_padding"] == ("any", "not asked")
    assert "may hold anything (not tested)" in as_text(report, KIT)


@pytest.mark.proof
def test_assumed_conventions_are_named_before_the_findings():
    head, _, _ = as_text(CTC.report(ONES), KIT).partition("FAIL")
    assert "those marked (assumed) are\nguesses" in head
    assert "give the right one: --dtype, --layout, --input, " in head


# Padding


@pytest.mark.proof
@pytest.mark.parametrize("output", [0, 1], ids=["loss", "gradient"])
def test_rows_with_the_stride_of_the_longest_target_are_seen(output):
    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        N, width = len(label_lengths), max(int(label_lengths.max()), 1)
        rows = np.resize(labels.ravel()[: N * width], (N, width)) if labels.size else labels
        wrong = right(logits, rows, input_lengths, label_lengths, blank, d_loss)
        results = list(right(logits, labels, input_lengths, label_lengths, blank, d_loss))
        results[output] = wrong[output]
        return tuple(results)

    assert CTC.faults(function) != []


# Names need evidence


@pytest.mark.proof
@pytest.mark.parametrize(
    "function",
    [
        ONES,
        changed("loss, grad = loss * np.nan, grad * np.nan"),
        LOGARITHMS.mutant(
            *("out = np.full(row.shape, -np.inf", "out = np.full(row.shape, -5.0"),
            *("alpha = np.full(emitted.shape, -np.inf", "alpha = np.full(emitted.shape, -5.0"),
            *("beta = np.full(emitted.shape, -np.inf", "beta = np.full(emitted.shape, -5.0"),
            *("moved(last, 2), -np.inf", "moved(last, 2), -5.0"),
            *("moved(later, -2), -np.inf", "moved(later, -2), -5.0"),
        ).function,
        PLANTED["repeats skip"].function,
        PLANTED["last frame dropped"].function,  # as if lengths were wrong, but without padding
    ],
    ids=["ones", "nan", "floor", "repeats", "last frame"],
)
def test_a_class_is_named_only_if_its_example_can_show_it(function):
    findings = CTC.faults(function)
    assert findings
    for fault in findings:
        assert not fault.bug or KIT.can_show(fault.bug, KIT.find(fault.case), {})


@pytest.mark.proof
def test_lengths_are_not_blamed_by_an_example_of_full_length():
    (fault,) = CTC.faults(PLANTED["last frame dropped"].function)
    case = KIT.find(fault.case)
    assert len({*map(len, case.inputs["logits"])}) == 1
    assert "extra_frames" not in case.layout
    assert (fault.bug, fault.words) == ("", "the last frame of every utterance is left out")


def test_what_is_not_known_is_described():
    """Label smoothing, say: the deviation is told, not a guess."""
    function = changed("loss = np.where(label_lengths % 2 == 1, loss * 1.5 + 0.25, loss)")
    (fault,) = CTC.faults(function)
    assert fault.bug == ""
    assert "loss is too large by up to" in fault.words
    assert len(fault.failing) > 10


WRONG_IN_32_BITS = "loss = loss + 0.125 * (labels.dtype == np.int32)"


def test_what_failing_cases_alone_have_gives_the_class():
    (fault,) = CTC.faults(changed(WRONG_IN_32_BITS))
    assert fault.bug == "G10"
    assert "exactly the cases with integers of 32 bits are wrong" in fault.words


@pytest.mark.proof
def test_a_trait_is_not_said_to_be_alone_beside_another_fault():
    function = changed("grad[:, np.isinf(loss)] = np.nan", WRONG_IN_32_BITS)
    by_class = {fault.bug: fault.words for fault in CTC.faults(function)}
    assert by_class.keys() == {"G4", "G10"}
    assert "all cases with integers of 32 bits are wrong" in by_class["G10"]
    assert "just those" not in by_class["G10"]


@pytest.mark.proof
def test_shrinking_keeps_the_kind_of_deviation():
    """NaN beside a finite loss must not become the NaN of an infinite one."""
    function = changed("grad[:, np.isneginf(logits).any(axis=(0, 2)) | np.isinf(loss)] = np.nan")
    by_class = {fault.bug: fault for fault in CTC.faults(function)}
    assert by_class.keys() == {"G4", "G6"}
    case = KIT.find(by_class["G6"].case)
    loss, _ = right(*KIT.present(case, CTC.usual).values())
    assert np.isfinite(loss).all()


@pytest.mark.proof
@pytest.mark.parametrize("name", ["repeats skip", "loss over labels"])
def test_one_case_alone_gets_no_other_class(name):
    function = PLANTED[name].function
    for fault in CTC.faults(function):
        assert {*CTC.bugs(function, case=fault.case)} <= {"", fault.bug}


# Words


@pytest.mark.proof
def test_indices_are_those_of_the_implementation():
    function = changed(
        "grad[2, 1, 0] += 0.5 * (grad.shape[:2] == (5, 2))",
        called="logits = logits.transpose(1, 0, 2)",
        returned="return loss, grad.transpose(1, 0, 2)",
    )
    report = CTC.report(function, {"layout": "NTK", "blank": "argument"}, case="probe")
    assert faults(report)[0].deviation.index == (1, 2, 0)
    assert "grad[1, 2, 0] in your own layout" in as_text(report, KIT)
