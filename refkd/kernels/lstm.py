"""The LSTM of one utterance, forward and backward through time. Equations: docs/course/lstm.md.

Gates lie side by side in the order i, f, g, o, each H wide. A batch walks four utterances at a
time, which share each pass through the recurrent weights; their bits are those of one alone.
"""

from numba import prange

from refkd.kernels.compile import kernel
from refkd.kernels.matmul import add_four_rows, add_vector_matmul
from refkd.kernels.numeric import sigmoid, tanh


@kernel
def four_parts(row):
    """Views of i, f, g, o in one row of gates."""
    H = row.size // 4
    return row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]


@kernel(contract=True)
def step_forward(gates, c_before, cell, hidden):
    """Open the gates of one frame in place and fill its cell and hidden state."""
    i, f, g, o = four_parts(gates)
    H = cell.size
    for j in range(2 * H):
        gates[j] = sigmoid(gates[j])  # (L2) (L3)
    for j in range(H):
        g[j] = tanh(g[j])  # (L4)
    for j in range(H):
        o[j] = sigmoid(o[j])  # (L5)
    for j in range(H):
        cell[j] = f[j] * c_before[j] + i[j] * g[j]  # (L6)
    for j in range(H):
        hidden[j] = o[j] * tanh(cell[j])  # (L7)


@kernel(contract=True)
def step_backward(gates, c_before, cell, d_hidden, d_gates, d_h, d_c):
    """Fill d_gates of one frame; d_c passes on to the frame before, d_h is emptied for it."""
    i, f, g, o = four_parts(gates)
    d_i, d_f, d_g, d_o = four_parts(d_gates)
    for j in range(cell.size):
        tanh_c = tanh(cell[j])
        d_hj = d_h[j] + d_hidden[j]  # (L8)
        d_cj = d_c[j] + d_hj * (o[j] - o[j] * tanh_c * tanh_c)  # (L9)
        d_i[j] = d_cj * g[j] * (i[j] - i[j] * i[j])  # (L10)
        d_f[j] = d_cj * c_before[j] * (f[j] - f[j] * f[j])  # (L11)
        d_g[j] = d_cj * (i[j] - i[j] * g[j] * g[j])  # (L12)
        d_o[j] = d_hj * tanh_c * (o[j] - o[j] * o[j])  # (L13)
        d_c[j] = d_cj * f[j]  # (L14)
        d_h[j] = 0


@kernel
def lstm_forward(gates, w_hidden, h0, c0, reverse, hidden, cell):
    """Walk through one utterance, from its end if `reverse`.

    gates        (T, 4H)  x W + b of every frame; leaves as the opened gates i, f, g, o
    w_hidden     (H, 4H)
    h0, c0       (H,)     state before the first step
    hidden, cell (T, H)   filled; row t belongs to frame t in either direction
    """
    T = len(hidden)
    h, c = h0, c0
    for step in range(T):
        t = T - 1 - step if reverse else step
        add_vector_matmul(h, w_hidden, gates[t])  # (L1)
        step_forward(gates[t], c, cell[t], hidden[t])
        h, c = hidden[t], cell[t]


@kernel
def lstm_backward(gates, cell, c0, w_hidden_t, d_hidden, reverse, d_gates, d_h, d_c):
    """Walk the same utterance the other way and collect the gradients.

    gates, cell  (T, 4H) (T, H)  as left by `lstm_forward`
    w_hidden_t   (4H, H)  the transposed weights, so that their rows are read in order
    d_hidden     (T, H)   gradient of every hidden[t]
    d_gates      (T, 4H)  filled: gradient of x W + b of every frame
    d_h, d_c     (H,)     gradient of the last state; leave as the gradient of h0 and c0
    """
    T = len(cell)
    before = 1 if reverse else -1
    for step in range(T):
        t = step if reverse else T - 1 - step
        c_before = cell[t + before] if step < T - 1 else c0
        step_backward(gates[t], c_before, cell[t], d_hidden[t], d_gates[t], d_h, d_c)
        add_vector_matmul(d_gates[t], w_hidden_t, d_h)  # (L15)


@kernel
def walk_four_forward(gates, w_hidden, offsets, four, zero, reverse, hidden, cell):
    """Walk utterances `four` from zero states, side by side until the shortest one ends."""
    common = shortest(offsets, four)
    h = c = zero, zero, zero, zero
    for step in range(common):
        t = frames_at(offsets, four, step, reverse)
        opened = rows_at(gates, t)
        add_four_rows(h, w_hidden, opened)  # (L1)
        c_before, c, h = c, rows_at(cell, t), rows_at(hidden, t)
        for j in range(4):
            step_forward(opened[j], c_before[j], c[j], h[j])
    for j in range(four.size):
        rest = frames_after(offsets, four[j], common, reverse)
        lstm_forward(gates[rest], w_hidden, h[j], c[j], reverse, hidden[rest], cell[rest])


@kernel
def walk_four_backward(
    gates, cell, w_hidden_t, d_hidden, offsets, four, zero, reverse, d_gates, d_h, d_c
):
    """Walk them back: each alone to the common frames, then side by side.

    d_h, d_c (4, H)  gradient of the last states; leave as the gradient of the first
    """
    common = shortest(offsets, four)
    c = zero, zero, zero, zero
    if common > 0:
        c = rows_at(cell, frames_at(offsets, four, common - 1, reverse))
    for j in range(four.size):
        rest = frames_after(offsets, four[j], common, reverse)
        lstm_backward(
            gates[rest],
            cell[rest],
            c[j],
            w_hidden_t,
            d_hidden[rest],
            reverse,
            d_gates[rest],
            d_h[j],
            d_c[j],
        )
    for step in range(common - 1, -1, -1):
        t = frames_at(offsets, four, step, reverse)
        c_before = zero, zero, zero, zero
        if step > 0:
            c_before = rows_at(cell, frames_at(offsets, four, step - 1, reverse))
        d_opened = rows_at(d_gates, t)
        for j in range(4):
            step_backward(
                gates[t[j]], c_before[j], cell[t[j]], d_hidden[t[j]], d_opened[j], d_h[j], d_c[j]
            )
        add_four_rows(d_opened, w_hidden_t, (d_h[0], d_h[1], d_h[2], d_h[3]))  # (L15)


@kernel
def shortest(offsets, four):
    """Frames that four utterances have in common; none unless there are four."""
    frames = 0
    if four.size == 4:
        frames = offsets[four[0] + 1] - offsets[four[0]]
        for n in four:
            frames = min(frames, offsets[n + 1] - offsets[n])
    return frames


@kernel
def frames_at(offsets, four, step, reverse):
    """Where four utterances are at one step of their walks."""
    if reverse:
        last = step + 1
        return (
            offsets[four[0] + 1] - last,
            offsets[four[1] + 1] - last,
            offsets[four[2] + 1] - last,
            offsets[four[3] + 1] - last,
        )
    return (
        offsets[four[0]] + step,
        offsets[four[1]] + step,
        offsets[four[2]] + step,
        offsets[four[3]] + step,
    )


@kernel
def frames_after(offsets, n, steps, reverse):
    """The frames that utterance n walks after the first steps."""
    if reverse:
        return slice(offsets[n], offsets[n + 1] - steps)
    return slice(offsets[n] + steps, offsets[n + 1])


@kernel
def rows_at(array, t):
    """Four rows."""
    return array[t[0]], array[t[1]], array[t[2]], array[t[3]]


@kernel(parallel=True)
def lstm_forward_batch(gates, w_hidden, offsets, order, tasks, zero, hidden, cell):
    """Walk every utterance in every direction from zero states, in parallel.

    gates (S, sum T, 4H)  w_hidden (S, H, 4H)  hidden, cell (S, sum T, H)  zero (H,)
    order (N,)  utterances, four after four; tasks  which four in which direction comes when
    S = 1 direction or 2, the second in reverse
    """
    for task in prange(tasks.size):
        s, first = tasks[task] % len(gates), 4 * (tasks[task] // len(gates))
        four = order[first : first + 4]
        walk_four_forward(gates[s], w_hidden[s], offsets, four, zero, s == 1, hidden[s], cell[s])


@kernel(parallel=True)
def lstm_backward_batch(
    gates, cell, w_hidden_t, d_hidden, offsets, order, tasks, zero, d_gates, d_h, d_c
):
    """Walk back through every utterance in every direction, in parallel.

    w_hidden_t (S, 4H, H)  d_hidden (S, sum T, H)  d_gates (S, sum T, 4H)
    d_h, d_c (S, N, H) in the order of `order`; else as forward
    """
    for task in prange(tasks.size):
        s, first = tasks[task] % len(gates), 4 * (tasks[task] // len(gates))
        walk_four_backward(
            gates[s],
            cell[s],
            w_hidden_t[s],
            d_hidden[s],
            offsets,
            order[first : first + 4],
            zero,
            s == 1,
            d_gates[s],
            d_h[s, first : first + 4],
            d_c[s, first : first + 4],
        )
