"""The guide's share of guided CTC, written with a mask, in plain NumPy."""

from typing import Any

import numpy as np
from oracles.ctc import log_softmax


def mask(guide_logits: Any, blank: int) -> np.ndarray:
    """(T, K): 1 at the guide's symbol of each frame, 0 throughout where that is the blank."""
    guide_logits = np.asarray(guide_logits)
    result = np.zeros(guide_logits.shape)
    for t, frame in enumerate(guide_logits.tolist()):
        symbol = frame.index(max(frame))
        if symbol != blank:
            result[t, symbol] = 1.0
    return result


def guided_loss(logits: Any, guide_logits: Any, blank: int) -> Any:
    """Minus the sum of mask times posteriors; the model's logits may be complex."""
    return -(mask(guide_logits, blank) * np.exp(log_softmax(np.asarray(logits)))).sum()
