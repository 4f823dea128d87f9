"""
float32 against float64
=======================

The errors of a CTC loss and of its gradient in float32 and in float64, against the length of an
utterance and the confidence of a network. The reference has 50 digits. The figure belongs to the
guide on numerics.
"""

from decimal import Decimal, localcontext

import numpy as np

import refkd
from visualize import in_style, new_figure
from visualize.layout.layout import MARGIN, write_caption
from visualize.layout.style import EARLY, STUDENT, STUDENT_LINE, TEACHER, TEXT
from visualize.layout.text import wrapped

# %%
# Ten labels, spread over T frames. At one frame for each the logit of the label is raised,
# elsewhere that of the blank, in noise. The confidence is the number that is added to the
# logit, in nats.

CLASSES, LABELS = 5, np.array([1, 2, 2, 3, 4, 1, 3, 3, 2, 4])


def utterance(frames, confidence):
    """Logits (T, K) that are the same numbers in float32 and in float64."""
    logits = np.random.default_rng(frames).normal(size=(frames, CLASSES))
    best = np.zeros(frames, dtype=np.int64)
    best[np.linspace(0, frames - 1, len(LABELS)).round().astype(int)] = LABELS
    logits[np.arange(frames), best] += confidence
    return logits.astype(np.float32)


# %%
# The sums of CTC for any kind of numbers: ``add`` adds three rows, ``times`` is the
# product of two numbers, ``zero`` and ``unit`` are 0 and 1.


def forward_backward(emitted, skip, add, times, zero, unit):
    """alpha and beta (T, S) from the emission probabilities (T, S) of the states."""
    T, S = emitted.shape
    alpha, beta = np.full((2, T, S), zero, dtype=emitted.dtype)
    alpha[0, :2], beta[-1, -2:] = emitted[0, :2], unit
    none = np.full(2, zero, dtype=emitted.dtype)
    for t in range(1, T):
        before = np.concatenate([none, alpha[t - 1]])
        arriving = add(before[2:], before[1:-1], np.where(skip, before[:-2], zero))
        alpha[t] = times(arriving, emitted[t])
    leaving = np.concatenate([skip[2:], [False, False]])
    for t in range(T - 2, -1, -1):
        after = np.concatenate([times(beta[t + 1], emitted[t + 1]), none])
        beta[t] = add(after[:-2], after[1:-1], np.where(leaving, after[2:], zero))
    return alpha, beta


def states_of(labels):
    """The label of each state, and whether it may skip the blank before it."""
    states = np.zeros(2 * len(labels) + 1, dtype=np.int64)
    states[1::2] = labels
    skip = np.zeros(len(states), dtype=bool)
    skip[2:] = (states[2:] != 0) & (states[2:] != states[:-2])
    return states, skip


def textbook(logits):
    """Loss and gradient in log space, all in the precision of the logits."""
    states, skip = states_of(LABELS)
    peak = logits.max(axis=1, keepdims=True)
    logp = logits - (peak + np.log(np.exp(logits - peak).sum(axis=1, keepdims=True)))

    def add(a, b, c):
        return np.logaddexp(np.logaddexp(a, b), c)

    log_zero = logits.dtype.type(-np.inf)
    alpha, beta = forward_backward(logp[:, states], skip, add, np.add, log_zero, 0)
    total = np.logaddexp(alpha[-1, -1], alpha[-1, -2])
    through = np.exp(alpha + beta - total)
    occupancy = np.stack([through[:, states == k].sum(axis=1) for k in range(CLASSES)], axis=1)
    return -total, np.exp(logp) - occupancy


def exact(logits):
    """The same with 50 decimal digits, in probabilities, rounded at the end."""
    states, skip = states_of(LABELS)
    with localcontext() as context:
        context.prec = 50
        prob = np.array([[Decimal(float(z)).exp() for z in row] for row in logits])
        prob /= prob.sum(axis=1, keepdims=True)

        def add(a, b, c):
            return a + b + c

        zero, unit = Decimal(0), Decimal(1)
        alpha, beta = forward_backward(prob[:, states], skip, add, np.multiply, zero, unit)
        total = alpha[-1, -1] + alpha[-1, -2]
        through = alpha * beta / total
        occupancy = np.stack([through[:, states == k].sum(axis=1) for k in range(CLASSES)], axis=1)
        return float(-total.ln()), (prob - occupancy).astype(np.float64)


def rescaled(logits):
    """The form that refkd trains networks with."""
    batch = refkd.Ragged.from_list([logits]), refkd.Ragged.from_list([LABELS])
    losses, grads = refkd.ctc_loss_batch(*batch)
    return losses[0], grads.values


FORMS = {
    "textbook, float32": textbook,
    "textbook, float64": lambda logits: textbook(logits.astype(np.float64)),
    "refkd, log space": lambda logits: refkd.ctc_loss(logits, LABELS),
    "refkd, rescaled": rescaled,
}

# %%
# The error of a loss is relative to the loss, that of a gradient is the largest of any entry;
# entries lie between -1 and 1. Errors of 0 are drawn at the bottom.

LENGTHS = (20, 60, 200, 600, 2000, 6000, 20000)
CONFIDENCES = range(0, 44, 4)


def errors(cases):
    """Of each form: errors of loss and gradient in every case."""
    by_form = {name: [] for name in FORMS}
    for case in cases:
        logits = utterance(*case)
        loss, grad = exact(logits)
        for name, form in FORMS.items():
            with np.errstate(divide="ignore"):
                this_loss, this_grad = form(logits)
            of_loss = abs(float(this_loss) - loss) / loss
            by_form[name].append((of_loss, np.abs(this_grad - grad).max()))
    return {name: np.array(pairs).T for name, pairs in by_form.items()}


by_length = errors([(frames, 2.0) for frames in LENGTHS])
by_confidence = errors([(200, float(confidence)) for confidence in CONFIDENCES])
for name in FORMS:
    print(f"{name:18} T = 20,000:  loss {by_length[name][0, -1]:.0e}", end="")
    print(f"  gradient {by_length[name][1, -1]:.0e}")

# %%
LOOKS = {
    "textbook, float32": (STUDENT, STUDENT_LINE, "o"),
    "textbook, float64": (TEACHER, "-", "s"),
    "refkd, log space": (TEXT, ":", "^"),
    "refkd, rescaled": (EARLY, "-.", "v"),
}
LOWEST = 1e-18
CAPTION = (
    "Left: length of the utterance, at a confidence of 2 nats. Right: confidence, with 200 frames. "
    "Textbook: log space, everything in that precision. Errors of 0 are at the bottom."
)
with in_style():
    figure = new_figure(7.0, 5.0)
    for column, (x, by_form) in enumerate(((LENGTHS, by_length), (CONFIDENCES, by_confidence))):
        for row, label in enumerate(
            ("error of the loss (relative)", "largest error in the gradient")
        ):
            axes = figure.add_axes((0.1 + 0.47 * column, 0.56 - 0.37 * row, 0.41, 0.34))
            for name, (colour, line, mark) in LOOKS.items():
                seen = np.maximum(by_form[name][row], LOWEST)
                axes.plot(x, seen, color=colour, linestyle=line, marker=mark, markersize=3.5)
            axes.set(yscale="log", ylim=(LOWEST / 3, 10.0), xscale=("log", "linear")[column])
            axes.tick_params(labelbottom=row == 1, labelleft=column == 0)
            if column == 0:
                axes.set_ylabel(label)
        axes.set_xlabel(("frames T", "confidence (nats)")[column])
    handles = [
        axes.plot([], [], color=colour, linestyle=line, marker=mark, markersize=3.5)[0]
        for colour, line, mark in LOOKS.values()
    ]
    figure.legend(handles, LOOKS, ncols=4, loc="upper center", bbox_to_anchor=(0.5, 0.99))
    write_caption(figure, wrapped(CAPTION, 7.0 - 2 * MARGIN))
