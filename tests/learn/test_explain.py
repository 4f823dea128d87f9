"""Narrations: their numbers are those of the traces, and add up as their sentences say."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.refusals import sentence_of
from support.tex import DISPLAYED, TAG, prose_of, symbols
from tolerances import VALUE, assert_close

import refkd
from refkd.learn.explain import examples
from refkd.learn.explain.ctc import explain_ctc
from refkd.learn.explain.distill import explain_distill
from refkd.learn.explain.equations import EQUATIONS, page_of
from refkd.learn.explain.lstm import explain_lstm
from refkd.learn.explain.narration import Step, Table
from refkd.learn.explain.select import explain_select

pytestmark = pytest.mark.compiled_once
ROOT = Path(__file__).resolve().parents[2]
WINDOW = refkd.Window(2)
RULES = (
    refkd.FrameWise(),
    refkd.Shift(1),
    refkd.Blend([0.0, 0.5, 0.5]),
    refkd.Hard(WINDOW),
    refkd.TopK(WINDOW, 2, 0.3),
    refkd.Soft(WINDOW, 0.3),
    refkd.Monotone(WINDOW, 1),
    refkd.OrderedPath(WINDOW),
    refkd.PerTeacher(WINDOW),
)
DIVERGENCES = ("kl", "reverse_kl", "js", "cross_entropy")


def step_of(explanation, title):
    (step,) = [step for step in explanation.steps if step.title == title]
    return step


def cells(explanation, title, caption):
    """The cells of the only table whose caption begins so."""
    tables = step_of(explanation, title).tables
    (table,) = [table for table in tables if table.caption.startswith(caption)]
    return table


def rows(table):
    return dict(zip(table.rows, table.cells, strict=True))


def column(table, head):
    place = table.columns.index(head)
    return [row[place] for row in table.cells]


def numbers(row):
    return np.array([cell for cell in row if isinstance(cell, float)])


# --- equations -----------------------------------------------------------------------------------


# In plain text a few names are longer than in TeX, and a gate is written without its frame.
IN_TEX = {"logp": "y", "log_alpha": "alpha", "log_beta": "beta", "log_add": "logadd"}
IN_TEX |= {"weight(": "omega(", "max_step": "maxstep"}
NO_SYMBOLS = re.compile(
    r"(if|is|even|odd|else|neither|nor|and|of|over|the|with|at|first|sees|not|yet|selected|finite"
    r"|times|sum|min|max|log|tanh|inf|e|i|t|T)"
)


def symbols_of_plain(equation):
    """Letters and names of an equation as `refkd explain` prints it."""
    for plain, tex in IN_TEX.items():
        equation = equation.replace(plain, tex)
    equation = re.sub(r"\bd(?=[hcaWbxzD]\b|[hcaWxz]_)", "", equation)  # dh is the derivative in h
    return set(re.findall(r"[A-Za-z]+", equation))


@pytest.mark.parametrize("tag", EQUATIONS)
def test_an_equation_has_the_symbols_of_its_page(tag):
    page = prose_of((ROOT / page_of(tag)).read_text(encoding="utf-8"))
    [equation] = [tex for tex in DISPLAYED.findall(page) if tag in TAG.findall(tex)]
    plain = symbols_of_plain(EQUATIONS[tag])
    assert {word for word in plain ^ symbols(equation) if not NO_SYMBOLS.fullmatch(word)} == set()


NOTHING = np.zeros((2, 2))


@pytest.mark.parametrize(
    ("sentence", "call"),
    [
        ("equations: expected one of", (Step, "title", "Text.", ("C99",))),
        ("cells", (Table, "caption", "", ["one", "two"], ["head"], [[1.0]])),
        (
            "frames: expected some of the frames 0 to 1, got 6,9",
            (explain_ctc, NOTHING, [1], 0, None, range(6, 9)),
        ),
        ("rules: expected at least one rule, got none", (explain_select, NOTHING, NOTHING, [])),
    ],
)
def test_refusals(sentence, call):
    assert sentence_of(*call).startswith(sentence)


# --- CTC -----------------------------------------------------------------------------------------


def test_ctc_is_the_example_of_the_page():
    explanation = explain_ctc(np.log([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]]), [1], symbols=["-", "a"])
    alpha = [
        column(cells(explanation, f"alpha at frame {t}", f"log_alpha[{t}"), "alpha")
        for t in range(3)
    ]
    beta = [
        column(cells(explanation, f"beta at frame {t}", f"log_beta[{t}"), "beta") for t in range(3)
    ]
    assert_close(alpha, [[0.8, 0.2, 0.0], [0.4, 0.5, 0.1], [0.24, 0.36, 0.36]], VALUE)
    assert_close(beta, [[0.7, 0.8, 0.3], [0.4, 1.0, 0.6], [0.0, 1.0, 1.0]], VALUE)
    for way in ("forward", "backward"):
        table = cells(explanation, "The loss, both ways", way)
        assert_close(rows(table)["loss"], [-np.log(0.72), 0.72], VALUE)
        assert table.marked == {(2, 0)}
    grad = rows(cells(explanation, "The gradient in the logits", "y - occ"))
    assert_close(grad["a"], [0.2 - 2 / 9, 0.5 - 0.5 / 0.72, -0.1], VALUE)
    assert column(cells(explanation, "The best path", "spans"), "start") == [1]
    assert "0.3333 of all paths" in step_of(explanation, "The best path").text  # 0.24 / 0.72


@pytest.mark.parametrize("labels", [[1, 2], [1, 1], [2], [], [1, 2, 2]])
def test_ctc_tells_the_trace(labels):
    logits = np.random.default_rng(1).normal(size=(6, 4))
    explanation, trace = explain_ctc(logits, labels), refkd.ctc_trace(logits, labels)
    path = refkd.ctc_align(logits, labels)
    for t in range(6):
        alpha = cells(explanation, f"alpha at frame {t}", f"log_alpha[{t}")
        beta = cells(explanation, f"beta at frame {t}", f"log_beta[{t}")
        assert_close(column(alpha, "log_alpha"), trace.log_alpha[t], VALUE)
        assert_close(column(beta, "log_beta"), trace.log_beta[t], VALUE)
        if t > 0:  # what the moves bring, and the emission, is log_alpha
            for row, state in zip(alpha.cells, trace.log_alpha[t], strict=True):
                assert_close(np.logaddexp.reduce(numbers(row[:3])) + row[3], state, VALUE)
        if t < 5:
            for row, state in zip(beta.cells, trace.log_beta[t], strict=True):
                assert_close(np.logaddexp.reduce(numbers(row[:3])), state, VALUE)
    occupancy = cells(explanation, "Occupancy", "occupancy").cells
    assert_close(occupancy, trace.occupancy.T, VALUE)
    grad = cells(explanation, "The gradient in the logits", "y - occ").cells
    assert_close(grad, trace.grad.T, VALUE)
    totals = rows(cells(explanation, "The loss, both ways", "at every frame"))["-log total"]
    assert_close(totals, np.full(6, trace.loss), VALUE)
    emitted = rows(cells(explanation, "The best path", "path"))["emits"]
    assert emitted == tuple(map(str, path.frames))


def test_ctc_says_why_a_skip_is_not_allowed():
    explanation = explain_ctc(np.zeros((5, 3)), [1, 1, 2])
    skips = column(cells(explanation, "Labels with blanks", "states"), "skip from s-2")
    assert skips == [None, None, "no: blank", "no: repeat", "no: blank", "yes", "no: blank"]
    forward = column(cells(explanation, "alpha at frame 2", "log_alpha["), "skip s-2")
    onward = column(cells(explanation, "beta at frame 2", "log_beta["), "skip s+2")
    assert forward[3] == onward[1] == "no: repeat"
    assert isinstance(forward[5], float)
    assert isinstance(onward[3], float)
    assert onward[-2:] == [None, None]


def test_ctc_without_any_path_ends_with_the_loss():
    logits = np.array([[0.0, -np.inf], [0.0, -np.inf]])
    explanation = explain_ctc(logits, [1])
    assert explanation.steps[-1].title == "The loss, both ways"
    assert "No path" in explanation.steps[-1].text


def test_of_many_classes_the_others_are_one_row():
    logits = np.random.default_rng(0).normal(size=(5, 40))
    grad = cells(explain_ctc(logits, [7, 9]), "The gradient in the logits", "y - occ")
    assert grad.rows == ("0", "7", "9", "others")
    assert_close(np.sum(grad.cells, axis=0), np.zeros(5), VALUE)


def test_only_some_frames_are_told():
    logits = np.random.default_rng(2).normal(size=(6, 2))
    explanation = explain_ctc(logits, [1], frames=range(2, 4))
    titles = [step.title for step in explanation.steps if step.title.startswith(("alpha", "beta"))]
    assert titles == [f"{name} at frame {t}" for name, t in
                      (("alpha", 2), ("alpha", 3), ("beta", 3), ("beta", 2))]  # fmt: skip
    assert cells(explanation, "Occupancy", "occupancy").columns == ("t = 2", "t = 3")
    grad = cells(explanation, "The gradient in the logits", "y - occ")
    assert_close(grad.cells, refkd.ctc_trace(logits, [1]).grad[2:4].T, VALUE)
    assert {(k, n) for n, k in enumerate(np.argmin(grad.cells, axis=0))} == grad.marked


# --- LSTM ----------------------------------------------------------------------------------------


def test_lstm_is_the_example_of_the_page():
    params = refkd.LSTMParams(np.array([[0.0, 0, 1, 0]]), np.zeros((1, 4)), np.zeros(4))
    explanation = explain_lstm(params, [[1.0], [0.0], [0.0]])
    titles = [f"Frame {t}: cell and hidden state" for t in range(3)]
    c = [rows(cells(explanation, title, "c ="))["c"] for title in titles]
    assert_close(c, np.tanh(1.0) / np.array([[2.0], [4.0], [8.0]]), VALUE)
    pulled = rows(cells(explanation, "Backward, frame 0: hidden state and cell", "dc_t"))["dc_t"]
    last = (1 - np.tanh(np.tanh(1.0) / 8) ** 2) / 2
    assert_close(pulled, [last / 4], VALUE)
    inputs = cells(explanation, "Gradient in inputs and first state", "gradient").cells
    assert_close(inputs[0][0], last / 8 * (1 - np.tanh(1.0) ** 2), VALUE)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("units", [1, 2])
def test_lstm_tells_the_trace_and_the_gradient(units, reverse):
    params, inputs = examples.lstm_params(units), np.array([[1.0], [0.5], [-1.0], [2.0]])
    d_hidden = np.random.default_rng(0).normal(size=(4, units))
    explanation = explain_lstm(params, inputs, d_hidden, reverse)
    trace = refkd.lstm_trace(params, inputs, reverse=reverse)
    grads = refkd.lstm_grad(params, trace, d_hidden)
    bias = np.zeros(4 * units)
    for t in range(4):
        gates = rows(cells(explanation, f"Frame {t}: the gates", "gates"))
        i, f, g, o = np.split(trace.gates[t], 4)
        assert_close(gates["gate"], trace.gates[t], VALUE)
        opened = [1 / (1 + np.exp(-np.array(gates["a"]))), np.tanh(gates["a"])]
        is_candidate = np.repeat([False, False, True, False], units)
        assert_close(np.where(is_candidate, opened[1], opened[0]), trace.gates[t], VALUE)
        states = step_of(explanation, f"Frame {t}: cell and hidden state").tables
        assert_close(rows(states[0])["c"], trace.cell[t], VALUE)
        assert_close(f * rows(states[0])["c before"] + i * g, trace.cell[t], VALUE)
        assert_close(rows(states[1])["h"], trace.hidden[t], VALUE)
        assert_close(o * rows(states[1])["tanh c"], trace.hidden[t], VALUE)
        terms, passed = step_of(
            explanation, f"Backward, frame {t}: gates and the frame before"
        ).tables
        products = np.array([row[:3] for row in terms.cells]).prod(axis=1)
        assert_close(products, column(terms, "gradient"), VALUE)
        bias += column(terms, "gradient")
        pulled = cells(explanation, f"Backward, frame {t}: hidden state and cell", "dc_t")
        assert_close(f * rows(pulled)["dc_t"], rows(passed)["dc_next = dc_t f"], VALUE)
    assert_close(bias, grads.bias, VALUE)
    first = 3 if reverse else 0
    passed = step_of(explanation, f"Backward, frame {first}: gates and the frame before").tables[1]
    assert_close(passed.cells, [grads.c0, grads.h0], VALUE)
    weights = np.vstack([grads.w_input, grads.w_hidden, grads.bias])
    assert_close(explanation.steps[-1].tables[0].cells, weights, VALUE)
    inputs_told = cells(explanation, "Gradient in inputs and first state", "gradient").cells
    assert_close(inputs_told, grads.inputs.T, VALUE)


def test_lstm_in_reverse_walks_and_pulls_the_other_way():
    explanation = explain_lstm(examples.lstm_params(1), [[1.0], [0.0]], reverse=True)
    order = [step.title.split(":")[0] for step in explanation.steps if "rame" in step.title]
    assert order[::2] == ["Frame 1", "Frame 0", "Backward, frame 0", "Backward, frame 1"]
    above = cells(explanation, "Backward, frame 0: hidden state and cell", "dh_t")
    assert rows(above)["r_t"] == (1.0,)


# --- selection -----------------------------------------------------------------------------------


@pytest.fixture
def selection():
    late, teacher = examples.late_logits(), examples.teacher_logits()
    return explain_select(late, teacher, RULES, symbols=examples.SYMBOLS)


def test_late_costs_twice_what_silence_costs_frame_by_frame(selection):
    apart = 0.7 * np.log(8.0)  # nats between frames that say different things with 0.8
    losses = rows(selection.steps[-1].tables[0])
    assert_close(losses["FrameWise"][:2], [4 * apart, 2 * apart], VALUE)
    assert_close(losses["Hard"][:2], [0.0, 0.0], VALUE)
    assert losses["Hard"][2:] == ("2 of 2", "0 of 2")
    for rule in ("OrderedPath", "PerTeacher", "Monotone"):
        assert_close(losses[rule][:2], [0.0, 2 * apart], VALUE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_selection_tells_the_trace(rule, temperature):
    rng = np.random.default_rng(3)
    student, teacher = rng.normal(size=(2, 8, 4))
    explanation = explain_select(student, teacher, [rule], "js", temperature)
    trace = refkd.distill_trace(student, teacher, rule, "js", temperature)
    title = type(rule).__name__
    band, pairs = cells(explanation, title, "D(t, u)"), cells(explanation, title, "pairs")
    marked = {(int(band.rows[r][4:]), int(band.columns[n][4:])) for r, n in band.marked}
    assert marked == {(t, u) for t, u in trace.pairs.tolist()}
    told_pairs = [[int(t), u] for t, u in zip(pairs.rows, column(pairs, "u"), strict=True)]
    assert told_pairs == trace.pairs.tolist()
    assert column(pairs, "t - u") == trace.offset.tolist()
    assert column(pairs, "weight") == trace.pair_weight.tolist()
    for (t, u), cost in zip(trace.pairs.tolist(), column(pairs, "D"), strict=True):
        assert cost == trace.divergence[t, u - t + trace.window.left]
        assert band.cells[band.rows.index(f"t = {t}")][band.columns.index(f"u = {u}")] == cost
    total, loss = rows(cells(explanation, title, "over all")).values()
    assert loss == (trace.loss,)
    if not isinstance(rule, refkd.Soft | refkd.Blend):
        assert_close(total, loss, VALUE)


def test_a_silent_student_is_finite_where_the_teacher_rules_a_class_out():
    teacher = np.array([[0.0, -np.inf], [0.0, 2.0]])
    explanation = explain_select(np.zeros((2, 2)), teacher, [refkd.FrameWise()])
    assert np.isfinite(rows(explanation.steps[-1].tables[0])["FrameWise"][1])


# --- distillation --------------------------------------------------------------------------------


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_distillation_tells_the_gradient_and_its_terms(rule, divergence):
    rng = np.random.default_rng(5)
    student, teacher = rng.normal(size=(2, 5, 3))
    asked = {"divergence": divergence, "temperature": 2.0, "scale_t2": True}
    explanation = explain_distill(student, teacher, rule, **asked)
    trace = refkd.distill_trace(student, teacher, rule, **asked)
    for t in range(5):
        told_rows = rows(cells(explanation, f"The gradient at frame {t}", "gradient"))
        assert_close(told_rows["gradient"], trace.grad[t], VALUE)
        pulls = [row for head, row in told_rows.items() if head.startswith("pull")]
        if not isinstance(rule, refkd.Blend):
            assert len(pulls) == np.count_nonzero(trace.pairs[:, 0] == t)
            assert_close(np.sum([np.zeros(3), *pulls], axis=0), trace.grad[t], VALUE)
    if trace.target is not None:
        assert_close(cells(explanation, "The target", "target").cells, trace.target.T, VALUE)


def test_for_kl_the_pull_is_q_minus_p_over_the_temperature():
    teacher, student = np.log([[0.8, 0.2]]), np.log([[0.5, 0.5]])
    explanation = explain_distill(student, teacher, refkd.FrameWise(), temperature=2.0)
    terms = rows(cells(explanation, "The gradient at frame 0", "grad"))
    difference = np.subtract(terms["q"], terms["p at u = 0"])
    assert_close(terms["p at u = 0"], [2 / 3, 1 / 3], VALUE)  # square roots of 0.8 and 0.2
    assert_close(terms["pull of u = 0"], difference / 2, VALUE)
    assert "divided by temperature." in step_of(explanation, "The gradient at frame 0").text


@pytest.mark.parametrize(
    ("rule", "loss"),
    [
        (refkd.Soft(refkd.Window(1), 0.6), -0.6 * np.log(5 / 8)),
        (refkd.TopK(refkd.Window(1), 2, 0.6), 0.2 * 0.6 * np.log(4)),
        (refkd.Blend([0.2, 0.8]), 0.32 * np.log(1.6) + 0.68 * np.log(0.85)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_three_numbers_for_one_weighted_sum(rule, loss):
    both = np.log([[0.2, 0.8], [0.2, 0.8]])
    explanation = explain_distill(both, np.log([[0.2, 0.8], [0.8, 0.2]]), rule)
    first, total, mixture = cells(explanation, "Three numbers for one weighted sum", "over").cells
    assert_close(first, [loss], VALUE)
    assert_close(total, [0.2 * 0.6 * np.log(4)], VALUE)
    assert_close(mixture, [0.32 * np.log(1.6) + 0.68 * np.log(0.85)], VALUE)


def test_the_weighted_sum_is_scaled_as_the_loss_is():
    rng = np.random.default_rng(7)
    asked = RULES[4], "js", 2.0, True, "drop_selected"
    explanation = explain_distill(*rng.normal(size=(2, 4, 3)), *asked)
    loss, total, _ = cells(explanation, "Three numbers for one weighted sum", "over").cells
    assert_close(total, loss, VALUE)


def test_rules_without_weights_have_no_target_and_one_number():
    explanation = explain_distill(np.zeros((2, 2)), np.zeros((2, 2)), refkd.Hard(WINDOW))
    titles = [step.title for step in explanation.steps]
    assert not {"The target", "Three numbers for one weighted sum"} & set(titles)


def test_what_temperature_and_blank_frames_would_change():
    student, teacher = examples.short_late_logits(), examples.short_teacher_logits()
    rule = refkd.OrderedPath(refkd.Window(1))
    explanation = explain_distill(student, teacher, rule, temperature=3.0)
    table = cells(explanation, "What the temperature does", "over")
    assert table.rows == ("1", "2", "3", "4")
    for head, row in rows(table).items():
        trace = refkd.distill_trace(student, teacher, rule, temperature=float(head))
        largest = np.abs(trace.grad).max()
        scale = float(head) ** 2
        assert_close(row, [trace.loss, largest, scale * trace.loss, scale * largest], VALUE)
    options = rows(cells(explanation, "What may become of blank frames", "blank"))
    assert options["no_blank_candidates"] == ("refused", None, None)
    assert options["keep"][0] > options["drop_selected"][0] == 2


def test_a_frame_without_pairs_learns_nothing():
    explanation = explain_distill(np.zeros((2, 2)), np.eye(2), refkd.Shift(1))
    assert step_of(explanation, "The gradient at frame 0").text.startswith("No pair")


def test_titles_and_sentences_end_as_they_should(selection):
    ctc = explain_ctc(examples.ctc_logits(), [1, 2])
    for step in (*selection.steps, *ctc.steps):
        assert re.fullmatch(r"[A-Za-z].*[^.]", step.title)
        assert step.text.endswith((".", ")"))
