"""Weights of one LSTM layer in one direction, in the layouts of refkd and of other libraries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats

# Where the gates i, f, g, o stand among another library's four, and the reverse.
FROM_ONNX = (0, 2, 3, 1)  # out of i, o, f, c
TO_ONNX = (0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class LSTMParams:
    """Weights of an LSTM; the gates i, f, g, o are side by side in the axis of 4H.

    Parameters
    ----------
    w_input : (F, 4H) array
        Inputs to gates, F >= 1.
    w_hidden : (H, 4H) array
        Previous hidden state to gates, H >= 1.
    bias : (4H,) array
        One bias for each gate and unit.

    Raises
    ------
    ArgumentError
        If the shapes disagree or a number is not finite.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> params = refkd.LSTMParams(np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(8))
    >>> params.inputs, params.hidden
    (3, 2)
    """

    w_input: Floats
    w_hidden: Floats
    bias: Floats

    def __post_init__(self) -> None:
        w_hidden = _w_hidden("w_hidden", self.w_hidden, ("H", "4H"))
        gates = w_hidden.shape[1]
        w_input = _float64("w_input", self.w_input, ("F", gates))
        if len(w_input) == 0:
            check.fail("w_input", "F >= 1", "F=0")
        object.__setattr__(self, "w_input", w_input)
        object.__setattr__(self, "w_hidden", w_hidden)
        object.__setattr__(self, "bias", _float64("bias", self.bias, (gates,)))

    @property
    def inputs(self) -> int:
        """F, numbers in a frame."""
        return len(self.w_input)

    @property
    def hidden(self) -> int:
        """H, hidden units."""
        return len(self.w_hidden)

    @classmethod
    def from_torch(
        cls,
        weight_ih: ArrayLike,
        weight_hh: ArrayLike,
        bias_ih: ArrayLike | None = None,
        bias_hh: ArrayLike | None = None,
    ) -> "LSTMParams":
        """Weights of one direction of a layer of torch.nn.LSTM.

        Parameters
        ----------
        weight_ih : (4H, F) array
            Rows i, f, g, o.
        weight_hh : (4H, H) array
            Rows i, f, g, o.
        bias_ih, bias_hh : (4H,) array, optional
            Two biases that are always summed; zero where a layer has none.

        Returns
        -------
        LSTMParams
            The same layer.

        Raises
        ------
        ArgumentError
            If the shapes disagree or a number is not finite.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> weights = np.ones((4, 3)), np.ones((4, 1)), np.ones(4), np.ones(4)
        >>> refkd.LSTMParams.from_torch(*weights).bias
        array([2., 2., 2., 2.])
        """
        w_hidden = _w_hidden("weight_hh", weight_hh, ("4H", "H"))
        gates = len(w_hidden)
        w_input = _float64("weight_ih", weight_ih, (gates, "F"))
        bias = _bias("bias_ih", bias_ih, (gates,)) + _bias("bias_hh", bias_hh, (gates,))
        return cls(w_input.T, w_hidden.T, bias)

    def to_torch(self) -> tuple[Floats, Floats, Floats, Floats]:
        """weight_ih (4H, F), weight_hh (4H, H), bias_ih (4H,) and bias_hh (4H,) = 0.

        Returns
        -------
        tuple of arrays
            In the order of `from_torch`.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> params = refkd.LSTMParams(np.zeros((3, 8)), np.zeros((2, 8)), np.ones(8))
        >>> [array.shape for array in params.to_torch()]
        [(8, 3), (8, 2), (8,), (8,)]
        """
        return (
            np.ascontiguousarray(self.w_input.T),
            np.ascontiguousarray(self.w_hidden.T),
            self.bias.copy(),
            np.zeros_like(self.bias),
        )

    @classmethod
    def from_onnx(cls, W: ArrayLike, R: ArrayLike, B: ArrayLike | None = None) -> "LSTMParams":
        """Weights of one direction of an ONNX LSTM, whose gates come in the order i, o, f, c.

        Parameters
        ----------
        W : (1, 4H, F) array
            Inputs to gates; slice one direction out of a bidirectional layer.
        R : (1, 4H, H) array
            Previous hidden state to gates.
        B : (1, 8H) array, optional
            Input bias, then recurrent bias; zero where a layer has none.

        Returns
        -------
        LSTMParams
            The same layer.

        Raises
        ------
        ArgumentError
            If the shapes disagree or a number is not finite.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> W, R, B = np.arange(4.0).reshape(1, 4, 1), np.zeros((1, 4, 1)), np.zeros((1, 8))
        >>> refkd.LSTMParams.from_onnx(W, R, B).w_input
        array([[0., 2., 3., 1.]])
        """
        w_hidden = _w_hidden("R", R, (1, "4H", "H"))[0]
        gates = len(w_hidden)
        w_input = _float64("W", W, (1, gates, "F"))[0]
        bias = _bias("B", B, (1, 2 * gates))[0].reshape(2, gates).sum(axis=0)
        return cls(*(_reordered(weights, FROM_ONNX).T for weights in (w_input, w_hidden, bias)))

    def to_onnx(self) -> tuple[Floats, Floats, Floats]:
        """W (1, 4H, F), R (1, 4H, H) and B (1, 8H), the recurrent half of B zero.

        Returns
        -------
        tuple of arrays
            In the order of `from_onnx`.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> params = refkd.LSTMParams(np.zeros((3, 4)), np.zeros((1, 4)), [0, 1, 2, 3])
        >>> params.to_onnx()[2]
        array([[0., 3., 1., 2., 0., 0., 0., 0.]])
        """
        W, R, bias = (
            _reordered(weights.T, TO_ONNX) for weights in (self.w_input, self.w_hidden, self.bias)
        )
        return W[None], R[None], np.concatenate([bias, np.zeros_like(bias)])[None]

    @classmethod
    def from_keras(
        cls, kernel: ArrayLike, recurrent_kernel: ArrayLike, bias: ArrayLike | None = None
    ) -> "LSTMParams":
        """Weights of keras.layers.LSTM, whose gates i, f, c, o are in the order of refkd.

        Parameters
        ----------
        kernel : (F, 4H) array
            Inputs to gates.
        recurrent_kernel : (H, 4H) array
            Previous hidden state to gates.
        bias : (4H,) array, optional
            As stored: `unit_forget_bias` is already in it. Zero where a layer has none.

        Returns
        -------
        LSTMParams
            The same layer.

        Raises
        ------
        ArgumentError
            If the shapes disagree or a number is not finite.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> refkd.LSTMParams.from_keras(np.ones((3, 4)), np.ones((1, 4)), np.zeros(4)).hidden
        1
        """
        w_hidden = _w_hidden("recurrent_kernel", recurrent_kernel, ("H", "4H"))
        gates = w_hidden.shape[1]
        w_input = _float64("kernel", kernel, ("F", gates))
        return cls(w_input, w_hidden, _bias("bias", bias, (gates,)))

    def to_keras(self) -> tuple[Floats, Floats, Floats]:
        """kernel (F, 4H), recurrent_kernel (H, 4H) and bias (4H,).

        Returns
        -------
        tuple of arrays
            In the order of `from_keras`.

        Examples
        --------
        >>> import numpy as np, refkd
        >>> params = refkd.LSTMParams(np.zeros((3, 8)), np.zeros((2, 8)), np.ones(8))
        >>> [array.shape for array in params.to_keras()]
        [(3, 8), (2, 8), (8,)]
        """
        return self.w_input.copy(), self.w_hidden.copy(), self.bias.copy()


def _float64(argument: str, value: ArrayLike, shape: tuple[int | str, ...]) -> Floats:
    return check.finite_array(argument, value, shape).astype(np.float64)


def _w_hidden(argument: str, value: ArrayLike, shape: tuple[int | str, ...]) -> Floats:
    """Weights from the hidden state to four gates, in the axes of their library."""
    w_hidden = _float64(argument, value, shape)
    sizes = dict(zip(shape, w_hidden.shape, strict=True))
    if sizes["H"] == 0 or sizes["4H"] != 4 * sizes["H"]:
        expected = f"shape ({', '.join(map(str, shape))})"
        check.fail(argument, expected, f"shape {w_hidden.shape}")
    return w_hidden


def _bias(argument: str, value: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    return np.zeros(shape) if value is None else _float64(argument, value, shape)


def _reordered(stacked: Floats, order: tuple[int, int, int, int]) -> Floats:
    """The four blocks of the first axis in another order."""
    blocks = np.split(stacked, 4)
    return np.concatenate([blocks[block] for block in order])
