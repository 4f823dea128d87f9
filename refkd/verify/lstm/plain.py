"""An LSTM in plain NumPy, made to be spoilt: every step is a method that a known defect replaces.

It shares nothing with the compiled kernels. `PlainLSTM()` is an adapter in the canonical form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.lstm.conventions import ARGUMENTS, RESULTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Pass:
    """What the walk through one utterance left behind, one row for each step."""

    x: Floats  # (S, D)
    gates: Floats  # (S, 4, H): i, f, g, o
    h: Floats  # (S + 1, H), the first state included
    c: Floats


class PlainLSTM:
    """A right LSTM and its gradient, one utterance and one frame at a time."""

    bug = ""
    words = ""

    def __call__(self, *arguments: Any) -> tuple[Floats, ...]:
        """States and gradients of a padded batch, in the order of `RESULTS`."""
        given = self.take(dict(zip(ARGUMENTS, arguments, strict=True)))
        T, N, _ = given["inputs"].shape
        found = {
            "hidden": np.zeros((T, N, len(given["w_hidden"]))),
            "d_inputs": np.zeros(given["inputs"].shape),
        }
        parts = []
        with np.errstate(all="ignore"):
            for n in range(N):
                walk = self.walk(n, T, given)
                one = self.utterance(n, walk, given)
                found["hidden"][walk, n] = one.pop("hidden")
                found["d_inputs"][walk, n] = one.pop("d_inputs")
                parts.append(one)
            for name in ("h_last", "c_last", "d_h0", "d_c0"):
                found[name] = np.array([one[name] for one in parts])
            for name in ("d_w_input", "d_w_hidden", "d_bias"):
                found[name] = self.total(np.array([one[name] for one in parts]), given)
            found["d_bias_hidden"] = found["d_bias"].copy()
            found = self.give(found, given)
        return tuple(found[name] for name in RESULTS)

    def take(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are used; a copy, free to be changed."""
        return given

    def give(self, found: dict[str, Floats], given: dict[str, Any]) -> dict[str, Floats]:
        """The results as they are returned."""
        return found

    def walk(self, n: int, T: int, given: dict[str, Any]) -> Ints:
        """The frames of utterance n in the order in which they are read."""
        frames = np.arange(int(given["lengths"][n]))
        return frames[::-1] if given["reverse"] else frames

    def utterance(self, n: int, walk: Ints, given: dict[str, Any]) -> dict[str, Floats]:
        """States and gradients of one utterance, in the order of its walk."""
        run = self.forward(given["inputs"][walk, n], given["h0"][n], given["c0"][n], given)
        h_last, c_last = self.last(run)
        upstream = self.upstream(n, walk, given)
        return {"hidden": run.h[1:], "h_last": h_last, "c_last": c_last} | self.backward(
            run, *upstream, given
        )

    def forward(self, x: Floats, h: Floats, c: Floats, given: dict[str, Any]) -> Pass:
        """Walk from the first state to the last."""
        gates, hs, cs = [], [h], [c]
        for frame in x:
            opened = self.gates(self.heard(frame, h, given))
            h, c = self.step(opened, c)
            gates.append(opened)
            hs.append(h)
            cs.append(c)
        return Pass(x, np.reshape(gates, (len(x), 4, len(h))), np.array(hs), np.array(cs))

    def heard(self, x: Floats, h: Floats, given: dict[str, Any]) -> Floats:
        """(4, H): what the gates hear."""
        a = x @ given["w_input"] + h @ given["w_hidden"] + given["bias"] + given["bias_hidden"]
        return np.asarray(a.reshape(4, -1))

    def gates(self, a: Floats) -> Floats:
        """(4, H): i, f, g, o."""
        return np.stack(
            [self.sigmoid(a[0]), self.sigmoid(a[1]), self.tanh(a[2]), self.sigmoid(a[3])]
        )

    def sigmoid(self, a: Floats) -> Floats:
        """Of three gates."""
        return np.asarray(1.0 / (1.0 + np.exp(-a)))

    def tanh(self, a: Floats) -> Floats:
        """Of the candidate and of the cell."""
        return np.tanh(a)

    def step(self, gates: Floats, c: Floats) -> tuple[Floats, Floats]:
        """h and c after one frame."""
        i, f, g, o = gates
        c = f * c + i * g
        return o * self.tanh(c), c

    def last(self, run: Pass) -> tuple[Floats, Floats]:
        """h and c where the walk ends."""
        return run.h[-1], run.c[-1]

    def upstream(self, n: int, walk: Ints, given: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
        """Gradient in each output of the walk (S, H), and in the last h and c (H,)."""
        return given["d_hidden"][walk, n], given["d_h_last"][n], given["d_c_last"][n]

    def backward(
        self, run: Pass, d_hidden: Floats, d_h: Floats, d_c: Floats, given: dict[str, Any]
    ) -> dict[str, Floats]:
        """Walk back and collect the gradients."""
        d_a = np.zeros(run.gates.shape)
        for s in reversed(range(len(run.gates))):
            c_before, c = run.c[s : s + 2]
            d_h = self.met(d_h, d_hidden[s], s)
            d_c = self.into_cell(d_c, d_h, run.gates[s], c)
            into = self.into_gates(d_c, d_h, run.gates[s], c_before, c)
            d_a[s] = into * self.slopes(run.gates[s])
            d_c = self.cell_before(d_c, run.gates[s], s)
            d_h = self.hidden_before(d_a[s], given)
        flat = d_a.reshape(len(d_a), 4 * len(d_h))
        d_inputs = flat @ given["w_input"].T
        return {"d_inputs": d_inputs, "d_h0": d_h, "d_c0": d_c} | self.sums(run, flat)

    def met(self, d_h: Floats, d_output: Floats, s: int) -> Floats:
        """All that pulls at h of step s: what came from the step after, and from above."""
        return d_h + d_output

    def into_cell(self, d_c: Floats, d_h: Floats, gates: Floats, c: Floats) -> Floats:
        """All that pulls at c: what came from the step after, and through the output."""
        return np.asarray(d_c + d_h * gates[3] * (1.0 - np.tanh(c) ** 2))

    def into_gates(
        self, d_c: Floats, d_h: Floats, gates: Floats, c_before: Floats, c: Floats
    ) -> Floats:
        """(4, H): what pulls at the opened gates."""
        i, _, g, _ = gates
        return np.stack([d_c * g, d_c * c_before, d_c * i, d_h * np.tanh(c)])

    def slopes(self, gates: Floats) -> Floats:
        """(4, H): slope of the sigmoid or tanh of each gate."""
        i, f, g, o = gates
        return np.stack([i * (1.0 - i), f * (1.0 - f), 1.0 - g * g, o * (1.0 - o)])

    def cell_before(self, d_c: Floats, gates: Floats, s: int) -> Floats:
        """What passes to c of the step before."""
        return np.asarray(d_c * gates[1])

    def hidden_before(self, d_a: Floats, given: dict[str, Any]) -> Floats:
        """What passes to h of the step before."""
        return np.asarray(given["w_hidden"] @ d_a.ravel())

    def sums(self, run: Pass, d_a: Floats) -> dict[str, Floats]:
        """Gradients of the weights from all steps of one utterance."""
        return {
            "d_w_input": run.x.T @ d_a,
            "d_w_hidden": run.h[:-1].T @ d_a,
            "d_bias": d_a.sum(axis=0),
        }

    def total(self, parts: Floats, given: dict[str, Any]) -> Floats:
        """Gradient of a weight from those of all utterances (N, ...)."""
        return np.asarray(parts.sum(axis=0))


def plain_lstm(*arguments: Any) -> tuple[Floats, ...]:
    """`PlainLSTM` as a function: the right answer without any compiled kernel."""
    return PlainLSTM()(*arguments)
