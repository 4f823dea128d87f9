"""A second plain CTC, and how to spoil it: for the proof that the kit names planted defects.

It knows nothing of refkd. Paths are walks over a matrix that says which state may follow which,
so the sums have another form than in the kit's own plain implementation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Parts:
    """The steps of a CTC that a defect may replace; as they are, they are right."""

    prepare: Any = lambda call: call
    log_prob: Any = lambda x: x - log_sum(x, axis=1)[:, None]
    follow: Any = lambda states, blank: may_follow(states, blank)
    starts: Any = lambda S: [0, 1]
    ends: Any = lambda S: [S - 1, S - 2]
    back_ends: Any = None
    back_follow: Any = None
    add: Any = lambda scores, axis: log_sum(scores, axis)
    loss: Any = lambda total: max(-total, 0.0)
    share: Any = lambda ahead, back, total, emit: np.exp(ahead + back - total)
    collect: Any = lambda share, states, K: collect(share, states, K)
    slope: Any = lambda prob, occupancy: prob - occupancy
    finish: Any = lambda loss, grad, prob, target: (
        (loss, grad) if loss < np.inf else (loss, grad * 0)
    )
    batch: Any = lambda loss, grad, call: (loss, grad * weights(call)[:, None])


@dataclass
class Call:
    """The arguments of an adapter under their names."""

    logits: Any
    labels: Any
    input_lengths: Any
    label_lengths: Any
    blank: int
    d_loss: Any


def adapter(**changed):
    """A CTC with some of its parts replaced."""
    parts = Parts(**changed)

    def ctc(*arguments):
        call = parts.prepare(Call(*(np.copy(one) if np.ndim(one) else one for one in arguments)))
        loss = np.zeros(call.logits.shape[1])
        grad = np.zeros(call.logits.shape)
        with np.errstate(all="ignore"):
            for n, (T, L) in enumerate(zip(call.input_lengths, call.label_lengths, strict=True)):
                target = call.labels[n, :L]
                if ((target < 0) | (target >= call.logits.shape[2])).any():
                    raise ValueError("no such class")
                loss[n], grad[:T, n] = utterance(call.logits[:T, n], target, call.blank, parts)
            return parts.batch(loss, grad, call)

    return ctc


def utterance(x, target, blank, parts):
    states = np.full(2 * len(target) + 1, blank)
    states[1::2] = target
    S, T = len(states), len(x)
    logp = parts.log_prob(x)
    emit = logp[:, states]
    follow = np.where(parts.follow(states, blank), 0.0, -np.inf)
    ahead = np.full((T, S), -np.inf)
    first = [s for s in parts.starts(S) if 0 <= s < S]
    ahead[0, first] = emit[0, first]
    for t in range(1, T):
        ahead[t] = parts.add(ahead[t - 1][:, None] + follow, 0) + emit[t]
    ends = [s for s in parts.ends(S) if 0 <= s < S]
    total = parts.add(ahead[-1, ends][:, None], 0)[0]
    back = np.full((T, S), -np.inf)
    back[-1, [s for s in (parts.back_ends or parts.ends)(S) if 0 <= s < S]] = 0.0
    if parts.back_follow is not None:
        follow = np.where(parts.back_follow(states, blank), 0.0, -np.inf)
    for t in range(T - 2, -1, -1):
        back[t] = parts.add((follow + (back[t + 1] + emit[t + 1])[None, :]).T, 0)
    share = np.nan_to_num(parts.share(ahead, back, total, emit), nan=0.0)
    prob = np.exp(logp)
    slope = parts.slope(prob, parts.collect(share, states, logp.shape[1]))
    return parts.finish(parts.loss(total), slope, prob, target)


def log_sum(scores, axis):
    """log sum e^scores, -inf where there is nothing."""
    top = scores.max(axis=axis)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return safe + np.log(np.exp(scores - np.expand_dims(safe, axis)).sum(axis=axis))


def may_follow(states, blank):
    """(S, S): whether a path may go from the row's state to the column's in one frame."""
    S = len(states)
    step = np.arange(S)[None, :] - np.arange(S)[:, None]
    other = (states[None, :] != states[:, None]) & (states[None, :] != blank)
    return (step == 0) | (step == 1) | ((step == 2) & other)


def collect(share, states, K):
    return share @ (states[:, None] == np.arange(K)).astype(float)


def weights(call):
    return np.ones(call.logits.shape[1]) if call.d_loss is None else call.d_loss
