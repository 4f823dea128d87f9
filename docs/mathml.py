r"""Equations of the pages as MathML, which browsers draw without a script and without a network.

An equation that ends in `\tag{C4}` has its tag at the right, and may be linked to as `#C4`.
"""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import MathError, tex2mathml
from sphinx.util import logging

TAG = re.compile(r"\s*\\tag\{(\w+)\}\s*$")


def setup(app):
    """Offer the renderer that conf.py chooses as `html_math_renderer`."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))


def inline(translator, node):
    """Write $...$."""
    translator.body.append(markup(node.astext(), node, block=False))
    raise nodes.SkipNode


def display(translator, node):
    """Write $$...$$."""
    tex, tag = TAG.sub("", node.astext()), TAG.search(node.astext())
    place, shown = (f' id="{tag[1]}"', f'<span class="tag">({tag[1]})</span>') if tag else ("", "")
    equation = markup(tex, node, block=True)
    translator.body.append(f'<div class="equation"{place}>{equation}{shown}</div>\n')
    raise nodes.SkipNode


def markup(tex: str, node: nodes.Node, block: bool) -> str:
    """The MathML of an equation, on one line; a warning where TeX is not understood."""
    try:
        return re.sub(r"\s*\n\s*", "", tex2mathml(tex.strip(), as_block=block))
    except MathError as error:
        logging.getLogger(__name__).warning("%s in %r", error, tex, location=node)
        return ""
