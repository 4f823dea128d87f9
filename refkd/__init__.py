"""Knowledge transfer from a bidirectional to a unidirectional recurrent network, as plain loops.

The public names are loaded on first use, so that `import refkd` and `refkd --help` are quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from refkd.check import ArgumentError as ArgumentError
    from refkd.check import InfeasibleTargetError as InfeasibleTargetError

_HOME = {
    "ArgumentError": "check",
    "InfeasibleTargetError": "check",
    "Ragged": "records.ragged",
    "LSTMParams": "records.parameters",
    "Window": "records.window",
    "FrameWise": "records.rules",
    "Shift": "records.rules",
    "Blend": "records.rules",
    "Hard": "records.rules",
    "TopK": "records.rules",
    "Soft": "records.rules",
    "Monotone": "records.rules",
    "OrderedPath": "records.rules",
    "PerTeacher": "records.rules",
    "ctc_loss": "ctc",
    "ctc_trace": "ctc",
    "ctc_align": "ctc",
    "ctc_loss_batch": "ctc",
    "lstm_trace": "lstm",
    "lstm_grad": "lstm",
    "distill_loss": "distill",
    "distill_trace": "distill",
    "distill_loss_batch": "distill",
    "guided_loss": "guided",
    "guided_loss_batch": "guided",
    "Network": "network",
    "greedy_decode": "decode",
    "beam_decode": "beam",
    "edit_distance": "edits",
    "alignment_shift": "metrics",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'refkd' has no attribute {name!r}")
    value = getattr(import_module(f"refkd.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
