"""A small LSTM case as text."""

from typing import Any

import numpy as np

from refkd.verify.lstm.translate import sent
from refkd.verify.records import Arguments, Conventions

SHOWN = 100  # numbers of a case that is printed


def example(arguments: Arguments, conventions: Conventions) -> str:
    """Sizes of a case and, if they are few, all of its numbers in the implementation's layout.

    Arguments that are all 0 are named in the last line.
    """
    (T, N, D), H = arguments["inputs"].shape, arguments["c0"].shape[1]
    way = "backward" if arguments["reverse"] else "forward"
    lines = [f"T={T} N={N} D={D} H={H}, {way}, lengths {_short(arguments['lengths'])}"]
    arrays = {
        name: value
        for name, value in sent(arguments, conventions).items()
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
