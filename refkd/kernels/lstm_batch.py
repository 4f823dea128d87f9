"""The LSTM for speed: four utterances side by side, and a batch in parallel.

Four utterances share each pass through the recurrent weights; their bits are those of one alone.
"""

from refkd.kernels.compile import kernel
from refkd.kernels.lstm import lstm_backward, lstm_forward, step_backward, step_forward
from refkd.kernels.matmul import add_four_rows


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


@kernel
def lstm_forward_share(share, shares, batch):
    """A share of the tasks: every utterance is walked in every direction from zero states.

    batch: gates (S, sum T, 4H)  w_hidden (S, H, 4H)  offsets (N + 1,)  order (N,)  tasks  zero (H,)
    hidden, cell (S, sum T, H)
    order: utterances, four after four; tasks: which four in which direction comes when
    S = 1 direction or 2, the second in reverse
    """
    gates, w_hidden, offsets, order, tasks, zero, hidden, cell = batch
    for task in tasks[share * tasks.size // shares : (share + 1) * tasks.size // shares]:
        s, first = task % len(gates), 4 * (task // len(gates))
        four = order[first : first + 4]
        walk_four_forward(gates[s], w_hidden[s], offsets, four, zero, s == 1, hidden[s], cell[s])


@kernel
def lstm_backward_share(share, shares, batch):
    """A share of the tasks: every utterance is walked back in every direction.

    batch: gates, cell as left by the forward pass  w_hidden_t (S, 4H, H)  d_hidden (S, sum T, H)
    offsets, order, tasks, zero  d_gates (S, sum T, 4H)  d_h, d_c (S, N, H) in the order of `order`
    """
    gates, cell, w_hidden_t, d_hidden, offsets, order, tasks, zero, d_gates, d_h, d_c = batch
    for task in tasks[share * tasks.size // shares : (share + 1) * tasks.size // shares]:
        s, first = task % len(gates), 4 * (task // len(gates))
        four = slice(first, first + 4)
        walk_four_backward(
            gates[s], cell[s], w_hidden_t[s], d_hidden[s], offsets, order[four], zero, s == 1,
            d_gates[s], d_h[s, four], d_c[s, four],
        )  # fmt: skip
