"""The distillation kit: right implementations pass, conventions are found, faults described."""

import numpy as np
import pytest
from mutants.distill import (
    DISTILL,
    FACTORS,
    LAST_LINE,
    LENGTH,
    PATH,
    PLANTED,
    STRICT_PATH,
    STUDENT,
    TEACHER,
)
from oracles import distill as oracle
from support.verify import QUICK, Verifier, faults, notes, values
from tolerances import VALUE, Tolerance, assert_close

import refkd
from refkd.losses.rule_json import rule_from_dict
from refkd.verify.adapters.numpy_distill import frame_wise
from refkd.verify.compare import rounded
from refkd.verify.distill.conventions import is_offered, terms
from refkd.verify.distill.grid import RULES, clear, combinations, grid_case, grid_names
from refkd.verify.distill.kit import KIT
from refkd.verify.distill.plain import plain_distill
from refkd.verify.distill.reduce import OPTIONS, traced
from refkd.verify.distill.worked import WORKED
from refkd.verify.records import Selection

pytestmark = pytest.mark.compiled_once

DISTILLATION = Verifier(KIT)
STANDARD = DISTILLATION.usual
second = DISTILL.mutant().function


def rounding(function, dtype):
    """An implementation whose results have so many digits only."""

    def low(student, teacher, lengths, rule):
        loss, grad, pairs = function(student, teacher, lengths, rule)[:3]
        if dtype == "bfloat16":
            return rounded(loss, dtype), rounded(grad, dtype), pairs
        return loss.astype(dtype), grad.astype(dtype), pairs

    return low


def refusing(is_refused, function=second):
    """An implementation that does not offer some questions."""

    def distill(student, teacher, lengths, rule):
        if is_refused(rule):
            raise ValueError("not offered")
        return function(student, teacher, lengths, rule)

    return distill


# Right implementations


@pytest.mark.parametrize(
    "function",
    [plain_distill, pytest.param(second, marks=pytest.mark.proof)],
    ids=["plain", "second"],
)
def test_right_implementations_are_right(function):
    report = DISTILLATION.report(function)
    assert faults(report) == []
    assert report.agreed == report.asked > 150
    assert {known for _, known in report.conventions.values()} == {"found"}


@pytest.mark.proof
def test_every_case_of_a_full_run_agrees_with_the_plain_implementation():
    report = DISTILLATION.report(plain_distill, selection=Selection())
    assert faults(report) == []
    assert report.asked > 280


@pytest.mark.proof
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_fewer_digits_are_enough_where_the_dtype_has_no_more(dtype):
    assert DISTILLATION.faults(rounding(plain_distill, dtype), {"dtype": dtype}) == []


def test_an_implementation_that_offers_one_rule_is_asked_for_no_other():
    report = DISTILLATION.report(frame_wise)
    assert faults(report) == []
    for name, value in {"rules": "FrameWise", "divergences": "kl", "options": ""}.items():
        assert report.conventions[name] == (value, "found")
    assert report.conventions["refused"] == ("", "found")
    assert report.conventions["t2"] == ("asked", "not asked")
    (note,) = [words for words in notes(report) if words.startswith("rules")]
    assert "only FrameWise with kl" in note
    assert 10 < report.asked < 40


def test_a_rule_that_is_claimed_and_refused_is_a_fault():
    (fault,) = DISTILLATION.faults(frame_wise, {"rules": "FrameWise,Soft"})
    assert fault.words.startswith("rules that the implementation does not offer: Soft (")


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
        return second(student, teacher, lengths, rule)


@pytest.mark.proof
@pytest.mark.parametrize("name", OFFERS)
def test_every_combination_that_is_offered_is_asked_and_no_other(name):
    function = Offering(OFFERS[name])
    report = DISTILLATION.report(function)
    assert faults(report) == []  # a refusal of what is asked would be a fault
    every = {terms(grid_case(each).inputs["rule"]) for each in combinations()}
    cases = [case.inputs["rule"] for case in KIT.cases(QUICK)]
    asked = {terms(rule) for rule in cases if is_offered(rule, values(report))}
    assert asked == {each for each in every if OFFERS[name](each)} == function.answered & every
    if name == "a temperature only with its factor":
        refused = "temperature+no_scale_t2,no_temperature+scale_t2"
        assert report.conventions["refused"] == (refused, "found")
        assert report.conventions["t2"] == ("asked", "not asked")


def test_refused_combinations_have_few_words():
    (together,) = [convention for convention in KIT.conventions if convention.name == "refused"]
    assert together.words("temperature+no_scale_t2,Soft+js") == (
        "a temperature with no scale_t2; Soft with js"
    )


@pytest.mark.proof
def test_what_is_claimed_to_be_refused_is_not_asked():
    function = Offering(lambda asked: True)
    DISTILLATION.report(function, {"refused": "js,Soft+temperature"})
    assert not any("js" in asked or asked >= {"Soft", "temperature"} for asked in function.answered)


@pytest.mark.proof
def test_windows_of_other_kinds_may_be_refused():
    def unusual(rule):
        window = rule.get("window", [0, 0])
        return window == "whole" or min(window) < 0

    report = DISTILLATION.report(refusing(unusual), selection=Selection())
    assert faults(report) == []
    assert "not offered" in str(notes(report))


def test_a_rule_that_there_is_not_is_refused():
    with pytest.raises(refkd.ArgumentError, match="--rules: expected one of 'FrameWise'"):
        DISTILLATION.report(second, {"rules": "Shift,Best"})


def test_everything_refused_is_no_diagnosis():
    with pytest.raises(refkd.ArgumentError, match="not offered"):
        DISTILLATION.report(refusing(lambda rule: True))


# Conventions


def in_layout(axes):
    back = np.argsort(axes)

    def turned(student, teacher, lengths, rule):
        loss, grad, pairs, _ = second(
            student.transpose(back), teacher.transpose(back), lengths, rule
        )
        return loss, grad.transpose(axes), pairs

    return turned


def masked(student, teacher, mask, rule):
    return second(student, teacher, mask.sum(axis=0).astype(int), rule)


def loss_alone(*arguments):
    return second(*arguments)[0]


def by_student_frame(student, teacher, lengths, rule):
    """Pairs as the teacher frame of each student frame, where there is one."""
    loss, grad, pairs, _ = second(student, teacher, lengths, rule)
    table = np.full(student.shape[:2], -1)
    for n, i, j in pairs:
        table[i, n] = j
    return loss, grad, table if len(pairs) == (table >= 0).sum() else None


def as_they_come(*changes):
    """Takes log-probabilities or probabilities as they are; its gradient is that in them."""
    inner = DISTILL.mutant(*changes).function
    return refusing(lambda rule: rule["temperature"] != 1.0 or rule["scale_t2"], inner)


AS_LOGARITHMS = as_they_come(STUDENT, "return z", TEACHER, "return y")
AS_PROBABILITIES = as_they_come(STUDENT, "return np.log(z)", TEACHER, "return np.log(y)")
AS_KL_DIV = as_they_come(STUDENT, "return z", TEACHER, "return np.log(y)")
REDUCTIONS = {
    "sum": lambda lengths, K: 1.0,
    "batchmean": lambda lengths, K: len(lengths),
    "mean": lambda lengths, K: sum(lengths),
    "mean_elements": lambda lengths, K: sum(lengths) * K,
    "per_frame": lambda lengths, K: np.array(lengths),
}


def reducing(name):
    def reduced(student, teacher, lengths, rule):
        loss, grad, pairs, _ = second(student, teacher, lengths, rule)
        by = REDUCTIONS[name](lengths, student.shape[2])
        loss, grad = loss / by, grad / np.broadcast_to(by, loss.shape)[:, None]
        return loss if name == "per_frame" else loss.sum(), grad, pairs

    return reduced


SAMPLE = {"kl_div"}  # conventions that plain pytest looks for


@pytest.mark.parametrize(
    ("function", "conventions"),
    [
        pytest.param(
            function,
            conventions,
            marks=[] if SAMPLE & {*conventions.values()} else pytest.mark.proof,
            id=str(conventions),
        )
        for function, conventions in [
            (in_layout((1, 0, 2)), {"layout": "NTK"}),
            (in_layout((1, 2, 0)), {"layout": "NKT"}),
            (AS_LOGARITHMS, {"input": "log_probs", "grad_of": "log_probs"}),
            (AS_PROBABILITIES, {"input": "probs", "grad_of": "probs"}),
            (AS_KL_DIV, {"input": "kl_div", "grad_of": "log_probs"}),
            (masked, {"lengths": "mask"}),
            *((reducing(name), {"reduction": name}) for name in REDUCTIONS),
            (loss_alone, {"grad_of": "none", "pairs": "none"}),
            (by_student_frame, {"pairs": "frames"}),
            (refusing(lambda rule: rule["rule"] != "Hard"), {"rules": "Hard"}),
        ]
    ],
)
def test_conventions_are_found(function, conventions):
    report = DISTILLATION.report(function)
    assert faults(report) == []
    for name, value in conventions.items():
        assert report.conventions[name] == (value, "found")


@pytest.mark.proof
def test_rules_that_are_claimed_are_not_searched():
    report = DISTILLATION.report(second, {"rules": "Shift,Soft"})
    assert report.conventions["rules"] == ("Shift,Soft", "told")
    assert faults(report) == []


@pytest.mark.proof
def test_an_implementation_without_kl_is_probed_and_not_asked_for_its_direction():
    report = DISTILLATION.report(Offering(lambda asked: asked >= {"Hard", "js", "no_temperature"}))
    assert faults(report) == []
    assert report.conventions["kl"] == ("teacher_student", "not asked")


@pytest.mark.proof
def test_what_is_normalised_inside_although_it_need_not_be_is_told():
    """A teacher that is normalised again gives the same, so the words of --input are not enough."""
    report = DISTILLATION.report(as_they_come(STUDENT, "return z", TEACHER, "return log_prob(y)"))
    assert report.conventions["input"] == ("log_probs", "found")
    assert faults(report) == []
    inside = [words for words in notes(report) if "normalised again" in words]
    assert [words.split("'")[0] for words in inside] == ["the teacher"]


@pytest.mark.proof
def test_lengths_that_change_nothing_are_not_found():
    report = DISTILLATION.report(DISTILL.mutant(LENGTH, "T = len(student)").function)
    assert report.conventions["lengths"] == ("numbers", "not asked")
    assert faults(report)[0].bug == "K6"


def reversed_kl(student, teacher, lengths, rule):
    names = {"kl": "reverse_kl", "reverse_kl": "kl"}
    divergence = names.get(rule["divergence"], rule["divergence"])
    return second(student, teacher, lengths, {**rule, "divergence": divergence})


def always_scaled(student, teacher, lengths, rule):
    return second(student, teacher, lengths, {**rule, "scale_t2": True})


@pytest.mark.proof
@pytest.mark.parametrize(
    ("function", "claims", "bug"),
    [
        (rounding(second, "float32"), {"dtype": "float64"}, "K17"),
        (reducing("mean_elements"), {"reduction": "sum"}, "K3"),
        (reducing("per_frame"), {"reduction": "none"}, "K3"),
        (second, {"kl": "student_teacher"}, "K1"),
        (reversed_kl, {}, "K1"),
        (always_scaled, {}, "K4"),
    ],
)
def test_another_convention_than_claimed_is_a_fault(function, claims, bug):
    assert DISTILLATION.bugs(function, claims)[0] == bug


@pytest.mark.proof
@pytest.mark.parametrize(
    ("function", "claims"),
    [(reversed_kl, {"kl": "student_teacher"}), (always_scaled, {"t2": "always"})],
)
def test_what_is_claimed_is_no_fault(function, claims):
    assert DISTILLATION.faults(function, claims) == []


@pytest.mark.proof
def test_single_precision_is_found_out():
    report = DISTILLATION.report(rounding(second, "float32"))
    assert report.conventions["dtype"] == ("float32", "found")


# What is wrong


@pytest.mark.proof
def test_a_wrong_temperature_behind_its_factor_is_described():
    wrong = DISTILL.mutant(
        *(STUDENT, 'return log_prob(z / rule["temperature"] ** 3)'),
        *(FACTORS, 'for_loss = for_grad = rule["temperature"] ** 5'),
    ).function

    def apart(rule):
        return (rule["temperature"] != 1.0) != rule["scale_t2"] or rule["rule"] != "FrameWise"

    (fault,) = DISTILLATION.faults(refusing(apart, wrong))
    assert fault.bug == "K5"
    assert "student logits divided by temperature^3, teacher logits by temperature" in fault.words
    assert "the loss times temperature^3" in fault.words


def test_pairs_of_another_shape_are_a_fault():
    def with_weights(*arguments):
        loss, grad, pairs, _ = second(*arguments)
        return loss, grad, np.hstack([pairs, np.ones((len(pairs), 1), int)])

    fault = DISTILLATION.faults(with_weights, case="probe_FrameWise")[0]
    assert "pairs: expected rows of 3 numbers, got" in fault.problem


@pytest.mark.proof
def test_indices_are_those_of_the_layout():
    def wrong(student, teacher, lengths, rule):
        turned = [logits.transpose(2, 0, 1) for logits in (student, teacher)]
        loss, grad, pairs, _ = second(*turned, lengths, rule)
        grad[1, 0, 3] += 1.0
        return loss, grad.transpose(1, 2, 0), pairs

    (fault,) = DISTILLATION.faults(wrong, {"layout": "NKT"}, case="probe_FrameWise")
    assert fault.deviation.index == (0, 3, 1)
    assert fault.deviation.layout


def masked_by(multiply, sum_of_padding=lambda padded: 0.0 * padded):
    """Frame by frame, over the padded batch; a mask multiplies or selects."""

    def distill(student, teacher, lengths, rule):
        T, N, _ = student.shape
        whole = second(student, teacher, np.full(N, T), rule)[1]
        loss, grad, pairs, _ = second(student, teacher, lengths, rule)
        inside = np.arange(T)[:, None] < lengths
        padded = np.where(inside, 0.0, student.sum(axis=2) + teacher.sum(axis=2))
        if multiply == "gradient":
            return loss, inside[:, :, None] * whole, pairs
        return loss + sum_of_padding(padded).sum(axis=0), grad, pairs

    def others(rule):
        return rule["rule"] != "FrameWise" or rule["blank_frames"] != "keep"

    return refusing(others, distill)


@pytest.mark.parametrize(
    ("multiply", "words"),
    [
        ("loss", "NaN in padded frames spreads to the loss or other frames"),
        ("gradient", "NaN in padded frames appears in their gradient"),
    ],
)
def test_nan_times_a_mask_is_a_note(multiply, words):
    report = DISTILLATION.report(masked_by(multiply))
    assert faults(report) == []
    assert any(note.startswith(words) for note in notes(report))


@pytest.mark.proof
def test_finite_padding_must_have_no_influence():
    (fault, *_) = DISTILLATION.faults(masked_by("loss", lambda padded: 1e-6 * padded))
    assert fault.case.startswith("pad") or "ragged" in fault.case or "tempting" in fault.case


@pytest.mark.proof
@pytest.mark.parametrize("third", [(1, 1), (1, 0), (0, 1)])
def test_the_dearest_of_three_moves_where_two_tie_is_a_fault(third):
    wrong = DISTILL.mutant(
        *(PATH, f"strict(seen, similar, {third})"),
        *(LAST_LINE, LAST_LINE + STRICT_PATH),
    )
    (fault, *_) = DISTILLATION.faults(wrong.function, {"rules": "OrderedPath"})
    assert (fault.bug, "tie" in fault.words) == ("K15", True)


@pytest.mark.proof
def test_a_factor_that_is_not_asked_for_is_described():
    wrong = refusing(lambda rule: rule["rule"] != "FrameWise", always_scaled)
    (fault,) = DISTILLATION.faults(wrong)
    assert (fault.bug, fault.words[:28]) == ("K4", "off by exactly temperature^2")


@pytest.mark.proof
def test_the_smallest_example_can_be_run_again():
    wrong = PLANTED["left long"].function
    (fault,) = DISTILLATION.faults(wrong)
    assert fault.words == "the window is one frame too long on the left"
    again = DISTILLATION.report(wrong, case=fault.case)
    assert again.asked == 1
    assert fault.words in faults(again)[0].words  # one case alone may have several explanations
    assert DISTILLATION.faults(second, case=fault.case) == []
    assert "student[:, 0]" in fault.example


@pytest.mark.proof
def test_a_gradient_that_reaches_the_teacher_is_named():
    (fault,) = DISTILLATION.faults(PLANTED["teacher learns"].function)
    assert (fault.bug, fault.deviation.output) == ("K8", "teacher_grad")


@pytest.mark.proof
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "bugs"), [("distill", []), ("distill_log_target", ["K7"]), ("kl_div", [])]
)
def test_the_findings_on_torch_are_these(name, bugs, dtype):
    """torch 2.13: kl_div of a log-target that is -inf is NaN; nothing else is wrong."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    from refkd.verify.adapters import torch_distill

    function = getattr(torch_distill, name)
    assert DISTILLATION.bugs(function, {"dtype": dtype}, Selection()) == bugs


# The reference


def flat(rule):
    """The rule without its options, and the options."""
    options = {name: rule[name] for name in OPTIONS}
    return rule_from_dict(
        {name: value for name, value in rule.items() if name not in OPTIONS}
    ), options


@pytest.mark.parametrize("name", [name for name in grid_names() if not name.startswith("Ordered")])
def test_the_reference_agrees_with_the_oracle(name):
    inputs = KIT.find(f"{name}/frames=4").inputs
    rule, options = flat(inputs["rule"])
    scale, blank_frames = options.pop("scale_t2"), options.pop("blank_frames")
    kind, temperature, blank = (options[key] for key in ("divergence", "temperature", "blank"))
    for student, teacher in zip(inputs["student"], inputs["teacher"], strict=True):
        chosen = oracle.select(student, teacher, rule, kind, temperature, blank_frames, blank)
        loss = oracle.loss_given(student, teacher, rule, chosen, kind, temperature, scale)
        assert_close(traced(student, teacher, inputs["rule"]).loss, loss, VALUE, name)


@pytest.mark.parametrize("name", [name for name in WORKED if not name.startswith("probe")])
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


def test_choices_of_grid_cases_are_clear_in_float32():
    for name in grid_names():
        if name.startswith(("Hard", "TopK", "PerTeacher")):
            assert clear(grid_case(name)), name


def test_every_bug_class_and_rule_has_a_case():
    cases = list(KIT.cases(Selection()))
    caught = {bug for case in cases for bug in case.bug_classes}
    assert caught >= {f"K{n}" for n in (1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)}
    assert {case.inputs["rule"]["rule"] for case in cases} == {
        facts["rule"] for facts in RULES.values()
    }
