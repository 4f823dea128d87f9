"""One verification from the first probe to the report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from refkd.verify.compare import largest_difference
from refkd.verify.detect_conventions import Probed, probe
from refkd.verify.diagnose import diagnose
from refkd.verify.kit import Kit
from refkd.verify.minimize import smallest
from refkd.verify.naming import classify
from refkd.verify.python_runner import Runner
from refkd.verify.records import (
    Case,
    Conventions,
    Deviation,
    Finding,
    Outcome,
    Report,
    Selection,
    Symptom,
    Trial,
)
from refkd.verify.report import deviation_lines
from refkd.verify.run import Asking

BATCH = 64  # cases in one batch of calls


def verify(
    kit: Kit,
    runner: Runner,
    claims: Conventions | None = None,
    selection: Selection | None = None,
    *,
    target: str = "",
    case: str | None = None,
    repeat: int = 1,
    again: Callable[[str], str] = str,
    begin: Callable[[str, int | None], object] = lambda stage, calls: None,
) -> Report:
    """Probe an implementation, run the cases of a kit, and name what is wrong.

    Parameters
    ----------
    kit : Kit
        What kind of implementation it is.
    runner : Runner
        Of the implementation.
    claims : mapping of str to str, optional
        Conventions that are known; the others are detected.
    selection : Selection, optional
        Which cases to run; all if not given.
    target : str
        The name of the implementation in the report.
    case : str, optional
        Run this case only.
    repeat : int
        Number of times that each case is run; answers with different bits are reported.
    again : callable
        From the name of a case to the command that runs it again.
    begin : callable
        Called at the beginning of each stage with its name and the number of its calls, None where
        that is not known.

    Returns
    -------
    Report
        Its `exit_code` is 1 if there is a fault.

    Examples
    --------
    >>> from refkd.verify.python_runner import PythonRunner
    >>> from refkd.verify.kits import kit_named
    >>> from refkd.verify.session import verify
    >>> kit = kit_named("ctc")
    >>> target = "refkd.verify.adapters.refkd_ctc:ctc_loss"
    >>> runner = PythonRunner(target, kit.arguments, kit.results, time_limit=30.0)
    >>> report = verify(kit, runner, {"dtype": "float64"}, case="three_frames")
    >>> runner.close()
    >>> report.asked, report.agreed, report.exit_code
    (1, 1, 0)
    """
    selection = selection or Selection()
    begin("conventions", None)
    probed = probe(kit, runner, claims or {}, target or "the implementation")
    selected = kit.cases(selection) if case is None else [kit.find(case)]
    cases = in_order(case for case in selected if kit.concerns(case, probed.conventions))
    begin("cases", len(cases) * repeat)
    outcomes: list[Outcome] = []
    spreads: list[tuple[float, Case]] = []
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        for turn in range(repeat):
            answers = Asking(kit, runner).outcomes(batch, probed.conventions)
            if turn == 0:
                first = answers
                outcomes += answers
            else:
                spreads += [
                    (_difference(outcome, repeated), outcome.case)
                    for outcome, repeated in zip(first, answers, strict=True)
                ]
    begin("smallest examples", None)
    report = conclude(
        kit, runner, probed, outcomes, target=target, again=again, shrunk=case is None
    )
    return replace(
        report,
        findings=(*report.findings, *_spread(spreads, again)),
        remarks=tuple(kit.remarks(selection)) if case is None else (),
        spread=max((size for size, _ in spreads), default=0.0) if repeat > 1 else None,
    )


def in_order(cases: Iterable[Case]) -> list[Case]:
    """The cases in the order in which they are run: those that must be refused come last."""
    return sorted(cases, key=lambda case: case.status == "must_reject")


def conclude(
    kit: Kit,
    runner: Runner,
    probed: Probed,
    outcomes: Sequence[Outcome],
    *,
    target: str,
    again: Callable[[str], str],
    shrunk: bool = True,
) -> Report:
    """Diagnose the outcomes of cases that were run."""
    return Report(
        kit.name,
        target,
        {name: (value, probed.known[name]) for name, value in probed.conventions.items()},
        (
            *probed.findings,
            *faults(kit, runner, outcomes, again, shrunk),
            *_remarks(kit, outcomes, again),
        ),
        asked=len(outcomes),
        agreed=sum(outcome.problem is None for outcome in outcomes),
        trials=tuple(
            Trial(outcome.case.name, problem_lines(kit, outcome), outcome.answer.seconds)
            for outcome in outcomes
        ),
    )


def _difference(first: Outcome, second: Outcome) -> float:
    return largest_difference(first.answer.outputs or {}, second.answer.outputs or {})


def faults(
    kit: Kit,
    runner: Runner,
    outcomes: Sequence[Outcome],
    again: Callable[[str], str] = str,
    shrunk: bool = True,
) -> Iterator[Finding]:
    """What must be fixed by these outcomes, each with its smallest case or the case as it was."""
    before: list[tuple[str, int]] = []
    for explanation in diagnose(kit, outcomes):
        example, asked = smallest(kit, Asking(kit, runner), explanation)
        symptom = classify(kit, explanation, example, outcomes, asked, before)
        before.append((symptom.bug, len(explanation.outcomes)))
        if not shrunk:
            example = explanation.outcomes[0]
        yield Finding(
            symptom.bug,
            symptom.words,
            "must",
            example.case.name,
            str(example.problem),
            tuple(outcome.case.name for outcome in explanation.outcomes),
            own_deviation(kit, example),
            kit.example(example.arguments, example.conventions),
            again(example.case.name),
        )


def problem_lines(kit: Kit, outcome: Outcome) -> tuple[str, ...]:
    """What is wrong in the answer to a case, in plain words; empty if nothing is."""
    deviation = own_deviation(kit, outcome)
    if deviation is not None:
        return tuple(deviation_lines(deviation))
    return () if outcome.problem is None else (outcome.problem,)


def own_deviation(kit: Kit, outcome: Outcome) -> Deviation | None:
    """The deviation of an outcome with its index in the implementation's own layout."""
    deviation = outcome.deviation
    if deviation is None:
        return None
    canonical = outcome.expected[deviation.output]
    places = np.arange(canonical.size).reshape(canonical.shape)
    own = kit.laid_out(deviation.output, places, outcome.arguments, outcome.conventions)
    index = tuple(int(i) for i in np.argwhere(own == places[deviation.index])[0])
    layout = "" if own.shape == places.shape and (own == places).all() else "your own layout"
    return replace(deviation, index=index, layout=layout)


def _remarks(
    kit: Kit, outcomes: Sequence[Outcome], again: Callable[[str], str]
) -> Iterator[Finding]:
    """Notes on right answers; equal notes are one, with all their cases."""
    cases: dict[Symptom, list[str]] = {}
    for outcome in outcomes:
        if outcome.problem is None and (remark := kit.remark(outcome)) is not None:
            cases.setdefault(remark, []).append(outcome.case.name)
    for remark, names in cases.items():
        first = names[0]
        yield Finding(
            remark.bug, remark.words, "note", first, failing=tuple(names), again=again(first)
        )


def _spread(
    spreads: Sequence[tuple[float, Case]], again: Callable[[str], str]
) -> Iterator[Finding]:
    if spreads and (worst := max(spreads, key=lambda spread: spread[0]))[0] > 0.0:
        size, case = worst
        words = f"the same call gives different numbers when repeated, up to {size:.3g} apart"
        names = tuple(dict.fromkeys(case.name for spread, case in spreads if spread > 0.0))
        yield Finding("G9", words, "note", case.name, failing=names, again=again(case.name))
