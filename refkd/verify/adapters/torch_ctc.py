"""PyTorch's CTC as adapters: copy one, change the line that computes the loss."""

from typing import Any


def ctc_loss(
    logits: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int, d_loss: Any
) -> tuple[Any, Any]:
    """`torch.nn.functional.ctc_loss` behind a log_softmax, with the gradient in the logits."""
    import torch

    x = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.ctc_loss(
        x.log_softmax(dim=2),
        torch.tensor(labels),
        torch.tensor(input_lengths),
        torch.tensor(label_lengths),
        blank=blank,
        reduction="none",
    )
    loss.backward(torch.ones_like(loss) if d_loss is None else torch.tensor(d_loss))
    return loss.detach().numpy(), x.grad.numpy()


def ctc_loss_of_log_probs(
    logits: Any, labels: Any, input_lengths: Any, label_lengths: Any, blank: int, d_loss: Any
) -> tuple[Any, Any]:
    """`torch.nn.functional.ctc_loss` alone: log-probabilities in, the gradient in them out."""
    import torch

    x = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.ctc_loss(
        x,
        torch.tensor(labels),
        torch.tensor(input_lengths),
        torch.tensor(label_lengths),
        blank=blank,
        reduction="none",
    )
    loss.backward(torch.ones_like(loss) if d_loss is None else torch.tensor(d_loss))
    return loss.detach().numpy(), x.grad.numpy()
