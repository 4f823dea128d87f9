"""An LSTM in plain NumPy, a method for each step, which a known defect replaces.

It shares nothing with the compiled kernels. `PlainLSTM()` is an adapter in the canonical form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd.check import Floats, Ints
from refkd.verify.lstm.conventions import CANONICAL_ARGUMENTS, CANONICAL_RESULTS

Arguments = dict[str, Any]
Results = dict[str, Floats]


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

    square = False  # whether the defect takes P for H: where they differ, there is none

    def __call__(self, *values: Any) -> tuple[Floats | None, ...]:
        """`CANONICAL_RESULTS` from `CANONICAL_ARGUMENTS`; None is what a variant has not got."""
        arguments: Arguments = dict.fromkeys(CANONICAL_ARGUMENTS)
        arguments |= dict(zip(CANONICAL_ARGUMENTS, values, strict=False))
        if self.square and arguments["h0"].shape != arguments["c0"].shape:
            return PlainLSTM()(*values)
        arguments = self.preprocess(arguments)
        T, N, _ = arguments["inputs"].shape
        results: Results = {
            "hidden": np.zeros((T, N, len(arguments["w_hidden"]))),
            "d_inputs": np.zeros(arguments["inputs"].shape),
        }
        utterances = []
        with np.errstate(all="ignore"):
            for n in range(N):
                walk = self.walk(n, T, arguments)
                utterance = self.utterance(n, walk, arguments)
                for name in ("hidden", "d_inputs"):
                    results[name][walk, n] = utterance.pop(name)
                utterances.append(utterance)
            for name in utterances[0]:
                stacked = np.array([utterance[name] for utterance in utterances])
                of_state = name in ("h_last", "c_last", "d_h0", "d_c0")
                results[name] = stacked if of_state else self.total(stacked, arguments)
            results["d_bias_hidden"] = results["d_bias"].copy()
            results = self.postprocess(results, arguments)
        return tuple(results.get(name) for name in CANONICAL_RESULTS)

    def preprocess(self, arguments: Arguments) -> Arguments:
        """The arguments as they are used; a copy, free to be changed."""
        return arguments

    def postprocess(self, results: Results, arguments: Arguments) -> Results:
        """The results as they are returned."""
        return results

    def walk(self, n: int, T: int, arguments: Arguments) -> Ints:
        """The frames of utterance n in the order in which they are read."""
        frames = np.arange(int(arguments["lengths"][n]))
        return frames[::-1] if arguments["reverse"] else frames

    def utterance(self, n: int, walk: Ints, arguments: Arguments) -> Results:
        """States and gradients of one utterance, in the order of its walk."""
        x, h0, c0 = arguments["inputs"][walk, n], arguments["h0"][n], arguments["c0"][n]
        run = self.forward(x, h0, c0, arguments)
        h_last, c_last = self.last(run)
        gradients = self.backward(run, *self.upstream(n, walk, arguments), arguments)
        return {"hidden": run.h[1:], "h_last": h_last, "c_last": c_last} | gradients

    def forward(self, x: Floats, h: Floats, c: Floats, arguments: Arguments) -> Pass:
        """Walk from the first state to the last."""
        S, H = len(x), len(c)
        a, gates, output = np.empty((S, 4, H)), np.empty((S, 4, H)), np.empty((S, H))
        run = Pass(x, a, gates, output, np.empty((S + 1, len(h))), np.empty((S + 1, H)))
        run.h[0], run.c[0] = h, c
        for s, frame in enumerate(x):
            a[s], gates[s], run.c[s + 1] = self.gates_and_cell(
                self.preactivation(frame, run.h[s], arguments), run.c[s], arguments
            )
            output[s] = self.output(gates[s], run.c[s], run.c[s + 1])
            projected = arguments["w_projection"] is not None
            run.h[s + 1] = output[s] @ arguments["w_projection"] if projected else output[s]
        return run

    def gates_and_cell(
        self, a: Floats, c: Floats, arguments: Arguments
    ) -> tuple[Floats, Floats, Floats]:
        """What enters the gates (4, H), the gates (4, H), and the new cell, from preactivations."""
        peepholes = arguments["peepholes"]
        if peepholes is not None:
            i, f, o = peepholes.reshape(3, -1)
            a = a + np.stack([i * c, f * c, 0.0 * c, 0.0 * c])
        gates = self.gates(_clipped(a, arguments["gate_clip"]))
        if arguments["coupled"]:
            gates[1] = 1.0 - gates[0]
        c = _clipped(self.cell(gates, c), arguments["cell_clip"])
        if peepholes is not None:
            a[3] += o * c
            gates[3] = self.gates(_clipped(a, arguments["gate_clip"]))[3]
        return a, gates, c

    def preactivation(self, x: Floats, h: Floats, arguments: Arguments) -> Floats:
        """(4, H): what frame and hidden state send to the gates."""
        weighted = x @ arguments["w_input"] + h @ arguments["w_hidden"]
        a = weighted + arguments["bias"] + arguments["bias_hidden"]
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

    def upstream(self, n: int, walk: Ints, arguments: Arguments) -> tuple[Floats, Floats, Floats]:
        """Gradient in each output of the walk (S, H), and in the last h and c (H,)."""
        return arguments["d_hidden"][walk, n], arguments["d_h_last"][n], arguments["d_c_last"][n]

    def backward(
        self, run: Pass, d_hidden: Floats, d_h: Floats, d_c: Floats, arguments: Arguments
    ) -> Results:
        """Walk back and collect the gradients."""
        d_a, d_hs = np.zeros(run.gates.shape), np.zeros((len(run.gates), len(d_h)))
        for s in reversed(range(len(run.gates))):
            d_h = d_hs[s] = self.upstream_sum(d_h, d_hidden[s], s)
            d_a[s], d_c = self.step_back(run, d_h, d_c, s, arguments)
            d_h = self.hidden_before(d_a[s], arguments)
        flat = d_a.reshape(len(d_a), len(arguments["bias"]))
        gradients = {"d_inputs": flat @ arguments["w_input"].T, "d_h0": d_h, "d_c0": d_c}
        if arguments["w_projection"] is not None:
            gradients["d_w_projection"] = run.output.T @ d_hs
        if arguments["peepholes"] is not None:
            cells = run.c[:-1], run.c[:-1], run.c[1:]
            products = (d_a[:, gate] * c for gate, c in zip((0, 1, 3), cells, strict=True))
            gradients["d_peepholes"] = np.concatenate([product.sum(axis=0) for product in products])
        return gradients | self.sums(run, flat)

    def step_back(
        self, run: Pass, d_h: Floats, d_c: Floats, s: int, arguments: Arguments
    ) -> tuple[Floats, Floats]:
        """Gradient in what enters the gates of step s (4, H), and in the cell before."""
        gates, (c_before, c) = run.gates[s], run.c[s : s + 2]
        d_output = d_h if arguments["w_projection"] is None else arguments["w_projection"] @ d_h
        slopes = self.slopes(gates)
        if arguments["gate_clip"] is not None:
            slopes = slopes * (np.abs(run.a[s]) < arguments["gate_clip"])
        d_c = self.into_cell(d_c, d_output, gates, c)
        if arguments["peepholes"] is not None:
            i, f, o = arguments["peepholes"].reshape(3, -1)
            d_c = d_c + o * (self.into_gates(d_c, d_output, gates, c_before, c) * slopes)[3]
        if arguments["cell_clip"] is not None:
            d_c = d_c * (np.abs(c) < arguments["cell_clip"])
        into = self.into_gates(d_c, d_output, gates, c_before, c)
        if arguments["coupled"]:
            into[:2] = into[0] - into[1], 0.0 * into[1]
        d_a = into * slopes
        d_c = self.cell_before(d_c, gates, s)
        if arguments["peepholes"] is not None:
            d_c = d_c + i * d_a[0] + f * d_a[1]
        return d_a, d_c

    def upstream_sum(self, d_h: Floats, d_output: Floats, s: int) -> Floats:
        """Gradient in h of step s: from the step after, and from above."""
        return d_h + d_output

    def into_cell(self, d_c: Floats, d_h: Floats, gates: Floats, c: Floats) -> Floats:
        """Gradient in c: from the step after, and through the output."""
        return np.asarray(d_c + d_h * gates[3] * (1.0 - np.tanh(c) ** 2))

    def into_gates(
        self, d_c: Floats, d_h: Floats, gates: Floats, c_before: Floats, c: Floats
    ) -> Floats:
        """(4, H): gradient in the opened gates."""
        i, _, g, _ = gates
        return np.stack([d_c * g, d_c * c_before, d_c * i, d_h * np.tanh(c)])

    def slopes(self, gates: Floats) -> Floats:
        """(4, H): slope of the sigmoid or tanh of each gate."""
        i, f, g, o = gates
        return np.stack([i * (1.0 - i), f * (1.0 - f), 1.0 - g * g, o * (1.0 - o)])

    def cell_before(self, d_c: Floats, gates: Floats, s: int) -> Floats:
        """What passes to c of the step before."""
        return np.asarray(d_c * gates[1])

    def hidden_before(self, d_a: Floats, arguments: Arguments) -> Floats:
        """What passes to h of the step before."""
        return np.asarray(arguments["w_hidden"] @ d_a.ravel())

    def sums(self, run: Pass, d_a: Floats) -> Results:
        """Gradients of the weights from all steps of one utterance."""
        return {
            "d_w_input": run.x.T @ d_a,
            "d_w_hidden": run.h[:-1].T @ d_a,
            "d_bias": d_a.sum(axis=0),
        }

    def total(self, parts: Floats, arguments: Arguments) -> Floats:
        """Gradient of a weight from those of all utterances (N, ...)."""
        return np.asarray(parts.sum(axis=0))


def plain_lstm(*arguments: Any) -> tuple[Floats, ...]:
    """`PlainLSTM` as an adapter: the right answer without any compiled kernel."""
    return tuple(result for result in PlainLSTM()(*arguments) if result is not None)


def _clipped(values: Floats, limit: float | None) -> Floats:
    return values if limit is None else np.clip(values, -limit, limit)
