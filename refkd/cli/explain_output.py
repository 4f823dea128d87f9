"""Where `refkd explain` writes a narration, and in which format."""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from refkd import check
from refkd.experiment.run_folder import reporting_write_errors
from refkd.files.atomic import replacing
from refkd.learn.explain.html import as_html
from refkd.learn.explain.markdown import as_markdown
from refkd.learn.explain.narration import Narration
from refkd.learn.explain.text import text_blocks

PIPED = 80  # columns of an output that is no terminal
PROMPT = "Enter for the next step, q to stop: "


def check_output(options: argparse.Namespace) -> None:
    """Refuse --step if standard input is no terminal."""
    if not options.step:
        return
    if options.format != "text" or options.out is not None:
        check.fail("step", "text on a terminal", "a file or another format")
    if not sys.stdin.isatty():
        check.fail("step", "a terminal, to wait for Enter", "another input")


def present(narration: Narration, options: argparse.Namespace) -> None:
    """Print or write a narration."""
    if options.out is not None:
        _write(_whole(narration, options.format), Path(options.out))
        return
    if options.format == "text":
        _print_steps(narration, options.step)
    else:
        sys.stdout.write(_whole(narration, options.format))


def _whole(narration: Narration, form: str) -> str:
    if form == "html":
        return as_html(narration)
    if form == "markdown":
        return as_markdown(narration)
    return "\n".join(text_blocks(narration, PIPED)) + "\n"


def _write(text: str, path: Path) -> None:
    with reporting_write_errors(path), replacing(path) as file:
        file.write(text.encode())


def _print_steps(narration: Narration, step: bool) -> None:
    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((PIPED, 24)).columns if on_terminal else PIPED
    for n, block in enumerate(text_blocks(narration, width, in_colour(sys.stdout))):
        if step and n > 1:
            print(PROMPT, end="", file=sys.stderr, flush=True)
            answer = sys.stdin.readline()
            if answer.strip().lower() == "q" or not answer:
                return
        print(block, flush=step)


def in_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colours, and nobody asked for none.

    False where NO_COLOR is set, TERM is dumb, or a Windows console may not know the sequences.

    Examples
    --------
    >>> import io
    >>> from refkd.cli.explain_output import in_colour
    >>> in_colour(io.StringIO())
    False
    """
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.name != "nt" or "WT_SESSION" in os.environ
