"""Teacher and student: stacks of recurrent layers under one linear output layer."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from refkd import check
from refkd.networks import stack
from refkd.networks.npz import read_network, write_network
from refkd.networks.parameters import Parameters
from refkd.networks.stack import Values
from refkd.networks.stream import Stream
from refkd.networks.traces import NetworkTrace
from refkd.ragged import Ragged


@dataclass(frozen=True, eq=False)
class Network(Parameters):
    """A stack of recurrent layers, in one direction or two, and a linear output layer.

    Made by `Network.create` or `Network.load`; never changed in place.

    Parameters
    ----------
    values : dict of arrays
        The parameters by name, all float32 or all float64: for each layer n and direction
        `layer{n}.forward.w_input` (F, 4H), `.w_hidden` (H, 4H), `.bias` (4H,), the same with
        `backward`, then `output.w` (S H, K) and `output.bias` (K,). H for 4H in the tanh cell.
    metadata : dict of arrays, optional
        Facts that are saved with the network, such as the frame shift in seconds.

    Examples
    --------
    >>> import refkd
    >>> net = refkd.Network.create(40, 8, layers=2, outputs=5, bidirectional=False)
    >>> net.inputs, net.hidden, net.layers, net.outputs, net.bidirectional
    (40, 8, 2, 5, False)
    """

    metadata: Values = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        inputs: int,
        hidden: int,
        layers: int,
        outputs: int,
        bidirectional: bool,
        cell: str = "lstm",
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> "Network":
        """Create a network with random weights.

        Every weight is uniform in +-1/sqrt(H) (+-1/sqrt(S H) in the output layer), every bias is
        zero.

        Parameters
        ----------
        inputs : int
            F, numbers in a frame, >= 1.
        hidden : int
            H, units in each direction of each layer, >= 1.
        layers : int
            1 to 1000. The network may have up to 2**31 parameters.
        outputs : int
            K, labels with blank, >= 1.
        bidirectional : bool
            Two directions, S = 2, or only forward in time, S = 1.
        cell : "lstm" or "tanh"
            Kind of recurrent layer: docs/course/lstm.md, docs/course/rnn.md.
        seed : int
            Seed, >= 0. The same numbers are drawn for either dtype.
        dtype : float32 or float64
            Of the parameters and of everything computed from them.

        Returns
        -------
        Network
            With random parameters.

        Raises
        ------
        ArgumentError
            If a number is out of range or the cell or dtype unknown.

        Examples
        --------
        >>> import refkd
        >>> net = refkd.Network.create(40, 8, layers=2, outputs=5, bidirectional=True)
        >>> net.parameters()["layer1.backward.w_input"].shape
        (16, 32)
        """
        size = stack.Size.checked(inputs, hidden, layers, outputs, bidirectional, cell)
        rng = np.random.default_rng(check.integer("seed", seed, low=0))
        return cls(stack.draw_values(rng, size, _float_kind(dtype)))

    def forward(
        self, features: Ragged, dropout: float = 0.0, seed: int | None = None
    ) -> NetworkTrace:
        """Compute the logits of a batch.

        Parameters
        ----------
        features : Ragged
            Values (sum T, F), at least one frame in each utterance.
        dropout : float
            Probability p that a hidden state is set to 0 for the recurrent layer above,
            0 <= p < 1; the others are divided by 1 - p. Without effect on a single layer.
        seed : int, optional
            Seed of dropout, >= 0; needed if dropout > 0: docs/course/lstm.md.

        Returns
        -------
        NetworkTrace
            `.logits` is Ragged with values (sum T, K); the rest is for `backward`.

        Raises
        ------
        ArgumentError
            If the width is not F, a number is not finite, an utterance is empty, dropout out of
            range or its seed missing.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> net = refkd.Network.create(3, 4, layers=1, outputs=2, bidirectional=False)
        >>> batch = refkd.Ragged.from_list([np.zeros((5, 3)), np.ones((2, 3))])
        >>> net.forward(batch).logits.values.shape
        (7, 2)
        """
        check.instance("features", features, Ragged)
        shape = ("sum T", self.inputs)
        frames = check.finite_array("features", features.values, shape, self.dtype)
        if (features.lengths == 0).any():
            empty = np.flatnonzero(features.lengths == 0)[0]
            check.fail("features", "T >= 1 in every utterance", f"T=0 in utterance {empty}")
        share = check.finite_number("dropout", dropout)
        if not 0.0 <= share < 1.0:
            check.fail("dropout", "a share >= 0 and < 1", dropout)
        if seed is not None:
            seed = check.integer("seed", seed, low=0)
        elif share > 0.0:
            check.fail("seed", "a whole number >= 0 because dropout > 0", None)
        masks = stack.draw_masks(self.values, len(frames), share, seed)
        layers, logits = stack.stack_forward(self.values, frames, features.offsets, masks)
        check.computed("features", "all logits", logits)
        return NetworkTrace(layers, features.with_values(logits))

    def backward(self, trace: NetworkTrace, d_logits: Ragged) -> Values:
        """Propagate the gradient in the logits back to every parameter.

        Parameters
        ----------
        trace : NetworkTrace
            What `forward` returned.
        d_logits : Ragged
            Gradient in the logits (sum T, K); cast to the network's dtype.

        Returns
        -------
        dict of arrays
            Gradient of every parameter, under its name.

        Raises
        ------
        ArgumentError
            If lengths or width differ from the logits or a number is not finite.
        """
        check.instance("trace", trace, NetworkTrace)
        check.instance("d_logits", d_logits, Ragged)
        offsets = trace.logits.offsets
        if not np.array_equal(d_logits.offsets, offsets):
            got = d_logits.lengths.tolist()
            check.fail("d_logits", f"lengths {trace.logits.lengths.tolist()}", f"lengths {got}")
        shape = trace.logits.values.shape
        d_out = check.finite_array("d_logits", d_logits.values, shape, self.dtype)
        grads = stack.stack_backward(self.values, trace.layers, d_out, offsets)
        check.computed("d_logits", "all gradients", *grads.values())
        return grads

    def stream(self) -> Stream:
        """Begin an utterance that arrives in pieces; only in one direction. See `Stream`."""
        return Stream(self.values)

    def with_metadata(self, **facts: ArrayLike) -> "Network":
        """The same network with further facts that are saved with it.

        Parameters
        ----------
        **facts : arrays or numbers
            By name, such as frame_shift=0.02.
        """
        new = {name: check.any_array(name, fact) for name, fact in facts.items()}
        return replace(self, metadata={**self.metadata, **new})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a plain npz whose recurrent layers have the names of torch.nn.LSTM or RNN.

        Parameters
        ----------
        path : str or path
            Replaced only once the new file is complete. Holds `weight_ih_l0` (4H, F),
            `weight_hh_l0` (4H, H), `bias_ih_l0` and `bias_hh_l0` = 0 (4H,) and so on, the suffix
            `_reverse` for the backward direction, `output.weight` (K, S H), `output.bias` (K,),
            and `metadata.<name>`. H for 4H in the tanh cell.
        """
        write_network(Path(path), self.values, self.metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Network":
        """Read what `save` wrote, or the same arrays from elsewhere: both biases are summed.

        Parameters
        ----------
        path : str or path
            Of the npz.

        Returns
        -------
        Network
            Equal to the saved one, bit for bit.

        Raises
        ------
        DataError
            If there is no such file or it does not hold a network.
        """
        return cls(*read_network(Path(path)))


def _float_kind(value: DTypeLike) -> np.dtype[Any]:
    """float32 or float64."""
    try:
        kind = None if value is None else np.dtype(value)
    except Exception:  # NumPy raises of every kind
        kind = None
    if kind is None or kind not in (np.float32, np.float64):
        check.fail("dtype", "float32 or float64", check.shown(value) if kind is None else kind)
    return kind


TOGETHER = 32  # utterances in memory at once


def logits_of(network: Network, features: Ragged) -> Ragged:
    """Compute the logits (T_n, K) of any number of utterances (T_n, F) in little memory.

    Bit for bit those of `network.forward(features).logits`.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.networks.network import logits_of
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
