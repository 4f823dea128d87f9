"""A unidirectional network over an utterance that arrives piece by piece."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.kernels.lstm import lstm_forward
from refkd.kernels.matmul import add_matmul
from refkd.kernels.rnn import rnn_forward
from refkd.networks.layers import Weights, cell_of
from refkd.networks.stack import Values, directions_of, layers_of, weights_of


class Stream:
    """One utterance passed in pieces through a unidirectional network; made by `Network.stream`.

    It keeps the last hidden and cell state of every layer and nothing else, so that its memory
    does not grow. The logits of all pushes, one after the other, are those of `Network.forward`,
    bit for bit, however the frames are divided.

    Parameters
    ----------
    values : dict of arrays
        Of a network in one direction, by name.

    Raises
    ------
    ArgumentError
        If the network has two directions.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> net = refkd.Network.create(3, 4, layers=1, outputs=2, bidirectional=False)
    >>> frames = np.eye(5, 3)
    >>> stream = net.stream()
    >>> pieces = [stream.push(frames[:1]), stream.push(frames[1:])]
    >>> offline = net.forward(refkd.Ragged.from_list([frames])).logits[0]
    >>> np.array_equal(np.concatenate(pieces), offline)
    True
    """

    def __init__(self, values: Values) -> None:
        if len(directions_of(values)) == 2:
            got = "a bidirectional one, whose first output depends on the last frame"
            check.fail("network", "a unidirectional network", got)
        self._layers = [weights_of(values, layer)[0] for layer in range(layers_of(values))]
        self._output = values["output.w"], values["output.bias"]
        zero = np.zeros(len(self._layers[0].w_hidden), self._output[1].dtype)
        self._states = [(zero, zero) for _ in self._layers]

    def push(self, frames: ArrayLike) -> NDArray[Any]:
        """Take further frames and return the logits of each.

        Parameters
        ----------
        frames : (n, F) array
            The next frames of the utterance, n >= 0; cast to the network's dtype.

        Returns
        -------
        (n, K) array
            Their logits, before the softmax, in the network's dtype.

        Raises
        ------
        ArgumentError
            If the width is not F or a number is not finite; the stream is then unchanged.
        """
        width, dtype = len(self._layers[0].w_input), self._output[1].dtype
        inputs = check.finite_array("frames", frames, ("n", width), dtype)
        before = list(self._states)
        for layer, weights in enumerate(self._layers):
            inputs = self._walk(layer, weights, inputs)
        logits = _affine(inputs, *self._output)
        after, self._states = self._states, before
        check.computed("frames", "all logits", logits)
        self._states = after
        return logits

    def _walk(self, layer: int, weights: Weights, inputs: NDArray[Any]) -> NDArray[Any]:
        """The hidden states (n, H) of one layer, which continues from its last state."""
        gates = _affine(inputs, weights.w_input, weights.bias)
        hidden: NDArray[Any] = np.empty((len(inputs), len(weights.w_hidden)), inputs.dtype)
        cell = np.zeros_like(hidden)  # and so it stays under the tanh cell
        h, c = self._states[layer]
        if cell_of(weights.w_hidden) == "tanh":
            rnn_forward(gates, weights.w_hidden, h, False, hidden)
        else:
            lstm_forward(gates, weights.w_hidden, h, c, False, hidden, cell)
        if len(inputs) > 0:
            self._states[layer] = hidden[-1].copy(), cell[-1].copy()
        return hidden


def _affine(inputs: NDArray[Any], w: NDArray[Any], bias: NDArray[Any]) -> NDArray[Any]:
    """inputs w + bias in one thread, because waking others takes longer than a frame."""
    outputs: NDArray[Any] = np.tile(bias, (len(inputs), 1))
    add_matmul(inputs, w, outputs)
    return outputs
