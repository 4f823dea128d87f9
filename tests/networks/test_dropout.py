"""Dropout between recurrent layers: which states, how they are scaled, gradients, seeds, errors."""

from itertools import pairwise

import numpy as np
import pytest
from support.networks import BIDIRECTIONAL, CELL, random_batch, random_network
from support.refusals import sentence_of
from tolerances import VALUE, assert_close

import refkd


def network(cell="lstm", bidirectional=True, layers=3, hidden=3):
    return random_network(cell, bidirectional, layers, inputs=2, hidden=hidden)


def batch(lengths=(4, 1, 6), seed=2):
    return random_batch(2, lengths, seed)


def bits(net, features, **dropout):
    """Logits and every gradient of one pass."""
    trace = net.forward(features, **dropout)
    return [trace.logits.values, *net.backward(trace, trace.logits).values()]


def test_two_frames_by_hand():
    """Every lower state is tanh(log 2) = 3/5. Of seed 0's first eight numbers, 0.64 0.27 0.04 0.02
    and 0.81 0.91 0.61 0.73, those below 1/2 drop theirs; the others are doubled. Each upper unit
    listens to the lower unit of its own number."""
    net = refkd.Network.create(1, 4, 2, 4, bidirectional=False, cell="tanh", dtype=np.float64)
    values = {name: np.zeros_like(value) for name, value in net.parameters().items()}
    values["layer0.forward.w_input"] += np.log(2.0)
    values["layer1.forward.w_input"] = values["output.w"] = np.eye(4)
    net = net.with_parameters(values)
    trace = net.forward(refkd.Ragged.from_list([np.ones((2, 1))]), dropout=0.5, seed=0)
    passed = np.array([[1, 0, 0, 0], [1, 1, 1, 1]])
    assert_close(trace.layers[0].hidden[0], 3 / 5, VALUE)
    np.testing.assert_array_equal(trace.layers[1].mask[0], 2.0 * passed)
    assert_close(trace.layers[1].inputs[0], 6 / 5 * passed, VALUE)
    assert_close(trace.logits.values, np.tanh(6 / 5) * passed, VALUE)

    grads = net.backward(trace, trace.logits.with_values(np.ones((2, 4))))
    above = 1.0 - np.tanh(6 / 5 * passed) ** 2  # gradient in what the upper tanh gets
    assert_close(grads["layer1.forward.w_input"], (6 / 5 * passed).T @ above, VALUE)
    below = (2.0 * passed * above * (1.0 - 9 / 25)).sum(axis=0)
    assert_close(grads["layer0.forward.bias"], below, VALUE)


@pytest.mark.parametrize("dropout", [0.05, 0.3, 0.75])
def test_the_share_dropped_is_the_one_asked_for(dropout):
    """Within five standard deviations, in each of 8 x 2 units of two layers and in all."""
    net, features = network(hidden=8, layers=3), batch(lengths=(150, 1, 99))
    lowest, *above = net.forward(features, dropout, seed=8).layers
    assert lowest.mask is None
    for layer in above:
        assert set(np.unique(layer.mask)) == {0.0, 1.0 / (1.0 - dropout)}
        for axis in (None, 1):
            dropped = (layer.mask == 0.0).mean(axis=axis)
            entries = layer.mask.size / np.size(dropped)
            deviation = np.sqrt(dropout * (1.0 - dropout) / entries)
            assert (np.abs(dropped - dropout) < 5.0 * deviation).all()


@CELL
@BIDIRECTIONAL
def test_only_the_way_up_is_masked(cell, bidirectional):
    """Features, states and the top layer's way to the output are as without dropout."""
    net, features = network(cell, bidirectional), batch()
    without, trace = net.forward(features), net.forward(features, dropout=0.5, seed=9)
    np.testing.assert_array_equal(trace.layers[0].inputs, without.layers[0].inputs)
    np.testing.assert_array_equal(trace.layers[0].hidden, without.layers[0].hidden)
    for below, layer in pairwise(trace.layers):
        assert (below.hidden != 0.0).all()
        np.testing.assert_array_equal(layer.inputs, below.hidden * layer.mask)
    values, top = net.parameters(), np.concatenate(trace.layers[-1].hidden, axis=1)
    assert_close(trace.logits.values, top @ values["output.w"] + values["output.bias"], VALUE)


@CELL
@BIDIRECTIONAL
def test_the_seed_decides(cell, bidirectional):
    net, features = network(cell, bidirectional), batch()
    first, again, other = (bits(net, features, dropout=0.3, seed=seed) for seed in (1, 1, 2))
    for array, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(array, same)
    assert any((array != changed).any() for array, changed in zip(first, other, strict=True))


def test_the_masks_depend_on_the_seed_and_the_shapes_alone():
    first = network("lstm").forward(batch(), dropout=0.3, seed=1)
    second = network("tanh").forward(batch(lengths=(2, 9), seed=4), dropout=0.3, seed=1)
    for layer, other in zip(first.layers[1:], second.layers[1:], strict=True):
        np.testing.assert_array_equal(layer.mask, other.mask)
    assert (first.layers[1].mask != first.layers[2].mask).any()


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("seed", [None, 3])
def test_no_dropout_is_the_pass_without_and_copies_nothing(cell, bidirectional, seed):
    net, features = network(cell, bidirectional), batch()
    without = bits(net, features, dropout=0.0, seed=seed)
    for array, same in zip(bits(net, features), without, strict=True):
        np.testing.assert_array_equal(array, same)
    layers = net.forward(features, 0.0, seed).layers
    assert all(layer.mask is None for layer in layers)
    assert all(layer.inputs is below.hidden for below, layer in pairwise(layers))


@CELL
@BIDIRECTIONAL
def test_a_single_layer_has_nothing_to_drop(cell, bidirectional):
    net, features = network(cell, bidirectional, layers=1), batch()
    dropped = bits(net, features, dropout=0.9, seed=1)
    for array, same in zip(bits(net, features), dropped, strict=True):
        np.testing.assert_array_equal(array, same)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"dropout": 1.0, "seed": 0}, "dropout: expected a share >= 0 and < 1, got 1.0"),
        ({"dropout": -0.1, "seed": 0}, "dropout: expected a share >= 0 and < 1, got -0.1"),
        ({"dropout": np.nan, "seed": 0}, "dropout: expected a finite number, got nan"),
        ({"dropout": "much", "seed": 0}, "dropout: expected a number, got 'much'"),
        ({"dropout": 0.1}, "seed: expected a whole number >= 0 because dropout > 0, got None"),
        ({"dropout": 0.1, "seed": -1}, "seed: expected a whole number >= 0, got -1"),
        ({"dropout": 0.1, "seed": 0.5}, "seed: expected a whole number, got 0.5"),
        ({"seed": -1}, "seed: expected a whole number >= 0, got -1"),
    ],
)
@pytest.mark.parametrize("layers", [1, 2])
def test_refusals(arguments, sentence, layers):
    assert sentence_of(network(layers=layers).forward, batch(), **arguments) == sentence
