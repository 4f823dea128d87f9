"""Known ways in which LSTM implementations are wrong, each some steps of `PlainLSTM` replaced."""

from refkd.verify.lstm.defects import cell, gradients, padding, through_time, weights

MODULES = (weights, cell, padding, through_time, gradients)
DEFECTS = tuple(defect for module in MODULES for defect in module.DEFECTS)
