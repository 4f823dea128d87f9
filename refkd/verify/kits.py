"""The kits by name, each loaded on first use."""

from importlib import import_module

from refkd import check
from refkd.verify.kit import Kit

KITS = {  # name: module that has the KIT
    "ctc": "refkd.verify.ctc.kit",
    "lstm": "refkd.verify.lstm.kit",
    "distill": "refkd.verify.distill.kit",
    "align": "refkd.verify.alignment.kit",
}


def kit_named(name: str) -> Kit:
    """Load the kit of this name.

    Parameters
    ----------
    name : str
        A key of `KITS`.

    Returns
    -------
    Kit
        Ready to use.

    Raises
    ------
    ArgumentError
        If there is none.

    Examples
    --------
    >>> from refkd.verify.kits import kit_named
    >>> tuple(kit_named("ctc").results)
    ('loss', 'grad')
    """
    kit: Kit = import_module(KITS[check.one_of("kit", name, KITS)]).KIT
    return kit
