"""Which teacher frames a student frame sees (docs/course/notation.md)."""

from dataclasses import dataclass

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
