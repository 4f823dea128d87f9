"""Write the stubs, or the solutions, and a page on what to do with them."""

import ast
import re
import textwrap
from pathlib import Path

from refkd import check
from refkd.files.atomic import replacing
from refkd.learn.exercises.catalogue import EXERCISES
from refkd.learn.exercises.exercise import Exercise
from refkd.learn.explain.equations import EQUATIONS

WIDTH = 100  # columns of the files
TAG = re.compile(r"^    \((\w+)\)( Derive: .*)?$", re.MULTILINE)
README = """\
# Exercises

Each file contains one function to write. Its docstring describes the arguments and the results,
and has the equations and a small example. Where it says "Derive", the equation is left to you: it
follows from those above it. Write the body in place of `raise NotImplementedError`.

| file | what | page of the course |
|---|---|---|
{rows}

Go in this order; each exercise stands alone. This command marks them and shows the first wrong
cell:

    refkd exercise check {folder}

The same for one of them, or as JSON:

    refkd exercise check {folder} {first}
    refkd exercise check {folder} --json

There are three hints to each exercise. The first is a question, the third is nearly the code:

    refkd exercise hint {first}
    refkd exercise hint {first} 2

`python -m doctest {file}` runs the example of the docstring. If you delete a file, this
command writes it anew and changes no other file:

    refkd exercise new {folder}
"""


def solution_text(exercise: Exercise) -> str:
    """The solution as it is written to files: each equation stands behind its tag.

    Examples
    --------
    >>> from refkd.learn.exercises.catalogue import exercises_named
    >>> from refkd.learn.exercises.write import solution_text
    >>> [exercise] = exercises_named(["tanh_step"])
    >>> "    (R2) h_t = tanh(a_t)" in solution_text(exercise)
    True
    """
    return TAG.sub(_equation, exercise.source)


def stub_text(exercise: Exercise) -> str:
    """The same up to the end of the docstring, without what the learner derives.

    Examples
    --------
    >>> from refkd.learn.exercises.catalogue import exercises_named
    >>> from refkd.learn.exercises.write import stub_text
    >>> [exercise] = exercises_named(["tanh_step"])
    >>> stub_text(exercise).splitlines()[-1]
    '    raise NotImplementedError'
    """
    text = exercise.source
    [function] = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == exercise.name
    ]
    lines = text.splitlines()[: function.body[0].end_lineno]
    text = "\n".join([*lines, "    raise NotImplementedError", ""])
    return TAG.sub(lambda match: match[0] if match[2] else _equation(match), text)


def write_exercises(folder: Path, solutions: bool = False) -> tuple[list[str], list[str]]:
    """Write what is not there; return the names of the files written and of those left alone."""
    if folder.exists() and not folder.is_dir():
        check.fail("DIR", "a folder", f"the file {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    text = solution_text if solutions else stub_text
    texts = {exercise.file: text(exercise) for exercise in EXERCISES} | {
        "README.md": _readme(folder)
    }
    existing = [name for name in texts if (folder / name).exists()]
    written = [name for name in texts if name not in existing]
    for name in written:
        with replacing(folder / name) as file:
            file.write(texts[name].encode("utf-8"))
    return written, existing


def _equation(match: re.Match[str]) -> str:
    tag = f"({match[1]})"
    return textwrap.fill(
        EQUATIONS[match[1]],
        WIDTH,
        initial_indent=f"    {tag} ",
        subsequent_indent=" " * (len(tag) + 5),
    )


def _readme(folder: Path) -> str:
    rows = [
        f"| `{exercise.file}` | {exercise.title.rstrip('.')} | {exercise.page} |"
        for exercise in EXERCISES
    ]
    first = EXERCISES[0]
    return README.format(rows="\n".join(rows), folder=folder, first=first.name, file=first.file)
