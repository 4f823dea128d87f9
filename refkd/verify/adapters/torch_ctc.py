"""PyTorch's CTC as adapters: copy one, change the line that computes the loss."""


def ctc_loss(logits, labels, input_lengths, label_lengths, blank, d_loss):
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


def ctc_loss_of_log_probs(logits, labels, input_lengths, label_lengths, blank, d_loss):
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
