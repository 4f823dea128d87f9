"""Run the kits against the frameworks that are installed here, and write down what they find.

    python docs/benchmarks/frameworks.py            # all whose libraries are installed
    python docs/benchmarks/frameworks.py keras      # those with this word in their adapter
    python docs/benchmarks/frameworks.py --page     # the page again, from the findings

The findings go to frameworks.json and from there to docs/guides/frameworks.md. A new run replaces
the records of what it ran and keeps the others. The cause of a finding, where in the library's
source it lies, is written into the JSON by hand and kept as long as the finding stays the same.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from refkd.verify.kits import kit_named

HERE = Path(__file__).resolve().parent
FINDINGS = HERE / "frameworks.json"
PAGE = HERE.parent / "guides" / "frameworks.md"
PART = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
NUMBER = re.compile(r"-?\d[\d.,]*(e[-+]?\d+)?")
ADAPTERS = "refkd.verify.adapters"


class Implementation(NamedTuple):
    """Somebody's function, its adapter and the packages that it needs."""

    name: str
    kit: str
    adapter: str  # MODULE:FUNCTION in refkd.verify.adapters
    packages: tuple[str, ...]
    dtypes: tuple[str, ...] = ("float64", "float32")
    flags: tuple[str, ...] = ("--time-limit", "300")  # how fast a framework is, is not asked here


SMALL = ("--quick",)  # TensorFlow squares the number of labels in each frame: large cases take long
IMPLEMENTATIONS = (
    Implementation("torch.nn.functional.ctc_loss", "ctc", "torch_ctc:ctc_loss", ("torch",)),
    Implementation("optax.ctc_loss", "ctc", "jax_ctc:ctc_loss", ("optax", "jax")),
    Implementation(
        "tf.nn.ctc_loss, dense labels",
        "ctc",
        "tensorflow_ctc:ctc_loss",
        ("tensorflow",),
        ("float32",),
        SMALL,
    ),
    Implementation(
        "tf.nn.ctc_loss, sparse labels",
        "ctc",
        "tensorflow_ctc:ctc_loss_of_sparse_labels",
        ("tensorflow",),
    ),
    Implementation(
        "keras.ops.ctc_loss on TensorFlow",
        "ctc",
        "keras_ctc:ctc_loss",
        ("keras", "tensorflow"),
        ("float32",),
        SMALL,
    ),
    Implementation(
        "paddle.nn.functional.ctc_loss", "ctc", "paddle_ctc:ctc_loss", ("paddlepaddle",)
    ),
    Implementation("OpenVINO CTCLoss", "ctc", "openvino_ctc:ctc_loss", ("openvino",), ("float32",)),
    Implementation("torch.nn.LSTM", "lstm", "torch_lstm:lstm", ("torch",)),
    Implementation("flax.linen.OptimizedLSTMCell", "lstm", "flax_lstm:lstm", ("flax", "jax")),
    Implementation(
        "keras.layers.LSTM on TensorFlow", "lstm", "keras_lstm:lstm", ("keras", "tensorflow")
    ),
    Implementation("paddle.nn.LSTM", "lstm", "paddle_lstm:lstm", ("paddlepaddle",)),
    Implementation(
        "ONNX Runtime LSTM", "lstm", "onnxruntime_lstm:lstm", ("onnxruntime", "onnx"), ("float32",)
    ),
    Implementation("torch.nn.functional.kl_div", "distill", "torch_distill:distill", ("torch",)),
    Implementation(
        "torch.nn.functional.kl_div, log_target",
        "distill",
        "torch_distill:distill_log_target",
        ("torch",),
    ),
    Implementation(
        "torchaudio.functional.forced_align",
        "align",
        "torchaudio_align:align",
        ("torchaudio", "torch"),
    ),
)


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package; none at all if one is not installed."""
    names = {name: (name, f"{name}-cpu") for name in packages}  # TensorFlow has a smaller twin
    there = {}
    for name, aliases in names.items():
        for alias in aliases:
            try:
                there[name] = version(alias).partition("+")[0]
                break
            except PackageNotFoundError:
                pass
        else:
            return {}
    return there


def record_of(library: Implementation, dtype: str, causes: dict[str, str]) -> dict[str, Any]:
    """Run the whole kit in a process of its own, as a user would."""
    words = [
        "verify",
        library.kit,
        f"{ADAPTERS}.{library.adapter}",
        "--dtype",
        dtype,
        *library.flags,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "refkd", *words, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"refkd {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    report = json.loads(done.stdout)
    usual = {each.name: next(iter(each.choices)) for each in kit_named(library.kit).conventions}
    return {
        "implementation": library.name,
        "kit": library.kit,
        "adapter": library.adapter,
        "dtype": dtype,
        "versions": versions(library.packages),
        "command": " ".join(["refkd", *words]),
        "exit_code": done.returncode,
        "asked": report["asked"],
        "agreed": report["agreed"],
        "conventions": {
            name: fact["value"]
            for name, fact in report["conventions"].items()
            if fact["value"] != usual[name] and name != "dtype"
        },
        "findings": [
            {
                **{key: finding[key] for key in ("bug", "words", "level", "cases", "case")},
                "cause": causes.get(key_of(library.adapter, finding), ""),
            }
            for finding in report["findings"]
        ],
    }


def key_of(adapter: str, finding: dict[str, Any]) -> str:
    """The same for the same finding, whatever its numbers."""
    words = NUMBER.sub("#", finding["words"])
    return f"{adapter} {finding['level']} {finding['bug']} {words}"


def page_of(records: list[dict[str, Any]], page: str) -> str:
    """The text of the page with its parts written anew."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["adapter"], []).append(record)
    parts = {
        "overview": "\n".join(_overview(groups.values())),
        "findings": "\n".join(line for group in groups.values() for line in _section(group)),
    }
    return PART.sub(lambda part: f"{part[1]}{parts[part[2]]}\n{part[3]}", page)


def _overview(groups: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    yield "| kit | implementation | version | dtype | cases | as expected | faults | notes |"
    yield "|---|---|---|---|---|---|---|---|"
    for group in groups:
        for record in group:
            installed = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
            classes = {
                level: ", ".join(
                    finding["bug"] or "no class"
                    for finding in record["findings"]
                    if finding["level"] == level
                )
                for level in ("must", "note")
            }
            cells = (
                record["kit"],
                f"`{record['implementation']}`",
                installed,
                record["dtype"],
                str(record["asked"]),
                str(record["agreed"]),
                classes["must"] or "none",
                classes["note"] or "none",
            )
            yield f"| {' | '.join(cells)} |"


def _section(group: list[dict[str, Any]]) -> Iterator[str]:
    first = group[0]
    yield f"### {first['implementation']}"
    yield ""
    yield "```sh"
    for record in group:
        yield record["command"]
    yield "```"
    yield ""
    unusual = ", ".join(f"`{name}` is `{value}`" for name, value in first["conventions"].items())
    yield f"Conventions that differ from the kit's first guess: {unusual or 'none'}."
    yield ""
    counts: dict[str, dict[str, int]] = {}
    findings: dict[str, dict[str, Any]] = {}
    for record in group:
        for finding in record["findings"]:
            key = key_of(record["adapter"], finding)
            findings.setdefault(key, finding)
            counts.setdefault(key, {})[record["dtype"]] = finding["cases"]
    if not findings:
        yield "No findings."
        yield ""
        return
    yield "| | class | finding | cases | where it comes from |"
    yield "|---|---|---|---|---|"
    for key, finding in findings.items():
        level = {"must": "fault", "note": "note"}[finding["level"]]
        numbers = counts[key]
        same = len(numbers) == len(group) and len(set(numbers.values())) == 1
        cases = ", ".join(
            [str(next(iter(numbers.values())) or "")]  # none: met before any case was asked
            if same
            else [f"{dtype}: {number}" for dtype, number in numbers.items()]
        )
        cells = (level, finding["bug"], finding["words"], cases, finding["cause"])
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    yield ""


def main() -> None:
    """Run what is installed, then write the findings and the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("word", nargs="?", default="", help="run the adapters with this word only")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    options = parser.parse_args()
    records = json.loads(FINDINGS.read_text(encoding="utf-8")) if FINDINGS.exists() else []
    causes = {
        key_of(record["adapter"], finding): finding["cause"]
        for record in records
        for finding in record["findings"]
    }
    known = {(record["adapter"], record["dtype"]): record for record in records}
    for library in IMPLEMENTATIONS:
        if options.page or options.word not in library.adapter or not versions(library.packages):
            continue
        for dtype in library.dtypes:
            known[library.adapter, dtype] = record_of(library, dtype, causes)
            print(
                library.adapter,
                dtype,
                known[library.adapter, dtype]["exit_code"],
                flush=True,
            )
    order = [(library.adapter, dtype) for library in IMPLEMENTATIONS for dtype in library.dtypes]
    records = [known[key] for key in order if key in known]
    FINDINGS.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page_of(records, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
