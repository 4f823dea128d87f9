"""PyTorch's LSTM as an adapter: copy it, change the lines that make and run the layer."""

WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def lstm(
    inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, d_hidden, d_h, d_c
):
    """One direction of `torch.nn.LSTM` over packed utterances, and all gradients."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    torch.set_num_threads(1)  # the cases are small
    (T, _, D), H = inputs.shape, h0.shape[1]
    x, h, c = (torch.tensor(value, requires_grad=True) for value in (inputs, h0, c0))
    layer = torch.nn.LSTM(D, H, bidirectional=bool(reverse), dtype=x.dtype)
    weights = [getattr(layer, name + "_reverse" * reverse) for name in WEIGHTS]
    with torch.no_grad():
        for weight, value in zip(weights, (w_input, w_hidden, bias, bias_hidden), strict=True):
            weight.copy_(torch.tensor(value))
    packed = pack_padded_sequence(x, lengths.tolist(), enforce_sorted=False)
    first = (torch.stack([h] * (1 + reverse)), torch.stack([c] * (1 + reverse)))
    outputs, (h_last, c_last) = layer(packed, first)
    hidden, _ = pad_packed_sequence(outputs, total_length=T)
    states = (hidden[..., H * reverse :], h_last[reverse], c_last[reverse])
    above = [torch.tensor(gradient) for gradient in (d_hidden, d_h, d_c)]
    gradients = torch.autograd.grad(states, [x, *weights, h, c], above)
    return tuple(result.detach().numpy() for result in (*states, *gradients))
