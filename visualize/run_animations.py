"""The moving pictures of a run: the spikes of its students while they were trained."""

from pathlib import Path

from refkd.finished_run import Run
from visualize.animate import save_animation, spikes_frames
from visualize.run_figures import phones_of


def draw_animations(run: Run, folder: Path) -> list[Path]:
    """Draw what students say of one validation utterance, epoch by epoch.

    Parameters
    ----------
    run : Run
        From `refkd.finished_run.read_run`.
    folder : Path
        It exists.

    Returns
    -------
    list of Path
        `spikes-NAME.gif` of every student, and `spikes.gif` of all if there are several; none of
        a run that was not to be animated.
    """
    if run.followed is None:
        return []
    pictures = {f"spikes-{one.name}": [one] for one in run.students}
    if len(run.students) > 1:
        pictures["spikes"] = list(run.students)
    teacher = run.said_by_epoch(run.teacher.name)[-1]
    made = []
    for name, students in pictures.items():
        frames = spikes_frames(
            teacher,
            {one.title: list(run.said_by_epoch(one.name)) for one in students},
            run.symbols,
            run.clock.frame_shift,
            first_frame=run.clock.first_frame,
            phones=phones_of(run, run.followed),
            histories={one.title: run.histories(one.name)[0] for one in students},
            caption=f"Utterance {run.followed}.",
        )
        made.append(save_animation(frames, folder / f"{name}.gif"))
    return made
