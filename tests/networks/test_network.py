"""Networks: logits, gradients, independence of utterances, causality, files, errors."""

import os
import re
import tracemalloc

import numpy as np
import pytest
from oracles import lstm as oracle
from oracles.derivative import complex_step
from support.networks import BIDIRECTIONAL, CELL, random_batch, random_network
from support.refusals import sentence_of
from tolerances import FLOAT32_NETWORK, GRADIENT, VALUE, assert_close

import refkd
from refkd.check import DataError
from refkd.networks.network import TOGETHER, logits_of

# --- forward -------------------------------------------------------------------------------------


def masks_of(net, features, dropout, seed):
    frames = len(features.values)
    return oracle.dropout_masks(seed, dropout, net.layers, len(net.directions), frames, net.hidden)


def plain_logits(values, features, masks):
    """The oracle's logits (sum T, K); masks (layers - 1, sum T, S H)."""
    parts = np.split(masks, features.offsets[1:-1], axis=1)
    pairs = zip(features, parts, strict=True)
    return np.concatenate([oracle.network(values, inputs, part) for inputs, part in pairs])


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.25, 0.9])
def test_logits_equal_the_plain_network(cell, bidirectional, layers, dropout):
    net, features = random_network(cell, bidirectional, layers, hidden=3), random_batch()
    logits = net.forward(features, dropout, seed=5).logits
    masks = masks_of(net, features, dropout, seed=5)
    assert (0 < np.count_nonzero(masks) < masks.size) == (dropout > 0.0 and layers > 1)
    assert logits.offsets.tolist() == features.offsets.tolist()
    assert_close(logits.values, plain_logits(net.parameters(), features, masks), VALUE)


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_utterance_alone_has_the_same_bits(cell, bidirectional, dtype):
    """Also its gradients, if all others are silent: their frames add nothing."""
    net = random_network(cell, bidirectional, dtype=dtype, hidden=5)
    features = random_batch(lengths=(4, 1, 6, 3, 9))
    trace = net.forward(features)
    for n, inputs in enumerate(features):
        batch_of_one = refkd.Ragged.from_list([inputs])
        alone = net.forward(batch_of_one)
        np.testing.assert_array_equal(alone.logits[0], trace.logits[n])
        upstream = np.zeros_like(trace.logits.values)
        frames = slice(*features.offsets[n : n + 2])
        upstream[frames] = np.random.default_rng(n).normal(size=upstream[frames].shape)
        together = net.backward(trace, features.with_values(upstream))
        for name, grad in net.backward(alone, batch_of_one.with_values(upstream[frames])).items():
            np.testing.assert_array_equal(grad, together[name], err_msg=name)


def test_a_unidirectional_network_does_not_hear_the_future():
    net = random_network(bidirectional=False)
    utterance = random_batch(lengths=(6,))
    changed = utterance.values.copy()
    changed[4:] += 1.0
    before, after = (
        net.forward(utterance).logits[0],
        net.forward(utterance.with_values(changed)).logits[0],
    )
    np.testing.assert_array_equal(before[:4], after[:4])
    assert (before[4:] != after[4:]).all()


def test_a_bidirectional_network_hears_all():
    net = random_network(bidirectional=True)
    utterance = random_batch(lengths=(6,))
    changed = utterance.values.copy()
    changed[5] += 1.0
    before, after = (
        net.forward(utterance).logits[0],
        net.forward(utterance.with_values(changed)).logits[0],
    )
    assert (before != after).all()


@CELL
def test_torch_computes_the_same(tmp_path, cell):
    """The file goes into torch.nn without renaming."""
    torch = pytest.importorskip("torch")
    net = random_network(cell)
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = {name: torch.tensor(file[name]) for name in file.files}
    build = {"lstm": torch.nn.LSTM, "tanh": torch.nn.RNN}[cell]
    layer = build(3, 2, 2, bidirectional=True).double()
    linear = torch.nn.Linear(4, 4).double()
    linear.load_state_dict({part: arrays.pop(f"output.{part}") for part in ("weight", "bias")})
    layer.load_state_dict(arrays)
    features = random_batch()
    trace = net.forward(features)
    expected = torch.cat([linear(layer(torch.tensor(inputs))[0]) for inputs in features])
    assert_close(trace.logits.values, expected.detach().numpy(), VALUE)
    upstream = np.random.default_rng(3).normal(size=expected.shape)
    (expected * torch.tensor(upstream)).sum().backward()
    grads = net.backward(trace, features.with_values(upstream))
    d_w_hidden = layer.weight_hh_l0_reverse.grad.numpy().T
    assert_close(grads["layer0.backward.w_hidden"], d_w_hidden, GRADIENT)


# --- backward ------------------------------------------------------------------------------------


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradient_is_the_derivative(cell, bidirectional, dropout):
    net = random_network(cell, bidirectional, layers=3)
    features = random_batch(lengths=(3, 1, 4, 2, 2))
    trace = net.forward(features, dropout, seed=6)
    upstream = np.random.default_rng(3).normal(size=trace.logits.values.shape)
    grads = net.backward(trace, features.with_values(upstream))
    values, masks = net.parameters(), masks_of(net, features, dropout, seed=6)
    assert list(grads) == list(values)

    for name, value in values.items():

        def scalar(changed, name=name):
            return (upstream * plain_logits(values | {name: changed}, features, masks)).sum()

        assert_close(grads[name], complex_step(scalar, value), GRADIENT, name)


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_float32_follows_float64_under_the_same_masks(cell, bidirectional, dropout):
    single = random_network(cell, bidirectional, layers=3, dtype=np.float32)
    double = random_network(cell, bidirectional, layers=3).with_parameters(single.parameters())
    features = random_batch(lengths=(5, 2, 7))
    traces = [net.forward(features, dropout, seed=7) for net in (single, double)]
    assert traces[0].logits.values.dtype == np.float32
    assert_close(traces[0].logits.values, traces[1].logits.values, FLOAT32_NETWORK)
    for low, high in zip(*(trace.layers[1:] for trace in traces), strict=True):
        assert low.inputs.dtype == np.float32
        if dropout:
            assert low.mask.dtype == np.float32
            np.testing.assert_array_equal(low.mask, high.mask.astype(np.float32))
    shape = traces[0].logits.values.shape
    upstream = features.with_values(np.random.default_rng(4).normal(size=shape))
    expected = double.backward(traces[1], upstream)
    for name, grad in single.backward(traces[0], upstream).items():
        assert grad.dtype == np.float32
        assert_close(grad, expected[name], FLOAT32_NETWORK, name)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_backward_leaves_the_trace_as_it_was(dropout):
    net = random_network()
    trace = net.forward(random_batch(), dropout, seed=1)
    first, second = (net.backward(trace, trace.logits) for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


LARGEST = float(np.finfo(np.float32).max)
UNBOUNDED = [(dtype, number) for dtype in ("f4", "f8") for number in (np.inf, -np.inf, np.nan)]


def backward_of(number, dtype, cell="lstm", bidirectional=False):
    """Gradients of a network where one logit of the second utterance pulls with this number."""
    net = refkd.Network.create(2, 3, 1, 4, bidirectional, cell=cell, dtype=dtype)
    trace = net.forward(refkd.Ragged.from_list([np.ones((2, 2)), np.ones((3, 2))]))
    d_logits = trace.logits.with_values(np.zeros((5, 4)))
    d_logits[1][1, 2] = number
    return net.backward(trace, d_logits)


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize(
    ("dtype", "number"),
    [*(("f4", number) for number in (1e39, -1e39, 1e308, 2 * LARGEST)), *UNBOUNDED],
)
def test_a_gradient_that_a_precision_cannot_hold_is_refused(dtype, number, cell, bidirectional):
    got = number if np.isnan(number) else np.copysign(np.inf, number)
    sentence = f"d_logits: expected finite numbers, got {got} at (3, 2)"
    assert sentence_of(backward_of, number, dtype, cell, bidirectional) == sentence


@pytest.mark.parametrize(("dtype", "number"), [("f4", LARGEST), ("f4", -LARGEST), ("f8", 1e39)])
def test_the_largest_gradients_are_taken(dtype, number):
    """The gradient in the output's bias is the sum of those in the logits: here this number."""
    grads = backward_of(number, dtype)
    assert grads["output.bias"].tolist() == [0.0, 0.0, number, 0.0]
    assert all(np.isfinite(grad).all() for grad in grads.values())


# --- logits of many utterances -------------------------------------------------------------------


@BIDIRECTIONAL
@pytest.mark.parametrize("utterances", [1, TOGETHER, TOGETHER + 1, 2 * TOGETHER])
def test_logits_of_many_have_the_bits_of_a_single_call(utterances, bidirectional):
    net = refkd.Network.create(3, 4, 2, 5, bidirectional)
    features = random_batch(lengths=np.random.default_rng(0).integers(1, 8, utterances))
    logits = logits_of(net, features)
    np.testing.assert_array_equal(logits.offsets, features.offsets)
    np.testing.assert_array_equal(logits.values, net.forward(features).logits.values)


@pytest.mark.compiled_only
def test_what_only_training_needs_is_not_kept():
    net = refkd.Network.create(3, 32, 2, 5, bidirectional=True)
    features = random_batch(lengths=np.random.default_rng(0).integers(1, 41, 20 * TOGETHER))
    features = features.with_values(features.values.astype(np.float32))
    logits_of(net, features)  # compiles
    tracemalloc.start()
    logits = logits_of(net, features)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    states = len(features.values) * 2 * 2 * (4 + 1 + 1) * 32 * 4  # bytes of gates, c and h
    assert peak < 3 * logits.values.nbytes + states / 5


# --- parameters ----------------------------------------------------------------------------------


@CELL
@BIDIRECTIONAL
def test_names_and_shapes(cell, bidirectional):
    net = refkd.Network.create(5, 3, 2, outputs=4, bidirectional=bidirectional, cell=cell)
    shapes = {name: value.shape for name, value in net.parameters().items()}
    columns = {"lstm": 12, "tanh": 3}[cell]
    directions = ("forward", "backward")[: 1 + bidirectional]
    expected = {"output.w": (3 * len(directions), 4), "output.bias": (4,)}
    for layer, width in ((0, 5), (1, 3 * len(directions))):
        parts = {"w_input": (width, columns), "w_hidden": (3, columns), "bias": (columns,)}
        for direction in directions:
            for part, shape in parts.items():
                expected[f"layer{layer}.{direction}.{part}"] = shape
    assert shapes == expected
    assert (net.inputs, net.hidden, net.layers, net.outputs) == (5, 3, 2, 4)
    assert (net.cell, net.bidirectional, net.dtype) == (cell, bidirectional, np.float32)
    assert refkd.Network.create(5, 3, 2, 4, bidirectional).cell == "lstm"


@CELL
@BIDIRECTIONAL
def test_a_new_network(cell, bidirectional):
    """Weights uniform in +-1/sqrt(H), biases 0; the seed decides alone."""

    def create(seed, dtype=np.float32):
        return refkd.Network.create(5, 100, 1, 4, bidirectional, cell=cell, seed=seed, dtype=dtype)

    net = create(7)
    values = net.parameters()
    for name, value in values.items():
        if name.endswith("bias"):
            assert not value.any()
        elif name.startswith("layer"):
            assert 0.099 < np.abs(value).max() <= 0.1
    assert net.hash() == create(7).hash() != create(8).hash()
    double = create(7, np.float64).parameters()
    assert (values["output.w"] == double["output.w"].astype(np.float32)).all()


def test_new_parameters_make_a_new_network():
    net = random_network()
    digest = net.hash()
    values = net.parameters()
    values["output.bias"] = values["output.bias"] + 1.0
    moved = net.with_parameters(values)
    assert net.hash() == digest != moved.hash()
    values["output.bias"] -= 1.0
    assert moved.hash() != digest  # it keeps its own copy


def test_the_hash_sees_every_parameter_and_no_more():
    net = random_network()
    for name, value in net.parameters().items():
        values = net.parameters()
        values[name] = np.nextafter(value, 9.0)
        assert net.with_parameters(values).hash() != net.hash(), name
    assert net.with_metadata(frame_shift=0.02).hash() == net.hash()


# --- files ---------------------------------------------------------------------------------------


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_and_loaded(tmp_path, cell, bidirectional, dtype):
    net = random_network(cell, bidirectional, dtype=dtype)
    net = net.with_metadata(frame_shift=0.02, symbols=["a", "b"])
    path = tmp_path / "net.npz"
    net.save(path)
    net.save(path)  # an old file is replaced
    again = refkd.Network.load(path)
    assert again.hash() == net.hash()
    assert again.cell == cell
    logits = [each.forward(random_batch()).logits.values for each in (net, again)]
    np.testing.assert_array_equal(*logits)
    assert list(again.parameters()) == list(net.parameters())
    assert again.metadata["frame_shift"] == 0.02
    assert again.metadata["symbols"].tolist() == ["a", "b"]
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]


def test_the_file_speaks_torch(tmp_path):
    net = random_network()
    net.save(tmp_path / "net.npz")
    values = net.parameters()
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        assert_close(file["weight_ih_l1_reverse"], values["layer1.backward.w_input"].T, VALUE)
        assert_close(file["weight_hh_l0"], values["layer0.forward.w_hidden"].T, VALUE)
        assert_close(file["bias_ih_l0"], values["layer0.forward.bias"], VALUE)
        assert not file["bias_hh_l0"].any()
        assert_close(file["output.weight"], values["output.w"].T, VALUE)


def test_two_biases_are_summed(tmp_path):
    net = random_network()
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["bias_hh_l0"] = np.arange(8.0)
    np.savez(tmp_path / "other.npz", **arrays)
    bias = refkd.Network.load(tmp_path / "other.npz").parameters()["layer0.forward.bias"]
    assert_close(bias, net.parameters()["layer0.forward.bias"] + np.arange(8.0), VALUE)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    random_network().save(path)
    old = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        random_network(layers=1).save(path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]


def broken(tmp_path, **changes):
    """A saved network with arrays changed, or left out where None."""
    random_network().save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = {name: file[name] for name in file.files} | changes
    path = tmp_path / "broken.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"weight_hh_l0": None}, "no matrix with the name weight_hh_l0"),
        ({"bias_hh_l1": None}, "no array bias_hh_l1"),
        ({"weight_hr_l0": np.ones((2, 2))}, "an array weight_hr_l0"),
        ({"bias_ih_l0": np.ones(7)}, "bias_ih_l0 of shape (7,)"),
        ({"weight_hh_l0": np.ones((9, 2))}, "weight_hh_l0 of shape (9, 2)"),
        ({"output.bias": np.ones(4, np.float32)}, "output.bias of dtype float32"),
        ({"output.bias": np.full(4, np.nan)}, "output.bias with numbers that are not finite"),
        ({"output.bias": np.array([None] * 4)}, "'output.bias' of pickled objects"),
    ],
)
def test_files_that_are_refused(tmp_path, changes, got):
    path = broken(tmp_path, **changes)
    with pytest.raises(DataError, match=re.escape(got) + "$") as refusal:
        refkd.Network.load(path)
    assert str(refusal.value).startswith(f"{path}: expected a network saved as npz, got ")


def test_no_file_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"got no such file$"):
        refkd.Network.load(tmp_path / "missing.npz")
    (tmp_path / "text").write_bytes(b"hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "zip").write_bytes(b"PK\x03\x04rubbish")
    np.save(tmp_path / "array.npy", np.ones(3))
    for name, got in {
        "text": "no npz",
        "empty": "no npz",
        "zip": "a damaged file: File is not a zip file",
        "array.npy": "a single array",
        ".": "a folder",
    }.items():
        with pytest.raises(DataError, match=f"got {got}$"):
            refkd.Network.load(tmp_path / name)


# --- errors --------------------------------------------------------------------------------------

NET = random_network()
FEATURES = random_batch()
TRACE = NET.forward(FEATURES)
OF_SIZES = {
    "inputs: expected a whole number >= 1, got 0": {"inputs": 0},
    "hidden: expected a whole number, got 1.5": {"hidden": 1.5},
    "layers: expected a whole number >= 1, got 0": {"layers": 0},
    "outputs: expected a whole number >= 1, got 0": {"outputs": 0},
    "cell: expected one of 'lstm', 'tanh', got 'gru'": {"cell": "gru"},
    "seed: expected a whole number >= 0, got -1": {"seed": -1},
    "dtype: expected float32 or float64, got float16": {"dtype": np.float16},
}
REFUSED = {
    f"values: expected the names {', '.join(NET.parameters())}, got w":
        (NET.with_parameters, {"w": np.ones(2)}),
    "values['output.bias']: expected shape (4,), got shape (2,)":
        (NET.with_parameters, {**NET.parameters(), "output.bias": np.ones(2)}),
    "features: expected a Ragged, got ndarray": (NET.forward, FEATURES.values),
    "features: expected shape (sum T, 3), got shape (11, 2)": (NET.forward, random_batch(width=2)),
    "features: expected T >= 1 in every utterance, got T=0 in utterance 1":
        (NET.forward, random_batch(lengths=(2, 0, 1))),
    "features: expected finite numbers, got inf at (0, 0)":
        (NET.forward, FEATURES.with_values(np.full((11, 3), np.inf))),
    "trace: expected a NetworkTrace, got Ragged": (NET.backward, FEATURES, FEATURES),
    "d_logits: expected lengths [4, 1, 6], got lengths [4, 2, 5]":
        (NET.backward, TRACE, random_batch(4, (4, 2, 5))),
    "d_logits: expected shape (11, 4), got shape (11, 5)": (NET.backward, TRACE, random_batch(5)),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "changes"), OF_SIZES.items())
def test_refused_sizes(sentence, changes):
    valid = {"inputs": 3, "hidden": 2, "layers": 1, "outputs": 4, "bidirectional": False}
    assert sentence_of(refkd.Network.create, **valid | changes) == sentence


@pytest.mark.parametrize(("sentence", "call"), REFUSED.items())
def test_refusals(sentence, call):
    assert sentence_of(*call) == sentence


def test_numbers_beyond_float32_are_refused_and_not_turned_into_inf():
    net = refkd.Network.create(2, 3, 1, 4, bidirectional=False)
    huge = np.array([[0.0, 1e39]])
    for hear in (
        lambda: net.forward(refkd.Ragged.from_list([huge])),
        lambda: net.stream().push(huge),
    ):
        with pytest.raises(ValueError, match=r"expected finite numbers, got inf at \(0, 1\)"):
            hear()
