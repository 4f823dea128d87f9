"""What a run does: every setting with its default, from a TOML file or from the command line."""

import dataclasses
import inspect
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from refkd import check
from refkd.data.features import FeatureSettings
from refkd.data.sources import find_source
from refkd.distillation import BLANK_FRAMES
from refkd.divergences import DIVERGENCES
from refkd.layers import CELLS
from refkd.records import rules
from refkd.records.rules import RULES, Rule
from refkd.records.window import Window
from refkd.train import TrainingSettings

Settings = TypeVar("Settings")
CTC = "CTC"  # the student without a teacher
DEFAULT_RULES = (CTC, "FrameWise", "Shift", "Hard", "OrderedPath", "PerTeacher")


@dataclass(frozen=True)
class NetworkSettings:
    """Teacher and student: layers, units in each direction of a layer, and their kind."""

    layers: int = 1
    hidden: int = 64
    cell: str = "lstm"

    def __post_init__(self) -> None:
        check.integer("layers", self.layers, low=1)
        check.integer("hidden", self.hidden, low=1)
        check.one_of("cell", self.cell, CELLS)


@dataclass(frozen=True)
class DistillSettings:
    """How a student learns by a rule; each rule takes the parameters it knows.

    Parameters
    ----------
    weight : float
        Of the distillation loss beside the CTC loss, >= 0.
    window : (int, int) or "whole"
        Teacher frames seen before and after the student's own.
    d : int, optional
        Frames of Shift; by default the median lag of the student trained by CTC alone, at least 1.
    weights : tuple of float
        Of Blend.
    k : int
        Of TopK.
    tau : float
        Of Soft and TopK, in nats.
    max_step : int, optional
        Of Monotone; without it any step is allowed.
    divergence, temperature, scale_t2, blank_frames : various
        As in `refkd.distill_loss`.
    """

    weight: float = 0.3
    window: tuple[int, int] | str = (5, 0)
    d: int | None = None
    weights: tuple[float, ...] = (0.0, 0.5, 0.5)
    k: int = 3
    tau: float = 0.3
    max_step: int | None = 1
    divergence: str = "kl"
    temperature: float = 1.0
    scale_t2: bool = False
    blank_frames: str = "keep"

    def __post_init__(self) -> None:
        check.non_negative("weight", self.weight)
        if self.window != "whole":
            if not isinstance(self.window, tuple) or len(self.window) != 2:
                check.fail("window", "[left, right] or 'whole'", self.window)
            Window(*self.window)
        check.one_of("divergence", self.divergence, DIVERGENCES)
        check.positive("temperature", self.temperature)
        check.flag("scale_t2", self.scale_t2)
        check.one_of("blank_frames", self.blank_frames, BLANK_FRAMES)

    def rule(self, name: str, median_lag: int) -> Rule:
        """The rule of this name with these parameters."""
        seen = Window.whole() if isinstance(self.window, str) else Window(*self.window)
        known: dict[str, Callable[[], Rule]] = {
            "FrameWise": rules.FrameWise,
            "Shift": lambda: rules.Shift(median_lag if self.d is None else self.d),
            "Blend": lambda: rules.Blend(self.weights),
            "Hard": lambda: rules.Hard(seen),
            "TopK": lambda: rules.TopK(seen, self.k, self.tau),
            "Soft": lambda: rules.Soft(seen, self.tau),
            "Monotone": lambda: rules.Monotone(seen, self.max_step),
            "OrderedPath": lambda: rules.OrderedPath(seen),
            "PerTeacher": lambda: rules.PerTeacher(seen),
        }
        return known[name]()


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides a run.

    Parameters
    ----------
    data : str
        "synthetic", "festvox:DIR" or another form of `refkd.data.sources`.
    seed : int
        Of the networks, the batches and the noise, >= 0. Synthetic speech has a seed of its own
        among its options, so that runs of several seeds hear the same corpus, as with real speech.
    rules : tuple of str
        The students: "CTC" for CTC alone, or the name of a rule.
    network : NetworkSettings
        Of teacher and student alike.
    training : TrainingSettings
        Of teacher and student alike.
    features : FeatureSettings
        How audio becomes frames.
    speech : dict
        Options of the function that makes or reads this form of data.
    distill : dict
        DistillSettings of each rule in `rules`.
    """

    data: str = "synthetic"
    seed: int = 0
    rules: tuple[str, ...] = DEFAULT_RULES
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    speech: dict[str, Any] = field(default_factory=dict)
    distill: dict[str, DistillSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check.integer("seed", self.seed, low=0)
        if not self.rules:
            check.fail("rules", "at least one", "none")
        for name in self.rules:
            check.one_of("rules", name, (CTC, *RULES))
            if self.rules.count(name) > 1:
                check.fail("rules", "every rule once", f"{name!r} twice")
        distill = {name: self.distill.get(name, DistillSettings()) for name in self.rules}
        distill.pop(CTC, None)
        object.__setattr__(self, "distill", distill)
        for name, settings in distill.items():
            settings.rule(name, median_lag=1)  # refuses what the rule would refuse
        shift = distill.get("Shift")
        if shift is not None and shift.d is None and CTC not in self.rules:
            check.fail("rules", "CTC too, whose lag sets the d of Shift, or a d", list(self.rules))

    def as_dict(self) -> dict[str, Any]:
        """The same settings as a TOML file would give them."""
        return dataclasses.asdict(self)


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
    """Put the settings of a run together.

    Parameters
    ----------
    file : path, optional
        TOML with the keys of RunSettings; `[distill]` holds for every rule, `[distill.Hard]` for
        one.
    overrides : mapping, optional
        Top-level keys that win over the file.
    quick : bool
        Small speech, a small network and two epochs, where the file says nothing else.

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
    >>> from refkd.configuration import read_settings
    >>> read_settings(overrides={"rules": ["CTC", "Hard"]}).distill["Hard"].window
    (5, 0)
    """
    given = {**({} if file is None else _read_toml(Path(file))), **(overrides or {})}
    _known("configuration", given, [one.name for one in dataclasses.fields(RunSettings)])
    data = given.get("data", "synthetic")
    source, _ = find_source(data)
    defaults = [CORPUS_DEFAULTS.get(data.partition(":")[0], {}), QUICK if quick else {}]

    def merged(section: str) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for source in (*defaults, given):
            table |= _table(section, source.get(section, {}))
        return table

    speech = {name: _frozen(value) for name, value in merged("speech").items()}
    _known("speech", speech, source.options())
    distill = merged("distill")
    for_all = {key: value for key, value in distill.items() if not isinstance(value, Mapping)}
    own = {key: value for key, value in distill.items() if isinstance(value, Mapping)}
    _known("distill", own, list(RULES))
    return RunSettings(
        data=data,
        seed=given.get("seed", 0),
        rules=_frozen(given.get("rules", DEFAULT_RULES)),
        network=_section(NetworkSettings, "network", merged("network")),
        training=_section(TrainingSettings, "training", merged("training")),
        features=_section(FeatureSettings, "features", merged("features")),
        speech=speech,
        distill={
            name: _section(DistillSettings, f"distill.{name}", {**for_all, **own.get(name, {})})
            for name in RULES
        },
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise check.DataError(f"{path}: expected a file, got {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise check.DataError(f"{path}: expected TOML, got {error}") from None


def _table(section: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        check.fail(section, f"a table [{section}]", repr(value))
    return dict(value)


def _known(section: str, table: Mapping[str, Any], names: list[str]) -> None:
    for name in table:
        if name not in names:
            check.fail(section, "the keys " + ", ".join(names), repr(name))


def _section(kind: type[Settings], section: str, table: Mapping[str, Any]) -> Settings:
    names = list(inspect.signature(kind).parameters)
    _known(section, table, names)
    try:
        return kind(**{name: _frozen(value) for name, value in table.items()})
    except check.ArgumentError as error:
        raise check.ArgumentError(f"[{section}] {error}") from None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
