"""Animations of training: posteriors of students for one utterance, a frame for each epoch."""

import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from PIL import Image  # comes with matplotlib

from refkd import check
from refkd.alignment.decode import At
from refkd.check import Floats, Ints
from refkd.experiment.checkpoint import Epoch
from refkd.files.atomic import replacing
from visualize.figures.shift import FRAME_AXIS, LABELS, RIGHT
from visualize.layout.glyphs import symbol_names
from visualize.layout.headings import Heading, heading_height, write_heading
from visualize.layout.layout import MARGIN, Strip, stacked_figure
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import EARLY, FAINT, STUDENTS, TEACHER, TEXT, in_style
from visualize.panels.model_strips import ModelStrips
from visualize.panels.panels import (
    Phones,
    clock_of,
    draw_phones,
    draw_starts,
    phones_strip,
    time_axes,
)
from visualize.panels.spike_links import Links

TAKEN = ("phones", "validation")  # labels of other axes
WIDTH = 6.0  # inches
NARROWEST = 1.0  # inches of the strips
DPI = 150.0
WHOLE = 6.0  # seconds from the first epoch to the last
SLOWEST = 0.5  # seconds of a frame
STILL = 2.5  # seconds that the last frame stays
SHADES = 24  # of each colour, up to white
ERROR_HEIGHT = 0.6
TIME_AXIS = 0.6  # inches below the last strip over time, if another one follows


def spikes_frames(
    teacher: ArrayLike,
    students: Mapping[str, Sequence[ArrayLike]],
    symbols: Sequence[str],
    frame_shift: float,
    *,
    first_frame: float = 0.0,
    phones: Phones | None = None,
    histories: Mapping[str, Sequence[Epoch]] | None = None,
    caption: str = "",
    blank: int = 0,
    at: At = "start",
    width: float = WIDTH,
    teacher_name: str = "teacher",
    looks: Mapping[str, Look] | None = None,
) -> list[Figure]:
    """Draw the posteriors of students after every epoch below those of a trained teacher.

    Parameters
    ----------
    teacher : (T, K) array
        Its logits after training.
    students : mapping of str to sequence of (T, K) array
        Logits of each student, under the name that it is shown by: before training and after
        every epoch. Of a student with fewer epochs the last ones stay.
    symbols : (K,) sequence of str
        Name of each label.
    frame_shift, first_frame : float
        Seconds from one frame to the next, and at frame 0.
    phones : Phones, optional
        True phones, shown as a strip above the teacher.
    histories : mapping of str to sequence of Epoch, optional
        Of students: validation error and CTC loss of each epoch.
    caption : str
        Before the text below the figure, which explains the signs.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike, as for `refkd.alignment.decode.spikes`.
    width : float
        Inches.
    teacher_name : str
        Under which the teacher is shown.
    looks : mapping of str to (colour, line style), optional
        Of all models, as from `looks_of`; by their order if not given.

    Returns
    -------
    list of Figure
        One before training and one for each epoch, alike in all but what has changed. Axes are
        labelled as in `shift_figure`, with "validation" for the errors of a single student.

    Raises
    ------
    ArgumentError
        If there is no student, or symbols or histories do not fit the logits.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize import spikes_frames
    >>> teacher, late = 5 * np.eye(3)[[0, 1, 0, 2, 0, 0]], 5 * np.eye(3)[[0, 0, 1, 0, 2, 0]]
    >>> frames = spikes_frames(teacher, {"CTC": [0 * late, late]}, ["-", "a", "b"], 0.02)
    >>> [axes.get_label() for axes in frames[1].axes]
    ['teacher', 'shift CTC', 'CTC']
    """
    check.positive("width", width)
    clock = clock_of(frame_shift, first_frame)
    trained, histories = check.logits("teacher", teacher), histories or {}
    check.same_length("teacher", trained.shape[1], "symbols", len(symbols), "K")
    if not students:
        check.fail("students", "at least one", "none")
    for name in histories:
        check.one_of("histories", name, students)
    for name in students:
        if name in (*TAKEN, teacher_name):
            expected = "other names than " + ", ".join([*TAKEN, teacher_name])
            check.fail("students", expected, repr(name))
    looks = looks_of([teacher_name, *students], teacher_name, looks)
    drawn_teacher = ModelStrips(
        Heading(teacher_name, ("trained",), looks[teacher_name][0]),
        *(looks[teacher_name], trained, clock, blank, at),
    )
    stories: list[list[Moment]] = []
    for name, by_epoch in students.items():
        argument, epochs = f"students[{name!r}]", len(by_epoch) - 1
        if epochs < 1:
            check.fail(argument, "outputs before and after an epoch", f"{len(by_epoch)} arrays")
        history: list[Epoch | None] = [None, *histories.get(name, [None] * epochs)]
        check.same_length(f"histories[{name!r}]", len(history) - 1, argument, epochs, "epochs")
        story, above = [], drawn_teacher if stories else None
        for n, (array, epoch) in enumerate(zip(by_epoch, history, strict=True)):
            logits = check.logits(f"{argument}[{n}]", array, len(symbols))
            links = Links.between(trained, logits, clock, clock, blank=blank, at=at)
            heading = _student_heading(name, looks[name][0], links, epoch)
            facts = looks[name], logits, clock, blank, at, links
            story.append(Moment(ModelStrips(heading, *facts, teacher=above), epoch))
        stories.append(story)
    models = [drawn_teacher, *(moment.model for story in stories for moment in story)]
    spiking = {int(label) for model in models for label in model.spikes[0]}
    names = symbol_names(symbols, [*sorted(spiking), *(phones.labels if phones else ())])
    animation = Animation(drawn_teacher, stories, names, phones, width)
    if animation.sides[1] < NARROWEST:
        least = math.ceil(10 * (width - animation.sides[1] + NARROWEST)) / 10
        check.fail("width", f"at least {least} inches for such names", width)
    with in_style():
        return [animation.frame(epoch, caption) for epoch in range(animation.epochs + 1)]


@dataclass(frozen=True, eq=False)
class Moment:
    """A model after an epoch."""

    model: ModelStrips  # what is drawn of it
    epoch: Epoch | None = None  # what that epoch gave; None where it is unknown

    @property
    def error(self) -> float:
        """On the validation split, in percent; nan where it is unknown."""
        return math.nan if self.epoch is None else 100 * self.epoch.validation


def _student_heading(name: str, colour: str, links: Links, epoch: Epoch | None) -> Heading:
    """Give a student's name, and remarks each on a line of its own, empty where there is none."""
    error, loss, mean = "", "", [] if links.shift.n else [""]
    if epoch is not None:
        percent = 100 * epoch.validation
        error = f"{percent:.1f} % error" if math.isfinite(percent) else ""
        loss = f"CTC {epoch.ctc:.3f}"
    return Heading(name, (error, loss, *mean, *links.remarks), colour)


@dataclass(frozen=True, eq=False)
class Animation:
    """What all frames share: strips that keep their place and height, whatever they hold."""

    teacher: ModelStrips  # after training
    # of each student, before training and after every epoch; the last one stays
    stories: Sequence[Sequence[Moment]]
    symbols: Sequence[str]  # (K,) name of each label, as it is written
    phones: Phones | None  # true ones
    width: float  # inches

    @property
    def epochs(self) -> int:
        """Of the longest training."""
        return max(len(story) for story in self.stories) - 1

    @cached_property
    def sides(self) -> tuple[float, float, float]:
        """Inches left of the strips, of the strips, and right of them."""
        widest = max(moment.model.heading.width for story in self.stories for moment in story)
        left = MARGIN + widest + LABELS
        return left, self.width - left - RIGHT, RIGHT

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Seconds at the edges of the strips."""
        lengths = [len(moment.model.logits) for story in self.stories for moment in story]
        frames, clock = max(len(self.teacher.logits), *lengths), self.teacher.clock
        return clock.seconds(-0.5), clock.seconds(frames - 0.5)

    @cached_property
    def plan(self) -> tuple[list[Strip], dict[str, int]]:
        """Strips from the top down, and the rows of names or numbers in the fullest of each."""
        begin, end = self.limits
        scale = self.sides[1] / (end - begin)  # inches a second
        strips = []
        rows: dict[str, int] = {}
        if self.phones is not None:
            strips.append(phones_strip(self.phones, self.symbols, scale)[0])
        for story in ([Moment(self.teacher)], *self.stories):
            for moment in story[1:] or story:  # before training, names are many and chance
                for label, needed in moment.model.rows(self.symbols, scale)[0].items():
                    rows[label] = max(needed, rows.get(label, 0))
            block = max(heading_height(moment.model.heading.column) for moment in story)
            strips += story[0].model.strips(rows, block, beside=True)
        if len(self.stories) == 1 and math.isfinite(story[-1].error):
            strips.append(Strip("validation", ERROR_HEIGHT, above=TIME_AXIS))
        return strips, rows

    def frame(self, epoch: int, caption: str) -> Figure:
        """Draw the models after an epoch."""
        strips, rows = self.plan
        title = f"epoch {epoch} of {self.epochs}" if epoch else "before training"
        text = f"{caption} {self.legend}"
        figure, axes = stacked_figure(strips, self.sides, FRAME_AXIS, text, title)
        errors = axes.pop("validation", None)
        for panel in axes.values():
            panel.set_xlim(self.limits)
        if self.phones is not None:
            draw_phones(axes["phones"], self.phones, self.symbols)
            draw_starts([axes[label] for label in rows], self.phones)
        students = [story[min(epoch, len(story) - 1)].model for story in self.stories]
        for model in (self.teacher, *students):
            model.draw(axes, self.symbols, rows)
            heading = model.heading
            write_heading(axes[heading.name], heading.column, heading.colour)
        time_axes(list(axes.values()), self.teacher.clock)
        if errors is not None:
            of_epochs = np.array([moment.error for moment in self.stories[0]])
            _draw_errors(errors, of_epochs, epoch, students[0].look[0])
        return figure

    @property
    def legend(self) -> str:
        """Explain the signs."""
        time = "first" if self.teacher.at == "start" else "highest"
        known = any(moment.epoch for story in self.stories for moment in story)
        true = "Grey vertical lines: true starts of the phones. " * (self.phones is not None)
        shift, teacher = self.teacher.clock.frame_shift, self.teacher.heading.name
        return (
            f"Frame shift {1000 * shift:g} ms; the time of a spike is that of its {time} frame. "
            f"Blue dots: spikes of {teacher}, joined to those of the student "
            "below. Numbers: student minus teacher in frames, + is late; green: early; cross: "
            f"no partner. Grey line: blank. {true}"
            + "Error: phone error on the validation split. CTC: mean loss, nats per frame."
            * known
        )


def _draw_errors(axes: Axes, errors: Floats, epoch: int, colour: str) -> None:
    """The validation error up to an epoch, and faintly what follows."""
    epochs = np.arange(len(errors))
    axes.set(xlim=(0, epochs[-1]), ylim=(0, 1.05 * np.nanmax(errors)))
    axes.plot(epochs, errors, color=FAINT)
    axes.plot(epochs[: epoch + 1], errors[: epoch + 1], color=colour, gid="validation error")
    axes.plot(epoch, errors[epoch], "o", color=colour, markersize=5, clip_on=False)
    axes.set(xlabel="epoch", ylabel="validation\nerror (%)")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))


def save_animation(
    frames: Sequence[Figure], path: str | os.PathLike[str], dpi: float = DPI
) -> Path:
    """Write figures one after the other as a GIF that loops.

    Parameters
    ----------
    frames : sequence of Figure
        At least one, all of one size, in the colours of `visualize.layout.style` on white.
    path : path
        Ends in .gif; its folder exists.
    dpi : float
        Pixels per inch.

    Returns
    -------
    Path
        The file: the same bytes for the same figures. All epochs together take about six seconds;
        then the last frame stays for a while.

    Raises
    ------
    ArgumentError
        If there is no frame, or they differ in size.

    Examples
    --------
    >>> import tempfile
    >>> from visualize import new_figure, save_animation
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_animation([new_figure(2, 1)], folder + "/empty.gif").name
    'empty.gif'
    """
    file = Path(path)
    if file.suffix.lower() != ".gif":
        check.fail("path", "a name that ends in .gif", repr(file.name))
    if not frames:
        check.fail("frames", "at least one", "none")
    sizes = {tuple(frame.get_size_inches().tolist()) for frame in frames}
    if len(sizes) > 1:
        check.fail("frames", "figures of one size", f"{len(sizes)} sizes")
    palette = _palette()
    first, *others = [_picture(frame, dpi, palette) for frame in frames]
    each = max(2, round(100 * min(SLOWEST, WHOLE / len(frames))))  # hundredths of a second
    durations = [10 * each] * len(others) + [round(1000 * STILL)]
    with replacing(file) as out:
        first.save(
            out,
            format="GIF",
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            optimize=True,  # of a frame, only what has changed
        )
    return file


def _picture(figure: Figure, dpi: float, palette: Ints) -> Image.Image:
    """Each pixel in the nearest colour of the palette."""
    raw = io.BytesIO()
    with in_style():
        figure.savefig(raw, format="rgba", dpi=dpi)
    width = int(figure.get_figwidth() * dpi)
    pixels = np.frombuffer(raw.getbuffer(), dtype=np.uint8).reshape(-1, width, 4)
    red, green, blue, _ = np.moveaxis(pixels.astype(np.int64), -1, 0)
    seen, places = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    colours = np.stack([seen >> 16, seen >> 8 & 255, seen & 255], axis=1)
    apart = ((colours[:, np.newaxis] - palette) ** 2).sum(axis=2)
    nearest = apart.argmin(axis=1).astype(np.uint8)
    picture = Image.fromarray(nearest[places].reshape(red.shape))
    picture.putpalette(palette.astype(np.uint8).tobytes())
    return picture


def _palette() -> Ints:
    """Colours (n, 3) of the figures with their shades up to white, from 0 to 255."""
    share = np.linspace(0.0, 1.0, SHADES)[:, np.newaxis]
    shades = [
        np.array(to_rgb(colour)) * (1 - share) + share
        for colour in (TEXT, TEACHER, EARLY, *STUDENTS)
    ]
    return np.rint(255 * np.concatenate(shades)).astype(np.int64)
