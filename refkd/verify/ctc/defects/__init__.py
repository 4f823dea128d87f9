"""Known ways in which CTC implementations are wrong, each some steps of `PlainCTC` replaced."""

from collections.abc import Iterator
from types import ModuleType

from refkd.verify.ctc.defects import gradients, inputs, numbers, occupancies, paths, scales
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.records import Defect

MODULES = (inputs, paths, numbers, gradients, occupancies, scales)


def _defects(module: ModuleType) -> Iterator[Defect]:
    """In the order of the file; classes whose name begins with _ are only parts of others."""
    for name, kind in vars(module).items():
        here = isinstance(kind, type) and kind.__module__ == module.__name__
        if here and not name.startswith("_"):
            ctc: PlainCTC = kind()
            yield Defect(ctc.bug, ctc.words, ctc)


DEFECTS = tuple(defect for module in MODULES for defect in _defects(module))
