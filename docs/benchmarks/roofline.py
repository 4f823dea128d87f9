"""Measure what this machine can do and how near the kernels come to it, and draw the roofline.

    OPENBLAS_NUM_THREADS=1 python docs/benchmarks/roofline.py --machine "2 cores, 2.6 GHz"
    python docs/benchmarks/roofline.py --draw          # the figure again, from the numbers

One thread. Every time is the least of many, since other work can only add to it; run again on the
same machine, the better of both is kept. Operations are counted from the loops: an addition, a
product, a division and a comparison are one each, an exp as many as its polynomial has. Bytes are
what a kernel takes in and leaves, and again what cannot stay in the innermost cache from one use
to the next.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.ctc import extend_labels
from refkd.kernels.ctc_rescaled import ctc_rescaled
from refkd.kernels.divergences import banded_cross_entropy
from refkd.kernels.lstm import lstm_forward
from refkd.kernels.lstm_batch import walk_four_backward, walk_four_forward
from refkd.kernels.matmul import add_matmul
from refkd.kernels.selection import select_ordered_path
from refkd.networks.layers import allocate
from visualize import in_style, new_figure, save_figure
from visualize.layout.style import BLANK, STUDENT, TEACHER, TEXT

HERE = Path(__file__).resolve().parent
NUMBERS = HERE / "roofline.json"
FIGURE = HERE.parent / "figures" / "roofline"

EXP_32, EXP_64 = 23, 35  # operations of exp, from its polynomial
SIZES = {"L2": 1 << 20, "memory": 3 << 29}  # bytes that the triad walks through
COLOURS = {"float32": TEACHER, "float64": STUDENT}


class Task(NamedTuple):
    """A call, and what it computes and moves by the book."""

    name: str
    dtype: str
    run: Callable[[], Any]
    operations: float
    bytes: float


def fastest(run: Callable[[], Any], seconds: float) -> float:
    """The least time of a call, of as many as there is time for, after one that compiles."""
    run()
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


@kernel(contract=True)
def multiply_add(x, p, q):
    """16 multiply-adds for each number loaded, eight side by side: only arithmetic is left."""
    for n in range(x.shape[1]):
        a, b, c, d = x[0, n], x[1, n], x[2, n], x[3, n]
        e, f, g, h = x[4, n], x[5, n], x[6, n], x[7, n]
        for _ in range(16):
            a, b, c, d = a * p + q, b * p + q, c * p + q, d * p + q
            e, f, g, h = e * p + q, f * p + q, g * p + q, h * p + q
        x[0, n], x[1, n], x[2, n], x[3, n] = a, b, c, d
        x[4, n], x[5, n], x[6, n], x[7, n] = e, f, g, h


@kernel(contract=True)
def triad(a, b, c, half):
    """Two arrays read, one written."""
    for n in range(len(a)):
        a[n] = b[n] + half * c[n]


def peak(dtype: type, seconds: float) -> float:
    """Operations a second, in 10^9."""
    x = np.zeros((8, 4096 // np.dtype(dtype).itemsize), dtype)
    p, q = dtype(0.999), dtype(0.001)
    return 2e-9 * 16 * x.size / fastest(lambda: multiply_add(x, p, q), seconds)


def blas(dtype: type, seconds: float) -> float:
    """Operations a second of NumPy's own matrix product, in 10^9."""
    a, b = np.ones((2, 1024, 1024), dtype)
    return 2e-9 * 1024**3 / fastest(lambda: a @ b, seconds)


def bandwidth(size: int, seconds: float) -> float:
    """Bytes a second through three arrays of so many bytes together, in 10^9."""
    a, b, c = allocate(np.dtype(np.float64), *[(size // 24,)] * 3)
    for array in (a, b, c):
        array[:] = 1.0
    return 1e-9 * 3 * a.nbytes / fastest(lambda: triad(a, b, c, 0.5), seconds)


def lstm(hidden: int, utterances: int, backward: bool = False, frames: int = 112) -> Task:
    """A walk, in float32, with the input products already in the gates."""
    H, T, N = hidden, frames, utterances
    total, rng = N * T, np.random.default_rng(0)
    shapes = [(total, 4 * H)] * 2 + [(total, H)] * 3 + [(H, 4 * H), (4 * H, H), (N, H), (N, H)]
    arrays = allocate(np.dtype(np.float32), *shapes)
    for array in arrays:
        array[:] = rng.normal(0.0, 0.1, array.shape)
    gates, d_gates, states, cell, d_hidden, w, w_t, d_h, d_c = arrays
    zero, offsets, who = np.zeros(H, np.float32), T * np.arange(N + 1), np.arange(N)
    units = 5 * EXP_32 + 16
    run = partial(walk_four_forward, gates, w, offsets, who, zero, False, states, cell)
    if N == 1:
        run = partial(lstm_forward, gates, w, zero, zero, False, states, cell)
    if backward:
        units = EXP_32 + 26
        run = partial(
            walk_four_backward,
            *(gates, cell, w_t, d_hidden, offsets, who, zero, False, d_gates, d_h, d_c),
        )
    name = f"LSTM {'backward' if backward else 'forward'}, H = {H}, {('one', 'four')[N > 1]}"
    moved = 16 * H * H / N + 40 * H  # the weights once for all utterances of a step
    return Task(name, "float32", run, total * (8 * H * H + units * H), total * moved)


def matmul(M: int = 1792, K: int = 80, N: int = 384) -> Task:
    """The input products of a batch: b is read once for four rows."""
    a, b, out = allocate(np.dtype(np.float32), (M, K), (K, N), (M, N))
    a[:], b[:], out[:] = 0.1, 0.1, 0.0
    moved = 4 * (M * K + K * N * M / 4 + 2 * M * N)
    return Task("matrix product", "float32", partial(add_matmul, a, b, out), 2 * M * K * N, moved)


def ctc(T: int = 150, L: int = 40, K: int = 28) -> Task:
    """Loss and gradient of one utterance in the rescaled form."""
    rng, S = np.random.default_rng(0), 2 * L + 1
    logits, states, skip = rng.normal(size=(T, K)), np.empty(S, np.int64), np.empty(S + 2)
    extend_labels(rng.integers(1, K, L), 0, states, skip)
    shapes = (T, S), (T, S + 2), T, S + 2, S + 2, (T, K)
    scratch = [np.empty(shape) for shape in shapes]
    run = partial(ctc_rescaled, logits, states, skip, *scratch)
    return Task(
        "CTC, rescaled", "float64", run, T * ((EXP_64 + 4) * K + 16 * S), 8 * T * (6 * K + 2 * S)
    )


def band(T: int = 300, K: int = 28, W: int = 6) -> Task:
    """The divergence of every pair that a window of five earlier frames shows."""
    p = np.random.default_rng(0).dirichlet(np.ones(K), (2, T)).transpose(0, 2, 1)
    log_q, prob = np.zeros((2, -(-K // 4) * 4, T))  # the kernel takes four classes at a time
    log_q[:K], prob[:K] = np.log(p[0]), p[1]
    run = partial(banded_cross_entropy, log_q, prob, W - 1, np.zeros((W, T)))
    return Task("band of cross-entropies", "float64", run, 2 * K * W * T, 8 * T * (2 * K + 2 * W))


def ordered_path(T: int = 300, W: int = 6) -> Task:
    """The choice of OrderedPath in that band."""
    divergence = np.random.default_rng(0).random((T, W))
    scratch = np.empty((T, W)), np.empty((T, W), np.int64), np.zeros((T, W), np.bool_)
    run = partial(select_ordered_path, divergence, W - 1, *scratch)
    return Task("OrderedPath", "float64", run, 4 * T * W, 24 * T * W)


def measured(machine: str, seconds: float) -> dict[str, Any]:
    """Roofs and kernels, in 10^9 operations and bytes a second."""
    tasks = [
        lstm(96, 1), lstm(96, 4), lstm(320, 4), lstm(96, 4, backward=True), matmul(),
        ctc(), band(), ordered_path(),
    ]  # fmt: skip
    return {
        "machine": machine,
        "peak": {dtype.__name__: peak(dtype, seconds) for dtype in (np.float32, np.float64)},
        "blas": {dtype.__name__: blas(dtype, seconds) for dtype in (np.float32, np.float64)},
        "bandwidth": {name: bandwidth(size, seconds) for name, size in SIZES.items()},
        "kernels": [
            {
                "name": task.name,
                "dtype": task.dtype,
                "operations": task.operations,
                "bytes": task.bytes,
                "microseconds": 1e6 * fastest(task.run, seconds),
            }
            for task in tasks
        ],
    }


def better(numbers: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The better of two measurements of one machine, number by number."""
    for roof in ("peak", "blas", "bandwidth"):
        numbers[roof] = {
            name: max(speed, before[roof][name]) for name, speed in numbers[roof].items()
        }
    for row, other in zip(numbers["kernels"], before["kernels"], strict=True):
        row["microseconds"] = min(row["microseconds"], other["microseconds"])
    return numbers


def points(numbers: dict[str, Any]) -> list[tuple[str, str, float, float, float]]:
    """Name, dtype, operations a byte, 10^9 operations a second, and share of the roof of each."""
    measured_points = []
    for row in numbers["kernels"]:
        intensity = row["operations"] / row["bytes"]
        speed = 1e-3 * row["operations"] / row["microseconds"]
        roof = min(numbers["peak"][row["dtype"]], intensity * numbers["bandwidth"]["L2"])
        measured_points.append((row["name"], row["dtype"], intensity, speed, speed / roof))
    return measured_points


def draw(numbers: dict[str, Any]) -> None:
    """The roofs as lines, the kernels as numbered points."""
    x = np.geomspace(0.1, 30.0, 200)
    rows = points(numbers)
    places = np.log([row[2:4] for row in rows])
    with in_style():
        figure = new_figure(7.0, 3.8)
        axes = figure.add_axes((0.09, 0.13, 0.56, 0.79), label="roofline")
        for place, line in (("L2", "-"), ("memory", ":")):
            speed = numbers["bandwidth"][place]
            for dtype, colour in COLOURS.items():
                axes.loglog(x, np.minimum(speed * x, numbers["peak"][dtype]), line, color=colour)
        for dtype, colour in COLOURS.items():
            top = numbers["peak"][dtype]
            name = axes.text(29.0, 1.05 * top, f"{dtype}: {top:.0f}", color=colour)
            name.set(ha="right", va="bottom")
        for n, (_, dtype, intensity, speed, _) in enumerate(rows, start=1):
            axes.plot(intensity, speed, "o", color=COLOURS[dtype], markersize=5, gid=f"kernel {n}")
            near = np.abs(places - places[n - 1]).max(axis=1) < 0.2
            side = -1 if (places[near, 0] > places[n - 1, 0]).any() else 1  # away from neighbours
            axes.annotate(
                str(n),
                (intensity, speed),
                (7 * side, 0),
                textcoords="offset points",
                color=TEXT,
                ha="center",
                va="center",
                weight="bold",
            )
        axes.set(xlim=(x[0], x[-1]), ylim=(0.8, 200.0))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("operations for each byte")
        axes.set_ylabel("operations a second (10\u2079)")
        axes.grid(color=BLANK, alpha=0.3, linewidth=0.5)
        lines = [f"{n}  {name}: {share:.0%}" for n, (name, *_, share) in enumerate(rows, start=1)]
        lines += ["", f"solid: from L2, {numbers['bandwidth']['L2']:.0f} GB/s"]
        lines += [f"dotted: from memory, {numbers['bandwidth']['memory']:.0f} GB/s"]
        figure.text(0.68, 0.92, "share of the solid roof", va="top", weight="bold")
        figure.text(0.68, 0.86, "\n".join(lines), va="top", linespacing=1.7)
    save_figure(figure, FIGURE, ["svg"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--machine", default="", help="what to write into the numbers")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--draw", action="store_true", help="from the numbers that are there")
    options = parser.parse_args()
    if not options.draw:
        numbers = measured(options.machine, options.seconds)
        before = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else numbers
        if before["machine"] == options.machine:
            numbers = better(numbers, before)
        NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8"))
    print(f"peak {numbers['peak']}\nblas {numbers['blas']}\nbandwidth {numbers['bandwidth']}")
    for (name, dtype, intensity, speed, share), row in zip(
        points(numbers), numbers["kernels"], strict=True
    ):
        print(
            f"{name:30}{dtype}{row['microseconds']:9.1f} us{intensity:6.2f} op/byte"
            f"{speed:7.1f} Gop/s{share:6.0%}"
        )
    draw(numbers)


if __name__ == "__main__":
    main()
