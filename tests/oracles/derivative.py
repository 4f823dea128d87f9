"""The derivative of an analytic function by the complex step, one entry at a time.

f(x + ih) = f(x) + ih f'(x) + O(h^2), and no subtraction takes place: with h = 1e-30 the imaginary
part is h f'(x) to full precision. The function must be built from analytic operations (exp, log,
sums and products); abs, max and comparisons of the values themselves would hide the step.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-30


def complex_step(function: Callable[[np.ndarray], Any], x: Any) -> np.ndarray:
    """d function / d x, of the shape of x; function maps a complex array to a complex number."""
    x = np.asarray(x, dtype=np.float64)
    derivative = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        stepped = x.astype(np.complex128)
        stepped[index] += 1j * STEP
        derivative[index] = np.imag(function(stepped)) / STEP
    return derivative
