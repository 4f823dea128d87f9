"""Two sequences of logits, frame by frame: checks shared by the losses that compare networks."""

from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.ragged import Ragged


def paired_logits(
    name: str, logits: ArrayLike, other_name: str, other: ArrayLike, blank: int
) -> tuple[Floats, Floats, int]:
    """Check the logits (T, K) of a student, which are finite, of its teacher, and the blank."""
    own, others, blank = _paired_shapes(name, logits, other_name, other, blank)
    check_values(name, own, other_name, others)
    return own, others, blank


def check_values(name: str, logits: Floats, other_name: str, other: Floats) -> None:
    """Logits of a student are finite, those of a teacher at least in part."""
    check.finite_array(name, logits, ("T", "K"))
    check.logits_values(other_name, other)


def paired_batches(
    name: str, logits: Ragged, other_name: str, other: Ragged, blank: int
) -> tuple[Floats, Floats, int]:
    """The values (sum T, K) of two batches of equal shapes, not looked at, and the blank."""
    check.instance(name, logits, Ragged)
    check.instance(other_name, other, Ragged)
    lengths, got = logits.lengths.tolist(), other.lengths.tolist()
    if got != lengths:
        check.fail(other_name, f"lengths {lengths} to match {name}", got)
    if 0 in lengths:
        check.fail(f"{name}[{lengths.index(0)}]", "T >= 1", "T=0")
    return _paired_shapes(name, logits.values, other_name, other.values, blank)


def _paired_shapes(
    name: str, logits: ArrayLike, other_name: str, other: ArrayLike, blank: int
) -> tuple[Floats, Floats, int]:
    own, others = check.logits_shape(name, logits), check.logits_shape(other_name, other)
    check.same_length(other_name, others.shape[1], name, own.shape[1], "K")
    check.same_length(other_name, len(others), name, len(own), "T")
    return own, others, check.integer("blank", blank, low=0, high=own.shape[1] - 1)
