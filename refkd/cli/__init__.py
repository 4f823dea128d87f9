"""The command line: one module for each command."""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import refkd
from refkd.cli import align, data, exercise, explain, plot, run, stream, verify
from refkd.cli.commands import Parser, shortened


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 could not be done, 2 wrong usage.

    Examples
    --------
    >>> from refkd.cli import main
    >>> main([])  # doctest: +ELLIPSIS
    usage: refkd [-h] [--version] COMMAND ...
    2
    """
    for name in ("stdout", "stderr"):
        output = getattr(sys, name)
        if output is None:  # closed by who started this process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(output, io.TextIOWrapper):  # a terminal may lack the symbols of a corpus
            output.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()  # a full disk shows here, not when Python ends
    except BrokenPipeError:  # who reads has seen enough, as with `head`
        _drop_output()
        return 1
    except (ValueError, OSError, MemoryError) as error:
        from refkd.check import ArgumentError

        if isinstance(error, OSError) and error.filename is None:
            _drop_output()
        print(f"refkd: {shortened(_sentence(error))}", file=sys.stderr)
        return 2 if isinstance(error, ArgumentError) else 1
    except KeyboardInterrupt:
        print("refkd: stopped", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str] | None) -> int:
    parser = command_line()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    return int(options.command(options))


def _sentence(error: Exception) -> str:
    if not isinstance(error, OSError) or not error.strerror:
        return str(error) or "expected more free memory, got none"
    where = "output" if error.filename is None else error.filename
    return f"{where}: expected to read or write there, got {error.strerror}"


def _drop_output() -> None:
    """Send what is left to write nowhere, so that Python can end in peace."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command_line() -> Parser:
    """All commands and their options; those of a kit are in `refkd.cli.verify.kit_parser`."""
    parser = Parser(
        prog="refkd",
        description="Knowledge transfer from a bidirectional to a unidirectional recurrent net.",
    )
    parser.set_defaults(command=None)
    parser.add_argument("--version", action="version", version=f"refkd {refkd.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (run, plot, explain, exercise, stream, align, data, verify):
        command.add_parser(commands)
    return parser
