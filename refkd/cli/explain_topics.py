"""What `refkd explain` narrates: an example, or the user's own labels and posteriors."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd import check
from refkd.alignment.decode import greedy_decode
from refkd.alignment.posteriors.conventions import normalised
from refkd.alignment.posteriors.diagnose import diagnose
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.symbol_order import in_one_order
from refkd.check import Floats, Ints
from refkd.cli.each_model import one_kind, posteriors_of
from refkd.cli.plot_options import typed
from refkd.cli.rule_options import rule_settings
from refkd.experiment.student_settings import StudentSettings
from refkd.files.tokens import read_tokens
from refkd.learn.explain import examples
from refkd.learn.explain.ctc import explain_ctc
from refkd.learn.explain.distill import explain_distill
from refkd.learn.explain.lstm import explain_lstm
from refkd.learn.explain.narration import Narration
from refkd.learn.explain.select import explain_select
from refkd.losses.rules import RULES

MOST_FRAMES = 12
FACTS = ("utterance", "blank", "kind", "tokens")


@dataclass(frozen=True)
class Utterance:
    """Log-probabilities (T, K) of one utterance, by each model, and what their classes are."""

    logp: tuple[Floats, ...]
    blank: int
    symbols: Sequence[str]


def explain_ctc_options(options: argparse.Namespace) -> Narration:
    """Explain CTC over the example or over posteriors."""
    utterance = _utterance_of(
        options, ("posteriors",), Utterance((examples.ctc_logits(),), 0, examples.SYMBOLS)
    )
    (logp,) = utterance.logp
    if options.labels is not None:
        labels = _labels(options.labels, utterance.symbols)
    elif options.posteriors is not None:
        labels = greedy_decode(logp, utterance.blank)
    else:
        labels = np.array(examples.LABELS)
    frames = _frames(options.frames, len(logp))
    return explain_ctc(logp, labels, utterance.blank, utterance.symbols, frames)


def explain_lstm_options(options: argparse.Namespace) -> Narration:
    """Explain a small LSTM."""
    inputs = list(examples.INPUTS)
    if options.inputs is not None:
        inputs = [_number(text) for text in options.inputs.split(",")]
    frames = _frames(options.frames, len(inputs))
    features = np.array(inputs)[:, np.newaxis]
    params = examples.lstm_params(options.units)
    return explain_lstm(params, features, reverse=options.reverse, frames=frames)


def explain_select_options(options: argparse.Namespace) -> Narration:
    """Explain selection by one rule or by all."""
    late = Utterance((examples.teacher_logits(), examples.late_logits()), 0, examples.SYMBOLS)
    names = RULES if options.rule is None else (options.rule,)
    both, settings, shared = _models_and_rules(options, late, names, examples.RULE)
    return explain_select(*both, [rule.build_rule(examples.LAG) for rule in settings], **shared)


def explain_distill_options(options: argparse.Namespace) -> Narration:
    """Explain the gradient of a rule."""
    short = examples.short_teacher_logits(), examples.short_late_logits()
    late = Utterance(short, 0, examples.SYMBOLS[:2])
    names = (options.rule or "Soft",)
    both, (settings,), shared = _models_and_rules(options, late, names, examples.SHORT_RULE)
    shared |= {"scale_t2": options.scale_t2, "blank_frames": options.blank_frames}
    return explain_distill(*both, settings.build_rule(examples.LAG), **shared)


def _models_and_rules(
    options: argparse.Namespace, example: Utterance, names: Iterable[str], defaults: dict[str, Any]
) -> tuple[tuple[Floats, Floats], list[StudentSettings], dict[str, Any]]:
    """Student and teacher, the settings of rules, and further arguments of an explanation."""
    utterance = _utterance_of(options, ("teacher", "student"), example)
    teacher, student = utterance.logp
    own = defaults if utterance is example else {}
    settings = [rule_settings(options, name, own) for name in names]
    shared = {
        "divergence": settings[0].divergence,
        "temperature": settings[0].temperature,
        "blank": utterance.blank,
        "symbols": utterance.symbols,
        "frames": _frames(options.frames, len(student)),
    }
    return (student, teacher), settings, shared


def _utterance_of(
    options: argparse.Namespace, models: Sequence[str], example: Utterance
) -> Utterance:
    """The user's posteriors, checked; the example without any."""
    with_path = typed(options, models)
    if not with_path:
        for fact in typed(options, FACTS):
            check.fail(models[0], f"it together with --{fact}", "none")
        return example
    for name in models:
        if name not in with_path:
            check.fail(name, f"it together with --{with_path[0]}", "none")
    sets, assumed = in_one_order([_read(name, getattr(options, name), options) for name in models])
    for finding in assumed + diagnose(*sets):
        if finding.level == "error":
            raise check.DataError(f"{finding.name}: {finding.sentence}")
        print(f"{finding.name}: {finding.level}: {finding.sentence}", file=sys.stderr)
    sets = tuple(normalised(posteriors) for posteriors in sets)
    name = _utterance_name(options.utterance, sets)
    blank = sets[0].blank or 0
    arrays = tuple(posteriors.arrays[name].astype(np.float64) for posteriors in sets)
    return Utterance(arrays, blank, sets[0].symbols or ())


def _read(name: str, path: str, options: argparse.Namespace) -> PosteriorSet:
    kind = None if options.kind is None else one_kind(options.kind)
    symbols = None if options.tokens is None else read_tokens(options.tokens)
    facts = {"kind": kind, "symbols": symbols, "first_frame": 0.0}
    return posteriors_of(path, options.blank, name=name, **facts)


def _utterance_name(name: str | None, sets: Sequence[PosteriorSet]) -> str:
    """The requested name, or that of the shortest utterance that all models have."""
    first, *others = sets
    shared = [each for each in first.names if all(each in other.arrays for other in others)]
    if name is None:
        return min(shared, key=lambda each: len(first.arrays[each]))
    if name not in shared:
        check.fail("utterance", f"one of {len(shared)}, such as {shared[0]!r}", repr(name))
    return name


def _labels(text: str, symbols: Sequence[str]) -> Ints:
    """Numbers of classes; a symbol goes before a number."""
    labels = []
    for label in text.split(",") if text else ():
        if label in symbols:
            labels.append(list(symbols).index(label))
        elif label.isascii() and label.isdigit() and len(label) < 10:
            labels.append(int(label))
        else:
            check.fail("labels", f"symbols such as {symbols[-1]!r}, or numbers", repr(label))
    return np.array(labels, dtype=np.int64)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        check.fail("inputs", "a number", repr(text))
    return check.finite_number("inputs", number)


def _frames(text: str | None, total: int) -> range:
    if text is None:
        return range(min(total, MOST_FRAMES))
    try:
        first, end = (int(number) for number in text.split(","))
    except ValueError:
        check.fail("frames", "FIRST,END", repr(text))
    return range(first, end)


TOPICS: dict[str, Callable[[argparse.Namespace], Narration]] = {
    "ctc": explain_ctc_options,
    "lstm": explain_lstm_options,
    "select": explain_select_options,
    "distill": explain_distill_options,
}
