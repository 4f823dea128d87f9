"""CTC defects, one each in an otherwise right implementation, by the class that they belong to.

`PLANTED` covers the classes of the list that the kit was made from; `HELD_OUT` holds others, made
up afterwards; for most of them the kit has no defect of its own.
"""

import numpy as np
from mutants.ctc_parts import adapter, collect, log_sum, may_follow, weights


def _steps(states):
    return np.arange(len(states))[None, :] - np.arange(len(states))[:, None]


def _labels(states):
    """Whether a column is a label state."""
    return (np.arange(len(states)) % 2 == 1)[None, :]


def _prepare(**changes):
    """Read some arguments otherwise: each change is a function of the call."""

    def prepare(call):
        for name, change in changes.items():
            setattr(call, name, change(call))
        return call

    return prepare


def _padding(fill):
    """Fill the gradient of padded frames."""

    def batch(loss, grad, call):
        grad = grad * weights(call)[:, None]
        for n, T in enumerate(call.input_lengths):
            grad[T:, n] = fill(call, n, T, grad)
        return loss, grad

    return batch


def _softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _empty(loss_of, grad_of=lambda grad: grad):
    """Treat empty targets otherwise."""

    def finish(loss, grad, prob, target):
        if len(target) == 0:
            return loss_of(loss), grad_of(grad)
        return (loss, grad) if loss < np.inf else (loss, grad * 0)

    return finish


def _infinite(grad_of):
    """Give an infinite loss another gradient."""
    return lambda loss, grad, prob, target: (
        (loss, grad) if loss < np.inf else (loss, grad_of(grad, prob))
    )


def _nan_for_batch(loss, grad, call):
    grad = grad * weights(call)[:, None]
    return loss, grad if np.isfinite(loss).all() else grad * np.nan


def _first_of_repeats(share, states, K):
    occupancy = np.zeros((len(share), K))
    for s in range(len(states) - 1, -1, -1):
        if s % 2:
            occupancy[:, states[s]] = share[:, s]
    occupancy[:, states[0]] += share[:, ::2].sum(axis=1)
    return occupancy


def _last_of_class(share, states, K):
    occupancy = np.zeros((len(share), K))
    for s, k in enumerate(states):
        occupancy[:, k] = share[:, s]
    return occupancy


def _without(parity):
    return lambda share, states, K: collect(
        share * (np.arange(len(states)) % 2 != parity), states, K
    )


def _probabilities(scores, axis):
    return np.log(np.exp(scores).sum(axis=axis))


def _float32(scores, axis):
    return log_sum(scores.astype(np.float32), axis).astype(np.float32)


def _float16(scores, axis):
    return log_sum(scores, axis).astype(np.float16).astype(float)


def _never_below(least):
    return lambda scores, axis: np.maximum(log_sum(np.maximum(scores, least), axis), least)


def _collapsed(call):
    lengths, rows = call.label_lengths.copy(), call.labels.copy()
    for n, L in enumerate(call.label_lengths):
        kept = [k for i, k in enumerate(rows[n, :L]) if i == 0 or k != rows[n, i - 1]]
        rows[n, : len(kept)], lengths[n] = kept, len(kept)
    call.label_lengths = lengths
    return rows


def _split(on_softmax, on_occupancy):
    """Apply the upstream gradient to the two terms of the gradient apart."""
    right = adapter()

    def ctc(*arguments):
        logits, _, lengths, _, _, d_loss = arguments
        loss, whole = right(*arguments[:5], None)
        factor = np.ones(len(loss)) if d_loss is None else d_loss
        grad = np.zeros(whole.shape)
        for n, T in enumerate(lengths):
            if loss[n] < np.inf:
                prob = _softmax(logits[:T, n])
                occupancy = prob - whole[:T, n]
                grad[:T, n] = prob * on_softmax(factor[n]) - occupancy * on_occupancy(factor[n])
        return loss, grad

    return ctc


def _then(change):
    """Change losses and gradients of a right CTC: `change(loss, grad, *arguments)`."""
    right = adapter()
    return lambda *arguments: change(*right(*arguments), *arguments)


def _wraps_labels(*arguments):
    logits, labels = arguments[:2]
    return adapter()(logits, labels % logits.shape[2], *arguments[2:])


def _scrambles(*arguments):
    """Takes every array for contiguous."""
    logits = arguments[0]
    if not logits.flags.c_contiguous:
        flat = np.lib.stride_tricks.as_strided(logits, (logits.size,), (logits.itemsize,))
        arguments = (flat.reshape(logits.shape), *arguments[1:])
    return adapter()(*arguments)


def _only_int64(*arguments):
    if arguments[1].dtype != np.int64:
        arguments = (arguments[0], np.zeros_like(arguments[1]) + 1, *arguments[2:])
    return adapter()(*arguments)


def _no_zero_target(*arguments):
    if not arguments[3].all():
        raise IndexError("index -1 is out of bounds")
    return adapter()(*arguments)


PLANTED = {
    # value
    "repeats skip": (
        "V1",
        adapter(
            follow=lambda y, b: (_steps(y) >= 0) & (_steps(y) < 2) | (_steps(y) == 2) & _labels(y)
        ),
    ),
    "repeats skip in the forward pass only": (
        "V1",
        adapter(
            follow=lambda y, b: may_follow(y, b) | (_steps(y) == 2) & _labels(y),
            back_follow=may_follow,
        ),
    ),
    "nothing skips": ("V1", adapter(follow=lambda y, b: (_steps(y) == 0) | (_steps(y) == 1))),
    "label skipped between blanks": (
        "V1",
        adapter(follow=lambda y, b: may_follow(y, b) | (_steps(y) == 2) & ~_labels(y)),
    ),
    "lengths ignored": (
        "V2",
        adapter(
            prepare=_prepare(input_lengths=lambda c: np.full_like(c.input_lengths, len(c.logits)))
        ),
    ),
    "longest length": (
        "V2",
        adapter(
            prepare=_prepare(
                input_lengths=lambda c: np.full_like(c.input_lengths, c.input_lengths.max())
            )
        ),
    ),
    "lengths exchanged": (
        "V2",
        adapter(prepare=_prepare(input_lengths=lambda c: c.input_lengths[::-1])),
    ),
    "last frame dropped": (
        "V2",
        adapter(prepare=_prepare(input_lengths=lambda c: np.maximum(c.input_lengths - 1, 1))),
    ),
    "label padding counted": (
        "V3",
        adapter(
            prepare=_prepare(
                label_lengths=lambda c: np.full_like(c.label_lengths, c.labels.shape[1])
            )
        ),
    ),
    "length from labels above 0": (
        "V3",
        adapter(prepare=_prepare(label_lengths=lambda c: (c.labels > 0).sum(axis=1))),
    ),
    "labels of 0 dropped": (
        "V3",
        adapter(
            prepare=_prepare(
                label_lengths=lambda c: np.array(
                    [(row[:L] != 0).sum() for row, L in zip(c.labels, c.label_lengths, strict=True)]
                )
            )
        ),
    ),
    "blank is 0": ("V4", adapter(prepare=_prepare(blank=lambda c: 0))),
    "blank is last": ("V4", adapter(prepare=_prepare(blank=lambda c: c.logits.shape[2] - 1))),
    "labels wrap": ("V6", _wraps_labels),
    "empty target costs 0": ("V7", adapter(finish=_empty(lambda loss: 0.0, np.zeros_like))),
    "empty target costs inf": ("V7", adapter(finish=_empty(lambda loss: np.inf, np.zeros_like))),
    "empty target gives NaN": ("V7", adapter(finish=_empty(lambda loss: np.nan))),
    "empty target counted twice": ("V7", adapter(finish=_empty(lambda loss: loss - np.log(2)))),
    "empty target raises": ("V7", _no_zero_target),
    "infeasible costs 1": (
        "V8",
        adapter(finish=lambda loss, grad, p, y: (loss, grad) if loss < np.inf else (1.0, grad * 0)),
    ),
    "2 L + 1 frames wanted": (
        "V8",
        adapter(
            finish=lambda loss, grad, p, y: (
                (loss, grad) if len(p) > 2 * len(y) and loss < np.inf else (np.inf, grad * 0)
            )
        ),
    ),
    "softmax twice": ("V9", adapter(log_prob=lambda x: np.log(_softmax(_softmax(x))))),
    "no softmax": ("V9", adapter(log_prob=lambda x: x)),
    "softmax over time": ("V9", adapter(log_prob=lambda x: np.log(_softmax(x.T).T))),
    "sigmoid for softmax": ("V9", adapter(log_prob=lambda x: -np.log1p(np.exp(-x)))),
    "1e-6 added": ("V10", adapter(log_prob=lambda x: np.log(_softmax(x) + 1e-6))),
    "probabilities at least 1e-9": (
        "V10",
        adapter(log_prob=lambda x: np.log(np.maximum(_softmax(x), 1e-9))),
    ),
    "sums without maximum": ("V10", adapter(add=_probabilities)),
    "logarithm of the softmax": ("V10", adapter(log_prob=lambda x: np.log(_softmax(x)))),
    "log 0 is -50": ("V8", adapter(add=_never_below(-50.0))),
    "single precision": ("V10", adapter(add=_float32)),
    "softmax without maximum": (
        "V11",
        adapter(log_prob=lambda x: np.log(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True))),
    ),
    "logits clipped at 20": (
        "V11",
        adapter(log_prob=lambda x: np.log(_softmax(np.clip(x, -20, 20)))),
    ),
    "loss below zero": ("V12", adapter(loss=lambda total: -total - 1e-14)),
    "loss over labels": ("V13", _then(lambda loss, grad, *a: (loss / np.maximum(a[3], 1), grad))),
    "loss over frames": ("V13", _then(lambda loss, grad, *a: (loss / a[2], grad))),
    "mean for none": (
        "V13",
        _then(lambda loss, grad, *a: (np.full(len(loss), loss.mean()), grad / len(loss))),
    ),
    "gradient over batch": ("V13", _then(lambda loss, grad, *a: (loss, grad / len(loss)))),
    "everything over frames": (
        "V13",
        _then(lambda loss, grad, *a: (loss / a[2], grad / a[2][:, None])),
    ),
    "loss in bits": ("V13", _then(lambda loss, grad, *a: (loss / np.log(2), grad))),
    "255 labels at most": (
        "V14",
        adapter(prepare=_prepare(label_lengths=lambda c: np.minimum(c.label_lengths, 255))),
    ),
    "labels of one byte": ("V14", adapter(prepare=_prepare(labels=lambda c: c.labels % 256))),
    "labels of 13 bits": ("V14", adapter(prepare=_prepare(labels=lambda c: c.labels % 8192))),
    "repeats collapsed": ("V15", adapter(prepare=_prepare(labels=_collapsed))),
    "repeats not merged": (
        "V15",
        adapter(follow=lambda y, b: may_follow(y, b) & ~((_steps(y) == 0) & _labels(y))),
    ),
    # gradient
    "no softmax in the gradient": ("G1", adapter(slope=lambda prob, occupancy: -occupancy)),
    "gradient of the log-probability": (
        "G1",
        adapter(slope=lambda prob, occupancy: occupancy - prob),
    ),
    "gradient in probabilities": ("G1", adapter(slope=lambda prob, occupancy: -occupancy / prob)),
    "upstream ignored": ("G2", adapter(batch=lambda loss, grad, call: (loss, grad))),
    "upstream of the first": (
        "G2",
        adapter(batch=lambda loss, grad, call: (loss, grad * weights(call)[0])),
    ),
    "upstream on the softmax": ("G2", _split(lambda w: w, lambda w: 1.0)),
    "upstream on the occupancy": ("G2", _split(lambda w: 1.0, lambda w: w)),
    "padding keeps softmax": (
        "G3",
        adapter(batch=_padding(lambda c, n, T, g: _softmax(c.logits[T:, n]))),
    ),
    "padding like the last frame": ("G3", adapter(batch=_padding(lambda c, n, T, g: g[T - 1, n]))),
    "padding keeps old memory": ("G3", adapter(batch=_padding(lambda c, n, T, g: 1e-3 * (n + 1)))),
    "infinite loss has NaN": ("G4", adapter(finish=_infinite(lambda grad, prob: grad * np.nan))),
    "infinite loss spoils all": ("G4", adapter(batch=_nan_for_batch)),
    "infinite loss keeps softmax": ("G5", adapter(finish=_infinite(lambda grad, prob: prob))),
    "infinite loss keeps half": ("G5", adapter(finish=_infinite(lambda grad, prob: prob / 2))),
    "-inf minus -inf": (
        "G6",
        adapter(
            add=lambda s, axis: (
                s.max(axis=axis)
                + np.log(np.exp(s - np.expand_dims(s.max(axis=axis), axis)).sum(axis=axis))
            )
        ),
    ),
    "0 times -inf": (
        "G6",
        adapter(
            batch=lambda loss, grad, call: (
                loss,
                (grad + 0 * np.where(np.isneginf(call.logits), call.logits, 0))
                * weights(call)[:, None],
            )
        ),
    ),
    "second occurrence lost": ("G7", adapter(collect=_first_of_repeats)),
    "last of each class": ("G7", adapter(collect=_last_of_class)),
    "blank dropped": ("G7", adapter(collect=_without(0))),
    "labels dropped": ("G7", adapter(collect=_without(1))),
    "emission counted twice": (
        "G7",
        adapter(share=lambda a, b, total, e: np.exp(a + b + e - total)),
    ),
    "not divided by the total": ("G7", adapter(share=lambda a, b, total, e: np.exp(a + b))),
    "beta ends with a blank": ("G8", adapter(back_ends=lambda S: [S - 1])),
    "beta ends with a label": ("G8", adapter(back_ends=lambda S: [S - 2])),
    "beta ends anywhere": ("G8", adapter(back_ends=lambda S: list(range(S)))),
    "beta never skips": (
        "G8",
        adapter(back_follow=lambda y, b: (_steps(y) == 0) | (_steps(y) == 1)),
    ),
    "starts with a blank": ("G8", adapter(starts=lambda S: [0])),
    "ends with a blank": ("G8", adapter(ends=lambda S: [S - 1])),
    "strides ignored": ("G10", _scrambles),
    "int32 misread": ("G10", _only_int64),
    "half precision inside": ("G11", adapter(add=_float16)),
}


LARGE = {  # cases beyond the quick ones that a plant needs
    "255 labels at most": "target_of_256/only=0/frames=300",
    "labels of one byte": "classes_12000",
    "labels of 13 bits": "classes_12000",
}


HELD_OUT = {
    "label after label may stay only twice": (
        "G7",
        adapter(
            share=lambda a, b, total, e: (
                np.exp(a + b - total) * np.where(np.arange(len(a))[:, None] > 3, 0.5, 1.0)
            )
        ),
    ),
    "last label dropped": (
        "V3",
        adapter(prepare=_prepare(label_lengths=lambda c: np.maximum(c.label_lengths - 1, 0))),
    ),
    "targets reversed": (
        "V3",
        adapter(
            prepare=_prepare(
                labels=lambda c: np.stack(
                    [
                        np.r_[row[:L][::-1], row[L:]]
                        for row, L in zip(c.labels, c.label_lengths, strict=True)
                    ]
                )
            )
        ),
    ),
    "first utterance for all": (
        "V2",
        _then(lambda loss, grad, *a: (np.full(len(loss), loss[0]), grad)),
    ),
    "best path for the sum": ("V10", adapter(add=lambda scores, axis: scores.max(axis=axis))),
    "upstream squared": (
        "G2",
        adapter(batch=lambda loss, grad, call: (loss, grad * weights(call)[:, None] ** 2)),
    ),
    "upstream times loss": (
        "G2",
        adapter(
            batch=lambda loss, grad, call: (loss * weights(call), grad * weights(call)[:, None])
        ),
    ),
    "blank first in padding": (
        "G3",
        adapter(batch=_padding(lambda c, n, T, g: -np.eye(c.logits.shape[2])[c.blank])),
    ),
    "loss of feasible rounded": ("V10", _then(lambda loss, grad, *a: (np.round(loss, 6), grad))),
    "gradient clipped to half": (
        "G7",
        _then(lambda loss, grad, *a: (loss, np.clip(grad, -0.5, 0.5))),
    ),
    "temperature of 2": ("V9", adapter(log_prob=lambda x: np.log(_softmax(x / 2)))),
    "label smoothing": (
        "V9",
        adapter(log_prob=lambda x: np.log(0.9 * _softmax(x) + 0.1 / x.shape[1])),
    ),
    "first frame without gradient": (
        "G8",
        _then(lambda loss, grad, *a: (loss, np.concatenate([grad[:1] * 0, grad[1:]]))),
    ),
    "gradient in time reversed": (
        "G8",
        _then(
            lambda loss, grad, *a: (
                loss,
                np.stack(
                    [np.r_[grad[:T, n][::-1], grad[T:, n]] for n, T in enumerate(a[2])], axis=1
                ),
            )
        ),
    ),
}
