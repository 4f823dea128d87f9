"""Time one training step (forward, CTC, backward) of refkd against PyTorch on the CPU.

    python docs/benchmarks/training_step.py [--threads 1 2] [--hidden 96] [--padded]

Both libraries hold the same weights and hear the same ragged batch. Gradients are compared first,
in float64 and float32. Then the two take turns, step by step, and the medians of their times and of
the ratios are printed. Needs torch; each number of threads runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

UTTERANCES, INPUTS, LABELS, LAYERS = 16, 80, 51, 2
SHORTEST, LONGEST = 75, 150  # frames


def batch() -> tuple[list[Any], list[Any]]:
    """Features (T, D) and label sequences of every utterance."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(SHORTEST, LONGEST + 1, UTTERANCES)
    features = [rng.standard_normal((frames, INPUTS)) for frames in lengths]
    return features, [rng.integers(1, LABELS, frames // 5) for frames in lengths]


def refkd_step(net: Any, features: list[Any], labels: list[Any]) -> Callable[[], Any]:
    """One step as a function that returns the gradients by name."""
    import refkd

    heard = refkd.Ragged.from_list([frames.astype(net.dtype) for frames in features])
    targets = refkd.Ragged.from_list(labels)

    def step() -> Any:
        trace = net.forward(heard)
        _, d_logits = refkd.ctc_loss_batch(trace.logits, targets)
        return net.backward(trace, d_logits)

    return step


class TorchStep:
    """The same step by torch.nn.LSTM and CTCLoss, packed or padded."""

    def __init__(self, net: Any, features: list[Any], labels: list[Any], form: str) -> None:
        import torch

        self.torch, self.form = torch, form
        self.dtype = torch.float32 if net.dtype == np.float32 else torch.float64
        self.features = [torch.tensor(frames, dtype=self.dtype) for frames in features]
        self.lengths = torch.tensor([len(row) for row in features])
        self.targets = torch.tensor(np.concatenate(labels))
        self.target_lengths = torch.tensor([len(row) for row in labels])
        self.loss = torch.nn.CTCLoss(reduction="sum")
        self.directions = net.directions
        width = net.hidden * len(net.directions)
        self.output = torch.nn.Linear(width, net.outputs, dtype=self.dtype)
        if form == "packed":
            both = net.bidirectional
            layers = [
                torch.nn.LSTM(
                    net.inputs, net.hidden, net.layers, bidirectional=both, dtype=self.dtype
                )
            ]
        else:  # one padded pass for each layer and direction, the second over reversed frames
            layers = [
                torch.nn.LSTM(net.inputs if layer == 0 else width, net.hidden, dtype=self.dtype)
                for layer in range(net.layers)
                for _ in net.directions
            ]
        self.layers = torch.nn.ModuleList(layers)
        self._set(net.parameters())
        steps = torch.arange(int(self.lengths.max()))[:, None]
        self.mirror = torch.where(steps < self.lengths, self.lengths - 1 - steps, steps)[..., None]

    def named(self) -> dict[str, Any]:
        """Our names for torch's parameters."""
        named = {"output.w": self.output.weight, "output.bias": self.output.bias}
        for layer in range(LAYERS):
            for s, direction in enumerate(self.directions):
                if self.form == "packed":
                    module, suffix = self.layers[0], f"l{layer}{'_reverse' if s else ''}"
                else:
                    module, suffix = self.layers[layer * len(self.directions) + s], "l0"
                for ours, theirs in (
                    ("w_input", "weight_ih"),
                    ("w_hidden", "weight_hh"),
                    ("bias", "bias_ih"),
                ):
                    parameter = getattr(module, f"{theirs}_{suffix}")
                    named[f"layer{layer}.{direction}.{ours}"] = parameter
        return named

    def _set(self, values: dict[str, Any]) -> None:
        for name, parameter in self.layers.named_parameters():
            if "bias_hh" in name:
                parameter.data.zero_()
        for name, parameter in self.named().items():
            parameter.data.copy_(self.torch.tensor(values[name].T))

    def _states(self) -> Any:
        """Top hidden states, padded (T, N, S H)."""
        rnn = self.torch.nn.utils.rnn
        if self.form == "packed":
            packed = rnn.pack_sequence(self.features, enforce_sorted=False)
            return rnn.pad_packed_sequence(self.layers[0](packed)[0])[0]
        heard = rnn.pad_sequence(self.features)
        for layer in range(LAYERS):
            modules = self.layers[layer * len(self.directions) :]
            states = [modules[0](heard)[0]]
            if len(self.directions) == 2:
                mirrored = heard.gather(0, self.mirror.expand_as(heard))
                backward = modules[1](mirrored)[0]
                states.append(backward.gather(0, self.mirror.expand_as(backward)))
            heard = self.torch.cat(states, dim=-1)
        return heard

    def __call__(self) -> dict[str, Any]:
        for parameter in (*self.layers.parameters(), *self.output.parameters()):
            parameter.grad = None
        logp = self.output(self._states()).log_softmax(-1)
        self.loss(logp, self.targets, self.lengths, self.target_lengths).backward()
        return {name: parameter.grad.numpy().T for name, parameter in self.named().items()}


def largest_deviation(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Over all parameters, relative to the largest entry of each gradient."""
    return max(
        float(np.abs(ours[name] - theirs[name]).max() / np.abs(theirs[name]).max())
        for name in theirs
    )


def measure(hidden: int, bidirectional: bool, forms: list[str], repeats: int) -> None:
    import refkd

    features, labels = batch()
    for dtype, limit in ((np.float64, 1e-9), (np.float32, 1e-4)):
        net = refkd.Network.create(
            INPUTS, hidden, LAYERS, LABELS, bidirectional, seed=1, dtype=dtype
        )
        ours = refkd_step(net, features, labels)
        rivals = {form: TorchStep(net, features, labels, form) for form in forms}
        for form, rival in rivals.items():
            deviation = largest_deviation(ours(), rival())
            if not deviation <= limit:
                sys.exit(f"{form} {dtype.__name__}: gradients differ by {deviation:.2g}")
    times: dict[str, list[float]] = {form: [] for form in ["refkd", *forms]}
    for _ in range(repeats):
        for form, step in {"refkd": ours, **rivals}.items():
            start = time.perf_counter()
            step()
            times[form].append(1e3 * (time.perf_counter() - start))
    for form in forms:
        ratio = np.median(np.array(times[form]) / np.array(times["refkd"]))
        print(
            f"{'Bi' if bidirectional else 'Uni'}LSTM {LAYERS} x {hidden:<4}"
            f"{os.environ['NUMBA_NUM_THREADS']} threads"
            f"  refkd {np.median(times['refkd']):7.1f} ms"
            f"  torch {form:7}{np.median(times[form]):7.1f} ms  ratio {ratio:.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--hidden", type=int, nargs="+", default=[96])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--padded", action="store_true", help="also against padded torch")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        import torch

        torch.set_num_threads(int(os.environ["NUMBA_NUM_THREADS"]))
        measure(**json.loads(options.child))
        return
    for threads in options.threads:
        environment = os.environ | dict.fromkeys(
            ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)
        )
        for hidden in options.hidden:
            for bidirectional in (True, False):
                task = {
                    "hidden": hidden,
                    "bidirectional": bidirectional,
                    "forms": ["packed", "padded"] if options.padded else ["packed"],
                    "repeats": options.repeats,
                }
                command = [sys.executable, __file__, "--child", json.dumps(task)]
                subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()
