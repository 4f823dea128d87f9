"""The folder of `refkd plot`: its own files are replaced, those of others never."""

import json
from collections.abc import Sequence
from pathlib import Path

from refkd import check
from refkd.experiment.run_folder import new_folder
from refkd.files.atomic import replacing

PLOT = "plot.json"  # lists the files that were drawn here


def plot_folder(path: str | Path) -> Path:
    """Make a folder for figures, or take one that holds figures of this command already.

    Parameters
    ----------
    path : path
        New, an empty folder, or one with a list of what was drawn there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError
        If other files are there, or it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from refkd.experiment.plot_folder import claim_files, plot_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     claim_files(plot_folder(folder), ["shift.png"])
    ...     plot_folder(folder).name == folder.split("/")[-1].split(chr(92))[-1]
    True
    """
    folder = Path(path)
    return folder if _claimed(folder) is not None else new_folder(folder)


def claim_files(folder: Path, files: Sequence[str]) -> None:
    """Add to the list of what is drawn in a folder, before it is written.

    Parameters
    ----------
    folder : Path
        From `plot_folder`.
    files : sequence of str
        Their names.

    Raises
    ------
    ArgumentError
        If one of them is there and on no list.
    """
    before = _claimed(folder) or []
    for name in files:
        if name not in before and (folder / name).exists():
            check.fail("out", f"no {name} in it that was not drawn by `refkd plot`", folder)
    names = sorted({*before, *files})
    text = json.dumps({"files": names}, indent=1) + "\n"
    with replacing(folder / PLOT) as file:
        file.write(text.encode())


def _claimed(folder: Path) -> list[str] | None:
    """The files on the list; None if there is none."""
    try:
        told = json.loads((folder / PLOT).read_text(encoding="utf-8"))
        return [str(name) for name in told["files"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None
