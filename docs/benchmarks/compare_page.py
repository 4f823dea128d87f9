"""The numbers of compare.py as parts of docs/guides/performance.md and as figures."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from compare import ANCHORS, WORKS
from growth import ORDERS, slope

from visualize import in_style, new_figure, save_figure
from visualize.layout.style import BLANK, EARLY, STUDENT, STUDENTS, TEACHER, TEXT

DOCS = Path(__file__).resolve().parent.parent
PAGE = DOCS / "guides" / "performance.md"
PART = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
KINDS = {"ctc": "CTC", "step": "training step", "distill": "distillation"}
LIBRARIES = {"torch": "PyTorch", "torch.compile": "torch.compile", "jax": "JAX"}
PACKAGES = {
    "python": "Python",
    "numpy": "NumPy",
    "numba": "Numba",
    "torch": "PyTorch",
    "jax": "JAX",
    "optax": "Optax",
    "onnxruntime": "ONNX Runtime",
}
LOOKS = {  # colour, marker, and how far below the line of its row
    "PyTorch": (TEACHER, "o", -0.2),
    "torch.compile": (STUDENT, "s", 0.0),
    "JAX": (EARLY, "D", 0.2),
    "ONNX Runtime": (STUDENTS[1], "^", 0.0),
}
LINES = {"CTC": (TEACHER, "-"), "LSTM step": (EARLY, "-"), "band": (BLANK, "--")}  # of growth
SIZES = {"T": "frames", "W": "window", "K": "classes", "N": "utterances", "H": "units"}
QUANTITIES = {"milliseconds": "time (ms)", "megabytes": "memory (MB)"}
Rows = list[str]


def table(heads: Rows, rows: list[Rows]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    lines.insert(1, "|---" * len(heads) + "|")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def title_of(name: str) -> str:
    """A work by its sizes."""
    work = next(work for work in WORKS if work.name == name)
    if work.kind == "step":
        return f"{('Uni', 'Bi')[work.sizes['directions'] - 1]}LSTM, 2 x {work.sizes['H']}"
    return ", ".join(f"{size} = {work.sizes[size]}" for size in "NKW" if size in work.sizes)


def anchor_name(anchor: dict[str, Any]) -> str:
    """A framework, with what distinguishes it from others of the same library."""
    dtype = anchor["dtype"] if anchor["dtype"] != "float32" else ""
    return ", ".join(filter(None, (LIBRARIES[anchor["library"]], anchor["form"], dtype)))


def fastest_first(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The frameworks that were timed."""
    there = [anchor for anchor in record["anchors"] if "missing" not in anchor]
    return sorted(there, key=lambda anchor: anchor["ratio"])


def records_of(run: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    names = [work.name for work in WORKS if work.kind == kind]
    return [record for record in run["works"] if record["name"] in names]


def threads_of(run: dict[str, Any]) -> str:
    return f"{run['threads']} thread{'s' * (run['threads'] > 1)}"


def page_of(numbers: dict[str, Any], page: str) -> str:
    """The text of the page with those parts written anew that there are numbers for."""
    parts: dict[str, str] = {}
    if speed := numbers.get("speed"):
        runs = speed["threads"]
        parts |= {
            "machine": machine_sentence(speed["machine"]),
            "summary": summary_table(runs),
            **{kind: works_table(runs, kind) for kind in KINDS},
            "rules": rules_table(runs),
            "streaming": streaming_table(runs),
        }
    if growth := numbers.get("growth"):
        parts["growth"] = growth_table(growth["records"])
        parts["growth_machine"] = machine_sentence(growth["machine"])
    return PART.sub(
        lambda part: f"{part[1]}{parts[part[2]]}\n{part[3]}" if part[2] in parts else part[0], page
    )


def machine_sentence(machine: dict[str, Any]) -> str:
    parts = machine["processor"], f"{machine['cores']} cores", machine["vectors"], machine["system"]
    versions = [f"{PACKAGES[name]} {number}" for name, number in machine["versions"].items()]
    return f"Measured on: {', '.join(filter(None, parts))}. Versions: {', '.join(versions)}."


def summary_table(runs: list[dict[str, Any]]) -> str:
    """The time of the fastest framework, relative to ours."""
    rows = []
    for kind, title in [*KINDS.items(), ("streaming", "streaming")]:
        cells = []
        for run in runs:
            fastest = {}
            for row, _, ratio in speed_points(run):
                if kind_of(row) == kind:
                    fastest[row] = min(ratio, fastest.get(row, ratio))
            span = [
                f"{ratio:.2g}" for ratio in sorted(fastest.values())[:: max(1, len(fastest) - 1)]
            ]
            cells.append(" to ".join(dict.fromkeys(span)))
        rows.append([title, *cells])
    return table(["", *map(threads_of, runs)], rows)


def works_table(runs: list[dict[str, Any]], kind: str) -> str:
    """Milliseconds of every implementation, in brackets the ratio; the fastest framework bold."""
    rows = []
    for records in zip(*(records_of(run, kind) for run in runs), strict=True):
        for run, record in zip(runs, records, strict=True):
            best = fastest_first(record)[:1]
            cells = [time_cell(anchor, anchor in best) for anchor in record["anchors"]]
            ours = number(record["refkd"]["least"])
            rows.append([title_of(record["name"]), str(run["threads"]), ours, *cells])
    names = [anchor_name(anchor._asdict()) for anchor in ANCHORS[kind]]
    return table(["", "threads", "refkd", *names], rows)


def time_cell(anchor: dict[str, Any], fastest: bool) -> str:
    if "missing" in anchor:
        return str(anchor["missing"])
    cell = f"{number(anchor['least'])} ({anchor['ratio']:.2g})"
    return f"**{cell}**" if fastest else cell


def rules_table(runs: list[dict[str, Any]]) -> str:
    """Milliseconds of every rule."""
    rows = [
        [f"`{rule}`", *(number(run["rules"][rule]["least"]) for run in runs)]
        for rule in runs[0].get("rules", ())
    ]
    return table(["rule", *map(threads_of, runs)], rows)


def streaming_table(runs: list[dict[str, Any]]) -> str:
    """Microseconds of a frame."""
    rows = [
        [rows[0]["name"], *(number(row["microseconds"]) for row in rows)]
        for rows in zip(*(run.get("streaming", ()) for run in runs), strict=True)
    ]
    return table(["", *map(threads_of, runs)], rows)


def growth_table(records: list[dict[str, Any]]) -> str:
    """Slopes of time and memory by task and size."""
    slopes = {
        (record["task"], record["variable"], quantity): slope(record["sizes"], record[quantity])
        for record in records
        for quantity in QUANTITIES
    }
    columns = [(size, quantity) for quantity in QUANTITIES for size in ORDERS]
    rows = [["order of the algorithm", *(str(ORDERS[size]) for size, _ in columns)]]
    for task in dict.fromkeys(record["task"] for record in records):
        measured = [slopes.get((task, *column)) for column in columns]
        rows.append([task, *("" if value is None else f"{value:.2f}" for value in measured)])
    heads = [f"{QUANTITIES[quantity].partition(' ')[0]}, {size}" for size, quantity in columns]
    return table(["", *heads], rows)


def kind_of(row: int) -> str:
    """Of a row of the figure; the last is streaming."""
    return WORKS[row].kind if row < len(WORKS) else "streaming"


def speed_points(run: dict[str, Any]) -> list[tuple[int, str, float]]:
    """Row, library and relative time of the fastest form in each library."""
    rows = [work.name for work in WORKS]
    points = {
        (rows.index(record["name"]), LIBRARIES[anchor["library"]]): anchor["ratio"]
        for record in run["works"]
        for anchor in reversed(fastest_first(record))  # the fastest last, to stay
    }
    frames = run.get("streaming", [])
    for row in sorted(frames[1:], key=lambda row: -row["microseconds"]):
        library = row["name"].partition(",")[0]
        points[len(rows), library] = row["microseconds"] / frames[0]["microseconds"]
    return [(*key, ratio) for key, ratio in points.items()]


def speed_figure(runs: list[dict[str, Any]]) -> Any:
    """The time of every framework relative to refkd, a panel for each number of threads."""
    labels = [f"{KINDS[work.kind]}: {title_of(work.name)}" for work in WORKS]
    labels.append("streaming: one frame")
    with in_style():
        figure = new_figure(7.0, 3.6)
        panels = figure.subplots(1, len(runs), sharex=True, sharey=True, squeeze=False)[0]
        for axes, run in zip(panels, runs, strict=True):
            points = speed_points(run)
            for library, (colour, marker, shift) in LOOKS.items():
                mine = [(ratio, row + shift) for row, name, ratio in points if name == library]
                x, y = np.reshape(mine, (-1, 2)).T
                axes.plot(x, y, marker, color=colour, markersize=5, label=library)
            axes.axvline(1.0, color=TEXT, linewidth=1.0)
            axes.set_xscale("log")
            axes.set_title(threads_of(run))
            axes.set_xlabel("time relative to refkd (same work)")
            axes.grid(color=BLANK, alpha=0.3, linewidth=0.5)
        low, high = panels[0].get_xlim()
        ticks = [tick for tick in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low < tick < high]
        panels[0].set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        panels[0].set_xticks([], minor=True)
        panels[0].set_yticks(range(len(labels)), labels)
        panels[0].set_ylim(len(labels) - 0.5, -0.5)
        figure.subplots_adjust(left=0.31, right=0.98, bottom=0.13, top=0.83, wspace=0.06)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper right", ncols=len(LOOKS))
    return figure


def growth_figure(records: list[dict[str, Any]]) -> Any:
    """Time and memory against each size, and how steep the algorithm's order is."""
    with in_style():
        figure = new_figure(7.0, 3.8)
        panels = figure.subplots(len(QUANTITIES), len(ORDERS), sharex="col", sharey="row")
        for row, quantity in zip(panels, QUANTITIES, strict=True):
            for axes, size in zip(row, ORDERS, strict=True):
                mine = [record for record in records if record["variable"] == size]
                for record in mine:
                    colour, line = LINES.get(record["task"], (STUDENT, "-"))
                    rule = record["task"] not in LINES
                    values = [np.nan if value is None else value for value in record[quantity]]
                    style = {"alpha": 0.5, "linewidth": 0.8} if rule else {}
                    name = "distillation, a line for each rule" if rule else record["task"]
                    axes.loglog(record["sizes"], values, line, color=colour, label=name, **style)
                axes.minorticks_off()
                axes.grid(color=BLANK, alpha=0.3, linewidth=0.5)
            row[0].set_ylabel(QUANTITIES[quantity])
        for above, below, (size, order) in zip(*panels, ORDERS.items(), strict=True):
            above.set_title(f"order {order}")
            below.set_xlabel(f"{SIZES[size]} {size}")
        handles = {
            label: handle
            for axes in panels.flat
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.subplots_adjust(left=0.09, right=0.98, bottom=0.11, top=0.85, wspace=0.1, hspace=0.1)
        figure.legend(handles.values(), handles, loc="upper center", ncols=len(handles))
    return figure


def write(numbers: dict[str, Any]) -> None:
    """The parts of the page, and both figures."""
    sys.path.append(str(DOCS))
    from draw import follow_dark_page

    figures = {}
    if "speed" in numbers:
        figures["compare"] = speed_figure(numbers["speed"]["threads"])
    if "growth" in numbers:
        figures["growth"] = growth_figure(numbers["growth"]["records"])
    for name, figure in figures.items():
        path = DOCS / "figures" / name
        save_figure(figure, path, ["svg"])
        follow_dark_page(path.with_suffix(".svg"))
    PAGE.write_text(page_of(numbers, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
