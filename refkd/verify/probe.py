"""Find out the conventions of an implementation from its answers to one tiny case."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from refkd.verify.doors import Door
from refkd.verify.kit import Convention, Kit
from refkd.verify.records import Answer, Case, Conventions, Finding, Outcome, Outputs
from refkd.verify.run import Asking, judged


@dataclass(frozen=True)
class Probed:
    """Conventions, how each is known, and what was wrong on the way."""

    conventions: Conventions
    known: Conventions  # name: "told", "found" or "assumed"
    findings: tuple[Finding, ...] = field(default=())


def probe(kit: Kit, door: Door, told: Conventions) -> Probed:
    """Find the conventions under which the probe case comes out right.

    Hypotheses are combinations of conventions, in order of likelihood; the first that reproduces
    every number wins. If none does, the numbers are held against every known defect, too, since a
    wrong implementation has conventions as well.

    Parameters
    ----------
    kit : Kit
        Of the implementation.
    door : Door
        To the implementation.
    told : mapping of str to str
        What the user says; it is searched all the same, and a contradiction is a finding.

    Returns
    -------
    Probed
        A value for every convention of the kit.
    """
    found, certain = _best(kit, door, told)
    findings: list[Finding] = []
    contradicted: set[str] = set()
    if not certain and told:
        free, free_certain = _best(kit, door, {})
        if free_certain:
            contradicted = {name for name in told if free.get(name, told[name]) != told[name]}
            found = free
            findings += [_contradiction(kit, name, told[name], free[name]) for name in contradicted]
    later, met = kit.settle(Asking(kit, door), found, told)
    findings += met
    for name in later.keys() & told.keys():
        if later[name] != told[name]:
            findings.append(_contradiction(kit, name, told[name], later[name]))
            contradicted.add(name)
    known = {
        name: "told" if name in told and name not in contradicted else
        "found" if certain or contradicted or name in later else "assumed"
        for name in (convention.name for convention in kit.conventions)
    }  # fmt: skip
    return Probed({**found, **later}, known, tuple(findings))


def _contradiction(kit: Kit, name: str, told: str, found: str) -> Finding:
    convention = next(one for one in kit.conventions if one.name == name)
    words = convention.choices
    sentence = f"{convention.flag} {told} was told ({words[told]}), but {words[found]} is found"
    return Finding("", sentence, "must")


def _best(kit: Kit, door: Door, told: Conventions) -> tuple[dict[str, str], bool]:
    """The likeliest conventions, and whether they reproduce every number."""
    case = kit.probe_case()
    sent = list(_combinations(kit, "call", told))
    expected = list(_combinations(kit, "answer", told))
    tried: list[tuple[dict[str, str], Answer]] = []
    for batch in (sent[:1], sent[1:]):  # most implementations keep to the first
        answers = _ask(kit, door, case, [{**expected[0], **one} for one in batch])
        tried += zip(batch, answers, strict=True)
        for call, answer in tried[-len(batch) :]:
            for rest in expected:
                if _reproduces(kit, case, {**call, **rest}, answer):
                    return {**call, **rest}, True
    for defect in kit.defects:
        for call, answer in tried:
            for rest in expected:
                conventions = {**call, **rest}
                arguments = kit.present(case, conventions)
                values = defect.compute(*(arguments[name] for name in kit.arguments))
                outputs = dict(zip(kit.results, values, strict=True))
                if _reproduces(kit, case, conventions, answer, outputs):
                    return conventions, False
    return {**sent[0], **expected[0]}, False


def _combinations(kit: Kit, decides: str, told: Conventions) -> Iterator[dict[str, str]]:
    conventions: Sequence[Convention] = [one for one in kit.conventions if one.decides == decides]
    for values in itertools.product(*(one.tried(told) for one in conventions)):
        yield {one.name: value for one, value in zip(conventions, values, strict=True)}


def _ask(kit: Kit, door: Door, case: Case, conventions: Sequence[Conventions]) -> list[Answer]:
    return door.ask([kit.translate(case, kit.present(case, one), one) for one in conventions])


def _reproduces(
    kit: Kit, case: Case, conventions: Conventions, answer: Answer, outputs: Outputs | None = None
) -> bool:
    outcome: Outcome = judged(kit, case, conventions, answer, outputs)
    return outcome.problem is None
