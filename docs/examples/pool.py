"""CTC losses in several processes: the pool starts them by spawn."""

import multiprocessing

import numpy as np

import refkd


def loss_of(seed: int) -> float:
    """The CTC loss of one small batch, which is computed by a parallel loop."""
    rng = np.random.default_rng(seed)
    logits = refkd.Ragged.from_list([rng.normal(size=(20, 5)) for _ in range(4)])
    labels = refkd.Ragged.from_list([np.array([1, 2, 3])] * 4)
    losses, _ = refkd.ctc_loss_batch(logits, labels)
    return float(losses.sum())


if __name__ == "__main__":
    here = [loss_of(seed) for seed in range(4)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        there = pool.map(loss_of, range(4))
    print("the same bits" if here == there else "other numbers")
