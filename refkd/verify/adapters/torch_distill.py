"""PyTorch's kl_div as adapters: copy one, change the line that computes the loss."""

import math


def distill(student, teacher, lengths, rule):
    """Rules over `torch.nn.functional.kl_div` with the teacher's probabilities."""
    return _distill(student, teacher, lengths, rule, log_target=False)


def distill_log_target(student, teacher, lengths, rule):
    """The same with the teacher's log-probabilities: NaN where it rules a class out."""
    return _distill(student, teacher, lengths, rule, log_target=True)


def kl_div(student, teacher, lengths, rule):
    """`torch.nn.KLDivLoss(reduction="sum")` alone, frame by frame, with a mask.

    Log-probabilities of the student and probabilities of the teacher come in; the gradient is in
    the log-probabilities.
    """
    import torch

    _refuse(rule, ("FrameWise",), temperature=False)
    log_q = torch.tensor(student, requires_grad=True)
    terms = torch.nn.functional.kl_div(log_q, torch.tensor(teacher), reduction="none")
    loss = _masked(terms.sum(dim=2), lengths).sum(dim=0)
    loss.sum().backward()
    return loss.detach().numpy(), log_q.grad.numpy()


def _distill(student, teacher, lengths, rule, log_target):
    import torch

    _refuse(rule, ("FrameWise", "Shift", "Hard", "TopK", "Soft"), temperature=True)
    z, y = (torch.tensor(logits, requires_grad=True) for logits in (student, teacher))
    loss, chosen = zip(
        *(
            _loss(z[:length, n], y[:length, n].detach(), rule, log_target)
            for n, length in enumerate(lengths.tolist())
        ),
        strict=True,
    )
    losses = torch.stack(loss)
    losses.sum().backward()
    pairs = [
        torch.nn.functional.pad(torch.nonzero(mask), (1, 0), value=n)
        for n, mask in enumerate(chosen)
    ]
    teacher_grad = None if y.grad is None else y.grad.numpy()
    return losses.detach().numpy(), z.grad.numpy(), torch.cat(pairs).numpy(), teacher_grad


def _loss(z, y, rule, log_target):
    """Loss of one utterance, and which (student frame, teacher frame) were selected."""
    import torch

    T, temperature = len(z), rule["temperature"]
    log_q = torch.log_softmax(z / temperature, dim=1)[:, None].expand(T, T, -1)
    log_p = torch.log_softmax(y / temperature, dim=1)[None].expand(T, T, -1)
    target = log_p if log_target else log_p.exp()
    every = torch.nn.functional.kl_div(log_q, target, reduction="none", log_target=log_target)
    seen = _window(rule, T)
    D = torch.where(seen, every.sum(dim=2), math.inf)
    chosen, loss = seen, D[seen].sum()
    if rule["rule"] in ("Hard", "TopK"):
        chosen = _nearest_first(D.detach(), rule.get("k", 1))
        cost = torch.where(chosen, D, math.inf)
        weight = torch.nan_to_num(torch.softmax(-cost.detach() / _tau(rule, cost), dim=1))
        loss = (weight[chosen] * D[chosen]).sum()
    elif rule["rule"] == "Soft":
        rows = seen.any(dim=1)
        D, count = D[rows], seen[rows].sum(dim=1).to(D.dtype)
        if rule["tau"] is None:
            loss = (torch.where(seen[rows], D, 0.0).sum(dim=1) / count).sum()
        else:
            tau = rule["tau"]
            loss = (tau * (count.log() - torch.logsumexp(-D / tau, dim=1))).sum()
    return loss * (temperature**2 if rule["scale_t2"] else 1.0), chosen


def _window(rule, T):
    """(T, T): which teacher frames a student frame sees."""
    import torch

    left, right = {
        "FrameWise": lambda: (0, 0),
        "Shift": lambda: (rule["d"], -rule["d"]),
    }.get(rule["rule"], lambda: (T, T) if rule["window"] == "whole" else rule["window"])()
    lag = torch.arange(T)[:, None] - torch.arange(T)
    return (lag <= left) & (lag >= -right)


def _nearest_first(D, k):
    """(T, T): the k smallest of each row; ties to the frame nearest to it, then the earlier."""
    import torch

    T = len(D)
    chosen = torch.zeros(T, T, dtype=torch.bool)
    for t, row in enumerate(D):
        near = sorted(range(T), key=lambda u: (abs(u - t), u))
        order = sorted(near, key=lambda u: float(row[u]))
        first = [u for u in order if row[u] != math.inf][:k]
        chosen[t, first] = True
    return chosen


def _tau(rule, cost):
    """Temperature of the weights; at inf, they are equal."""
    import torch

    if rule.get("tau") is not None:
        return rule["tau"]
    return torch.where(cost < math.inf, math.inf, 1.0)


def _masked(values, lengths):
    import torch

    there = torch.arange(len(values))[:, None] < torch.tensor(lengths)
    return torch.where(there, values, 0.0)


def _refuse(rule, rules, temperature):
    """Refuse what the adapter does not offer."""
    if rule["rule"] not in rules or rule["divergence"] != "kl" or rule["blank_frames"] != "keep":
        raise NotImplementedError(f"only {', '.join(rules)} with kl, and no blank frames")
    if not temperature and (rule["temperature"] != 1.0 or rule["scale_t2"]):
        raise NotImplementedError("no temperature")
