"""The page that a run ends with: its table, its explorer, its figures, and how to make it again."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from refkd.experiment.run_reader import Run
from visualize.output.run_drawing import looks_of_run
from visualize.report.colours import colour_class
from visualize.report.figures import figures_of
from visualize.report.page import write_page
from visualize.report.reproduce import run_command, run_toml
from visualize.report.run_explorer import explored_run
from visualize.report.run_table import finding, run_table


def write_report(
    run: Run,
    figures: Mapping[str, Path] | Path,
    path: Path,
    audio: Mapping[str, Path] | None = None,
) -> None:
    """Write the page of a run, with SVG figures by name or in a folder and WAV files by utterance:
    one file that needs no other and no network.
    """
    results, looks = run.results, looks_of_run(run)
    classes = {student.name: colour_class(looks[student.title]) for student in run.students}
    parts = {
        "kind": "refkd run",
        "title": f"Teacher and students: {escape(results['data']['name'])}",
        "finding": finding(results),
        "facts": _facts(results),
        "table": run_table(results, classes),
        "counted": f"{_counted(results)} Offset: mean time of spikes minus that of the teacher's "
        "matched ones. Delay: mean after the true start of a phone, correct phones only.",
        "made_title": "How to reproduce",
        "made": f"{_reproduce(results)}<h3>Versions</h3><dl>{_versions(results)}</dl>",
    }
    shown = figures_of(figures) if isinstance(figures, Path) else figures
    write_page(parts, explored_run(run, audio or {}), shown, path)


def _facts(results: dict[str, Any]) -> str:
    data, seeds = results["data"], results["seeds"]
    facts = (
        f"{data['utterances']['train']:,} training utterances",
        f"{data['utterances']['test']:,} test utterances with {data['test_phones']:,} phones",
        f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}",
        f"frames of {1000 * data['frame_shift']:g} ms",
        f"refkd {results['refkd']}",
    )
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return f'{items}<li class="seconds">{results["seconds"]:.0f} seconds</li>'


def _counted(results: dict[str, Any]) -> str:
    """What n is, and what the intervals are."""
    data, seeds = results["data"], results["seeds"]
    over = "utterances" if len(seeds) == 1 else "utterances and seeds"
    doubt = (
        "With one seed the intervals apply to other speech, not to other seeds."
        if len(seeds) == 1
        else "They are not corrected for the number of comparisons."
    )
    return (
        f"n: {data['utterances']['test']} test utterances, {data['test_phones']} phones, "
        f"{len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'}. "
        f"[ ]: 95 % intervals, bootstrap over {over}; differences of phone "
        f"errors are paired. {doubt} "
        "Bold: the 95 % interval of the difference excludes zero."
    )


def _reproduce(results: dict[str, Any]) -> str:
    command, toml = run_command(results["configuration"]), run_toml(results["configuration"])
    first = (
        "<p>The same command gives the same numbers, except for the seconds:</p>"
        f"<pre><code>{escape(command)}</code></pre>"
        if command
        else "<p>Save the settings below as <code>run.toml</code>; this gives the same numbers, "
        "except for the seconds:</p><pre><code>refkd run --config run.toml --out again</code></pre>"
    )
    return (
        f"{first}<details{'' if command else ' open'}><summary>All settings, as TOML</summary>"
        f"<pre><code>{escape(toml)}</code></pre></details>"
    )


def _versions(results: dict[str, Any]) -> str:
    rows = {"refkd": results["refkd"], **results["versions"]}
    return "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items()
    )
