"""Draw a run from the folder that it has left: figures, their numbers, and moving pictures."""

from collections.abc import Sequence
from pathlib import Path

from refkd.experiment.run_reader import Run, RunModel
from visualize.output.animate import save_animation, spikes_frames
from visualize.output.csv import write_numbers
from visualize.output.drawing import failure
from visualize.output.figures import figures_of_run
from visualize.output.run_drawing import RunDrawing, looks_of_run, phones_of
from visualize.output.save import save_figure

SPIKES = "spikes"  # begins the names of moving pictures


def draw_run(
    run: Run, folder: Path, formats: Sequence[str] = ("png", "svg")
) -> tuple[list[Path], list[str]]:
    """Write the figures of a run, their numbers and its moving pictures; return the files, and a
    sentence for each that failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = figures_of_run(RunDrawing.of(run))
    files, failures = [], drawn.failures
    for name, figure in drawn.figures.items():
        try:
            files += save_figure(figure, folder / name, formats)
            files.append(write_numbers({name: figure}, folder / f"{name}.csv"))
        except Exception as error:
            failures.append(failure(f"figure {name!r}", error))
    animations, failed = draw_animations(run, folder)
    return files + animations, failures + failed


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


def draw_animations(run: Run, folder: Path) -> tuple[list[Path], list[str]]:
    """Write the files of `pictures_of`: posteriors for one validation utterance, epoch by epoch;
    return them, and a sentence for each that failed.
    """
    files, failures = [], []
    for name, students in pictures_of(run).items():
        try:
            files.append(_draw_animation(run, students, folder / name))
        except Exception as error:
            failures.append(failure(f"moving picture {name!r}", error))
    return files, failures


def _draw_animation(run: Run, students: Sequence[RunModel], path: Path) -> Path:
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
