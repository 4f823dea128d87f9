"""Numbers that stand on two pages: one page has them, and the others repeat them exactly."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
FIRST_RUN = re.compile(r"^The first `refkd run` takes (\d+ seconds) on two cores", re.M)
MEASURED_THERE = re.compile(r"\[([^\]]*(?:seconds?|minutes?))\]\([^)]*training\.md#speed\)")


def text_of(name):
    return (DOCS / "course" / f"{name}.md").read_text(encoding="utf-8")


def section(name, heading):
    """What stands under a heading of a page, up to the next one of the same level."""
    return text_of(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def table_rows(text):
    """The first cell of every row of a table, and the numbers in the others, intervals left out."""
    lines = [line.replace("`", "") for line in text.splitlines() if line.startswith("| ")]
    rows = [re.sub(r"\[[^\]]*\]", "", line).strip("|").partition("|") for line in lines]
    return [(head.strip(), re.findall(r"[+-]?\d+\.?\d*", rest)) for head, _, rest in rows]


def results(heading, name):
    """The numbers of a row of the first table that has it."""
    return next(row for head, row in table_rows(section("results", heading)) if head == name)


def test_the_time_of_the_first_run_is_one_number():
    [measured] = FIRST_RUN.findall(section("training", "Speed"))
    readme, *others = [MEASURED_THERE.findall(page.read_text(encoding="utf-8")) for page in PAGES]
    assert readme == [measured]
    assert {word for words in others for word in words} <= {measured}


def test_another_time_would_be_seen():
    page = "takes [two minutes](course/training.md#speed), [see there](course/training.md#speed)"
    assert MEASURED_THERE.findall(page) == ["two minutes"]


@pytest.mark.parametrize("name", ["teacher", "CTC alone"])
def test_early_and_late_has_the_errors_and_delays_of_one_run(name):
    error, *_, delay = results("One run", name)
    rows = [numbers for _, numbers in table_rows(text_of("early-and-late"))]
    assert [error, delay] in [numbers[:2] for numbers in rows]


@pytest.mark.parametrize(
    ("corpus", "heading"),
    [("synthetic speech", "Synthetic speech"), ("one Russian speaker", "Real speech")],
)
def test_frame_wise_has_the_errors_and_offsets_of_five_seeds(corpus, heading):
    [measured] = [row for head, row in table_rows(text_of("frame-wise")) if head.startswith(corpus)]
    assert set(measured[:2]) <= set(results(heading, "CTC alone"))
    assert set(measured[2:]) <= set(results(heading, "FrameWise"))
    assert len(measured) == 4


def test_the_silent_optimum_has_the_errors_by_weight():
    rows = table_rows(section("results", "Real speech"))
    by_weight = {head: row for head, row in rows if len(row) == 3}
    measured = table_rows(text_of("silent-optimum"))
    for name in ("Hard", "TopK", "Soft", "Monotone", "OrderedPath", "PerTeacher"):
        heads = [head.partition(",")[0] for head, row in measured if row == by_weight[name]]
        assert name in heads
