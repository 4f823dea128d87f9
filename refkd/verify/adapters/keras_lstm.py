"""The LSTM of Keras on its TensorFlow backend: copy it, change the lines that run the layer."""

import numpy as np

GRAPH_FROM = 100  # frames: fewer cost less than to trace a graph, many would cost a minute


def lstm(
    inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, d_hidden, d_h, d_c
):
    """`keras.layers.LSTM` behind a mask, `go_backwards` for the backward direction."""
    import keras
    import tensorflow as tf

    if bias_hidden is not None:
        raise NotImplementedError("one bias")
    layer = keras.layers.LSTM(
        len(w_hidden),
        return_sequences=True,
        return_state=True,
        go_backwards=bool(reverse),
        dtype=inputs.dtype.name,
    )
    layer.build(inputs.shape)
    layer.set_weights([w_input, w_hidden, bias])
    mask = np.arange(inputs.shape[1]) < lengths[:, None]

    def run(x, h, c):
        weights = [weight.value for weight in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch([x, h, c])
            states = layer(x, mask=mask, initial_state=[h, c])
        return states, tape.gradient(
            states, [x, *weights, h, c], output_gradients=[d_hidden, d_h, d_c]
        )

    if inputs.shape[1] > GRAPH_FROM:
        run = tf.function(run)
    states, gradients = run(*map(tf.constant, (inputs, h0, c0)))
    d_inputs, d_w_input, d_w_hidden, d_bias, *d_first = (gradient.numpy() for gradient in gradients)
    d_weights = (d_w_input, d_w_hidden, d_bias, None)
    return *(state.numpy() for state in states), d_inputs, *d_weights, *d_first
