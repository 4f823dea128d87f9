"""Guided CTC: a loss that is lower if a model spikes where its guide spikes."""

import numpy as np
from numpy.typing import ArrayLike

from refkd.check import Floats
from refkd.kernels.guided import guide_loss
from refkd.kernels.numeric import log_softmax
from refkd.losses.inputs import check_values, paired_batches, paired_logits
from refkd.ragged import Ragged


def guided_loss(logits: ArrayLike, guide_logits: ArrayLike, blank: int = 0) -> tuple[float, Floats]:
    """Compute minus the model's probability at the guide's spikes and its gradient in the logits.

    This is only the guide's term of guided CTC; training adds it, with a weight, to the CTC loss.

    Parameters
    ----------
    logits : (T, K) array
        Finite unnormalised scores of the model that is trained.
    guide_logits : (T, K) array
        As many frames and classes; -inf is allowed. The guide's symbol is the class of the largest
        score, at a tie the first; frames where it is the blank are not used.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    loss : float
        Minus a sum of probabilities over frames, -T <= loss <= 0: a pure number, not nats.
    grad : (T, K) array
        Gradient in the model's logits; the guide has none.

    Raises
    ------
    ArgumentError
        If an argument is not as above.

    Notes
    -----
    Equations (G1) to (G4) of docs/course/rivals.md. Source: Kurata, Audhkhasi, arXiv 1904.08311.

    Examples
    --------
    The guide emits 1, then blank; the model emits 1 with probability 0.2, then 0.7.

    >>> import numpy as np, refkd
    >>> model, guide = np.log([[0.8, 0.2], [0.3, 0.7]]), np.log([[0.1, 0.9], [0.6, 0.4]])
    >>> loss, grad = refkd.guided_loss(model, guide)
    >>> round(loss, 4)
    -0.2
    >>> grad.round(4)                        # 0.2 x 0.8 where the guide spikes
    array([[ 0.16, -0.16],
           [ 0.  ,  0.  ]])
    """
    model, guide, blank = paired_logits("logits", logits, "guide_logits", guide_logits, blank)
    return _guided(model, guide, blank)


def guided_loss_batch(
    logits: Ragged, guide_logits: Ragged, blank: int = 0
) -> tuple[Floats, Ragged]:
    """Compute the guided loss of each utterance of a batch and its gradient in the model's logits.

    Parameters
    ----------
    logits : Ragged of (T_n, K)
        Finite unnormalised scores of the model that is trained.
    guide_logits : Ragged of (T_n, K)
        As many utterances, frames and classes; otherwise as in `guided_loss`.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    losses : (N,) array
        Loss of each utterance, summed over its frames: a pure number, -T_n <= loss <= 0.
    grads : Ragged of (T_n, K)
        Gradient of each loss in its own logits.

    Raises
    ------
    ArgumentError
        As `guided_loss`, and if the utterances do not correspond.

    Notes
    -----
    Equations (G1) to (G4) of docs/course/rivals.md.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> model = refkd.Ragged.from_list([np.log([[0.8, 0.2]]), np.zeros((3, 2))])
    >>> guide = refkd.Ragged.from_list([np.log([[0.1, 0.9]]), np.zeros((3, 2))])
    >>> losses, grads = refkd.guided_loss_batch(model, guide)
    >>> losses.round(4)                      # equal scores: the first class, here the blank, wins
    array([-0.2,  0. ])
    """
    model, guide, blank = paired_batches("logits", logits, "guide_logits", guide_logits, blank)
    check_values("logits", model, "guide_logits", guide)
    losses, grads = np.empty(len(logits)), logits.with_values(np.empty_like(model))
    for n in range(len(logits)):
        part = slice(logits.offsets[n], logits.offsets[n + 1])
        losses[n], grads[n][:] = _guided(model[part], guide[part], blank)
    return losses, grads


def _guided(logits: Floats, guide_logits: Floats, blank: int) -> tuple[float, Floats]:
    logp, d_logits = np.empty_like(logits), np.empty_like(logits)
    log_softmax(logits, logp)
    return float(guide_loss(logp, guide_logits, blank, d_logits)), d_logits
