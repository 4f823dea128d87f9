"""Known ways in which forced aligners are wrong, each one step of `PlainAligner` replaced."""

from refkd.verify.alignment.defects import paths, spans, states
from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.records import Defect

DEFECTS = tuple(
    Defect(aligner.bug, aligner.words, aligner())
    for module in (states, spans, paths)
    for aligner in vars(module).values()
    if isinstance(aligner, type)
    and issubclass(aligner, PlainAligner)
    and aligner is not PlainAligner
)
