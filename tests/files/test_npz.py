"""npz and npy from anywhere: the arrays, or one sentence, and never more memory than is meant."""

import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import refkd
from refkd.alignment.posteriors.read import read_posteriors
from refkd.check import DataError
from refkd.experiment.checkpoint import read_checkpoint
from refkd.files.npz import ArrayFileError, read_npy, read_npz

MUCH = 1 << 27  # bytes: more than any of these files may take


def npy(array=None, descr="'<f8'", shape="(3,)", data=b"\0" * 24, version=1):
    """An npy with the header that it is asked for."""
    if array is not None:
        file = io.BytesIO()
        np.save(file, array, allow_pickle=True)
        return file.getvalue()
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def npz(content, name="one.npy", method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def changed(archive, offset, value, header=b"PK\x01\x02"):
    """The archive with other bytes at an offset of the directory entry of its first member."""
    start = archive.index(header) + offset
    return archive[:start] + value + archive[start + len(value) :]


def bomb():
    """Half a gigabyte of zeros in half a megabyte."""
    file = io.BytesIO()
    mebibyte = bytes(1 << 20)
    packed = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
    with packed as archive, archive.open("one.npy", "w") as member:
        member.write(npy(shape=f"({1 << 26},)", data=b""))
        for _ in range(512):
            member.write(mebibyte)
    return file.getvalue()


def twice():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one.npy", npy())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("one.npy", npy())
    return file.getvalue()


WHOLE = npz(npy(np.arange(3.0)))
DAMAGED = {
    "empty": (b"", "no npz"),
    "text": (b"0.1 0.9\n", "no npz"),
    "a single array": (npy(), "a single array"),
    "cut": (WHOLE[:-30], "a damaged file: File is not a zip file"),
    "other numbers": (WHOLE.replace(np.array(2.0).tobytes(), b"\1" * 8), "a damaged file: Bad CRC"),
    "encrypted": (changed(WHOLE, 8, b"\1\0"), "'one.npy', which is encrypted"),
    "bzip2": (npz(npy(), method=zipfile.ZIP_BZIP2), "'one.npy', which is compressed by a method"),
    "unknown method": (changed(WHOLE, 10, b"\x63\0"), "'one.npy', which is compressed by a method"),
    "no npy": (npz(b"text", "notes.txt"), "'notes.txt', which is not npy"),
    "a false npy": (npz(b"text"), "'one' with a damaged header"),
    "two of one name": (twice(), "two arrays with the same name"),
    "a long name": (npz(b"text", "x" * 9999), "'x{59}, which is not npy"),
    "pickled": (npz(npy(np.array([{}]))), "'one' of pickled objects"),
    "records": (npz(npy(np.zeros(2, "i4,f8"))), r"'one' of dtype \[\('f0'"),
    "a huge shape": (npz(npy(shape="(10**15,)")), "'one' with a damaged header"),
    "a huge length": (npz(npy(shape=f"({10**15},)")), r"'one' of shape \(1000000000000000,\)"),
    "no bytes an entry": (
        npz(npy(descr="'<U0'", shape=f"({10**15},)", data=b"")),
        "'one' of shape",
    ),
    "a negative shape": (npz(npy(shape="(-3, -1)")), r"'one' of shape \(-3, -1\)"),
    "a nested header": (npz(npy(shape="(" * 5000)), "'one' with a damaged header"),
    "a huge header": (npz(npy(version=2, data=b" " * 24)[:8] + b"\xff" * 90), "a damaged header"),
    "an unknown version": (npz(npy(version=9)), "a damaged file: we only support format version"),
    "a bomb": (bomb(), "bytes of arrays in a file of"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_archive_is_one_sentence_for_every_reader(tmp_path, name):
    content, sentence = DAMAGED[name]
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(ArrayFileError, match=f"^.{{0,40}}{sentence}") as refusal:
        read_npz(path)
    with pytest.raises(ArrayFileError, match=sentence):
        read_npz(io.BytesIO(content))
    for read in (refkd.Network.load, read_posteriors, lambda path: read_checkpoint(path, "a run")):
        with pytest.raises(DataError, match=r"file\.npz: expected ") as error:
            read(path)
        assert "\n" not in str(error.value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MUCH
    assert len(str(refusal.value)) < 250


def test_what_is_no_regular_file_is_never_opened(tmp_path):
    with pytest.raises(ArrayFileError, match="no such file"):
        read_npz(tmp_path / "missing")
    with pytest.raises(ArrayFileError, match="a folder"):
        read_npz(tmp_path)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        for read in (read_npz, read_npy):
            with pytest.raises(ArrayFileError, match="a device or a pipe"):
                read(tmp_path / "pipe")


def test_shapes_are_refused_before_a_number_is_read(tmp_path):
    path = tmp_path / "file.npz"
    whole = npz(npy(np.arange(20000.0)))
    path.write_bytes(whole.replace(np.array(19999.0).tobytes(), b"\1" * 8))
    with pytest.raises(ArrayFileError, match="Bad CRC"):
        read_npz(path)
    seen = {}

    def check(shapes):
        seen.update({name: (form.shape, form.dtype.name) for name, form in shapes.items()})
        raise KeyError("one")

    with pytest.raises(KeyError):
        read_npz(path, check)
    assert seen == {"one": ((20000,), "float64")}


def test_more_than_a_caller_wants_is_refused():
    assert read_npz(io.BytesIO(WHOLE), most=len(npy(np.arange(3.0))))["one"].tolist() == [0, 1, 2]
    with pytest.raises(ArrayFileError, match="more than the 100 that are read"):
        read_npz(io.BytesIO(WHOLE), most=100)


def test_a_network_with_more_than_a_network_needs_is_not_read(tmp_path):
    path = tmp_path / "net.npz"
    refkd.Network.create(3, 2, layers=1, outputs=4, bidirectional=False).save(path)
    with np.load(path) as arrays:
        values = dict(arrays)
    np.savez_compressed(path, **values, **{"metadata.rest": np.zeros(1 << 22)})
    with pytest.raises(DataError, match=r"more than 16777216 bytes of metadata$"):
        refkd.Network.load(path)


@given(
    st.dictionaries(
        st.text("abc/. é", min_size=1, max_size=5),
        st.sampled_from(
            [
                np.zeros((0, 3)),
                np.array(2.5, np.float32),
                np.asfortranarray(np.arange(6).reshape(2, 3)),
                np.array(["é", "ab"]),
                np.array(""),
                np.array([1, 2], ">i4"),
                np.array([True]),
            ]
        ),
    ),
    st.sampled_from([np.savez, np.savez_compressed]),
)
def test_what_numpy_saves_is_read_as_numpy_reads_it(arrays, save):
    file = io.BytesIO()
    save(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as by_numpy:
        read = read_npz(file)
        assert read.keys() == set(by_numpy.files)
        for name, array in read.items():
            assert array.dtype == by_numpy[name].dtype
            np.testing.assert_array_equal(array, by_numpy[name])


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "no npy"),
        (WHOLE, "an npz archive"),
        (npy(shape=f"({10**15},)"), r"the array of shape \(1000000000000000,\)"),
        (npy(np.array([{}])), "the array of pickled objects"),
        (npy()[:-1], r"the array of shape \(3,\) and dtype float64 in 23 bytes"),
    ],
)
def test_a_damaged_array_is_one_sentence(tmp_path, content, got):
    path = tmp_path / "file.npy"
    path.write_bytes(content)
    with pytest.raises(ArrayFileError, match=f"^{got}"):
        read_npy(path)
    with pytest.raises(DataError, match=f"expected a single array of numbers, got {got}"):
        read_posteriors(path)
