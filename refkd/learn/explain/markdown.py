"""Narrations as Markdown, with tables as forges show them."""

import re

from refkd.learn.explain.equations import EQUATIONS, page_of
from refkd.learn.explain.narration import Narration, Step, Table, shown

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def as_markdown(narration: Narration) -> str:
    """Lay out a narration as a Markdown page.

    Examples
    --------
    >>> from refkd.learn.explain.markdown import as_markdown
    >>> from refkd.learn.explain.narration import Narration, Step, Table
    >>> table = Table("A[0, s]", "s", ["0 -", "1 a|b"], ["logp"], [[-0.5], [-1.0]], {(1, 0)})
    >>> step = Step("alpha", "It begins.", (), (table,))
    >>> print(as_markdown(Narration("CTC", "One frame.", (step,))))
    # CTC
    <BLANKLINE>
    One frame.
    <BLANKLINE>
    ## 1. alpha
    <BLANKLINE>
    It begins.
    <BLANKLINE>
    A\\[0, s\\]
    <BLANKLINE>
    | s | logp |
    |:---|---:|
    | 0 - | -0.5000 |
    | 1 a\\|b | **-1.0000** |
    <BLANKLINE>
    """
    parts = [f"# {_escaped(narration.title)}", _escaped(narration.text)]
    for number, step in enumerate(narration.steps, 1):
        parts += [f"## {number}. {_escaped(step.title)}", _escaped(step.text)]
        parts += _equations(step)
        for table in step.tables:
            parts += [_escaped(table.caption), _table(table)]
    return "\n\n".join(parts) + "\n"


def _equations(step: Step) -> list[str]:
    if not step.equations:
        return []
    lines = [f"({tag})  {EQUATIONS[tag]}  # {page_of(tag)}" for tag in step.equations]
    return ["\n".join(["```text", *lines, "```"])]


def _table(table: Table) -> str:
    lines = [_row([table.corner, *table.columns]), "|:---|" + "---:|" * len(table.columns)]
    for r, (head, row) in enumerate(zip(table.rows, table.cells, strict=True)):
        cells = [_escaped(shown(cell)) for cell in row]
        marked = [f"**{c}**" if (r, n) in table.marked else c for n, c in enumerate(cells)]
        lines.append("| " + " | ".join([_escaped(head), *marked]) + " |")
    return "\n".join(lines)


def _row(texts: list[str]) -> str:
    return "| " + " | ".join(map(_escaped, texts)) + " |"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)
