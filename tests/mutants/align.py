"""A second plain aligner, and how to spoil it: for the proof that planted defects are named.

It knows nothing of refkd. A path is a list of (labels said, whether one is being said), found from
its end; defects replace one part each. `PLANTED` covers the classes of the kit, `HELD_OUT` holds
others, made up afterwards, for which the kit has no defect of its own.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Parts:
    """The steps that a defect may replace; as they are, they are right."""

    frames: Any = lambda length, padded: length
    target: Any = lambda row, length: row[:length]
    blank: Any = lambda blank, classes: blank
    log_prob: Any = lambda x: x - log_sum(x)
    begins: Any = lambda said, saying, target: said == saying
    ends: Any = lambda said, saying, target: said == len(target)
    follows: Any = lambda place, target: follows(place, target)
    find: Any = lambda *given: best_path(*given)
    tell: Any = lambda path, target, blank: [target[s - 1] if on else blank for s, on in path]
    move: Any = lambda classes, blank: classes
    score: Any = lambda values: values
    pick: Any = lambda logp, classes: logp[np.arange(len(classes)), classes]
    spans: Any = None


def adapter(**changed):
    """An aligner with some of its parts replaced: frames and their scores, or spans."""
    parts = Parts(**changed)

    def align(logits, labels, input_lengths, label_lengths, blank):
        padded, N, K = logits.shape
        classes, scores, rows, of_rows = np.zeros((padded, N), int), np.zeros((padded, N)), [], []
        blank = parts.blank(blank, K)
        for n in range(N):
            T = parts.frames(int(input_lengths[n]), padded)
            target = [int(k) for k in parts.target(labels[n], int(label_lengths[n]))]
            with np.errstate(all="ignore"):
                logp = parts.log_prob(np.asarray(logits[:T, n], float))
                path = parts.find(logp, target, blank, parts)
            if path is None:
                raise ValueError("the labels do not fit into the frames")
            told = parts.move(np.array(parts.tell(path, target, blank)), blank)
            classes[:T, n] = told
            scores[:T, n] = parts.score(parts.pick(logp, told))
            if parts.spans is not None:
                for label, start, end in parts.spans(path, target, blank):
                    rows.append((n, label, start, end))
                    of_rows.append(scores[start : max(end, start + 1), n].mean())
        if parts.spans is not None:
            return np.array(rows, int).reshape(-1, 4), np.array(of_rows)
        return classes, scores

    return align


def log_sum(x):
    high = x.max(axis=1, keepdims=True)
    return high + np.log(np.exp(x - high).sum(axis=1, keepdims=True))


def follows(place, target):
    """Where a path may go on from (labels said, whether one is being said)."""
    said, saying = place
    yield place
    if saying:
        yield said, False
    if said < len(target) and not (saying and said and target[said] == target[said - 1]):
        yield said + 1, True


def best_path(logp, target, blank, parts):
    """The most probable path, or None; each place knows the best way on."""

    def emitted(t, place):
        said, saying = place
        return logp[t, target[said - 1] if saying else blank]

    places = [
        (said, on) for said in range(len(target) + 1) for on in (False, True) if said or not on
    ]
    last = len(logp) - 1
    ahead = {p: (emitted(last, p), None) for p in places if parts.ends(*p, target)}
    tables = [ahead]
    for t in range(last - 1, -1, -1):
        here = {}
        for place in places:
            ways = [(ahead[on][0], on) for on in parts.follows(place, target) if on in ahead]
            if ways:
                value, on = max(ways, key=lambda way: way[0])
                here[place] = (emitted(t, place) + value, on)
        tables.append(here)
        ahead = here
    tables.reverse()
    starts = [p for p in tables[0] if parts.begins(*p, target) and p[0] <= 1]
    if not starts:
        return None
    place = max(starts, key=lambda p: tables[0][p][0])
    path = []
    for table in tables:
        path.append(place)
        place = table[place][1]
    return path


def strict(otherwise, leading=None):
    """A search from the first frame that compares strictly: a tie of two goes to `otherwise`.

    A tie of the two best of (stay, step, skip) is nobody's, so the third may be taken. The class of
    the blank before the first label is `leading`, if that is given.
    """

    def find(logp, target, blank, parts):
        classes = [blank] + [k for label in target for k in (label, blank)]
        states, T = len(classes), len(logp)
        emitted = logp[:, classes].copy()
        if leading is not None:
            emitted[:, 0] = logp[:, leading]
        score, back = np.full((T, states), -np.inf), np.zeros((T, states), int)
        score[0, :2] = emitted[0, :2]
        for t, s in itertools.product(range(1, T), range(states)):
            skips = s > 1 and classes[s] not in (blank, classes[s - 2])
            ways = [score[t - 1, s], *score[t - 1, max(s - 1, 0) : s], -np.inf][:2]
            ways.append(score[t - 1, s - 2] if skips else -np.inf)
            best = [k for k in range(3) if all(ways[k] > ways[m] for m in range(3) if m != k)]
            back[t, s] = best[0] if best else otherwise(ways)
            score[t, s] = ways[back[t, s]] + emitted[t, s]
        s = states - 1 if states == 1 or score[-1, -1] >= score[-1, -2] else states - 2
        path = []
        for t in range(T - 1, -1, -1):
            path.append(((s + 1) // 2, s % 2 == 1))
            s -= back[t, s]
        return path[::-1] if score[-1].max() > -np.inf else None

    return find


def runs(path, target, blank):
    """(label, start, end) of every label, end exclusive."""
    found = []
    for t, (said, saying) in enumerate(path):
        if saying and (t == 0 or path[t - 1] != (said, True)):
            found.append([target[said - 1], t, t])
        if saying:
            found[-1][2] = t + 1
    return [tuple(one) for one in found]


def _changed(change):
    """Spans with other numbers."""
    return lambda path, target, blank: [change(*one) for one in runs(path, target, blank)]


def _to_the_next(path, target, blank):
    """Spans that last until the next one begins."""
    found = runs(path, target, blank)
    ends = [start for _, start, _ in found[1:]] + [len(path)]
    return [(label, start, end) for (label, start, _), end in zip(found, ends, strict=True)]


def _late(classes, blank):
    return np.concatenate([[blank], classes[:-1]])


def _early(classes, blank):
    return np.concatenate([classes[1:], [blank]])


def _always_next(place, target):
    """The blank between equal labels may be skipped."""
    said, saying = place
    yield place
    if saying:
        yield said, False
    if said < len(target):
        yield said + 1, True


def _never_skipped(place, target):
    said, saying = place
    yield place
    if saying:
        yield said, False
    elif said < len(target):
        yield said + 1, True


def _one_frame_each(place, target):
    yield from (one for one in follows(place, target) if one != place or not place[1])


def _may_leave_out(place, target):
    yield from follows(place, target)
    if not place[1] and place[0] < len(target):
        yield place[0] + 1, False


def _by_argmax(logp, target, blank, parts):
    return [("class", int(k)) for k in logp.argmax(axis=1)]


def _told_classes(path, target, blank):
    return [k for _, k in path]


def _greedy(logp, target, blank, parts):
    path, place = [], (0, False)
    for t, row in enumerate(logp):
        ways = list(follows(place, target)) if t else [(0, False)] + [(1, True)] * (len(target) > 0)
        place = max(ways, key=lambda one: row[target[one[0] - 1] if one[1] else blank])
        path.append(place)
    return path


def _equal_shares(logp, target, blank, parts):
    """The labels at even distances, whatever the network says."""
    if len(target) == 0:
        return [(0, False)] * len(logp)
    edges = np.linspace(0, len(logp), len(target) + 1).astype(int)
    path = []
    for said, (start, end) in enumerate(itertools.pairwise(edges), start=1):
        path += [(said, True)] * (end - start)
    return path


PLANTED = {
    "repeats without a blank": ("A1", adapter(follows=_always_next)),
    "end one more": ("A2", adapter(spans=_changed(lambda k, a, b: (k, a, b + 1)))),
    "ends with the next": ("A2", adapter(spans=_to_the_next)),
    "start one more": ("A3", adapter(spans=_changed(lambda k, a, b: (k, min(a + 1, b), b)))),
    "start one less": ("A3", adapter(spans=_changed(lambda k, a, b: (k, max(a - 1, 0), b)))),
    "one frame late": ("A3", adapter(move=_late)),
    "one frame early": ("A3", adapter(move=_early)),
    "scores added up": ("A4", adapter(score=np.cumsum)),
    "scores of the best class": (
        "A4",
        adapter(pick=lambda logp, classes: logp.max(axis=1)),
    ),
    "most probable class": ("A6", adapter(find=_by_argmax, tell=_told_classes)),
    "greedy": ("A6", adapter(find=_greedy)),
    "least probable path": ("A6", adapter(log_prob=lambda x: log_sum(x) - x)),
    "ends in the blank": (
        "A7",
        adapter(ends=lambda said, on, target: said == len(target) and not on),
    ),
    "ends in the label": (
        "A7",
        adapter(ends=lambda said, on, target: said == len(target) and on == (said > 0)),
    ),
    "ends anywhere": ("A7", adapter(ends=lambda said, on, target: True)),
    "begins with the blank": ("A7", adapter(begins=lambda said, on, target: said == 0)),
    "begins with the label": (
        "A7",
        adapter(begins=lambda said, on, target: said == min(1, len(target)) and on == (said > 0)),
    ),
    "lengths ignored": ("A8", adapter(frames=lambda length, padded: padded)),
    "last frame lost": (
        "A8",
        adapter(
            find=lambda logp, target, blank, parts: (
                best_path(logp, target, blank, parts)
                if len(logp) == 1
                else (best_path(logp[:-1], target, blank, parts) or [])
                + [(len(target), False)]
                * (2 if best_path(logp[:-1], target, blank, parts) is None else 1)
            )
        ),
    ),
    "label lengths ignored": ("A9", adapter(target=lambda row, length: row)),
    "last label lost": ("A9", adapter(target=lambda row, length: row[: max(length - 1, 0)])),
    "blank never skipped": ("A13", adapter(follows=_never_skipped)),
    "labels of one frame": ("A13", adapter(follows=_one_frame_each)),
    "labels left out": ("A13", adapter(follows=_may_leave_out)),
}

HELD_OUT = {
    "equal shares": ("A6", adapter(find=_equal_shares)),
    "two frames late": ("A3", adapter(move=lambda c, blank: _late(_late(c, blank), blank))),
    "spans of one frame": ("A2", adapter(spans=_changed(lambda k, a, b: (k, a, a + 1)))),
    "middle of a span": (
        "A3",
        adapter(spans=_changed(lambda k, a, b: (k, (a + b) // 2, (a + b) // 2 + 1))),
    ),
    "scores halved": ("A4", adapter(score=lambda values: values / 2)),
    "scores of the frame before": ("A4", adapter(score=lambda values: np.roll(values, 1))),
    "first label lost": ("A9", adapter(target=lambda row, length: row[1:length])),
    "labels backwards": ("A9", adapter(target=lambda row, length: row[:length][::-1])),
    "one frame of the padding": (
        "A8",
        adapter(frames=lambda length, padded: min(length + 1, padded)),
    ),
    "blank favoured": (
        "A6",
        adapter(log_prob=lambda x: x - log_sum(x) + 2.0 * (np.arange(x.shape[1]) == 0)),
    ),
}
