"""`refkd plot --model ...`: how the spikes of any models are shifted, from their posteriors."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from refkd import check
from refkd.alignment.posteriors.comparison import Comparison, compare
from refkd.alignment.posteriors.diagnose import Finding, diagnose
from refkd.alignment.posteriors.folding import Folding, fold_classes
from refkd.alignment.posteriors.part import WHOLE, Part
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.symbol_order import in_one_order
from refkd.alignment.posteriors.tables import measured, shift_table, truth_table
from refkd.alignment.posteriors.truth import Truth, read_truth
from refkd.alignment.unit import SECONDS, Unit, unit_named
from refkd.cli.each_model import for_each, models_of, one_kind, posteriors_of
from refkd.cli.plot_options import OF_TRUTH, typed
from refkd.cli.plot_output import Output, audio_files, check_utterance, figures_of
from refkd.cli.plot_spikes import write_pairs, write_spikes
from refkd.cli.rule_options import of_rule, rule_settings
from refkd.experiment.student_settings import StudentSettings
from refkd.files.text import nfc
from refkd.files.tokens import read_tokens

if TYPE_CHECKING:
    from visualize.output.models_drawing import ModelsDrawing
    from visualize.panels.speech import Speech

MOST_SPIKES = 500  # of which most are named in a figure


def plot_models(options: argparse.Namespace) -> int:
    """Check posteriors, compare them, draw, and print the measures."""
    from visualize.layout.units import in_unit
    from visualize.output.figures import OF_MODELS, figures_of_models
    from visualize.report import write_models_report

    _check_companions(options, "reference", [option.name for option in OF_TRUTH[1:]])
    _check_companions(options, "rule", of_rule())
    unit = SECONDS if options.unit is None else unit_named(options.unit)
    for name in ("audio", "spikes"):
        if unit != SECONDS and getattr(options, name) is not None:
            check.fail(name, "times in seconds", f"--unit {unit.name}")
    output = Output.of(options)
    output.check_report(options.report)
    names = figures_of(options, OF_MODELS)
    latency = for_each("latency", options.latency, list(models_of(options.model)), _seconds)
    rule = None if options.rule is None else rule_settings(options, options.rule)
    folding = _folding(options)
    sets, assumed = _sets(_read(options), folding)
    truth = _truth(options, sets[0].symbols or (), folding)
    findings = assumed + diagnose(
        *sets,
        reference=None if truth is None else truth.labels,
        words=truth is not None and truth.counted == "word",
        unit=unit,
    )
    for finding in findings:
        print(f"{finding.name}: {finding.level}: {finding.sentence}", file=sys.stderr)
    if any(finding.level == "error" for finding in findings):
        if output.json:
            output.end({"findings": [vars(finding) for finding in findings]})
        return 1
    whole, part = sets, _part(options, unit)
    if part != WHOLE:
        sets, truth = part.of(sets), truth and part.of_truth(truth)
    comparison = compare(sets, latency, options.at or "start", unit)
    if options.report and not comparison.students:
        check.fail("report", "two models or more", "one")
    drawing = _drawing(options, comparison, truth, rule, output.width)
    utterances = comparison.utterances if options.report else drawing.utterances
    audio = audio_files(options.audio, drawing.utterances, utterances, whole)
    spectrograms = _spectrograms(audio, drawing.utterances, part)
    drawing = replace(drawing, spectrograms=spectrograms, part=part)
    with in_unit(unit):
        drawn = output.draw(lambda: figures_of_models(drawing, names))
    figures, left_out = drawn.figures, drawn.left_out + _crowds(drawing, names)
    for sentence in left_out:
        print(f"left out: {sentence}", file=sys.stderr)
    output.write(figures)
    if output.pairs is not None:
        output.files.append(write_pairs(comparison, output.pairs))
    if options.spikes is not None:
        output.files += write_spikes(comparison, Path(options.out), options.spikes)
    if options.report:
        output.write_report(
            figures,
            lambda svg, page: write_models_report(drawing, findings, svg, audio, page),
        )
    if not output.json:
        return output.end({}, after=_tables(drawing))
    numbers = measured(drawing.comparison, truth, drawing.true_delays, findings)
    return output.end({**numbers, "left_out": left_out})


def _check_companions(options: argparse.Namespace, needed: str, names: Sequence[str]) -> None:
    companions = typed(options, names)
    if companions and getattr(options, needed) is None:
        check.fail(needed, f"it together with --{companions[0].replace('_', '-')}", "none")


FACTS: dict[str, Callable[[str], Any]] = {  # of one model or all, and how each is read
    "frame_shift": float,
    "first_frame": float,
    "kind": one_kind,
    "tokens": read_tokens,
    "blank": int,
}


def _read(options: argparse.Namespace) -> list[PosteriorSet]:
    """Each model's posteriors, with the facts that options add."""
    paths = models_of(options.model)
    facts = {
        fact: for_each(fact.replace("_", "-"), getattr(options, fact), list(paths), read)
        for fact, read in FACTS.items()
    }
    sets = []
    for name, path in paths.items():
        of_model = {fact: values.get(name) for fact, values in facts.items()}
        symbols = of_model.pop("tokens")
        sets.append(posteriors_of(path, name=name, symbols=symbols, **of_model))
        if sets[-1].frame_shift is None:
            check.fail("frame-shift", f"it for {name}, such as --frame-shift {name}=0.04", "none")
    return sets


def _folding(options: argparse.Namespace) -> Folding:
    """The classes of --merge and --drop."""
    merge: dict[str, str] = {}
    for text in options.merge or ():
        symbol, _, other = nfc(text).partition("=")
        if not symbol or not other:
            check.fail("merge", "A=B, two classes", repr(text))
        if merge.setdefault(symbol, other) != other:
            check.fail("merge", f"one class that {symbol!r} is counted as", "two")
    return Folding(merge, tuple(map(nfc, options.drop or ())))


def _sets(
    sets: Sequence[PosteriorSet], folding: Folding
) -> tuple[tuple[PosteriorSet, ...], tuple[Finding, ...]]:
    """The same classes for all models, as far as their symbols show how; those that are folded."""
    known, by_name = in_one_order(sets)
    folded, changed = fold_classes(known, folding)
    ordered, moved = in_one_order(folded)
    return ordered, by_name + changed + moved


def _truth(options: argparse.Namespace, symbols: Sequence[str], folding: Folding) -> Truth | None:
    if options.reference is None:
        return None
    truth = read_truth(
        options.reference,
        symbols,
        by=options.by or "symbol",
        words=options.words,
        tier=options.tier,
        skip=options.skip.split(",") if options.skip else (),
        marked=not options.no_marks,
    )
    if truth.counted == "word":
        return truth
    return replace(truth, labels={name: folding.labels(row) for name, row in truth.labels.items()})


def _part(options: argparse.Namespace, unit: Unit) -> Part:
    """What --from and --to leave of each utterance."""
    edges = {}
    for edge, name in (("from", "begin"), ("to", "end")):
        if getattr(options, edge) is not None:
            edges[name] = check.finite_number(edge, getattr(options, edge))
    return Part(**edges, unit=unit) if edges else WHOLE


def _crowds(drawing: "ModelsDrawing", names: Sequence[str] | None) -> list[str]:
    """Which utterances have more spikes than their figures can name."""
    if names is not None and "shift" not in names:
        return []
    spikes = {name: drawing.comparison.teacher.spikes[name][0].size for name in drawing.utterances}
    return [
        f"names and numbers of most of the {number} spikes of {name!r}: --from and --to draw a part"
        for name, number in spikes.items()
        if number > MOST_SPIKES
    ]


def _drawing(
    options: argparse.Namespace,
    comparison: Comparison,
    truth: Truth | None,
    rule: StudentSettings | None,
    width: float | None,
) -> "ModelsDrawing":
    """Gather everything that figures need."""
    from visualize.output.models_drawing import ModelsDrawing

    utterances = tuple(dict.fromkeys(map(nfc, options.utterance or [comparison.typical])))
    for name in utterances:
        check_utterance(name, comparison.utterances)
    lessons: dict[str, Any] = {}
    if rule is not None:
        distance = {"divergence": rule.divergence, "temperature": rule.temperature}
        lessons = {"rule": rule.build_rule(median_lag=1), "options": distance}
    return ModelsDrawing.of(comparison, utterances, truth, width=width, **lessons)


def _seconds(text: str) -> float:
    return check.finite_number("latency", float(text))


def _spectrograms(
    audio: Mapping[str, Path], utterances: Sequence[str], part: Part
) -> "Mapping[str, Speech]":
    """Spectrograms of the utterances whose audio is there."""
    from refkd.alignment.clock import Clock
    from refkd.data.features import FeatureSettings, log_mel
    from refkd.data.wav import read_wav
    from visualize.panels.speech import Speech

    spectrograms = {}
    for name in utterances if audio else ():
        samples, rate = read_wav(audio[name])
        settings = FeatureSettings(stack=1)
        clock = Clock(settings.frame_shift(rate), settings.span(rate) / 2)
        values = log_mel(samples, rate, settings).astype(np.float64)
        frames = part.slice(clock.frame_shift, clock.first_frame)
        if frames.start < len(values):
            begin = Clock(clock.frame_shift, clock.seconds(frames.start))
            spectrograms[name] = Speech(values[frames], begin)
    return spectrograms


def _tables(drawing: "ModelsDrawing") -> list[str]:
    comparison, truth = drawing.comparison, drawing.truth
    number = len(comparison.utterances)
    lines = ["", f"{number} utterance{'s' * (number != 1)}; positive is late"]
    if comparison.students:
        lines += ["", shift_table(comparison)]
    if truth is not None:
        lines += ["", truth_table(truth, drawing.true_delays, comparison.unit)]
    return lines
