"""`refkd verify`: test an implementation against the reference and name its bug."""

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from refkd.cli.commands import Bar, Commands, Parser

if TYPE_CHECKING:
    from refkd.verify.kit import Kit
    from refkd.verify.python_runner import Runner


def add_parser(commands: Commands) -> None:
    """Add the command; each kit has options of its own, made when it is named."""
    verify = commands.add_parser(
        "verify",
        help="test your CTC, LSTM, distillation or alignment code and name its bug",
        description="Detect the conventions of an implementation, run test cases on it, compare "
        "its results with the reference, and name the bug. `refkd verify KIT --help` lists the "
        "options of a kit. The exit code is 1 if there is a fault.",
    )
    verify.set_defaults(command=_verify)
    verify.add_argument(
        "--write", metavar="DIR", help="write all test cases to a folder, as npz and JSON"
    )
    verify.add_argument("kit", nargs="?", metavar="KIT", help="ctc, lstm, distill or align")
    verify.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def _verify(options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.verify.kits import kit_named

    if options.write is not None:
        from refkd.experiment.run_folder import locked_folder
        from refkd.verify.vectors import write_vectors

        with locked_folder(options.write, "--write") as folder:
            print(write_vectors(folder))
        return 0
    if options.kit is None:
        check.fail("refkd verify", "a kit or --write DIR", "neither")
    kit = kit_named(options.kit)
    return _run(kit, kit_parser(kit).parse_args(options.rest))


GUIDES = {
    "ctc": "verify",
    "lstm": "verify-lstm",
    "distill": "verify-distill",
    "align": "verify-distill",
}


def kit_parser(kit: "Kit") -> Parser:
    """The options of `refkd verify KIT`."""
    parser = Parser(
        prog=f"refkd verify {kit.name}",
        description=f"The adapter takes ({', '.join(kit.arguments)}) and returns "
        f"({', '.join(kit.results)}); docs/guides/{GUIDES[kit.name]}.md has examples to copy.",
    )
    parser.add_argument("target", nargs="?", metavar="MODULE:FUNCTION", help="adapter in Python")
    parser.add_argument(
        "--exec",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="program and its arguments instead of an adapter; must be the last option",
    )
    parser.add_argument(
        "--exchange",
        choices=("npz", "raw"),
        default="npz",
        help="format of the files exchanged with the program",
    )
    conventions = parser.add_argument_group("conventions", "detected where they are not given")
    for convention in kit.conventions:
        words = "; ".join(
            value if value == words else f"{value}: {words}"
            for value, words in convention.choices.items()
        )
        if convention.several:
            conventions.add_argument(convention.flag, metavar="NAME,...", help=f"any of {words}")
        else:
            conventions.add_argument(convention.flag, choices=tuple(convention.choices), help=words)
    parser.add_argument("--quick", action="store_true", help="run only the small cases")
    parser.add_argument(
        "--shapes",
        choices=("all", "few"),
        default="all",
        help="few: use at most eight padded shapes",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random cases")
    parser.add_argument("--repeat", type=int, default=1, metavar="K", help="run every case K times")
    parser.add_argument("--case", metavar="NAME", help="run only this case")
    parser.add_argument(
        "--list", action="store_true", help="list the cases and the faults that they detect"
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="time limit of one call (default 30)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--junit", metavar="FILE", help="also write the report as JUnit XML")
    faults = parser.add_mutually_exclusive_group()
    faults.add_argument(
        "--expect",
        metavar="FILE",
        help="file of known faults: the exit code is 0 if exactly these appear, else 1",
    )
    faults.add_argument(
        "--write-expected",
        metavar="FILE",
        help="write the faults of this run to a file for --expect",
    )
    return parser


def _run(kit: "Kit", options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.verify.expected import Setting, as_lines, compare, read_expected, write_expected
    from refkd.verify.records import Selection
    from refkd.verify.report import as_json, as_text, write_junit
    from refkd.verify.session import verify

    selection = Selection(options.quick, options.shapes == "few", options.seed)
    if options.list:
        for case in kit.cases(selection):
            print(
                f"{case.name:40} {','.join(case.bug_classes):12} {case.status:12} {case.provenance}"
            )
        return 0
    conventions = {
        convention.name: value
        for convention in kit.conventions
        if (value := getattr(options, convention.name)) is not None
    }
    setting = Setting(kit.name, conventions, selection, options.case)
    expected = read_expected(options.expect) if options.expect else None
    if expected is not None:
        expected.check_setting(setting)
    for option, file in (("--junit", options.junit), ("--write-expected", options.write_expected)):
        if file is not None and not Path(file).parent.is_dir():
            check.fail(option, "a file in an existing folder", file)
    bar = Bar()
    runner = _runner(kit, options, conventions, bar.advance)
    try:
        report = verify(
            kit,
            runner,
            conventions,
            selection,
            target=options.target or shlex.join(options.exec),
            case=options.case,
            repeat=check.integer("--repeat", options.repeat, low=1),
            again=lambda name: _again(kit, options, conventions, name),
            begin=lambda stage, calls: bar.begin(total=calls, desc=stage, unit="call", leave=False),
        )
    finally:
        bar.end()
        runner.close()
    if options.write_expected:
        write_expected(options.write_expected, report, setting)
        expected = read_expected(options.write_expected)
    comparison = compare(expected, report) if expected is not None else None
    if options.junit:
        write_junit(options.junit, report, comparison)
    if options.json:
        print(as_json(report, comparison))
    else:
        print(as_text(report, kit, comparison))
        if comparison is not None:
            print("", *as_lines(comparison), sep="\n")
    return (comparison or report).exit_code


def _runner(
    kit: "Kit",
    options: argparse.Namespace,
    conventions: dict[str, str],
    on_answer: Callable[[], object],
) -> "Runner":
    from refkd import check
    from refkd.verify.program_runner import ProgramRunner
    from refkd.verify.python_runner import PythonRunner

    limit = check.positive("--time-limit", options.time_limit)
    if bool(options.target) == bool(options.exec):
        got = "both" if options.target else "neither"
        check.fail("refkd verify", "MODULE:FUNCTION or --exec PROGRAM", got)
    arguments, results = kit.signature(conventions)
    if options.exec:
        return ProgramRunner(options.exec, results, limit, options.exchange, on_answer)
    if ":" not in options.target:
        check.fail("adapter", "MODULE:FUNCTION", options.target)
    return PythonRunner(options.target, arguments, results, limit, on_answer=on_answer)


def _again(kit: "Kit", options: argparse.Namespace, conventions: dict[str, str], case: str) -> str:
    """The command that runs one case again."""
    from refkd.verify.expected import Setting
    from refkd.verify.records import Selection

    command = Setting(kit.name, conventions, Selection(), case).command(options.target or "")
    if not options.exec:
        return command
    exchange = ["--exchange", options.exchange] if options.exchange != "npz" else []
    return f"{command} {shlex.join([*exchange, '--exec', *options.exec])}"
