"""Verdicts of the kits that have to be right: each was wrong once, for some real implementation."""

from itertools import pairwise

import numpy as np
import pytest
from mutants import field_ctc
from mutants.ctc import PLANTED
from mutants.ctc_parts import adapter
from mutants.door import DirectDoor
from mutants.edited import edited

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.verify.kit import Selection
from refkd.verify.kits import kit_named
from refkd.verify.report import as_text
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once

KIT = kit_named("ctc")
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}


def report(function, told=None, **options):
    return verify(KIT, DirectDoor(function, KIT), told, Selection(quick=True), **options)


def faults(function, told=None, **options):
    return [one for one in report(function, told, **options).findings if one.level == "must"]


def notes(function, told=None):
    return [one.words for one in report(function, told).findings if one.level == "note"]


# What comes back is checked before it is used


@pytest.mark.parametrize("kit", ["ctc", "lstm", "distill", "align"])
def test_an_adapter_that_raises_at_every_call_is_not_diagnosed(kit, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f(*arguments): return missing\n", encoding="utf-8")
    assert main(["verify", kit, "mine.py:f", "--quick"]) == 2
    error = capsys.readouterr().err
    assert "every call fails in the same way (raised)" in error
    assert 'mine.py", line 1, in f' in error
    assert "NameError: name 'missing' is not defined" in error
    assert "refkd/verify/worker" not in error.replace("\\", "/")


@pytest.mark.parametrize("returned", ["None", "()", "'text'", "[[1.0], [1.0, 2.0]]", "1j", "{}"])
@pytest.mark.parametrize("kit", ["ctc", "lstm", "distill", "align"])
def test_what_cannot_be_read_is_said_in_words(kit, returned):
    kit = kit_named(kit)
    door = DirectDoor(eval(f"lambda *arguments: {returned}"), kit)
    first = next(iter(kit.results))
    with pytest.raises(ArgumentError, match=f"cannot be read: {first}: expected .*, got "):
        verify(kit, door, selection=Selection(quick=True))


def test_the_output_of_one_call_may_be_of_a_wrong_shape():
    right = adapter()

    def function(logits, labels, *rest):
        loss, grad = right(logits, labels, *rest)
        return (loss, grad) if labels.shape[1] else (loss[:0], grad)

    (fault,) = faults(function)
    assert fault.bug in ("", "V7")
    assert fault.problem == "unreadable: loss: expected shape (N,) = (1,), got (0,)"


# Acceptable answers


def refusing(is_refused):
    right = adapter()

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
        lambda T, target: len(target) > T,
        lambda T, target: len(target) <= T < needed(target),
        lambda T, target: needed(target) > T,
    ],
    ids=["longer", "repeats", "both"],
)
def test_any_target_without_a_path_may_be_refused(is_refused):
    assert faults(refusing(is_refused)) == []


def test_where_only_some_targets_are_refused_a_note_says_which():
    words = "targets longer than their frames are refused, targets whose repeats do not fit are not"
    assert words in notes(refusing(lambda T, target: len(target) > T))


@pytest.mark.parametrize("dtype", EPS)
def test_a_loss_may_round_below_zero(dtype):
    right = adapter()

    def function(*arguments):
        loss, grad = right(*arguments)
        return np.where(loss < 1e-6, -2 * EPS[dtype], loss).astype(dtype), grad.astype(dtype)

    assert faults(function, {"dtype": dtype}) == []
    assert any("rounds below 0" in words for words in notes(function, {"dtype": dtype}))


def test_a_loss_may_not_be_negative_beyond_its_rounding():
    right = adapter()

    def function(*arguments):
        loss, grad = right(*arguments)
        return np.where(loss < 1e-6, loss - 1e-10, loss), grad

    assert [fault.bug for fault in faults(function)] == ["V12"]


def test_nan_in_padding_may_spread_and_finite_padding_may_not():
    right = adapter()

    def masked(logits, labels, input_lengths, *rest):
        mask = np.arange(len(logits))[:, None] < input_lengths
        return right(logits * mask[:, :, None], labels, input_lengths, *rest)

    def spreading(*arguments):
        loss, grad = masked(*arguments)
        poisoned = np.isnan(arguments[0]).any(axis=(0, 2))
        loss[poisoned], grad[:, poisoned] = np.nan, np.nan
        return loss, grad

    def leaking(logits, *rest):
        loss, grad = right(logits, *rest)
        return loss + 1e-3 * np.nan_to_num(logits[-1]).sum(axis=1), grad

    assert faults(spreading) == []
    assert any("finite padding does not" in words for words in notes(spreading))
    assert faults(leaking) != []


def test_zero_may_stand_for_a_target_that_does_not_fit_alone():
    """warp-ctc looks at lengths only: a label of probability 0 costs inf there."""
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        for n, length in enumerate(label_lengths):
            if needed(labels[n, :length].tolist()) > input_lengths[n]:
                loss[n] = 0.0
        return loss, grad

    assert faults(function) == []


# Conventions


def test_a_convention_is_refuted_by_what_it_leaves_out_of_account():
    """Class 0 is the blank in front of the first label, the argument everywhere else."""
    mutant = field_ctc.BUGGY["class 0 is the blank in front of the first label"]
    found = report(mutant.function)
    assert found.exit_code == 1
    assert found.conventions["blank"] == ("argument", "assumed")


def test_another_blank_may_be_refused():
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        if blank != 0:
            raise ValueError("the blank is class 0")
        return right(logits, labels, input_lengths, label_lengths, 0, d_loss)

    found = report(function)
    assert found.exit_code == 0
    assert found.conventions["blank"] == ("first", "found")


def test_what_no_question_decides_is_said_to_be_unasked():
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        rows = np.zeros((len(label_lengths), max(label_lengths.max(), 1)), dtype=int)
        rows[np.arange(rows.shape[1]) < label_lengths[:, None]] = labels
        return right(logits, rows, input_lengths, label_lengths, blank, d_loss)

    found = report(function)
    assert found.exit_code == 0
    assert found.conventions["labels"] == ("flat", "found")
    assert found.conventions["label_padding"] == ("any", "not asked")
    assert "may hold anything (not asked)" in as_text(found, KIT)


def test_assumed_conventions_are_named_before_the_findings():
    text = as_text(report(lambda *a: (np.ones(len(a[2])), np.ones(a[0].shape))), KIT)
    head, _, _ = text.partition("FAIL")
    assert "those marked (assumed) are guesses" in head
    assert "say what is right: --dtype, --layout, --input, " in head


# Padding


@pytest.mark.parametrize("output", ["loss", "gradient"])
def test_rows_with_the_stride_of_the_longest_target_are_seen(output):
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        N, width = len(label_lengths), max(int(label_lengths.max()), 1)
        rows = np.resize(labels.ravel()[: N * width], (N, width)) if labels.size else labels
        wrong = right(logits, rows, input_lengths, label_lengths, blank, d_loss)
        good = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        return (wrong[0], good[1]) if output == "loss" else (good[0], wrong[1])

    assert faults(function) != []


# Names need evidence


@pytest.mark.parametrize(
    "function",
    [
        lambda *a: (np.ones(len(a[2])), np.ones(a[0].shape)),
        lambda *a: (np.full(len(a[2]), np.nan), np.full(a[0].shape, np.nan)),
        edited(field_ctc.LOG.replace("-np.inf", "-5.0"), "ctc"),
        PLANTED["repeats skip"][1],
        PLANTED["last frame dropped"][1],  # as if input lengths were wrong, but without padding
    ],
    ids=["ones", "nan", "floor", "repeats", "last frame"],
)
def test_a_class_is_named_only_if_its_example_can_show_it(function):
    found = faults(function)
    assert found
    for fault in found:
        assert not fault.bug or KIT.can_show(fault.bug, KIT.find(fault.case), {})


def test_lengths_are_not_blamed_by_an_example_of_full_length():
    (fault,) = faults(PLANTED["last frame dropped"][1])
    case = KIT.find(fault.case)
    assert len({*map(len, case.inputs["logits"])}) == 1
    assert "extra_frames" not in case.layout
    assert (fault.bug, fault.words) == ("", "the last frame of every utterance is left out")


def test_what_is_not_known_is_described():
    """Label smoothing, say: the deviation is told, not a guess."""
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        odd = np.array([length % 2 for length in label_lengths]) == 1
        return np.where(odd, loss * 1.5 + 0.25, loss), grad

    (fault,) = faults(function)
    assert fault.bug == ""
    assert "loss is too large by up to" in fault.words
    assert len(fault.failing) > 10


def test_what_failing_cases_alone_have_gives_the_class():
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        return (loss + 0.125 * (labels.dtype == np.int32)), grad

    (fault,) = faults(function)
    assert fault.bug == "G10"
    assert "just those with integers of 32 bits are wrong" in fault.words


def test_a_trait_is_not_said_to_be_alone_beside_another_fault():
    right = adapter()

    def function(logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = right(logits, labels, input_lengths, label_lengths, blank, d_loss)
        grad[:, np.isinf(loss)] = np.nan
        return (loss + 0.125 * (labels.dtype == np.int32)), grad

    by_class = {fault.bug: fault.words for fault in faults(function)}
    assert by_class.keys() == {"G4", "G10"}
    assert "all cases with integers of 32 bits are wrong" in by_class["G10"]
    assert "just those" not in by_class["G10"]


def test_shrinking_keeps_the_kind_of_deviation():
    """NaN beside a finite loss must not become the NaN of an infinite one."""
    right = adapter()

    def function(logits, *rest):
        loss, grad = right(logits, *rest)
        grad[:, np.isneginf(logits).any(axis=(0, 2)) | np.isinf(loss)] = np.nan
        return loss, grad

    by_class = {fault.bug: fault for fault in faults(function)}
    assert by_class.keys() == {"G4", "G6"}
    case = KIT.find(by_class["G6"].case)
    usual = {each.name: next(iter(each.choices)) for each in KIT.conventions}
    loss, _ = right(*KIT.present(case, usual).values())
    assert np.isfinite(loss).all()


def test_one_case_alone_gets_no_other_class():
    for name in ("repeats skip", "loss over labels"):
        _, function = PLANTED[name]
        for fault in faults(function):
            again = faults(function, case=fault.case)
            assert {each.bug for each in again} <= {"", fault.bug}


# Words


def test_indices_are_those_of_the_implementation():
    right = adapter()

    def function(logits, *rest):
        loss, grad = right(logits.transpose(1, 0, 2), *rest)
        grad[2, 1, 0] += 0.5 * (grad.shape[:2] == (5, 2))
        return loss, grad.transpose(1, 0, 2)

    found = report(function, {"layout": "NTK", "blank": "argument"}, case="probe")
    fault = next(one for one in found.findings if one.level == "must")
    assert fault.deviation.index == (1, 2, 0)
    assert "grad[1, 2, 0] in your own layout" in as_text(found, KIT)
