"""Networks and batches of chance, which the tests of networks share."""

import numpy as np
import pytest

import refkd

CELL = pytest.mark.parametrize("cell", ["lstm", "tanh"])
BIDIRECTIONAL = pytest.mark.parametrize("bidirectional", [False, True])


def random_network(
    cell="lstm",
    bidirectional=True,
    layers=2,
    dtype=np.float64,
    inputs=3,
    hidden=2,
    outputs=4,
    seed=1,
):
    """Every parameter random, biases too."""
    net = refkd.Network.create(inputs, hidden, layers, outputs, bidirectional, cell, dtype=dtype)
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=value.shape) for name, value in net.parameters().items()}
    return net.with_parameters(values)


def random_batch(width=3, lengths=(4, 1, 6), seed=2):
    """Utterances (T, width) of these lengths."""
    rng = np.random.default_rng(seed)
    return refkd.Ragged.from_list([rng.normal(size=(frames, width)) for frames in lengths])
