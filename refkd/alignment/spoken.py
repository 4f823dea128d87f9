"""What is said while it is spoken, in a form that adds up over utterances."""

from collections.abc import Iterable
from dataclasses import dataclass

from refkd.alignment.agreement import plain, share


@dataclass(frozen=True)
class TrueAgreement:
    """How often a model says a phone while it is spoken.

    Parameters
    ----------
    phones : int
        True phones.
    phones_missed : int
        Of these, without any frame of their symbol between their start and end.
    spike_frames : int
        Frames whose best label is not the blank.
    wrong : int
        Of these, where another phone is spoken, or none.

    Examples
    --------
    >>> from refkd.alignment.spoken import TrueAgreement
    >>> both = TrueAgreement.pool([TrueAgreement(3, 1, 4, 3), TrueAgreement(1, 0, 4, 0)])
    >>> both.missed_phones, both.spike_error
    (0.25, 0.375)
    """

    phones: int
    phones_missed: int
    spike_frames: int
    wrong: int

    @classmethod
    def pool(cls, parts: Iterable["TrueAgreement"]) -> "TrueAgreement":
        """Add up the counts of many utterances."""
        every = list(parts)
        return cls(
            phones=sum(part.phones for part in every),
            phones_missed=sum(part.phones_missed for part in every),
            spike_frames=sum(part.spike_frames for part in every),
            wrong=sum(part.wrong for part in every),
        )

    @property
    def missed_phones(self) -> float:
        """Share of the true phones that are not said while they are spoken."""
        return share(self.phones_missed, self.phones)

    @property
    def spike_error(self) -> float:
        """Share of the non-blank frames where something else is spoken, or nothing."""
        return share(self.wrong, self.spike_frames)

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        return plain({name: getattr(self, name) for name in ("missed_phones", "spike_error")})
