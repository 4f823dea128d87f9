"""A unidirectional network over an utterance that arrives piece by piece."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.kernels.stream import push_frames
from refkd.networks.layers import allocate, cell_of
from refkd.networks.stack import Values, directions_of, layers_of, weights_of


class Stream:
    """One utterance passed in pieces through a unidirectional network; made by `Network.stream`.

    It keeps the weights and the last hidden and cell state of every layer, so that its memory
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
        layers = [weights_of(values, layer)[0] for layer in range(layers_of(values))]
        (self._width, G), H = layers[0].w_input.shape, len(layers[0].w_hidden)
        parts = [np.atleast_2d(part) for layer in layers for part in layer]
        output = [values["output.w"], np.atleast_2d(values["output.bias"])]
        self._dtype, self._outputs = output[0].dtype, output[0].shape[1]
        self._weights, self._output, self._states, *scratch = allocate(
            self._dtype,
            (sum(map(len, parts)), G),
            (H + 1, self._outputs),
            (2, len(layers), 2, H),
            *((1, G), (1, H), (1, H)),
        )
        np.concatenate(parts, out=self._weights)
        np.concatenate(output, out=self._output)
        self._states[:] = 0
        self._now = 0
        gates, hidden, cell = scratch
        self._scratch = gates, hidden, None if cell_of(layers[0].w_hidden) == "tanh" else cell

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
        inputs = self._as_compiled_for(frames)
        logits = np.empty((len(inputs), self._outputs), self._dtype)
        if not push_frames(
            inputs, self._weights, self._output, self._states, self._now, *self._scratch, logits
        ):
            self._checked(inputs)  # names the number
            check.computed("frames", "all logits", logits)
        self._now = 1 - self._now
        return logits

    def _as_compiled_for(self, frames: ArrayLike) -> NDArray[Any]:
        """The frames as an array for the kernel, which looks at the numbers itself."""
        if (
            type(frames) is np.ndarray
            and frames.dtype == self._dtype
            and frames.ndim == 2
            and frames.shape[1] == self._width
            and frames.flags.carray
        ):
            return frames
        return self._checked(frames)

    def _checked(self, frames: ArrayLike) -> NDArray[Any]:
        return check.finite_array("frames", frames, ("n", self._width), self._dtype)
