"""Which conventions of an aligner no question decides."""

from refkd.verify.records import Conventions, Settled


def settle(conventions: Conventions) -> Settled:
    """What makes no difference to frames, or to a path without scores, is not found out."""
    unasked = set()
    if conventions["alignment"] == "frames":
        unasked |= {"end", "blanks"}
    if conventions["scores"] == "none" and conventions["input"] == "logits":
        unasked.add("input")  # log-probabilities give the same path
    return Settled({}, unasked=frozenset(unasked))
