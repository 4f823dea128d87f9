"""Distillation losses with bugs that were met in real code, and right ones with unusual habits.

Each bug is one change of a right loss that has two rules, frame by frame and a weighted sum of
teacher frames. Its class was written down before the kit was asked.
"""

from mutants.edited import edited
from mutants.record import Mutant

SOURCE = """
def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def mixed(lp, weights, kept):
    n = len(weights)
    mixture, mass = np.full(lp[n - 1 :].shape, -np.inf), np.zeros(len(lp) - n + 1)
    for d, w in enumerate(weights):
        seen = slice(n - 1 - d, len(lp) - d)
        mass += w * kept[seen]
        mixture = np.logaddexp(mixture, np.log(w * kept[seen])[:, None] + lp[seen])
    return mixture - np.log(mass)[:, None], mass


def compared(lp, lq, kind):
    p, q = np.exp(lp), np.exp(lq)
    known = np.where(p > 0.0, lp, 0.0)
    if kind == "kl":
        return p * (known - lq), q - p
    if kind == "cross_entropy":
        return -p * lq, q - p
    if kind == "reverse_kl":
        r = lq - lp
        return q * r, q * (r - (q * r).sum(axis=-1, keepdims=True))
    m = np.logaddexp(lp, lq) - np.log(2.0)
    r = 0.5 * (lq - m)
    return 0.5 * p * (known - m) + q * r, q * (r - (q * r).sum(axis=-1, keepdims=True))


def utterance(student, teacher, rule):
    temperature, kind = rule["temperature"], rule["divergence"]
    weights = rule["weights"] if rule["rule"] == "Blend" else [1.0]
    grad = np.zeros(student.shape)
    first = len(weights) - 1
    if len(student) <= first:
        return np.zeros(1), grad
    lq = log_softmax(student / temperature)
    lp = log_softmax(teacher / temperature)
    kept = np.ones(len(teacher))
    if rule["blank_frames"] != "keep":
        kept[teacher.argmax(axis=1) == rule["blank"]] = 0.0
    lp, mass = mixed(lp, weights, kept)
    if rule["blank_frames"] == "no_blank_candidates":
        mass = np.where(mass > 0.0, 1.0, 0.0)
    terms, slope = compared(lp, lq[first:], kind)
    factor = temperature**2 if rule["scale_t2"] else 1.0
    frames = np.where(mass > 0.0, mass * np.maximum(terms.sum(axis=1), 0.0), 0.0) * factor
    slope = slope * factor / temperature
    grad[first:] = np.where(mass[:, None] > 0.0, mass[:, None] * slope, 0.0)
    return frames, grad


def distill(student, teacher, lengths, rule):
    if rule["rule"] not in ("FrameWise", "Blend"):
        raise NotImplementedError("no such rule")
    loss, grad = np.zeros(student.shape[1]), np.zeros(student.shape)
    with np.errstate(all="ignore"):
        for n, T in enumerate(lengths):
            frames, grad[:T, n] = utterance(student[:T, n], teacher[:T, n], rule)
            loss[n] = frames.sum()
    return loss, grad, None
"""

PATH = """

def ordered(student, teacher, lengths, rule):
    if rule["divergence"] != "kl" or rule["blank_frames"] != "keep":
        raise NotImplementedError("kl alone")
    if rule["rule"] != "OrderedPath":
        return distill(student, teacher, lengths, rule)
    loss, grad, pairs = np.zeros(student.shape[1]), np.zeros(student.shape), []
    tau = rule["temperature"]
    factor = tau**2 if rule["scale_t2"] else 1.0
    with np.errstate(all="ignore"):
        for n, T in enumerate(lengths):
            lq = log_softmax(student[:T, None, n] / tau)
            lp = log_softmax(teacher[None, :T, n] / tau)
            terms, slope = compared(lp, lq, "kl")
            far = np.arange(T) - np.arange(T)[:, None]
            cost = np.maximum(terms.sum(axis=2), 0.0)
            if rule["window"] != "whole":
                left, right = rule["window"]
                cost[(far < -left) | (far > right)] = np.inf
            least = np.full((T + 1, T + 1), np.inf)
            least[0, 0] = 0.0
            back = {}
            for t in range(T):
                for u in range(T):
                    both, late, early = least[t, u], least[t, u + 1], least[t + 1, u]
                    back[t, u] = (1, 1) if both <= min(late, early) else (1, 0)
                    if early < late and early < both:
                        back[t, u] = (0, 1)
                    dt, du = back[t, u]
                    least[t + 1, u + 1] = cost[t, u] + least[t + 1 - dt, u + 1 - du]
            t = u = int(T) - 1
            while min(t, u) >= 0:
                loss[n] += factor * cost[t, u]
                grad[t, n] += slope[t, u] * factor / tau
                pairs.append((n, t, u))
                dt, du = back[t, u]
                t, u = t - dt, u - du
    return loss, grad, np.array(pairs, dtype=int).reshape(-1, 3)
"""
KL = 'if kind == "kl":\n        return p * (known - lq), q - p'
JS = """    m = np.logaddexp(lp, lq) - np.log(2.0)
    r = 0.5 * (lq - m)
    return 0.5 * p * (known - m) + q * r, q * (r - (q * r).sum(axis=-1, keepdims=True))
"""
STUDENT = "lq = log_softmax(student / temperature)"
TEACHER = "lp = log_softmax(teacher / temperature)"
FACTOR = 'factor = temperature**2 if rule["scale_t2"] else 1.0'
REFUSED = '    if rule["rule"] not in ("FrameWise", "Blend"):'
LOSS = "            loss[n] = frames.sum()\n"
RETURNED = "    return loss, grad, None"
KL_ALONE = (
    REFUSED,
    f'    if rule["divergence"] != "kl":\n        raise NotImplementedError("kl alone")\n{REFUSED}',
)


def form(*changes):
    return edited(SOURCE, "distill", *changes)


def path_form(*changes):
    return edited(SOURCE + PATH, "ordered", *changes)


def both_ways(factor):
    """The sum of both divergences times a factor, in the place of js."""
    return (
        "    r = lq - lp\n"
        "    slope = q * (r - (q * r).sum(axis=-1, keepdims=True)) + q - p\n"
        f"    return {factor} * (p * (known - lq) + q * r), {factor} * slope\n"
    )


def kl(value, slope="q - p"):
    """The changes that compute the divergence "kl" otherwise, and offer no other."""
    return (KL, f'if kind == "kl":\n        return {value}, {slope}', *KL_ALONE)


RIGHT = {
    "two rules and four divergences": Mutant("", (), form()),
    "a temperature is accepted only together with its factor": Mutant(
        "most code that follows Hinton, Vinyals and Dean",
        (),
        form(
            REFUSED,
            '    if (rule["temperature"] != 1.0) != rule["scale_t2"]:\n'
            f'        raise NotImplementedError("always times T^2")\n{REFUSED}',
        ),
    ),
    "blank frames are left out frame by frame, but not of a mixture": Mutant(
        "an option that one of two rules has",
        (),
        form(
            REFUSED,
            '    if rule["rule"] == "Blend" and rule["blank_frames"] != "keep":\n'
            f'        raise NotImplementedError("Blend keeps blanks")\n{REFUSED}',
        ),
    ),
    "frame by frame, and dynamic time warping": Mutant("", (), path_form()),
    "dynamic time warping alone": Mutant(
        "Soft-DTW losses of sequences",
        (),
        path_form(
            "        return distill(student, teacher, lengths, rule)",
            '        raise NotImplementedError("no such rule")',
        ),
    ),
    "mean over all elements": Mutant(
        "pytorch nn.KLDivLoss(reduction='mean')",
        (),
        form(
            RETURNED,
            "    size = lengths.sum() * student.shape[2]\n"
            "    return loss.sum() / size, grad / size, None",
        ),
    ),
    "NaN of padded frames is multiplied by a mask": Mutant(
        "microsoft/ProDA adaptation_modelv2.py",
        (),
        form(
            LOSS,
            f"{LOSS}            grad[T:, n] = 0.0 * student[T:, n] + 0.0 * teacher[T:, n]\n",
        ),
    ),
    "log-probabilities and probabilities": Mutant(
        "pytorch nn.functional.kl_div",
        (),
        form(
            STUDENT,
            "lq = student",
            TEACHER,
            "lp = np.log(teacher)",
            *kl("p * (known - lq)", "-p"),
            '"FrameWise", "Blend"):',
            '"FrameWise", rule["scale_t2"]) or rule["temperature"] != 1.0:',
        ),
    ),
}

BUGGY = {
    "the arguments of kl_div are exchanged": Mutant(
        "linkedin/Liger-Kernel PR #194; pytorch #57459",
        ("K1", "K18"),
        form(*kl("q * (lq - lp)", "q * (lq - lp - (q * (lq - lp)).sum(axis=-1, keepdims=True))")),
    ),
    "forward and reverse are exchanged": Mutant(
        "modelscope/twinkle PR #112",
        ("K1",),
        form(
            'if kind == "kl"',
            'if kind == "other"',
            'if kind == "reverse_kl"',
            'if kind == "kl"',
            'if kind == "other"',
            'if kind == "reverse_kl"',
        ),
    ),
    "the reverse divergence with the gradient of the forward one": Mutant(
        "paiml/aprender PR #2153", ("K1", "K18"), form(*kl("q * (lq - lp)"))
    ),
    "the student's probabilities for their logarithms": Mutant(
        "microsoft/ProDA #43",
        ("K2",),
        form(
            *kl("p * (known - q)", "q * ((p * q).sum(axis=-1, keepdims=True) - p)"),
            "np.maximum(terms.sum(axis=1), 0.0)",
            "terms.sum(axis=1)",
        ),
    ),
    "divided by the number of elements": Mutant(
        "facebookresearch/deit #61, #116",
        ("K3",),
        form(RETURNED, "    return loss.sum() / student.size, grad / student.size, None"),
        {"reduction": "batchmean"},
    ),
    "divided by the number of utterances": Mutant(
        "neuralmagic/sparseml PR #592",
        ("K3",),
        form(RETURNED, "    N = len(lengths)\n    return loss.sum() / N, grad / N, None"),
        {"reduction": "mean"},
    ),
    "divided by the number of frames twice": Mutant(
        "modelscope/easydistill PR #16",
        ("K3",),
        form(RETURNED, "    N = lengths.sum() ** 2\n    return loss.sum() / N, grad / N, None"),
        {"reduction": "mean"},
    ),
    "padded frames in the denominator": Mutant(
        "arcee-ai/DAM PR #16",
        ("K6", "K3"),
        form(
            RETURNED,
            "    N = len(student) * len(lengths)\n    return loss.sum() / N, grad / N, None",
        ),
        {"reduction": "mean"},
    ),
    "temperature^2 is missing": Mutant(
        "IntelLabs/distiller #122; keras-io #869", ("K4",), form(FACTOR, "factor = 1.0")
    ),
    "the teacher alone is tempered": Mutant(
        "yuanli2333/Teacher-free-Knowledge-Distillation #24",
        ("K5",),
        form(
            STUDENT, "lq = log_softmax(student)", "slope * factor / temperature", "slope * factor"
        ),
    ),
    "a wrong temperature, accepted only together with its factor": Mutant(
        "a loss that tempers the student with T^3 and multiplies by T^5",
        ("K4", "K5"),
        form(
            REFUSED,
            '    if (rule["temperature"] != 1.0) != rule["scale_t2"]:\n'
            f'        raise NotImplementedError("always times T^2")\n{REFUSED}',
            STUDENT,
            "lq = log_softmax(student / temperature**3)",
            FACTOR,
            "factor = temperature**5",
            "slope * factor / temperature",
            "slope * temperature**2",
        ),
    ),
    "padded frames count": Mutant(
        "peremartra/optipfair #34",
        ("K6",),
        form("for n, T in enumerate(lengths)", "for n, T in enumerate(len(student) + 0 * lengths)"),
    ),
    "0 log 0": Mutant(
        "optax PR #1786; pytorch #89558",
        ("K7",),
        form("known = np.where(p > 0.0, lp, 0.0)", "known = lp"),
    ),
    "1e-10 is added to both probabilities": Mutant(
        "PaddlePaddle/PaddleClas #538, KLDivLoss",
        ("K7", "K17"),
        form(*kl("p * np.log((p + 1e-10) / (q + 1e-10))")),
    ),
    "the teacher's probabilities are at least 1e-10": Mutant(
        "modelscope/easydistill mmkd/train.py",
        ("K7", "K17"),
        form("r = lq - lp\n", "r = lq - np.log(np.maximum(p, 1e-10))\n"),
    ),
    "the teacher gets a gradient": Mutant(
        "haitongli/knowledge-distillation-pytorch #25",
        ("K8",),
        form(RETURNED, f"{RETURNED}, -grad"),
    ),
    "logits of teachers are averaged": Mutant(
        "wentianli/knowledge_distillation_caffe #1",
        ("K9",),
        form(
            "np.full(lp[n - 1 :].shape, -np.inf)",
            "np.zeros(lp[n - 1 :].shape)",
            "np.logaddexp(mixture, np.log(w * kept[seen])[:, None] + lp[seen])",
            "mixture + (w * kept[seen])[:, None] * lp[seen]",
            "return mixture - np.log(mass)[:, None], mass",
            "return log_softmax(mixture / mass[:, None]), mass",
        ),
    ),
    "blank frames are always left out": Mutant(
        "VIPL-SLP/VAC_CSLR #5",
        ("K10",),
        form('if rule["blank_frames"] != "keep":', "if True:"),
    ),
    "another blank where frames are left out": Mutant(
        "FLC777/GLAT #18", ("K10",), form('== rule["blank"]', "== 1")
    ),
    "the teacher is compared with itself": Mutant(
        "labmlai/annotated_deep_learning_paper_implementations #66",
        ("K18",),
        form(STUDENT, "lq = log_softmax(teacher / temperature)", *KL_ALONE),
    ),
    "the mixture is one of logarithms": Mutant(
        "trl #2202, generalized JSD", ("K18", "K9"), form(JS, both_ways("0.25"))
    ),
    "js is half the sum of both divergences": Mutant(
        "PaddlePaddle/PaddleClas #538, JSDivLoss", ("K18",), form(JS, both_ways("0.5"))
    ),
    "the dearest of three steps where the others tie": Mutant(
        "ServeurpersoCom/acestep.cpp PR #95, dtw-score.h",
        ("K12", "K13", "K15"),
        path_form(
            "(1, 1) if both <= min(late, early) else (1, 0)",
            "(1, 1) if both < late and both < early else (1, 0)",
            "                    if early < late and early < both:\n",
            "                    if not late < min(both, early) and back[t, u] == (1, 0):\n",
        ),
    ),
    "the teacher's entropy is left out of kl": Mutant(
        "jongwooko/distillm #7", ("K18",), form(*kl("-p * lq"))
    ),
}
