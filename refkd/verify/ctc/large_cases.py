"""CTC cases that take longer: large ones, and those that need a process of their own."""

from typing import Any

import numpy as np

from refkd.verify.ctc.cases import Register
from refkd.verify.ctc.recipe import batch, drawn_logits, spoken

CASES = Register()
case = CASES.case


@case("V10", "V2")
def some_hundred_frames() -> dict[str, Any]:
    """The loss is above 745: the probability of the target is 0 in float64."""
    labels = (np.arange(60) * 7 % 29 + 1).tolist()
    return batch([drawn_logits(80, 400, 30), drawn_logits(81, 370, 30)], [labels, labels[:50]])


@case("V2", "V3", "G3")
def many_ragged_utterances() -> dict[str, Any]:
    logits, labels = [], []
    for n in range(12):
        T = 5 + (n * 17) % 40
        target = ((np.arange(T // 3) * (n + 2)) % 7 + 1).tolist()
        logits.append(spoken(90 + n, T, 8, target))
        labels.append(target)
    return batch(logits, labels, 0, *(1.0 + 0.25 * np.arange(12)))


@case("V14", "G7")
def target_of_256() -> dict[str, Any]:
    labels = (np.arange(256) * 11 % 39 + 1).tolist()
    return batch([spoken(110, 600, 40, labels), spoken(111, 520, 40, labels[:255])],
                 [labels, labels[:255]])  # fmt: skip


@case("V14", "V10")
def target_of_1025() -> dict[str, Any]:
    labels = (np.arange(1025) * 3 % 17 + 1).tolist()
    return batch([spoken(112, 2100, 18, labels)], [labels])


@case("V14")
def classes_12000() -> dict[str, Any]:
    labels = [11_999, 300, 65, 8_191, 11_999]
    return batch([spoken(113, 12, 12_000, labels), spoken(114, 9, 12_000, labels[:3])],
                 [labels, labels[:3]])  # fmt: skip


@case("V10")
def frames_2000() -> dict[str, Any]:
    labels = (np.arange(120) * 5 % 23 + 1).tolist()
    return batch([spoken(115, 2_000, 24, labels)], [labels])


@case("V10")
def frames_20000() -> dict[str, Any]:
    labels = (np.arange(200) * 3 % 4 + 1).tolist()
    return batch([drawn_logits(116, 20_000, 5)], [labels])


@case("V6", status="must_reject")
def label_too_large() -> dict[str, Any]:
    return batch([drawn_logits(75, 4, 3)], [[1, 7]])


@case("V6", status="must_reject")
def negative_label() -> dict[str, Any]:
    return batch([drawn_logits(77, 4, 3)], [[-1, 1]])
