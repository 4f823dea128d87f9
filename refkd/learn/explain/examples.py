"""Small examples with round numbers, for narrations of nothing in particular."""

import numpy as np

from refkd.check import Floats
from refkd.networks.lstm_params import LSTMParams

SYMBOLS = ("-", "a", "b")  # the blank first
LABELS = (1, 2)
INPUTS = (1.0, 0.0, -1.0)  # of the LSTM, one number for each frame
LAG = 1  # frames by which the late student spikes after the teacher
# The window must exceed the lag, and three frames to choose from are few enough to follow.
RULE = {"window": (2, 0), "k": 2}
SHORT_RULE = {"window": (1, 0), "k": 2, "tau": 0.6, "weights": (0.2, 0.8)}
_BLANK, _A, _B = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8)


def ctc_logits() -> Floats:
    """Log-probabilities (4, 3) of a network in two minds."""
    return np.log([[0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.5, 0.2, 0.3], [0.4, 0.1, 0.5]])


def teacher_logits() -> Floats:
    """Log-probabilities (7, 3) of a teacher that spikes with a at frame 1 and b at frame 4."""
    return np.log([_BLANK, _A, _BLANK, _BLANK, _B, _BLANK, _BLANK])


def late_logits() -> Floats:
    """Log-probabilities (7, 3) of a student that spikes one frame later."""
    return np.roll(teacher_logits(), LAG, axis=0)


def short_teacher_logits() -> Floats:
    """Log-probabilities (3, 2) of a teacher that spikes at frame 0."""
    return np.log([[0.2, 0.8], [0.8, 0.2], [0.8, 0.2]])


def short_late_logits() -> Floats:
    """Log-probabilities (3, 2) of a student that spikes at frame 1."""
    return np.log([[0.8, 0.2], [0.2, 0.8], [0.8, 0.2]])


def lstm_params(units: int) -> LSTMParams:
    """Round weights of an LSTM of one unit or two with one input."""
    w_input = np.array([[1.0, 0.0, 0.0, 0.5, 2.0, -1.0, 0.5, 0.5]])
    w_hidden = np.array([[0.5, 0, 0.5, 0, -1, 0.5, 1, 0], [0, 0.5, 0, 0.5, 0.5, -1, 0, 1]])
    bias = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    if units == 2:
        return LSTMParams(w_input, w_hidden, bias)
    first = np.arange(0, 8, 2)
    return LSTMParams(w_input[:, first], w_hidden[:1, first], bias[first])
