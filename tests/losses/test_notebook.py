"""What a notebook shows where a figure or a trace is the last line of a cell."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from support.figures import draw_everything, spiky

import refkd
from refkd.losses.notebook import MARK, MOST
from visualize import new_figure

pytestmark = pytest.mark.compiled_once

LSTM = refkd.LSTMParams(np.ones((1, 8)), np.zeros((2, 8)), np.zeros(8))


def shown(trace):
    """Text of the table by field, and the picture (rows, columns, 3)."""
    html = trace._repr_html_()
    cells = re.findall(r"<th[^>]*>(\w+)</th><td[^>]*>([^<]*)</td>", html)
    (data,) = re.findall(r"base64,([^\"]+)", html)
    picture = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    return dict(cells), np.asarray(picture)


def test_a_figure_is_a_picture_as_large_as_it_says():
    data, size = new_figure(4.0, 2.5)._repr_png_()
    assert size == {"width": 384, "height": 240}
    assert Image.open(io.BytesIO(data)).size == (768, 480)


def test_every_figure_function_returns_one_that_notebooks_show():
    for figure in draw_everything():
        data, _ = figure._repr_png_()
        assert data.startswith(b"\x89PNG")


def test_fields_have_their_shapes_or_their_values():
    trace = refkd.ctc_trace(spiky({3: 1, 9: 2}), [1, 2])
    fields, _ = shown(trace)
    assert fields["occupancy"] == "(30, 4) float64"
    assert fields["states"] == "(5,) int64"
    assert float(fields["loss"]) == pytest.approx(trace.loss, rel=1e-5)
    assert list(fields) == ["states", "log_alpha", "log_beta", "occupancy", "loss", "grad"]


def test_the_darkest_cells_of_ctc_are_what_is_emitted():
    trace = refkd.ctc_trace(spiky({3: 1, 9: 2}), [1, 2])
    _, picture = shown(trace)
    assert picture.shape == (4, 30, 3)
    np.testing.assert_array_equal(picture[..., 0] < 128, trace.occupancy.T > 0.5)
    assert (picture[..., 0] == picture[..., 2]).all()  # grey


@pytest.mark.parametrize("window", [refkd.Window(4, 1), refkd.Window(5, -1), refkd.Window.whole()])
def test_the_pairs_of_a_rule_are_marked(window):
    trace = refkd.distill_trace(spiky({5: 1}), spiky({3: 1}), refkd.Hard(window))
    _, picture = shown(trace)
    rows, columns = np.nonzero((picture == MARK).all(axis=2))
    T, W = trace.divergence.shape
    assert picture.shape == (W, T, 3)
    marked = {
        (i, i + W - 1 - row - trace.window.left) for row, i in zip(rows, columns, strict=True)
    }
    assert marked == set(map(tuple, trace.pairs.tolist()))


def test_of_many_cells_the_largest_stay():
    frames, classes = MOST[1] * 3 + 7, MOST[0] * 2 + 1
    logits = spiky({1000: 200}, frames, classes)
    _, picture = shown(refkd.ctc_trace(logits, [200]))
    assert picture.shape == (*MOST, 3)
    ((row, column),) = np.argwhere(picture[1:, :, 0] < 128)  # the blank is the first row
    assert row + 1 == pytest.approx(200 * MOST[0] / classes, abs=1)
    assert column == pytest.approx(1000 * MOST[1] / frames, abs=1)


def test_units_of_an_lstm_and_what_has_no_cells():
    fields, picture = shown(refkd.lstm_trace(LSTM, np.eye(9)[:, 4:5]))
    assert (fields["hidden"], fields["reverse"]) == ("(9, 2) float64", "False")
    assert picture.shape == (2, 9, 3)
    silent = refkd.lstm_trace(LSTM, np.zeros((1, 1)))
    assert shown(silent)[1].shape == (2, 1, 3)
