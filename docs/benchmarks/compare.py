"""Time the works of training and streaming here and in the frameworks that are installed.

    python docs/benchmarks/compare.py            # every work, with 1 and with 2 threads
    python docs/benchmarks/compare.py ctc        # those with this word in their name
    python docs/benchmarks/compare.py --growth   # time and memory against T, W, K, H and N
    python docs/benchmarks/compare.py --quick    # small sizes, to check this script; writes nothing
    python docs/benchmarks/compare.py --page     # figures and page again, from the numbers

The frameworks come with `pip install '.[bench]'`; the cells of one that is missing say so. Each
number of threads has a process of its own, on Linux with as many cores. The results are compared
before anything is timed. Then the implementations take turns; a turn is the fastest of the calls
in it. The numbers go to compare.json, and from there into docs/guides/performance.md and figures.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from growth import fastest

import refkd

HERE = Path(__file__).resolve().parent
NUMBERS = HERE / "compare.json"
THREADS = (1, 2)
PACKAGES = ("numpy", "numba", "torch", "jax", "optax", "onnxruntime")
LIMITS = {"float64": 1e-9, "float32": 1e-3}  # deviations, relative to the largest number
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}
TURN = 0.05  # seconds that a turn lasts at least
TURNS, SECONDS = (5, 15), 6.0  # at least and at most, and about how long for a work

Call = Callable[[], dict[str, Any]]


class Anchor(NamedTuple):
    """A framework, the form of the work in it and the dtype of its numbers."""

    library: str
    form: str
    dtype: str = "float32"


class Work(NamedTuple):
    """What is computed, and on which sizes."""

    name: str
    kind: str  # a function of refkd below and of each framework
    sizes: dict[str, int]


WORKS = (
    Work("ctc", "ctc", {"N": 16, "T": 150, "L": 40, "K": 28}),
    Work("ctc-wide", "ctc", {"N": 16, "T": 150, "L": 40, "K": 5000}),
    Work("step-bilstm", "step", {"N": 16, "T": 150, "H": 96, "directions": 2}),
    Work("step-unilstm", "step", {"N": 16, "T": 150, "H": 96, "directions": 1}),
    Work("step-bilstm-large", "step", {"N": 16, "T": 150, "H": 320, "directions": 2}),
    Work("distill", "distill", {"N": 16, "T": 300, "K": 50, "W": 11}),
    Work("distill-window", "distill", {"N": 16, "T": 300, "K": 50, "W": 51}),
    Work("distill-wide", "distill", {"N": 4, "T": 300, "K": 5000, "W": 11}),
)
ANCHORS = {
    "ctc": (
        Anchor("torch", ""),
        Anchor("torch", "", "float64"),
        Anchor("torch.compile", ""),
        Anchor("jax", ""),
    ),
    "step": (
        Anchor("torch", "packed"),
        Anchor("torch", "padded"),
        Anchor("torch.compile", "padded"),
        Anchor("jax", "padded"),
    ),
    "distill": (
        Anchor("torch", "unfold"),
        Anchor("torch", "bmm"),
        Anchor("torch.compile", "unfold"),
        Anchor("torch.compile", "unfold", "float64"),
        Anchor("torch.compile", "bmm"),
        Anchor("jax", "unfold"),
        Anchor("jax", "bmm"),
    ),
}
NEEDS = {"torch": ("torch",), "torch.compile": ("torch",), "jax": ("jax", "optax")}


def rules(W: int) -> dict[str, Any]:
    """Every rule, with a window of the frame itself and W - 1 earlier ones."""
    window = refkd.Window(W - 1)
    return {
        "FrameWise": refkd.FrameWise(),
        "Shift": refkd.Shift(W - 1),
        "Blend": refkd.Blend(np.full(W, 1.0 / W)),
        "Hard": refkd.Hard(window),
        "TopK": refkd.TopK(window, 3, 0.3),
        "Soft": refkd.Soft(window, 0.3),
        "Monotone": refkd.Monotone(window),
        "OrderedPath": refkd.OrderedPath(window),
        "PerTeacher": refkd.PerTeacher(window),
    }


def problem(work: Work) -> Any:
    """The arrays of a work."""
    rng, sizes = np.random.default_rng(0), work.sizes
    N, T = sizes["N"], sizes["T"]
    if work.kind == "ctc":
        logits = rng.standard_normal((N, T, sizes["K"]))
        labels = rng.integers(1, sizes["K"], (N, sizes["L"]))
        return SimpleNamespace(logits=logits, labels=labels)
    if work.kind == "distill":  # a student up to W - 1 frames behind its teacher
        left = sizes["W"] - 1
        teacher = 3.0 * rng.standard_normal((N, T, sizes["K"]))
        frames = np.maximum(np.arange(T) - rng.integers(0, left + 1, (N, T)), 0)
        student = np.take_along_axis(teacher, frames[..., None], 1)
        student += rng.standard_normal(student.shape)
        return SimpleNamespace(student=student, teacher=teacher, left=left)
    inputs, outputs, layers = 80, 51, 2
    lengths = rng.integers(T // 2, T + 1, N)
    return SimpleNamespace(
        features=[rng.standard_normal((frames, inputs)) for frames in lengths],
        labels=[rng.integers(1, outputs, frames // 5) for frames in lengths],
        network=refkd.Network.create(
            inputs, sizes["H"], layers, outputs, sizes["directions"] == 2, dtype=np.float64
        ),
    )


def ctc(problem: Any, dtype: str) -> Call:
    """`ctc_loss_batch`, always in float64."""
    logits = refkd.Ragged.from_list(list(problem.logits))
    labels = refkd.Ragged.from_list(list(problem.labels))

    def run() -> dict[str, Any]:
        losses, grads = refkd.ctc_loss_batch(logits, labels)
        return {"losses": losses, "grads": grads.values.reshape(problem.logits.shape)}

    return run


def distill(problem: Any, dtype: str, rule: Any = None) -> Call:
    """`distill_loss_batch` under Hard, or another rule, always in float64."""
    rule = rule or refkd.Hard(refkd.Window(problem.left))
    student = refkd.Ragged.from_list(list(problem.student))
    teacher = refkd.Ragged.from_list(list(problem.teacher))

    def run() -> dict[str, Any]:
        losses, grads = refkd.distill_loss_batch(student, teacher, rule)
        return {"losses": losses, "grads": grads.values.reshape(problem.student.shape)}

    return run


def step(problem: Any, dtype: str) -> Call:
    """Forward pass, CTC and backward pass of a network over frames without padding."""
    values = {name: value.astype(dtype) for name, value in problem.network.parameters().items()}
    network = refkd.Network(values)
    features = refkd.Ragged.from_list([frames.astype(dtype) for frames in problem.features])
    labels = refkd.Ragged.from_list(problem.labels)

    def run() -> dict[str, Any]:
        trace = network.forward(features)
        _, d_logits = refkd.ctc_loss_batch(trace.logits, labels)
        return dict(network.backward(trace, d_logits))

    return run


def missing(library: str) -> str:
    """Why a framework cannot be timed here; nothing if it can."""
    if any(find_spec(package) is None for package in NEEDS[library]):
        return "not installed"
    if library == "torch.compile" and not any(map(shutil.which, ("g++", "clang++", "cl"))):
        return "no C++ compiler"
    return ""


def framework(anchor: Anchor, kind: str, arrays: Any, dtype: str) -> Call:
    """The work of a framework as a call."""
    if anchor.library == "jax":
        return getattr(import_module("compare_jax"), kind)(arrays, dtype, anchor.form)
    compiled = anchor.library == "torch.compile"
    return getattr(import_module("compare_torch"), kind)(arrays, dtype, anchor.form, compiled)


def compare(ours: dict[str, Any], theirs: dict[str, Any], dtype: str, name: str) -> None:
    """End the script if results differ by more than the limit of their dtype."""
    for key in ours:
        deviation = np.abs(ours[key] - theirs[key]).max() / np.abs(ours[key]).max()
        if not deviation <= LIMITS[dtype]:
            sys.exit(f"{name}, {dtype}: {key} differ by {deviation:.2g} of the largest number")


def take_turns(runs: list[Callable[[], Any]], quick: bool) -> Any:
    """Milliseconds (turns, implementations), one turn after the other."""
    rows: list[list[float]] = []
    (least, most), start = TURNS, time.perf_counter()
    while len(rows) < least or (len(rows) < most and time.perf_counter() - start < SECONDS):
        rows.append([1e3 * fastest(run, TURN) for run in runs])
        if quick:
            break
    return np.array(rows)


def measure(work: Work, quick: bool) -> dict[str, Any]:
    """Compare the results of a work, then time it here and in every framework."""
    arrays, ours = problem(work), globals()[work.kind]
    exact = ours(arrays, "float64")()
    run = ours(arrays, "float32")
    compare(exact, run(), "float32", f"{work.name}, refkd")
    anchors, runs = [], [run]
    for anchor in ANCHORS[work.kind]:
        record: dict[str, Any] = anchor._asdict()
        anchors.append(record)
        if reason := missing(anchor.library):
            record["missing"] = reason
            continue
        title = f"{work.name}, {anchor.library} {anchor.form}".strip()
        if anchor.library != "torch.compile":  # its eager form is compared
            compare(exact, framework(anchor, work.kind, arrays, "float64")(), "float64", title)
        call = framework(anchor, work.kind, arrays, anchor.dtype)
        compare(exact, call(), anchor.dtype, title)
        runs.append(call)
    times = take_turns(runs, quick)
    timed = [record for record in anchors if "missing" not in record]
    for n, record in enumerate(timed, start=1):
        record |= summary(times[:, n]) | {
            "ratio": round(float(np.median(times[:, n] / times[:, 0])), 2),
            "ratio_of_minima": round(float(times[:, n].min() / times[:, 0].min()), 2),
        }
    return {"name": work.name, "refkd": summary(times[:, 0]), "anchors": anchors}


def summary(times: Any) -> dict[str, Any]:
    """Milliseconds of the fastest and of the median turn, and their number."""
    least, median = (float(f"{value:.3g}") for value in (times.min(), np.median(times)))
    return {"least": least, "median": median, "turns": len(times)}


def measure_rules(quick: bool) -> dict[str, Any]:
    """Milliseconds of each rule on the sizes of the work `distill`."""
    work = small(named("distill")) if quick else named("distill")
    arrays, names = problem(work), rules(work.sizes["W"])
    runs = [distill(arrays, "", rule) for rule in names.values()]
    for run in runs:
        run()  # compiles
    times = take_turns(runs, quick)
    return dict(zip(names, map(summary, times.T), strict=True))


def named(name: str) -> Work:
    """The work of this name."""
    return next(work for work in WORKS if work.name == name)


def small(work: Work) -> Work:
    """The same work on sizes for a check of the script."""
    least = {"N": 2, "T": 40, "L": 8, "K": 12, "H": 8, "W": 5}
    return work._replace(
        sizes={name: min(size, least.get(name, size)) for name, size in work.sizes.items()}
    )


def measure_all(threads: int, word: str, quick: bool) -> dict[str, Any]:
    """Everything with one number of threads, in this process."""
    results: dict[str, Any] = {"threads": threads, "works": []}
    for work in WORKS:
        if word in work.name:
            results["works"].append(measure(small(work) if quick else work, quick))
            print_work(results["works"][-1], threads)
    if word in "rules":
        results["rules"] = measure_rules(quick)
        print(f"rules, {threads} threads")
        for name, times in results["rules"].items():
            print(f"    {name:32}{times['least']:>8} ms", flush=True)
    if word in "streaming":
        results["streaming"] = import_module("streaming_step").measure(threads)
        print(f"streaming, {threads} threads")
        for row in results["streaming"]:
            print(f"    {row['name']:32}{1e-3 * row['microseconds']:8.4f} ms", flush=True)
    return results


def print_work(record: dict[str, Any], threads: int) -> None:
    print(f"{record['name']}, {threads} threads: refkd {record['refkd']['least']} ms", flush=True)
    for anchor in record["anchors"]:
        name = " ".join(filter(None, (anchor["library"], anchor["form"], anchor["dtype"])))
        times = anchor.get("missing") or f"{anchor['least']:>8} ms   ratio {anchor['ratio']}"
        print(f"    {name:32}{times}", flush=True)


def in_a_process(threads: int, options: argparse.Namespace) -> Any:
    """The results with one number of threads, from a process that has no more of them."""
    names = ("NUMBA", "OMP", "MKL", "OPENBLAS")
    environment = os.environ | {f"{name}_NUM_THREADS": str(threads) for name in names}
    if options.growth:  # the C library gives freed arrays back, so that peaks can be seen
        environment["MALLOC_MMAP_THRESHOLD_"] = "65536"
    flags = [f"--{name}" for name in ("growth", "quick") if getattr(options, name)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.json"
        words = [options.word, *flags, "--child", str(threads), str(path)]
        done = subprocess.run([sys.executable, __file__, *words], env=environment, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        return json.loads(path.read_text(encoding="utf-8"))


def child(threads: int, path: Path, options: argparse.Namespace) -> None:
    """Measure in this process and leave the results in a file."""
    if hasattr(os, "sched_setaffinity"):  # JAX starts a thread for each core that it sees
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    if options.growth:
        results: Any = import_module("growth").measure(rules, options.quick)
    else:
        results = measure_all(threads, options.word, options.quick)
    path.write_text(json.dumps(results), encoding="utf-8")


def machine() -> dict[str, Any]:
    """The processor and the versions of what was timed."""
    processor, vectors = platform.processor() or platform.machine(), ""
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        facts = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
        processor = facts.get("model name", processor)
        flags = facts.get("flags", "").split()
        vectors = next((name for flag, name in VECTORS.items() if flag in flags), "")
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package).partition("+")[0]
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "vectors": vectors,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }


def merged(new: list[dict[str, Any]], old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of each number of threads, new ones in the place of old ones."""
    results = []
    for record in new:
        before = next((row for row in old if row["threads"] == record["threads"]), {})
        works = {row["name"]: row for row in (*before.get("works", ()), *record["works"])}
        ordered = [works[work.name] for work in WORKS if work.name in works]
        results.append({**before, **record, "works": ordered})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("word", nargs="?", default="", help="only works with this in their name")
    parser.add_argument("--growth", action="store_true", help="time and memory against sizes")
    parser.add_argument("--quick", action="store_true", help="small sizes; write nothing")
    parser.add_argument("--page", action="store_true", help="only write figures and page again")
    parser.add_argument("--child", nargs=2, metavar=("THREADS", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(int(options.child[0]), Path(options.child[1]), options)
        return
    names = [*(work.name for work in WORKS), "rules", "streaming"]
    if not any(options.word in name for name in names):
        parser.error(f"word: expected a part of {', '.join(names)}, got {options.word!r}")
    page = import_module("compare_page")
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    if not options.page:
        part, where = "growth" if options.growth else "speed", machine()
        before = numbers.get(part, {})
        if options.word and before and before["machine"] != where and not options.quick:
            sys.exit(f"{NUMBERS.name} is of another machine or other versions: run every work")
        print(page.machine_sentence(where), flush=True)
        counts = (1,) if options.growth or options.quick else THREADS
        results = [in_a_process(threads, options) for threads in counts]
        if options.quick:
            return
        if options.growth:
            numbers[part] = {"machine": where, "records": results[0]}
        else:
            old = before["threads"] if options.word and before else []
            numbers[part] = {"machine": where, "threads": merged(results, old)}
        NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    page.write(numbers)


if __name__ == "__main__":
    main()
