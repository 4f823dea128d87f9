"""Figures of long utterances: as many artists and bytes as can be seen, and the same numbers."""

import csv

import pytest
from matplotlib.colors import to_rgb
from support.strategies import spiky

from visualize import save_figure, shift_figure, write_numbers
from visualize.output import save
from visualize.panels import spike_links as connectors

SYMBOLS = ["-", "a", "b", "c"]
TEACHER = spiky({3: 1, 8: 2, 15: 3, 20: 1})
STUDENT = spiky({5: 1, 7: 2, 20: 1, 25: 3})


def drawn():
    return shift_figure({"teacher": TEACHER, "student": STUDENT}, SYMBOLS, 0.02)


def strip_of(figure):
    (axes,) = (axes for axes in figure.axes if axes.get_label() == "shift student")
    return axes


def rows_of(figure, path):
    with write_numbers({"shift": figure}, path).open(encoding="utf-8") as file:
        return sorted(map(tuple, csv.reader(file)))


def test_a_crowd_of_connectors_is_one_collection_a_symbol_with_the_same_numbers(
    tmp_path, monkeypatch
):
    alone = drawn()
    monkeypatch.setattr(connectors, "MOST_LINES", 2)
    crowd = drawn()
    lines = [line for line in strip_of(alone).lines if (line.get_gid() or "").startswith("matched")]
    collections = strip_of(crowd).collections
    assert [collection.get_gid() for collection in collections] == ["matched a", "matched b"]
    segments = {
        (collection.get_gid(), tuple(segment[:, 0]), tuple(colour[:3]))
        for collection in collections
        for segment, colour in zip(collection.get_segments(), collection.get_colors(), strict=True)
    }
    assert segments == {
        (line.get_gid(), tuple(line.get_xdata()), to_rgb(line.get_color())) for line in lines
    }
    assert rows_of(crowd, tmp_path / "crowd.csv") == rows_of(alone, tmp_path / "alone.csv")


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_many_points_are_an_image_and_text_stays(kind, tmp_path, monkeypatch):
    figure, image = drawn(), {"svg": b"<image", "pdf": b"/Subtype /Image"}[kind]
    (plain,) = save_figure(figure, tmp_path / "plain", [kind])
    monkeypatch.setattr(save, "MOST_POINTS", 50)
    (raster,) = save_figure(figure, tmp_path / "raster", [kind])
    assert image not in plain.read_bytes()
    assert image in raster.read_bytes()
    assert not any(
        artist.get_rasterized() for axes in figure.axes for artist in axes.get_children()
    )
    if kind == "svg":
        shapes = [path.read_text(encoding="utf-8") for path in (plain, raster)]
        texts, lines = ([shape.count(f'<g id="{name}_') for shape in shapes] for name in TEXT_LINE)
        assert texts[0] == texts[1] > 0
        assert lines[0] > lines[1]
    assert save_figure(figure, tmp_path / "again", [kind])[0].read_bytes() == raster.read_bytes()


TEXT_LINE = ("text", "LineCollection")
