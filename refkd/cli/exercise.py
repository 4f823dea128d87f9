"""`refkd exercise`: stubs to complete, hints, and marks table by table."""

import argparse
from pathlib import Path

from refkd.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add the commands and their options."""
    exercise = commands.add_parser(
        "exercise", help="implement the algorithms yourself, with hints and marks"
    )
    parts = exercise.add_subparsers(title="commands", metavar="COMMAND")
    new = parts.add_parser(
        "new",
        help="write the exercise files to a folder",
        description="Write one file for each exercise, and a README.md with their order. An "
        "existing file is never overwritten.",
    )
    new.set_defaults(command=_new)
    new.add_argument(
        "folder", metavar="DIR", help="folder to write to; created if it does not exist"
    )
    new.add_argument(
        "--solutions", action="store_true", help="write the solutions instead of the exercises"
    )
    hint = parts.add_parser(
        "hint",
        help="show a hint for one exercise",
        description="Show a hint. Each exercise has three: a question, the idea, and almost the "
        "line of code.",
    )
    hint.set_defaults(command=_hint)
    hint.add_argument("name", metavar="NAME", help="the exercise, such as ctc_alpha")
    hint.add_argument(
        "step",
        nargs="?",
        type=int,
        default=1,
        metavar="STEP",
        help="number of the hint: 1 (default), 2 or 3",
    )
    check = parts.add_parser(
        "check",
        help="mark the exercises of a folder",
        description="Call each function with small cases in a separate process, compare its tables "
        "with those of the reference, and show the first wrong cell. The exit code is 0 if all "
        "exercises are right, else 1.",
    )
    check.set_defaults(command=_check)
    check.add_argument("folder", metavar="DIR", help="the folder that `refkd exercise new` wrote")
    check.add_argument("names", nargs="*", metavar="NAME", help="exercises to mark (default: all)")
    check.add_argument("--json", action="store_true", help="print the marks as JSON")
    check.add_argument(
        "--time-limit",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="time limit of one case (default 5)",
    )


def _new(options: argparse.Namespace) -> int:
    from refkd.experiment.run_folder import locked_folder
    from refkd.learn.exercises.write import write_exercises

    with locked_folder(options.folder, "DIR") as folder:
        written, existing = write_exercises(folder, options.solutions)
    for name in written:
        print(folder / name)
    if existing:
        print(f"Nothing was overwritten: {folder} already had {', '.join(existing)}.")
    return 0


def _hint(options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.learn.exercises.catalogue import exercises_named
    from refkd.learn.exercises.report import as_hint

    [exercise] = exercises_named([options.name])
    print(as_hint(exercise, check.integer("STEP", options.step, low=1, high=3)))
    return 0


def _check(options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.learn.exercises.catalogue import exercises_named
    from refkd.learn.exercises.mark import mark
    from refkd.learn.exercises.report import as_json, as_text, exit_code, summary

    folder = Path(options.folder)
    limit = check.positive("--time-limit", options.time_limit)
    exercises = exercises_named(options.names)
    if not folder.is_dir():
        check.fail("DIR", "a folder written by `refkd exercise new`", folder)
    marks = []
    for exercise in exercises:
        marks.append(mark(exercise, folder, limit))
        if not options.json:
            print(as_text(marks[-1]), flush=True)
    print(as_json(marks) if options.json else summary(marks))
    return exit_code(marks)
