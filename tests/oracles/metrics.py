"""Alignments written out one by one, spikes by grouping. Nothing here imports the package."""

import itertools

import numpy as np


def alignments(R, H):
    """All ways to walk through both sequences, as lists of (i or None, j or None)."""
    if R == 0:
        yield [(None, j) for j in range(H)]
        return
    if H == 0:
        yield [(i, None) for i in range(R)]
        return
    for walk in alignments(R - 1, H - 1):
        yield [*walk, (R - 1, H - 1)]
    for walk in alignments(R - 1, H):
        yield [*walk, (R - 1, None)]
    for walk in alignments(R, H - 1):
        yield [*walk, (None, H - 1)]


def cost(walk, reference, hypothesis, reference_times, hypothesis_times):
    """(edits, sum of |time difference| over the paired symbols) of one alignment."""
    pairs = [(i, j) for i, j in walk if i is not None and j is not None]
    equal = sum(reference[i] == hypothesis[j] for i, j in pairs)
    apart = sum(abs(reference_times[i] - hypothesis_times[j]) for i, j in pairs)
    return len(walk) - equal, apart


def best_cost(reference, hypothesis, reference_times, hypothesis_times):
    """The smallest cost: fewest edits first, then the least displacement."""
    return min(
        cost(walk, reference, hypothesis, reference_times, hypothesis_times)
        for walk in alignments(len(reference), len(hypothesis))
    )


def spikes(logits, blank):
    """[(label, first frame, end)] of every run of one best label, by grouping; no blanks."""
    best = [int(np.argmax(frame)) for frame in logits]
    groups = itertools.groupby(range(len(best)), best.__getitem__)
    runs = [(label, list(run)) for label, run in groups]
    return [(label, run[0], run[-1] + 1) for label, run in runs if label != blank]


def true_agreement(logits, phones, blank, frame_shift, first_frame):
    """(missed phones, spike frames, wrong ones) of [(label, start, end)], frame by frame."""
    best = [int(np.argmax(frame)) for frame in logits]
    spiking = [(first_frame + t * frame_shift, label) for t, label in enumerate(best)]
    spiking = [(time, label) for time, label in spiking if label != blank]
    missed = [
        phone
        for phone in phones
        if not any(phone[1] <= t < phone[2] and k == phone[0] for t, k in spiking)
    ]
    right = [
        1 for t, k in spiking for label, start, end in phones if start <= t < end and k == label
    ]
    return len(missed), len(spiking), len(spiking) - len(right)
