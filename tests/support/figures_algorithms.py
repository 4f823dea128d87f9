"""What tests of the figures of algorithms share."""

import numpy as np
from support.figures import spiky

import refkd
from refkd.experiment.checkpoint import Epoch
from refkd.losses.rules import Window
from visualize import gradients_figure, lattice_figure

SHIFT, FIRST = 0.02, 0.01
SYMBOLS = ["-", "a", "b", "tj"]


def lattice(frames=20, labels=(1, 2, 2, 3), seed=0):
    logits = np.random.default_rng(seed).normal(0, 2, (frames, len(SYMBOLS)))
    trace, best = refkd.ctc_trace(logits, labels), refkd.ctc_align(logits, labels)
    return trace, best, lattice_figure(trace, SYMBOLS, SHIFT, best=best, first_frame=FIRST)


def lines_of(axes):
    return {line.get_gid(): line for line in axes.lines if line.get_gid()}


def gradients():
    teacher, student = spiky({3: 2, 10: 1}), spiky({6: 2, 10: 1})
    rules = {"FrameWise": refkd.FrameWise(), "Hard": refkd.Hard(Window(4))}
    traces = {name: refkd.distill_trace(student, teacher, rule) for name, rule in rules.items()}
    options = {"first_frame": FIRST, "title": "late"}
    return traces, gradients_figure(traces, student, teacher, SYMBOLS, SHIFT, **options)


def lstm(hidden, frames=40, reverse=False):
    rng = np.random.default_rng(hidden)
    shapes = (3, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,)
    params = refkd.LSTMParams(*(rng.normal(0, 1, shape) for shape in shapes))
    return refkd.lstm_trace(params, rng.normal(0, 1, (frames, 3)), reverse=reverse)


def parts_of(trace):
    gates = np.split(trace.gates, 4, axis=1)
    return dict(zip("ifgoch", (*gates, trace.cell, trace.hidden), strict=True))


def history(*ctc, lesson=0.0, validation=0.5):
    return [Epoch(loss, lesson, validation, 1.0) for loss in ctc]
