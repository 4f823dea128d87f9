"""Gradients that a network's precision cannot hold are refused, not turned into infinity."""

import re

import numpy as np
import pytest

import refkd

LARGEST = float(np.finfo(np.float32).max)


def network(cell, bidirectional, dtype=np.float32):
    return refkd.Network.create(2, 3, 1, 4, bidirectional, cell=cell, dtype=dtype)


def backward(net, number):
    """Gradients of a network where one logit of the second utterance pulls with this number."""
    trace = net.forward(refkd.Ragged.from_list([np.ones((2, 2)), np.ones((3, 2))]))
    d_logits = trace.logits.with_values(np.zeros((5, 4)))
    d_logits[1][1, 2] = number
    return net.backward(trace, d_logits)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "tanh"])
@pytest.mark.parametrize(
    ("number", "got"), [(1e39, "inf"), (-1e39, "-inf"), (1e308, "inf"), (2 * LARGEST, "inf")]
)
def test_a_gradient_beyond_float32_is_refused_in_a_sentence(cell, bidirectional, number, got):
    sentence = f"d_logits: expected finite numbers, got {got} at (3, 2)"
    with pytest.raises(refkd.ArgumentError, match=f"^{re.escape(sentence)}$"):
        backward(network(cell, bidirectional), number)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_what_no_precision_holds_is_refused_alike(dtype, number):
    sentence = f"d_logits: expected finite numbers, got {number} at (3, 2)"
    with pytest.raises(refkd.ArgumentError, match=f"^{re.escape(sentence)}$"):
        backward(network("lstm", False, dtype), number)


@pytest.mark.parametrize("number", [LARGEST, -LARGEST])
def test_the_largest_number_of_float32_is_taken(number):
    """The gradient in the output's bias is the sum of those in the logits: here this number."""
    grads = backward(network("lstm", False), number)
    assert grads["output.bias"].tolist() == [0.0, 0.0, number, 0.0]


def test_float64_takes_what_float32_refuses():
    grads = backward(network("lstm", False, np.float64), 1e39)
    assert grads["output.bias"].tolist() == [0.0, 0.0, 1e39, 0.0]
    assert all(np.isfinite(grad).all() for grad in grads.values())
