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
    "Ragged": "ragged",
    "LSTMParams": "networks.lstm_params",
    "Window": "losses.rules",
    "FrameWise": "losses.rules",
    "Shift": "losses.rules",
    "Blend": "losses.rules",
    "Hard": "losses.rules",
    "TopK": "losses.rules",
    "Soft": "losses.rules",
    "Monotone": "losses.rules",
    "OrderedPath": "losses.rules",
    "PerTeacher": "losses.rules",
    "ctc_loss": "losses.ctc",
    "ctc_trace": "losses.ctc",
    "ctc_align": "losses.ctc",
    "ctc_loss_batch": "losses.ctc",
    "lstm_trace": "networks.lstm",
    "lstm_grad": "networks.lstm",
    "distill_loss": "losses.distill",
    "distill_trace": "losses.distill",
    "distill_loss_batch": "losses.distill",
    "guided_loss": "losses.guided",
    "guided_loss_batch": "losses.guided",
    "Network": "networks.network",
    "greedy_decode": "alignment.decode",
    "beam_decode": "alignment.beam_search",
    "edit_distance": "alignment.edit_distance",
    "alignment_shift": "alignment.metrics",
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
