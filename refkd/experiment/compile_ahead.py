"""Compile in a second process what a run needs later, while the first one prepares the speech.

The first run of an installation compiles for about twenty seconds, and the compiler uses one core.
The code goes from process to process through Numba's cache on disk.
"""

import json
import os
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from refkd.alignment.metrics import alignment_shift
from refkd.experiment.second_process import second_process
from refkd.experiment.settings import RunSettings
from refkd.kernels.lstm import lstm_forward
from refkd.losses.ctc import ctc_align, ctc_loss_batch, ctc_trace
from refkd.losses.distill import distill_loss_batch, distill_trace
from refkd.losses.rule_json import rule_from_dict, rule_to_dict
from refkd.losses.rules import Monotone, Rule, Window
from refkd.networks.layers import CELLS, Weights, layer_backward
from refkd.networks.lstm import lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.networks.traces import LayerTrace
from refkd.ragged import Ragged


def compiling_ahead(settings: RunSettings) -> AbstractContextManager[None]:
    """Compile beside a block of code, if nothing has been compiled here before."""
    if not cache_is_empty():
        return nullcontext()
    students = [
        (rule_to_dict(student.build_rule(1)), student.divergence)
        for student in settings.distill.values()
        if student.learns
    ]
    return second_process(__name__, settings.network.cell, json.dumps(students), wait=False)


def cache_is_empty() -> bool:
    """Whether Numba keeps code on disk, and has none of the kernels yet."""
    folder = getattr(getattr(lstm_forward, "stats", None), "cache_path", None)  # compiler off: none
    return folder is not None and not any(Path(folder).glob("*.nbi"))


def compile_in_order(cell: str, students: Iterable[tuple[Rule, str]]) -> None:
    """Call every kernel once, in the order in which a run waits for it.

    Only the forward pass is missing: the first process compiles it meanwhile.
    """
    logits = np.zeros((3, 2))
    batch, labels = Ragged.from_list([logits]), Ragged.from_list([np.array([1])])
    ctc_loss_batch(batch, labels)
    compile_backward(cell)
    alignment_shift(logits, logits)
    for rule, divergence in students:
        distill_loss_batch(batch, batch, rule, divergence)
    ctc_trace(logits, [1])  # these are for the figures
    ctc_align(logits, [1])
    lstm_trace(LSTMParams(np.zeros((2, 4)), np.zeros((1, 4)), np.zeros(4)), logits)
    distill_trace(logits, logits, Monotone(Window()))


def compile_backward(cell: str) -> None:
    """The backward pass of a layer, over two frames."""

    def zeros(*shape: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return np.zeros(shape, np.float32)

    G, T = CELLS[cell], 2
    weights = Weights(zeros(1, G), zeros(1, G), zeros(G))
    trace = LayerTrace(zeros(1, T, 1), zeros(1, T, G), zeros(1, T, 1), zeros(1, T, 1))
    layer_backward([weights], trace, zeros(1, T, 1), np.array([0, T]), zeros(1, T, G))


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(19)  # training, which follows, needs both cores
    cell, students = sys.argv[1:]
    rules = [(rule_from_dict(rule), divergence) for rule, divergence in json.loads(students)]
    compile_in_order(cell, rules)
