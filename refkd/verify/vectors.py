"""All cases of all kits as files, for those who test without Python (docs/guides/verify.md)."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from refkd.files.atomic import replacing
from refkd.verify.bug_classes import BUGS
from refkd.verify.compare import TOLERANCES
from refkd.verify.exchange import write_npz
from refkd.verify.kit import Kit
from refkd.verify.kits import KITS, kit_named
from refkd.verify.records import Case

SCHEMA, VERSION = "refkd-verify-vectors", 1
INLINE = 400  # numbers of an array that stands in the JSON; all are in the npz


def write_vectors(folder: Path) -> str:
    """Write KIT.json and KIT.npz for every kit; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = []
    for name in KITS:
        kit = kit_named(name)
        arrays: dict[str, Any] = {}
        listed = [_described(kit, case, arrays) for case in kit.vectors()]
        value = {
            "schema": SCHEMA,
            "version": VERSION,
            "kit": name,
            "arguments": dict(kit.arguments),
            "results": dict(kit.results),
            "bugs": BUGS,
            "tolerances": {
                dtype: {"rtol": tolerance.rtol, "atol": tolerance.atol}
                for dtype, tolerance in TOLERANCES.items()
            },
            "cases": listed,
        }
        text = json.dumps(value, indent=1, allow_nan=False) + "\n"
        with replacing(folder / f"{name}.json") as file:
            file.write(text.encode("utf-8"))
        with replacing(folder / f"{name}.npz") as file:
            write_npz(file, arrays)
        counts.append(f"{len(listed)} cases of {name}")
    return f"{folder}: {', '.join(counts)}"


def _described(kit: Kit, case: Case, arrays: dict[str, Any]) -> dict[str, Any]:
    """The case for the JSON; its arrays are added to `arrays` as CASE.NAME."""
    conventions = {
        convention.name: next(iter(convention.choices)) for convention in kit.conventions
    }
    arguments = kit.present(case, conventions)
    right = kit.reference(case, arguments, conventions) if case.status == "must" else {}
    outputs = kit.written(right)
    return {
        "name": case.name,
        "status": case.status,
        "catches": case.bug_classes,
        "provenance": case.provenance,
        "form": {name: _plain(value) for name, value in case.layout.items()},
        "tolerance": case.tolerance and {"rtol": case.tolerance.rtol, "atol": case.tolerance.atol},
        "arguments": {
            name: _value(f"{case.name}.{name}", value, arrays)
            for name, value in arguments.items()
            if value is not None
        },
        "expected": {
            name: _value(f"{case.name}.{name}", value, arrays) for name, value in outputs.items()
        },
    }


def _value(name: str, value: Any, arrays: dict[str, Any]) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    arrays[name] = value
    facts = {"npz": name, "dtype": value.dtype.name, "shape": value.shape}
    if value.size <= INLINE:
        facts["values"] = [_plain(number) for number in value.ravel().tolist()]
    return facts


def _plain(value: Any) -> Any:
    """NaN and infinities as texts, which JSON lacks."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
