"""How much of the future do a teacher's spikes rest on? Take it away and see.

    python docs/benchmarks/future_needed.py RUN_DIR

RUN_DIR is what `refkd run` has left. The teacher hears every test utterance again and again, each
time one frame more of it. A spike at frame t needs n frames if the teacher says its symbol at t
whenever it has heard frame t + n, and does not when it has heard t + n - 1 and no more.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import refkd
from refkd.alignment.decode import spikes


def heard_so_far(network: Any, features: np.ndarray) -> list[np.ndarray]:
    """The logits of every beginning of an utterance: the one at c - 1 from its first c frames."""
    beginnings = [features[:c] for c in range(1, len(features) + 1)]
    return list(network.forward(refkd.Ragged.from_list(beginnings)).logits)


def frames_needed(prefixes: list[np.ndarray]) -> dict[int, int]:
    """Of each spike of the whole utterance, by its frame, the later frames that it needs."""
    needed = {}
    for label, t in zip(*spikes(prefixes[-1]), strict=True):
        fails = [n for n, logits in enumerate(prefixes[t:]) if logits[t].argmax() != label]
        needed[int(t)] = 1 + fails[-1] if fails else 0
    return needed


def after_a_wait(prefixes: list[np.ndarray], wait: int) -> np.ndarray:
    """Logits (T, K), each frame's from what is heard up to so many frames later."""
    last = len(prefixes) - 1
    return np.stack([prefixes[min(t + wait, last)][t] for t in range(len(prefixes))])


def lag_by_need(prefixes: list[np.ndarray], student_logits: np.ndarray) -> list[tuple[int, int]]:
    """Of every matched pair of spikes: frames the teacher's needs, frames the student's is late."""
    needed, shift = (
        frames_needed(prefixes),
        refkd.alignment_shift(prefixes[-1], student_logits),
    )
    return [
        (needed[int(t)], int(late))
        for t, late in zip(shift.teacher_frames, shift.offset, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    teacher, student = (
        refkd.Network.load(run / "networks" / f"{name}.npz") for name in ("teacher", "CTC")
    )
    waits = (0, 1, 2, 4, 8, 16)
    needs, pairs, edits, phones = [], [], dict.fromkeys(waits, 0), 0
    with np.load(run / "speech" / "test.npz") as speech:
        names = [name.removeprefix("labels/") for name in speech if name.startswith("labels/")]
        for name in names:
            features, labels = speech[f"features/{name}"], speech[f"labels/{name}"]
            prefixes = heard_so_far(teacher, features)
            needs += frames_needed(prefixes).values()
            alone = student.forward(refkd.Ragged.from_list([features])).logits.values
            pairs += lag_by_need(prefixes, alone)
            phones += len(labels)
            for wait in waits:
                labels_then = refkd.greedy_decode(after_a_wait(prefixes, wait))
                edits[wait] += refkd.edit_distance(labels, labels_then)
    need, (of_matched, late) = np.array(needs), np.array(pairs).T
    print(f"{need.size} spikes need {need.mean():.1f} frames on average")
    for low, high in ((0, 0), (1, 2), (3, 4), (5, 8), (9, 999)):
        here = (need >= low) & (need <= high)
        lags = late[(of_matched >= low) & (of_matched <= high)]
        share = lags.size / here.sum()
        print(
            f"{low} to {high}: {here.mean():.1%} of them, the student says {share:.1%} of these, "
            f"{lags.mean():.2f} frames later"
        )
    for wait, wrong in edits.items():
        print(f"teacher that waits {wait:2} frames: phone error {100 * wrong / phones:.1f} %")


if __name__ == "__main__":
    main()
