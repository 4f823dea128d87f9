"""A batch in parallel: every thread takes its share of the utterances."""

from typing import Any

import numpy as np
from numba import prange

from refkd.kernels.compile import as_share, kernel


@kernel(parallel=True)
def run_shares(share, threads, steps, parameters, batch):
    """Call share(n, threads, steps, parameters, batch), three tuples, for every n < threads.

    Numba compiles the body of a parallel loop five times: so it is only a call.
    """
    for n in prange(threads):
        share(np.int64(n), threads, steps, parameters, batch)


def in_parallel(share: Any, threads: int, steps: Any, parameters: Any, batch: Any) -> None:
    """Let threads run a kernel, each with its number, the number of threads and three tuples."""
    value = as_share(share, steps, parameters, batch)
    run_shares(value, threads, steps, parameters, batch)
