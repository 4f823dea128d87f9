"""A right forced aligner and what is replaced in it, part by part. The sets: see `mutants.ctc`."""

from mutants.mutant import APART, Original

FRAMES = Original(
    """
def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def best_path(logp, target, blank):
    states = [blank]
    for k in target:
        states += [int(k), blank]
    T, S = len(logp), len(states)
    score, back = np.full((T, S), -np.inf), np.zeros((T, S), dtype=int)
    for s in range(min(2, S)):
        score[0, s] = logp[0, states[s]]
    for t in range(1, T):
        for s in range(S):
            stay = score[t - 1, s]
            step = score[t - 1, s - 1] if s > 0 else -np.inf
            may_skip = s > 1 and states[s] not in (blank, states[s - 2])
            skip = score[t - 1, s - 2] if may_skip else -np.inf
            best = [stay, step, skip]
            back[t, s] = best.index(max(best))
            score[t, s] = best[back[t, s]] + logp[t, states[s]]
    s = S - 1
    if S > 1 and score[T - 1, S - 2] > score[T - 1, S - 1]:
        s = S - 2
    if score[T - 1, s] == -np.inf:
        raise ValueError("no path")
    path = [0] * T
    for t in range(T - 1, -1, -1):
        path[t] = states[s]
        s -= back[t, s]
    return path


def align(logits, labels, input_lengths, label_lengths, blank):
    frames, utterances, K = logits.shape
    alignment, scores = np.zeros((frames, utterances), dtype=int), np.zeros((frames, utterances))
    with np.errstate(all="ignore"):
        for n in range(utterances):
            T = int(input_lengths[n])
            target = labels[n, : label_lengths[n]]
            logp = log_softmax(logits[:T, n])
            path = best_path(logp, target, blank)
            alignment[:T, n] = path
            scores[:T, n] = logp[np.arange(T), path]
    return alignment, scores
""",
    "align",
)

SPANS = Original(
    FRAMES.text
    + """

def merged(path, blank):
    spans, start = [], 0
    for t in range(1, len(path) + 1):
        if t == len(path) or path[t] != path[start]:
            if path[start] != blank:
                spans.append((path[start], start, t))
            start = t
    return spans


def spans(logits, labels, input_lengths, label_lengths, blank):
    alignment, frame_scores = align(logits, labels, input_lengths, label_lengths, blank)
    rows, scores = [], []
    for n, T in enumerate(input_lengths):
        spans = merged(alignment[:T, n].tolist(), blank)
        for label, start, end in spans:
            rows.append((n, label, start, end))
            scores.append(frame_scores[start : max(end, start + 1), n].mean())
    return np.array(rows, dtype=int).reshape(-1, 4), np.array(scores)
""",
    "spans",
)

# The parts that are replaced
LENGTH = "T = int(input_lengths[n])"
TARGET = "target = labels[n, : label_lengths[n]]"
SCORES = "logp = log_softmax(logits[:T, n])"
PATH = "path = best_path(logp, target, blank)"
SCORE = "scores[:T, n] = logp[np.arange(T), path]"
BEGIN = "for s in range(min(2, S)):"
STAY = "stay = score[t - 1, s]"
STEP = "step = score[t - 1, s - 1] if s > 0 else -np.inf"
MAY_SKIP = "may_skip = s > 1 and states[s] not in (blank, states[s - 2])"
CHOICE = "back[t, s] = best.index(max(best))"
END = """    s = S - 1
    if S > 1 and score[T - 1, S - 2] > score[T - 1, S - 1]:
        s = S - 2
"""
WAY_BACK = "        path[t] = states[s]\n        s -= back[t, s]\n"
BACKWARDS = "for t in range(T - 1, -1, -1):"
MERGED = "spans = merged(alignment[:T, n].tolist(), blank)"
EACH = "for label, start, end in spans:"
ROW = "rows.append((n, label, start, end))"


def strict(otherwise):
    """A choice by strict comparisons: a tie of two of (stay, step, skip) goes to `otherwise`."""
    return (
        "least = [sum(other >= way for other in best) == 1 for way in best]\n"
        f"            back[t, s] = least.index(True) if any(least) else {otherwise}"
    )


def at(start, end):
    """Spans with other edges."""
    return f"{EACH}\n            start, end = {start}, {end}"


GREEDY = """states, s = np.full(2 * len(target) + 1, blank), 0
            states[1::2] = target
            path = []
            for t in range(T):
                ways = [s, s + 1, s + 2][: 3 if s % 2 else 2] if t else [0, 1]
                ways = [w for w in ways if w < len(states) and (
                    w < s + 2 or states[w] != states[s])]
                s = max(ways, key=lambda w: logp[t, states[w]])
                path.append(states[s])"""
EQUAL_SHARES = """edges = np.linspace(0, T, len(target) + 1).astype(int)
            path = np.repeat(target, np.diff(edges)) if len(target) else [blank] * T"""

PLANTED = FRAMES.mutants({
    MAY_SKIP: {
        "A1: repeats without a blank": "may_skip = s > 1 and s % 2 == 1",
        "A13: blank never skipped": "may_skip = False",
        "A13: labels left out":
            "may_skip = s > 1 and (s % 2 == 0 or states[s] != states[s - 2])",
    },
    PATH: {
        "A3: one frame late": f"{PATH}\n            path = [blank, *path[:-1]]",
        "A3: one frame early": f"{PATH}\n            path = [*path[1:], blank]",
        "A6: most probable class": "path = logp.argmax(axis=1)",
        "A6: greedy": GREEDY,
        "A8: last frame lost":
            "path = best_path(logp[: max(T - 1, 1)], target, blank) + [blank] * (T > 1)",
    },
    SCORE: {
        "A4: scores added up": "scores[:T, n] = np.cumsum(logp[np.arange(T), path])",
        "A4: scores of the best class": "scores[:T, n] = logp.max(axis=1)",
    },
    END: {
        "A7: ends in the blank": "    s = S - 1\n",
        "A7: ends in the label": "    s = max(S - 2, 0)\n",
        "A7: ends anywhere": "    s = score[T - 1].argmax()\n",
    },
    BEGIN: {
        "A7: begins with the blank": "for s in [0]:",
        "A7: begins with the label": "for s in [min(1, S - 1)]:",
    },
    TARGET: {
        "A9: label lengths ignored": "target = labels[n]",
        "A9: last label lost": "target = labels[n, : max(label_lengths[n] - 1, 0)]",
    },
    APART: {
        "A13: labels of one frame": (STAY, "stay = score[t - 1, s] if s % 2 == 0 else -np.inf"),
        "A6: least probable path": (SCORES, "logp = -log_softmax(logits[:T, n])"),
        "A8: lengths ignored": (LENGTH, "T = frames"),
    },
}) | SPANS.mutants({
    EACH: {
        "A2: end one more": at("start", "end + 1"),
        "A3: start one more": at("min(start + 1, end)", "end"),
        "A3: start one less": at("max(start - 1, 0)", "end"),
    },
    MERGED: {
        "A2: ends with the next":
            f"{MERGED}\n        ends = [start for _, start, _ in spans[1:]] + [T]\n"
            "        spans = [(k, start, end) for (k, start, _), end in zip(spans, ends)]",
    },
})  # fmt: skip

HELD_OUT = FRAMES.mutants({
    PATH: {
        "A6: equal shares": EQUAL_SHARES,
        "A3: two frames late": f"{PATH}\n            path = [blank, blank, *path][:T]",
    },
    SCORE: {
        "A4: scores halved": f"{SCORE} / 2",
        "A4: scores of the frame before": "scores[:T, n] = np.roll(logp[np.arange(T), path], 1)",
    },
    TARGET: {
        "A9: first label lost": "target = labels[n, 1 : label_lengths[n]]",
        "A9: labels backwards": "target = labels[n, : label_lengths[n]][::-1]",
    },
    APART: {
        "A8: one frame of the padding": (LENGTH, "T = min(int(input_lengths[n]) + 1, frames)"),
        "A6: blank favoured": (SCORES, f"{SCORES} + 2.0 * (np.arange(K) == 0)"),
    },
}) | SPANS.mutants({
    EACH: {
        "A2: spans of one frame": at("start", "start + 1"),
        "A3: middle of a span": at("(start + end) // 2", "(start + end) // 2 + 1"),
    },
})  # fmt: skip

FRESH = FRAMES.mutants({
    APART: {
        "A1: a label is compared with the state before":
            (MAY_SKIP, "may_skip = s > 1 and states[s] not in (blank, states[s - 1])"),
        "A4: scores up to the frame":
            (SCORE, "scores[:T, n] = np.cumsum(logp[np.arange(T), path])"),
        "A6: one row of best scores, overwritten from the left": (
            "        for s in range(S):\n            stay = score[t - 1, s]",
            "        score[t] = score[t - 1]\n"
            "        for s in range(S):\n            stay = score[t, s]",
            "score[t - 1, s - 1] if s", "score[t, s - 1] if s",
            "score[t - 1, s - 2] if", "score[t, s - 2] if",
        ),
        "A7: a path ends in the last blank": (END, "    s = S - 1\n"),
        "A8: the longest of the batch gives the number of frames":
            (LENGTH, "T = int(max(input_lengths))"),
        "A14: the way back stops before the first frame":
            (BACKWARDS, "for t in range(T - 1, 0, -1):", SCORE, f"{SCORE} * (np.arange(T) > 0)"),
    },
})  # fmt: skip

LIKE = {
    "a label is compared with the state before": "repeats without a blank",
    "scores up to the frame": "scores added up",
    "a path ends in the last blank": "ends in the blank",
    "the longest of the batch gives the number of frames": "lengths ignored",
}

RIGHT = {
    "frames": FRAMES.mutant(),
    "spans": SPANS.mutant(source="torchaudio merge_tokens"),
} | FRAMES.mutants({
    APART: {
        "ties go to the state before [pytorch/audio PR #4222]": (
            CHOICE,
            "back[t, s] = 2 if skip > step and skip > stay else int(step >= stay)",
            "S - 2] > score", "S - 2] >= score",
        ),
        "one score, that of the path [speechbrain alignment/aligner.py]":
            ("return alignment, scores", "return alignment, scores.sum(axis=0)"),
    },
}) | SPANS.mutants({
    APART: {
        "spans with their last frame, and the sum of their scores"
        " [icefall PR #876; MahmoudAshraf97/ctc-forced-aligner #73]":
            (ROW, "rows.append((n, label, start, end - 1))", ".mean())", ".sum())"),
    },
})  # fmt: skip

FIELD = FRAMES.mutants({
    END: {
        "A7: paths end with the last label [m-bain/whisperX PR #1367, backtrack_beam]":
            "    s = max(S - 2, 0)\n",
        "A7 A6: paths end where the last label is likeliest"
        " [pytorch/audio forced_alignment_tutorial.py, backtrack]": (
            "    s = max(S - 2, 0)\n    end = int(score[:, s].argmax())\n",
            "score[T - 1, s] ==", "score[end, s] ==",
            "path = [0] * T\n    for t in range(T - 1",
            "path = [blank] * T\n    for t in range(end",
        ),
    },
    PATH: {
        "A10: class 0 is the blank [m-bain/whisperX alignment.py, blank_id=0]":
            "path = best_path(logp, target, 0)",
        "A12: empty targets are refused [torchaudio 2.9 forced_align]":
            f"if len(target) == 0:\n                raise ValueError('empty')\n            {PATH}",
    },
    APART: {
        "A6 A14: the worst of three where two tie [pytorch/audio #4221]": (CHOICE, strict("0")),
        "A13 A14: the first state is reached from the last one [wenet-e2e/wenet #2005]":
            (STEP, "step = score[t - 1, s - 1]", "s -= back[t, s]", "s = (s - back[t, s]) % S"),
        "A1: repeats do without a blank"
        " [pytorch/audio forced_alignment_tutorial.py; m-bain/whisperX #1363]":
            (MAY_SKIP, "may_skip = s > 1 and states[s] != blank"),
        "A13: a label takes one frame [m-bain/whisperX #1363, backtrack]":
            (STAY, "stay = score[t - 1, s] if s % 2 == 0 else -np.inf"),
        "A14 A3: frames are given to the state before [pytorch/audio #3439]":
            (WAY_BACK, "        s -= back[t, s]\n        path[t] = states[s]\n"),
        "A8: padded frames are aligned, too [OpenNMT/CTranslate2 #1494]": (LENGTH, "T = frames"),
        "A15: scores are not normalised [lumaku/ctc-segmentation, given logits]":
            (SCORES, "logp = logits[:T, n]"),
    },
}, {
    "class 0 is the blank": {"blank": "argument"},
    "scores are not normalised": {"input": "logits"},
}) | SPANS.mutants({
    APART: {
        "A10 A5: class 0 is the blank of spans"
        " [torchaudio merge_tokens(blank=0), called without it]":
            (MERGED, MERGED.replace("blank", "0")),
        "A2: spans end with their last frame [icefall PR #876]":
            (ROW, "rows.append((n, label, start, end - 1))"),
        "A4: scores are summed [MahmoudAshraf97/ctc-forced-aligner #73]": (".mean())", ".sum())"),
    },
}, {
    "class 0 is the blank of spans":
        {"blank": "argument", "alignment": "spans", "blanks": "left_out"},
    "spans end with their last frame": {"alignment": "spans", "end": "exclusive"},
    "scores are summed": {"alignment": "spans", "scores": "log_prob"},
})  # fmt: skip
