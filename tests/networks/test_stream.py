"""Streaming: the offline logits bit for bit, however the frames are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import random_network
from support.strategies import SEEDS

import refkd

DTYPES = st.sampled_from([np.float32, np.float64])


def network():
    return random_network("lstm", bidirectional=False, hidden=5)


def offline(net, frames):
    return net.forward(refkd.Ragged.from_list([frames])).logits[0]


def streamed(net, frames, cuts):
    stream = net.stream()
    return np.concatenate([stream.push(piece) for piece in np.split(frames, cuts)])


@given(
    DTYPES,
    st.integers(1, 3),
    st.integers(1, 19),
    st.integers(1, 19),
    st.integers(1, 40),
    SEEDS,
    st.data(),
)
def test_any_chunking_gives_the_offline_logits_bit_for_bit(
    dtype, layers, inputs, hidden, T, seed, data
):
    net = random_network("lstm", False, layers, dtype, inputs, hidden, seed=seed)
    frames = np.random.default_rng(seed).normal(size=(T, inputs))
    cuts = sorted(data.draw(st.lists(st.integers(0, T), max_size=6)))  # twice the same: no frame
    logits = streamed(net, frames, cuts)
    assert logits.dtype == dtype
    np.testing.assert_array_equal(logits, offline(net, frames))


@pytest.mark.compiled_only
@pytest.mark.parametrize(("cell", "hidden"), [("lstm", 32), ("tanh", 33)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 7, 8, 9])
def test_steady_chunks_of_a_network_as_trained(step, dtype, cell, hidden):
    net = random_network(cell, False, dtype=dtype, inputs=80, hidden=hidden, outputs=41)
    frames = np.random.default_rng(step).normal(size=(53, 80))
    logits = streamed(net, frames, range(step, 53, step))
    np.testing.assert_array_equal(logits, offline(net, frames))


def test_an_utterance_within_a_batch_has_the_same_bits():
    net = network()
    rng = np.random.default_rng(0)
    batch = refkd.Ragged.from_list([rng.normal(size=(T, 3)) for T in (9, 4, 6, 5, 12)])
    logits = net.forward(batch).logits
    for n, frames in enumerate(batch):
        np.testing.assert_array_equal(streamed(net, frames, range(1, len(frames))), logits[n])


def test_streams_of_one_network_do_not_hear_each_other():
    net = network()
    left, right = np.random.default_rng(0).normal(size=(2, 6, 3))
    first, second = net.stream(), net.stream()
    pairs = [(first.push(left[t : t + 1]), second.push(right[t : t + 1])) for t in range(6)]
    for frames, pieces in zip((left, right), zip(*pairs, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(pieces), offline(net, frames))


def test_logits_that_were_handed_out_may_be_changed():
    net = network()
    frames = np.random.default_rng(0).normal(size=(4, 3))
    stream = net.stream()
    stream.push(frames[:2])[:] = 9.0
    np.testing.assert_array_equal(stream.push(frames[2:]), offline(net, frames)[2:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whatever_holds_the_frames(dtype):
    net = random_network("lstm", bidirectional=False, dtype=dtype)
    frames = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    read_only = frames.copy()
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b"_" + frames.tobytes(), np.uint8)[1:].view(np.float32).reshape(7, 3)
    holders = [
        frames.astype(np.float64),
        frames.astype(">f4"),
        frames.tolist(),
        np.asfortranarray(frames),
        np.repeat(frames, 2, axis=0)[::2],
        np.pad(frames, [(0, 0), (1, 1)])[:, 1:-1],
        read_only,
        unaligned,
    ]
    expected = offline(net, frames)
    for holder in holders:
        np.testing.assert_array_equal(net.stream().push(holder), expected)


def test_memory_does_not_grow():
    net = network()
    stream = net.stream()

    def held():
        arrays = [value for value in vars(stream).values() if isinstance(value, np.ndarray)]
        arrays += stream._scratch
        return [(array.ctypes.data, array.nbytes) for array in arrays]

    before = held()
    for frames in (1, 40, 0, 17):
        stream.push(np.zeros((frames, 3)))
    assert held() == before


def test_no_frames_no_logits():
    stream = network().stream()
    assert stream.push(np.zeros((0, 3))).shape == (0, 4)


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        (np.zeros((2, 4)), r"frames: expected shape \(n, 3\), got shape \(2, 4\)"),
        (np.zeros(3), r"frames: expected shape \(n, 3\), got shape \(3,\)"),
        ([[0.0, np.nan, 0.0]], r"frames: expected finite numbers, got nan at \(0, 1\)"),
        ([[0.0, 0.0, np.inf]], r"frames: expected finite numbers, got inf at \(0, 2\)"),
    ],
)
def test_what_is_refused_leaves_the_stream_where_it_was(frames, sentence):
    net = network()
    good = np.random.default_rng(0).normal(size=(4, 3))
    stream = net.stream()
    before = stream.push(good[:2])
    with pytest.raises(refkd.ArgumentError, match=sentence):
        stream.push(frames)
    after = stream.push(good[2:])
    np.testing.assert_array_equal(np.concatenate([before, after]), offline(net, good))


@pytest.mark.parametrize("cell", ["lstm", "tanh"])
def test_logits_too_large_leave_the_stream_where_it_was(cell):
    net = refkd.Network.create(1, 8, 2, 4, bidirectional=False, cell=cell)
    values = net.parameters()
    ones = {name: np.ones_like(value) for name, value in values.items() if "bias" not in name}
    net = net.with_parameters(values | ones | {"output.w": 1e38 * ones["output.w"]})
    good = np.zeros((4, 1))
    stream = net.stream()
    before = stream.push(good[:2])
    sentence = "frames: expected numbers for which all logits are finite, got larger ones"
    with pytest.raises(refkd.ArgumentError, match=sentence):
        stream.push(np.full((20, 1), 9.0))
    after = stream.push(good[2:])
    np.testing.assert_array_equal(np.concatenate([before, after]), offline(net, good))


def test_a_bidirectional_network_is_refused():
    net = refkd.Network.create(3, 2, 1, 4, bidirectional=True)
    with pytest.raises(refkd.ArgumentError, match="network: expected a unidirectional network"):
        net.stream()
