"""The students of a run: the rule, the weight of the distillation loss and the teacher of each."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from refkd import check
from refkd.losses.distill import BLANK_FRAMES, checked_temperature
from refkd.losses.divergences import DIVERGENCES
from refkd.losses.rules import RULES, Rule, RuleParameters, fields_of

CTC = "CTC"  # the student without a teacher
TEACHERS = ("bidirectional", "unidirectional", "guided")
TeacherKey: TypeAlias = tuple[str, float]  # kind and guidance
MAIN: TeacherKey = ("bidirectional", 0.0)

# Students with a name of their own beside the rules; the first is a baseline, the others controls
# and a rival (docs/course/training.md).
STUDENTS: dict[str, dict[str, Any]] = {
    CTC: {"rule": CTC},
    "LongerCTC": {"rule": CTC, "longer": 1.5},
    **{name: {"rule": name} for name in RULES},
    **{f"Shift{d}": {"rule": "Shift", "d": d} for d in (1, 2, 3)},
    "RandomChoice": {"rule": "Hard", "choice": "random"},
    "UniTeacher": {"rule": "OrderedPath", "teacher": "unidirectional"},
    "Guided": {"rule": "FrameWise", "teacher": "guided"},
}


def teacher_name(key: TeacherKey) -> str:
    """What a teacher and its files are called."""
    kind, guidance = key
    name = "teacher" if key == MAIN else f"{kind}-teacher"
    return f"{name}-{guidance:g}" if kind == "guided" else name


@dataclass(frozen=True)
class Teaching:
    """The teacher of a student, and the weights of the losses."""

    rule: str
    weight: float | tuple[float, ...] = 0.3
    ctc: float = 1.0
    warm_up: float = 0.0
    start: str = "fresh"
    longer: float = 1.0
    teacher: str = "bidirectional"
    guidance: float = 1.0
    teacher_hears: str = "clean"
    choice: str = "rule"


@dataclass(frozen=True)
class StudentSettings(RuleParameters, Teaching):  # the fields of the last base come first
    """How a student is trained; each rule takes those parameters that it has.

    Parameters
    ----------
    rule : str
        "CTC" for CTC alone, or the class name of a rule.
    weight : float or tuple of float
        Of the distillation loss, >= 0. Of several weights, the one with the fewest validation
        errors is chosen with the first seed of the run, and is used for all seeds.
    ctc : float
        Weight of the CTC loss, >= 0; 0 for distillation alone.
    warm_up : float
        Share of all steps in which `weight` rises from 0 in a straight line, in [0, 1].
    start : "fresh" or "CTC"
        The student's first parameters: random ones, or those of the student trained by CTC alone.
    longer : float
        Epochs of this student / epochs of the others, > 0.
    teacher : "bidirectional", "unidirectional" or "guided"
        The teacher. A guided teacher is a bidirectional network that was trained to emit its
        spikes where the unidirectional teacher does (docs/course/rivals.md).
    guidance : float
        Weight of the guided CTC loss in the training of a guided teacher, >= 0.
    teacher_hears : "clean" or "noisy"
        Input of the teacher: clean features, or the student's features with their noise.
    choice : "rule" or "random"
        How the teacher's frame is selected: by the rule, or at random within its window.
    window : (int, int) or "whole"
        Numbers of teacher frames before and after the student's own that a rule may select.
    d : int, optional
        Frames of Shift; by default the median lag of the student trained by CTC alone behind the
        teacher on the validation split, at least 1.
    weights : tuple of float
        Of Blend.
    k : int
        Of TopK.
    tau : float
        Of Soft and TopK, in nats; infinite, also as "inf", for equal weights.
    max_step : int, optional
        Of Monotone; without it any step is allowed.
    divergence, temperature, scale_t2, blank_frames : various
        As in `refkd.distill_loss`.

    Raises
    ------
    ArgumentError
        If a setting is out of its range.

    Examples
    --------
    >>> from refkd.experiment.student_settings import StudentSettings
    >>> StudentSettings("Hard", window=(8, 0)).build_rule(median_lag=1)
    Hard(window=Window(left=8, right=0))
    """

    divergence: str = "kl"
    temperature: float = 1.0
    scale_t2: bool = False
    blank_frames: str = "keep"

    def __post_init__(self) -> None:
        super().__post_init__()
        weights: Any = self.weight
        if isinstance(weights, tuple):
            if not weights:
                check.fail("weight", "a number or a list of at least one", "none")
            weights = tuple(check.non_negative("weight", weight) for weight in weights)
        else:
            weights = check.non_negative("weight", weights)
        check.store(
            self,
            rule=check.one_of("rule", self.rule, (CTC, *RULES)),
            weight=weights,
            ctc=check.non_negative("ctc", self.ctc),
            warm_up=check.finite_number("warm_up", self.warm_up),
            start=check.one_of("start", self.start, ("fresh", CTC)),
            longer=check.positive("longer", self.longer),
            teacher=check.one_of("teacher", self.teacher, TEACHERS),
            guidance=check.non_negative("guidance", self.guidance),
            teacher_hears=check.one_of("teacher_hears", self.teacher_hears, ("clean", "noisy")),
            choice=check.one_of("choice", self.choice, ("rule", "random")),
            divergence=check.one_of("divergence", self.divergence, DIVERGENCES),
            temperature=checked_temperature(self.temperature),
            scale_t2=check.flag("scale_t2", self.scale_t2),
            blank_frames=check.one_of("blank_frames", self.blank_frames, BLANK_FRAMES),
        )
        if not 0.0 <= self.warm_up <= 1.0:
            check.fail("warm_up", "a share between 0 and 1", self.warm_up)

    @property
    def learns(self) -> bool:
        """Whether there is a teacher at all."""
        return self.rule != CTC

    @property
    def taught_by(self) -> TeacherKey:
        """Kind of the teacher, and the guidance that it had."""
        return self.teacher, self.guidance if self.teacher == "guided" else 0.0

    @property
    def candidates(self) -> tuple[float, ...]:
        """The weights to choose from."""
        if not self.learns:
            return (0.0,)
        return self.weight if isinstance(self.weight, tuple) else (self.weight,)

    @property
    def takes_median_lag(self) -> bool:
        """Whether the rule has a d that is not set, so that a student by CTC alone decides."""
        return self.learns and "d" in fields_of(self.rule) and self.d is None

    def build_rule(self, median_lag: int) -> Rule:
        """The rule with these parameters."""
        return self.build(self.rule, median_lag)
