"""report.html: the table of a run, its explorer, its figures, and how to make it again."""

from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from refkd.files import replacing
from refkd.finished_run import Run
from visualize.report.comparison import comparison_table, finding
from visualize.report.explorer import explorer_data
from visualize.report.figures import embedded_figures, figures_of
from visualize.report.reproduce import run_command, run_toml

USUAL, MOST = 1_950_000, 3_800_000  # bytes of a page
SCRIPTS = (
    *("data", "strips", "links", "band", "axes", "cursor", "panel", "controls"),
    *("explorer", "start"),
)


def write_report(run: Run, figures: Mapping[str, Path] | Path, path: Path) -> None:
    """Write the page of a run: one file that needs no other and no network.

    Parameters
    ----------
    run : Run
        From `refkd.finished_run.read_run`.
    figures : mapping of str to Path, or Path
        SVG files by name, or the folder that holds them.
    path : Path
        The file; the same run and figures give the same bytes.
    """
    shown = figures_of(figures) if isinstance(figures, Path) else figures
    with replacing(path) as file:
        file.write(_page(run, shown).encode())


def _page(run: Run, figures: Mapping[str, Path]) -> str:
    told = run.told
    parts = {
        "style": _asset("page.css") + _asset("explorer.css"),
        "script": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        "data_name": escape(told["data"]["name"]),
        "facts": _facts(told),
        "finding": finding(told),
        "table": comparison_table(told),
        "counted": _counted(told),
        "explorer": _asset("explorer.html"),
        "figures": embedded_figures(figures),
        "reproduce": _reproduce(told),
        "versions": _versions(told),
    }
    used = len(Template(_asset("page.html")).safe_substitute(parts).encode())
    data, shown = explorer_data(run, USUAL - used, MOST - used)
    parts["shown"] = _shown(shown, len(run.names))
    parts["data"] = data
    return Template(_asset("page.html")).substitute(parts)


@cache
def _asset(name: str) -> str:
    return (files("visualize.report") / "assets" / name).read_text(encoding="utf-8")


def _facts(told: dict[str, Any]) -> str:
    data, seeds = told["data"], told["seeds"]
    facts = (
        f"{data['utterances']['train']:,} training utterances",
        f"{data['utterances']['test']:,} test utterances with {data['test_phones']:,} phones",
        f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}",
        f"frames of {1000 * data['frame_shift']:g} ms",
        f"refkd {told['refkd']}",
    )
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return f'{items}<li class="seconds">{told["seconds"]:.0f} seconds</li>'


def _shown(shown: int, total: int) -> str:
    """How many of the test utterances the explorer holds, and which."""
    if shown == total:
        return f"Test utterances here: all {total}."
    return (
        f"Test utterances here: {shown} of {total}, of median length, the longest, the shortest, "
        "then those whose spikes are furthest from the teacher's."
    )


def _counted(told: dict[str, Any]) -> str:
    """What n is, and what the intervals are."""
    data, seeds = told["data"], told["seeds"]
    over = "utterances" if len(seeds) == 1 else "utterances and seeds"
    doubt = (
        "With one seed they speak of these trained networks on other speech, not of other seeds."
        if len(seeds) == 1
        else "They are not corrected for the number of comparisons."
    )
    return (
        f"n: {data['utterances']['test']} test utterances, {data['test_phones']} phones, "
        f"{len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'}. "
        f"[ ]: 95 % intervals, bootstrap over {over}; differences are paired. {doubt} "
        "Strong: the interval of a difference does not hold zero."
    )


def _reproduce(told: dict[str, Any]) -> str:
    command, toml = run_command(told["configuration"]), run_toml(told["configuration"])
    first = (
        "<p>The same command gives the same numbers, seconds aside:</p>"
        f"<pre><code>{escape(command)}</code></pre>"
        if command
        else "<p>Save the settings below as <code>run.toml</code>; this gives the same numbers, "
        "seconds aside:</p><pre><code>refkd run --config run.toml --out again</code></pre>"
    )
    return (
        f"{first}<details{'' if command else ' open'}><summary>All settings, as TOML</summary>"
        f"<pre><code>{escape(toml)}</code></pre></details>"
    )


def _versions(told: dict[str, Any]) -> str:
    rows = {"refkd": told["refkd"], **told["versions"]}
    return "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items()
    )
