"""The works of compare.py in PyTorch, eager or through torch.compile.

Each function takes a problem of compare.py, the name of a dtype, a form and whether to compile, and
returns a call that computes losses and gradients.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils import rnn

torch.set_num_threads(
    torch.get_num_threads()
)  # as OMP_NUM_THREADS says; also for the backward pass

Call = Callable[[], dict[str, Any]]


def _losses_and_grads(loss_of: Any, logits: Any, compiled: bool) -> Call:
    """The loss (N,) of each utterance and the gradient of their sum in the logits (N, T, K)."""
    if compiled:
        loss_of = torch.compile(loss_of)

    def run() -> dict[str, Any]:
        logits.grad = None
        losses = loss_of(logits)
        losses.sum().backward()
        return {"losses": losses.detach().numpy(), "grads": logits.grad.numpy()}

    return run


def ctc(problem: Any, dtype: str, form: str, compiled: bool) -> Call:
    """Logits to `ctc_loss`; the form is the only one there is."""
    logits = torch.tensor(problem.logits, dtype=getattr(torch, dtype), requires_grad=True)
    labels = torch.tensor(problem.labels)
    N, T, _ = logits.shape
    lengths = torch.full((N,), T), torch.full((N,), labels.shape[1])

    def losses(logits: Any) -> Any:
        logp = logits.log_softmax(2).transpose(0, 1)
        return functional.ctc_loss(logp, labels, *lengths, reduction="none")

    return _losses_and_grads(losses, logits, compiled)


def distill(problem: Any, dtype: str, form: str, compiled: bool) -> Call:
    """The rule Hard with KL: the teacher frame with the least divergence is selected and gathered.

    The divergences of a window are its negative entropies minus products with the student's
    log-probabilities: of views of W teacher frames each ("unfold"), or of all pairs of frames in
    one batched product, where those outside the window are masked ("bmm").
    """
    student, teacher = (
        torch.tensor(values, dtype=getattr(torch, dtype))
        for values in (problem.student, problem.teacher)
    )
    left, (_, T, K) = problem.left, student.shape
    lag = torch.arange(T)[:, None] - torch.arange(T)
    outside = (lag < 0) | (lag > left)

    def unfold(logq: Any, prob: Any, negentropy: Any) -> Any:
        windows = functional.pad(prob, (0, 0, left, 0)).unfold(1, left + 1, 1)  # (N, T, K, W)
        own = functional.pad(negentropy, (left, 0), value=math.inf).unfold(1, left + 1, 1)
        if compiled:  # fused to one loop, where a product would copy the views
            cross = (logq[..., None] * windows).sum(2)
        else:
            cross = (logq[..., None, :] @ windows)[..., 0, :]
        return torch.arange(T) - left + (own - cross).argmin(2)

    def bmm(logq: Any, prob: Any, negentropy: Any) -> Any:
        divergence = negentropy[:, None] - torch.bmm(logq, prob.transpose(1, 2))
        return divergence.masked_fill(outside, math.inf).argmin(2)

    select = {"unfold": unfold, "bmm": bmm}[form]

    def losses(student: Any) -> Any:
        logq, logp = student.log_softmax(2), teacher.log_softmax(2)
        prob = logp.exp()
        negentropy = (prob * logp).sum(2)
        selected = select(logq.detach(), prob, negentropy)
        target = prob.gather(1, selected[..., None].expand(-1, -1, K))
        return (negentropy.gather(1, selected) - (target * logq).sum(2)).sum(1)

    return _losses_and_grads(losses, student.requires_grad_(), compiled)


def step(problem: Any, dtype: str, form: str, compiled: bool) -> Call:
    """Forward pass, CTC and backward pass of a network; the gradients by name."""
    training = _Step(problem, dtype, form)
    loss = torch.compile(training.loss) if compiled else training.loss
    return partial(training.gradients, loss)


class _Step:
    """`torch.nn.LSTM` over packed sequences, or over padded ones by layer and direction."""

    def __init__(self, problem: Any, dtype: str, form: str) -> None:
        net, self.packed = problem.network, form == "packed"
        self.dtype = getattr(torch, dtype)
        self.features = [torch.tensor(frames, dtype=self.dtype) for frames in problem.features]
        self.lengths = torch.tensor([len(frames) for frames in self.features])
        self.targets = torch.tensor(np.concatenate(problem.labels))
        self.target_lengths = torch.tensor([len(row) for row in problem.labels])
        self.directions, width = net.directions, net.hidden * len(net.directions)
        self.output = torch.nn.Linear(width, net.outputs, dtype=self.dtype)
        make = partial(torch.nn.LSTM, dtype=self.dtype)
        if self.packed:
            layers = [make(net.inputs, net.hidden, net.layers, bidirectional=net.bidirectional)]
        else:  # the second direction over mirrored frames
            layers = [
                make(net.inputs if layer == 0 else width, net.hidden)
                for layer in range(net.layers)
                for _ in net.directions
            ]
        self.layers = torch.nn.ModuleList(layers)
        self.parameters = {"output.w": self.output.weight, "output.bias": self.output.bias}
        for layer in range(net.layers):
            for n, direction in enumerate(net.directions):
                module, suffix = self.layers[0], f"l{layer}{'_reverse' * n}"
                if not self.packed:
                    module, suffix = self.layers[layer * len(net.directions) + n], "l0"
                getattr(module, f"bias_hh_{suffix}").data.zero_()
                for ours, theirs in (
                    ("w_input", "weight_ih"),
                    ("w_hidden", "weight_hh"),
                    ("bias", "bias_ih"),
                ):
                    parameter = getattr(module, f"{theirs}_{suffix}")
                    self.parameters[f"layer{layer}.{direction}.{ours}"] = parameter
        for name, value in net.parameters().items():
            self.parameters[name].data.copy_(torch.tensor(value.T))
        frames = torch.arange(int(self.lengths.max()))[:, None]
        mirror = torch.where(frames < self.lengths, self.lengths - 1 - frames, frames)
        self.mirror = mirror[..., None]

    def states(self) -> Any:
        """Hidden states of the highest layer, padded (T, N, S H)."""
        if self.packed:
            packed = rnn.pack_sequence(self.features, enforce_sorted=False)
            return rnn.pad_packed_sequence(self.layers[0](packed)[0])[0]
        inputs = rnn.pad_sequence(self.features)
        modules = iter(self.layers)
        for forward in modules:
            hidden = [forward(inputs)[0]]
            if len(self.directions) == 2:
                mirrored = inputs.gather(0, self.mirror.expand_as(inputs))
                backward = next(modules)(mirrored)[0]
                hidden.append(backward.gather(0, self.mirror.expand_as(backward)))
            inputs = torch.cat(hidden, dim=-1)
        return inputs

    def loss(self) -> Any:
        logp = self.output(self.states()).log_softmax(2)
        lengths = self.lengths, self.target_lengths
        return functional.ctc_loss(logp, self.targets, *lengths, reduction="sum")

    def gradients(self, loss: Callable[[], Any]) -> dict[str, Any]:
        for parameter in (*self.layers.parameters(), *self.output.parameters()):
            parameter.grad = None
        loss().backward()
        return {name: parameter.grad.numpy().T for name, parameter in self.parameters.items()}
