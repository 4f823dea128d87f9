"""Hostile arguments to every public function: a right result or one sentence, nothing else.

Each entry of the table is a valid call. One argument of it, or two, are replaced; then the call
must be refused with an ArgumentError or a DataError of one sentence, or its result must be finite
where nothing else is documented, equal in every bit to that of the same call with Python's own
numbers and lists, and, where there is one, to the oracle.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from oracles import ctc as ctc_oracle
from oracles import distill as distill_oracle
from oracles import guided as guided_oracle
from oracles import lstm as lstm_oracle
from oracles import metrics as metrics_oracle
from support.hostile import hostile, judged, parts, plain
from support.reference_pages import NAMES, RETURNED
from tolerances import assert_close, scaled_sum

import refkd
from refkd.alignment.bootstrap import Ratio, difference, interval, resample
from refkd.alignment.clock import Clock
from refkd.alignment.metrics import emission_delay, frame_agreement, peakiness, true_agreement
from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.diagnose import diagnose
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.spike_matching import timed_shift
from refkd.check import ArgumentError, DataError
from refkd.data.features import FeatureSettings, log_mel
from refkd.data.sources import find_source
from refkd.data.synthetic import make_corpus
from refkd.experiment.settings import NetworkSettings, RunSettings, read_settings
from refkd.experiment.student_settings import StudentSettings
from refkd.experiment.train import TrainingSettings
from refkd.learn.explain.ctc import explain_ctc
from refkd.learn.explain.distill import explain_distill
from refkd.learn.explain.lstm import explain_lstm
from refkd.learn.explain.select import explain_select
from refkd.verify.kits import kit_named

CALLS = 20_000
RNG = np.random.default_rng(0)
TEACHER, STUDENT = RNG.normal(size=(2, 4, 3))
LABELS = np.array([1, 2])
FRAMES = refkd.Ragged.from_list([STUDENT, TEACHER[:3]])
TEACHERS = refkd.Ragged.from_list([TEACHER, STUDENT[:3]])
TARGETS = refkd.Ragged.from_list([LABELS, LABELS[:1]])
PARAMS = refkd.LSTMParams(*(RNG.normal(size=shape) for shape in ((3, 8), (2, 8), (8,))))
NETWORK = refkd.Network.create(3, 2, layers=2, outputs=3, bidirectional=False, dtype=np.float64)
RATIO = Ratio([[1.0, 2.0], [0.0, 3.0]], [[4.0, 5.0], [4.0, 5.0]])
DRAWS = resample(2, 2, repeats=20)
WINDOW = refkd.Window(2, 1)
POSTERIORS = PosteriorSet("a", {"one": TEACHER}, frame_shift=0.02)


@dataclass(frozen=True)
class Entry:
    """A valid call, and which parts of its result may be inf or nan, as documented."""

    call: Callable[..., Any]
    valid: dict[str, Any]
    infinite: tuple[Any, ...] = ()
    oracle: Callable[..., Any] | None = None
    shown: Callable[[Any], Any] = field(default=lambda result: result)


def rule(build, **valid):
    """A rule, and what a student pays under it."""

    def call(**arguments):
        made = build(**arguments)
        return vars(made), made.window, refkd.distill_loss(STUDENT, TEACHER, made)

    def oracle(**arguments):
        return distill_expected(STUDENT, TEACHER, build(**arguments))

    return Entry(call, valid, (0,), oracle, lambda result: result[2][0])


def posterior_set(**arguments):
    """The fields of a set; its arrays, which keep float32 as documented, in float64."""
    made = PosteriorSet(**arguments)
    arrays = {name: array.astype(np.float64) for name, array in made.arrays.items()}
    return vars(made) | {"arrays": arrays}


def settings(kind, valid=None, infinite=()):
    """Settings, and the values that they keep."""
    return Entry(lambda **options: vars(kind(**options)), valid or vars(kind()), infinite)


def distill_expected(student_logits, teacher_logits, rule, divergence="kl", temperature=1.0,
                     scale_t2=False, blank_frames="keep", blank=0):  # fmt: skip
    how = divergence, temperature
    pairs = distill_oracle.select(student_logits, teacher_logits, rule, *how, blank_frames, blank)
    return distill_oracle.loss_given(student_logits, teacher_logits, rule, pairs, *how, scale_t2)


def listed(batch):
    """What it holds, whatever the dtype, which is kept; NaN as text."""
    rows = [[np.asarray(value) for value in np.ravel(row)] for row in batch]
    return [
        [str(float(value) if value.dtype.kind in "biuf" else value) for value in row]
        for row in rows
    ]


def lstm_expected(params, inputs, h0, c0, reverse):
    weights = params.w_input, params.w_hidden, params.bias
    states = (np.asarray([0.0, 0.0] if state is None else state) for state in (h0, c0))
    return lstm_oracle.lstm(*weights, np.asarray(inputs, dtype=np.float64), *states, reverse)[0]


def edits_expected(reference, hypothesis):
    zero = [0.0] * 9
    return metrics_oracle.best_cost(list(reference), list(hypothesis), zero, zero)[0]


CTC = {"logits": STUDENT, "labels": LABELS, "blank": 0}
PAIR = {"student_logits": STUDENT, "teacher_logits": TEACHER}
DISTILL = {
    **PAIR, "rule": refkd.Soft(WINDOW, 0.3), "divergence": "kl", "temperature": 2.0,
    "scale_t2": True, "blank_frames": "keep", "blank": 0,
}  # fmt: skip
BATCH = {**DISTILL, "student_logits": FRAMES, "teacher_logits": TEACHERS}
TRUE = {"logits": STUDENT, "labels": LABELS, "frame_shift": 0.02, "blank": 0, "first_frame": 0.01}
TOLD = {"symbols": ("-", "a", "b"), "frames": range(3)}
MEASURES = {"teacher_logits": TEACHER, "student_logits": STUDENT, "blank": 0}
SIZE = {"inputs": 3, "hidden": 2, "layers": 1, "outputs": 3}
TABLE = {
    "refkd.Ragged": Entry(
        lambda **options: listed(refkd.Ragged(**options)),
        {"values": np.arange(3), "offsets": np.array([0, 1, 3])},
    ),
    "refkd.Ragged.from_list": Entry(
        lambda sequences: listed(refkd.Ragged.from_list(sequences)),
        {"sequences": [np.array([1, 2]), np.array([3])]},
    ),
    "refkd.LSTMParams": Entry(refkd.LSTMParams, vars(PARAMS)),
    "refkd.LSTMParams.from_torch": Entry(
        refkd.LSTMParams.from_torch,
        dict(zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), PARAMS.to_torch(), strict=True)),
    ),
    "refkd.LSTMParams.from_onnx":
        Entry(refkd.LSTMParams.from_onnx, dict(zip("WRB", PARAMS.to_onnx(), strict=True))),
    "refkd.LSTMParams.from_keras": Entry(
        refkd.LSTMParams.from_keras,
        dict(zip(("kernel", "recurrent_kernel", "bias"), PARAMS.to_keras(), strict=True)),
    ),
    "refkd.Window": settings(refkd.Window, {"left": 2, "right": -1}),
    "refkd.FrameWise": rule(refkd.FrameWise),
    "refkd.Shift": rule(refkd.Shift, d=2),
    "refkd.Blend": rule(refkd.Blend, weights=np.array([0.25, 0.75])),
    "refkd.Hard": rule(refkd.Hard, window=WINDOW),
    "refkd.TopK": rule(refkd.TopK, window=WINDOW, k=2, tau=0.5),
    "refkd.Soft": rule(refkd.Soft, window=WINDOW, tau=0.5),
    "refkd.Monotone": rule(refkd.Monotone, window=WINDOW, max_step=2),
    "refkd.OrderedPath": rule(refkd.OrderedPath, window=WINDOW),
    "refkd.PerTeacher": rule(refkd.PerTeacher, window=WINDOW),
    "refkd.ctc_loss": Entry(refkd.ctc_loss, CTC, (0,), ctc_oracle.loss, lambda pair: pair[0]),
    "refkd.ctc_trace": Entry(refkd.ctc_trace, CTC, ("log_alpha", "log_beta", "loss")),
    "refkd.ctc_align": Entry(
        refkd.ctc_align, CTC, (), lambda **case: ctc_oracle.best_path(**case)[1],
        lambda path: path.log_prob,
    ),
    "refkd.ctc_loss_batch":
        Entry(refkd.ctc_loss_batch, {"logits": FRAMES, "labels": TARGETS, "blank": 0}, (0,)),
    "refkd.lstm_trace": Entry(
        refkd.lstm_trace,
        {"params": PARAMS, "inputs": STUDENT, "h0": np.ones(2), "c0": np.ones(2), "reverse": True},
        (), lstm_expected, lambda trace: trace.hidden,
    ),
    "refkd.lstm_grad": Entry(
        refkd.lstm_grad,
        {
            "params": PARAMS, "trace": refkd.lstm_trace(PARAMS, STUDENT),
            "d_hidden": np.ones((4, 2)), "d_h_last": np.ones(2), "d_c_last": np.ones(2),
        },
    ),
    "refkd.distill_loss":
        Entry(refkd.distill_loss, DISTILL, (), distill_expected, lambda pair: pair[0]),
    "refkd.distill_trace": Entry(refkd.distill_trace, DISTILL, ("divergence", "rule")),
    "refkd.distill_loss_batch": Entry(refkd.distill_loss_batch, BATCH),
    "refkd.guided_loss": Entry(
        refkd.guided_loss, {"logits": STUDENT, "guide_logits": TEACHER, "blank": 0}, (),
        guided_oracle.guided_loss, lambda pair: pair[0],
    ),
    "refkd.guided_loss_batch":
        Entry(refkd.guided_loss_batch, {"logits": FRAMES, "guide_logits": TEACHERS, "blank": 0}),
    "refkd.Network": Entry(refkd.Network, {"values": NETWORK.values}),
    "refkd.Network.create": Entry(
        refkd.Network.create,
        {**SIZE, "bidirectional": True, "cell": "lstm", "seed": 0, "dtype": "float64"},
    ),
    "refkd.Network.forward":
        Entry(NETWORK.forward, {"features": FRAMES, "dropout": 0.5, "seed": 1}),
    "refkd.Network.backward":
        Entry(NETWORK.backward, {"trace": NETWORK.forward(FRAMES), "d_logits": FRAMES}),
    "refkd.Network.with_parameters": Entry(NETWORK.with_parameters, {"values": NETWORK.values}),
    "refkd.networks.stream.Stream": Entry(
        lambda frames: NETWORK.stream().push(frames), {"frames": STUDENT}, (),
        lambda frames: lstm_oracle.network(NETWORK.values, np.asarray(frames)) if len(frames)
        else np.zeros((0, 3)),
    ),
    "refkd.greedy_decode": Entry(
        refkd.greedy_decode, {"logits": STUDENT, "blank": 0}, (),
        lambda logits, blank: [row[0] for row in metrics_oracle.spikes(logits, blank)],
    ),
    "refkd.beam_decode": Entry(refkd.beam_decode, {"logits": STUDENT, "beam": 4, "blank": 0}),
    "refkd.edit_distance": Entry(
        refkd.edit_distance, {"reference": np.array([1, 2, 3]), "hypothesis": ("a", "b")}, (),
        edits_expected,
    ),
    "refkd.alignment_shift": Entry(refkd.alignment_shift, {**MEASURES, "at": "peak"}),
    "refkd.alignment.spike_matching.timed_shift": Entry(
        timed_shift,
        {**MEASURES, "teacher_clock": Clock(0.02), "student_clock": Clock(0.04), "at": "peak"},
    ),
    "refkd.alignment.clock.Clock": settings(Clock, {"frame_shift": 0.02, "first_frame": 0.01}),
    "refkd.alignment.metrics.emission_delay":
        Entry(emission_delay, {**TRUE, "times": np.array([0.01, 0.05])}),
    "refkd.alignment.metrics.frame_agreement": Entry(frame_agreement, MEASURES),
    "refkd.alignment.metrics.true_agreement": Entry(
        true_agreement,
        {**TRUE, "starts": np.array([0.01, 0.03]), "ends": np.array([0.02, 0.05])},
    ),
    "refkd.alignment.metrics.peakiness": Entry(peakiness, {"logits": STUDENT, "blank": 0}),
    "refkd.alignment.bootstrap.interval": Entry(interval, {"ratio": RATIO, "draws": DRAWS}),
    "refkd.alignment.bootstrap.difference":
        Entry(difference, {"a": RATIO, "b": RATIO, "draws": DRAWS}),
    "refkd.alignment.bootstrap.resample": Entry(
        lambda **sizes: interval(RATIO, resample(repeats=9, **sizes)),
        {"seeds": 2, "utterances": 2, "seed": 0},
    ),
    "refkd.alignment.bootstrap.Ratio": Entry(
        lambda **sums: interval(Ratio(**sums), DRAWS), vars(RATIO), ("mean", "sd", "low", "high")
    ),
    "refkd.learn.explain.ctc.explain_ctc": Entry(explain_ctc, {**CTC, **TOLD}, ("steps",)),
    "refkd.learn.explain.lstm.explain_lstm": Entry(
        explain_lstm,
        {
            "params": PARAMS, "inputs": STUDENT, "d_hidden": np.ones((4, 2)), "reverse": True,
            "frames": range(3),
        },
    ),
    "refkd.learn.explain.select.explain_select": Entry(
        explain_select,
        {**PAIR, **TOLD, "rules": [refkd.Hard(WINDOW)], "divergence": "kl", "temperature": 2.0},
        ("steps",),
    ),
    "refkd.learn.explain.distill.explain_distill":
        Entry(explain_distill, {**DISTILL, **TOLD}, ("steps",)),
    "refkd.experiment.train.TrainingSettings": settings(TrainingSettings),
    "refkd.experiment.student_settings.StudentSettings":
        settings(StudentSettings, vars(StudentSettings("TopK", d=2)), ("tau",)),
    "refkd.experiment.settings.NetworkSettings": settings(NetworkSettings),
    "refkd.experiment.settings.RunSettings": Entry(
        lambda **options: RunSettings(**options).as_dict(),
        {"data": "synthetic", "seed": 0, "seeds": 1, "new_teachers": False, "animate": True,
         "rules": ("CTC", "Soft")},
    ),
    "refkd.experiment.settings.read_settings": Entry(
        lambda **options: read_settings(**options).as_dict(),
        {"overrides": {"seed": 1, "rules": ["CTC", "Shift"], "distill": {"d": 2}}, "quick": True},
    ),
    "refkd.data.features.FeatureSettings": settings(FeatureSettings),
    "refkd.data.features.log_mel": Entry(
        log_mel,
        {"audio": 0.1 * RNG.normal(size=400), "rate": 8000, "settings": FeatureSettings(bands=4)},
    ),
    "refkd.data.sources.find_source": Entry(find_source, {"spec": "synthetic"}),
    "refkd.data.synthetic.make_corpus": Entry(
        lambda **options: [vars(row) for row in make_corpus(1, 1, 1, **options).train],
        {"seed": 0, "noise": 0.05, "coarticulation": 0.06, "lexicon": 30, "words": (1, 2),
         "speakers": 2, "rates": (0.75, 1.35)},
    ),
    "refkd.alignment.posteriors.posterior_set.PosteriorSet": Entry(
        posterior_set,
        {"name": "a", "arrays": {"one": TEACHER}, "kind": "logits", "blank": 0,
         "symbols": ("-", "a", "b"), "frame_shift": 0.02, "first_frame": 0.0, "subsampling": 4},
        ("arrays",),
    ),
    "refkd.alignment.posteriors.diagnose.diagnose": Entry(
        lambda sets, **options: diagnose(*(sets if isinstance(sets, list) else [sets]), **options),
        {"sets": [POSTERIORS], "reference": {}, "words": False},
    ),
    "refkd.alignment.posteriors.comparison.compare":
        Entry(compare, {"sets": [POSTERIORS], "latency": {"a": 0.01}, "at": "peak"}),
    "refkd.verify.kits.kit_named": Entry(lambda name: kit_named(name).name, {"name": "ctc"}),
}  # fmt: skip
# Errors; what takes files, whose bytes tests of each reader make hostile; what trains or verifies.
ELSEWHERE = {
    "refkd.ArgumentError", "refkd.InfeasibleTargetError",
    "refkd.experiment.experiment.run_experiment",
    "refkd.experiment.train.train", "refkd.data.dataset.load", "refkd.data.dataset.prepare",
    "refkd.data.wav.read_wav", "refkd.alignment.posteriors.read.read_posteriors",
    "refkd.files.tokens.read_tokens", "refkd.alignment.posteriors.reference.read_reference",
    "refkd.verify.session.verify", "refkd.verify.python_runner.PythonRunner",
    "refkd.verify.program_runner.ProgramRunner",
}  # fmt: skip


def test_every_public_function_is_in_the_table():
    public = {name for name in NAMES if name.startswith("refkd.")}
    returned = {name for name in public if name.startswith(RETURNED)}
    assert public - returned - ELSEWHERE <= set(TABLE)


@st.composite
def calls(draw):
    """The name of an entry, and functions that make its arguments, one or two of them hostile."""
    name = draw(st.sampled_from(sorted(TABLE)))
    valid = TABLE[name].valid
    made = {argument: (lambda value=value: value) for argument, value in valid.items()}
    for _ in range(draw(st.integers(1, 2)) if valid else 0):
        argument = draw(st.sampled_from(sorted(valid)))
        made[argument] = hostile(draw, valid[argument])
    return name, made


def same(a, b):
    """Equal kinds, equal bits."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (repr(a) == repr(b) if isinstance(a, float) else a == b)


def outcome(entry, arguments):
    """The result, or None where it was refused in one sentence."""
    try:
        return entry.call(**arguments)
    except (ArgumentError, DataError) as error:
        sentence = str(error)
    assert sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 1500, sentence
    return None


def judge(entry, made):
    """Fail unless the call is refused or its result is right."""
    try:
        arguments = {name: make() for name, make in made.items()}
    except (ArgumentError, DataError, TypeError, ValueError):  # nothing that could be handed over
        return
    result = outcome(entry, arguments)
    if result is None:
        return
    by_place = dict(parts(result))
    for place, part in by_place.items():
        numbers = np.asarray(part)
        if numbers.dtype.kind == "f" and place[:1] not in [(name,) for name in entry.infinite]:
            assert np.isfinite(numbers).all(), f"{part} at {place}"
    again = {name: plain(make()) for name, make in made.items()}
    expected = dict(parts(outcome(entry, again)))
    assert by_place.keys() == expected.keys()
    for place, part in by_place.items():
        assert same(part, expected[place]), f"{part!r}, not {expected[place]!r}, at {place}"
    if entry.oracle is not None and tame(again):
        again = {name: plain(make()) for name, make in made.items()}  # an iterator serves once
        scale = again["temperature"] ** 2 if again.get("scale_t2") else 1.0
        pairs = len(again["student_logits"]) ** 2 if "student_logits" in again else 0
        assert_close(entry.shown(result), entry.oracle(**again), scaled_sum(scale, pairs))


def tame(arguments):
    """Whether a plain sum of exponentials stands every number in size and in kind, and few."""
    every = [part for _, part in parts(arguments)]
    numbers = [np.asarray(part) for part in every if isinstance(part, int | float | np.ndarray)]
    sizes = [np.abs(array) for array in numbers if array.dtype.kind in "iuf"]
    moderate = all(((size < 100) & ((size == 0) | (size > 1e-100))).all() for size in sizes)
    foreign = any(isinstance(part, Fraction | Decimal) for part in every)
    short = all(len(text) <= 5 for text in every if type(text) is str)
    return moderate and not foreign and short and len(every) < 50


def test_a_loss_that_a_high_temperature_scales_is_held_to_the_oracle():
    settings = DISTILL | {"temperature": 62.0, "scale_t2": True}
    hot = {name: lambda value=value: value for name, value in settings.items()}
    judge(TABLE["refkd.distill_loss"], hot)
    wrong = replace(TABLE["refkd.distill_loss"], shown=lambda pair: pair[0] * (1 + 1e-10))
    with pytest.raises(AssertionError, match="largest deviation"):
        judge(wrong, hot)


def judge_call(call):
    name, made = call
    judge(TABLE[name], made)


def test_hostile_arguments_give_a_result_or_a_sentence():
    judged(500, calls(), judge_call)


@pytest.mark.proof
@pytest.mark.compiled_once
def test_hostile_arguments_in_great_number():
    assert judged(CALLS, calls(), judge_call) >= CALLS
