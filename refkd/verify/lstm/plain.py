"""An LSTM in plain NumPy, made to be spoilt: every step is a method that a known defect replaces.

It shares nothing with the compiled kernels. `PlainLSTM()` is an adapter in the canonical form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.lstm.conventions import CANONICAL_ARGUMENTS, CANONICAL_RESULTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Pass:
    """What the walk through one utterance left behind, one row for each step."""

    x: Floats  # (S, D)
    a: Floats  # (S, 4, H): what enters i, f, g, o
    gates: Floats  # (S, 4, H): i, f, g, o
    output: Floats  # (S, H): what is projected, if there is a projection
    h: Floats  # (S + 1, H), the first state included
    c: Floats


class PlainLSTM:
    """A right LSTM and its gradient, one utterance and one frame at a time."""

    bug = ""
    words = ""
    square = False  # whether the defect takes P for H: where they differ, there is none

    def __call__(self, *arguments: Any) -> tuple[Floats | None, ...]:
        """`CANONICAL_RESULTS` from `CANONICAL_ARGUMENTS`; None is what a variant has not got."""
        given: dict[str, Any] = dict.fromkeys(CANONICAL_ARGUMENTS)
        given |= dict(zip(CANONICAL_ARGUMENTS, arguments, strict=False))
        if self.square and given["h0"].shape != given["c0"].shape:
            return PlainLSTM()(*arguments)
        given = self.take(given)
        T, N, _ = given["inputs"].shape
        found: dict[str, Floats] = {
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
            for name in parts[0].keys() - found.keys():
                found[name] = self.total(np.array([one[name] for one in parts]), given)
            found["d_bias_hidden"] = found["d_bias"].copy()
            found = self.give(found, given)
        return tuple(found.get(name) for name in CANONICAL_RESULTS)

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
        S, H = len(x), len(c)
        a, gates, output = np.empty((S, 4, H)), np.empty((S, 4, H)), np.empty((S, H))
        run = Pass(x, a, gates, output, np.empty((S + 1, len(h))), np.empty((S + 1, H)))
        run.h[0], run.c[0] = h, c
        for s, frame in enumerate(x):
            a[s], gates[s], run.c[s + 1] = self.opened(
                self.heard(frame, run.h[s], given), run.c[s], given
            )
            output[s] = self.output(gates[s], run.c[s], run.c[s + 1])
            projected = given["w_projection"] is not None
            run.h[s + 1] = output[s] @ given["w_projection"] if projected else output[s]
        return run

    def opened(self, a: Floats, c: Floats, given: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
        """What enters the gates, the gates, and the new cell, from what the gates hear (4, H)."""
        peepholes = given["peepholes"]
        if peepholes is not None:
            i, f, o = peepholes.reshape(3, -1)
            a = a + np.stack([i * c, f * c, 0.0 * c, 0.0 * c])
        gates = self.gates(_clipped(a, given["gate_clip"]))
        if given["coupled"]:
            gates[1] = 1.0 - gates[0]
        c = _clipped(self.cell(gates, c), given["cell_clip"])
        if peepholes is not None:
            a[3] += o * c
            gates[3] = self.gates(_clipped(a, given["gate_clip"]))[3]
        return a, gates, c

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

    def cell(self, gates: Floats, c: Floats) -> Floats:
        """The cell after one frame."""
        i, f, g, _ = gates
        return np.asarray(f * c + i * g)

    def output(self, gates: Floats, c_before: Floats, c: Floats) -> Floats:
        """What the output gate lets out."""
        return np.asarray(gates[3] * self.tanh(c))

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
        d_a, d_hs = np.zeros(run.gates.shape), np.zeros((len(run.gates), len(d_h)))
        for s in reversed(range(len(run.gates))):
            d_h = d_hs[s] = self.met(d_h, d_hidden[s], s)
            d_a[s], d_c = self.step_back(run, d_h, d_c, s, given)
            d_h = self.hidden_before(d_a[s], given)
        flat = d_a.reshape(len(d_a), len(given["bias"]))
        found = {"d_inputs": flat @ given["w_input"].T, "d_h0": d_h, "d_c0": d_c}
        if given["w_projection"] is not None:
            found["d_w_projection"] = run.output.T @ d_hs
        if given["peepholes"] is not None:
            seen = run.c[:-1], run.c[:-1], run.c[1:]
            pulls = (d_a[:, gate] * c for gate, c in zip((0, 1, 3), seen, strict=True))
            found["d_peepholes"] = np.concatenate([one.sum(axis=0) for one in pulls])
        return found | self.sums(run, flat)

    def step_back(
        self, run: Pass, d_h: Floats, d_c: Floats, s: int, given: dict[str, Any]
    ) -> tuple[Floats, Floats]:
        """Gradient in what enters the gates of step s (4, H), and in the cell before."""
        gates, (c_before, c) = run.gates[s], run.c[s : s + 2]
        d_output = d_h if given["w_projection"] is None else given["w_projection"] @ d_h
        slopes = self.slopes(gates)
        if given["gate_clip"] is not None:
            slopes = slopes * (np.abs(run.a[s]) < given["gate_clip"])
        d_c = self.into_cell(d_c, d_output, gates, c)
        if given["peepholes"] is not None:
            i, f, o = given["peepholes"].reshape(3, -1)
            d_c = d_c + o * (self.into_gates(d_c, d_output, gates, c_before, c) * slopes)[3]
        if given["cell_clip"] is not None:
            d_c = d_c * (np.abs(c) < given["cell_clip"])
        into = self.into_gates(d_c, d_output, gates, c_before, c)
        if given["coupled"]:
            into[:2] = into[0] - into[1], 0.0 * into[1]
        d_a = into * slopes
        d_c = self.cell_before(d_c, gates, s)
        if given["peepholes"] is not None:
            d_c = d_c + i * d_a[0] + f * d_a[1]
        return d_a, d_c

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
    """`PlainLSTM` as an adapter: the right answer without any compiled kernel."""
    return tuple(result for result in PlainLSTM()(*arguments) if result is not None)


def _clipped(values: Floats, limit: float | None) -> Floats:
    return values if limit is None else np.clip(values, -limit, limit)
