"""Files are complete or not there."""

import pytest

from refkd.files import replacing


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
