"""Known ways in which LSTM implementations are wrong, each some steps of `PlainLSTM` replaced."""

from refkd.verify.lstm.defects import (
    biases,
    cell,
    first_states,
    gradients,
    padding,
    sums,
    through_time,
    weights,
)
from refkd.verify.records import Defect

DEFECTS = tuple(
    Defect(plain.bug, plain.words, plain)
    for module in (weights, biases, cell, padding, first_states, through_time, sums, gradients)
    for plain in module.DEFECTS
)
