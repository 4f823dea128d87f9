"""Files are complete or not there."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from refkd.files.atomic import locked, replacing
from refkd.files.npz import write_arrays


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


@pytest.mark.skipif(os.name != "posix", reason="Windows names devices otherwise")
def test_a_device_or_a_pipe_is_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, Path("/dev/full")):
        with pytest.raises(OSError, match="not a regular file") as caught, replacing(target):
            pass
        assert caught.value.filename == str(target)
        assert not target.is_file()


def test_what_cannot_be_written_names_the_file(tmp_path):
    target = tmp_path / "results"
    with pytest.raises(OSError, match="results'") as caught, replacing(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(target)
    with pytest.raises(OSError, match="folder") as caught, replacing(tmp_path / "no folder" / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "no folder" / "x")


def test_a_lock_has_one_holder_and_leaves_nothing(tmp_path):
    lock = tmp_path / "lock"
    with locked(lock):
        before = lock.stat()
        with pytest.raises(BlockingIOError), locked(lock):
            pass
        assert lock.stat() == before
    assert list(tmp_path.iterdir()) == []


def test_a_lock_dies_with_its_process(tmp_path):
    lock = tmp_path / "lock"
    hold = (
        "import sys, time; from pathlib import Path; from refkd.files.atomic import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, lock], stdout=subprocess.PIPE)
    assert holder.stdout.readline().strip() == b"held"
    with pytest.raises(BlockingIOError), locked(lock):
        pass
    holder.kill()
    holder.communicate()
    assert lock.exists()
    with locked(lock):
        assert lock.exists()
    assert not lock.exists()


def test_a_lock_that_was_removed_as_it_was_opened_is_opened_again(tmp_path, monkeypatch):
    lock, opened = tmp_path / "lock", []
    open_file = os.open

    def open_then_remove(*arguments):
        opened.append(open_file(*arguments))
        if len(opened) == 1 and os.name == "posix":
            lock.unlink()
        return opened[-1]

    monkeypatch.setattr(os, "open", open_then_remove)
    with locked(lock), pytest.raises(BlockingIOError), locked(lock):
        pass
    assert len(opened) == (3 if os.name == "posix" else 2)
