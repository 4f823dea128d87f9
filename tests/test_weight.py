"""What each room weighs in lines of Python, docstrings included: `pytest -k weight -s` prints it.

A part that needs more than its budget raises the number in the same commit and says why beside it.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Room:
    """Folders and files that belong together, and how many lines they may have."""

    name: str
    places: tuple[str, ...]
    budget: int
    reason: str = ""  # why the budget is above the number of the plan


ROOMS = (
    Room(
        "weekend book",
        ("refkd/kernels", "refkd/losses", "refkd/networks"),
        6_000,
        "5,000: whole batches of distillation and pushes of a stream as compiled loops, beside the "
        "plain forms; they may be skipped",
    ),
    Room("alignment", ("refkd/alignment",), 3_800),
    Room("data", ("refkd/data",), 2_500),
    Room("experiment", ("refkd/experiment",), 3_400),
    Room(
        "verify",
        ("refkd/verify",),
        13_700,
        "11,500: files of expected findings, a plugin of pytest, variants of cells and adapters "
        "of six more libraries came after the plan",
    ),
    Room(
        "learn",
        ("refkd/learn",),
        4_600,
        "3,600: five more exercises with their known slips, and three hints to each of all 13",
    ),
    Room(
        "cli",
        ("refkd/cli",),
        2_350,
        "1,700: posteriors of any models, their spikes as files, expected findings, a check of "
        "whose figures are installed, hints to exercises, and help in whole sentences came after "
        "the plan",
    ),
    Room(
        "visualize",
        ("visualize",),
        8_100,
        "7,000: one input for runs and models, and figures that fail alone; docstrings and "
        "examples of 28 public names; a second process that draws",
    ),
    Room("ground", ("refkd/files", "refkd/*.py"), 1_000),
    Room(
        "tests",
        ("tests",),
        31_500,
        "23,000: verdicts of four kits on 364 mutants, hostile input of every public function, and "
        "a worked slip and three hints of each of 13 exercises; numbers of five pages that move, "
        "computed in a browser; what a second process does to a run",
    ),
)


def sources(room, root=ROOT):
    """Every Python file of a room."""
    for place in room.places:
        for path in root.glob(place):
            yield from path.rglob("*.py") if path.is_dir() else [path]


def lines_of(room, root=ROOT):
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in sources(room, root))


def row(room, lines):
    return f"{room.name:<13}{lines:>7,}{room.budget:>8,}  {room.reason}".rstrip()


def test_no_room_weighs_more_than_its_budget():
    weights = {room: lines_of(room) for room in ROOMS}
    product = sum(lines for room, lines in weights.items() if room.name != "tests")
    print("\nroom           lines  budget")
    print("\n".join(row(room, lines) for room, lines in weights.items()))
    print(f"product      {product:>7,}")
    heavy = [row(room, lines) for room, lines in weights.items() if lines > room.budget]
    assert heavy == []


@pytest.mark.parametrize("package", ["refkd", "visualize", "tests"])
def test_the_weight_of_every_file_counts_in_one_room(package):
    counted = sorted(
        path for room in ROOMS for path in sources(room) if path.is_relative_to(ROOT / package)
    )
    assert counted == sorted((ROOT / package).rglob("*.py"))


def test_the_weight_of_a_room_is_that_of_its_files(tmp_path):
    (tmp_path / "room" / "deep").mkdir(parents=True)
    (tmp_path / "room" / "a.py").write_text('"""Words."""\n\nA = 1\n', encoding="utf-8")
    (tmp_path / "room" / "deep" / "b.py").write_text("B = 2\n", encoding="utf-8")
    (tmp_path / "room" / "page.md").write_text("words\n", encoding="utf-8")
    assert lines_of(Room("room", ("room",), 9), tmp_path) == 4
