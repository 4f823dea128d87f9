"""Measures of several models, as plain numbers and as tables for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from refkd.alignment.posteriors.comparison import Comparison
from refkd.alignment.posteriors.delays import Edge, TrueDelays
from refkd.alignment.posteriors.diagnose import Finding
from refkd.alignment.posteriors.truth import Truth, delay_and_error
from refkd.alignment.statistics import SpreadInSeconds, plain
from refkd.alignment.unit import SECONDS, Unit

Delays = Mapping[str, Mapping[str, TrueDelays]]  # of each model, of each utterance


def measured(
    comparison: Comparison, truth: Truth | None, delays: Delays, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Put all results into plain numbers for JSON, times in the unit of the comparison."""
    results: dict[str, Any] = {
        "findings": [vars(finding) for finding in findings],
        "models": {
            model.name: {
                "kind": model.kind,
                "frame_shift": model.clock.frame_shift,
                "first_frame": model.clock.first_frame,
            }
            for model in comparison.models
        },
        "blank": comparison.blank,
        "classes": len(comparison.symbols),
        "utterances": len(comparison.utterances),
        "at": comparison.at,
        "unit": comparison.unit.name,
        "shift": {
            student.name: comparison.offsets(student).as_dict() for student in comparison.students
        },
    }
    if truth is not None:
        results["truth"] = {
            "by": truth.by,
            "edge": truth.edge,
            "models": {
                name: _true(list(utterances.values()), truth)
                for name, utterances in delays.items()
                if utterances
            },
        }
    return results


def _true(delays: Sequence[TrueDelays], truth: Truth) -> dict[str, Any]:
    pooled = TrueDelays.pool(delays)
    delay, error = delay_and_error(delays, truth.edge)
    return {
        "utterances": len(delays),
        **plain({"error": pooled.error}),
        "error_interval": error.as_dict(),
        "after_start": pooled.starts.as_dict(),
        "after_end": pooled.ends.as_dict(),
        "delay_interval": delay.as_dict(),
    }


def shift_table(comparison: Comparison) -> str:
    """Lay out the shift of every student in ms, in frames too where all share a clock."""
    shift = comparison.frame_shift
    title = f"after {comparison.teacher.name} ({comparison.unit.small})"
    rows = [[title, "n", "mean", "median", "p5", "p95", "unmatched", "extra"]]
    if shift is not None:
        rows[0][3:3] = ["frames"]
    for student in comparison.students:
        offsets = comparison.offsets(student)
        shares = offsets.teacher_unmatched_share, offsets.student_unmatched_share
        spread = _spread(offsets, comparison.unit)
        row = [student.name, str(offsets.n), *spread, *map(_percent, shares)]
        if shift is not None:
            row[3:3] = [_signed(offsets.mean / shift, 2)]
        rows.append(row)
    return _laid_out(rows)


def truth_table(truth: Truth, delays: Delays, unit: Unit = SECONDS) -> str:
    """Lay out the error of every model and its delays after true starts, then after true ends."""
    pooled = {name: TrueDelays.pool(utterances.values()) for name, utterances in delays.items()}
    edges: tuple[Edge, Edge] = ("start", "end")
    blocks = []
    for edge in edges:
        header = [f"after true {edge} ({unit.small})", "n", "mean", "median", "p5", "p95"]
        rows = [[*header, "unmatched", "extra", f"{truth.counted} error"]]
        for name, total in pooled.items():
            delay = total.after(edge)
            shares = delay.phones_left_out_share, delay.spikes_left_out_share, total.error
            rows.append([name, str(delay.n), *_spread(delay, unit), *map(_percent, shares)])
        blocks.append(_laid_out(rows))
    return "\n\n".join(blocks)


def _spread(spread: SpreadInSeconds, unit: Unit) -> list[str]:
    values = spread.mean, spread.median, spread.p5, spread.p95
    return [_signed(unit.per * value, 0) for value in values]


def _signed(value: float, digits: int) -> str:
    """With a sign; zero, however it was rounded, without one."""
    if value != value:
        return "-"
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}" if rounded else f"{0.0:.{digits}f}"


def _percent(share: float) -> str:
    return "-" if share != share else f"{100 * share:.1f} %"


def _laid_out(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest entry, the first to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)
