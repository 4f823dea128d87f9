"""Animations of a run: spikes of its students, epoch by epoch."""

from collections.abc import Sequence
from pathlib import Path

from refkd.experiment.run_reader import Run, RunModel
from visualize.output.animate import save_animation, spikes_frames
from visualize.output.drawing import Failures, note_failure
from visualize.output.run_drawing import looks_of_run, phones_of

SPIKES = "spikes"  # begins the names of the files


def pictures_of(run: Run) -> dict[str, list[RunModel]]:
    """Name the files of a run's animations and whose spikes they show: each student's, and those of
    all if there are several; none of a run that was not to be animated.
    """
    if run.followed is None:
        return {}
    pictures = {f"{SPIKES}-{student.name}.gif": [student] for student in run.students}
    if len(run.students) > 1:
        pictures[f"{SPIKES}.gif"] = list(run.students)
    return pictures


def draw_animations(run: Run, folder: Path) -> tuple[list[Path], Failures]:
    """Write the files of `pictures_of`; return them, and the errors of those that failed."""
    files: list[Path] = []
    failures: Failures = {}
    for name, students in pictures_of(run).items():
        with note_failure(failures, name):
            files.append(draw_animation(run, students, folder / name))
    return files, failures


def draw_animation(run: Run, students: Sequence[RunModel], path: Path) -> Path:
    """Draw the posteriors of students for one validation utterance, epoch by epoch."""
    assert run.followed is not None
    frames = spikes_frames(
        run.logits_by_epoch(run.teacher.name)[-1],
        {student.title: list(run.logits_by_epoch(student.name)) for student in students},
        run.symbols,
        run.clock.frame_shift,
        first_frame=run.clock.first_frame,
        phones=phones_of(run, run.followed),
        histories={student.title: run.histories(student.name)[0] for student in students},
        caption=f"Utterance {run.followed}.",
        teacher_name=run.teacher.title,
        looks=looks_of_run(run),
    )
    return save_animation(frames, path)
