"""The LSTM kit: cases, conventions, refusals, shrinking. What it names: test_verify_proof."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutants.lstm import HEAD, LSTM, MASKED, SEEN, TAIL, after, before
from oracles import lstm as oracle
from oracles.derivative import complex_step
from support.verify import QUICK, Verifier, faults, notes, values
from tolerances import GRADIENT, Tolerance, assert_close

from refkd.check import ArgumentError
from refkd.verify.adapters import numpy_lstm
from refkd.verify.compare import TOLERANCES, worst_deviation
from refkd.verify.kits import kit_named
from refkd.verify.lstm.conventions import GATES, GRADIENTS, STATES
from refkd.verify.lstm.defects import DEFECTS
from refkd.verify.lstm.plain import plain_lstm
from refkd.verify.lstm.recipe import Recipe
from refkd.verify.lstm.reduce import reduced
from refkd.verify.lstm.translate import PADDING_VALUE

pytestmark = pytest.mark.compiled_once

KIT = kit_named("lstm")
LAYER = Verifier(KIT)
REFUSED = "if {}:\n        raise ValueError('not offered')"
NAN = "NaN in padded frames of inputs"
USUAL = {
    convention.name: convention.tried({})[0]
    for convention in KIT.conventions
    if convention.decides != "later"
}
CASES = {case.name: case for case in KIT.cases(QUICK)}
PUBLISHED = [name for name, case in CASES.items() if case.expected is not None]


def presented(case, **conventions):
    return KIT.present(case, USUAL | conventions)


def named(values):
    """Results by name, without those of variants that are not there."""
    pairs = zip(KIT.canonical, values, strict=False)
    return {name: value for name, value in pairs if value is not None}


# --- what is right -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_plain_lstm_agrees_with_the_compiled_one(name):
    arguments = presented(CASES[name])
    reference = KIT.reference(CASES[name], arguments, USUAL)
    tolerance = CASES[name].tolerance or TOLERANCES["float64"]
    assert worst_deviation(named(plain_lstm(*arguments.values())), reference, tolerance) is None


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_others_say_is_what_the_plain_lstm_says(name):
    case = CASES[name]
    outputs = named(plain_lstm(*presented(case).values()))
    allowed = case.tolerance or TOLERANCES["float64"]
    for output, expected in case.expected.items():
        assert_close(outputs[output], expected, Tolerance(allowed.rtol, allowed.atol), output)


def test_hand_worked_and_published_cases_are_there():
    sources = {CASES[name].provenance.split(":")[0] for name in PUBLISHED}
    assert sources == {"hand", "published"}
    assert {"torch_cpp_rnn_values", "keras_default", "keras_go_backwards"} < set(PUBLISHED)


def test_the_adapter_to_copy_is_right():
    report = LAYER.report(numpy_lstm.lstm)
    assert report.exit_code == 0
    assert values(report)["returned"] == "states"


def test_a_right_implementation_passes():
    report = LAYER.report(plain_lstm)
    assert report.exit_code == 0
    assert report.asked == report.agreed == len(CASES)
    assert values(report)["weights"] == "columns"
    (note,) = report.findings
    assert note.words == "an utterance without frames gives its first state as its last"


# --- conventions ---------------------------------------------------------------------------------


def in_gates(array, gates, back=False):
    """From our order of gates to another one in the last axis, or back."""
    blocks = array.reshape(*array.shape[:-1], 4, -1)
    order = [GATES.index(gate) for gate in gates]
    return blocks[..., np.argsort(order) if back else order, :].reshape(array.shape)


def onnx(x, lengths, w_x, w_h, b_x, b_h, h0, c0, reverse, *above):
    """Gates i, o, f, g in rows, two biases."""
    weights = [in_gates(array, "iofg", back=True) for array in (w_x.T, w_h.T, b_x, b_h)]
    outputs = plain_lstm(x, lengths, *weights, h0, c0, reverse, *above)
    d_x, d_h, *d_b = (in_gates(array, "iofg") for array in outputs[4:8])
    return (*outputs[:4], d_x.T, d_h.T, *d_b, *outputs[8:])


def keras_behind_a_mask(x, lengths, w_x, w_h, b, no_bias, h0, c0, reverse, *above):
    """The whole padded array is walked backward: outputs of padded frames come first."""
    hidden, *last = plain_lstm(x, lengths, w_x, w_h, b, 0 * b, h0, c0, reverse, *above)[:3]
    return hidden[::-1] if reverse else hidden, *last


def keras(x, lengths, w_x, w_h, b, no_bias, h0, c0, reverse, *above):
    """Batch first, one bias, hidden as walked, and held in padded frames; no gradient."""
    assert no_bias is None
    x, zero = x.swapaxes(0, 1), np.zeros_like(b)
    above = [above[0].swapaxes(0, 1), *above[1:]]
    hidden, *last = plain_lstm(x, lengths, w_x, w_h, b, zero, h0, c0, reverse, *above)[:3]
    for n, T in enumerate(lengths):
        hidden[:T, n] = hidden[:T, n][::-1] if reverse else hidden[:T, n]
        hidden[T:, n] = hidden[max(T - 1, 0), n]
    return hidden.swapaxes(0, 1), *last


def basic_lstm_cell(x, lengths, w_x, w_h, b, no_bias, *rest):
    """Gates i, g, f, o, one bias, to which 1 is added for the forget gate."""
    H = len(w_h)
    b = in_gates(b, "igfo", back=True)
    b = b + (np.arange(4 * H) // H == 1)
    w_x, w_h = (in_gates(array, "igfo", back=True) for array in (w_x, w_h))
    outputs = list(plain_lstm(x, lengths, w_x, w_h, b, 0 * b, *rest))
    outputs[4:7] = (in_gates(array, "igfo") for array in outputs[4:7])
    outputs[7] = None
    return tuple(outputs)


@pytest.mark.parametrize(
    ("function", "claims", "conventions"),
    [
        (onnx, {}, {"gates": "iofg", "weights": "rows", "biases": "two", "layout": "TND"}),
        (
            keras,
            {},
            {
                "gates": "ifgo",
                "weights": "columns",
                "biases": "one",
                "layout": "NTD",
                "returned": "states",
                "reversed": "as_walked",
                "padding": "held",
            },
        ),
        (
            basic_lstm_cell,
            {"forget_bias": "added"},
            {"gates": "igfo", "biases": "one", "returned": "all"},
        ),
    ],
)
def test_conventions_are_found(function, claims, conventions):
    report = LAYER.report(function, claims)
    assert conventions.items() <= values(report).items()
    assert report.exit_code == 0, report.findings


@pytest.mark.proof
@pytest.mark.parametrize(
    ("claims", "known"),
    [({}, "found"), ({"reversed": "as_walked_padded"}, "told")],
)
def test_outputs_of_padded_frames_may_come_first(claims, known):
    report = LAYER.report(keras_behind_a_mask, claims)
    assert report.conventions["reversed"] == ("as_walked_padded", known)
    assert report.exit_code == 0, report.findings
    assert report.asked == report.agreed


def test_outputs_of_padded_frames_first_are_a_fault_where_the_last_frame_was_told():
    report = LAYER.report(keras_behind_a_mask, {"reversed": "as_walked"})
    assert [fault.bug for fault in faults(report)] == ["L5"]


@pytest.mark.proof
def test_a_bias_that_is_not_sent_is_no_convention_if_it_is_used_wrongly():
    """With one bias this layer is right; asked with a second one, it takes it in another order."""

    def second_bias_in_another_order(x, lengths, w_x, w_h, b_x, b_h, *rest):
        b_h = 0 * b_x if b_h is None else in_gates(b_h, "figo")
        return plain_lstm(x, lengths, w_x, w_h, b_x, b_h, *rest)[:3]

    report = LAYER.report(second_bias_in_another_order)
    assert values(report)["biases"] == "two"
    assert {fault.bug for fault in faults(report)} == {"L1"}


@pytest.mark.proof
def test_a_forget_bias_that_nobody_told_of_is_a_bug():
    report = LAYER.report(basic_lstm_cell)
    assert report.exit_code == 1
    assert "L3" in {finding.bug for finding in report.findings}


def test_other_gates_than_told_are_a_bug():
    report = LAYER.report(onnx, {"gates": "ifgo"})
    fault = report.findings[0]
    assert (fault.bug, fault.level) == ("L1", "must")
    assert "i, o, f, g, as in ONNX" in fault.words


@pytest.mark.proof
def test_single_precision_is_found():
    def single(*arguments):
        return tuple(array.astype(np.float32) for array in plain_lstm(*arguments))

    assert values(LAYER.report(single))["dtype"] == "float32"


def test_no_backward_direction():
    forward_only = LSTM.mutant(HEAD, before(REFUSED.format("reverse"))).function
    report = LAYER.report(forward_only)
    assert values(report)["reversed"] == "refused"
    assert report.exit_code == 0
    assert report.asked < len(CASES)
    assert "the backward direction is refused: ValueError: not offered" in notes(report)


@pytest.mark.proof
def test_one_refused_case_is_no_missing_direction():
    refusing_some = before(REFUSED.format("reverse and (lengths == 4).all()"))
    report = LAYER.report(LSTM.mutant(HEAD, refusing_some).function)
    assert values(report)["reversed"] == "in_place"
    assert report.exit_code == 1


@pytest.mark.proof
def test_utterances_that_must_be_equally_long():
    def equal(inputs, lengths, *rest):
        return plain_lstm(inputs, np.full_like(lengths, len(inputs)), *rest)

    report = LAYER.report(equal, {"lengths": "equal"})
    assert report.exit_code == 0
    assert report.conventions["padding"] == ("any", "not asked")
    assert LAYER.report(equal).exit_code == 1


def test_what_is_not_returned_is_said():
    def some(*arguments):
        return (*plain_lstm(*arguments)[:-1], None)

    report = LAYER.report(some)
    assert report.exit_code == 0
    assert "not returned, so not compared: d_c0" in notes(report)


@given(
    st.permutations(GATES), st.sampled_from(["TND", "NTD"]), st.sampled_from(["rows", "columns"])
)
def test_there_and_back(gates, layout, weights):
    """What is sent comes back as it was, if the implementation only hands it on."""
    case = CASES["ragged_reversed"]
    how = USUAL | {"gates": "".join(gates), "layout": layout, "weights": weights}
    how |= {"reversed": "as_walked"}
    arguments = KIT.present(case, how)
    sent = KIT.translate(case, arguments, how).arguments
    outputs = {name: sent[name.removeprefix("d_")] for name in GRADIENTS}
    outputs |= {"hidden": sent["d_hidden"], "h_last": sent["h0"], "c_last": sent["c0"]}
    restored = KIT.restore(outputs, arguments, how)
    for name in GRADIENTS:
        np.testing.assert_array_equal(restored[name], arguments[name.removeprefix("d_")])
    np.testing.assert_array_equal(restored["hidden"], arguments["d_hidden"])


def test_shapes_are_told_in_the_layout_of_the_implementation():
    arguments = presented(CASES["some_frames"])
    how = USUAL | {"layout": "NTD", "weights": "rows"}
    outputs = named(plain_lstm(*arguments.values()))
    with pytest.raises(ValueError, match=r"hidden: expected shape \(N, T, H\) = \(3, 4, 2\)"):
        KIT.restore(outputs, arguments, how)
    outputs |= {"hidden": np.zeros((3, 4, 2)), "d_inputs": np.zeros((3, 4, 5))}
    with pytest.raises(ValueError, match=r"d_w_input: expected shape \(4H, D\) = \(8, 5\)"):
        KIT.restore(outputs, arguments, how)


def turned(inputs, *rest):
    hidden, *last = plain_lstm(inputs, *rest)[:3]
    return hidden.swapaxes(0, 1), *last


def turned_rows(inputs, lengths, w_x, w_h, *rest):
    return turned(inputs, lengths, w_x.T, w_h.T, *rest)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("function", "claims"), [(turned, {}), (turned, {"weights": "columns"}), (turned_rows, {})]
)
def test_outputs_of_another_shape_are_no_diagnosis(function, claims):
    sentence = "hidden: expected shape (T, N, H) = (4, 3, 2), got (3, 4, 2), which is (N, T, H)"
    with pytest.raises(ArgumentError, match=re.escape(sentence)):
        LAYER.report(function, claims)


def onnx_without_peer(*arguments):
    """The gradient of the first weight of the output gate is off; gates i, o, f, g in rows."""
    outputs = onnx(*arguments)
    outputs[4][len(arguments[7].T), 0] += 1.0
    return outputs


@pytest.mark.proof
def test_places_and_numbers_are_those_of_the_implementation():
    report = LAYER.report(onnx_without_peer)
    (fault,) = faults(report)
    units = int(re.search(r" H=(\d+)", fault.example)[1])
    assert (fault.deviation.output, fault.deviation.index) == ("d_w_input", (units, 0))
    assert fault.deviation.layout != ""
    case = dataclasses.replace(CASES["one_unit"], name="")
    how = USUAL | {"gates": "iofg", "weights": "rows", "biases": "one", "layout": "NTD"}
    printed = KIT.example(KIT.present(case, how), how)
    i, f, g, o = (case.inputs["bias"] + case.inputs["bias_hidden"]).tolist()
    assert f"bias = {[i, o, f, g]}" in printed
    assert f"w_hidden = {case.inputs['w_hidden'][:, [0, 3, 1, 2]].T.tolist()}" in printed
    assert "bias_hidden" not in printed


# --- variants ------------------------------------------------------------------------------------

VARIANTS = {
    "peepholes": ("peepholes",),
    "projection": ("w_projection",),
    "coupled": ("coupled",),
    "cell_clip": ("cell_clip",),
    "gate_clip": ("gate_clip",),
    "peepholes,projection,coupled": ("peepholes", "w_projection", "coupled"),
    "peepholes,cell_clip,gate_clip": ("peepholes", "cell_clip", "gate_clip"),
}


def as_adapter(variants):
    """The plain LSTM with these variants; it takes what it is told of."""
    names = KIT.signature({"variants": variants})[0]

    def lstm(*values):
        arguments = dict(zip(names, values, strict=True)) | {"coupled": "coupled" in variants}
        return plain_lstm(*map(arguments.get, KIT.canonical_arguments))

    return lstm


@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("variants", ["none", *VARIANTS])
def test_gradients_by_the_complex_step(variants, reverse):
    case = Recipe(3, 4, 1, 5, bool(reverse), (4,)).case()
    arguments = presented(case, variants=variants)
    results = KIT.reference(case, arguments, USUAL | {"variants": variants})

    def scalar(name, value):
        values = arguments | {name: value}
        P, weights = len(values["w_hidden"]), ("w_input", "w_hidden")
        special = {name: values[name] for name in VARIANTS.get(variants, ())}
        if "peepholes" in special:
            special["peepholes"] = values["peepholes"].reshape(3, -1)
        assert (2 if "projection" in variants else 4) == P
        hidden, cell, _ = oracle.lstm(
            *(values[name] for name in weights),
            values["bias"] + values["bias_hidden"],
            values["inputs"][:, 0],
            values["h0"][0],
            values["c0"][0],
            bool(reverse),
            **special,
        )
        last = 0 if reverse else -1
        pulled = values["d_h_last"][0] @ hidden[last] + values["d_c_last"][0] @ cell[last]
        return (values["d_hidden"][:, 0] * hidden).sum() + pulled

    gradients = [name for name in results if name.startswith("d_")]
    assert len(gradients) == 7 + len({"peepholes", "w_projection"} & {*VARIANTS.get(variants, ())})
    for gradient in gradients:
        name = gradient.removeprefix("d_")
        right = complex_step(lambda value, name=name: scalar(name, value), arguments[name])
        assert_close(results[gradient], right, GRADIENT, gradient)


@pytest.mark.parametrize(
    "variants",
    [
        "projection",
        pytest.param("peepholes,cell_clip", marks=pytest.mark.proof),
        pytest.param("coupled,gate_clip", marks=pytest.mark.proof),
    ],
)
def test_variants_are_asked_if_told(variants):
    claims = {"variants": variants}
    report = LAYER.report(as_adapter(variants), claims)
    assert report.conventions["variants"] == (variants, "told")
    assert report.exit_code == 0, report.findings


def test_peepholes_follow_the_order_of_the_gates():
    """As in ONNX: P is i, o, f where the weights are i, o, f, g."""
    arguments = KIT.present(CASES["some_frames"], USUAL | {"variants": "peepholes"})
    how = USUAL | {"variants": "peepholes", "gates": "iofg"}
    i, f, o = arguments["peepholes"].reshape(3, -1)
    sent = KIT.translate(CASES["some_frames"], arguments, how).arguments["peepholes"]
    np.testing.assert_array_equal(sent, np.concatenate([i, o, f]))


@pytest.mark.proof
def test_a_variant_that_is_told_and_not_there_is_a_fault():
    claims = {"variants": "coupled"}
    report = LAYER.report(plain_lstm, claims)
    (fault,) = faults(report)
    assert fault.bug == "L10"
    assert fault.words == "--variants coupled was given (f = 1 - i), but detected: none"


@pytest.mark.proof
def test_known_defects_of_variants_are_named():
    def without_second_bias(*arguments):
        return as_adapter("projection")(*arguments[:5], 0 * arguments[5], *arguments[6:])

    claims = {"variants": "projection", "biases": "two"}
    report = LAYER.report(without_second_bias, claims)
    assert "L2" in {fault.bug for fault in faults(report)}


@pytest.mark.proof
def test_every_defect_has_the_shapes_of_every_variant():
    for variants in VARIANTS:
        for name in ("odd_sizes", "one_frame", "ragged_reversed"):
            arguments = presented(KIT.find(name), variants=variants)
            for defect in DEFECTS:
                outputs = named(defect.compute(*map(arguments.get, KIT.canonical_arguments)))
                KIT.restore(
                    outputs,
                    arguments,
                    USUAL | {"variants": variants, "weights": "columns", "returned": "all"},
                )


# --- how cases are laid out ----------------------------------------------------------------------


def test_padding_is_poisoned():
    arguments = presented(CASES["ragged_with_nan_behind"])
    assert np.isnan(arguments["inputs"][1:, 2]).all()
    assert np.isfinite(arguments["inputs"][:, 1]).all()


def test_padding_has_many_shapes_and_nothing_of_it_is_an_input():
    padded = [case for case in CASES.values() if KIT.can_show("L6", case, USUAL)]
    assert {1, 2, 5} <= {case.layout.get("extra_frames", 0) for case in padded}
    for reverse in (0, 1):
        own = [case for case in padded if case.inputs["reverse"] == reverse]
        rubbish = [np.array(case.layout.get("padding", PADDING_VALUE)) for case in own]
        assert any(np.isnan(rubbish))
        assert any(abs(value) > 1e20 for value in rubbish)
        assert any(case.layout.get("upstream_padding", 0.0) != 0.0 for case in own)
    for case in padded:
        arguments, half = presented(case), presented(case, dtype="float16")
        assert all(
            np.abs(frames).max() < PADDING_VALUE for frames in case.inputs["inputs"] if frames.size
        ) or (case.provenance != "reference")
        behind = np.arange(len(arguments["inputs"]))[:, None] >= arguments["lengths"]
        assert not np.isinf(half["inputs"][behind]).any()


def test_memory_and_integers_arrive():
    def seen(inputs, lengths, *rest):
        kinds.add((inputs.flags.c_contiguous, lengths.dtype.name))
        return plain_lstm(inputs, lengths, *rest)

    kinds = set()
    LAYER.report(seen)
    assert kinds == {(True, "int64"), (False, "int64"), (True, "int32")}


def test_inputs_are_exact_in_every_dtype():
    for case in CASES.values():
        if case.provenance in ("reference", "generated"):
            case = dataclasses.replace(case, layout={})
            half = KIT.present(case, USUAL | {"dtype": "bfloat16"})
            for name, value in presented(case).items():
                np.testing.assert_array_equal(value, half[name], (case.name, name))


# --- smaller cases -------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.lists(st.integers(1, 5), min_size=1))
def test_a_recipe_is_its_name(D, H, reverse, lengths):
    recipe = Recipe(D, H, 2, 11, reverse, tuple(lengths))
    assert Recipe.from_name(recipe.name) == recipe


def test_the_first_units_keep_their_weights():
    case = KIT.find("some_frames/units=1")
    whole = CASES["some_frames"].inputs
    assert case.inputs["w_hidden"].tolist() == [whole["w_hidden"][0, ::2].tolist()]
    assert case.inputs["bias"].tolist() == whole["bias"][::2].tolist()


def test_one_utterance_alone_keeps_its_padding():
    case = reduced(CASES["ragged_reversed"], "only=1")
    assert presented(case)["inputs"].shape == (4, 1, 5)
    assert presented(reduced(case, "padded=1"))["inputs"].shape == (3, 1, 5)
    assert presented(reduced(case, "padded=0"))["inputs"].shape == (2, 1, 5)


def test_of_two_such_steps_the_last_is_named():
    case = reduced(reduced(CASES["some_frames"], "frames=3"), "frames=2")
    assert case.name == "some_frames/frames=2"


@pytest.mark.proof
def test_the_smallest_example_is_printed_whole():
    report = LAYER.report(lambda *arguments: (*plain_lstm(*arguments)[:-1], 0 * arguments[7]))
    (fault,) = faults(report)
    assert fault.words == "the gradient of c0 is zero"
    assert fault.example.startswith("T=1 N=1 D=1 H=1, forward, lengths [1]\n")
    assert fault.deviation.output == "d_c0"


# --- acceptable ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            HEAD,
            before(REFUSED.format("not lengths.all()")),
            "an utterance without frames is refused",
        ),
        pytest.param(
            HEAD,
            before(REFUSED.format("np.isnan(x).any()")),
            f"{NAN} is refused",
            marks=pytest.mark.proof,
        ),
        (SEEN, MASKED, f"{NAN} spreads to other frames"),
        (
            TAIL,
            after("dx[step >= lengths] += 0 * x[step >= lengths]"),
            f"{NAN} comes back in padded",
        ),
    ],
)
def test_what_is_acceptable_is_a_note(old, new, words):
    report = LAYER.report(LSTM.mutant(old, new).function)
    assert report.exit_code == 0
    assert any(note.startswith(words) for note in notes(report))


# Only the last state of utterances behind which there are such numbers is wrong
READ_BEHIND = """behind = (np.abs(x) >= {}) & (step >= lengths)[..., None]
    hn = np.where(behind.any(axis=(0, 2))[:, None], 0.5, hn)"""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("h0[:] = hn", "the argument h0 is overwritten"),
        pytest.param(READ_BEHIND.format(1e20), "", marks=pytest.mark.proof),
        pytest.param(READ_BEHIND.format(PADDING_VALUE), "", marks=pytest.mark.proof),
        pytest.param("hn = hn + np.isnan(x).any()", "", marks=pytest.mark.proof),
    ],
)
def test_what_is_read_or_written_wrongly_is_a_fault(lines, words):
    fault = LAYER.faults(LSTM.mutant(TAIL, after(lines)).function)[0]
    assert fault.words.startswith(words)


@pytest.mark.parametrize(
    ("bug", "name", "shown"),
    [
        ("L3", "one_frame_from_zero", False),
        ("L3", "one_frame_from_some_cell", True),
        ("L4", "one_frame_from_zero/no=d_hidden/no=d_h_last/no=d_c_last", False),
        ("L4", "some_frames", True),
        ("L5", "one_frame_reversed", False),
        ("L5", "some_frames", False),
        ("L5", "some_frames_reversed", True),
        ("L6", "some_frames", False),
        ("L6", "ragged", True),
        ("L6", "padded_by_one_frame/only=0", True),
        ("L7", "pulled_nowhere", False),
        ("L8", "pulled_nowhere", False),
        ("L8", "pulled_at_the_outputs", True),
        ("L11", "one_utterance", False),
        ("L11", "one_frame", False),
        ("L11", "some_frames", True),
        ("L12", "some_frames", False),
        ("L12", "inputs_of_1000", True),
        ("L12", "huge_numbers_behind", True),
        ("L12", "ragged_with_nan_behind", False),
        ("L13", "some_frames_from_zero", False),
        ("L13", "one_frame_from_some_cell", True),
        ("G10", "strided", True),
        ("G10", "strided/plain", False),
        ("L1", "some_frames", True),
    ],
)
def test_what_an_example_can_show(bug, name, shown):
    assert KIT.can_show(bug, KIT.find(name), USUAL) == shown


def test_traits_are_of_the_classes_that_a_case_can_show():
    for case in CASES.values():
        for trait, bug in KIT.traits(case).items():
            assert not bug or KIT.can_show(bug, case, USUAL), (case.name, trait)


def test_outcomes_of_half_precision_leave_long_cases_out():
    long = dataclasses.replace(CASES["frames_300"], inputs=KIT.find("frames_2000").inputs)
    later = {"reversed": "in_place", "padding": "any"}
    assert KIT.concerns(long, USUAL | later)
    assert not KIT.concerns(long, USUAL | later | {"dtype": "float16"})


def test_states_come_first():
    assert tuple(KIT.results)[: len(STATES)] == KIT.forward
