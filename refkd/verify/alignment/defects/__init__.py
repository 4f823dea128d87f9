"""Known ways in which forced aligners are wrong, each one step of `PlainAligner` replaced."""

from refkd.verify.alignment.defects import paths, spans, states
from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.records import Defect

DEFECTS = tuple(
    Defect(one.bug, one.words, one())
    for module in (states, spans, paths)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, PlainAligner) and one is not PlainAligner
)
