"""Known ways in which CTC implementations are wrong, each some steps of `PlainCTC` replaced."""

from refkd.verify.ctc.defects import gradients, inputs, numbers, occupancies, paths, scales

MODULES = (inputs, paths, numbers, gradients, occupancies, scales)
DEFECTS = tuple(defect for module in MODULES for defect in module.DEFECTS)
