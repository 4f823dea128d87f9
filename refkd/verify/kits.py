"""The kits by name, each loaded on first use."""

from importlib import import_module

from refkd import check
from refkd.verify.kit import Kit

KITS = {  # name: MODULE:CLASS
    "ctc": "refkd.verify.ctc.kit:CTCKit",
    "lstm": "refkd.verify.lstm.kit:LSTMKit",
    "distill": "refkd.verify.distill.kit:DistillKit",
    "align": "refkd.verify.alignment.kit:AlignmentKit",
}


def kit_named(name: str) -> Kit:
    """Make the kit of this name.

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
    module, _, kind = KITS[check.one_of("kit", name, KITS)].partition(":")
    kit: Kit = getattr(import_module(module), kind)()
    return kit
