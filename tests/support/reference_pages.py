"""The names on the reference pages."""

import re
from importlib import import_module
from pathlib import Path

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "reference").glob("*.rst"))
NAMES = [
    name
    for path in PAGES
    for name in re.findall(r"^\.\. auto\w+:: (\S+)$", path.read_text(encoding="utf-8"), re.M)
]
# Made by functions whose examples show them.
RETURNED = ("refkd.alignment.statistics.", "refkd.losses.traces.", "refkd.networks.traces.")


def look_up(name):
    """The function or class that a reference page names."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)
