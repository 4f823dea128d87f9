"""CTC by writing out every path: slow and obvious, for a handful of frames and classes."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np


def enumerated(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Losses (N,) in nats and gradients, a (T, K) each, of whole utterances from all K^T paths.

    A path spells the labels that are left when repeats are merged and blanks removed. The gradient
    is what the softmax says, minus the share of the right paths that emit each class.
    """
    blank, d_loss = inputs["blank"], inputs.get("d_loss")
    losses, grads = [], []
    for n, (logits, labels) in enumerate(zip(inputs["logits"], inputs["labels"], strict=True)):
        prob = np.exp(logits - logits.max(axis=1, keepdims=True))
        prob /= prob.sum(axis=1, keepdims=True)
        T, K = prob.shape
        total, emitted = 0.0, np.zeros((T, K))
        for path in itertools.product(range(K), repeat=T):
            merged = [label for label, _ in itertools.groupby(path)]
            if [label for label in merged if label != blank] == list(labels):
                share = float(np.prod(prob[np.arange(T), path]))
                total += share
                emitted[np.arange(T), path] += share
        weight = 1.0 if d_loss is None else d_loss[n]
        losses.append(-np.log(total) if total > 0.0 else np.inf)
        grads.append((prob - emitted / total) * weight if total > 0.0 else np.zeros((T, K)))
    return {"loss": np.array(losses), "grad": grads}
