"""How to make a run again: its command, or its settings as TOML."""

import json
import shlex
from typing import Any

from refkd.check import ArgumentError
from refkd.experiment.settings import RunSettings, read_settings


def run_command(configuration: dict[str, Any]) -> str | None:
    """Find the options of `refkd run` that lead to a configuration; None if it needs a file of
    settings.

    >>> from refkd.experiment.settings import read_settings
    >>> from visualize.report.reproduce import run_command
    >>> run_command(read_settings(overrides={"seed": 3}).as_dict())
    'refkd run --seed 3'
    """
    usual = RunSettings()
    settings = {**_plain(usual.as_dict()), **_plain(configuration)}
    words, overrides = ["refkd", "run"], {}
    for name in ("data", "rules", "seed", "seeds", "new_teachers", "animate"):
        if settings[name] != _plain(getattr(usual, name)):
            overrides[name] = settings[name]
            value = ",".join(settings[name]) if name == "rules" else str(settings[name])
            words += [f"--{name.replace('_', '-')}", *[value] * (settings[name] is not True)]
    if settings["network"]["cell"] != usual.network.cell:
        overrides["network"] = {"cell": settings["network"]["cell"]}
        words += ["--cell", settings["network"]["cell"]]
    for quick in (False, True):
        try:
            made = read_settings(None, overrides, quick)
        except ArgumentError:  # a student that only a file can name
            return None
        if _plain(made.as_dict()) == settings:
            return shlex.join([*words, *["--quick"] * quick])
    return None


def run_toml(configuration: dict[str, Any]) -> str:
    """Write a configuration as `refkd run --config` reads it.

    >>> from visualize.report.reproduce import run_toml
    >>> print(run_toml({"seed": 0, "rules": ["CTC"], "network": {"cell": "lstm", "high": None}}))
    seed = 0
    rules = ["CTC"]
    <BLANKLINE>
    [network]
    cell = "lstm"
    """
    return "\n".join(_tables(_plain(configuration), ""))


def _tables(table: dict[str, Any], name: str) -> list[str]:
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if value is not None and not isinstance(value, dict)
    ]
    if name and lines:
        lines = ["", f"[{name}]", *lines]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _tables(value, f"{name}.{key}" if name else key)
    return lines


def _plain(value: Any) -> Any:
    """As JSON would give it back: lists for tuples."""
    return json.loads(json.dumps(value))
