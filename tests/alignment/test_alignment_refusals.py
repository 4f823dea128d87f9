"""What decoding, measures of alignment and intervals refuse, each in one sentence."""

import numpy as np
from support.refusals import refusals, sentence_of
from support.strategies import spiky

import refkd
from refkd.alignment.bootstrap import Ratio, difference, interval, resample
from refkd.alignment.clock import Clock
from refkd.alignment.decode import spikes
from refkd.alignment.edit_distance import phone_error_rate
from refkd.alignment.metrics import emission_delay, frame_agreement, true_agreement
from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.shift_line import above_line
from refkd.alignment.spike_matching import timed_shift

INF, NAN = np.inf, np.nan
TWO, THREE = np.zeros((4, 2)), np.zeros((4, 3))
SPIKES = spiky({2: 1})
SEQUENCES = "expected a list of symbols for each utterance, such as list(text) or text.split(), got"
EACH = "ends: expected successive phones, each of positive duration, got"


def constant(seeds=2, utterances=3):
    return Ratio(np.ones((seeds, utterances)), np.ones((seeds, utterances)))


def a_set(name, utterance="one", classes=4, frame_shift=0.02):
    arrays = {utterance: np.zeros((9, classes))}
    return PosteriorSet(name, arrays, frame_shift=frame_shift, kind="logits", blank=0)


SET, DRAWS, GOOD, BAD = a_set("one"), resample(2, 3, 10), constant(), constant(seeds=1)
REFUSED = {
    refkd.greedy_decode: {
        "logits: expected finite numbers or -inf, got nan at (0, 1)": ([[0.0, NAN]],),
        "blank: expected a whole number <= 1, got 2": ([[0.0, 1.0]], 2),
        "blank: expected a whole number >= 0, got -1": ([[0.0, 1.0]], -1),
        "logits: expected shape (T, K), got shape (2,)": ([0.0, 1.0],),
    },
    refkd.beam_decode: {
        "logits: expected finite numbers or -inf, got nan at (0, 1)": ([[0.0, NAN]],),
        "logits: expected a finite number in every frame, got only -inf in frame 0":
            ([[-INF, -INF]],),
        "logits: expected shape (T, K), got shape (2,)": ([0.0, 1.0],),
        "blank: expected a whole number <= 1, got 2": ([[0.0, 1.0]], 10, 2),
        "beam: expected a whole number >= 1, got 0": ([[0.0, 1.0]], 0),
        f"beam: expected a whole number <= 100000, got {10**15}": ([[0.0, 1.0]], 10**15),
        "beam: expected a whole number, got 2.5": ([[0.0, 1.0]], 2.5),
    },
    spikes: {"at: expected one of 'start', 'peak', got 'end'": ([[0.0, 1.0]], 0, "end")},
    phone_error_rate: {
        "hypotheses: expected N=1 to match references, got N=0": ([[1]], []),
        "references: expected at least one symbol, got none": ([[]], [[1]]),
        f"references: {SEQUENCES} the text 'a b'": (["a b"], [["a", "b"]]),
        f"hypotheses: {SEQUENCES} the text 'b'": ([["a"], ["b"]], [["a"], "b"]),
    },
    refkd.edit_distance: {
        "hypothesis: expected a sequence of symbols, got int 1": ([1], 1),
        "reference: expected a sequence of symbols, got ndarray array([[1., 1.]])":
            (np.ones((1, 2)), [1]),
    },
    refkd.alignment_shift: {
        "teacher_logits: expected K=3 to match student_logits, got K=2": (TWO, THREE),
        "student_logits: expected finite numbers or -inf, got nan at (0, 0)": (TWO, NAN * TWO),
    },
    timed_shift: {
        "teacher_logits: expected K=3 to match student_logits, got K=2":
            (TWO, THREE, Clock(0.02), Clock(0.04)),
        "teacher_clock: expected a Clock, got float": (TWO, TWO, 0.02, Clock(0.04)),
    },
    emission_delay: {
        "times: expected L=2 to match labels, got L=1": (SPIKES, [1, 2], [0.1], 0.02),
        "times: expected numbers that never decrease, got [0.2, 0.1]":
            (SPIKES, [1, 2], [0.2, 0.1], 0.02),
        "labels: expected labels other than blank=0, got the blank at 0":
            (SPIKES, [0], [0.1], 0.02),
        "frame_shift: expected a number > 0, got 0.0": (SPIKES, [1], [0.1], 0.0),
        "times: expected finite numbers, got nan at (0,)": (SPIKES, [1], [NAN], 0.02),
    },
    true_agreement: {
        "starts: expected shape (2,), got shape (1,)": (SPIKES, [1, 2], [0.1], [0.2, 0.3], 0.02),
        f"{EACH} [0.3, 0.4]": (SPIKES, [1, 2], [0.1, 0.2], [0.3, 0.4], 0.02),
        f"{EACH} [0.1]": (SPIKES, [1], [0.1], [0.1], 0.02),
        "labels: expected labels other than blank=0, got the blank at 0":
            (SPIKES, [0], [0.1], [0.2], 0.02),
        "ends: expected finite numbers, got inf at (0,)": (SPIKES, [1], [0.1], [INF], 0.02),
        "frame_shift: expected a number > 0, got 0.0": (SPIKES, [1], [0.1], [0.2], 0.0),
    },
    frame_agreement: {
        "teacher_logits: expected T=4 to match student_logits, got T=3": (TWO[:3], TWO),
    },
    Ratio: {
        "numerator: expected shape (S, N), got shape (2,)": ([1, 2], [1, 2]),
        "denominator: expected shape (1, 2), got shape (1, 1)": ([[1, 2]], [[1]]),
        "denominator: expected numbers >= 0, got -2.0": ([[1, 2]], [[1, -2]]),
        "numerator: expected finite numbers, got nan at (0, 1)": ([[1, NAN]], [[1, 2]]),
    },
    resample: {
        "seeds: expected a whole number >= 1, got 0": (0, 3),
        "utterances: expected a whole number <= 65535, got 70000": (1, 70_000),
        "repeats: expected a whole number >= 1, got 0": (1, 3, 0),
        "seed: expected a whole number >= 0, got -1": (1, 3, 10, -1),
    },
    interval: {"ratio: expected S=2 to match draws, got S=1": (BAD, DRAWS)},
    difference: {
        "b: expected N=3 to match draws, got N=4": (GOOD, constant(utterances=4), DRAWS),
    },
    above_line: {
        "line[1]: expected S=2 to match draws, got S=1":
            ((GOOD, GOOD), [(GOOD, GOOD), (GOOD, BAD)], DRAWS),
    },
    compare: {
        "sets: expected at least one, got none": ([],),
        "sets: expected a different name for each, got 'one' twice": ([SET, SET],),
        "frame_shift: expected seconds for one, which has none, got none":
            ([a_set("one", frame_shift=None)],),
        "latency: expected one of 'one', got 'two'": ([SET], {"two": 1.0}),
        "latency: expected a finite number, got nan": ([SET], {"one": NAN}),
        "at: expected one of 'start', 'peak', got 'end'": ([SET], None, "end"),
        "two: expected K=4 to match one, got K=3": ([SET, a_set("two", classes=3)],),
        "sets: expected at least one utterance that all have, got none":
            ([SET, a_set("two", "two")],),
    },
}  # fmt: skip


@refusals(REFUSED)
def test_refusals(function, arguments, sentence):
    assert sentence_of(function, *arguments) == sentence
