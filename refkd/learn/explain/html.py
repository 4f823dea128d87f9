"""Narrations as one HTML page that needs no other file and no network."""

from html import escape

from refkd.learn.explain.equations import EQUATIONS, page_of
from refkd.learn.explain.narration import Narration, Step, Table, shown

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid; padding-top: 0.5rem; }
.equation { font-family: ui-monospace, monospace; margin: 0.2rem 0; padding-left: 4rem;
  text-indent: -3rem; }
.page { opacity: 0.75; }
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-style: italic; white-space: nowrap; }
th, td { padding: 0.15rem 0.6rem; text-align: right; white-space: nowrap; }
thead th { border-bottom: 1px solid; }
th:first-child { text-align: left; }
td.marked { outline: 2px solid; outline-offset: -2px; font-weight: bold; }
"""


def as_html(narration: Narration) -> str:
    """Lay out a narration as an HTML page.

    Examples
    --------
    >>> from refkd.learn.explain.html import as_html
    >>> from refkd.learn.explain.narration import Narration, Step, Table
    >>> table = Table("A", "s", ["<blk>"], ["logp"], [[-0.5]], {(0, 0)})
    >>> page = as_html(Narration("CTC", "One frame.", (Step("alpha", "It begins.", (), (table,)),)))
    >>> '<th scope="row">&lt;blk&gt;</th><td class="marked">-0.5000</td>' in page
    True
    """
    steps = (_step(number, step) for number, step in enumerate(narration.steps, 1))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(narration.title)}</title>",
            f"<style>{STYLE}</style></head><body><main>",
            f"<h1>{escape(narration.title)}</h1>",
            f"<p>{escape(narration.text)}</p>",
            *steps,
            "</main></body></html>\n",
        ]
    )


def _step(number: int, step: Step) -> str:
    lines = [
        f'<section id="step-{number}">',
        f"<h2>{number}. {escape(step.title)}</h2>",
        f"<p>{escape(step.text)}</p>",
    ]
    for tag in step.equations:
        page = f'<span class="page">{escape(page_of(tag))}</span>'
        lines.append(f'<p class="equation">({tag}) {escape(EQUATIONS[tag])} {page}</p>')
    lines += [_table(table) for table in step.tables]
    return "\n".join([*lines, "</section>"])


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.columns)
    lines = [
        f'<div class="table"><table><caption>{escape(table.caption)}</caption>',
        f"<thead><tr><th>{escape(table.corner)}</th>{heads}</tr></thead><tbody>",
    ]
    for r, (head, row) in enumerate(zip(table.rows, table.cells, strict=True)):
        cells = []
        for n, cell in enumerate(row):
            marked = ' class="marked"' if (r, n) in table.marked else ""
            cells.append(f"<td{marked}>{escape(shown(cell))}</td>")
        lines.append(f'<tr><th scope="row">{escape(head)}</th>{"".join(cells)}</tr>')
    return "\n".join([*lines, "</tbody></table></div>"])
