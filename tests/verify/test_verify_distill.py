"""The distillation kit: right implementations pass, conventions are found, planted bugs named."""

import itertools
import math
import re

import numpy as np
import pytest
from mutants.distill import HELD_OUT, PLANTED
from mutants.distill_parts import adapter, log_prob
from mutants.door import DirectDoor
from oracles import distill as oracle
from tolerances import VALUE, Tolerance, assert_close

import refkd
from refkd.losses.rule_json import rule_from_dict
from refkd.verify.adapters.numpy_distill import frame_wise
from refkd.verify.bug_classes import BUGS
from refkd.verify.compare import rounded
from refkd.verify.distill.grid import RULES, clear, combinations, grid_case, grid_names
from refkd.verify.distill.kit import KIT
from refkd.verify.distill.offers import is_offered, terms
from refkd.verify.distill.plain import PlainDistill, plain_distill
from refkd.verify.distill.reduce import OPTIONS, traced
from refkd.verify.distill.worked import WORKED
from refkd.verify.kit import Selection
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once

STANDARD = {one.name: next(iter(one.choices)) for one in KIT.conventions}
QUICK = Selection(quick=True)
SECOND = adapter()
AXES = {"NTK": (1, 0, 2), "NKT": (1, 2, 0)}


def report_on(function, told=None, selection=QUICK, **options):
    return verify(KIT, DirectDoor(function, KIT), told or {}, selection, **options)


def faults(report):
    return [one for one in report.findings if one.level == "must"]


def found(report, name):
    return report.conventions[name]


def rounding(function, dtype):
    """An implementation whose results have so many digits only."""

    def low(student, teacher, lengths, rule):
        loss, grad, pairs = function(student, teacher, lengths, rule)
        if dtype == "bfloat16":
            return rounded(loss, dtype), rounded(grad, dtype), pairs
        return loss.astype(dtype), grad.astype(dtype), pairs

    return low


# Right implementations


@pytest.mark.parametrize("function", [plain_distill, SECOND], ids=["plain", "second"])
def test_right_implementations_are_right(function):
    report = report_on(function)
    assert faults(report) == []
    assert report.agreed == report.asked > 150
    assert {known for _, known in report.conventions.values()} == {"found"}


def test_every_case_of_a_full_run_agrees_with_the_plain_implementation():
    report = report_on(plain_distill, selection=Selection())
    assert faults(report) == []
    assert report.asked > 280


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_fewer_digits_are_enough_where_the_dtype_has_no_more(dtype):
    report = report_on(rounding(plain_distill, dtype), {"dtype": dtype})
    assert faults(report) == []


def test_single_precision_is_found_out_and_contradicts_what_was_told():
    low = rounding(plain_distill, "float32")
    assert found(report_on(low), "dtype") == ("float32", "found")
    assert faults(report_on(low, {"dtype": "float64"}))[0].bug == "K17"


def test_an_implementation_that_offers_one_rule_is_asked_for_no_other():
    report = report_on(frame_wise)
    assert faults(report) == []
    assert found(report, "rules") == ("FrameWise", "found")
    assert found(report, "divergences") == ("kl", "found")
    assert found(report, "options") == ("", "found")
    assert found(report, "refused") == ("", "found")
    assert found(report, "t2") == ("asked", "not asked")
    notes = [one.words for one in report.findings if one.words.startswith("rules")]
    assert len(notes) == 1
    assert "only FrameWise with kl" in notes[0]
    assert 10 < report.asked < 40


def test_another_rule_is_probed_where_frame_wise_is_refused():
    def hard(student, teacher, lengths, rule):
        if rule["rule"] != "Hard":
            raise ValueError("only Hard")
        return SECOND(student, teacher, lengths, rule)

    report = report_on(hard)
    assert faults(report) == []
    assert found(report, "rules") == ("Hard", "found")


OFFERS = {
    "a temperature only with its factor": lambda asked: (
        ("temperature" in asked) == ("scale_t2" in asked)
    ),
    "js frame by frame alone": lambda asked: "js" not in asked or "FrameWise" in asked,
    "no blank frames at a temperature": lambda asked: "keep" in asked or "no_temperature" in asked,
    "TopK with weights only": lambda asked: "TopK_equal" not in asked,
    "reverse_kl without blanks only": lambda asked: asked >= {"reverse_kl", "drop_selected"},
}


class Offering:
    """The second implementation where it is offered; what it answers is written down."""

    def __init__(self, offered):
        self.offered = offered
        self.answered = set()

    def __call__(self, student, teacher, lengths, rule):
        if not self.offered(terms(rule)):
            raise ValueError("not offered")
        self.answered.add(terms(rule))
        return SECOND(student, teacher, lengths, rule)


@pytest.mark.parametrize("name", OFFERS)
def test_every_combination_that_is_offered_is_asked_and_no_other(name):
    function = Offering(OFFERS[name])
    report = report_on(function)
    assert faults(report) == []  # a refusal of what is asked would be one
    every = {terms(grid_case(one).inputs["rule"]) for one in combinations()}
    cases = [case.inputs["rule"] for case in KIT.cases(QUICK)]
    conventions = {one: value for one, (value, _) in report.conventions.items()}
    asked = {terms(rule) for rule in cases if is_offered(rule, conventions)}
    assert asked == {one for one in every if OFFERS[name](one)} == function.answered & every


def test_what_is_refused_in_combination_is_told_in_few_words():
    report = report_on(Offering(OFFERS["a temperature only with its factor"]))
    assert found(report, "refused") == (
        "temperature+no_scale_t2,no_temperature+scale_t2",
        "found",
    )
    assert found(report, "t2") == ("asked", "not asked")
    (together,) = [one for one in KIT.conventions if one.name == "refused"]
    assert together.words("temperature+no_scale_t2,Soft+js") == (
        "a temperature with no scale_t2; Soft with js"
    )


def test_what_is_told_to_be_refused_is_not_asked():
    function = Offering(lambda asked: True)
    report_on(function, {"refused": "js,Soft+temperature"})
    assert not any("js" in asked or asked >= {"Soft", "temperature"} for asked in function.answered)


def test_a_rule_that_is_told_and_refused_is_a_fault():
    report = report_on(frame_wise, {"rules": "FrameWise,Soft"})
    assert [one.words[:34] for one in faults(report)] == ["rules that are not offered: Soft ("]


def test_an_implementation_without_kl_is_probed_and_not_asked_for_its_direction():
    report = report_on(Offering(lambda asked: asked >= {"Hard", "js", "no_temperature"}))
    assert faults(report) == []
    assert found(report, "kl") == ("teacher_student", "not asked")


def test_a_wrong_temperature_behind_its_factor_is_described():
    wrong = adapter(
        log_student=lambda z, rule: log_prob(z / rule["temperature"] ** 3),
        scale=lambda rule: (rule["temperature"] ** 5,) * 2,
    )

    def together(student, teacher, lengths, rule):
        if (rule["temperature"] != 1.0) != rule["scale_t2"] or rule["rule"] != "FrameWise":
            raise NotImplementedError("always times T^2")
        return wrong(student, teacher, lengths, rule)

    (fault,) = faults(report_on(together))
    assert fault.bug == "K5"
    assert "student logits divided by temperature^3, teacher logits by temperature" in fault.words
    assert "the loss times temperature^3" in fault.words


def test_windows_of_other_kinds_may_be_refused():
    def usual(student, teacher, lengths, rule):
        window = rule.get("window", [0, 0])
        if window == "whole" or min(window) < 0:
            raise ValueError("no such window")
        return SECOND(student, teacher, lengths, rule)

    report = report_on(usual, selection=Selection())
    assert faults(report) == []
    assert "no such window" in str([one.words for one in report.findings])


def test_rules_that_are_told_are_not_searched():
    report = report_on(SECOND, {"rules": "Shift,Soft"})
    assert found(report, "rules") == ("Shift,Soft", "told")
    assert faults(report) == []


def test_a_rule_that_there_is_not_is_refused():
    with pytest.raises(refkd.ArgumentError, match="--rules: expected one of 'FrameWise'"):
        report_on(SECOND, {"rules": "Shift,Best"})


def test_everything_refused_is_no_diagnosis():
    def refuses(*arguments):
        raise ValueError("not today")

    with pytest.raises(refkd.ArgumentError, match="not today"):
        report_on(refuses)


# Conventions


@pytest.mark.parametrize("layout", AXES)
def test_the_layout_is_found(layout):
    axes = AXES[layout]
    back = np.argsort(axes)

    def turned(student, teacher, lengths, rule):
        loss, grad, pairs, _ = SECOND(
            student.transpose(back), teacher.transpose(back), lengths, rule
        )
        return loss, grad.transpose(axes), pairs

    report = report_on(turned)
    assert found(report, "layout") == (layout, "found")
    assert faults(report) == []


def as_they_come(form):
    """Takes log-probabilities or probabilities as they are, gradient in the logits."""
    sent = {
        "log_probs": lambda z, rule: z,
        "probs": lambda z, rule: np.log(z),
    }
    kinds = ("log_probs", "probs") if form == "kl_div" else (form, form)
    inner = adapter(log_student=sent[kinds[0]], log_teacher=sent[kinds[1]])

    def distill(student, teacher, lengths, rule):
        if rule["temperature"] != 1.0 or rule["scale_t2"]:
            raise ValueError("no temperature")
        return inner(student, teacher, lengths, rule)

    return distill


@pytest.mark.parametrize("form", ["log_probs", "probs", "kl_div"])
def test_the_kind_of_input_and_of_gradient_are_found(form):
    """The second implementation differentiates by what it is given, by a complex step."""
    report = report_on(as_they_come(form))
    assert found(report, "input") == (form, "found")
    assert found(report, "grad_of") == ("probs" if form == "probs" else "log_probs", "found")
    assert faults(report) == []


def test_a_mask_in_the_place_of_lengths_is_found():
    def masked(student, teacher, mask, rule):
        return SECOND(student, teacher, mask.sum(axis=0).astype(int), rule)

    report = report_on(masked)
    assert found(report, "lengths") == ("mask", "found")
    assert faults(report) == []


REDUCTIONS = {
    "sum": lambda lengths, K: 1.0,
    "batchmean": lambda lengths, K: len(lengths),
    "mean": lambda lengths, K: sum(lengths),
    "mean_elements": lambda lengths, K: sum(lengths) * K,
    "per_frame": lambda lengths, K: np.array(lengths),
}


def reducing(name):
    def reduced(student, teacher, lengths, rule):
        loss, grad, pairs, _ = SECOND(student, teacher, lengths, rule)
        by = REDUCTIONS[name](lengths, student.shape[2])
        loss, grad = loss / by, grad / np.broadcast_to(by, loss.shape)[:, None]
        return loss if name == "per_frame" else loss.sum(), grad, pairs

    return reduced


@pytest.mark.parametrize("name", REDUCTIONS)
def test_the_reduction_is_found(name):
    report = report_on(reducing(name))
    assert found(report, "reduction") == (name, "found")
    assert faults(report) == []


@pytest.mark.parametrize("name", ["mean_elements", "per_frame"])
def test_another_reduction_than_told_is_named(name):
    told = "none" if name == "per_frame" else "sum"
    assert [one.bug for one in faults(report_on(reducing(name), {"reduction": told}))] == ["K3"]


def test_what_is_normalised_inside_although_it_need_not_be_is_told():
    """A teacher that is normalised again gives the same, so the words of --input are not enough."""
    again = adapter(log_student=lambda z, rule: z, log_teacher=lambda y, rule: log_prob(y))

    def normalising(student, teacher, lengths, rule):
        if rule["temperature"] != 1.0:
            raise ValueError("no temperature")
        return again(student, teacher, lengths, rule)

    report = report_on(normalising)
    assert found(report, "input") == ("log_probs", "found")
    assert faults(report) == []
    inside = [one.words for one in report.findings if "normalised inside" in one.words]
    assert [words.split("'")[0] for words in inside] == ["the teacher"]


def test_lengths_that_change_nothing_are_not_found():
    report = report_on(adapter(length=lambda call, n: len(call.student)))
    assert found(report, "lengths") == ("numbers", "not asked")
    assert faults(report)[0].bug == "K6"


def test_no_gradient_and_no_pairs_are_found():
    report = report_on(lambda *arguments: SECOND(*arguments)[0])
    assert found(report, "grad_of") == ("none", "found")
    assert found(report, "pairs") == ("none", "found")
    assert faults(report) == []


def test_pairs_by_student_frame_are_found():
    def by_frame(student, teacher, lengths, rule):
        loss, grad, pairs, _ = SECOND(student, teacher, lengths, rule)
        table = np.full(student.shape[:2], -1)
        for n, i, j in pairs:
            table[i, n] = j
        one_each = len(pairs) == (table >= 0).sum()
        return loss, grad, table if one_each else None

    report = report_on(by_frame)
    assert found(report, "pairs") == ("frames", "found")
    assert faults(report) == []


def test_pairs_of_another_shape_are_a_fault():
    def with_weights(*arguments):
        loss, grad, pairs, _ = SECOND(*arguments)
        return loss, grad, np.hstack([pairs, np.ones((len(pairs), 1), int)])

    faulty = faults(report_on(with_weights))
    assert "pairs: expected rows of 3 numbers, got" in faulty[0].problem


SHAPE_SENTENCES = {
    "loss: expected shape (N,) = (2,), got nothing": {},
    "loss: expected shape (N,) = (2,), got (5, 2)": {"loss": np.zeros((5, 2))},
    "grad: expected shape (T, N, K) = (5, 2, 4), got nothing": {"loss": np.zeros(2)},
    "grad: expected shape (T, N, K) = (5, 2, 4), got (2, 5, 4)": {
        "loss": np.zeros(2),
        "grad": np.zeros((2, 5, 4)),
    },
    "grad: expected real numbers, got complex128": {
        "loss": np.zeros(2),
        "grad": np.zeros((5, 2, 4)) * 1j,
    },
}


@pytest.mark.parametrize("sentence", SHAPE_SENTENCES)
def test_what_cannot_be_read_is_a_sentence(sentence):
    arguments = KIT.present(KIT.find("probe_FrameWise"), STANDARD)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        KIT.restore(SHAPE_SENTENCES[sentence], arguments, STANDARD)


def test_indices_are_those_of_the_layout():
    def wrong(student, teacher, lengths, rule):
        turned = [one.transpose(2, 0, 1) for one in (student, teacher)]
        loss, grad, pairs, _ = SECOND(*turned, lengths, rule)
        grad[1, 0, 3] += 1.0
        return loss, grad.transpose(1, 2, 0), pairs

    (fault,) = faults(report_on(wrong, {"layout": "NKT"}, case="probe_FrameWise"))
    assert fault.deviation.index == (0, 3, 1)
    assert fault.deviation.layout


# Padding


def masked_by(multiply, seen=lambda padded: 0.0 * padded):
    """Frame by frame, over the padded batch; a mask multiplies or selects."""

    def distill(student, teacher, lengths, rule):
        if rule["rule"] != "FrameWise" or rule["blank_frames"] != "keep":
            raise ValueError("only FrameWise")
        T, N, _ = student.shape
        whole = SECOND(student, teacher, np.full(N, T), rule)[1]
        loss, grad, pairs, _ = SECOND(student, teacher, lengths, rule)
        there = np.arange(T)[:, None] < lengths
        padded = np.where(there, 0.0, student.sum(axis=2) + teacher.sum(axis=2))
        grad = there[:, :, None] * whole if multiply == "gradient" else grad
        return loss + (seen(padded).sum(axis=0) if multiply == "loss" else 0.0), grad, pairs

    return distill


@pytest.mark.parametrize(
    ("multiply", "words"),
    [
        ("loss", "NaN in padded frames spreads to the loss or other frames"),
        ("gradient", "NaN in padded frames comes back in their gradient"),
    ],
)
def test_nan_times_a_mask_is_a_note(multiply, words):
    report = report_on(masked_by(multiply))
    assert faults(report) == []
    assert any(one.words.startswith(words) for one in report.findings)


def test_finite_padding_must_have_no_influence():
    (fault, *_) = faults(report_on(masked_by("loss", lambda padded: 1e-6 * padded)))
    assert fault.case.startswith("pad") or "ragged" in fault.case or "tempting" in fault.case


def test_padding_tempts_every_rule_that_searches():
    """Windows that reach into the teacher's padding take it, since nothing is more similar."""
    for rule in ("Hard", "TopK", "PerTeacher", "Monotone"):
        arguments = KIT.present(grid_case(f"{rule}-tempting"), STANDARD)
        for n, length in enumerate(arguments["lengths"]):
            student, teacher = arguments["student"][:, n], arguments["teacher"][:, n]
            np.testing.assert_array_equal(teacher[length], student[length - 1])
            np.testing.assert_array_equal(student[length], teacher[length - 1])


def test_padding_comes_in_several_shapes():
    extra = {
        KIT.present(case, STANDARD)["student"].shape[0] - max(map(len, case.inputs["student"]))
        for case in KIT.cases(QUICK)
    }
    assert extra >= {0, 1, 2, 5}


@pytest.mark.parametrize("third", [(1, 1), (1, 0), (0, 1)])
def test_the_dearest_of_three_moves_where_two_tie_is_a_fault(third):
    def path(seen, D):
        T = len(D)
        cost, back = {}, {}
        for i, j in itertools.product(range(T), range(T)):
            if j in seen.get(i, []):
                ways = {move: cost.get((i - move[0], j - move[1]), math.inf) for move in MOVES}
                best = [m for m in MOVES if all(ways[m] < ways[k] for k in MOVES if k != m)]
                back[i, j] = best[0] if best else third
                cost[i, j] = D[i, j] + (ways[back[i, j]] if i + j else 0.0)
        at, pairs = (T - 1, T - 1), []
        while min(at) >= 0:
            pairs.append(at)
            at = (at[0] - back[at][0], at[1] - back[at][1])
        return pairs[::-1]

    (fault, *_) = faults(report_on(adapter(path=path), {"rules": "OrderedPath"}))
    assert (fault.bug, "tie" in fault.words) == ("K15", True)


MOVES = ((1, 1), (1, 0), (0, 1))


def reversed_kl(student, teacher, lengths, rule):
    names = {"kl": "reverse_kl", "reverse_kl": "kl"}
    divergence = names.get(rule["divergence"], rule["divergence"])
    return SECOND(student, teacher, lengths, {**rule, "divergence": divergence})


def test_a_direction_that_is_told_is_no_fault():
    assert faults(report_on(reversed_kl))[0].bug == "K1"
    assert faults(report_on(reversed_kl, {"kl": "student_teacher"})) == []


def always_scaled(student, teacher, lengths, rule):
    return SECOND(student, teacher, lengths, {**rule, "scale_t2": True})


def test_a_factor_that_is_told_is_no_fault():
    (fault,) = faults(report_on(always_scaled))
    assert (fault.bug, fault.words[:28]) == ("K4", "off by exactly temperature^2")
    assert faults(report_on(always_scaled, {"t2": "always"})) == []


def test_another_direction_than_told_is_named():
    assert faults(report_on(SECOND, {"kl": "student_teacher"}))[0].bug == "K1"


# The reference


def flat(rule):
    """The rule without its options, and the options."""
    options = {name: rule[name] for name in OPTIONS}
    return rule_from_dict(
        {name: value for name, value in rule.items() if name not in OPTIONS}
    ), options


@pytest.mark.parametrize("name", [one for one in grid_names() if not one.startswith("Ordered")])
def test_the_reference_agrees_with_the_oracle(name):
    inputs = KIT.find(f"{name}/frames=4").inputs
    rule, options = flat(inputs["rule"])
    scale, blank_frames = options.pop("scale_t2"), options.pop("blank_frames")
    kind, temperature, blank = (options[one] for one in ("divergence", "temperature", "blank"))
    for student, teacher in zip(inputs["student"], inputs["teacher"], strict=True):
        chosen = oracle.select(student, teacher, rule, kind, temperature, blank_frames, blank)
        loss = oracle.loss_given(student, teacher, rule, chosen, kind, temperature, scale)
        assert_close(traced(student, teacher, inputs["rule"]).loss, loss, VALUE, name)


@pytest.mark.parametrize("name", [one for one in WORKED if not one.startswith("probe")])
def test_the_reference_agrees_with_what_was_worked_by_hand(name):
    case = KIT.find(name)
    inputs = case.inputs
    losses = [
        traced(student, teacher, inputs["rule"]).loss
        for student, teacher in zip(inputs["student"], inputs["teacher"], strict=True)
    ]
    printed = Tolerance(case.tolerance.rtol, case.tolerance.atol)
    assert_close(np.array(losses), case.expected["loss"], printed, name)


# Cases


def test_names_are_addresses():
    for selection in (QUICK, Selection(seed=3)):
        for case in KIT.cases(selection):
            again = KIT.find(case.name)
            for name in ("student", "teacher"):
                for one, other in zip(case.inputs[name], again.inputs[name], strict=True):
                    np.testing.assert_array_equal(one, other)
            assert case.inputs["rule"] == again.inputs["rule"]


def test_a_reduced_case_has_an_address_too():
    smaller = KIT.reductions(KIT.find("Hard-ragged"))
    assert smaller
    for case in smaller:
        assert KIT.size(case) < KIT.size(KIT.find("Hard-ragged"))
        assert (
            KIT.find(case.name).inputs["student"][0].tolist() == case.inputs["student"][0].tolist()
        )


@pytest.mark.parametrize("name", ["Hard-nonsense", "drawn-1", "Hard-plain/every=2"])
def test_a_case_that_there_is_not_is_refused(name):
    with pytest.raises(refkd.ArgumentError, match="--case"):
        KIT.find(name)


def test_choices_of_grid_cases_are_clear_in_float32():
    for name in grid_names():
        if name.startswith(("Hard", "TopK", "PerTeacher")):
            assert clear(grid_case(name)), name


def test_few_shapes_are_few():
    shapes = set()
    for case in KIT.cases(Selection(few_shapes=True)):
        shapes.add(KIT.present(case, STANDARD)["student"].shape)
    assert len(shapes) <= 8
    assert "8 padded shapes" in KIT.remarks(Selection(few_shapes=True))[0]


def test_every_bug_class_and_rule_has_a_case():
    cases = list(KIT.cases(Selection()))
    caught = {bug for case in cases for bug in case.bug_classes}
    assert caught >= {f"K{n}" for n in (1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)}
    assert {case.inputs["rule"]["rule"] for case in cases} == {
        facts["rule"] for facts in RULES.values()
    }


def test_known_defects_have_words_of_their_own_and_show():
    right = PlainDistill()
    given = [KIT.present(case, STANDARD) for case in KIT.cases(QUICK) if case.status == "must"]
    asked = [tuple(arguments[name] for name in KIT.arguments) for arguments in given]
    answers = [right(*one) for one in asked]
    assert len({defect.words for defect in KIT.defects}) == len(KIT.defects)
    for defect in KIT.defects:
        assert defect.bug in BUGS
        assert any(
            not np.array_equal(got, wanted)
            for one, answer in zip(asked, answers, strict=True)
            for got, wanted in zip(defect.compute(*one)[:3], answer[:3], strict=True)
        ), defect.words


# Proof


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
        print(f"distill, {title}: {len(results)} defects, {caught} caught, {right} named")
        for name, (bug, got) in results.items():
            if bug != got:
                print(f"  {name}: {bug}, named {got}")
    return scores


def test_every_planted_defect_is_caught(score):
    assert len(score["planted"]) >= 25
    assert {bug for bug, _ in score["planted"].values()} == {f"K{n}" for n in range(1, 19)}
    for results in score.values():
        assert [name for name, (_, got) in results.items() if got is None] == []


def test_the_right_class_is_named(score):
    results = score["planted"].values()
    assert sum(bug == got for bug, got in results) >= 0.9 * len(results)
    assert all(got in ("", bug) for bug, got in results)


def test_the_smallest_example_can_be_run_again():
    name, (_, wrong) = "left long", PLANTED["left long"]
    (fault,) = faults(report_on(wrong))
    assert fault.words == "the window is one frame too long on the left"
    again = report_on(wrong, case=fault.case)
    assert again.asked == 1
    assert fault.words in faults(again)[0].words  # one case alone may have several explanations
    assert faults(report_on(SECOND, case=fault.case)) == [], name
    assert "student[:, 0]" in fault.example


def test_a_gradient_that_reaches_the_teacher_is_named():
    (fault,) = faults(report_on(PLANTED["teacher learns"][1]))
    assert (fault.bug, fault.deviation.output) == ("K8", "teacher_grad")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "bugs"), [("distill", []), ("distill_log_target", ["K7"]), ("kl_div", [])]
)
def test_the_findings_on_torch_are_these(name, bugs, dtype):
    """torch 2.13: kl_div of a log-target that is -inf is NaN; nothing else is wrong."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    from refkd.verify.adapters import torch_distill

    report = report_on(getattr(torch_distill, name), {"dtype": dtype}, Selection())
    assert [one.bug for one in faults(report)] == bugs
