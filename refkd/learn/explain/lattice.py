"""The states of CTC, and the moves by which alpha and beta go from frame to frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from refkd.check import Floats
from refkd.learn.explain.classes import Classes
from refkd.learn.explain.narration import Cell, Step, Table, frames_heads
from refkd.losses.traces import CTCTrace


@dataclass(frozen=True)
class Lattice:
    """Log-probabilities (T, K) in nats, their trace, and the frames narrated one by one."""

    logp: Floats
    trace: CTCTrace
    blank: int
    names: Sequence[str]
    frames: range

    def passes(self) -> Iterator[Step]:
        """The states, then alpha forward and beta backward."""
        T = len(self.logp)
        yield self._states()
        for t in self.frames:
            yield self._arriving(t) if t > 0 else self._beginning()
        for t in reversed(self.frames):
            yield self._leaving(t) if t < T - 1 else self._ending()

    @property
    def rows(self) -> list[str]:
        """Heads of the states."""
        return [f"{s} {self.names[k]}" for s, k in enumerate(self.trace.states)]

    @property
    def times(self) -> list[str]:
        """Heads of the frames."""
        return frames_heads("t", self.frames)

    @property
    def classes(self) -> Classes:
        """Those of the labels, and the blank."""
        return Classes.among(self.trace.states, self.blank, self.names)

    def by_state(self, table: Floats) -> Floats:
        """(T, S) as rows of states under the narrated frames."""
        return table[list(self.frames)].T

    def by_class(self, table: Floats) -> Floats:
        """(T, K) as rows of classes under the narrated frames."""
        return self.classes.summed(table[list(self.frames)]).T

    def refusal(self, s: int) -> str | None:
        """Why no skip leads to state s: "" where there is no such move; None if one does."""
        states = self.trace.states
        if s < 2 or s >= len(states):
            return ""
        if states[s] == self.blank:
            return "no: blank"
        return "no: repeat" if states[s] == states[s - 2] else None

    def _places(self) -> range:
        return range(len(self.trace.states))

    def _emitted(self) -> Iterator[tuple[int, int]]:
        return ((s, int(k)) for s, k in enumerate(self.trace.states))

    def _states(self) -> Step:
        skips = [{None: "yes", "": None}.get(why, why) for why in map(self.refusal, self._places())]
        emits = [self.names[k] for k in self.trace.states]
        table = Table(
            "states", "s", self.rows, ["emits", "skip from s-2"], zip(emits, skips, strict=True)
        )
        return Step(
            "Labels with blanks",
            "There is a blank before and after each label, and a path moves through these states. "
            "It may skip a state only from a label to a different label: it must not skip a label, "
            "nor the blank that separates two equal labels.",
            ("C1", "C2"),
            (table,),
        )

    def _beginning(self) -> Step:
        alpha = self.trace.log_alpha[0]
        cells = [[self.logp[0, k], alpha[s], np.exp(alpha[s])] for s, k in self._emitted()]
        return Step(
            "alpha at frame 0",
            "A path begins at the first blank or the first label. No other state can be reached.",
            ("C3",),
            (Table("log_alpha[0, s]", "s", self.rows, ["logp", "log_alpha", "alpha"], cells),),
        )

    def _arriving(self, t: int) -> Step:
        alpha = self.trace.log_alpha
        before, cells = alpha[t - 1], []
        for s, k in self._emitted():
            moves = self._moves(before, (s, s - 1, s - 2), self.refusal(s))
            cells.append([*moves, self.logp[t, k], alpha[t, s], np.exp(alpha[t, s])])
        columns = ["stay s", "step s-1", "skip s-2", "logp", "log_alpha", "alpha"]
        return Step(
            f"alpha at frame {t}",
            f"A path comes to state s from a state at frame {t - 1}: it stays, steps or skips. The "
            "first three columns are log_alpha of these states. Their log_add plus the logp of "
            "the emission is the new log_alpha, which adds up all beginnings that end here.",
            ("C4",),
            (Table(f"log_alpha[{t}, s]", "s", self.rows, columns, cells),),
        )

    def _ending(self) -> Step:
        T, beta = len(self.logp), self.trace.log_beta[-1]
        cells = [[value, np.exp(value)] for value in beta]
        return Step(
            f"beta at frame {T - 1}",
            "A path ends at the last label or the last blank. beta does not include the emission "
            "of its own frame, so there it is 1, and its logarithm is 0.",
            ("C5",),
            (Table(f"log_beta[{T - 1}, s]", "s", self.rows, ["log_beta", "beta"], cells),),
        )

    def _leaving(self, t: int) -> Step:
        beta, states = self.trace.log_beta, self.trace.states
        onward, cells = beta[t + 1] + self.logp[t + 1, states], []
        for s in self._places():
            moves = self._moves(onward, (s, s + 1, s + 2), self.refusal(s + 2))
            cells.append([*moves, beta[t, s], np.exp(beta[t, s])])
        columns = ["stay s", "step s+1", "skip s+2", "log_beta", "beta"]
        return Step(
            f"beta at frame {t}",
            f"A path goes on to a state at frame {t + 1}. The first three columns are onward of "
            "these states, which includes the emission there. Their log_add is log_beta, which "
            "adds up all ways to continue from here.",
            ("C6",),
            (Table(f"log_beta[{t}, s]", "s", self.rows, columns, cells),),
        )

    def _moves(self, values: Floats, ends: Sequence[int], refused: str | None) -> list[Cell]:
        """What three moves bring; None where there is no such state."""
        cells: list[Cell] = [values[s] if 0 <= s < len(values) else None for s in ends]
        if refused:
            cells[2] = refused
        return cells
