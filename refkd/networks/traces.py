"""Records of a pass over an LSTM or a network."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from refkd.check import Floats
from refkd.losses.notebook import Displayed
from refkd.ragged import Ragged


@dataclass(frozen=True, eq=False)
class LSTMTrace(Displayed):
    """A pass over one utterance: its arguments and all computed values; row t is frame t.

    Parameters
    ----------
    inputs : (T, F) array
        As given.
    h0, c0 : (H,) array
        State before the first step.
    reverse : bool
        Whether the pass began at frame T - 1; then its last state is at frame 0.
    gates : (T, 4H) array
        Opened gates i, f, g, o: after sigmoid and tanh.
    cell, hidden : (T, H) array
        Cell and hidden states after each frame.
    """

    inputs: Floats
    h0: Floats
    c0: Floats
    reverse: bool
    gates: Floats
    cell: Floats
    hidden: Floats

    def _picture(self) -> tuple[str, Floats, None]:
        return "hidden: frames from left to right, units from the top", self.hidden.T, None


@dataclass(frozen=True, eq=False)
class LSTMGrads:
    """Gradients of a scalar; each has the shape of its variable.

    Parameters
    ----------
    inputs : (T, F) array
        In every input.
    w_input : (F, 4H) array
        In the weights from the inputs.
    w_hidden : (H, 4H) array
        In the weights from the hidden state.
    bias : (4H,) array
        In the bias.
    h0, c0 : (H,) array
        In the state before the first step.
    """

    inputs: Floats
    w_input: Floats
    w_hidden: Floats
    bias: Floats
    h0: Floats
    c0: Floats


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """A pass of one layer over a batch; S directions, utterances stored one after the other."""

    inputs: NDArray[Any]  # (P, sum T, F / P), times the mask if there is one
    # (S, sum T, 4H) after sigmoid and tanh; tanh cell: (S, sum T, H) before tanh.
    gates: NDArray[Any]
    cell: NDArray[Any]  # (S, sum T, H); no columns in the tanh cell
    hidden: NDArray[Any]  # (S, sum T, H)
    # Like inputs: 0 where dropped, else 1 / (1 - p); None without dropout.
    mask: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class NetworkTrace:
    """A pass of a network over a batch."""

    layers: tuple[LayerTrace, ...]  # from the input up
    logits: Ragged  # (sum T, K), before the softmax
