"""Known ways in which CTC implementations are wrong, each some steps of `PlainCTC` replaced."""

from collections.abc import Iterator
from types import ModuleType

from refkd.verify.ctc.defects import gradients, inputs, numbers, occupancies, paths, scales
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.records import Defect

MODULES = (inputs, paths, numbers, gradients, occupancies, scales)


def _corrupted(module: ModuleType) -> Iterator[PlainCTC]:
    """In the order of the file: tuples of them, and classes whose names do not begin with _."""
    for name, value in vars(module).items():
        if isinstance(value, tuple):
            yield from value
        elif isinstance(value, type) and value.__module__ == module.__name__ and name[0] != "_":
            yield value()


DEFECTS = tuple(Defect(ctc.bug, ctc.words, ctc) for module in MODULES for ctc in _corrupted(module))
