"""How a notebook displays a record: every field with its shape, and a small picture."""

import base64
import struct
import zlib
from dataclasses import fields
from html import escape
from typing import Any

import numpy as np

from refkd.check import Bools, Floats

MOST = (120, 480)  # cells of a picture, down and across; neighbours share one beyond
WIDE, LARGE = 480, 8  # pixels across, and of a cell at most
MARK = (0, 114, 178)  # colour of what is marked
INK = 254  # levels of grey between white and black


class Displayed:
    """A record with a small picture: `_picture` gives its words, its cells, and what is marked."""

    def _picture(self) -> tuple[str, Floats, Bools | None]:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """A table of the fields, and the picture, in HTML that needs no other file."""
        rows = "".join(
            f'<tr><th style="text-align:left">{field.name}</th>'
            f'<td style="text-align:left">{escape(_summary(getattr(self, field.name)))}</td></tr>'
            for field in fields(self)  # type: ignore[arg-type]
        )
        words, cells, marked = self._picture()
        image = _image(cells, marked, escape(words)) if cells.size else ""
        return f"<div><strong>{type(self).__name__}</strong><table>{rows}</table>{image}</div>"


def _summary(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.shape} {value.dtype}"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _image(cells: Floats, marked: Bools | None, words: str) -> str:
    """Cells (rows, columns), the larger the darker, white where not finite; marks in colour."""
    small = _pooled(np.where(np.isfinite(cells), cells, np.nan))
    low, high = (np.nanmin(small), np.nanmax(small)) if (small == small).any() else (0.0, 0.0)
    levels = np.rint(INK * (np.nan_to_num(small, nan=low) - low) / (high - low or 1.0))
    if marked is not None:
        levels[_pooled(marked.astype(np.float64)) > 0.0] = INK + 1
    rows, columns = levels.shape
    size = min(LARGE, max(WIDE // columns, 1))
    data = base64.b64encode(_png(levels.astype(np.uint8))).decode("ascii")
    style = f"width:{size * columns}px;height:{size * rows}px;image-rendering:pixelated"
    return f'<p>{words}</p><img alt="{words}" style="{style}" src="data:image/png;base64,{data}">'


def _pooled(cells: Floats) -> Floats:
    """If there are too many cells, the largest of those that share a pixel."""
    for axis, most in enumerate(MOST):
        count = min(cells.shape[axis], most)
        cells = np.fmax.reduceat(cells, np.arange(count) * cells.shape[axis] // count, axis=axis)
    return cells


def _png(levels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A picture of one byte a cell: white to black, then the colour of marks."""
    rows, columns = levels.shape
    palette = np.append(np.repeat(np.arange(255, 0, -1), 3), MARK).astype(np.uint8)
    lines = np.insert(levels, 0, 0, axis=1)  # each begins with the name of its filter, none
    parts = (
        (b"IHDR", struct.pack(">2I5B", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes())),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
