"""Logits of many utterances: the bits of one call, in the memory of a few utterances."""

import tracemalloc

import numpy as np
import pytest

import refkd
from refkd.networks.network import TOGETHER, logits_of


def batch(utterances, frames=7):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, frames + 1, utterances)
    return refkd.Ragged.from_list(
        [rng.normal(size=(length, 3)).astype(np.float32) for length in lengths]
    )


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("utterances", [1, TOGETHER, TOGETHER + 1, 2 * TOGETHER])
def test_logits_have_the_bits_of_a_single_call(utterances, bidirectional):
    net = refkd.Network.create(3, 4, 2, 5, bidirectional)
    features = batch(utterances)
    logits = logits_of(net, features)
    assert np.array_equal(logits.offsets, features.offsets)
    assert np.array_equal(logits.values, net.forward(features).logits.values)


@pytest.mark.compiled_only
def test_what_only_training_needs_is_not_kept():
    net = refkd.Network.create(3, 32, 2, 5, bidirectional=True)
    features = batch(20 * TOGETHER, frames=40)
    logits_of(net, features)  # compiles
    tracemalloc.start()
    logits = logits_of(net, features)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    states = len(features.values) * 2 * 2 * (4 + 1 + 1) * 32 * 4  # bytes of gates, c and h
    assert peak < 3 * logits.values.nbytes + states / 5
