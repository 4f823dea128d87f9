"""`refkd plot --toy`: what a late student is charged, within seconds of installing."""

import argparse
import json

from refkd import check
from refkd.cli.plot_output import Output

NOTHING = 5e-4  # nats per frame: 0.000 in the table
DECIDED = ("run", "model", "figures", "gallery")  # by what the toy is


def plot_toy(options: argparse.Namespace) -> int:
    """Draw the toy, and print what the late student is charged beside the silent one."""
    from visualize.figures.toy import LATE, toy_figure, toy_table
    from visualize.layout.style import WIDTHS

    for name in DECIDED:
        if getattr(options, name) is not None:
            check.fail("toy", f"it without {name}", "both")
    output = Output.of(options)
    table = toy_table()
    width = output.width or WIDTHS["page"]
    files = output.write({"toy": output.in_font(lambda: toy_figure(table, width=width))})
    if options.json:
        print(json.dumps({"loss": table, "files": [str(file) for file in files]}, indent=1))
        return 0
    late, silent = f"{LATE} frames late", "all blank"
    print(f"{'nats per frame':24} {late:>14} {silent:>10}  ratio")
    for rule, charges in table.items():
        ratio = charges[late] / charges[silent] if charges[silent] > NOTHING else None
        shown = "" if ratio is None else f"{ratio:.2f}"
        name = " ".join(rule.split())
        print(f"{name:24} {charges[late]:14.3f} {charges[silent]:10.3f}  {shown:>5}".rstrip())
    for file in files:
        print(file)
    return 0
