"""The numbers of docs/course/results.md as data for the page of the front: `front.json`.

`python docs/interactive/make_front.py` reads the tables of that page and the settings of its
studies, and writes the file anew; a test holds that the two agree.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from refkd.losses.rules import RULE_TABLE

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "course" / "results.md"
STUDIES = HERE.parent / "studies"
DATA = HERE / "front.json"

# Tables are known by a row that no other has; columns by their order.
COLUMNS = {
    "real": "weight error sd offset delay ctc frame_wise shifts seconds",
    "synthetic": "error seeds offset delay ctc",
    "options": "setting error offset ctc seconds",
}
SEEDS = re.compile(r"\d / \d")  # the error of each seed
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
ABOUT = {row.rule.__name__: row.about for row in RULE_TABLE}
BIDIRECTIONAL = "The bidirectional teacher: it receives the whole utterance."
OTHERS = {  # what is no rule: its kind, what it is, and its page of the course
    "teacher": ("teacher", BIDIRECTIONAL, "bidirectional"),
    "BiLSTM teacher": ("teacher", BIDIRECTIONAL, "bidirectional"),
    "UniLSTM teacher": (
        "teacher",
        "A unidirectional teacher, for the control UniTeacher: it receives no later frame.",
        "training",
    ),
    "guided teacher": (
        "teacher",
        "The bidirectional teacher of Guided: it is trained to spike where a unidirectional "
        "network does.",
        "rivals",
    ),
    "CTC alone": ("control", "A student without any teacher, trained by CTC.", "ctc"),
    "LongerCTC": (
        "control",
        "A student without any teacher, trained by CTC for half as many epochs again.",
        "training",
    ),
    "RandomChoice": (
        "control",
        "Each student frame learns from a teacher frame drawn at random from the same window.",
        "training",
    ),
    "UniTeacher": (
        "control",
        "OrderedPath with a unidirectional teacher: what the rule does without a teacher that "
        "receives later frames.",
        "training",
    ),
    "Guided": (
        "rival",
        "Guided CTC, a rival: teacher and student are both trained to spike where a guiding "
        "model does.",
        "rivals",
    ),
}
PAGES = {"FrameWise": "frame-wise", "Monotone": "order", "OrderedPath": "order"}
RULE_OF = {"UniTeacher": "OrderedPath"}  # what is drawn of who is no rule by name


def cells_of(line: str) -> list[str]:
    """The cells of a row, empty ones too."""
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def numbers(text: str) -> list[float]:
    """The numbers of a cell: a mean and, where there is one, its interval."""
    return [float(number) for number in NUMBER.findall(text.replace("\N{MINUS SIGN}", "-"))]


def tables_of(page: str) -> list[list[list[str]]]:
    """All tables of a page, as cells of text: their rows without the heads."""
    tables: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(cells_of(line))
        elif rows:
            tables.append(rows[2:])
            rows = []
    return tables


def table_of(page: str, known: re.Pattern[str]) -> list[list[str]]:
    """The first table of a page with a row that is known, its cells joined by |."""
    for table in tables_of(page):
        if any(known.search("|".join(row)) for row in table):
            return table
    raise LookupError(f"results.md: expected a table with {known.pattern!r}")


def points_of(study: str, rows: list[list[str]], rule_of: dict[str, str]) -> list[dict[str, Any]]:
    """What the rows of a table hold of each student."""
    columns = COLUMNS[study].split()
    points = []
    for name, *cells in rows:
        row = dict(zip(columns, cells, strict=True))
        point: dict[str, Any] = {"name": name}
        rule = rule_of.get(name, RULE_OF.get(name, re.sub(r"[ \[].*", "", name)))
        if name in OTHERS:
            point["kind"], point["about"], point["page"] = OTHERS[name]
        else:
            point["kind"] = {"Shift": "shift", "FrameWise": "frame-wise"}.get(rule, "search")
            point["about"] = ABOUT[rule]
            point["page"] = PAGES.get(rule, "selection")
        if rule in ABOUT:
            point["rule"] = rule
        if rule == "Shift":
            point["d"] = int(numbers(name)[0])
        for column, text in row.items():
            values = [text.strip("`")] if column == "setting" else numbers(text)
            if values and values != [""]:
                point[column] = values
        points.append(point)
    return points


def front() -> dict[str, Any]:
    """Everything that the page shows."""
    page = RESULTS.read_text(encoding="utf-8")
    settings = {
        name: tomllib.loads((STUDIES / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("festvox-ru", "options")
    }
    rule_of = {
        name: student["rule"]
        for name, student in settings["options"]["distill"].items()
        if "rule" in student
    }
    weights = [f"{weight:g}" for weight in settings["festvox-ru"]["distill"]["weight"]]
    real = points_of("real", table_of(page, re.compile("^BiLSTM teacher")), {})
    validation = {name: cells for name, *cells in table_of(page, re.compile("^Shift1"))}
    for point in real:
        cells = validation.get(point["name"].replace(" ", ""))
        if cells:
            pairs = zip(weights, map(float, cells), strict=True)
            point["validation"] = [list(pair) for pair in pairs]
    return {
        "studies": {
            "real": {
                "title": "real speech",
                "about": "One Russian speaker, 4,474 test phones, five seeds, one teacher; the "
                "weight of each rule was chosen on the validation split.",
                "command": "refkd run --config docs/studies/festvox-ru.toml --data festvox:DIR",
                "points": real,
            },
            "synthetic": {
                "title": "synthetic speech",
                "about": "Five seeds, each with a teacher of its own; 3,180 test phones.",
                "command": "refkd run --seeds 5 --new-teachers",
                "points": points_of("synthetic", table_of(page, SEEDS), {}),
            },
            "options": {
                "title": "options",
                "about": "Synthetic speech, five seeds, one teacher. Each student changes one "
                "setting of OrderedPath or of Hard.",
                "command": "refkd run --config docs/studies/options.toml",
                "points": points_of("options", table_of(page, re.compile("^light")), rule_of),
            },
        }
    }


def written() -> str:
    """The text of the data file, a line for each point."""
    data = front()
    lines = []
    for study in data["studies"].values():
        points = [json.dumps(point, ensure_ascii=False) for point in study["points"]]
        lines.append(points)
        study["points"] = [f"POINT {len(lines) - 1} {n}" for n in range(len(points))]
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    return re.sub(r'"POINT (\d+) (\d+)"', lambda at: lines[int(at[1])][int(at[2])], text)


if __name__ == "__main__":
    DATA.write_text(written(), encoding="utf-8")
