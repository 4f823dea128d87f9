"""What each step towards fast explicit loops gains: recurrent product, exp, CTC.

    python docs/benchmarks/ladder.py

One thread. Every time is the least of many, since other work can only add to it.
"""

import math
from functools import partial

import numpy as np
from roofline import fastest

from refkd.kernels import numeric
from refkd.kernels.compile import kernel
from refkd.kernels.ctc import extend_labels
from refkd.kernels.ctc_rescaled import ctc_rescaled
from refkd.kernels.matmul import add_four_rows, add_vector_matmul
from refkd.losses.ctc import ctc_trace
from refkd.networks.layers import allocate

SECONDS = 2.0  # for each measurement
TIMES = 1000  # calls of a product in one measurement, so that the call itself does not count
H = 96


@kernel
def column_by_column(x, b, out):
    """Each output as one sum: b is read across its rows."""
    for n in range(b.shape[1]):
        for k in range(b.shape[0]):
            out[n] += x[k] * b[k, n]


@kernel
def row_by_row(x, b, out):
    """The loops the other way round: b, and out, are read in order."""
    for k in range(b.shape[0]):
        for n in range(b.shape[1]):
            out[n] += x[k] * b[k, n]


@kernel(contract=True)
def row_by_row_fused(x, b, out):
    """The same, a product and a sum in one operation."""
    for k in range(b.shape[0]):
        for n in range(b.shape[1]):
            out[n] += x[k] * b[k, n]


@kernel
def many(product, x, b, out):
    for _ in range(TIMES):
        product(x, b, out)


@kernel
def many_fours(x, b, out):
    for _ in range(TIMES):
        add_four_rows((x, x, x, x), b, (out[0], out[1], out[2], out[3]))


@kernel
def library_exp(x, out):
    for n in range(len(x)):
        out[n] = math.exp(x[n])


@kernel
def our_exp(x, out):
    for n in range(len(x)):
        out[n] = numeric.exp(x[n])


def products() -> None:
    """Nanoseconds of one utterance's product h W, H = 96, float32."""
    x, b, out, outs = allocate(np.dtype(np.float32), (H,), (H, 4 * H), (4 * H,), (4, 4 * H))
    for array in (x, b, out, outs):
        array[:] = 0.001
    steps = {
        "column by column": partial(many, column_by_column, x, b, out),
        "row by row": partial(many, row_by_row, x, b, out),
        "fused": partial(many, row_by_row_fused, x, b, out),
        "eight rows at a time": partial(many, add_vector_matmul, x, b, out),
        "four utterances share": partial(many_fours, x, b, outs),
    }
    for name, run in steps.items():
        each = 1e9 * fastest(run, SECONDS) / TIMES / (4 if "four" in name else 1)
        print(f"{name:24}{each:8.0f} ns{8 * H * H / each:8.1f} Gop/s")


def exponentials() -> None:
    """Nanoseconds of one exp in a loop over 4,096 numbers."""
    for dtype in (np.float32, np.float64):
        x = np.linspace(-20.0, 0.0, 4096).astype(dtype)
        out = np.empty_like(x)
        for name, run in (("library", library_exp), ("ours", our_exp)):
            each = 1e9 * fastest(partial(run, x, out), SECONDS) / x.size
            print(f"exp {dtype.__name__} {name:8}{each:6.2f} ns")


def losses(T: int = 150, L: int = 40, K: int = 28) -> None:
    """Microseconds of a CTC loss with its gradient."""
    rng, S = np.random.default_rng(0), 2 * L + 1
    logits, labels = rng.normal(size=(T, K)), rng.integers(1, K, L)
    states, skip = np.empty(S, np.int64), np.empty(S + 2)
    extend_labels(labels, 0, states, skip)
    shapes = (T, S), (T, S + 2), T, S + 2, S + 2, (T, K)
    scratch = [np.empty(shape) for shape in shapes]
    forms = {
        "log space, checks and tables": partial(ctc_trace, logits, labels),
        "rescaled": partial(ctc_rescaled, logits, states, skip, *scratch),
    }
    for name, run in forms.items():
        print(f"CTC {name:30}{1e6 * fastest(run, SECONDS):7.0f} us")


if __name__ == "__main__":
    products()
    exponentials()
    losses()
