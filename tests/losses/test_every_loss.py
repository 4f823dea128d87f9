"""What holds of every loss: rubbish in memory, other dtypes, batches, and what it refuses."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import parts
from support.memory import with_rubbish
from support.refusals import sentence_of
from support.strategies import ctc_batches, ctc_cases, distill_batches, distill_cases, guided_cases
from tolerances import RESCALED, VALUE, Tolerance, assert_close

import refkd

INF, NAN = math.inf, math.nan
EXACT = Tolerance(0.0, 0.0)


def ragged(*sequences):
    return refkd.Ragged.from_list(list(sequences))


def assert_same_parts(first, second):
    """Results or arguments in which every array and number is the same."""
    first, second = dict(parts(first)), dict(parts(second))
    assert first.keys() == second.keys()
    for place, part in first.items():
        np.testing.assert_array_equal(part, second[place], err_msg=str(place))


def align_if_possible(*arguments):
    return refkd.ctc_align(*arguments) if refkd.ctc_loss(*arguments)[0] < INF else None


def ctc_arguments(case):
    return case.logits, case.labels, case.blank


def distill_arguments(case):
    return case.student, case.teacher, case.rule, *case.options().values()


def ctc_utterances(cases):
    """Columns of arguments, a row for each utterance, and the arguments that all share."""
    return [case.logits for case in cases], [case.labels for case in cases], (cases[0].blank,)


def distill_utterances(batch):
    case, students, teachers = batch
    return students, teachers, distill_arguments(case)[2:]


@st.composite
def guided_utterances(draw):
    """Up to four utterances of different lengths with one vocabulary and one blank."""
    K = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    models, guides, blanks = zip(*(draw(guided_cases(T, K)) for T in lengths), strict=True)
    return models, guides, blanks[:1]


BATCHES = {  # the loss of a batch, that of an utterance, and how close they are
    "ctc": (refkd.ctc_loss_batch, refkd.ctc_loss, ctc_batches().map(ctc_utterances), RESCALED),
    "distill": (
        refkd.distill_loss_batch,
        refkd.distill_loss,
        distill_batches().map(distill_utterances),
        VALUE,
    ),
    "guided": (refkd.guided_loss_batch, refkd.guided_loss, guided_utterances(), EXACT),
}
CASES = {
    "ctc_trace": (refkd.ctc_trace, ctc_cases(masked=True).map(ctc_arguments)),
    "ctc_align": (align_if_possible, ctc_cases(masked=True).map(ctc_arguments)),
    "distill_trace": (refkd.distill_trace, distill_cases().map(distill_arguments)),
    "guided_loss": (refkd.guided_loss, guided_cases()),
} | {
    f"{name} batch": (
        batch,
        utterances.map(lambda columns: (ragged(*columns[0]), ragged(*columns[1]), *columns[2])),
    )
    for name, (batch, _, utterances, _) in BATCHES.items()
}


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_results_do_not_depend_on_what_was_in_memory_and_arguments_are_left_alone(name, data):
    function, strategy = CASES[name]
    arguments = data.draw(strategy)
    before = copy.deepcopy(arguments)
    first = with_rubbish(NAN, function, *arguments)
    assert_same_parts(first, with_rubbish(1e3, function, *arguments))
    assert_same_parts(arguments, before)


@pytest.mark.parametrize("name", BATCHES)
@given(data=st.data())
def test_a_batch_is_its_utterances(name, data):
    batch, single, utterances, tolerance = BATCHES[name]
    first, second, shared = data.draw(utterances)
    losses, grads = batch(ragged(*first), ragged(*second), *shared)
    assert losses.shape == (len(first),)
    assert losses.dtype == grads.values.dtype == np.float64
    assert grads.lengths.tolist() == [len(frames) for frames in first]
    for n, pair in enumerate(zip(first, second, strict=True)):
        loss, grad = single(*pair, *shared)
        assert_close(losses[n], loss, tolerance)
        assert_close(grads[n], grad, tolerance)
        assert losses[n] >= 0.0 or name == "guided"


SINGLE = np.random.default_rng(2).normal(size=(2, 6, 8)).astype(np.float32)[:, :, ::2]  # strided


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (refkd.ctc_loss, (SINGLE[0], np.array([1, 2], dtype=np.uint8))),
        (refkd.ctc_loss, ([[1, 2], [0, 5]], np.array([1], dtype=np.int32))),
        (refkd.distill_loss, (*SINGLE, refkd.Hard(refkd.Window(2, 0)))),
        (refkd.guided_loss, tuple(SINGLE)),
    ],
    ids=["ctc", "ctc of whole numbers", "distill", "guided"],
)
def test_other_dtypes_and_lists_are_computed_in_float64(function, arguments):
    wide = [np.asarray(part, float) if np.ndim(part) == 2 else part for part in arguments]
    loss, grad = function(*arguments)
    expected, expected_grad = function(*wide)
    assert isinstance(loss, float)
    assert grad.dtype == np.float64
    assert loss == expected
    np.testing.assert_array_equal(grad, expected_grad)
    listed = [part.tolist() if np.ndim(part) == 2 else part for part in wide]
    assert function(*listed)[0] == expected


def test_a_batch_of_float32_is_computed_in_float64():
    loss, grad = refkd.guided_loss(*SINGLE.astype(np.float64))
    losses, grads = refkd.guided_loss_batch(*(ragged(part) for part in SINGLE))
    assert losses.tolist() == [loss]
    np.testing.assert_array_equal(grads.values, grad)


# --- errors --------------------------------------------------------------------------------------

ZEROS = np.zeros((2, 3))
BATCH = ragged(ZEROS)
EMPTY = ragged(ZEROS, ZEROS[:0])
CTC = {"logits": ZEROS, "labels": [1], "blank": 0}
GUIDED = {"logits": ZEROS, "guide_logits": ZEROS, "blank": 0}
DISTILL = {"student_logits": ZEROS, "teacher_logits": ZEROS, "rule": refkd.FrameWise()}
OF_CTC = {
    "logits: expected finite numbers or -inf, got nan at (1, 0)": {"logits": [[0.0], [NAN]]},
    "logits: expected finite numbers or -inf, got inf at (0, 1)": {"logits": [[0.0, INF]]},
    "logits: expected a finite number in every frame, got only -inf in frame 1":
        {"logits": [[0.0, 0.0], [-INF, -INF]]},
    "logits: expected shape (T, K), got shape (3,)": {"logits": np.zeros(3)},
    "logits: expected T >= 1 and K >= 1, got shape (0, 3)": {"logits": np.zeros((0, 3))},
    "logits: expected T >= 1 and K >= 1, got shape (3, 0)": {"logits": np.zeros((3, 0))},
    "logits: expected shape (T, K), got rows of different lengths": {"logits": [[1.0], [1.0, 2.0]]},
    "logits: expected real numbers, got dtype <U1": {"logits": [["a"]]},
    "logits: expected real numbers, got dtype complex128": {"logits": [[1j]]},
    "labels: expected 0 <= label < K=3, got 3 at 0": {"labels": [3]},
    "labels: expected 0 <= label < K=3, got -1 at 1": {"labels": [1, -1]},
    "labels: expected labels other than blank=0, got the blank at 1": {"labels": [1, 0]},
    "labels: expected labels other than blank=2, got the blank at 0": {"labels": [2], "blank": 2},
    "labels: expected whole numbers of shape (L,), got shape (1,), dtype float64":
        {"labels": [1.0]},
    "labels: expected whole numbers of shape (L,), got shape (1, 1), dtype int64":
        {"labels": [[1]]},
    "blank: expected a whole number <= 2, got 3": {"blank": 3},
    "blank: expected a whole number >= 0, got -1": {"blank": -1},
    "blank: expected a whole number, got 0.0": {"blank": 0.0},
    "blank: expected a whole number, got True": {"blank": True},
}  # fmt: skip
OF_CTC_BATCHES = {
    "logits: expected a Ragged, got list": {"logits": [ZEROS]},
    "labels: expected a Ragged, got list": {"labels": [[1]]},
    "labels: expected N=1 to match logits, got N=2": {"labels": ragged([1], [2])},
    "logits[1]: expected T >= 1, got T=0": {"logits": EMPTY, "labels": ragged([1], [])},
    "blank: expected a whole number <= 2, got 3": {"blank": 3},
    "labels: expected 0 <= label < K=3, got 3 at 0": {"labels": ragged([3])},
    "logits: expected shape (T, K), got shape (1,)": {"logits": ragged([1.0])},
    "logits: expected finite numbers or -inf, got nan at (0, 0)": {"logits": ragged([[NAN, 0.0]])},
    "labels[1]: expected at most 2 frames to be needed, got 2 labels with 1 repeats, which need 3":
        {"logits": ragged(ZEROS, ZEROS), "labels": ragged([1], [2, 2])},
}  # fmt: skip
OF_GUIDED = {
    "guide_logits: expected K=3 to match logits, got K=2": {"guide_logits": ZEROS[:, :2]},
    "guide_logits: expected T=2 to match logits, got T=1": {"guide_logits": ZEROS[:1]},
    "logits: expected shape (T, K), got shape (3,)": {"logits": ZEROS[0]},
    "guide_logits: expected shape (T, K), got shape (3,)": {"guide_logits": ZEROS[0]},
    "logits: expected T >= 1 and K >= 1, got shape (0, 3)":
        {"logits": ZEROS[:0], "guide_logits": ZEROS[:0]},
    "logits: expected finite numbers, got -inf at (0, 1)": {"logits": [[0.0, -INF, 0.0]] * 2},
    "logits: expected finite numbers, got nan at (0, 1)": {"logits": [[0.0, NAN, 0.0]] * 2},
    "guide_logits: expected finite numbers or -inf, got nan at (0, 0)":
        {"guide_logits": [[NAN, 0.0, 0.0]] * 2},
    "guide_logits: expected a finite number in every frame, got only -inf in frame 0":
        {"guide_logits": [[-INF] * 3] * 2},
    "blank: expected a whole number <= 2, got 3": {"blank": 3},
    "blank: expected a whole number >= 0, got -1": {"blank": -1},
    "blank: expected a whole number, got 0.0": {"blank": 0.0},
}  # fmt: skip
OF_GUIDED_BATCHES = {
    "logits: expected a Ragged, got ndarray": {"logits": ZEROS},
    "guide_logits: expected a Ragged, got ndarray": {"guide_logits": ZEROS},
    "guide_logits: expected lengths [2, 1] to match logits, got [1, 2]":
        {"logits": ragged(ZEROS, ZEROS[:1]), "guide_logits": ragged(ZEROS[:1], ZEROS)},
    "logits[1]: expected T >= 1, got T=0": {"logits": EMPTY, "guide_logits": EMPTY},
    "guide_logits: expected K=3 to match logits, got K=2": {"guide_logits": ragged(ZEROS[:, :2])},
    "blank: expected a whole number <= 2, got 3": {"blank": 3},
}  # fmt: skip
OF_DISTILL = {
    "teacher_logits: expected K=2 to match student_logits, got K=3":
        {"student_logits": ZEROS[:, :2]},
    "teacher_logits: expected T=2 to match student_logits, got T=4":
        {"teacher_logits": np.zeros((4, 3))},
    "student_logits: expected finite numbers, got nan at (1, 1)":
        {"student_logits": [[0.0] * 3, [0.0, NAN, 0.0]]},
    "student_logits: expected finite numbers, got -inf at (1, 1)":
        {"student_logits": [[0.0] * 3, [0.0, -INF, 0.0]]},
    "teacher_logits: expected finite numbers or -inf, got nan at (0, 1)":
        {"teacher_logits": [[0.0, NAN, 0.0], [0.0] * 3]},
    "teacher_logits: expected finite numbers or -inf, got inf at (0, 1)":
        {"teacher_logits": [[0.0, INF, 0.0], [0.0] * 3]},
    "teacher_logits: expected a finite number in every frame, got only -inf in frame 0":
        {"teacher_logits": [[-INF] * 3, [0.0] * 3]},
    "student_logits: expected shape (T, K), got shape (3,)": {"student_logits": np.zeros(3)},
    "student_logits: expected T >= 1 and K >= 1, got shape (0, 3)":
        {"student_logits": ZEROS[:0], "teacher_logits": ZEROS[:0]},
    "rule: expected a rule such as Hard(Window(5, 0)), got <class 'refkd.losses.rules.FrameWise'>":
        {"rule": refkd.FrameWise},
    "rule: expected a rule such as Hard(Window(5, 0)), got 'Hard'": {"rule": "Hard"},
    "blank_frames: expected 'keep' or 'drop_selected' for OrderedPath, which may not skip a teacher"
    " frame, got 'no_blank_candidates'":
        {"rule": refkd.OrderedPath(refkd.Window(1, 0)), "blank_frames": "no_blank_candidates"},
    "teacher_logits: expected a finite log-probability for every class when divergence is"
    " 'reverse_kl', got -inf":
        {"teacher_logits": [[0.0, -INF, 0.0], [0.0] * 3], "divergence": "reverse_kl"},
    "student_logits: expected a finite log-probability for every class, got logits up to 1e+308":
        {"student_logits": [[1e308, -1e308, 0.0], [0.0] * 3]},
    "teacher_logits: expected less than 1.8e308 after division by temperature, got 1e+300":
        {"teacher_logits": [[0.0, 1e300, 0.0], [0.0] * 3], "temperature": 1e-50},
}  # fmt: skip
OF_DISTILL_OPTIONS = {
    "divergence: expected one of 'kl', 'reverse_kl', 'js', 'cross_entropy', got 'l2'":
        {"divergence": "l2"},
    "divergence: expected one of 'kl', 'reverse_kl', 'js', 'cross_entropy', got ['kl']":
        {"divergence": ["kl"]},
    "scale_t2: expected True or False, got 'false'": {"scale_t2": "false"},
    "temperature: expected a number > 0, got 0.0": {"temperature": 0.0},
    "temperature: expected a finite number, got nan": {"temperature": NAN},
    "temperature: expected a finite number, got inf": {"temperature": INF},
    "temperature: expected a number between 1e-100 and 1e100, got 1e-200": {"temperature": 1e-200},
    "temperature: expected a number between 1e-100 and 1e100, got 1e+101":
        {"temperature": 1e101, "scale_t2": True},
    "blank_frames: expected one of 'keep', 'drop_selected', 'no_blank_candidates', got 'skip'":
        {"blank_frames": "skip"},
    "blank: expected a whole number <= 2, got 3": {"blank": 3},
    "blank: expected a whole number >= 0, got -1": {"blank": -1},
}  # fmt: skip
OF_DISTILL_BATCHES = {
    "student_logits: expected a Ragged, got ndarray": {"student_logits": ZEROS},
    "teacher_logits: expected a Ragged, got list": {"teacher_logits": [ZEROS]},
    "teacher_logits: expected lengths [2, 2] to match student_logits, got [2]":
        {"student_logits": ragged(ZEROS, ZEROS)},
    "teacher_logits: expected lengths [2, 1] to match student_logits, got [1, 2]":
        {"student_logits": ragged(ZEROS, ZEROS[:1]), "teacher_logits": ragged(ZEROS[:1], ZEROS)},
    "student_logits[1]: expected T >= 1, got T=0":
        {"student_logits": EMPTY, "teacher_logits": EMPTY},
    "teacher_logits: expected K=3 to match student_logits, got K=2":
        {"teacher_logits": ragged(ZEROS[:, :2])},
    "student_logits: expected finite numbers, got -inf at (0, 1)":
        {"student_logits": ragged([[0.0, -INF, 0.0]] * 2)},
    "teacher_logits: expected a finite number in every frame, got only -inf in frame 0":
        {"teacher_logits": ragged([[-INF] * 3] * 2)},
}  # fmt: skip
BATCH_OF_DISTILL = DISTILL | {"student_logits": BATCH, "teacher_logits": BATCH}
REFUSED = [
    *((function, CTC, OF_CTC) for function in (refkd.ctc_loss, refkd.ctc_trace, refkd.ctc_align)),
    (refkd.ctc_loss_batch, CTC | {"logits": BATCH, "labels": ragged([1])}, OF_CTC_BATCHES),
    (refkd.guided_loss, GUIDED, OF_GUIDED),
    (refkd.guided_loss_batch, GUIDED | {"logits": BATCH, "guide_logits": BATCH}, OF_GUIDED_BATCHES),
    (refkd.distill_loss, DISTILL, OF_DISTILL | OF_DISTILL_OPTIONS),
    (refkd.distill_trace, DISTILL, OF_DISTILL | OF_DISTILL_OPTIONS),
    (refkd.distill_loss_batch, BATCH_OF_DISTILL, OF_DISTILL_BATCHES | OF_DISTILL_OPTIONS),
]


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        pytest.param(function, valid | changes, sentence, id=f"{function.__name__}: {sentence}")
        for function, valid, table in REFUSED
        for sentence, changes in table.items()
    ],
)
def test_refusals(function, arguments, sentence):
    assert sentence_of(function, **arguments) == sentence


INFEASIBLE = {
    "labels: expected at most 2 frames to be needed, got 2 labels with 1 repeats, which need 3":
        (ZEROS, [1, 1]),
    "labels: expected at most 2 frames to be needed, got 3 labels with 0 repeats, which need 3":
        (ZEROS, [1, 2, 1]),
    "labels: expected at most 1 frames to be needed, got 2 labels with 0 repeats, which need 2":
        (np.zeros((1, 3)), [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("function", [refkd.ctc_loss, refkd.ctc_trace, refkd.ctc_align])
@pytest.mark.parametrize(("sentence", "arguments"), INFEASIBLE.items())
def test_targets_that_need_more_frames(function, sentence, arguments):
    assert sentence_of(function, *arguments, error=refkd.InfeasibleTargetError) == sentence


def test_no_alignment_without_probability():
    sentence = "labels: expected a path of probability > 0 in the logits, got none"
    masked = [[0.0, -INF], [0.0, -INF]]
    assert sentence_of(refkd.ctc_align, masked, [1], error=refkd.InfeasibleTargetError) == sentence
