"""Flax's LSTM as adapters: copy one, change the lines that make and run the layer."""

from functools import cache, partial

import numpy as np

GATES = "ifgo"
QUICKLY = {"xla_backend_optimization_level": 0}  # to optimise takes longer than to run all cases


def lstm(
    inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, d_hidden, d_h, d_c
):
    """`flax.linen.RNN` over an OptimizedLSTMCell, compiled for each shape, and all gradients."""
    import jax

    if bias_hidden is not None:
        raise NotImplementedError("one bias")
    with jax.enable_x64(inputs.dtype == np.float64):
        results = _compiled()(
            (inputs, w_input, w_hidden, bias, h0, c0),
            (d_hidden, d_h, d_c),
            lengths,
            reverse=bool(reverse),
        )
    hidden, h_last, c_last, d_inputs, d_w_input, d_w_hidden, d_bias, *d_first = map(
        np.asarray, results
    )
    d_weights = (d_w_input, d_w_hidden, d_bias, None)
    return hidden, h_last, c_last, d_inputs, *d_weights, *d_first


@cache
def _compiled():
    """The layer and its gradients, compiled for each shape."""
    import jax
    from flax import linen

    @partial(jax.jit, static_argnames="reverse", compiler_options=QUICKLY)
    def run(values, above, lengths, reverse):
        def layer(x, w, u, b, h, c):
            H = len(u)
            cell = {}
            for n, gate in enumerate(GATES):
                block = slice(n * H, (n + 1) * H)
                cell["i" + gate] = {"kernel": w[:, block]}
                cell["h" + gate] = {"kernel": u[:, block], "bias": b[block]}
            rnn = linen.RNN(linen.OptimizedLSTMCell(H), time_major=True, return_carry=True)
            (c_last, h_last), hidden = rnn.apply(
                {"params": {"cell": cell}},
                x,
                initial_carry=(c, h),
                seq_lengths=lengths,
                reverse=reverse,
                keep_order=True,
            )
            return hidden, h_last, c_last

        states, backward = jax.vjp(layer, *values)
        return *states, *backward(above)

    return run
