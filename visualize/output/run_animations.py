"""The moving pictures of a run: the spikes of its students while they were trained."""

from pathlib import Path

from refkd.experiment.run_reader import Run, RunModel
from visualize.output.animate import save_animation, spikes_frames
from visualize.output.run_figures import looks_of_run, phones_of

SPIKES = "spikes"  # begins the names of the files


def pictures_of(run: Run) -> dict[str, list[RunModel]]:
    """Name the moving pictures of a run.

    Parameters
    ----------
    run : Run
        From `refkd.experiment.run_reader.read_run`.

    Returns
    -------
    dict of str to list of RunModel
        By the names of the files, whose spikes they show: each student's, and those of all if
        there are several; none of a run that was not to be animated.
    """
    if run.followed is None:
        return {}
    pictures = {f"{SPIKES}-{one.name}.gif": [one] for one in run.students}
    if len(run.students) > 1:
        pictures[f"{SPIKES}.gif"] = list(run.students)
    return pictures


def draw_animations(run: Run, folder: Path) -> list[Path]:
    """Draw what students say of one validation utterance, epoch by epoch.

    Parameters
    ----------
    run : Run
        From `refkd.experiment.run_reader.read_run`.
    folder : Path
        It exists.

    Returns
    -------
    list of Path
        Those of `pictures_of`.
    """
    made: list[Path] = []
    if run.followed is None:
        return made
    teacher = run.said_by_epoch(run.teacher.name)[-1]
    for name, students in pictures_of(run).items():
        frames = spikes_frames(
            teacher,
            {one.title: list(run.said_by_epoch(one.name)) for one in students},
            run.symbols,
            run.clock.frame_shift,
            first_frame=run.clock.first_frame,
            phones=phones_of(run, run.followed),
            histories={one.title: run.histories(one.name)[0] for one in students},
            caption=f"Utterance {run.followed}.",
            teacher_name=run.teacher.title,
            looks=looks_of_run(run),
        )
        made.append(save_animation(frames, folder / name))
    return made
