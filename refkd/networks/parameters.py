"""The parameters of a network by name, and what follows from their names and shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from refkd import check
from refkd.networks import stack
from refkd.networks.layers import cell_of
from refkd.networks.stack import Values


@dataclass(frozen=True, eq=False)
class Parameters:
    """What a network consists of, arrays by name; `refkd.Network` computes with it."""

    values: Values

    def __post_init__(self) -> None:
        values = check.mapping("values", self.values)
        shapes = stack.Size.of(values).shapes()
        dtype = check.any_array("values['output.bias']", values["output.bias"]).dtype
        if dtype not in (np.float32, np.float64):
            check.fail("values", "all float32 or all float64", dtype)
        checked = {
            name: check.finite_array(f"values[{name!r}]", values[name], shape)
            for name, shape in shapes.items()
        }
        for name, value in checked.items():
            if value.dtype != dtype:
                check.fail(f"values[{name!r}]", f"{dtype} as the output", value.dtype)
        check.store(self, values=checked)

    def parameters(self) -> Values:
        """The parameters by name, in a fixed order from the input up."""
        return dict(self.values)

    def with_parameters(self, values: Mapping[str, NDArray[Any]]) -> Self:
        """The same network with other parameters.

        Parameters
        ----------
        values : dict of arrays
            Named and shaped like `parameters()`.

        Returns
        -------
        Network
            With the dtype of this one.

        Raises
        ------
        ArgumentError
            If a name or a shape differs or a number is not finite.
        """
        if list(check.mapping("values", values)) != list(self.values):
            got = ", ".join(map(str, values)) or "none"
            check.fail("values", f"the names {', '.join(self.values)}", got)
        cast = {
            name: check.array(f"values[{name!r}]", values[name], old.shape).astype(old.dtype)
            for name, old in self.values.items()
        }
        return replace(self, values=cast)

    @property
    def layers(self) -> int:
        """Number of recurrent layers."""
        return stack.layers_of(self.values)

    @property
    def cell(self) -> str:
        """Kind of recurrent layer, "lstm" or "tanh"."""
        return cell_of(self.values["layer0.forward.w_hidden"])

    @property
    def directions(self) -> tuple[str, ...]:
        """("forward",) or ("forward", "backward")."""
        return stack.directions_of(self.values)

    @property
    def bidirectional(self) -> bool:
        """Whether every layer also reads from the end."""
        return len(self.directions) == 2

    @property
    def inputs(self) -> int:
        """F, numbers in a frame."""
        return len(self.values["layer0.forward.w_input"])

    @property
    def hidden(self) -> int:
        """H, units in each direction of each layer."""
        return len(self.values["layer0.forward.w_hidden"])

    @property
    def outputs(self) -> int:
        """K, labels with blank."""
        return len(self.values["output.bias"])

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.values["output.bias"].dtype

    def hash(self) -> str:
        """SHA-256 of the parameters in hexadecimal: equal only for equal names, shapes and bits."""
        return stack.hash_of(self.values)
