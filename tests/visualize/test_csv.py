"""The table of what is drawn: equal to what went in, to the last bit."""

import csv

import numpy as np
import pytest
from support.figures import SHIFT, between
from support.figures_algorithms import SYMBOLS, gradients, history, lattice, lstm, parts_of

import refkd
from refkd.alignment.statistics import OffsetStatistics
from refkd.losses.rules import Window
from visualize import (
    band_figure,
    gates_figure,
    learning_figure,
    new_figure,
    offsets_figure,
    toy_figure,
    tradeoff_figure,
    write_numbers,
)
from visualize.figures.lattice import states_of
from visualize.figures.toy import SPIKE_FRAMES, toy_models, toy_table
from visualize.output.csv import COLUMNS, NAMES


@pytest.fixture
def rows_of(tmp_path):
    """Rows of the table of one figure, as dicts; numbers stay text."""

    def rows(figure, **chosen):
        path = write_numbers({"one": figure}, tmp_path / "numbers.csv")
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        return [row for row in table if all(row[key] == chosen[key] for key in chosen)]

    return rows


def numbers(rows, *columns):
    return [[float(row[column]) for column in columns] for row in rows]


def test_points_and_intervals_are_those_that_went_in(rows_of):
    students = {"CTC": ([0.8, 1.0], [0.2, 1 / 3]), "Hard": (1.9, 0.15)}
    intervals = {"Hard": (between(1.7, 1.9, 2.0), between(0.12, 0.15, 0.21))}
    figure = tradeoff_figure(students, SHIFT, teacher=(0.0, 0.1), intervals=intervals)
    place = ("x", "y")
    assert numbers(rows_of(figure, series="Hard"), *place) == [[1.9, 100 * 0.15]]
    assert numbers(rows_of(figure, series="teacher"), *place) == [[0.0, 100 * 0.1]]
    seeds = numbers(rows_of(figure, series="CTC, seeds"), *place)
    assert seeds == [[0.8, 20.0], [1.0, 100 * (1 / 3)]]
    delay = numbers(rows_of(figure, series="Hard, interval of delay"), *place)
    assert delay == [[1.7, 15.0], [2.0, 15.0]]
    error = numbers(rows_of(figure, series="Hard, interval of error"), *place)
    assert error == [[1.9, 12.0], [1.9, 21.0]]
    every = rows_of(figure)
    assert len(every) == 9  # and no leader, spoke or level line
    assert {(row["panel"], row["x_unit"], row["y_unit"]) for row in every} == {
        ("tradeoff", "frames", "%")
    }


def test_lying_bars_are_named_and_carry_the_unit_of_the_figure(rows_of):
    table = toy_table()
    rows = rows_of(toy_figure(table))
    numbers_by_bar = {(row["panel"], row["y"]): float(row["x"]) for row in rows}
    assert numbers_by_bar == {
        (" ".join(rule.split()), student): loss
        for rule, charges in table.items()
        for student, loss in charges.items()
    }
    assert {(row["series"], row["x_unit"]) for row in rows} == {("loss", "nats per frame")}


def test_histograms_count_frames(rows_of):
    offsets = OffsetStatistics(np.array([-1, 0, 0, 2, 2, 2, 2, 3]), 2, 0)
    figure = offsets_figure({"CTC": offsets, "Hard": offsets}, SHIFT)
    for panel in ("CTC", "Hard"):  # the second shows no label of y
        bars = rows_of(figure, panel=panel, series="share")
        assert numbers(bars, "x", "y") == [[-1, 12.5], [0, 25], [1, 0], [2, 50], [3, 12.5]]
        assert {(row["x_unit"], row["y_unit"]) for row in bars} == {("frames", "%")}
        (mean,) = rows_of(figure, panel=panel, series="mean")
        assert (mean["x"], mean["y"]) == ("1.25", "")  # a line from edge to edge


def test_band_holds_every_divergence_and_weight(rows_of):
    models = toy_models()
    rule = refkd.Soft(Window(3), 0.3)
    trace = refkd.distill_trace(models["3 frames late"], models["teacher"], rule)
    figure = band_figure(trace, teacher_spikes=SPIKE_FRAMES)
    cells = numbers(rows_of(figure, series="divergence"), "x", "y", "value")
    expected = {
        (i, w - 3): trace.divergence[i, w]
        for i, w in np.ndindex(trace.divergence.shape)
        if 0 <= i - 3 + w < len(trace.divergence)
    }
    assert {(x, y): value for x, y, value in cells} == expected
    pairs = numbers(rows_of(figure, series="pairs"), "x", "y", "value")
    i, j = trace.pairs.T
    assert pairs == np.column_stack([i, j - i, trace.pair_weight]).tolist()
    dots, _ = figure.axes[0].collections
    faint = dots.to_rgba(dots.get_array())[:, 3]
    assert abs(faint - trace.pair_weight).max() <= 1 / 256  # steps of the colours
    at = np.isin(trace.pairs[:, 1], SPIKE_FRAMES)
    assert numbers(rows_of(figure, series="pairs at spikes"), "value") == [
        [weight] for weight in trace.pair_weight[at].tolist()
    ]


def test_lattices_are_rows_of_states_and_the_path(rows_of):
    trace, best, figure = lattice()
    cells = rows_of(figure, panel="alpha", series="log alpha")
    assert numbers(cells, "y", "value") == [
        [s, trace.log_alpha[t, s]]
        for s in range(trace.log_alpha.shape[1])
        for t in range(len(trace.log_alpha))
        if np.isfinite(trace.log_alpha[t, s])
    ]
    assert {(row["x_unit"], row["y_unit"]) for row in cells} == {("s", "state")}
    path = rows_of(figure, panel="beta", series="best")
    assert numbers(path, "y") == [[state] for state in states_of(best)]


def test_gradients_name_their_rows(rows_of):
    traces, figure = gradients()
    for name, trace in traces.items():
        cells = rows_of(figure, panel=name, series="gradient")
        for k in range(3):
            drawn = numbers([row for row in cells if row["y"] == SYMBOLS[k]], "value")
            assert drawn == [[value] for value in trace.grad[:, k].tolist()]
        late = rows_of(figure, panel=name, series="student's spikes")
        assert [row["y"] for row in late] == ["b", "a"]


@pytest.mark.parametrize("hidden", [3, 9])
def test_gates_are_lines_or_cells(rows_of, hidden):
    trace = lstm(hidden)
    figure = gates_figure(trace, SHIFT)
    order = np.argsort(abs(trace.hidden).argmax(axis=0), kind="stable")
    for name, values in parts_of(trace).items():
        rows = rows_of(figure, panel=name)
        drawn = numbers(rows, "y" if hidden == 3 else "value")
        assert np.ravel(drawn).tolist() == values.T[order].ravel().tolist()
        assert len({row["series"] for row in rows}) == (3 if hidden == 3 else 1)
        assert {(row["x_unit"], row["y_unit"]) for row in rows} == {("s", "")}


def test_learning_curves_hold_seeds_and_means(rows_of):
    seeds = [history(3.0, 2.0), history(1.0, 1.0, 0.5)]
    rows = rows_of(learning_figure({"CTC": seeds}), panel="ctc")
    assert [(row["series"], row["x"], row["y"]) for row in rows] == [
        ("CTC, seed 1 of 2", "1.0", "3.0"),
        ("CTC, seed 1 of 2", "2.0", "2.0"),
        ("CTC, seed 2 of 2", "1.0", "1.0"),
        ("CTC, seed 2 of 2", "2.0", "1.0"),
        ("CTC, seed 2 of 2", "3.0", "0.5"),
        ("CTC", "1.0", "2.0"),
        ("CTC", "2.0", "1.5"),
    ]
    assert {(row["x_unit"], row["y_unit"]) for row in rows} == {("epoch", "nats per frame")}


def test_only_what_has_a_name_is_data(rows_of):
    figure = new_figure(2, 2)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8), label="panel")
    axes.plot([0, 1], [0, 1])
    axes.text(0, 0, "words", gid="words")
    axes.plot([0, np.nan, 2], [3, 4, np.nan], gid="gaps")
    axes.bar([7], [-2], gid="bar")
    axes.fill_between([0, 1], [0, 1], gid="area")
    rows = rows_of(figure)
    assert numbers([row for row in rows if row["series"] == "gaps"], "x", "y") == [[0, 3]]
    assert numbers([row for row in rows if row["series"] == "bar"], "x", "y") == [[7, -2]]
    assert {row["series"] for row in rows} == {"gaps", "bar", "area"}


def test_figures_stand_in_their_order_and_the_bytes_repeat(tmp_path):
    def made():
        students = {"Übung, „eins“": (1.0, 0.1 + 0.2)}
        return {"b": tradeoff_figure(students, SHIFT), "a": tradeoff_figure(students, 0.04)}

    first = write_numbers(made(), tmp_path / "first.csv").read_bytes()
    assert first == write_numbers(made(), tmp_path / "second.csv").read_bytes()
    head, *lines = first.decode("utf-8").splitlines()
    assert head == ",".join(COLUMNS)
    assert [line.split(",")[0] for line in lines] == ["b", "a"]
    assert lines[0] == f'b,tradeoff,"Übung, „eins“",1.0,{100 * (0.1 + 0.2)!r},,frames,%'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.csv", "second.csv"]


def test_an_axis_of_names_keeps_white_space_that_is_a_name(rows_of):
    figure = new_figure(2, 2)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8), label="a\n panel")
    axes.plot([0, 0, 0], [0, 1, 2], gid="loss")
    axes.yaxis.set_gid(NAMES)
    axes.set_yticks([0, 1, 2], labels=[" ", "\N{NO-BREAK SPACE}", "in two\nlines"])
    rows = rows_of(figure)
    assert [row["y"] for row in rows] == [" ", "\N{NO-BREAK SPACE}", "in two lines"]
    assert {row["panel"] for row in rows} == {"a panel"}
