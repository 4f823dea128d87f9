"""The selection rules (docs/course/selection.md)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from refkd import check

WHOLE = 2**62  # wider than any utterance; windows are clipped to the utterance
MOST = 2**63 - 1  # frames that kernels can count


@dataclass(frozen=True)
class Window:
    """The teacher frames j that student frame i sees: i - left <= j <= i + right.

    Parameters
    ----------
    left : int
        Frames before i; negative for strictly later frames. At most 2**63 - 1 either way.
    right : int
        Frames after i; negative for strictly earlier frames. left + right >= 0.

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
        """The narrowest window that shows the same pairs in an utterance of `frames` frames.

        A window that shows nothing at all becomes one of a single, invisible frame.
        """
        left, right = min(self.left, frames - 1), min(self.right, frames - 1)
        if left + right < 0:
            return Window(frames, -frames)
        return Window(left, right)


@dataclass(frozen=True)
class FrameWise:
    """Student frame i learns from teacher frame i: the baseline.

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
    """Student frame i learns from teacher frame i - d, with no search (claims 2, 21).

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
    """Student frame i learns from sum_d weights[d] p_{i-d}, weights given, no search (claim 23).

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
    """Student frame i learns from the most similar teacher frame in its window (claims 1-3, 5, 6).

    Parameters
    ----------
    window : Window
        What is searched.

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
    """Student frame i learns from a weighted sum of its k most similar teacher frames.

    Claims 1 ("at least one"), 7 and 8.

    Parameters
    ----------
    window : Window
        What is searched.
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
    """Student frame i learns from the similarity-weighted sum over its window (claims 7, 8).

    Parameters
    ----------
    window : Window
        What is summed over.
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
    """The student frames learn along the best path that never steps back (claim 4).

    Parameters
    ----------
    window : Window
        What each frame may choose from.
    max_step : int or None
        Teacher frames between the choices of neighbouring student frames, 1 to 2**63 - 1;
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
    """Both sequences are met in full, in order, along the cheapest warping path.

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
    """Every teacher frame teaches the most similar student frame that sees it (a rival).

    Parameters
    ----------
    window : Window
        What is searched.

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
RULES: dict[str, type] = {
    rule.__name__: rule
    for rule in (FrameWise, Shift, Blend, Hard, TopK, Soft, Monotone, OrderedPath, PerTeacher)
}
