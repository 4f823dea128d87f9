"""A page, read back from its HTML."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np


def inflated(coded):
    return json.loads(zlib.decompress(base64.b64decode(coded, validate=True)))


class Page(HTMLParser):
    """What is in a page: elements with their attributes, rows of tables, texts of scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.rows, self.scripts, self.words = [], [], [], []
        self.inside, self.cell = "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self.cell = True
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.inside == "script" and self.scripts:
            self.scripts[-1] += data
        elif self.inside != "style":
            self.words.append(data)
            if self.cell:
                self.rows[-1][-1] += data

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.inside = ""
        if tag in ("th", "td"):
            self.cell = False

    @property
    def data(self):
        (text,) = [
            text
            for (_, at), text in zip(self.of("script"), self.scripts, strict=True)
            if at.get("id") == "explorer-data"
        ]
        return inflated(text)

    def of(self, tag):
        return [element for element in self.elements if element[0] == tag]


def unpacked(packed, kind="<u2"):
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def distributions(packed):
    """Values (frame, symbol) in the unit of their last digit."""
    counts, symbols = (unpacked(packed[name], "u1") for name in ("counts", "symbols"))
    frames = np.repeat(np.arange(counts.size), counts)
    return dict(zip(zip(frames, symbols, strict=True), unpacked(packed["values"]), strict=True))


def numbers(cell):
    return [
        float(number)
        for number in re.findall(r"[-+]?\d+\.?\d*", cell.replace("\N{MINUS SIGN}", "-"))
    ]


def assert_told(packed, prob):
    """Every probability, as it would be printed with four decimals."""
    digits = distributions(packed)
    for place, value in np.ndenumerate(prob):
        assert f"{digits.get(place, 0) / 10000:.4f}" == f"{value:.4f}"
