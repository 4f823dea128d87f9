"""The kit for forced alignment: right aligners pass, conventions are found, planted bugs named."""

import itertools

import numpy as np
import pytest
from mutants.align import CHOICE, EACH, FRAMES, PLANTED, RIGHT, SPANS, strict
from support.verify import Verifier, faults

import refkd
from refkd.verify.adapters import torchaudio_align
from refkd.verify.alignment.cases import CASES
from refkd.verify.alignment.kit import KIT
from refkd.verify.alignment.plain import plain_align
from refkd.verify.alignment.translate import log_probs
from refkd.verify.compare import rounded
from refkd.verify.records import Selection

pytestmark = pytest.mark.compiled_once

ALIGN = Verifier(KIT)
STANDARD = ALIGN.usual
by_frames, by_spans = FRAMES.mutant().function, SPANS.mutant().function


# Right aligners


@pytest.mark.parametrize("function", [plain_align, by_frames, by_spans])
def test_right_aligners_are_right(function):
    report = ALIGN.report(function)
    assert faults(report) == []
    assert report.agreed == report.asked > 40
    unasked = {name for name, (_, known) in report.conventions.items() if known != "found"}
    assert unasked == (set() if function is by_spans else {"end", "blanks"})


@pytest.mark.proof
def test_every_case_of_a_full_run_agrees_with_the_plain_aligner():
    report = ALIGN.report(plain_align, selection=Selection())
    assert faults(report) == []
    assert report.asked > 100


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_fewer_digits_are_enough_where_the_dtype_has_no_more(dtype):
    def low(*arguments):
        path, scores = plain_align(*arguments)
        return path, rounded(scores, dtype).astype("float32" if dtype == "bfloat16" else dtype)

    assert ALIGN.faults(low, {"dtype": dtype}) == []


def test_equally_probable_paths_are_equally_right():
    backwards = RIGHT["ties go to the state before"].function
    paths = [
        function(np.zeros((6, 1, 3)), np.array([[1, 2]]), [6], [2], 0)[0][:, 0].tolist()
        for function in (by_frames, backwards, plain_align)
    ]
    assert len(set(map(tuple, paths))) > 1
    assert ALIGN.faults(backwards) == []


@pytest.mark.proof
@pytest.mark.parametrize("otherwise", ["best.index(max(best))", "2 - best[::-1].index(max(best))"])
def test_ties_may_be_broken_either_way(otherwise):
    function = FRAMES.mutant(CHOICE, strict(otherwise)).function
    assert ALIGN.faults(function, selection=Selection()) == []


@pytest.mark.parametrize(
    ("third", "seed"),
    [
        pytest.param(third, seed, marks=[pytest.mark.proof] if third or seed else [])
        for third in range(3)
        for seed in range(3)
    ],
)
def test_the_worst_of_three_predecessors_where_two_tie_is_a_fault(third, seed):
    worse = FRAMES.mutant(
        *(CHOICE, strict(third)),
        *("score[T - 1, s] == -np.inf", "score[T - 1].max() == -np.inf"),
    ).function
    (fault,) = ALIGN.faults(worse, selection=Selection(quick=True, seed=seed))
    assert fault.bug == "A14"
    assert "tie" in fault.words


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("tie_")])
def test_every_tie_by_hand_has_several_best_paths(name):
    case = KIT.find(name)
    (logits,), (labels,) = case.inputs["logits"], case.inputs["labels"]
    costs = [
        sum(logits[t, k] for t, k in enumerate(path))
        for path in itertools.product(range(logits.shape[1]), repeat=len(logits))
        if spelt(path, 0) == labels
    ]
    assert costs.count(max(costs)) > 1


# Conventions


def without_scores(*arguments):
    return by_frames(*arguments)[0]


def batch_first(logits, labels, input_lengths, label_lengths, blank):
    path, scores = by_frames(logits.transpose(1, 0, 2), labels, input_lengths, label_lengths, 0)
    return path.T, scores.T


def blank_first(logits, labels, input_lengths, label_lengths, blank):
    if blank != 0:
        raise ValueError("the blank is class 0")
    return by_frames(logits, labels, input_lengths, label_lengths, blank)


def with_last_frames(*arguments):
    """Spans end with their last frame."""
    rows, scores = by_spans(*arguments)
    return rows - [0, 0, 0, 1], scores


def scored_by(kind):
    def scored(*arguments):
        rows, _ = by_spans(*arguments)
        path, logp = by_frames(*arguments)
        parts = [logp[start:end, n] for n, _, start, end in rows]
        if kind == "sum":
            return rows, np.array([part.sum() for part in parts])
        if kind == "prob":
            return rows, np.array([np.exp(part).mean() for part in parts])
        inside = np.arange(len(path))[:, None] < arguments[2]
        return rows, np.where(inside, logp, 0.0).sum(axis=0)

    return scored


with_blanks = SPANS.mutant("if path[start] != blank:", "if True:").function


@pytest.mark.parametrize(
    ("function", "conventions"),
    [
        (with_last_frames, {"alignment": "spans", "end": "inclusive"}),
        (with_blanks, {"blanks": "kept"}),
        (batch_first, {"layout": "NTK", "blank": "first"}),
        (blank_first, {"blank": "first"}),
        (without_scores, {"scores": "none"}),
        *((scored_by(kind), {"scores": kind}) for kind in ("sum", "prob", "total")),
    ],
)
def test_conventions_are_found(function, conventions):
    report = ALIGN.report(function)
    assert faults(report) == []
    for name, value in conventions.items():
        assert report.conventions[name] == (value, "found")


@pytest.mark.proof
@pytest.mark.parametrize(
    ("function", "claims", "bug"),
    [
        (with_last_frames, {"end": "exclusive"}, "A2"),
        (with_blanks, {"blanks": "left_out"}, "A5"),
        *((scored_by(kind), {"scores": "log_prob"}, "A4") for kind in ("sum", "prob", "total")),
    ],
)
def test_another_convention_than_claimed_is_a_fault(function, claims, bug):
    assert ALIGN.bugs(function, claims)[0] == bug


def test_conventions_that_make_no_difference_are_not_asked():
    assert ALIGN.report(without_scores).conventions["input"] == ("logits", "not asked")


@pytest.mark.proof
def test_class_0_for_the_first_blank_alone_is_no_convention():
    """With class 0 for the blank its answers are right, so another argument has to contradict."""
    wrong = FRAMES.mutant(
        *("logp[0, states[s]]", "logp[0, states[s] if s else 0]"),
        *("logp[t, states[s]]", "logp[t, states[s] if s else 0]"),
    )
    report = ALIGN.report(wrong.function)
    assert report.conventions["blank"] == ("argument", "assumed")
    assert [fault.bug for fault in faults(report)] == ["A10"]


@pytest.mark.proof
def test_classes_and_indices_are_those_of_the_implementation():
    def swapped(*arguments):
        path, scores = batch_first(*arguments)
        return np.where(path == 0, 1, path), scores

    how = {**STANDARD, "layout": "NTK", "blank": "first", "alignment": "frames"}
    (fault,) = ALIGN.faults(swapped, {"layout": "NTK", "blank": "first"}, case="probe")
    assert fault.deviation.layout
    n, t = fault.deviation.index
    case = KIT.find("probe")
    arguments = KIT.present(case, how)
    right = KIT.express(arguments, KIT.reference(case, arguments, how), how)["alignment"]
    assert (fault.deviation.expected, fault.deviation.got) == (right[t, n], 1.0)
    assert right[t, n] == 0


@pytest.mark.proof
def test_a_label_in_two_spans_is_a_fault():
    touching = f"""spans = [
            (k, *edges)
            for k, a, b in spans
            for edges in ([(a, a + 1), (a + 1, b)] if b > a + 1 else [(a, b)])
        ]
        {EACH}"""
    assert "touch" in ALIGN.faults(SPANS.mutant(EACH, touching).function)[0].words


@pytest.mark.proof
def test_the_stride_of_the_longest_target_is_a_fault():
    def strided(logits, labels, input_lengths, label_lengths, blank):
        longest = max(label_lengths)
        rows = labels.ravel()[: len(labels) * longest].reshape(-1, longest)
        return by_frames(logits, rows, input_lengths, label_lengths, blank)

    fault = ALIGN.faults(strided)[0]
    assert (fault.bug, "longest" in fault.words) == ("A9", True)


def test_padding_holds_labels_that_are_in_no_target():
    shapes = set()
    for name in [name for name in CASES if name.startswith("padded_by")]:
        case = KIT.find(name)
        arguments = KIT.present(case, STANDARD)
        padded = np.arange(arguments["labels"].shape[1]) >= arguments["label_lengths"][:, None]
        assert not set(arguments["labels"][padded]) & set(arguments["labels"][~padded])
        shapes.add((case.layout.get("extra_frames", 0), case.layout.get("extra_labels", 0)))
    assert len({frames for frames, _ in shapes} - {0}) >= 3
    assert len({labels for _, labels in shapes} - {0}) >= 3


# The reference


def spelt(path, blank):
    merged = [k for k, _ in itertools.groupby(path)]
    return [k for k in merged if k != blank]


@pytest.mark.parametrize("name", [f"drawn-0-{n}" for n in range(30)])
def test_the_reference_is_the_best_of_all_paths(name):
    case = KIT.find(name)
    arguments = KIT.present(case, STANDARD)
    right = KIT.reference(case, arguments, STANDARD)
    logp, blank = log_probs(arguments), arguments["blank"]
    for n, (T, L) in enumerate(
        zip(arguments["input_lengths"], arguments["label_lengths"], strict=True)
    ):
        K = logp.shape[2]
        if K**T > 20_000:
            continue
        target = arguments["labels"][n, :L].tolist()
        best = max(
            sum(logp[t, n, k] for t, k in enumerate(path))
            for path in itertools.product(range(K), repeat=int(T))
            if spelt(path, blank) == target
        )
        assert spelt(right["alignment"][:T, n].tolist(), blank) == target
        np.testing.assert_allclose(right["scores"][:, n].sum(), best)


def test_hand_made_paths_are_those_of_the_reference():
    for name in ("four_frames", "repeat_in_three_frames", "no_blank_between", "one_frame"):
        case = KIT.find(name)
        (logits,), (labels,) = case.inputs["logits"], case.inputs["labels"]
        path = refkd.ctc_align(logits, labels, case.inputs["blank"]).frames
        assert path.tolist() == case.expected["alignment"][0], name


# Faults


def test_an_aligner_that_refuses_empty_targets_is_told_so():
    def refusing(logits, labels, input_lengths, label_lengths, blank):
        if not label_lengths.all():
            raise RuntimeError("nothing to align")
        return plain_align(logits, labels, input_lengths, label_lengths, blank)

    assert ALIGN.bugs(refusing) == ["A12"]


@pytest.mark.proof
def test_the_smallest_example_can_be_run_again():
    wrong = PLANTED["repeats without a blank"].function
    fault = ALIGN.faults(wrong)[0]
    assert fault.words == "repeated labels may lack the blank between them"
    again = ALIGN.report(wrong, case=fault.case)
    assert fault.words in faults(again)[0].words  # one case alone may have several explanations
    assert ALIGN.faults(by_frames, case=fault.case) == []
    assert "labels[0]" in fault.example


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_findings_on_torchaudio_are_these(dtype):
    pytest.importorskip("torch")
    pytest.importorskip("torchaudio", reason="torchaudio is not installed")
    assert ALIGN.faults(torchaudio_align.align, {"dtype": dtype}) == []
