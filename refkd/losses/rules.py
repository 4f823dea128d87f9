"""The selection rules (docs/course/selection.md): a class of fields and a row of the table each.

Everything that lists rules reads the table at the end: names in `--rules`, settings, options,
JSON, narrations and pages.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from refkd import check
from refkd.kernels import selection as kernels
from refkd.kernels.compile import kernel
from refkd.kernels.distill import Parameters
from refkd.losses import reasons

if TYPE_CHECKING:
    from refkd.losses.traces import DistillTrace

WHOLE = 2**62  # wider than any utterance; windows are clipped to the utterance
MOST = 2**63 - 1  # frames that kernels can count


@dataclass(frozen=True)
class Window:
    """The teacher frames u that student frame t may select: t - left <= u <= t + right.

    Parameters
    ----------
    left : int
        Frames before t; negative for strictly later frames. At most 2**63 - 1 either way.
    right : int
        Frames after t; negative for strictly earlier frames. left + right >= 0.

    Raises
    ------
    ArgumentError
        If left + right < 0 or a number is larger.

    Examples
    --------
    >>> import refkd
    >>> refkd.Window(5, -1)          # five frames, all of them earlier
    Window(left=5, right=-1)
    >>> refkd.Window.whole().clipped(3)
    Window(left=2, right=2)
    """

    left: int = 0
    right: int = 0

    def __post_init__(self) -> None:
        for side in ("left", "right"):
            frames = check.integer(side, getattr(self, side), low=-MOST, high=MOST)
            check.store(self, **{side: frames})
        if self.left + self.right < 0:
            check.fail("Window", "left + right >= 0", f"left={self.left}, right={self.right}")

    @classmethod
    def whole(cls) -> "Window":
        """Every frame of the utterance, whatever its length."""
        return cls(WHOLE, WHOLE)

    def __repr__(self) -> str:
        if self == Window.whole():
            return "Window.whole()"
        return f"Window(left={self.left}, right={self.right})"

    def clipped(self, frames: int) -> "Window":
        """The narrowest window with the same pairs in an utterance of `frames` frames.

        A window without any pair becomes one of a single frame outside the utterance.
        """
        left, right = min(self.left, frames - 1), min(self.right, frames - 1)
        if left + right < 0:
            return Window(frames, -frames)
        return Window(left, right)


def window_from(value: Any) -> Window:
    """The window that [left, right] or "whole" stands for."""
    if isinstance(value, str) and value == "whole":
        return Window.whole()
    if not isinstance(value, list | tuple) or len(value) != 2:
        check.fail("window", "[left, right] or 'whole'", check.shown(value))
    return Window(*value)


@dataclass(frozen=True)
class FrameWise:
    """Student frame t learns from teacher frame t: the baseline.

    Examples
    --------
    >>> import refkd
    >>> refkd.FrameWise()
    FrameWise()
    """

    weighted: ClassVar[bool] = False

    @property
    def window(self) -> Window:
        """Only the frame itself."""
        return Window(0, 0)


@dataclass(frozen=True)
class Shift:
    """Student frame t learns from teacher frame t - d, with no search (claims 2, 21).

    Parameters
    ----------
    d : int
        Frames, 0 <= d <= 2**63 - 1.

    Raises
    ------
    ArgumentError
        If d is out of its range.

    Examples
    --------
    >>> import refkd
    >>> refkd.Shift(2).window
    Window(left=2, right=-2)
    """

    d: int
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check.store(self, d=check.integer("d", self.d, low=0, high=MOST))

    @property
    def window(self) -> Window:
        """Only the frame d earlier."""
        return Window(self.d, -self.d)


@dataclass(frozen=True)
class Blend:
    """Student frame t learns from sum_d weights[d] p_{t-d}, weights given, no search (claim 23).

    Parameters
    ----------
    weights : (n,) sequence of float
        weights[d] >= 0 belongs to the teacher frame d earlier; their sum is 1.

    Raises
    ------
    ArgumentError
        If a weight is negative or the sum is not 1.

    Examples
    --------
    >>> import refkd
    >>> refkd.Blend([0.25, 0.75]).window
    Window(left=1, right=0)
    """

    weights: tuple[float, ...]
    weighted: ClassVar[bool] = True

    def __init__(self, weights: Sequence[float]) -> None:
        values = check.finite_array("weights", weights, ("n",)).astype(np.float64)
        if values.size == 0 or (values < 0).any():
            check.fail("weights", "at least one number, none negative", values.tolist())
        if abs(values.sum() - 1.0) > 1e-9:
            check.fail("weights", "a sum of 1", f"a sum of {values.sum():.12g}")
        check.store(self, weights=tuple(values.tolist()))

    @property
    def window(self) -> Window:
        """As many earlier frames as there are weights, the frame itself included."""
        return Window(len(self.weights) - 1, 0)


@dataclass(frozen=True)
class Hard:
    """Student frame t learns from the most similar teacher frame in its window (claims 1-3, 5, 6).

    Parameters
    ----------
    window : Window
        The frames that are searched.

    Examples
    --------
    >>> import refkd
    >>> refkd.Hard(refkd.Window(left=5))
    Hard(window=Window(left=5, right=0))
    """

    window: Window
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)


@dataclass(frozen=True)
class TopK:
    """Student frame t learns from a weighted sum of its k most similar teacher frames.

    Claims 1 ("at least one"), 7 and 8.

    Parameters
    ----------
    window : Window
        The frames that are searched.
    k : int
        1 <= k <= 2**63 - 1.
    tau : float
        Weights softmax(-D / tau) among the k, in nats; inf for equal weights.

    Raises
    ------
    ArgumentError
        If k or tau is out of its range.

    Examples
    --------
    >>> import refkd
    >>> refkd.TopK(refkd.Window(5, 0), k=3)
    TopK(window=Window(left=5, right=0), k=3, tau=inf)
    """

    window: Window
    k: int
    tau: float = math.inf
    weighted: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)
        check.store(
            self,
            k=check.integer("k", self.k, low=1, high=MOST),
            tau=check.positive("tau", self.tau, infinite=True),
        )


@dataclass(frozen=True)
class Soft:
    """Student frame t learns from the similarity-weighted sum over its window (claims 7, 8).

    Parameters
    ----------
    window : Window
        The frames of the sum.
    tau : float
        Weights softmax(-D / tau), in nats; inf for the plain mean.

    Raises
    ------
    ArgumentError
        If tau <= 0.

    Examples
    --------
    >>> import refkd
    >>> refkd.Soft(refkd.Window(5, 0), tau=0.3)
    Soft(window=Window(left=5, right=0), tau=0.3)
    """

    window: Window
    tau: float
    weighted: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)
        check.store(self, tau=check.positive("tau", self.tau, infinite=True))


@dataclass(frozen=True)
class Monotone:
    """The student frames learn along the cheapest path that never steps back (claim 4).

    Parameters
    ----------
    window : Window
        The frames that each student frame may select.
    max_step : int or None
        Largest step between the selections of neighbouring student frames, 1 to 2**63 - 1;
        None for any.

    Raises
    ------
    ArgumentError
        If max_step is out of its range.

    Examples
    --------
    >>> import refkd
    >>> refkd.Monotone(refkd.Window(5, 0), max_step=1)
    Monotone(window=Window(left=5, right=0), max_step=1)
    """

    window: Window
    max_step: int | None = None
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)
        if self.max_step is not None:
            check.store(self, max_step=check.integer("max_step", self.max_step, low=1, high=MOST))


@dataclass(frozen=True)
class OrderedPath:
    """The cheapest warping path visits every frame of both sequences, in order.

    Claim 4, read with the "at least one" of claim 1.

    Parameters
    ----------
    window : Window
        left >= 0 and right >= 0, so that the path can begin and end.

    Raises
    ------
    ArgumentError
        If either side is negative.

    Examples
    --------
    >>> import refkd
    >>> refkd.OrderedPath(refkd.Window(5, 0))
    OrderedPath(window=Window(left=5, right=0))
    """

    window: Window
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        window = check.instance("window", self.window, Window)
        if window.left < 0 or window.right < 0:
            check.fail("window", "left >= 0 and right >= 0 for OrderedPath", window)


@dataclass(frozen=True)
class PerTeacher:
    """Each teacher frame is paired with the most similar student frame (a rival).

    Parameters
    ----------
    window : Window
        The frames that are searched.

    Examples
    --------
    >>> import refkd
    >>> refkd.PerTeacher(refkd.Window(5, 0))
    PerTeacher(window=Window(left=5, right=0))
    """

    window: Window
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)


Rule = FrameWise | Shift | Blend | Hard | TopK | Soft | Monotone | OrderedPath | PerTeacher


# How each rule marks the pairs (T, W) of a divergence band in `selected`, which is all False; cost
# and origin (T, W) are scratch. Returns inf if there is no path, else any other number.


@kernel
def _select_most_similar(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    kernels.select_hard(band, left, selected)
    return 0.0


@kernel
def _select_blend(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    shares = parameters.shares[::-1]
    if len(shares) <= len(band):  # the mixture needs as many frames
        kernels.select_visible(band[left:], selected[left:])
        for t in range(left, len(band)):
            for w in range(len(shares)):
                selected[t, w] = selected[t, w] and shares[w] > 0.0
    return 0.0


@kernel
def _select_top_k(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    kernels.select_top_k(band, left, parameters.limit, selected)
    return 0.0


@kernel
def _select_all(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    kernels.select_visible(band, selected)
    return 0.0


@kernel
def _select_monotone(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    T, W = band.shape
    max_step = min(parameters.limit, T + W)  # no longer step fits into the band
    return kernels.select_monotone(band, max_step, cost, origin, selected)


@kernel
def _select_ordered_path(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    kernels.select_ordered_path(band, left, cost, origin, selected)
    return 0.0


@kernel
def _select_per_teacher(band, left, parameters, cost, origin, selected):  # type: ignore[no-untyped-def]
    kernels.select_per_teacher(band, left, selected)
    return 0.0


# The weight (T, W) of each pair: 1, or shares that sum to 1 in each student frame.


@kernel
def _equal_weights(band, selected, parameters, weight):  # type: ignore[no-untyped-def]
    T, W = band.shape
    for t in range(T):
        for w in range(W):
            weight[t, w] = 1.0 if selected[t, w] else 0.0


@kernel
def _similarity_weights(band, selected, parameters, weight):  # type: ignore[no-untyped-def]
    kernels.similarity_weights(band, selected, parameters.tau, weight)


@kernel
def _blend_weights(band, selected, parameters, weight):  # type: ignore[no-untyped-def]
    T, W = band.shape
    shares = parameters.shares[::-1]
    for t in range(T):
        total = 0.0
        for w in range(W):
            weight[t, w] = shares[w] if selected[t, w] else 0.0
            total += weight[t, w]
        for w in range(W):
            weight[t, w] /= total if total > 0.0 else 1.0


EQUATIONS = {  # those of docs/course/selection.md in plain text
    "S1": "(t, u) is selected if D(t, u) is finite",
    "S2": "u(t) = argmin_u D(t, u)",
    "S3": "u_m(t) = argmin_u D(t, u), u not yet selected",
    "S4": "u - maxstep <= u' <= u",
    "S5": "cost(t, u) = D(t, u) + min_u' cost(t', u')",
    "S6": "u(last) = argmin_u cost(last, u), u(t') = argmin_u' cost(t', u')",
    "S7": "cost(0, 0) = D(0, 0), "
    "cost(t, u) = D(t, u) + min of cost over (t-1, u-1), (t-1, u), (t, u-1)",
    "S8": "before(t, u) = argmin of cost over (t-1, u-1), (t-1, u), (t, u-1)",
    "S9": "t(u) = argmin_t D(t, u)",
    "S10": "weight(t, u) = e^(-D(t, u) / tau) / sum_u' e^(-D(t, u') / tau)",
    "S11": "softmin_t = -tau log(sum_u e^(-D(t, u) / tau) / count_t)",
}


@dataclass(frozen=True)
class RuleRow:
    """Properties of a rule other than its fields."""

    rule: type
    select: Callable[..., float]  # of band (T, W), left, parameters, cost, origin, selected (T, W)
    about: str  # what a student frame learns from, for `refkd explain` and for report.html
    equations: tuple[str, ...]  # their tags
    reason: reasons.Reason  # why a pair was selected, in a few words
    weigh: Callable[..., None] = _equal_weights  # of band, selected, parameters, weight (T, W)
    limit: Callable[[Any], int] = lambda rule: 0  # the whole number of the rule, beside its window
    loss: str = "weighted sum"  # of the divergences; or "soft minimum", or that of the "mixture"
    skips_teacher_frames: bool = True  # so that blank ones can be invisible

    def why(self, trace: "DistillTrace", n: int) -> str:
        """Why pair n of a trace was selected.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> from refkd.losses.rules import row_of
        >>> frames = np.log([[0.8, 0.2], [0.8, 0.2]])
        >>> trace = refkd.distill_trace(frames, frames, refkd.Hard(refkd.Window(1)))
        >>> row_of(trace.rule).why(trace, 0), row_of(trace.rule).why(trace, 1)
        ('the only one', 'tie of 2: nearest')
        """
        return self.reason if isinstance(self.reason, str) else self.reason(trace, n)


RULE_TABLE = (
    RuleRow(
        FrameWise,
        select=_select_most_similar,
        about="Each student frame learns from the teacher frame of the same index. Nothing is "
        "searched.",
        equations=("S2",),
        reason="its own time",
    ),
    RuleRow(
        Shift,
        select=_select_most_similar,
        about="Each student frame learns from the teacher frame that is d frames earlier. Nothing "
        "is searched.",
        equations=("S2",),
        reason=reasons.frames_earlier,
    ),
    RuleRow(
        Blend,
        select=_select_blend,
        about="Each student frame learns from a mixture of earlier teacher frames. The weights "
        "are given. The loss is the divergence of the mixture, not the weighted sum of "
        "divergences.",
        equations=("S1", "D9"),
        reason="weight is given",
        weigh=_blend_weights,
        loss="mixture",
    ),
    RuleRow(
        Hard,
        select=_select_most_similar,
        about="Each student frame learns from the teacher frame in its window that is most "
        "similar to it. Ties go to the nearest frame, then to the earlier one.",
        equations=("S2",),
        reason=reasons.least_of_teacher_frames,
    ),
    RuleRow(
        TopK,
        select=_select_top_k,
        about="Each student frame learns from the k teacher frames in its window that are most "
        "similar to it, weighted by similarity. Ties go to the nearest frame, then to the earlier "
        "one.",
        equations=("S3", "S10"),
        reason=reasons.place_among_teacher_frames,
        limit=lambda rule: rule.k,
        weigh=_similarity_weights,
    ),
    RuleRow(
        Soft,
        select=_select_all,
        about="Each student frame learns from all teacher frames in its window, weighted by "
        "similarity. The loss is the soft minimum, not the weighted sum of divergences.",
        equations=("S1", "S10", "S11"),
        reason="seen",
        weigh=_similarity_weights,
        loss="soft minimum",
    ),
    RuleRow(
        Monotone,
        select=_select_monotone,
        about="Each student frame learns from one teacher frame, and these teacher frames never "
        "step back. Of all such choices the rule takes the cheapest.",
        equations=("S4", "S5", "S6"),
        reason=reasons.least_or_path,
        limit=lambda rule: MOST if rule.max_step is None else rule.max_step,
    ),
    RuleRow(
        OrderedPath,
        select=_select_ordered_path,
        about="One path visits all frames of both sequences in order. Of all such paths the rule "
        "takes the cheapest. Each pair on the path counts once.",
        equations=("S7", "S8"),
        reason=reasons.move_of_path,
        skips_teacher_frames=False,
    ),
    RuleRow(
        PerTeacher,
        select=_select_per_teacher,
        about="The rule searches a student frame for each teacher frame: the most similar one of "
        "those that see it. This student frame learns from the teacher frame. Ties go to the "
        "nearest frame.",
        equations=("S9",),
        reason=reasons.least_of_student_frames,
    ),
)
RULES: dict[str, type] = {row.rule.__name__: row.rule for row in RULE_TABLE}
_ROWS = {row.rule: row for row in RULE_TABLE}


def row_of(rule: Rule) -> RuleRow:
    """The row of a rule's class."""
    return _ROWS[type(rule)]


def parameters_of(rule: Rule) -> Parameters:
    """The numbers of a rule as kernels take them."""
    shares = np.array(getattr(rule, "weights", ()), dtype=np.float64)
    return Parameters(row_of(rule).limit(rule), getattr(rule, "tau", math.inf), shares)


def _parameter(default: Any, option: type | None = None, metavar: str = "", words: str = "") -> Any:
    """A field with the option of `refkd explain` and `refkd plot` that sets it: type and help."""
    return field(default=default, metadata={"option": option, "metavar": metavar, "words": words})


@dataclass(frozen=True)
class RuleParameters:
    """The parameters of all rules in settings and commands; each rule takes those that it has."""

    window: tuple[int, int] | str = _parameter(
        (5, 0), str, "LEFT,RIGHT", "window in frames (default 5,0), or whole"
    )
    d: int | None = _parameter(None, int, "N", "shift of {rules} in frames")  # None: the median lag
    weights: tuple[float, ...] = _parameter((0.0, 0.5, 0.5))  # settings alone have them
    k: int = _parameter(3, int, "N", "number of teacher frames of {rules} (default 3)")
    tau: float = _parameter(
        0.3, float, "NATS", "temperature of the weights of {rules} (default 0.3)"
    )
    max_step: int | None = _parameter(
        1, int, "N", "longest step of {rules} in teacher frames (default 1)"
    )

    def __post_init__(self) -> None:
        seen = window_from(self.window)
        tau: Any = self.tau
        top = TopK(seen, self.k, math.inf if isinstance(tau, str) and tau == "inf" else tau)
        check.store(
            self,
            window="whole" if seen == Window.whole() else (seen.left, seen.right),
            d=None if self.d is None else Shift(self.d).d,
            weights=Blend(self.weights).weights,
            k=top.k,
            tau=top.tau,
            max_step=Monotone(seen, self.max_step).max_step,
        )

    def build(self, name: str, median_lag: int) -> Rule:
        """Build the rule of a name with these parameters; if d is None, it is the median lag."""
        values = {parameter: getattr(self, parameter) for parameter in fields_of(name)}
        if "window" in values:
            values["window"] = window_from(values["window"])
        if "d" in values and values["d"] is None:
            values["d"] = median_lag
        rule: Rule = RULES[name](**values)
        return rule


def fields_of(name: str) -> tuple[str, ...]:
    """The names of the parameters of a rule, by its name.

    Examples
    --------
    >>> from refkd.losses.rules import fields_of
    >>> fields_of("TopK")
    ('window', 'k', 'tau')
    """
    return tuple(parameter.name for parameter in fields(RULES[name]))
