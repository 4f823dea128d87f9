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

MODULES = (weights, biases, cell, padding, first_states, through_time, sums, gradients)
DEFECTS = tuple(defect for module in MODULES for defect in module.DEFECTS)
