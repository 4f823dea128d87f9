"""A third plain aligner, in loops over frames, and defects made without a look at the kit.

Each class was written down before the kit was asked, and none was changed. What resembles a defect
of an earlier set was marked afterwards.
"""

from functools import partial

from mutants.edited import Plant, edited

SOURCE = """
def align(logits, labels, input_lengths, label_lengths, blank):
    classes = np.zeros(logits.shape[:2], dtype=int)
    scores = np.zeros(logits.shape[:2])
    for n in range(logits.shape[1]):
        T, L = int(input_lengths[n]), int(label_lengths[n])
        x = logits[:T, n]
        top = x.max(axis=1, keepdims=True)
        logp = x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))
        S = 2 * L + 1
        ext = np.full(S, blank)
        ext[1::2] = labels[n, :L]
        best = np.full((T, S), -np.inf)
        came = np.zeros((T, S), dtype=int)
        best[0, :2] = logp[0, ext[:2]]
        for t in range(1, T):
            for s in range(S):
                steps = [0] + [1] * (s >= 1)
                if s >= 2 and ext[s] != blank and ext[s] != ext[s - 2]:
                    steps.append(2)
                step = max(steps, key=lambda one: best[t - 1, s - one])
                best[t, s] = best[t - 1, s - step] + logp[t, ext[s]]
                came[t, s] = step
        s = S - 1
        if S > 1 and best[T - 1, S - 2] > best[T - 1, S - 1]:
            s = S - 2
        if best[T - 1, s] == -np.inf:
            raise ValueError("the labels do not fit into the frames")
        for t in range(T - 1, -1, -1):
            classes[t, n] = ext[s]
            scores[t, n] = logp[t, ext[s]]
            s -= came[t, s]
    return classes, scores
"""

_align = partial(edited, SOURCE, "align")
RIGHT = _align()

FRESH = {
    "a label is compared with the state before": Plant(
        "A1", _align("ext[s] != ext[s - 2]", "ext[s] != ext[s - 1]"), like="repeats without a blank"
    ),
    "scores up to the frame": Plant(
        "A4",
        _align("scores[t, n] = logp[t, ext[s]]", "scores[t, n] = best[t, s]"),
        like="scores added up",
    ),
    "one row of best scores, overwritten from the left": Plant(
        "A6",
        _align(
            "            for s in range(S):\n",
            "            best[t] = best[t - 1]\n            for s in range(S):\n",
            "best[t - 1, s - one]",
            "best[t, s - one]",
            "best[t - 1, s - step]",
            "best[t, s - step]",
        ),
    ),
    "a path ends in the last blank": Plant(
        "A7", _align("            s = S - 2\n", "            s = S - 1\n"), like="ends in the blank"
    ),
    "the longest of the batch gives the number of frames": Plant(
        "A8",
        _align("T, L = int(input_lengths[n]),", "T, L = int(max(input_lengths)),"),
        like="lengths ignored",
    ),
    "the way back stops before the first frame": Plant(
        "A14",
        _align("range(T - 1, -1, -1)", "range(T - 1, 0, -1)"),
    ),
}
