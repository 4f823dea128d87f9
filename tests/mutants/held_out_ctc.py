"""A third plain CTC, in loops over frames, and defects made without a look at the kit.

Each class was written down before the kit was asked, and none was changed. What resembles a defect
of an earlier set was marked afterwards.
"""

from functools import partial

from mutants.edited import Plant, edited

SOURCE = """
def ctc(logits, labels, input_lengths, label_lengths, blank, d_loss):
    K = logits.shape[2]
    loss = np.zeros(logits.shape[1])
    grad = np.zeros_like(logits)
    for n in range(len(loss)):
        T, L = int(input_lengths[n]), int(label_lengths[n])
        target = labels[n, :L]
        if ((target < 0) | (target >= K)).any():
            raise ValueError("no such class")
        x = logits[:T, n]
        top = x.max(axis=1, keepdims=True)
        logp = x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))
        prob = np.exp(logp)
        S = 2 * L + 1
        ext = np.full(S, blank)
        ext[1::2] = target
        skip = np.zeros(S, dtype=bool)
        for s in range(3, S, 2):
            skip[s] = ext[s] != ext[s - 2]
        alpha = np.full((T, S), -np.inf)
        alpha[0, :2] = logp[0, ext[:2]]
        for t in range(1, T):
            for s in range(S):
                a = alpha[t - 1, s]
                if s >= 1:
                    a = np.logaddexp(a, alpha[t - 1, s - 1])
                if skip[s]:
                    a = np.logaddexp(a, alpha[t - 1, s - 2])
                alpha[t, s] = a + logp[t, ext[s]]
        total = alpha[T - 1, S - 1]
        if S > 1:
            total = np.logaddexp(total, alpha[T - 1, S - 2])
        loss[n] = max(-total, 0.0)
        if not np.isfinite(total):
            continue
        beta = np.full((T, S), -np.inf)
        beta[T - 1, max(S - 2, 0) : S] = 0.0
        for t in range(T - 2, -1, -1):
            on = beta[t + 1, :S] + logp[t + 1, ext]
            for s in range(S):
                b = on[s]
                if s + 1 < S:
                    b = np.logaddexp(b, on[s + 1])
                if s + 2 < S and skip[s + 2]:
                    b = np.logaddexp(b, on[s + 2])
                beta[t, s] = b
        share = np.exp(alpha + beta[:T, :S] - total)
        occupancy = np.zeros((T, K))
        for s in range(S):
            occupancy[:, ext[s]] += share[:, s]
        weight = 1.0 if d_loss is None else d_loss[n]
        grad[:T, n] = weight * (prob - occupancy)
    return loss, grad
"""

_ctc = partial(edited, SOURCE, "ctc")
RIGHT = _ctc()

FRESH = {
    "a repeat is looked for one label ahead": Plant(
        "V1",
        _ctc(
            "skip[s] = ext[s] != ext[s - 2]",
            "skip[s] = s + 2 >= S or ext[s] != ext[s + 2]",
        ),
    ),
    "the longest of the batch gives the number of frames": Plant(
        "V2",
        _ctc("T, L = int(input_lengths[n]),", "T, L = int(max(input_lengths)),"),
        like="longest length",
    ),
    "a target ends at the first blank of its row": Plant(
        "V3",
        _ctc(
            "        target = labels[n, :L]\n",
            "        L = int(np.append(labels[n] == blank, True).argmax())\n"
            "        target = labels[n, :L]\n",
        ),
    ),
    "negative labels are not looked for": Plant(
        "V6",
        _ctc("(target < 0) | (target >= K)", "target >= K"),
    ),
    "the only state of an empty target is counted twice": Plant(
        "V7",
        _ctc("        if S > 1:\n            total =", "        if True:\n            total ="),
        like="empty target counted twice",
    ),
    "labels that come again anywhere are taken for repeats": Plant(
        "V8",
        _ctc(
            "        loss[n] = max(-total, 0.0)\n",
            "        if T < L + L - len(set(target.tolist())):\n"
            "            total = -np.inf\n"
            "        loss[n] = max(-total, 0.0)\n",
        ),
    ),
    "softmax over frames": Plant(
        "V9",
        _ctc(
            "x.max(axis=1, keepdims=True)",
            "x.max(axis=0, keepdims=True)",
            "sum(axis=1, keepdims=True)",
            "sum(axis=0, keepdims=True)",
        ),
        like="softmax over time",
    ),
    "forward variables in single precision": Plant(
        "V10",
        _ctc(
            "alpha = np.full((T, S), -np.inf)",
            "alpha = np.full((T, S), -np.inf, dtype=np.float32)",
        ),
        {"dtype": "float64"},
        like="single precision",
    ),
    "the maximum of all frames is subtracted from each": Plant(
        "V11",
        _ctc("x.max(axis=1, keepdims=True)", "x.max()"),
    ),
    "the upstream gradient is applied by the kernel and by its caller": Plant(
        "G2",
        _ctc("grad[:T, n] = weight *", "grad[:T, n] = weight * weight *"),
        like="upstream squared",
    ),
    "padded frames keep their softmax": Plant(
        "G3",
        _ctc(
            "        weight = 1.0",
            "        rest = np.exp(logits[T:, n])\n"
            "        grad[T:, n] = rest / rest.sum(axis=1, keepdims=True)\n"
            "        weight = 1.0",
        ),
        like="padding keeps softmax",
    ),
    "an infeasible target costs nothing and pushes to nothing": Plant(
        "G5",
        _ctc(
            "            continue\n",
            "            loss[n] = 0.0\n            grad[:T, n] = prob\n            continue\n",
        ),
        like="infinite loss keeps softmax",
    ),
    "adding by an index that repeats": Plant(
        "G7",
        _ctc(
            "        for s in range(S):\n            occupancy[:, ext[s]] += share[:, s]\n",
            "        occupancy[:, ext] += share\n",
        ),
        like="last of each class",
    ),
    "backward variables of the utterance before": Plant(
        "G8",
        _ctc(
            "    grad = np.zeros_like(logits)\n",
            "    grad = np.zeros_like(logits)\n"
            "    beta = np.full((len(logits), 2 * labels.shape[1] + 1), -np.inf)\n",
            "        beta = np.full((T, S), -np.inf)\n",
            "",
        ),
    ),
}
