"""PyTorch's CTC as adapters: copy one, change the line that computes the loss."""

from typing import Any

import torch


def ctc_loss(
    logits: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int, d_loss: Any
) -> tuple[Any, Any]:
    """`torch.nn.functional.ctc_loss` behind `log_softmax`, with the gradient in the logits."""
    x = torch.tensor(logits, requires_grad=True)
    log_probs = x.log_softmax(dim=2)
    loss = _loss(log_probs, labels, input_lengths, label_lengths, blank)
    return _with_gradient(loss, x, d_loss)


def ctc_loss_of_log_probs(
    logits: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int, d_loss: Any
) -> tuple[Any, Any]:
    """`torch.nn.functional.ctc_loss` alone: log-probabilities in, their gradient out."""
    x = torch.tensor(logits, requires_grad=True)
    loss = _loss(x, labels, input_lengths, label_lengths, blank)
    return _with_gradient(loss, x, d_loss)


def _loss(log_probs: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int) -> Any:
    return torch.nn.functional.ctc_loss(
        log_probs,
        torch.tensor(labels),
        torch.tensor(input_lengths),
        torch.tensor(label_lengths),
        blank=blank,
        reduction="none",
    )


def _with_gradient(loss: Any, x: Any, d_loss: Any) -> tuple[Any, Any]:
    loss.backward(torch.ones_like(loss) if d_loss is None else torch.tensor(d_loss))
    return loss.detach().numpy(), x.grad.numpy()
