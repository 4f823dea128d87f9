"""Paddle's LSTM as an adapter: copy it, change the lines that make and run the layer."""

WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def lstm(
    inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, d_hidden, d_h, d_c
):
    """One direction of `paddle.nn.LSTM` with sequence lengths, and all gradients."""
    import paddle

    D, H = inputs.shape[2], h0.shape[1]
    x, h, c = (paddle.to_tensor(value, stop_gradient=False) for value in (inputs, h0, c0))
    paddle.set_default_dtype(inputs.dtype.name)
    direction = "bidirect" if reverse else "forward"
    layer = paddle.nn.LSTM(D, H, direction=direction, time_major=True)
    weights = [getattr(layer, name + "_reverse" * reverse) for name in WEIGHTS]
    for weight, value in zip(weights, (w_input, w_hidden, bias, bias_hidden), strict=True):
        weight.set_value(value)
    first = (paddle.stack([h] * (1 + reverse)), paddle.stack([c] * (1 + reverse)))
    outputs, (h_last, c_last) = layer(x, first, sequence_length=paddle.to_tensor(lengths))
    states = [outputs[..., H * reverse :], h_last[reverse], c_last[reverse]]
    paddle.autograd.backward(
        states, [paddle.to_tensor(gradient) for gradient in (d_hidden, d_h, d_c)]
    )
    gradients = [leaf.grad for leaf in (x, *weights, h, c)]
    return tuple(result.numpy() for result in (*states, *gradients))
