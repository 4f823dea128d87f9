"""What tests of figures share: drawings, and what is written on them."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support import strategies

from refkd.alignment.bootstrap import Interval
from refkd.alignment.statistics import OffsetStatistics
from visualize import Phones, offsets_figure, shift_figure, tradeoff_figure
from visualize.figures.toy import toy_figure, toy_table

SYMBOLS = ["-", "a", "b", "tj", "stj", "o", "u", "x"]
SHIFT = 0.02


def spiky(spikes, frames=30, classes=4):
    """Logits that spike at the frames of {frame: label}, with posterior e^5 / (e^5 + K - 1)."""
    return strategies.spiky(spikes, frames, classes, height=5.0)


def utterance(seed, students, frames=120, phones=24):
    """A teacher and late students with mistakes, and the true phones."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.choice(np.arange(2, frames - 8, 2), phones, replace=False))
    labels = rng.integers(1, len(SYMBOLS), phones)
    models = {}
    for name, late in (("teacher", 1), *students.items()):
        emitted = rng.random(phones) > 0.1
        times = starts + late + rng.integers(0, 2, phones)
        models[name] = spiky(
            dict(zip(times[emitted], labels[emitted], strict=True)), frames, len(SYMBOLS)
        ) + rng.normal(0.0, 0.3, (frames, len(SYMBOLS)))
    ends = np.append(starts[1:], frames)
    return models, Phones(labels, starts * SHIFT, ends * SHIFT)


def proofs(*cases):
    """Cases of a parametrised test that run with the proofs alone."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.proof)
        for case in cases
    ]


def axes_of(figure, label):
    (axes,) = [axes for axes in figure.axes if axes.get_label() == label]
    return axes


def texts_of(axes):
    return {text.get_text(): text for text in axes.texts}


def text_boxes(figure):
    """Every visible text of a figure with its place in pixels."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    hidden = set()  # ticks outside the limits exist but are not drawn
    for axis in figure.findobj(matplotlib.axis.Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low <= tick.get_loc() <= high or not axis.get_visible():
                hidden |= {tick.label1, tick.label2}
    return [
        (text.get_text(), matplotlib.text.Text.get_window_extent(text, renderer))
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def assert_readable(figure):
    """No text leaves the figure or covers another, and none is smaller than 8 points."""
    boxes = text_boxes(figure)
    assert boxes
    for words, box in boxes:
        assert box.x0 >= 0, f"{words!r} is cut"
        assert box.y0 >= 0, f"{words!r} is cut"
        assert box.x1 <= figure.bbox.x1, f"{words!r} is cut"
        assert box.y1 <= figure.bbox.y1, f"{words!r} is cut"
    for (words, box), (others, other) in itertools.combinations(boxes, 2):
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert width < 1 or height < 3, f"{words!r} covers {others!r}"  # descenders may touch
    sizes = [text.get_fontsize() for text in figure.findobj(matplotlib.text.Text)]
    assert min(sizes) >= 8.0


def between(low, mean, high, seeds=5):
    return Interval(mean, 0.01, low, high, n_seeds=seeds, n_utterances=100)


def draw_everything():
    models, phones = utterance(4, {"CTC": 2}, frames=60, phones=10)
    yield shift_figure(models, SYMBOLS, SHIFT, phones=phones)
    yield offsets_figure({"CTC": OffsetStatistics(np.array([0, 1, 2]), 0, 1)}, SHIFT)
    yield tradeoff_figure({"CTC": (1.0, 0.2)}, SHIFT)
    yield toy_figure(toy_table())
