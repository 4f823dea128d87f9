"""Files are complete or not there."""

import io

import numpy as np
import pytest

from refkd.files import replacing, write_arrays


def test_a_finished_file_replaces_the_old_one(tmp_path):
    target = tmp_path / "results"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unfinished_file_leaves_the_old_one_and_nothing_else(tmp_path):
    target = tmp_path / "results"
    target.write_bytes(b"old")

    def interrupted():
        with replacing(target) as file:
            file.write(b"ne")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        interrupted()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["file", "allow_pickle", "kwds", "metadata.blank", "ж/b c"])
def test_arrays_come_back_under_any_name_and_nothing_else(name):
    arrays = {name: np.arange(6.0).reshape(2, 3).T, "text": np.array("a \u0301"), "n": 3}
    file = io.BytesIO()
    write_arrays(file, arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as loaded:
        assert sorted(loaded.files) == sorted(arrays)
        for key, array in arrays.items():
            np.testing.assert_array_equal(loaded[key], array, strict=True)


def test_arrays_of_objects_are_refused_and_the_old_file_stays(tmp_path):
    target = tmp_path / "arrays.npz"
    target.write_bytes(b"old")
    with (
        pytest.raises(ValueError, match="Object arrays cannot be saved"),
        replacing(target) as file,
    ):
        write_arrays(file, {"a": np.array([{}, None])})
    assert target.read_bytes() == b"old"
