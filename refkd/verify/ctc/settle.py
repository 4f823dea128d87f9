"""CTC conventions that a question of its own decides."""

from refkd.verify.kit import Asker
from refkd.verify.records import Conventions, Finding


def settle(
    ask: Asker, conventions: Conventions, told: Conventions
) -> tuple[dict[str, str], list[Finding]]:
    """How infeasible targets are answered, and what padded labels must hold."""
    return {"infeasible": told.get("infeasible", "inf"), "label_padding": "any"}, []
