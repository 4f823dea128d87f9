"""Networks: logits, gradients, independence of utterances, causality, files, errors."""

import os
import re

import numpy as np
import pytest
from oracles import lstm as oracle
from oracles.derivative import complex_step
from support.networks import BIDIRECTIONAL, CELL, random_batch, random_network
from support.refusals import sentence_of
from tolerances import FLOAT32_NETWORK, GRADIENT, VALUE, assert_close

import refkd
from refkd.check import DataError

# --- forward -------------------------------------------------------------------------------------


@CELL
@BIDIRECTIONAL
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_logits_equal_the_plain_network(cell, bidirectional, layers):
    net = random_network(cell, bidirectional, layers)
    features = random_batch()
    logits = net.forward(features).logits
    assert logits.offsets.tolist() == features.offsets.tolist()
    for n, inputs in enumerate(features):
        assert_close(logits[n], oracle.network(net.parameters(), inputs), VALUE)


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


def test_torch_computes_the_same(tmp_path):
    """The file goes into torch.nn.LSTM without renaming."""
    torch = pytest.importorskip("torch")
    net = random_network()
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = {name: torch.tensor(file[name]) for name in file.files}
    layer = torch.nn.LSTM(3, 2, 2, bidirectional=True).double()
    linear = torch.nn.Linear(4, 4).double()
    linear.load_state_dict({part: arrays.pop(f"output.{part}") for part in ("weight", "bias")})
    layer.load_state_dict(arrays)
    features = random_batch()
    for n, inputs in enumerate(features):
        expected = linear(layer(torch.tensor(inputs))[0]).detach().numpy()
        assert_close(net.forward(features).logits[n], expected, VALUE)


# --- backward ------------------------------------------------------------------------------------


@CELL
@BIDIRECTIONAL
def test_gradient_is_the_derivative(cell, bidirectional):
    net = random_network(cell, bidirectional)
    features = random_batch(lengths=(3, 1, 4, 2, 2))
    trace = net.forward(features)
    upstream = np.random.default_rng(3).normal(size=trace.logits.values.shape)
    grads = net.backward(trace, features.with_values(upstream))
    values = net.parameters()
    assert list(grads) == list(values)

    for name, value in values.items():

        def scalar(changed, name=name):
            logits = [oracle.network(values | {name: changed}, inputs) for inputs in features]
            return (upstream * np.concatenate(logits)).sum()

        assert_close(grads[name], complex_step(scalar, value), GRADIENT, name)


@CELL
@BIDIRECTIONAL
def test_float32_follows_float64(cell, bidirectional):
    single = random_network(cell, bidirectional, dtype=np.float32)
    double = random_network(cell, bidirectional).with_parameters(single.parameters())
    features = random_batch(lengths=(5, 2, 7))
    traces = [net.forward(features) for net in (single, double)]
    assert traces[0].logits.values.dtype == np.float32
    assert_close(traces[0].logits.values, traces[1].logits.values, FLOAT32_NETWORK)
    shape = traces[0].logits.values.shape
    upstream = features.with_values(np.random.default_rng(4).normal(size=shape))
    expected = double.backward(traces[1], upstream)
    for name, grad in single.backward(traces[0], upstream).items():
        assert grad.dtype == np.float32
        assert_close(grad, expected[name], FLOAT32_NETWORK, name)


def test_backward_leaves_the_trace_as_it_was():
    net = random_network()
    trace = net.forward(random_batch())
    upstream = trace.logits.with_values(np.ones_like(trace.logits.values))
    first, second = net.backward(trace, upstream), net.backward(trace, upstream)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


# --- parameters ----------------------------------------------------------------------------------


def test_names_and_shapes():
    net = refkd.Network.create(5, 3, layers=2, outputs=4, bidirectional=True)
    shapes = {name: value.shape for name, value in net.parameters().items()}
    lstm = {"w_hidden": (3, 12), "bias": (12,)}
    expected = {"output.w": (6, 4), "output.bias": (4,)}
    for layer, width in ((0, 5), (1, 6)):
        for direction in ("forward", "backward"):
            for part, shape in {"w_input": (width, 12), **lstm}.items():
                expected[f"layer{layer}.{direction}.{part}"] = shape
    assert shapes == expected
    assert (net.inputs, net.hidden, net.layers, net.outputs) == (5, 3, 2, 4)
    assert net.bidirectional
    assert net.dtype == np.float32


def test_a_new_network():
    """Weights uniform in +-1/sqrt(H), biases 0; the seed decides alone."""
    net = refkd.Network.create(5, 100, layers=1, outputs=4, bidirectional=False, seed=7)
    values = net.parameters()
    for name in ("layer0.forward.w_input", "layer0.forward.w_hidden"):
        assert 0.099 < np.abs(values[name]).max() <= 0.1
    assert not values["layer0.forward.bias"].any()
    assert not values["output.bias"].any()
    again = refkd.Network.create(5, 100, 1, 4, False, seed=7)
    other = refkd.Network.create(5, 100, 1, 4, False, seed=8)
    assert net.hash() == again.hash() != other.hash()
    double = refkd.Network.create(5, 100, 1, 4, False, seed=7, dtype=np.float64)
    assert (values["output.w"] == double.parameters()["output.w"].astype(np.float32)).all()


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


@BIDIRECTIONAL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_and_loaded(tmp_path, bidirectional, dtype):
    net = random_network("lstm", bidirectional, dtype=dtype)
    net = net.with_metadata(frame_shift=0.02, symbols=["a", "b"])
    path = tmp_path / "net.npz"
    net.save(path)
    net.save(path)  # an old file is replaced
    again = refkd.Network.load(path)
    assert again.hash() == net.hash()
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
        ({"weight_hh_l0": None}, "no matrix called weight_hh_l0"),
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


def create(**changes):
    arguments = {"inputs": 3, "hidden": 2, "layers": 1, "outputs": 4, "bidirectional": False}
    return refkd.Network.create(**(arguments | changes))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: create(inputs=0), "inputs: expected a whole number >= 1, got 0"),
        (lambda: create(hidden=1.5), "hidden: expected a whole number, got 1.5"),
        (lambda: create(layers=0), "layers: expected a whole number >= 1, got 0"),
        (lambda: create(outputs=0), "outputs: expected a whole number >= 1, got 0"),
        (lambda: create(cell="gru"), "cell: expected one of 'lstm', 'tanh', got 'gru'"),
        (lambda: create(seed=-1), "seed: expected a whole number >= 0, got -1"),
        (lambda: create(dtype=np.float16), "dtype: expected float32 or float64, got float16"),
        (
            lambda: NET.with_parameters({"w": np.ones(2)}),
            f"values: expected the names {', '.join(NET.parameters())}, got w",
        ),
        (
            lambda: NET.with_parameters({**NET.parameters(), "output.bias": np.ones(2)}),
            "values['output.bias']: expected shape (4,), got shape (2,)",
        ),
        (lambda: NET.forward(FEATURES.values), "features: expected a Ragged, got ndarray"),
        (
            lambda: NET.forward(random_batch(width=2)),
            "features: expected shape (sum T, 3), got shape (11, 2)",
        ),
        (
            lambda: NET.forward(random_batch(lengths=(2, 0, 1))),
            "features: expected T >= 1 in every utterance, got T=0 in utterance 1",
        ),
        (
            lambda: NET.forward(FEATURES.with_values(np.full((11, 3), np.inf))),
            "features: expected finite numbers, got inf at (0, 0)",
        ),
        (
            lambda: NET.backward(FEATURES, FEATURES),
            "trace: expected a NetworkTrace, got Ragged",
        ),
        (
            lambda: NET.backward(NET.forward(FEATURES), random_batch(4, (4, 2, 5))),
            "d_logits: expected lengths [4, 1, 6], got lengths [4, 2, 5]",
        ),
        (
            lambda: NET.backward(NET.forward(FEATURES), random_batch(5)),
            "d_logits: expected shape (11, 4), got shape (11, 5)",
        ),
    ],
)
def test_refusals(call, sentence):
    assert sentence_of(call) == sentence


def test_numbers_beyond_float32_are_refused_and_not_turned_into_inf():
    net = refkd.Network.create(2, 3, 1, 4, bidirectional=False)
    huge = np.array([[0.0, 1e39]])
    for hear in (
        lambda: net.forward(refkd.Ragged.from_list([huge])),
        lambda: net.stream().push(huge),
    ):
        with pytest.raises(ValueError, match=r"expected finite numbers, got inf at \(0, 1\)"):
            hear()
