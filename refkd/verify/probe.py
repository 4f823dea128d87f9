"""Find out the conventions of an implementation from its answers to one tiny case."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from refkd.verify.doors import Door
from refkd.verify.kit import Convention, Kit
from refkd.verify.records import Answer, Arguments, Conventions, Finding
from refkd.verify.run import Asking, judged, outputs_of

Values: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class Probed:
    """Conventions, how each is known, and what was wrong on the way."""

    conventions: Conventions
    known: Conventions  # name: "told", "found" or "assumed"
    findings: tuple[Finding, ...]


def probe(kit: Kit, door: Door, told: Conventions) -> Probed:
    """Find the conventions under which the probe case comes out right.

    Hypotheses are combinations of conventions, the likelier first; the first that reproduces every
    number wins. If none does, known defects are tried with the likeliest combinations: a wrong
    implementation has conventions, too.

    Parameters
    ----------
    kit : Kit
        Of the implementation.
    door : Door
        To the implementation.
    told : mapping of str to str
        What the user says. It is searched all the same, and a contradiction is a finding.

    Returns
    -------
    Probed
        A value for every convention of the kit.
    """
    search = _Search(kit, door)
    certain, likely = True, search.right(told)
    contradicted: list[str] = []
    if likely is None:
        certain, likely = False, search.defective(told)
    dtype = {name: value for name, value in told.items() if name == "dtype"}
    if likely is None and told != dtype and (likely := search.right(dtype)) is not None:
        contradicted = [name for name, value in told.items() if likely.get(name, value) != value]
        certain = True
    found = likely or {
        one.name: one.tried(told)[0] for one in kit.conventions if one.decides != "later"
    }
    later, findings = kit.settle(Asking(kit, door), found, told)
    contradicted += [name for name in later if told.get(name, later[name]) != later[name]]
    conventions = {**found, **later}
    return Probed(
        conventions,
        {
            name: "told" if name in told and name not in contradicted
            else "found" if certain or name in later else "assumed"
            for name in conventions
        },
        (*findings, *(_contradiction(kit, name, told, conventions) for name in contradicted)),
    )  # fmt: skip


def _contradiction(kit: Kit, name: str, told: Conventions, found: Conventions) -> Finding:
    one = next(convention for convention in kit.conventions if convention.name == name)
    words = one.choices
    return Finding(
        one.bug,
        f"{one.flag} {told[name]} was told ({words[told[name]]}), found is: {words[found[name]]}",
        "must",
    )


class _Search:
    """Answers to the probe case under every way to ask it, each asked for once."""

    def __init__(self, kit: Kit, door: Door) -> None:
        self.kit = kit
        self.door = door
        self.case = kit.probe_case()
        self.answers: dict[tuple[str, ...], Answer] = {}

    def right(self, told: Conventions) -> Values | None:
        """The likeliest conventions under which every number is right."""
        for asked in _combinations(self._deciding("call"), told):
            answer = self._answer(asked, told)
            if answer.outputs is None:
                continue
            for expected in _combinations(self._deciding("answer"), told):
                how = {**asked, **expected}
                if judged(self.kit, self.case, self._arguments(how), how, answer).problem is None:
                    return how
        return None

    def defective(self, told: Conventions) -> Values | None:
        """The likeliest conventions under which a known defect gives every number."""
        both = [*self._deciding("call"), *self._deciding("answer")]
        likely = [how for how in _combinations(both, told) if _unusual(both, how, told) <= 1]
        for how in likely:
            answer = self._answer(how, told)
            for defect in self.kit.defects if answer.outputs is not None else ():
                arguments = self._arguments(how)
                outputs = outputs_of(defect, self.kit, arguments)
                outcome = judged(self.kit, self.case, arguments, how, answer, outputs)
                if outcome.problem is None:
                    return how
        return None

    def _deciding(self, what: str) -> list[Convention]:
        return [one for one in self.kit.conventions if one.decides == what]

    def _arguments(self, how: Conventions) -> Arguments:
        return self.kit.present(self.case, how)

    def _answer(self, how: Conventions, told: Conventions) -> Answer:
        call = self._deciding("call")
        key = tuple(how[one.name] for one in call)
        if key not in self.answers:
            how = {**{one.name: one.tried({})[0] for one in self._deciding("answer")}, **how}
            sent = self.kit.translate(self.case, self._arguments(how), how)
            (self.answers[key],) = self.door.ask([sent])
        answer = self.answers[key]
        if "dtype" not in told and _is_wider(answer, how):
            return Answer(failure="raised", sentence="its numbers have more digits than this dtype")
        return answer


def _is_wider(answer: Answer, asked: Conventions) -> bool:
    """Whether numbers of float64 would be held to the tolerance of a narrower dtype."""
    widest = max((value.dtype.itemsize for value in (answer.outputs or {}).values()), default=0)
    return asked["dtype"] != "float64" and widest > 4


def _combinations(conventions: Sequence[Convention], told: Conventions) -> Iterable[Values]:
    """Every combination, those with fewer unusual values first."""
    names = [one.name for one in conventions]
    products = itertools.product(*(one.tried(told) for one in conventions))
    every = [dict(zip(names, values, strict=True)) for values in products]
    return sorted(every, key=lambda how: _unusual(conventions, how, told))


def _unusual(conventions: Sequence[Convention], how: Conventions, told: Conventions) -> int:
    return sum(how[one.name] != one.tried(told)[0] for one in conventions)
