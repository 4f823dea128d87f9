"""The works of compare.py in JAX, each compiled as a whole by jax.jit.

Each function takes a problem of compare.py, the name of a dtype and a form, and returns a call that
computes losses and gradients.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from jax import lax
from jax import numpy as jnp

Call = Callable[[], dict[str, Any]]


def _compiled(function: Any, arguments: tuple[Any, ...], dtype: str) -> Call:
    """Calls of the compiled function, which returns arrays by name; integers keep their dtype."""
    wide = dtype == "float64"

    def converted(value: Any) -> Any:
        return jnp.asarray(value, dtype if value.dtype.kind == "f" else None)

    with jax.enable_x64(wide):
        arguments = jax.tree.map(converted, arguments)
    compiled = jax.jit(function)

    def run() -> dict[str, Any]:
        with jax.enable_x64(wide):
            results = jax.block_until_ready(compiled(*arguments))
        return {name: np.asarray(value) for name, value in results.items()}

    return run


def _losses_and_grads(losses_of: Any, arguments: tuple[Any, ...], dtype: str) -> Call:
    """The loss (N,) of each utterance and the gradient of their sum in the first argument."""

    def function(logits: Any, *rest: Any) -> Any:
        losses, backward = jax.vjp(lambda x: losses_of(x, *rest), logits)
        return {"losses": losses, "grads": backward(jnp.ones_like(losses))[0]}

    return _compiled(function, arguments, dtype)


def ctc(problem: Any, dtype: str, form: str) -> Call:
    """`optax.ctc_loss`; the form is the only one there is."""

    def losses(logits: Any, labels: Any) -> Any:
        frames, rows = (
            jnp.zeros(shape, logits.dtype) for shape in (logits.shape[:2], labels.shape)
        )
        return optax.ctc_loss(logits, frames, labels, rows)

    return _losses_and_grads(losses, (problem.logits, problem.labels), dtype)


def distill(problem: Any, dtype: str, form: str) -> Call:
    """The rule Hard with KL, as in compare_torch.py; "unfold" is a loop over W shifted copies."""
    left, (_, T, _) = problem.left, problem.student.shape
    lag = np.arange(T)[:, None] - np.arange(T)
    outside = (lag < 0) | (lag > left)

    def unfold(logq: Any, prob: Any, negentropy: Any) -> Any:
        prob = jnp.pad(prob, ((0, 0), (left, 0), (0, 0)))
        own = jnp.pad(negentropy, ((0, 0), (left, 0)), constant_values=jnp.inf)
        divergence = jnp.stack(
            [own[:, w : w + T] - (logq * prob[:, w : w + T]).sum(2) for w in range(left + 1)]
        )
        return jnp.arange(T) - left + divergence.argmin(0)

    def bmm(logq: Any, prob: Any, negentropy: Any) -> Any:
        divergence = negentropy[:, None] - logq @ prob.transpose(0, 2, 1)
        return jnp.where(outside, jnp.inf, divergence).argmin(2)

    select = {"unfold": unfold, "bmm": bmm}[form]

    def losses(student: Any, teacher: Any) -> Any:
        logq, logp = jax.nn.log_softmax(student), jax.nn.log_softmax(teacher)
        prob = jnp.exp(logp)
        negentropy = (prob * logp).sum(2)
        selected = select(lax.stop_gradient(logq), prob, negentropy)
        target = jnp.take_along_axis(prob, selected[..., None], 1)
        own = jnp.take_along_axis(negentropy, selected, 1)
        return (own - (target * logq).sum(2)).sum(1)

    return _losses_and_grads(losses, (problem.student, problem.teacher), dtype)


def step(problem: Any, dtype: str, form: str) -> Call:
    """Forward pass, CTC and backward pass of a network over padded frames; gradients by name.

    The input products of all frames are one product; the recurrence is a `lax.scan`.
    """
    net = problem.network
    T, N = max(map(len, problem.features)), len(problem.features)
    L = max(map(len, problem.labels))
    features, labels = np.zeros((T, N, net.inputs)), np.zeros((N, L), np.int64)
    frame_padding, label_padding = np.ones((N, T)), np.ones((N, L))
    for n, (frames, row) in enumerate(zip(problem.features, problem.labels, strict=True)):
        features[: len(frames), n], labels[n, : len(row)] = frames, row
        frame_padding[n, : len(frames)] = label_padding[n, : len(row)] = 0.0
    lengths, index = np.array([len(frames) for frames in problem.features]), np.arange(T)[:, None]
    mirror = np.where(index < lengths, lengths - 1 - index, index)[..., None]

    def layer(values: Any, name: str, inputs: Any) -> Any:
        w_hidden = values[f"{name}.w_hidden"]
        zero = jnp.zeros((N, net.hidden), inputs.dtype)

        def frame(state: Any, products: Any) -> Any:
            hidden, cell = state
            i, f, g, o = jnp.split(products + hidden @ w_hidden, 4, axis=1)
            cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
            hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
            return (hidden, cell), hidden

        products = inputs @ values[f"{name}.w_input"] + values[f"{name}.bias"]
        return lax.scan(frame, (zero, zero), products)[1]

    def loss(values: Any, inputs: Any, labels: Any, frame_padding: Any, label_padding: Any) -> Any:
        for n in range(net.layers):
            hidden = [layer(values, f"layer{n}.forward", inputs)]
            if net.bidirectional:
                mirrored = jnp.take_along_axis(inputs, mirror, 0)
                backward = layer(values, f"layer{n}.backward", mirrored)
                hidden.append(jnp.take_along_axis(backward, mirror, 0))
            inputs = jnp.concatenate(hidden, axis=2)
        logits = (inputs @ values["output.w"] + values["output.bias"]).transpose(1, 0, 2)
        return optax.ctc_loss(logits, frame_padding, labels, label_padding).sum()

    arguments = net.parameters(), features, labels, frame_padding, label_padding
    return _compiled(jax.grad(loss), arguments, dtype)
