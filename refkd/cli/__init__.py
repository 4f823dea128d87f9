"""The command line: one module for each command."""

import argparse
import io
import sys
from collections.abc import Sequence

import refkd
from refkd.cli import align, data, exercise, explain, plot, run, stream, verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 could not be done, 2 wrong usage.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line; those of the process if not given.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> from refkd.cli import main
    >>> main([])  # doctest: +ELLIPSIS
    usage: refkd [-h] [--version] COMMAND ...
    2
    """
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):  # a terminal may lack the symbols of a corpus
            output.reconfigure(errors="backslashreplace")
    parser = command_line()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        return int(options.command(options))
    except (ValueError, OSError) as error:
        from refkd.check import ArgumentError

        print(f"refkd: {error}", file=sys.stderr)
        return 2 if isinstance(error, ArgumentError) else 1
    except KeyboardInterrupt:
        print("refkd: stopped", file=sys.stderr)
        return 1


def command_line() -> argparse.ArgumentParser:
    """All commands and their options.

    Returns
    -------
    ArgumentParser
        Those of a kit of `refkd verify` are in `refkd.cli.verify.kit_parser`.
    """
    parser = argparse.ArgumentParser(
        prog="refkd",
        description="Knowledge transfer from a bidirectional to a unidirectional recurrent net.",
    )
    parser.set_defaults(command=None)
    parser.add_argument("--version", action="version", version=f"refkd {refkd.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (run, plot, explain, exercise, stream, align, data, verify):
        command.add_parser(commands)
    return parser
