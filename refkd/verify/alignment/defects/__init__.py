"""Known ways in which forced aligners are wrong, each one step of `PlainAligner` replaced."""

from refkd.verify.alignment.defects import paths, spans, states

MODULES = (states, spans, paths)
DEFECTS = tuple(defect for module in MODULES for defect in module.DEFECTS)
