"""The page of any models: what was measured, the explorer, the figures, and what was assumed."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import refkd
from refkd.alignment.posteriors.comparison import Comparison
from refkd.alignment.posteriors.diagnose import Finding
from refkd.alignment.posteriors.tables import measured
from refkd.alignment.unit import Unit
from visualize.layout.legend import Look
from visualize.output.models_drawing import ModelsDrawing
from visualize.report import cells
from visualize.report.colours import colour_class
from visualize.report.models_explorer import explored_models
from visualize.report.page import write_page

Results = dict[str, Any]


def write_models_report(
    drawing: ModelsDrawing,
    findings: Sequence[Finding],
    figures: Mapping[str, Path],
    audio: Mapping[str, Path],
    path: Path,
) -> None:
    """Write the page of two models or more, with WAV files by utterance: one file that needs no
    other and no network.
    """
    comparison = drawing.comparison
    measures = measured(comparison, drawing.truth, drawing.true_delays, findings)
    parts = {
        "kind": "refkd plot",
        "title": escape(" and ".join(_names(comparison))),
        "finding": _finding(comparison, measures),
        "facts": _facts(comparison),
        "table": models_table(comparison, measures, drawing.looks),
        "counted": _counted(comparison, measures),
        "made_title": "What was assumed",
        "made": _assumed(findings),
    }
    write_page(parts, explored_models(drawing, audio), figures, path)


def _names(comparison: Comparison) -> list[str]:
    """Of two models both, of more the first and how many others."""
    first, *others = (model.name for model in comparison.models)
    return [first, *others] if len(others) < 2 else [first, f"{len(others)} other models"]


def _finding(comparison: Comparison, measures: Results) -> str:
    """The mean offset of each model to the first one."""
    shifts = []
    for student in comparison.students:
        mean = cells.number_text(
            measures["shift"][student.name]["mean"], comparison.unit.per, "+.0f"
        )
        shifts.append(f"{escape(student.name)} {mean} {comparison.unit.small}")
    return f"Mean offset to the spikes of {escape(comparison.teacher.name)}: {', '.join(shifts)}."


def _facts(comparison: Comparison) -> str:
    per, small = comparison.unit.per, comparison.unit.small
    shifts = {
        f"{model.name}: frames of {per * model.clock.frame_shift:g} {small}"
        for model in comparison.models
    }
    if comparison.frame_shift is not None:
        shifts = {f"frames of {per * comparison.frame_shift:g} {small}"}
    facts = (
        f"{len(comparison.utterances):,} utterances",
        f"{len(comparison.symbols):,} classes",
        *sorted(shifts),
        f"refkd {refkd.__version__}",
    )
    return "".join(f"<li>{escape(fact)}</li>" for fact in facts)


def models_table(comparison: Comparison, measures: Results, looks: Mapping[str, Look]) -> str:
    """Write the offsets of all models, and where true times are known their errors and delays, as a
    table of HTML.
    """
    unit = comparison.unit
    heads = [("n", ""), ("offset", f"mean, {unit.small}"), ("median", unit.small)]
    heads += [("5 to 95 %", unit.small)]
    heads += [("unmatched", "%"), ("extra", "%")]
    truth = measures.get("truth")
    if truth is not None:
        errors = [model["error_interval"] for model in truth["models"].values()]
        ends = [error[end] for error in errors for end in ("low", "high", "mean")]
        low, high = cells.error_range([end for end in ends if end is not None] or [0.0])
        heads += [("error", "% [95 %]"), ("", cells.ends_of(low, high))]
        heads += [(f"delay after true {truth['edge']}", f"{unit.small} [95 %]")]
    rows = []
    for model in comparison.models:
        who = "teacher"
        if model is not comparison.teacher:
            who = f"student {colour_class(looks[model.name])}"
        columns = _offsets(measures["shift"].get(model.name), unit)
        if truth is not None:
            columns += _true(truth["models"].get(model.name), low, high, who, unit)
        rows.append(cells.row_of(who, model.name, columns))
    return cells.table_of(heads, rows)


def _offsets(shift: Results | None, unit: Unit) -> list[str]:
    """The cells of a student's offsets after the first model."""
    if shift is None:
        return [""] * 6
    mean, median, low, high = (
        cells.number_text(shift[name], unit.per, "+.0f") for name in ("mean", "median", "p5", "p95")
    )
    shares = (shift[f"{who}_unmatched_share"] for who in ("teacher", "student"))
    return [
        f"{shift['n']}",
        f"<strong>{mean}</strong>",
        median,
        f"{low} to {high}",
        *(cells.number_text(share, 100, ".1f") for share in shares),
    ]


def _true(truth: Results | None, low: float, high: float, who: str, unit: Unit) -> list[str]:
    """The cells of a model that was compared with true times."""
    if truth is None:
        return [cells.NONE, "", cells.NONE]
    error = truth["error_interval"]
    drawn = "" if error["low"] is None else cells.drawn_interval(error, low, high, who)
    return [
        cells.interval_text(error, 100, ".1f"),
        drawn,
        cells.interval_text(truth["delay_interval"], unit.per, "+.0f"),
    ]


def _counted(comparison: Comparison, measures: Results) -> str:
    """What is counted, and what the intervals are."""
    text = (
        "Offset: time of a spike minus that of the matched spike of "
        f"{escape(comparison.teacher.name)}; positive is late. Unmatched: spikes of "
        f"{escape(comparison.teacher.name)} without a partner; extra: other spikes without one."
    )
    if "truth" not in measures:
        return text
    known = max((model["utterances"] for model in measures["truth"]["models"].values()), default=0)
    return (
        f"{text} True times are known for {known} utterances. [ ]: 95 % intervals, bootstrap over "
        "utterances. Only correct labels have a delay, so read it together with the error."
    )


def _assumed(findings: Sequence[Finding]) -> str:
    if not findings:
        return "<p>Nothing: the files contain everything.</p>"
    rows = "".join(
        f'<tr class="{finding.level}"><th scope="row">{escape(finding.name)}</th>'
        f"<td>{finding.level}</td><td>{escape(finding.sentence)}</td></tr>"
        for finding in findings
    )
    return f'<div class="scrolls"><table class="findings"><tbody>{rows}</tbody></table></div>'
