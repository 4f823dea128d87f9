"""Cells of the tables of a page: numbers, intervals, and intervals as drawings."""

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 150, 22  # of the drawn intervals, in pixels
NONE = "\N{EN DASH}"


def table_of(heads: Sequence[tuple[str, str]], rows: Sequence[str]) -> str:
    """A table of models: heads with their units, and rows, all as HTML."""
    columns = "".join(f'<th scope="col">{head}<small>{unit}</small></th>' for head, unit in heads)
    head = f'<thead><tr><th scope="col">model</th>{columns}</tr></thead>'
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"


def row_of(who: str, name: str, cells: Sequence[str]) -> str:
    """A row of the table: the classes of a model, its name as text, and its cells as HTML."""
    written = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{who}"><th scope="row">{escape(name)}</th>{written}</tr>'


def number_text(value: float | None, scale: float, form: str) -> str:
    """A number in its unit, zero without a sign; a dash where nothing could be measured."""
    if value is None:
        return NONE
    text = f"{scale * value:{form}}"
    return (text if float(text) else text.lstrip("+-")).replace("-", "\N{MINUS SIGN}")


def percent_text(rate: float | None) -> str:
    """A share in percent."""
    return f"{number_text(rate, 100, '.1f')} %"


def interval_text(interval: dict[str, Any], scale: float, form: str) -> str:
    """A mean and its interval, where there is one."""
    mean, low, high = (number_text(interval[name], scale, form) for name in ("mean", "low", "high"))
    return mean if interval["low"] is None else f"{mean} <span>[{low}, {high}]</span>"


def error_range(rates: Sequence[float]) -> tuple[float, float]:
    """From what to what drawn intervals reach, in whole twentieths."""
    low, high = min(rates) // 0.05 * 0.05, -(-max(rates) // 0.05) * 0.05
    return low, high if high > low else low + 0.05


def ends_of(low: float, high: float) -> str:
    """The ends of drawn intervals, in percent."""
    return f'<span class="ends"><span>{100 * low:.0f}</span><span>{100 * high:.0f}</span></span>'


def drawn_interval(interval: dict[str, Any], low: float, high: float, who: str) -> str:
    """An interval as a line with a dot at its mean; the numbers stand beside it."""
    x = {
        name: 5 + (WIDTH - 10) * (interval[name] - low) / (high - low)
        for name in ("low", "mean", "high")
    }
    y = HEIGHT / 2
    line = f'<path d="M{x["low"]:.1f} {y:g}H{x["high"]:.1f}"/>'
    dot = f'<circle cx="{x["mean"]:.1f}" cy="{y:g}" r="4"/>'
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg class="interval {who}" {size} aria-hidden="true">{line}{dot}</svg>'
