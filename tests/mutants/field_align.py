"""Forced aligners with bugs that were met in real code, and right ones with unusual habits.

Each bug is one change of a right Viterbi search over the states of CTC. Its class was written down
before the kit was asked.
"""

from mutants.edited import edited
from mutants.record import Mutant

SOURCE = """
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
    frames, utterances, _ = logits.shape
    alignment, scores = np.zeros((frames, utterances), dtype=int), np.zeros((frames, utterances))
    with np.errstate(all="ignore"):
        for n in range(utterances):
            T, target = int(input_lengths[n]), labels[n, : label_lengths[n]]
            logp = log_softmax(logits[:T, n])
            path = best_path(logp, target, blank)
            alignment[:T, n], scores[:T, n] = path, logp[np.arange(T), path]
    return alignment, scores
"""

SPANS = """

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
        for label, start, end in merged(alignment[:T, n].tolist(), blank):
            rows.append((n, label, start, end))
            scores.append(frame_scores[start:end, n].mean())
    return np.array(rows, dtype=int).reshape(-1, 4), np.array(scores)
"""

MERGED = "merged(alignment[:T, n].tolist(), blank)"
CHOICE = "            back[t, s] = best.index(max(best))\n"
LAST = """    s = S - 1
    if S > 1 and score[T - 1, S - 2] > score[T - 1, S - 1]:
        s = S - 2
"""
FOUND = "path = best_path(logp, target, blank)"


def form(*changes):
    return edited(SOURCE, "align", *changes)


def span_form(*changes):
    return edited(SOURCE + SPANS, "spans", *changes)


RIGHT = {
    "frames": Mutant("", (), form()),
    "spans": Mutant("torchaudio merge_tokens", (), span_form()),
    "ties go to the state before": Mutant(
        "pytorch/audio PR #4222",
        (),
        form(
            CHOICE,
            "            back[t, s] = 2 if skip > step and skip > stay else int(step >= stay)\n",
            "S - 2] > score",
            "S - 2] >= score",
        ),
    ),
    "spans with their last frame, and the sum of their scores": Mutant(
        "icefall PR #876; MahmoudAshraf97/ctc-forced-aligner #73",
        (),
        span_form("(n, label, start, end))", "(n, label, start, end - 1))", ".mean())", ".sum())"),
    ),
    "one score, that of the path": Mutant(
        "speechbrain alignment/aligner.py",
        (),
        form("    return alignment, scores", "    return alignment, scores.sum(axis=0)"),
    ),
}

BUGGY = {
    "the worst of three where two tie": Mutant(
        "pytorch/audio #4221",
        ("A6", "A14"),
        form(
            CHOICE,
            "            back[t, s] = 0\n"
            "            if skip > step and skip > stay:\n                back[t, s] = 2\n"
            "            elif step > stay and step > skip:\n                back[t, s] = 1\n",
        ),
    ),
    "the first state is reached from the last one": Mutant(
        "wenet-e2e/wenet #2005",
        ("A13", "A14"),
        form(
            "score[t - 1, s - 1] if s > 0 else -np.inf",
            "score[t - 1, s - 1]",
            "s -= back[t, s]",
            "s = (s - back[t, s]) % S",
        ),
    ),
    "repeats do without a blank": Mutant(
        "pytorch/audio forced_alignment_tutorial.py; m-bain/whisperX #1363",
        ("A1",),
        form("not in (blank, states[s - 2])", "!= blank"),
    ),
    "a label takes one frame": Mutant(
        "m-bain/whisperX #1363, backtrack",
        ("A13",),
        form("stay = score[t - 1, s]", "stay = score[t - 1, s] if s % 2 == 0 else -np.inf"),
    ),
    "frames are given to the state before": Mutant(
        "pytorch/audio #3439",
        ("A14", "A3"),
        form(
            "        path[t] = states[s]\n        s -= back[t, s]",
            "        s -= back[t, s]\n        path[t] = states[s]",
        ),
    ),
    "paths end with the last label": Mutant(
        "m-bain/whisperX PR #1367, backtrack_beam", ("A7",), form(LAST, "    s = max(S - 2, 0)\n")
    ),
    "paths end where the last label is likeliest": Mutant(
        "pytorch/audio forced_alignment_tutorial.py, backtrack",
        ("A7", "A6"),
        form(
            LAST,
            "    s = max(S - 2, 0)\n    end = int(score[:, s].argmax())\n",
            "score[T - 1, s] ==",
            "score[end, s] ==",
            "path = [0] * T\n    for t in range(T - 1",
            "path = [blank] * T\n    for t in range(end",
        ),
    ),
    "padded frames are aligned, too": Mutant(
        "OpenNMT/CTranslate2 #1494",
        ("A8",),
        form("int(input_lengths[n]), labels", "frames, labels"),
    ),
    "class 0 is the blank": Mutant(
        "m-bain/whisperX alignment.py, blank_id=0",
        ("A10",),
        form(FOUND, "path = best_path(logp, target, 0)"),
        {"blank": "argument"},
    ),
    "class 0 is the blank of spans": Mutant(
        "torchaudio merge_tokens(blank=0), called without it",
        ("A10", "A5"),
        span_form(MERGED, MERGED.replace("blank", "0")),
        {"blank": "argument", "alignment": "spans", "blanks": "left_out"},
    ),
    "empty targets are refused": Mutant(
        "torchaudio 2.9 forced_align",
        ("A12",),
        form(
            FOUND,
            f"if len(target) == 0:\n                raise ValueError('empty')\n            {FOUND}",
        ),
    ),
    "spans end with their last frame": Mutant(
        "icefall PR #876",
        ("A2",),
        span_form("(n, label, start, end))", "(n, label, start, end - 1))"),
        {"alignment": "spans", "end": "exclusive"},
    ),
    "scores are summed": Mutant(
        "MahmoudAshraf97/ctc-forced-aligner #73",
        ("A4",),
        span_form(".mean())", ".sum())"),
        {"alignment": "spans", "scores": "log_prob"},
    ),
    "scores are not normalised": Mutant(
        "lumaku/ctc-segmentation, given logits",
        ("A15",),
        form("logp = log_softmax(logits[:T, n])", "logp = logits[:T, n]"),
        {"input": "logits"},
    ),
}
