"""What a network says of many utterances, without keeping what only training needs."""

import numpy as np

from refkd.networks.network import Network
from refkd.ragged import Ragged

TOGETHER = 32  # utterances in memory at once


def logits_of(network: Network, features: Ragged) -> Ragged:
    """Compute the logits of any number of utterances in little memory.

    Parameters
    ----------
    network : Network
        Not changed.
    features : Ragged of (T_n, D)
        Normalised as for its training.

    Returns
    -------
    Ragged of (T_n, K)
        Bit for bit those of `network.forward(features).logits`.

    Raises
    ------
    ArgumentError
        As `Network.forward`.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.networks.inference import logits_of
    >>> net = refkd.Network.create(3, 4, layers=1, outputs=2, bidirectional=False)
    >>> logits_of(net, refkd.Ragged.from_list([np.ones((n + 1, 3)) for n in range(40)])).lengths[-1]
    np.int64(40)
    """
    parts = []
    for first in range(0, len(features), TOGETHER):
        last = min(first + TOGETHER, len(features))
        offsets = features.offsets[first : last + 1]
        values = features.values[offsets[0] : offsets[-1]]
        trace = network.forward(Ragged(values, offsets - offsets[0]))
        parts.append(trace.logits.values.copy())  # a view would keep the whole trace in memory
    return features.with_values(np.concatenate(parts))
