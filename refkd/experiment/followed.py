"""One utterance of the validation split, and what models say of it while they are trained."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from refkd.check import Floats
from refkd.data.dataset import Dataset, Split
from refkd.experiment.checkpoint import Epoch
from refkd.networks.inference import logits_of
from refkd.networks.network import Network


@dataclass(frozen=True, eq=False)
class Followed:
    """What models said of one utterance while they were trained.

    Parameters
    ----------
    utterance : Split
        That one.
    logits : dict of (epochs + 1, T, K) arrays
        Of each model by name: before training and after every epoch.
    """

    utterance: Split
    logits: dict[str, Floats]


def followed_in(split: Split) -> Split:
    """The utterance of a split that is followed: one of median length."""
    return split.take([split.features.typical])


def gathered(
    data: Dataset, models: Iterable[tuple[str, Network, tuple[Epoch, ...]]]
) -> Followed | None:
    """Put together what was said of the utterance that is followed.

    Parameters
    ----------
    data : Dataset
        Whose validation split it is from.
    models : iterable of (str, Network, tuple of Epoch)
        Name, network before training, and history.

    Returns
    -------
    Followed or None
        Of the models in whose history it was kept; None without any.
    """
    utterance = followed_in(data.validation)
    logits = {}
    for name, start, history in models:
        said = [epoch.said for epoch in history if epoch.said is not None]
        if said:
            logits[name] = np.stack([logits_of(start, utterance.features).values, *said])
    return Followed(utterance, logits) if logits else None
