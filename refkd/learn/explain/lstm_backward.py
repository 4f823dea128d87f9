"""The backward pass of an LSTM term by term: one frame of `refkd.lstm_grad` at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from refkd.check import Floats
from refkd.learn.explain.narration import Step, Table
from refkd.networks.lstm import lstm_grad
from refkd.networks.lstm_params import LSTMParams
from refkd.networks.traces import LSTMGrads, LSTMTrace


def state_before(trace: LSTMTrace, t: int) -> tuple[Floats, Floats]:
    """Hidden and cell state before frame t."""
    before = t + 1 if trace.reverse else t - 1
    if 0 <= before < len(trace.hidden):
        return trace.hidden[before], trace.cell[before]
    return trace.h0, trace.c0


def unit_heads(hidden: int) -> list[str]:
    """Heads of the hidden units."""
    return [f"unit {j}" for j in range(hidden)]


@dataclass(frozen=True)
class Backward:
    """All that the steps of the backward pass need; `above` (T, H) is the gradient in hidden."""

    params: LSTMParams
    trace: LSTMTrace
    above: Floats

    def steps(self, order: Sequence[int]) -> Iterator[Step]:
        """Two steps for each frame of the pass, the last one first."""
        T = len(self.above)
        d_h = d_c = np.zeros(self.params.hidden)
        for t in range(T) if self.trace.reverse else reversed(range(T)):
            grads = self.one_frame(t, d_h, d_c)
            if t in order:
                yield self._states(t, d_h, d_c)
                yield self._gates(t, d_h, d_c, grads)
            d_h, d_c = grads.h0, grads.c0

    def one_frame(self, t: int, d_h: Floats, d_c: Floats) -> LSTMGrads:
        """Carry the gradient that came from the next frame back through frame t alone.

        For a single frame the gradient in the bias is da_t, and the gradient in the state before
        it is what the frame passes on.
        """
        trace, here = self.trace, slice(t, t + 1)
        h, c = state_before(trace, t)
        alone = LSTMTrace(
            trace.inputs[here], h, c, trace.reverse, trace.gates[here], trace.cell[here],
            trace.hidden[here],
        )  # fmt: skip
        return lstm_grad(self.params, alone, self.above[here], d_h, d_c)

    def _reaching(self, t: int, d_h: Floats, d_c: Floats) -> tuple[Floats, Floats, Floats]:
        """dh_t, the part of dc_t that comes through h_t, and dc_t."""
        o, tanh_c = np.split(self.trace.gates[t], 4)[3], np.tanh(self.trace.cell[t])
        hidden = d_h + self.above[t]
        shown = hidden * (o - o * tanh_c**2)
        return hidden, shown, d_c + shown

    def _states(self, t: int, d_h: Floats, d_c: Floats) -> Step:
        hidden, shown, cell = self._reaching(t, d_h, d_c)
        terms = {"r_t": self.above[t], "dh_next": d_h, "dh_t": hidden}
        others = {"dc_next": d_c, "through h": shown, "dc_t": cell}
        return Step(
            f"Backward, frame {t}: hidden state and cell",
            "r_t is the gradient from above; dh_next and dc_next come from the next frame of the "
            "pass. h_t is o tanh(c_t), so the gradient in h_t also gives a part of the gradient in "
            "c_t: times the output gate, times the slope of tanh.",
            ("L8", "L9"),
            (
                Table("dh_t", "", list(terms), self._units, list(terms.values())),
                Table("dc_t", "", list(others), self._units, list(others.values())),
            ),
        )

    @property
    def _units(self) -> list[str]:
        return unit_heads(self.params.hidden)

    def _gates(self, t: int, d_h: Floats, d_c: Floats, grads: LSTMGrads) -> Step:
        i, f, g, o = np.split(self.trace.gates[t], 4)
        hidden, _, cell = self._reaching(t, d_h, d_c)
        before, tanh_c = state_before(self.trace, t)[1], np.tanh(self.trace.cell[t])
        d_i, d_f, d_g, d_o = np.split(grads.bias, 4)
        factors = {
            "da_i": (cell, g, i - i * i, d_i),
            "da_f": (cell, before, f - f * f, d_f),
            "da_g": (cell, i, 1.0 - g * g, d_g),
            "da_o": (hidden, tanh_c, o - o * o, d_o),
        }
        columns = ["dc_t or dh_t", "times", "slope", "gradient"]
        rows, cells = [], []
        for name, terms in factors.items():
            for j in range(self.params.hidden):
                rows.append(name if self.params.hidden == 1 else f"{name} {j}")
                cells.append([term[j] for term in terms])
        passed = Table(
            "passed to the frame before",
            "",
            ["dc_next = dc_t f", "dh_next = da_t W_h^T"],
            self._units,
            [grads.c0, grads.h0],
        )
        return Step(
            f"Backward, frame {t}: gates and the frame before",
            "Each gate is used in one product. The gradient in its preactivation is that of the "
            "product, times the other factor (g, c before, i, tanh c), times the slope of its own "
            "sigmoid or tanh.",
            ("L10", "L11", "L12", "L13", "L14", "L15"),
            (Table("gradient before sigmoid and tanh", "", rows, columns, cells), passed),
        )
