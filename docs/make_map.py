"""The map: the rooms of the code and the imports between them, read from the sources.

`python docs/make_map.py` writes figures/map.svg, the table of guides/map.md and the line counts in
README's reading order. The build of the site does the same for figure and table.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guides" / "map.md"
FIGURE = ROOT / "docs" / "figures" / "map.svg"
README = ROOT / "README.md"

BOOK = ("kernels", "losses", "networks")
STARTS = {"kernels": "reader", "verify": "verifier", "visualize": "plotter"}
TABLE = re.compile(r"(<!-- rooms -->\n).*?(<!-- end of rooms -->)", re.DOTALL)
COUNTED = re.compile(r"(\]\((refkd/\S+?\.py)\) \| )\d+( \|)")
BOOK_LINES = re.compile(r"(?<=\()[\d,]+(?= lines altogether\))")

WIDTH, ROW, MARGIN = 360, 96, 6  # pixels: the picture fits on the screen of a telephone
BOX, HEIGHT, LANE, GAP = 100, 56, 4, 14
STYLE = """
.paper { fill: #ffffff }  .box { fill: #f2f2f2; stroke: #595959 }
.book { fill: #cfe6f5; stroke: #00527f; stroke-width: 2 }
.arrow { fill: none; stroke: #767676; stroke-width: 1.3 }  .head { fill: #595959 }
text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: #1a1a1a }
.name { font-weight: bold; font-size: 13.5px }  .start { font-style: italic }
@media (prefers-color-scheme: dark) {
  .paper { fill: #131416 }  .box { fill: #2b2d30; stroke: #a6a6a6 }
  .book { fill: #0b3b57; stroke: #7cc4f0 }
  .arrow { stroke: #9a9a9a }  .head { fill: #c4c4c4 }  text { fill: #f0f0f0 }
}
"""


def layers() -> list[list[str]]:
    """The rooms of each layer of the import contract, from the top."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return [[room_of(name) for name in layer.split(" | ")] for layer in contract["layers"]]


def room_of(module: str) -> str:
    """The room of a module: kernels of refkd.kernels.ctc; refkd for the package itself."""
    package, _, rest = module.partition(".")
    return package if package == "visualize" or not rest else rest.split(".")[0]


def files_of(room: str) -> list[Path]:
    """The Python files of a room, subfolders included."""
    folder = ROOT / "visualize" if room == "visualize" else ROOT / "refkd" / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def lines_of(path: Path) -> int:
    """Lines of a file, blank ones and docstrings included."""
    return len(path.read_text(encoding="utf-8").splitlines())


def room_lines(room: str) -> int:
    """Lines of all files of a room."""
    return sum(map(lines_of, files_of(room)))


def sentence(room: str) -> str:
    """What lives in a room: the first line of the docstring of its first file."""
    folder_first = sorted(files_of(room), key=lambda path: (len(path.parts), path.name))
    text = ast.get_docstring(ast.parse(folder_first[0].read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0]


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, at its head or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "refkd":
            yield from (f"refkd.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@cache
def imports() -> dict[str, set[str]]:
    """For each room the rooms that its files import."""
    rooms = [room for layer in layers() for room in layer]
    reached = {room: {room_of(m) for path in files_of(room) for m in imported(path)}
               for room in rooms}  # fmt: skip
    return {room: (reached[room] & set(rooms)) - {room} for room in rooms}


def drawn_imports(direct: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports that do not follow from others: a to c is left out beside a to b and b to c."""
    below = {room: reachable(room, direct) for room in direct}
    return {
        room: {target for target in targets if not any(target in below[via] for via in targets)}
        for room, targets in direct.items()
    }


def reachable(room: str, direct: dict[str, set[str]]) -> set[str]:
    """All rooms below a room, itself left out."""
    below: set[str] = set()
    for target in direct[room]:
        below |= {target} | reachable(target, direct)
    return below


# ---- The picture. An arrow that passes a row goes through a lane there, one lane for each target,
# so that arrows to the same room come together.

Place = tuple[int, str, bool]  # row, room, whether it is only a lane to that room


def segments(rows: list[list[str]], arrows: dict[str, set[str]]) -> set[tuple[Place, Place]]:
    """Arrows cut where they pass a row: pairs of places in neighbouring rows."""
    row_of = {room: n for n, row in enumerate(rows) for room in row}
    pieces = set()
    for room, targets in arrows.items():
        for target in targets:
            above: Place = (row_of[room], room, False)
            for n in range(row_of[room] + 1, row_of[target] + 1):
                below: Place = (n, target, n < row_of[target])
                pieces.add((above, below))
                above = below
    return pieces


def positions(rows: list[list[str]], pieces: set[tuple[Place, Place]]) -> dict[Place, float]:
    """The x of the middle of every place: near those it is joined to, and clear of its row."""
    neighbours: dict[Place, list[Place]] = {
        (n, room, False): [] for n, row in enumerate(rows) for room in row
    }
    for above, below in sorted(pieces):
        neighbours.setdefault(above, []).append(below)
        neighbours.setdefault(below, []).append(above)
    x = dict.fromkeys(neighbours, WIDTH / 2)
    for row in range(len(rows)):
        middle = sorted(place for place in x if place[0] == row)
        for n, place in enumerate(middle):
            x[place] += (n - (len(middle) - 1) / 2) * 30
    for _ in range(40):
        for row in range(len(rows)):
            wishes = {
                place: sum(x[other] for other in neighbours[place]) / len(neighbours[place])
                for place in x if place[0] == row
            }  # fmt: skip
            x.update(spread(wishes))
    return x


def width(place: Place) -> float:
    """What a place takes of its row."""
    return LANE if place[2] else BOX


def spread(wishes: dict[Place, float]) -> dict[Place, float]:
    """Places of one row in the order of their wishes, apart, and as near to these as may be."""
    row = sorted(wishes, key=lambda place: (wishes[place], place))
    begins = [0.0]
    for left, right in pairwise(row):
        begins.append(begins[-1] + (width(left) + width(right)) / 2 + GAP)
    blocks: list[list[float]] = []  # of places that touch: their wishes, each less its begin
    for place, begin in zip(row, begins, strict=True):
        blocks.append([wishes[place] - begin])
        while len(blocks) > 1 and mean(blocks[-2]) >= mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    shifts = [mean(block) for block in blocks for _ in block]
    lowest = MARGIN + width(row[0]) / 2
    highest = WIDTH - MARGIN - width(row[-1]) / 2 - begins[-1]
    return {
        place: begin + min(max(shift, lowest), highest)
        for place, begin, shift in zip(row, begins, shifts, strict=True)
    }


def mean(values: list[float]) -> float:
    """The mean of a block."""
    return sum(values) / len(values)


def picture() -> str:
    """The map as SVG."""
    rows = layers()
    pieces = segments(rows, drawn_imports(imports()))
    x = positions(rows, pieces)
    height = ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        "<title>The rooms of the code, each importing only what stands below it</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
    ]
    for above, below in sorted(pieces):
        parts += arrow(above[0], x[above], x[below], head=not below[2])
    for place in sorted(x):
        parts += lane(place, x[place]) if place[2] else box(place, x[place])
    return "\n".join([*parts, "</svg>\n"])


def top(row: int) -> int:
    """Where the boxes of a row begin."""
    return row * ROW + (ROW - HEIGHT) // 2


def arrow(row: int, x: float, to_x: float, *, head: bool) -> list[str]:
    """A curve from a row to the next that leaves and arrives upright."""
    y, tip = top(row) + HEIGHT, top(row + 1)
    end = tip - 6 if head else tip
    bend = (y + end) / 2
    parts = [
        f'<path class="arrow" d="M{x:.0f} {y} C{x:.0f} {bend:.0f} {to_x:.0f} {bend:.0f} '
        f'{to_x:.0f} {end}"/>'
    ]
    if head:
        parts.append(f'<path class="head" d="M{to_x:.0f} {tip} l-4 -8 h8 z"/>')
    return parts


def lane(place: Place, x: float) -> list[str]:
    """The upright part of an arrow that passes a row."""
    return [f'<path class="arrow" d="M{x:.0f} {top(place[0])} v{HEIGHT}"/>']


def box(place: Place, x: float) -> list[str]:
    """A room: its name, its lines, and who starts there."""
    row, room, _ = place
    kind = "book" if room in BOOK else "box"
    words = [("name", room), ("lines", f"{rounded(room_lines(room)):,} lines")]
    if room in STARTS:
        words.append(("start", f"{STARTS[room]}: start"))
    y = row * ROW + ROW / 2 - 8 * (len(words) - 1) + 5  # of the first baseline
    return [
        f'<rect class="{kind}" x="{x - BOX / 2:.0f}" y="{top(row)}" '
        f'width="{BOX}" height="{HEIGHT}" rx="5"/>',
        *(f'<text class="{style}" x="{x:.0f}" y="{y + 16 * n:.0f}">{word}</text>'
          for n, (style, word) in enumerate(words)),
    ]  # fmt: skip


def rounded(lines: int) -> int:
    """To the nearest hundred, at least one hundred, so that not every change alters the map."""
    return max(100, round(lines, -2))


# ---- The pages.


def table() -> str:
    """One row for each room, from the bottom: what lives there and what it imports."""
    direct = imports()
    rows = ["| room | what lives there | lines | imports |", "|---|---|---|---|"]
    for room in [room for layer in reversed(layers()) for room in layer]:
        targets = ", ".join(sorted(direct[room])) or "nothing"
        rows.append(
            f"| **{room}** | {sentence(room)} | {rounded(room_lines(room)):,} | {targets} |"
        )
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """The text of a page with the table of rooms as the sources have it."""
    return TABLE.sub(lambda match: match[1] + table() + match[2], page)


def with_counts(readme: str) -> str:
    """README with the lines of every file in its reading order."""
    readme = COUNTED.sub(lambda match: f"{match[1]}{lines_of(ROOT / match[2])}{match[3]}", readme)
    return BOOK_LINES.sub(f"{sum(map(room_lines, BOOK)):,}", readme)


def write() -> None:
    """The figure, and the table on its page."""
    FIGURE.write_text(picture(), encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
    README.write_text(with_counts(README.read_text(encoding="utf-8")), encoding="utf-8")
