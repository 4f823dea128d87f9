"""The map, README's reading order and the lists of places: they are what the files are."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support.pages import DOCS, ROOT, module_of, read

README = read(ROOT / "README.md")
CONTRIBUTING, PAGE = (read(DOCS / "guides" / name) for name in ("contributing.md", "map.md"))
ANEW = "run `python docs/make_map.py`"
SVG = "{http://www.w3.org/2000/svg}"
SKIPPED = ("rnn_batch", "lstm_batch", "ctc_rescaled", "distill", "edit_distance_long")
MAP = module_of(DOCS / "make_map.py")
ROOMS = [room for layer in MAP.layers() for room in layer]


def table_of(text):
    """Each room's sentence, lines and imports."""
    rows = re.findall(r"^\| \*\*(\w+)\*\* \| (.+) \| ([\d,]+) \| (.+) \|$", text, re.M)
    return {room: (sentence, imports, lines) for room, sentence, lines, imports in rows}


def shapes(svg):
    """What is drawn, without line counts."""
    return [(node.tag, node.attrib, re.sub(r"[\d,]+ lines", "", node.text or ""))
            for node in ET.fromstring(svg).iter()]  # fmt: skip


def folder_of(room):
    return ROOT / "visualize" if room == "visualize" else ROOT / "refkd" / room


def lines_of(path):
    return read(path).count("\n")


def test_every_room_is_on_the_map_once():
    folders = {path.parent.name for path in (ROOT / "refkd").glob("*/__init__.py")}
    assert sorted(ROOMS) == sorted({*folders, "visualize", "check", "ragged"})
    assert list(table_of(PAGE)) == [room for layer in reversed(MAP.layers()) for room in layer]


def test_the_table_is_what_the_sources_say():
    page, made = table_of(PAGE), table_of(MAP.table())
    for room, row in page.items():
        assert row[:2] == made[room][:2], ANEW


@pytest.mark.parametrize("room", ROOMS)
def test_lines_on_the_map_are_those_of_the_files(room):
    """A number may be a little older than the files; the build of the site counts anew."""
    lines = sum(map(lines_of, folder_of(room).rglob("*.py")))
    lines = lines or lines_of(folder_of(room).with_suffix(".py"))
    assert abs(int(table_of(PAGE)[room][2].replace(",", "")) - lines) <= max(100, lines / 20), ANEW
    svg = read(MAP.FIGURE)
    drawn = re.search(rf">{room}</text>\s*<text[^>]*>([\d,]+) lines<", svg)[1]
    assert abs(int(drawn.replace(",", "")) - lines) <= max(100, lines / 20), ANEW


def test_the_picture_is_drawn_from_the_sources():
    assert shapes(read(MAP.FIGURE)) == shapes(MAP.picture()), ANEW


@pytest.mark.parametrize("room", ROOMS)
def test_imports_are_those_that_a_search_of_the_text_finds(room):
    """The map reads syntax trees; here the same is read as text."""
    pattern = r"^ *(?:from|import) (?:refkd\.(\w+)|(visualize)\b|refkd import (check|ragged)\b)"
    paths = [*folder_of(room).rglob("*.py"), folder_of(room).with_suffix(".py")]
    words = {
        next(filter(None, words))
        for path in paths if path.is_file()
        for words in re.findall(pattern, read(path), re.M)
    }  # fmt: skip
    assert MAP.imports()[room] == words - {room}


def test_an_arrow_leads_down_and_is_left_out_only_where_others_lead_the_same_way():
    layer_of = {room: n for n, layer in enumerate(MAP.layers()) for room in layer}
    direct = MAP.imports()
    drawn = MAP.drawn_imports(direct)
    for room, targets in direct.items():
        assert drawn[room] <= targets
        assert all(layer_of[target] > layer_of[room] for target in targets)
        assert MAP.reachable(room, drawn) == MAP.reachable(room, direct)


def test_no_box_covers_another_and_all_are_inside():
    svg = ET.fromstring(MAP.picture())
    boxes = [[float(node.attrib[name]) for name in ("x", "y", "width", "height")]
             for node in svg.iter(f"{SVG}rect") if node.attrib["class"] != "paper"]  # fmt: skip
    assert len(boxes) == len(ROOMS)
    for n, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        assert x + width <= float(svg.attrib["width"]) <= 360
        for other_x, other_y, *_ in boxes[:n]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height


def test_the_page_says_where_each_user_starts():
    start = PAGE[PAGE.index("## Where to start") :]
    for room, user in MAP.STARTS.items():
        [line] = re.findall(rf"^- \*\*{user.capitalize()}\*\*: .*$", start, re.M)
        assert f"`{room}`" in line or f"{room}/" in line
    for path in re.findall(r"`((?:refkd|visualize)/[^`]*)`", PAGE):
        assert (ROOT / path).exists(), path


READING = re.findall(r"^\| \[([\w.]+)\]\((refkd/\S+)\) \| (\d+) \| (.+) \|$", README, re.M)


def test_the_reading_order_holds_every_file_of_the_weekend_book():
    files = [path.relative_to(ROOT).as_posix() for room in MAP.BOOK
             for path in (ROOT / "refkd" / room).glob("*.py")
             if path.stem != "__init__"]  # fmt: skip
    assert sorted(path for _, path, _, _ in READING) == sorted(files)
    assert all(path.endswith(f"/{name}") for name, path, _, _ in READING)


def test_the_reading_order_is_room_by_room_and_the_plain_forms_come_first():
    stems = [Path(path).stem for _, path, _, _ in READING if "/kernels/" in path]
    assert tuple(stems[-len(SKIPPED) :]) == SKIPPED
    rooms = [path.split("/")[1] for _, path, _, _ in READING]
    assert list(dict.fromkeys(rooms)) == list(MAP.BOOK)
    assert rooms == sorted(rooms, key=MAP.BOOK.index)
    assert "only for speed and the last only to save memory. You may skip them:" in README


@pytest.mark.parametrize(("path", "lines"), [(path, int(lines)) for _, path, lines, _ in READING])
def test_the_reading_order_counts_the_lines_of_a_file(path, lines):
    assert lines == lines_of(ROOT / path), ANEW


def test_the_weekend_book_fits_into_a_weekend():
    total = sum(lines_of(path) for room in MAP.BOOK for path in folder_of(room).rglob("*.py"))
    assert f"({total:,} lines altogether)" in README, ANEW
    assert total <= 6000  # 5,000, and the softmax and the sums in chains of the fast CTC


def places(title):
    """The paths that begin the items of a list under a heading of contributing.md."""
    section = CONTRIBUTING.split(f"\n## {title}\n")[1].split("\n## ")[0]
    items = re.findall(r"^- (.*)$", section, re.M)
    paths = re.findall(r"^- `([^`]+)`: \S", section, re.M)
    assert len(paths) == len(items) >= 4
    return paths


@pytest.mark.parametrize("title", ["Add a rule", "Add a kit", "Add a figure", "Add a corpus"])
def test_the_places_of_an_addition_exist(title):
    for path in places(title):
        assert (ROOT / path).exists(), path


def test_a_rule_is_added_in_at_most_four_places():
    assert len(places("Add a rule")) == 4


def test_contributing_begins_with_the_quick_check_and_names_the_others():
    assert CONTRIBUTING.splitlines()[2].startswith("`.ci/quick`")
    for command in (".ci/quick", "pytest -m proof", ".ci/run"):
        assert re.search(rf"^{re.escape(command)}  ", CONTRIBUTING, re.M), command
    assert "pytest -m proof" in README
