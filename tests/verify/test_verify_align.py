"""The kit for forced alignment: right aligners pass, conventions are found, planted bugs named."""

import itertools
import re

import numpy as np
import pytest
from mutants.align import HELD_OUT, PLANTED, adapter, best_path, runs, strict
from mutants.door import DirectDoor

import refkd
from refkd.verify.adapters import torchaudio_align
from refkd.verify.alignment.cases import CASES
from refkd.verify.alignment.kit import KIT
from refkd.verify.alignment.plain import PlainAligner, plain_align
from refkd.verify.alignment.translate import log_probs
from refkd.verify.bug_classes import BUGS
from refkd.verify.compare import rounded
from refkd.verify.kit import Selection
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once

STANDARD = {one.name: next(iter(one.choices)) for one in KIT.conventions}
QUICK = Selection(quick=True)
FRAMES, SPANS = adapter(), adapter(spans=runs)


def report_on(function, told=None, selection=QUICK, **options):
    return verify(KIT, DirectDoor(function, KIT), told or {}, selection, **options)


def faults(report):
    return [one for one in report.findings if one.level == "must"]


def found(report, name):
    return report.conventions[name]


# Right aligners


@pytest.mark.parametrize("function", [plain_align, FRAMES, SPANS], ids=["plain", "frames", "spans"])
def test_right_aligners_are_right(function):
    report = report_on(function)
    assert faults(report) == []
    assert report.agreed == report.asked > 40
    unasked = {name for name, (_, known) in report.conventions.items() if known != "found"}
    assert unasked == (set() if function is SPANS else {"end", "blanks"})


def test_every_case_of_a_full_run_agrees_with_the_plain_aligner():
    report = report_on(plain_align, selection=Selection())
    assert faults(report) == []
    assert report.asked > 100


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_fewer_digits_are_enough_where_the_dtype_has_no_more(dtype):
    def low(*arguments):
        path, scores = plain_align(*arguments)
        return path, rounded(scores, dtype).astype("float32" if dtype == "bfloat16" else dtype)

    assert faults(report_on(low, {"dtype": dtype})) == []


def latest(logp, target, blank, parts):
    """The most probable path, the last among equals: the logits are turned round."""
    turned = best_path(logp[::-1], target[::-1], blank, parts)
    if turned is None:
        return None
    L = len(target)
    return [(L - said + 1, True) if on else (L - said, False) for said, on in turned[::-1]]


def test_equally_probable_paths_are_equally_right():
    paths = [
        function(np.zeros((6, 1, 3)), np.array([[1, 2]]), [6], [2], 0)[0][:, 0].tolist()
        for function in (FRAMES, adapter(find=latest), plain_align)
    ]
    assert len(set(map(tuple, paths))) > 1
    assert faults(report_on(adapter(find=latest))) == []


@pytest.mark.parametrize(
    "otherwise", [lambda ways: np.argmax(ways), lambda ways: 2 - np.argmax(ways[::-1])]
)
def test_ties_may_be_broken_either_way(otherwise):
    assert faults(report_on(adapter(find=strict(otherwise)), selection=Selection())) == []


@pytest.mark.parametrize("third", [0, 1, 2])
def test_the_worst_of_three_predecessors_where_two_tie_is_a_fault(third):
    for seed in range(3):
        worse = adapter(find=strict(lambda ways: third))
        (fault,) = faults(report_on(worse, selection=Selection(quick=True, seed=seed)))
        assert fault.bug == "A14"
        assert "tie" in fault.words


@pytest.mark.parametrize("name", [one for one in CASES if one.startswith("tie_")])
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


def test_conventions_that_make_no_difference_are_not_asked():
    report = report_on(lambda *arguments: FRAMES(*arguments)[0])
    assert found(report, "input") == ("logits", "not asked")


def test_class_0_for_the_first_blank_alone_is_no_convention():
    """With class 0 for the blank its answers are right, so another argument has to contradict."""
    wrong = adapter(find=strict(lambda ways: np.argmax(ways), leading=0))
    report = report_on(wrong)
    assert found(report, "blank") == ("argument", "assumed")
    assert [one.bug for one in faults(report)] == ["A10"]


def test_a_blank_that_the_argument_contradicts_may_be_refused():
    def first(logits, labels, input_lengths, label_lengths, blank):
        if blank != 0:
            raise ValueError("the blank is class 0")
        return FRAMES(logits, labels, input_lengths, label_lengths, blank)

    report = report_on(first)
    assert found(report, "blank") == ("first", "found")
    assert faults(report) == []


def test_classes_and_indices_are_those_of_the_implementation():
    def swapped(logits, labels, input_lengths, label_lengths, blank):
        path, scores = FRAMES(logits.swapaxes(0, 1), labels, input_lengths, label_lengths, 0)
        return np.where(path == 0, 1, path).T, scores.T

    how = {**STANDARD, "layout": "NTK", "blank": "first", "alignment": "frames"}
    (fault,) = faults(report_on(swapped, {"layout": "NTK", "blank": "first"}, case="probe"))
    assert fault.deviation.layout
    n, t = fault.deviation.index
    case = KIT.find("probe")
    right = KIT.express(
        *((arguments := KIT.present(case, how)), KIT.reference(case, arguments, how)), how
    )["alignment"]
    assert (fault.deviation.expected, fault.deviation.got) == (right[t, n], 1.0)
    assert right[t, n] == 0


def test_inclusive_ends_are_found():
    inclusive = adapter(
        spans=lambda *given: [(k, start, end - 1) for k, start, end in runs(*given)],
    )

    def aligned(*arguments):
        rows, _ = inclusive(*arguments)
        return rows, SPANS(*arguments)[1]

    report = report_on(aligned)
    assert (found(report, "alignment"), found(report, "end")) == (
        ("spans", "found"),
        ("inclusive", "found"),
    )
    assert faults(report) == []
    assert named(report_on(aligned, {"end": "exclusive"})) == "A2"


def with_blanks(path, target, blank):
    """Runs of blanks, too."""
    found = []
    for place, group in itertools.groupby(enumerate(path), key=lambda one: one[1]):
        frames = [t for t, _ in group]
        label = target[place[0] - 1] if place[1] else blank
        found.append((label, frames[0], frames[-1] + 1))
    return found


def test_spans_of_blanks_are_found():
    report = report_on(adapter(spans=with_blanks))
    assert found(report, "blanks") == ("kept", "found")
    assert faults(report) == []
    told = report_on(adapter(spans=with_blanks), {"blanks": "left_out"})
    assert [one.bug for one in faults(told)] == ["A5"]


def scoring(name):
    def scored(*arguments):
        rows, _ = SPANS(*arguments)
        path, logp = FRAMES(*arguments)
        parts = [logp[start:end, n] for n, _, start, end in rows]
        if name == "sum":
            return rows, np.array([one.sum() for one in parts])
        if name == "prob":
            return rows, np.array([np.exp(one).mean() for one in parts])
        there = np.arange(len(path))[:, None] < arguments[2]
        return rows, np.where(there, logp, 0.0).sum(axis=0)

    return scored


@pytest.mark.parametrize("name", ["sum", "prob", "total"])
def test_the_kind_of_scores_is_found(name):
    report = report_on(scoring(name))
    assert found(report, "scores") == (name, "found")
    assert faults(report) == []
    told = report_on(scoring(name), {"scores": "log_prob"})
    assert [one.bug for one in faults(told)] == ["A4"]


def test_no_scores_are_found():
    report = report_on(lambda *arguments: FRAMES(*arguments)[0])
    assert found(report, "scores") == ("none", "found")
    assert faults(report) == []


def test_batch_first_and_a_blank_of_its_own_are_found():
    def batch_first(logits, labels, input_lengths, label_lengths, blank):
        path, scores = FRAMES(logits.transpose(1, 0, 2), labels, input_lengths, label_lengths, 0)
        return path.T, scores.T

    report = report_on(batch_first)
    assert found(report, "layout") == ("NTK", "found")
    assert found(report, "blank") == ("first", "found")
    assert faults(report) == []


def touching(path, target, blank):
    """Each label in two spans, where it lasts."""
    found = runs(path, target, blank)
    parts = [(k, [(a, a + 1), (a + 1, b)] if b > a + 1 else [(a, b)]) for k, a, b in found]
    return [(k, *part) for k, both in parts for part in both]


def test_a_label_in_two_spans_is_a_fault():
    assert "touch" in faults(report_on(adapter(spans=touching)))[0].words


def test_the_stride_of_the_longest_target_is_a_fault():
    def strided(logits, labels, input_lengths, label_lengths, blank):
        longest = max(label_lengths)
        rows = labels.ravel()[: len(labels) * longest].reshape(-1, longest)
        return FRAMES(logits, rows, input_lengths, label_lengths, blank)

    fault = faults(report_on(strided))[0]
    assert (fault.bug, "longest" in fault.words) == ("A9", True)


def test_padding_holds_labels_that_are_in_no_target():
    shapes = set()
    for name in [one for one in CASES if one.startswith("padded_by")]:
        case = KIT.find(name)
        arguments = KIT.present(case, STANDARD)
        padded = np.arange(arguments["labels"].shape[1]) >= arguments["label_lengths"][:, None]
        assert not set(arguments["labels"][padded]) & set(arguments["labels"][~padded])
        shapes.add((case.layout.get("extra_frames", 0), case.layout.get("extra_labels", 0)))
    assert len({frames for frames, _ in shapes} - {0}) >= 3
    assert len({labels for _, labels in shapes} - {0}) >= 3


SHAPE_SENTENCES = {
    "alignment: expected an array of integers, got nothing": {},
    "alignment: expected shape (T, N) = (7, 2), got (2, 7)": {"alignment": np.zeros((2, 7))},
    "alignment: expected whole numbers, got others": {"alignment": np.full((7, 2), 0.5)},
    "alignment: expected real numbers, got complex128": {"alignment": np.zeros((7, 2)) * 1j},
    "scores: expected numbers, got nothing": {"alignment": np.zeros((7, 2))},
    "scores: expected shape (T, N) = (7, 2), got (7,)": {
        "alignment": np.zeros((7, 2)),
        "scores": np.zeros(7),
    },
}


@pytest.mark.parametrize("sentence", SHAPE_SENTENCES)
def test_what_cannot_be_read_is_a_sentence(sentence):
    arguments = KIT.present(KIT.find("probe"), STANDARD)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        KIT.restore(SHAPE_SENTENCES[sentence], arguments, STANDARD)


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


# Cases


def test_names_are_addresses():
    for case in KIT.cases(Selection(seed=2)):
        again = KIT.find(case.name)
        assert case.inputs["labels"] == again.inputs["labels"]
        for one, other in zip(case.inputs["logits"], again.inputs["logits"], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["nonsense", "drawn-1", "ragged/every=2"])
def test_a_case_that_there_is_not_is_refused(name):
    with pytest.raises(refkd.ArgumentError, match="--case"):
        KIT.find(name)


def test_few_shapes_are_few():
    selection = Selection(few_shapes=True)
    shapes = {KIT.present(case, STANDARD)["logits"].shape for case in KIT.cases(selection)}
    assert len(shapes) <= 8
    assert "8 padded shapes" in KIT.remarks(selection)[0]


def test_what_is_left_of_a_reduced_case_still_fits():
    for case in KIT.reductions(KIT.find("repeat_in_three_frames")):
        arguments = KIT.present(case, STANDARD)
        KIT.reference(case, arguments, STANDARD)


def test_known_defects_have_words_of_their_own_and_show():
    given = [KIT.present(case, STANDARD) for case in KIT.cases(Selection())]
    asked = [tuple(arguments[name] for name in KIT.arguments) for arguments in given]
    answers = [PlainAligner()(*one) for one in asked]
    assert len({defect.words for defect in KIT.defects}) == len(KIT.defects)
    for defect in KIT.defects:
        assert defect.bug in BUGS
        assert any(
            not np.array_equal(got, wanted)
            for one, answer in zip(asked, answers, strict=True)
            for got, wanted in zip(defect.compute(*one), answer, strict=True)
        ), defect.words


# Proof


def test_an_aligner_that_refuses_empty_targets_is_told_so():
    def refusing(logits, labels, input_lengths, label_lengths, blank):
        if not label_lengths.all():
            raise RuntimeError("nothing to align")
        return plain_align(logits, labels, input_lengths, label_lengths, blank)

    [finding] = faults(report_on(refusing, selection=Selection()))
    assert finding.bug == "A12"


def named(report):
    first = faults(report)
    return first[0].bug if first else None


@pytest.fixture(scope="module")
def score():
    """{set: {name: (class, class that was named first)}}; printed."""
    scores = {
        title: {name: (bug, named(report_on(function))) for name, (bug, function) in plants.items()}
        for title, plants in (("planted", PLANTED), ("held out", HELD_OUT))
    }
    for title, results in scores.items():
        caught = sum(got is not None for _, got in results.values())
        right = sum(bug == got for bug, got in results.values())
        print(f"align, {title}: {len(results)} defects, {caught} caught, {right} named")
        for name, (bug, got) in results.items():
            if bug != got:
                print(f"  {name}: {bug}, named {got}")
    return scores


def test_every_planted_defect_is_caught(score):
    assert len(score["planted"]) >= 12
    for results in score.values():
        assert [name for name, (_, got) in results.items() if got is None] == []


def test_the_right_class_is_named(score):
    results = score["planted"].values()
    assert sum(bug == got for bug, got in results) >= 0.8 * len(results)
    assert all(got in ("", bug) for bug, got in results)


def test_the_smallest_example_can_be_run_again():
    wrong = PLANTED["repeats without a blank"][1]
    fault = faults(report_on(wrong))[0]
    assert fault.words == "repeated labels may do without the blank between them"
    again = report_on(wrong, case=fault.case)
    assert fault.words in faults(again)[0].words  # one case alone may have several explanations
    assert faults(report_on(FRAMES, case=fault.case)) == []
    assert "labels[0]" in fault.example


def test_the_findings_on_torchaudio_are_these():
    pytest.importorskip("torch")
    pytest.importorskip("torchaudio", reason="torchaudio is not installed")
    for dtype in ("float64", "float32"):
        assert faults(report_on(torchaudio_align.align, {"dtype": dtype})) == []
