"""When the frames of a model are, in seconds."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Clock:
    """When frames are, in seconds.

    Parameters
    ----------
    frame_shift : float
        From one frame to the next.
    first_frame : float
        Time of frame 0.

    Examples
    --------
    >>> from refkd.records.clock import Clock
    >>> Clock(0.02, first_frame=0.01).seconds(2)
    0.05
    """

    frame_shift: float
    first_frame: float = 0.0

    def seconds(self, frames: Any) -> Any:
        """The times of frames."""
        return self.first_frame + frames * self.frame_shift

    def frames(self, seconds: Any) -> Any:
        """The frames, not rounded, at these times."""
        return (seconds - self.first_frame) / self.frame_shift
