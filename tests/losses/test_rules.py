"""Windows and rules: what they hold, what they refuse and in which words."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusals, sentence_of
from support.strategies import RULES, windows

import refkd
from refkd.learn.explain import examples
from refkd.losses import rules
from refkd.losses.rule_json import rule_to_dict

INF = math.inf
WINDOW = refkd.Window(2, 1)
EARLIER = refkd.Window(2)


def seen(window, T):
    """All (i, j) that the window shows in an utterance of T frames."""
    return [(i, j) for i in range(T) for j in range(T) if i - window.left <= j <= i + window.right]


@given(windows(), st.integers(1, 9))
def test_a_clipped_window_shows_the_same_and_no_more_columns_than_needed(window, T):
    clipped = window.clipped(T)
    assert seen(clipped, T) == seen(window, T)
    assert clipped.left + clipped.right >= 0
    offsets = {j - i for i, j in seen(window, T)}
    if offsets:
        assert clipped.left == min(window.left, T - 1)
        assert clipped.right == min(window.right, T - 1)
        assert -clipped.left <= min(offsets) <= max(offsets) <= clipped.right
        if abs(window.left) <= T - 1 and abs(window.right) <= T - 1:
            assert (-clipped.left, clipped.right) == (min(offsets), max(offsets))
    else:
        assert clipped.left + clipped.right == 0


def test_clipping_by_hand():
    assert refkd.Window(5, 9).clipped(4) == refkd.Window(3, 3)
    assert refkd.Window(1, 0).clipped(4) == refkd.Window(1, 0)
    assert refkd.Window.whole().clipped(1) == refkd.Window(0, 0)
    assert refkd.Window(9, -2).clipped(3) == refkd.Window(2, -2)
    assert refkd.Window(9, -3).clipped(3) == refkd.Window(3, -3)
    assert refkd.Window(-3, 9).clipped(3) == refkd.Window(3, -3)


def test_defaults_and_windows_of_the_rules_without_search():
    assert refkd.Window() == refkd.Window(0, 0)
    assert refkd.Window(3) == refkd.Window(left=3, right=0)
    assert refkd.TopK(WINDOW, 2).tau == INF
    assert refkd.Monotone(WINDOW).max_step is None
    assert refkd.FrameWise().window == refkd.Window(0, 0)
    assert refkd.Shift(3).window == refkd.Window(3, -3)
    assert refkd.Blend([0.5, 0.25, 0.25]).window == refkd.Window(2, 0)


def test_which_rules_return_a_mixture():
    weighted = {name for name, rule in rules.RULES.items() if rule.weighted}
    assert weighted == {"Blend", "TopK", "Soft"}
    assert set(rules.RULES) == set(RULES)
    assert all(getattr(refkd, name) is rule for name, rule in rules.RULES.items())


def test_a_row_says_what_its_class_says():
    parameters = {field.name for field in dataclasses.fields(rules.RuleParameters)}
    for row in rules.RULE_TABLE:
        name = row.rule.__name__
        assert row.rule.weighted == (row.weigh is not rules._equal_weights), name
        assert {*rules.fields_of(name)} <= parameters, name
        assert {*row.equations} <= rules.EQUATIONS.keys() | {"D9"}, name
        assert row.about.endswith("."), name
        assert type(rules.RuleParameters().build(name, median_lag=2)) is row.rule


def test_parameters_become_those_of_a_rule():
    parameters = rules.RuleParameters(window="whole", tau="inf", d=3)
    assert parameters.build("Soft", median_lag=1) == refkd.Soft(refkd.Window.whole(), INF)
    assert parameters.build("Shift", median_lag=1) == refkd.Shift(3)
    assert rules.RuleParameters().build("Shift", median_lag=1) == refkd.Shift(1)


def test_rules_are_values():
    assert refkd.Hard(refkd.Window(5, 0)) == refkd.Hard(refkd.Window(5))
    assert refkd.Blend([0.5, 0.5]) == refkd.Blend((0.5, 0.5))
    assert refkd.Blend(np.array([0.5, 0.5])).weights == (0.5, 0.5)
    assert hash(refkd.Soft(WINDOW, 0.3)) == hash(refkd.Soft(WINDOW, 0.3))
    assert refkd.Soft(WINDOW, 0.3) != refkd.Soft(WINDOW, 0.4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        refkd.Shift(2).d = 3


@given(st.one_of(*RULES.values()))
def test_what_is_printed_builds_the_rule_again(rule):
    names = {name: getattr(refkd, name) for name in (*RULES, "Window")}
    assert eval(repr(rule), {"__builtins__": {}, "inf": INF, **names}) == rule
    assert repr(refkd.Hard(refkd.Window.whole())) == "Hard(window=Window.whole())"
    assert repr(refkd.Window(5, -1)) == "Window(left=5, right=-1)"


WHOLE = "expected a whole number, got"
SIDES = "window: expected left >= 0 and right >= 0 for OrderedPath, got Window"
REFUSED = {
    refkd.Window: {
        "Window: expected left + right >= 0, got left=-1, right=0": (-1, 0),
        "Window: expected left + right >= 0, got left=2, right=-3": (2, -3),
        f"left: {WHOLE} 1.5": (1.5,),
        f"right: {WHOLE} '2'": (1, "2"),
        f"left: {WHOLE} True": (True,),
        f"left: {WHOLE} None": (None,),
    },
    refkd.Shift: {
        "d: expected a whole number >= 0, got -1": (-1,),
        f"d: {WHOLE} 1.0": (1.0,),
    },
    refkd.Blend: {
        "weights: expected at least one number, none negative, got []": ([],),
        "weights: expected at least one number, none negative, got [1.5, -0.5]": ([1.5, -0.5],),
        "weights: expected a sum of 1, got a sum of 0.75": ([0.5, 0.25],),
        "weights: expected finite numbers, got nan at (1,)": ([0.5, math.nan],),
        "weights: expected shape (n,), got shape ()": (1.0,),
        "weights: expected real numbers, got dtype <U2": ("ab",),
    },
    refkd.Hard: {"window: expected a Window, got int": (3,)},
    refkd.TopK: {
        "window: expected a Window, got tuple": ((2, 0), 1),
        "k: expected a whole number >= 1, got 0": (WINDOW, 0),
        f"k: {WHOLE} 1.5": (WINDOW, 1.5),
        "tau: expected a number > 0, got 0.0": (WINDOW, 1, 0.0),
        "tau: expected a finite number, got nan": (WINDOW, 1, math.nan),
    },
    refkd.Soft: {
        "window: expected a Window, got NoneType": (None, 1.0),
        "tau: expected a number > 0, got 0.0": (WINDOW, 0.0),
        "tau: expected a number > 0, got -0.5": (WINDOW, -0.5),
        "tau: expected a finite number, got -inf": (WINDOW, -INF),
        "tau: expected a number, got 'a'": (WINDOW, "a"),
    },
    refkd.Monotone: {
        "window: expected a Window, got int": (0,),
        "max_step: expected a whole number >= 1, got 0": (WINDOW, 0),
        f"max_step: {WHOLE} inf": (WINDOW, INF),
    },
    refkd.OrderedPath: {
        "window: expected a Window, got str": ("whole",),
        f"{SIDES}(left=3, right=-1)": (refkd.Window(3, -1),),
        f"{SIDES}(left=-1, right=3)": (refkd.Window(-1, 3),),
    },
    refkd.PerTeacher: {"window: expected a Window, got list": ([],)},
    rules.RuleParameters: {
        "window: expected [left, right] or 'whole', got (1, 2, 3)": ((1, 2, 3),),
    },
}


@refusals(REFUSED)
def test_refused_rules(function, arguments, sentence):
    assert sentence_of(function, *arguments) == sentence


@pytest.mark.parametrize("dtype", [*"bhilqBHILQ"])
def test_whole_numbers_of_any_dtype_become_python_ints(dtype):
    def written(two):  # JSON knows no other kind of number
        window = refkd.Window(two, two)
        made = refkd.Shift(two), refkd.TopK(window, two), refkd.Monotone(window, two)
        return json.dumps([rule_to_dict(rule) for rule in made])

    two = np.dtype(dtype).type(2)
    assert written(two) == written(np.array(two)) == written(2)
    assert refkd.Shift(two).window == refkd.Window(2, -2)


def test_wide_windows_of_narrow_dtypes_do_not_overflow():
    assert refkd.Window(np.int8(100), np.int8(100)).clipped(300) == refkd.Window(100, 100)
    assert refkd.Window(np.uint64(3), np.int64(-1)) == refkd.Window(3, -1)
    assert type(refkd.Soft(WINDOW, np.float32(0.5)).tau) is float


def test_a_shift_of_any_dtype_costs_the_same():
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 20, 5))
    costs = {
        refkd.distill_loss(student, teacher, refkd.Shift(dtype(2)))[0]
        for dtype in (int, np.uint8, np.uint16, np.int8, np.uint64)
    }
    assert len(costs) == 1


def test_reasons():
    teacher, student = examples.teacher_logits(), examples.late_logits()

    def of(rule):
        trace = refkd.distill_trace(student, teacher, rule)
        return {
            (t, u): rules.row_of(trace.rule).why(trace, n)
            for n, (t, u) in enumerate(trace.pairs.tolist())
        }

    assert set(of(refkd.FrameWise()).values()) == {"its own time"}
    assert set(of(refkd.Shift(1)).values()) == {"1 earlier"}
    assert set(of(refkd.Blend([0.5, 0.5])).values()) == {"weight is given"}
    hard = of(refkd.Hard(EARLIER))
    assert hard[0, 0] == "the only one"
    assert hard[2, 1] == "least"
    assert hard[3, 3] == "tie of 2: nearest"
    top = of(refkd.TopK(EARLIER, 2))
    assert (top[2, 1], top[2, 2]) == ("no. 1", "no. 2, tie of 2")
    assert set(of(refkd.Soft(EARLIER, 0.3)).values()) == {"seen"}
    path = list(of(refkd.OrderedPath(EARLIER)).items())
    assert path[0] == ((0, 0), "path")
    moves = {"both advance": [1, 1], "student advances": [1, 0], "teacher advances": [0, 1]}
    assert {why for _, why in path[1:]} == set(moves)
    for (before, _), (pair, why) in itertools.pairwise(path):
        assert np.subtract(pair, before).tolist() == moves[why]
    assert of(refkd.PerTeacher(EARLIER))[2, 1] == "least"


def test_a_path_in_order_says_where_it_does_not_take_the_least():
    teacher = np.log([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]])
    student = np.log([[0.9, 0.1], [0.12, 0.88], [0.88, 0.12]])
    trace = refkd.distill_trace(student, teacher, refkd.Monotone(EARLIER, 1))
    assert trace.pairs.tolist() == [[0, 0], [1, 1], [2, 2]]
    why = [rules.row_of(trace.rule).why(trace, n) for n in range(3)]
    assert why == ["path, least", "path, least", "path, not the least"]
