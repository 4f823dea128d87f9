"""A small LSTM case as text."""

from typing import Any

import numpy as np

from refkd.verify.records import Arguments

SHOWN = 100  # numbers of a case that is printed


def example(arguments: Arguments) -> str:
    """Sizes of a case, and all of its numbers if they are few.

    Parameters
    ----------
    arguments : mapping of str to Any
        In the canonical form.

    Returns
    -------
    str
        Lines; arguments that are all 0 are named in the last one.
    """
    (T, N, D), H = arguments["inputs"].shape, len(arguments["w_hidden"])
    way = "backward" if arguments["reverse"] else "forward"
    lines = [f"T={T} N={N} D={D} H={H}, {way}, lengths {_short(arguments['lengths'])}"]
    arrays = {
        name: value
        for name, value in arguments.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    if sum(value.size for value in arrays.values()) > SHOWN:
        return lines[0]
    lines += [f"{name} = {value.tolist()}" for name, value in arrays.items() if value.any()]
    zero = [name for name, value in arrays.items() if not value.any()]
    return "\n".join([*lines, *([f"0: {', '.join(zero)}"] if zero else [])])


def _short(values: Any) -> str:
    listed = values.tolist()
    return str(listed) if len(listed) <= 12 else f"{listed[:10]} and {len(listed) - 10} more"
