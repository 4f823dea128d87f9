"""The table of figures: what each is called and shows, and how it is drawn of which input."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from matplotlib.figure import Figure

from refkd import check
from visualize.figures.cumulative import cumulative_figure
from visualize.figures.delays import delays_figure
from visualize.figures.offsets import offsets_figure
from visualize.figures.shift import shift_figure
from visualize.output import models_drawing, run_drawing
from visualize.output.drawing import Drawing, Drawn, NothingToDrawError
from visualize.output.models_drawing import ModelsDrawing
from visualize.output.run_drawing import RunDrawing

Input = TypeVar("Input", RunDrawing, ModelsDrawing)
Draw: TypeAlias = Callable[[Input], Figure | Drawn]


def draw_shift(drawing: Drawing) -> Drawn:
    """Draw posteriors and connected spikes of every utterance."""
    drawn = Drawn()
    for utterance in drawing.utterances:
        drawn.figures[drawing.file_name("shift", utterance)] = shift_figure(
            drawing.logits(utterance),
            drawing.symbols,
            {name: clock.frame_shift for name, clock in drawing.clocks.items()},
            first_frame={name: clock.first_frame for name, clock in drawing.clocks.items()},
            phones=drawing.phones(utterance),
            speech=drawing.speech(utterance),
            traces=drawing.choices(utterance),
            notes=drawing.notes(),
            title=utterance,
            blank=drawing.blank,
            at=drawing.at,
            **drawing.look,
        )
    return drawn


def draw_offsets(drawing: Drawing) -> Figure:
    """Draw the offsets of students over all utterances."""
    offsets, windows = drawing.offsets(), drawing.windows()
    return offsets_figure(offsets, drawing.bar, windows=windows, **drawing.look)


def draw_cumulative(drawing: Drawing) -> Figure:
    """Draw how many of the teacher's spikes each student has matched by when."""
    return cumulative_figure(drawing.offsets(), drawing.bar, **drawing.look)


def draw_delays(drawing: Drawing) -> Figure:
    """Draw the delays of models after true times."""
    options = {"teacher": drawing.teacher_name, "unit": drawing.timed, **drawing.look}
    return delays_figure(drawing.delays(), drawing.bar, **options)


@dataclass(frozen=True)
class FigureRow:
    """A figure: its words on pages, and how it is drawn."""

    title: str
    caption: str
    of_run: Draw[RunDrawing]
    of_models: Draw[ModelsDrawing] | None = None  # if not only a run has it


FIGURES: dict[str, FigureRow] = {
    "shift": FigureRow(
        "Alignment shift",
        "Posteriors of the teacher and every student over one utterance. Lines join matched "
        "spikes; the number on a line is the offset of the student.",
        draw_shift,
        draw_shift,
    ),
    "rules": FigureRow(
        "Rules side by side",
        "The teacher frames that several rules selected in one utterance.",
        run_drawing.draw_rules,
    ),
    "offsets": FigureRow(
        "Offsets",
        "Offsets of the spikes of each student to those of the teacher, over all utterances.",
        draw_offsets,
        draw_offsets,
    ),
    "cumulative": FigureRow(
        "Cumulative offsets",
        "Share of the teacher's spikes that each student has matched, up to each offset.",
        draw_cumulative,
        draw_cumulative,
    ),
    "delays": FigureRow(
        "Emission delay",
        "Delay of the spikes of every model after the true starts and ends of their phones. "
        "Only correct labels have a delay, so read it together with the number left out.",
        draw_delays,
        draw_delays,
    ),
    "tradeoff": FigureRow(
        "Error against delay",
        "Error against mean offset or delay, with intervals. Lower and further left is better.",
        run_drawing.draw_tradeoff,
        models_drawing.draw_tradeoff,
    ),
    "sweep": FigureRow(
        "Weights and windows",
        "Validation error of every weight and window that was tried.",
        run_drawing.draw_sweep,
    ),
    "learning": FigureRow(
        "Learning curves",
        "Losses and validation error after every epoch.",
        run_drawing.draw_learning,
    ),
    "band": FigureRow(
        "Divergences and selected pairs",
        "Divergences inside the window for one utterance, and the pairs that the rule selected.",
        run_drawing.draw_band,
        models_drawing.draw_bands,
    ),
    "gradients": FigureRow(
        "Gradients",
        "Gradient in the student's logits, frame by frame and with a selection rule.",
        run_drawing.draw_gradients,
        models_drawing.draw_gradients,
    ),
    "lattice": FigureRow(
        "CTC lattice",
        "Forward and backward variables, posteriors of the states and best path of one utterance.",
        run_drawing.draw_lattice,
    ),
    "gates": FigureRow(
        "LSTM layer",
        "Gates, cells and hidden states of a student for one utterance.",
        run_drawing.draw_gates,
    ),
    "toy": FigureRow(
        "Loss under each rule",
        "The loss of a late, a silent and a wrong student in a small constructed example.",
        run_drawing.draw_toy,
    ),
}
OF_RUN = {name: row.of_run for name, row in FIGURES.items()}
OF_MODELS = {name: row.of_models for name, row in FIGURES.items() if row.of_models is not None}


def figures_of_run(drawing: RunDrawing, names: Iterable[str] | None = None) -> Drawn:
    """Draw the figures of a run, those by name or all for which it has numbers."""
    check.one_of("utterance", drawing.utterance, drawing.run.names)
    drawn, lacking = draw_each(_chosen(OF_RUN, names), drawing)
    if names is not None and lacking:
        check.fail("figures", "figures that the run has numbers for", repr(next(iter(lacking))))
    return drawn


def figures_of_models(drawing: ModelsDrawing, names: Iterable[str] | None = None) -> Drawn:
    """Draw the figures that the data permit, all or those of some names, with a sentence for each
    that is missing.
    """
    drawn, lacking = draw_each(_chosen(OF_MODELS, names), drawing)
    if names is not None:
        for name, reason in lacking.items():
            check.fail("figures", "what the data permit", f"{name!r}: {reason}")
    return drawn


def _chosen(
    draw: Mapping[str, Draw[Input]], names: Iterable[str] | None
) -> Mapping[str, Draw[Input]]:
    if names is None:
        return draw
    return {name: draw[check.one_of("figures", name, draw)] for name in names}


def draw_each(draw: Mapping[str, Draw[Input]], drawing: Input) -> tuple[Drawn, dict[str, str]]:
    """Draw each figure by itself, so that one that fails stops no other; return why some have no
    numbers.
    """
    every, lacking = Drawn(), {}
    for name, draw_figure in draw.items():
        drawn = Drawn()
        try:
            made = draw_figure(drawing)
            drawn = Drawn({name: made}) if isinstance(made, Figure) else made
        except NothingToDrawError as nothing:
            drawn.left_out.append(str(nothing))
        except Exception as error:
            every.failures[name] = error
        if not drawn.figures and drawn.left_out:
            lacking[name] = drawn.left_out[0]
        every.figures |= drawn.figures
        every.left_out += [f"{name}: {reason}" for reason in dict.fromkeys(drawn.left_out)]
    return every, lacking
