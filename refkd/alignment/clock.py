"""When the frames of a model are, in seconds."""

from dataclasses import dataclass
from typing import Any

from refkd import check


@dataclass(frozen=True)
class Clock:
    """When the frames of a model are, in seconds.

    Examples
    --------
    >>> from refkd.alignment.clock import Clock
    >>> Clock(0.02, first_frame=0.01).seconds(2)
    0.05
    """

    frame_shift: float
    first_frame: float = 0.0

    def __post_init__(self) -> None:
        check.store(
            self,
            frame_shift=check.positive("frame_shift", self.frame_shift),
            first_frame=check.finite_number("first_frame", self.first_frame),
        )

    def seconds(self, frames: Any) -> Any:
        """The times of frames."""
        return self.first_frame + frames * self.frame_shift

    def frames(self, seconds: Any) -> Any:
        """The frames, not rounded, at these times."""
        return (seconds - self.first_frame) / self.frame_shift
