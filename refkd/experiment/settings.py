"""What a run does: every setting with its default, from a TOML file or from the command line."""

import dataclasses
import inspect
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from refkd import check
from refkd.data.features import FeatureSettings
from refkd.data.sources import find_source
from refkd.experiment.student_settings import CTC, MAIN, STUDENTS, StudentSettings, TeacherKey
from refkd.experiment.train import TrainingSettings
from refkd.networks.stack import Size

Settings = TypeVar("Settings")
# Of a student, and so of its files, which must not be those of a teacher or of another seed.
NAME = re.compile(
    r"(?!(unidirectional-|guided-)?teacher|.*-(seed|weight)-)[a-z0-9][a-z0-9_-]*", re.IGNORECASE
)
SEED, SEEDS = 2**63 - 1, 65_535  # as large as JSON and the intervals take them
DEFAULT_RULES = (CTC, "FrameWise", "Shift", "Hard", "OrderedPath", "PerTeacher")


@dataclass(frozen=True)
class NetworkSettings:
    """Teacher and student: layers, units in each direction of a layer, and their kind."""

    layers: int = 1
    hidden: int = 64
    cell: str = "lstm"

    def __post_init__(self) -> None:
        size = Size.checked(1, self.hidden, self.layers, 1, True, self.cell)
        check.store(self, layers=size.layers, hidden=size.hidden, cell=size.cell)


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides a run."""

    data: str = "synthetic"  # "synthetic", "festvox:DIR" or another form of `refkd.data.sources`
    seed: int = 0  # of networks, batches and noise; synthetic speech has one among its options
    seeds: int = 1  # how many times every student is trained: with seed, seed + 1, ...
    new_teachers: bool = False  # of each seed; otherwise all learn from those of `seed`
    animate: bool = False  # draw one validation utterance after each epoch; changes no training
    # "CTC", rules, other names of `STUDENTS`, names of `distill`.
    rules: tuple[str, ...] = DEFAULT_RULES
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)  # how audio becomes frames
    # Options of the function that makes or reads this form of data.
    speech: dict[str, Any] = field(default_factory=dict)
    distill: dict[str, StudentSettings] = field(default_factory=dict)  # of each student in `rules`

    def __post_init__(self) -> None:
        if not isinstance(self.rules, list | tuple):
            check.fail("rules", "a list of names", check.shown(self.rules))
        check.store(
            self,
            data=check.text("data", self.data),
            seed=check.integer("seed", self.seed, low=0, high=SEED),
            seeds=check.integer("seeds", self.seeds, low=1, high=SEEDS),
            new_teachers=check.flag("new_teachers", self.new_teachers),
            animate=check.flag("animate", self.animate),
            rules=tuple(self.rules),
        )
        if not self.rules:
            check.fail("rules", "at least one", "none")
        distill = {}
        for name in self.rules:
            name = check.one_of("rules", name, {**STUDENTS, **self.distill})
            if name in distill:
                check.fail("rules", "every student once", f"{name!r} twice")
            known = self.distill.get(name)
            distill[name] = StudentSettings(**STUDENTS[name]) if known is None else known
        check.store(self, rules=tuple(distill), distill=distill)
        for name, student in distill.items():
            if student.learns:
                student.build_rule(median_lag=1)  # refuses what the rule would refuse
            if student.takes_median_lag and CTC not in self.rules:
                check.fail(
                    "rules", f"CTC too, because its lag sets the d of {name}", list(self.rules)
                )
            if student.start == CTC and name == CTC:
                check.fail("start", "'fresh' for CTC itself", repr(CTC))
            if student.start == CTC and CTC not in self.rules:
                check.fail("rules", f"CTC too, because {name} starts from it", list(self.rules))

    def teachers(self) -> tuple[TeacherKey, ...]:
        """Kind and guidance of every teacher in the order of training: guides come first."""
        teachers = [MAIN]
        for student in self.distill.values():
            if student.learns and student.teacher != "bidirectional":
                teachers.append(("unidirectional", 0.0))
            if student.learns:
                teachers.append(student.taught_by)
        return tuple(dict.fromkeys(teachers))

    @property
    def trainings(self) -> int:
        """How many networks are trained."""
        further = sum(len(student.candidates) - 1 for student in self.distill.values())
        teachers = len(self.teachers()) * (self.seeds if self.new_teachers else 1)
        return teachers + len(self.rules) * self.seeds + further

    def as_dict(self) -> dict[str, Any]:
        """The same settings as a TOML file would give them, ready for JSON: infinity is "inf"."""
        plain: dict[str, Any] = _written(dataclasses.asdict(self))
        return plain


# Where the defaults of a corpus differ from those of the classes; --quick lays its own on top.
CORPUS_DEFAULTS: dict[str, dict[str, Any]] = {
    "synthetic": {"speech": {"seed": 0}},
    "festvox": {
        "network": {"layers": 2, "hidden": 96},
        "training": {"epochs": 25, "batch": 16, "rate": 4e-3},
    },
    "timit": {
        "network": {"layers": 2, "hidden": 96},
        "training": {"epochs": 25, "batch": 16, "rate": 4e-3},
    },
    "fsdd": {"training": {"epochs": 10, "batch": 16}},
    "espeak": {"training": {"batch": 4}},
}
QUICK: dict[str, Any] = {
    "network": {"layers": 1, "hidden": 48},
    "training": {"epochs": 12, "batch": 4},
    "speech": {"train": 160, "validation": 8, "test": 24},
}


def read_settings(
    file: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    quick: bool = False,
) -> RunSettings:
    """Read the settings of a run and check them.

    Parameters
    ----------
    file : path, optional
        TOML with the keys of RunSettings; `[distill]` applies to every student with a teacher,
        `[distill.Hard]` to this student alone.
    overrides : mapping, optional
        Keys that take precedence over those of the file, one by one within a table.
    quick : bool
        Less speech, a smaller network and other epochs, unless the file sets them.

    Returns
    -------
    RunSettings
        Checked.

    Raises
    ------
    ArgumentError
        If a key is unknown or a value out of its range.
    DataError
        If the file cannot be read.

    Examples
    --------
    >>> from refkd.experiment.settings import read_settings
    >>> read_settings(overrides={"rules": ["CTC", "Hard"]}).distill["Hard"].window
    (5, 0)
    """
    values = {} if file is None else _read_toml(Path(file))
    for key, value in _table("overrides", {} if overrides is None else overrides).items():
        values[key] = {**values.get(key, {}), **value} if isinstance(value, Mapping) else value
    _known("configuration", values, [field.name for field in dataclasses.fields(RunSettings)])
    data = values.get("data", "synthetic")
    source, _ = find_source(data)
    defaults = [
        CORPUS_DEFAULTS.get(data.partition(":")[0], {}),
        QUICK if check.flag("quick", quick) else {},
    ]

    def merged(section: str) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for source in (*defaults, values):
            table |= _table(section, source.get(section, {}))
        return table

    speech = {name: _frozen(value) for name, value in merged("speech").items()}
    _known("speech", speech, source.options())
    return RunSettings(
        data=data,
        seed=values.get("seed", 0),
        seeds=values.get("seeds", 1),
        new_teachers=values.get("new_teachers", False),
        animate=values.get("animate", False),
        rules=_frozen(values.get("rules", DEFAULT_RULES)),
        network=_section(NetworkSettings, "network", merged("network")),
        training=_section(TrainingSettings, "training", merged("training")),
        features=_section(FeatureSettings, "features", merged("features")),
        speech=speech,
        distill=_students(merged("distill")),
    )


def _students(distill: dict[str, Any]) -> dict[str, StudentSettings]:
    """The settings of every named student; [distill] applies to those with a teacher."""
    for_all = {key: value for key, value in distill.items() if not isinstance(value, Mapping)}
    own = {key: value for key, value in distill.items() if isinstance(value, Mapping)}
    if "rule" in for_all:
        check.fail("distill", "the rule in a table of its own, [distill.NAME]", for_all["rule"])
    students: dict[str, StudentSettings] = {}
    for name in (*STUDENTS, *(name for name in own if name not in STUDENTS)):
        table = {**STUDENTS.get(name, {}), **own.get(name, {})}
        if not NAME.fullmatch(name):
            expected = "a name of letters, digits, _ and -, and no name that a run gives its files"
            check.fail("distill", expected, repr(name))
        if name.lower() in {student.lower() for student in students}:
            check.fail("distill", "names that differ in more than case", repr(name))
        if "rule" not in table:
            known = ", ".join(STUDENTS)
            check.fail(
                "distill", f"a rule in [distill.{name}], or one of the names {known}", repr(name)
            )
        if name in STUDENTS and table["rule"] != STUDENTS[name]["rule"]:
            check.fail(
                "distill", f"another name for a student that learns by {table['rule']}", repr(name)
            )
        if table["rule"] != CTC:
            table = {**for_all, **table}
        students[name] = _section(StudentSettings, f"distill.{name}", table)
    return students


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise check.DataError(f"{path}: expected a file, got {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise check.DataError(f"{path}: expected TOML, got {error}") from None
    except RecursionError:
        raise check.DataError(f"{path}: expected TOML, got values nested too deep") from None


def _table(section: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        check.fail(section, f"a table [{section}]", check.shown(value))
    return dict(value)


def _known(section: str, table: Mapping[str, Any], names: list[str]) -> None:
    for name in table:
        if name not in names:
            check.fail(section, "one of the keys " + ", ".join(names), repr(name))


def _section(kind: type[Settings], section: str, table: Mapping[str, Any]) -> Settings:
    names = list(inspect.signature(kind).parameters)
    _known(section, table, names)
    try:
        return kind(**{name: _frozen(value) for name, value in table.items()})
    except check.ArgumentError as error:
        raise check.ArgumentError(f"[{section}] {error}") from None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(item) for name, item in value.items()}
    return "inf" if value == math.inf else value
