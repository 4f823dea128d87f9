"""Time and memory of the algorithms against the sizes of their inputs, for compare.py --growth.

One thread. A time is that of the fastest of many calls; the memory of a call is the most that the
process held during it, beyond what it held before, so results count and inputs do not.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import refkd

SECONDS = 0.15  # for each time
STATUS = Path("/proc/self/status")  # where Linux tells the memory of the process
RESOLUTION = 0.25  # MB; the system counts in batches of pages
# Sizes of which one grows while the others stay. L is 10.
RANGES = {
    "T": ([32, 100, 316, 1000, 3162], {"N": 4, "K": 50, "W": 11, "H": 64}),
    "W": ([3, 10, 32, 100, 316], {"N": 1, "K": 5, "T": 2000}),
    "K": ([50, 158, 500, 1581, 5000], {"N": 1, "T": 300, "W": 11, "H": 64}),
    "N": ([1, 3, 10, 32, 100], {"K": 50, "T": 300, "W": 11, "H": 64}),
    "H": ([8, 24, 80, 248, 800], {"N": 4, "K": 50, "T": 50}),
}
ORDERS = {"T": 1, "W": 1, "K": 1, "N": 1, "H": 2}  # of the algorithms, in time and memory


class Task(NamedTuple):
    """What grows, with which sizes, and how its call is made from them."""

    name: str
    grows_with: str
    make: Callable[..., Callable[[], Any]]


def tasks(rules: Callable[[int], dict[str, Any]]) -> Iterator[Task]:
    """CTC, an LSTM step, the band alone, and the loss under every rule."""
    yield Task("CTC", "TKN", ctc)
    yield Task("LSTM step", "TKNH", lstm_step)
    yield Task("band", "TWK", band)
    for name in rules(2):
        variables = "TKN" if name in ("FrameWise", "Shift") else "TWKN"
        yield Task(name, variables, partial(distill, lambda W, name=name: rules(W)[name]))


def logits(N: int, T: int, K: int, seed: int) -> refkd.Ragged:
    rng = np.random.default_rng(seed)
    return refkd.Ragged(3.0 * rng.standard_normal((N * T, K)), T * np.arange(N + 1))


def labels(N: int, K: int) -> refkd.Ragged:
    return refkd.Ragged.from_list([np.arange(10) % (K - 1) + 1] * N)


def ctc(N: int, T: int, K: int, **_: int) -> Callable[[], Any]:
    return partial(refkd.ctc_loss_batch, logits(N, T, K, 0), labels(N, K))


def distill(rule: Callable[[int], Any], N: int, T: int, K: int, W: int, **_: int) -> Any:
    batches = logits(N, T, K, 0), logits(N, T, K, 1)
    return partial(refkd.distill_loss_batch, *batches, rule(W))


def band(T: int, K: int, W: int, **_: int) -> Callable[[], Any]:
    from roofline import band as band_task

    return band_task(T, K, W).run


def lstm_step(N: int, T: int, K: int, H: int, **_: int) -> Callable[[], Any]:
    network = refkd.Network.create(40, H, 1, K, False)
    frames = np.random.default_rng(0).standard_normal((N * T, 40)).astype(np.float32)
    features, targets = refkd.Ragged(frames, T * np.arange(N + 1)), labels(N, K)

    def step() -> Any:
        trace = network.forward(features)
        return network.backward(trace, refkd.ctc_loss_batch(trace.logits, targets)[1])

    return step


def fastest(run: Callable[[], Any], seconds: float) -> float:
    """Seconds of the fastest call within some seconds."""
    best, end = np.inf, time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        best = min(best, now - start)
        if now > end:
            return best


def megabytes_of(run: Callable[[], Any]) -> float | None:
    """The peak of a call; None if it is too small to see, or if the system does not tell it."""
    if not STATUS.exists():
        return None
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    run()
    peak = (_memory("VmHWM") - before) / 1024
    return peak if peak > RESOLUTION else None


def _memory(field: str) -> int:
    """Kilobytes."""
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def measure(rules: Callable[[int], dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """One record for each task and each size that grows."""
    records = []
    for task in tasks(rules):
        for variable in task.grows_with:
            sizes, others = RANGES[variable]
            sizes = sizes[:2] if quick else sizes
            record: dict[str, Any] = {"task": task.name, "variable": variable, "sizes": sizes}
            times, memory = [], []
            for size in sizes:
                run = task.make(**{**others, variable: size})
                run()  # compiles
                times.append(1e3 * fastest(run, SECONDS))
                memory.append(megabytes_of(run))
            record["milliseconds"] = [float(f"{value:.3g}") for value in times]
            record["megabytes"] = [value and float(f"{value:.3g}") for value in memory]
            records.append(record)
            print(f"{task.name:12}{variable}  {record['milliseconds']} ms", flush=True)
            print(f"{'':15}{record['megabytes']} MB", flush=True)
    return records


def slope(sizes: list[float], values: list[float | None]) -> float | None:
    """Of a line through the points of the upper decade, both axes logarithmic."""
    upper = [
        (size, value)
        for size, value in zip(sizes, values, strict=True)
        if value and size >= 0.099 * sizes[-1]
    ]
    if len(upper) < 2:
        return None
    return float(np.polyfit(*np.log(np.transpose(upper)), 1)[0])
