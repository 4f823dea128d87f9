"""What is in a corpus: how much of it, which symbols, and what is wrong with it."""

from collections import Counter
from typing import Any

import numpy as np

from refkd.data.corpus import Corpus


def describe(corpus: Corpus) -> dict[str, Any]:
    """Count what is in a corpus, as plain numbers for JSON.

    Examples
    --------
    >>> from refkd.data.describe import describe
    >>> from refkd.data.synthetic import make_corpus
    >>> told = describe(make_corpus(train=3, validation=1, test=1))
    >>> told["splits"]["train"]["utterances"], told["rate"], told["times"]
    (3, 8000, True)
    """
    counts = {
        split: Counter(phone for one in inside for phone in one.phones)
        for split, inside in corpus.splits().items()
    }
    splits = {}
    for split, inside in corpus.splits().items():
        seconds = [one.seconds for one in inside]
        splits[split] = {
            "utterances": len(inside),
            "groups": len({one.group for one in inside}),
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
    peaks = np.array([np.abs(one.audio).max() for one in corpus])
    for sentence, found in (
        ("utterances without any sound", peaks == 0.0),
        ("utterances that reach full scale and may be clipped", peaks >= 1.0 - 2.0**-14),
    ):
        if found.any():
            problems[sentence] = int(found.sum())
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


def description(told: dict[str, Any]) -> str:
    """The same as lines of text, for a terminal."""
    times = "with" if told["times"] else "without"
    lines = [f"{told['name']}: {told['rate']} samples per second, {times} phone times", ""]
    lines.append(
        f"{'split':12}{'utterances':>12}{'groups':>9}{'phones':>9}{'minutes':>10}"
        f"{'shortest':>11}{'median':>9}{'longest':>10}"
    )
    for split, one in told["splits"].items():
        lines.append(
            f"{split:12}{one['utterances']:12}{one['groups']:9}{one['phones']:9}"
            f"{one['seconds'] / 60:10.1f}{one['shortest']:9.2f} s{one['median']:7.2f} s"
            f"{one['longest']:8.2f} s"
        )
    symbols = told["symbols"]
    width = max(6, *(len(symbol) for symbol in symbols))
    lines += ["", f"{len(symbols)} symbols", f"{'symbol':{width}}" + _cells(told["splits"])]
    lines += [f"{symbol:{width}}{_cells(counts.values())}" for symbol, counts in symbols.items()]
    lines += ["", "problems" if told["problems"] else "no problems found"]
    lines += [f"{count:8}  {sentence}" for sentence, count in told["problems"].items()]
    return "\n".join(lines)


def _cells(values: Any) -> str:
    return "".join(f"{value:>12}" for value in values)
