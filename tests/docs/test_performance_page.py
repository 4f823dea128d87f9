"""The page on performance: its tables are those of the measurements, and complete."""

import json
import sys

import numpy as np
import pytest
from support.pages import DOCS, module_of, read

sys.path.append(str(DOCS / "benchmarks"))  # its scripts import each other
COMPARE = module_of(DOCS / "benchmarks" / "compare.py")
PAGES = module_of(DOCS / "benchmarks" / "compare_page.py")
PAGE = read(PAGES.PAGE)
NUMBERS = json.loads(read(COMPARE.NUMBERS))
RUNS = NUMBERS["speed"]["threads"]
GROWTH = NUMBERS["growth"]["records"]


def test_the_tables_are_those_of_the_measurements():
    assert PAGES.page_of(NUMBERS, PAGE) == PAGE


def test_another_measurement_would_be_seen():
    changed = json.loads(json.dumps(NUMBERS))
    changed["speed"]["threads"][0]["works"][0]["anchors"][0]["ratio"] += 10.0
    assert PAGES.page_of(changed, PAGE) != PAGE


def test_every_work_was_timed_in_every_framework():
    assert [run["threads"] for run in RUNS] == [*COMPARE.THREADS]
    for run in RUNS:
        assert [record["name"] for record in run["works"]] == [work.name for work in COMPARE.WORKS]
        for work, record in zip(COMPARE.WORKS, run["works"], strict=True):
            assert len(PAGES.fastest_first(record)) == len(COMPARE.ANCHORS[work.kind])
        assert list(run["rules"]) == list(COMPARE.rules(2))
        assert len(run["streaming"]) > 1


def test_the_figure_has_the_ratios_of_the_fastest_forms():
    figure = PAGES.speed_figure(RUNS)
    for axes, run in zip(figure.axes, RUNS, strict=True):
        drawn = {x for line in axes.lines for x in line.get_xdata()}
        assert {PAGES.fastest_first(record)[0]["ratio"] for record in run["works"]} <= drawn


def test_a_framework_that_is_missing_has_its_reason_in_the_cell():
    assert PAGES.time_cell({"missing": "not installed"}, fastest=False) == "not installed"


@pytest.mark.compiled_once
@pytest.mark.parametrize("name", ["ctc", "step-bilstm", "distill"])
def test_a_work_runs_where_no_framework_is_installed(name, monkeypatch):
    monkeypatch.setattr(COMPARE, "NEEDS", dict.fromkeys(COMPARE.NEEDS, ("not_there",)))
    record = COMPARE.measure(COMPARE.small(COMPARE.named(name)), quick=True)
    assert {anchor["missing"] for anchor in record["anchors"]} == {"not installed"}
    assert PAGES.fastest_first(record) == []


def test_results_that_differ_are_not_timed():
    ours = {"losses": np.array([1.0, 2.0])}
    COMPARE.compare(ours, {"losses": np.array([1.0, 2.0])}, "float64", "work")
    with pytest.raises(SystemExit, match=r"work, float64: losses differ by 5e-07 of the largest"):
        COMPARE.compare(ours, {"losses": np.array([1.0, 2.000001])}, "float64", "work")
    with pytest.raises(SystemExit):
        COMPARE.compare(ours, {"losses": np.array([1.0, np.nan])}, "float64", "work")


def test_a_slope_is_the_exponent_in_the_upper_decade():
    growth = sys.modules["growth"]
    assert growth.slope([1, 10, 100], [7.0, 1.0, 100.0]) == pytest.approx(2.0)
    assert growth.slope([1, 10, 100], [None, None, None]) is None


@pytest.mark.parametrize("record", GROWTH, ids=lambda row: f"{row['task']} {row['variable']}")
def test_nothing_grows_faster_than_its_order(record):
    growth = sys.modules["growth"]
    for quantity in PAGES.QUANTITIES:
        slope = growth.slope(record["sizes"], record[quantity])
        assert slope is None or slope < growth.ORDERS[record["variable"]] + 0.3
