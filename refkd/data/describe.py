"""The contents of a corpus: its size, its symbols and its problems."""

from collections import Counter
from typing import Any

import numpy as np

from refkd.data.corpus import Corpus


def describe(corpus: Corpus) -> dict[str, Any]:
    """Count the contents of a corpus, as plain numbers for JSON.

    Examples
    --------
    >>> from refkd.data.describe import describe
    >>> from refkd.data.synthetic import make_corpus
    >>> contents = describe(make_corpus(train=3, validation=1, test=1))
    >>> contents["splits"]["train"]["utterances"], contents["rate"], contents["times"]
    (3, 8000, True)
    """
    counts = {
        split: Counter(phone for utterance in inside for phone in utterance.phones)
        for split, inside in corpus.splits().items()
    }
    splits = {}
    for split, inside in corpus.splits().items():
        seconds = [utterance.seconds for utterance in inside]
        splits[split] = {
            "utterances": len(inside),
            "groups": len({utterance.group for utterance in inside}),
            "phones": counts[split].total(),
            "seconds": round(sum(seconds), 3),
            "shortest": round(min(seconds), 3),
            "median": round(float(np.median(seconds)), 3),
            "longest": round(max(seconds), 3),
        }
    symbols = sorted(set().union(*counts.values()))
    problems = Counter(corpus.problems)
    for symbol in symbols:
        if symbol not in counts["train"]:
            problems[f"phone {symbol!r} never occurs in training"] = sum(
                count[symbol] for count in counts.values()
            )
    peaks = np.array([np.abs(utterance.audio).max() for utterance in corpus])
    for sentence, flagged in (
        ("utterances without any sound", peaks == 0.0),
        ("utterances that reach full scale and may be clipped", peaks >= 1.0 - 2.0**-14),
    ):
        if flagged.any():
            problems[sentence] = int(flagged.sum())
    return {
        "name": corpus.name,
        "rate": corpus.rate,
        "times": corpus.train[0].starts is not None,
        "splits": splits,
        "symbols": {
            symbol: {split: count[symbol] for split, count in counts.items()} for symbol in symbols
        },
        "problems": dict(problems),
    }


def description(contents: dict[str, Any]) -> str:
    """The same as lines of text, for a terminal."""
    times = "with" if contents["times"] else "without"
    lines = [f"{contents['name']}: {contents['rate']} samples per second, {times} phone times", ""]
    lines.append(
        f"{'split':12}{'utterances':>12}{'groups':>9}{'phones':>9}{'minutes':>10}"
        f"{'shortest':>11}{'median':>9}{'longest':>10}"
    )
    for split, numbers in contents["splits"].items():
        lines.append(
            f"{split:12}{numbers['utterances']:12}{numbers['groups']:9}{numbers['phones']:9}"
            f"{numbers['seconds'] / 60:10.1f}{numbers['shortest']:9.2f} s{numbers['median']:7.2f} s"
            f"{numbers['longest']:8.2f} s"
        )
    symbols = contents["symbols"]
    width = max(6, *(len(symbol) for symbol in symbols))
    lines += ["", f"{len(symbols)} symbols", f"{'symbol':{width}}" + _cells(contents["splits"])]
    lines += [f"{symbol:{width}}{_cells(counts.values())}" for symbol, counts in symbols.items()]
    lines += ["", "problems" if contents["problems"] else "no problems found"]
    lines += [f"{count:8}  {sentence}" for sentence, count in contents["problems"].items()]
    return "\n".join(lines)


def _cells(values: Any) -> str:
    return "".join(f"{value:>12}" for value in values)
