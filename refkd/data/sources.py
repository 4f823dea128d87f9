"""Where speech comes from: every form of `--data`, and the function that makes or reads it."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from refkd import check
from refkd.data.corpus import Corpus
from refkd.data.espeak import read_espeak
from refkd.data.festvox import read_corpus
from refkd.data.fsdd import read_fsdd
from refkd.data.manifest import read_manifest
from refkd.data.synthetic import make_corpus
from refkd.data.timit import read_timit


class Source(NamedTuple):
    """A form of `--data`; what follows its colon is the first argument of `read`."""

    form: str
    read: Callable[..., Corpus]

    def options(self) -> list[str]:
        """Names of the keyword arguments that a user may set."""
        return list(inspect.signature(self.read).parameters)[":" in self.form :]


SOURCES = {
    "synthetic": Source("synthetic", make_corpus),
    "festvox": Source("festvox:DIR", read_corpus),
    "fsdd": Source("fsdd:DIR", read_fsdd),
    "timit": Source("timit:DIR", read_timit),
    "espeak": Source("espeak:TEXT.txt", read_espeak),
    "manifest": Source("manifest:FILE.jsonl", read_manifest),
}


def find_source(spec: Any) -> tuple[Source, tuple[str, ...]]:
    """The source that a specification names, and what follows its colon, if it has one.

    Parameters
    ----------
    spec : str
        In one of the forms of `SOURCES`.

    Returns
    -------
    tuple of Source and tuple of str
        The second is empty where the form has no colon.

    Raises
    ------
    ArgumentError
        If it is in none of them.

    Examples
    --------
    >>> from refkd.data.sources import find_source
    >>> source, place = find_source("festvox:voice")
    >>> source.form, place, source.options()[:2]
    ('festvox:DIR', ('voice',), ['rate', 'shortest'])
    """
    kind, colon, place = spec.partition(":") if isinstance(spec, str) else ("", "", "")
    if kind not in SOURCES or {bool(colon), bool(place)} != {":" in SOURCES[kind].form}:
        check.one_of("data", spec, [source.form for source in SOURCES.values()])
    return SOURCES[kind], (place,) if place else ()
