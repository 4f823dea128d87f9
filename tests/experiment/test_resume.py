"""A run that is killed, stopped or out of disk goes on to the bits of one that never was."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.trainings import complaints, trainings

import refkd
from refkd.cli import main
from refkd.experiment.run_folder import LOCK

pytestmark = [
    pytest.mark.compiled_only,
    pytest.mark.skipif(
        os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"),
        reason="parallel loops run as plain ones under bounds checks",
    ),
]
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to a child")
limits_only = pytest.mark.skipif(os.name != "posix", reason="Windows limits no file's size")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds, for a machine that compiles first
# Does something as the process is about to do `event` to `path` for the `count`-th time.
DRIVER = """
import os, signal, sys
action, event, path, count = *sys.argv[1:4], int(sys.argv[4])

def hook(name, arguments):
    global count
    if name == event and path in str(arguments[0]).replace(os.sep, "/"):
        count -= 1
        if count == 0 and action == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        elif count == 0 and action == "stop":
            signal.raise_signal(signal.SIGINT)
        elif count == 0 and action == "fill":
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))

sys.addaudithook(hook)
from refkd.cli import main
sys.exit(main(sys.argv[5:]))
"""


@pytest.fixture(scope="module", autouse=True)
def default_interrupts():
    """A shell that works in the background ignores SIGINT, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def command(tiny, tmp_path):
    return ["run", "--config", str(tiny), "--out", str(tmp_path / "run")]


def start(command, *driver, **environment):
    head = ["-c", DRIVER, *map(str, driver)] if driver else ["-m", "refkd"]
    return subprocess.Popen(
        [sys.executable, *head, *command],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def end(process):
    """Exit code, standard output, standard error but for the trainings that ended."""
    out, error = process.communicate(timeout=PATIENCE)
    return process.returncode, out, complaints(error)


def stopped_in(folder):
    """How a run ends by Ctrl-C in training."""
    resume = "repeat the command to resume after the last complete epoch"
    return 1, "", f"refkd: stopped; {resume} (in {folder})\n"


def finish(command, **environment):
    code, out, error = end(start(command, **environment))
    assert (code, error) == (0, "")
    return out


def wait_until(done, process):
    limit = time.monotonic() + PATIENCE
    while not done() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.002)


def files(folder):
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LOCK)
    return {path: path.read_bytes() for path in paths}


def without_seconds(value):
    if isinstance(value, dict):
        return {name: without_seconds(part) for name, part in value.items() if name != "seconds"}
    return [without_seconds(part) for part in value] if isinstance(value, list) else value


def contents(folder):
    """All that a run leaves behind, but how long it took."""
    held = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            held[name] = "folder"
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                held[name] = {
                    key: (arrays[key].dtype, arrays[key].shape, arrays[key].tobytes())
                    for key in arrays.files
                }
        elif name == "results.json":
            held[name] = json.dumps(without_seconds(json.loads(path.read_text(encoding="utf-8"))))
        elif name == "report.html":
            page = path.read_text(encoding="utf-8")
            held[name] = re.sub(r'(class="seconds">)[^<]*', r"\1", page)
        else:
            held[name] = path.read_bytes()
    return held


def assert_same_run(folder, whole):
    got, expected = contents(folder), contents(whole)
    assert list(got) == list(expected)
    assert [name for name in expected if got[name] != expected[name]] == []


def test_an_uninterrupted_run_leaves_nothing_behind_but_its_results(whole):
    names = set(contents(whole.folder))
    assert {"results.json", "run.json", "networks", "posteriors", "figures", "report.html"} <= names
    assert "networks/RandomChoice-seed-1.npz" in names
    assert "checkpoints" not in names
    assert not [name for name in names if name.endswith(".part")]
    tuning = json.loads((whole.folder / "results.json").read_text(encoding="utf-8"))["tuning"]
    assert [row["weight"] for row in tuning["Hard"]] == [0.1, 0.3]


@pytest.mark.proof
def test_a_run_killed_at_every_stage_ends_with_the_same_bits(whole, command, tmp_path):
    stages = [
        ("open", "run/run.json", 1),
        ("os.rename", "checkpoints/teacher", 2),
        ("os.remove", "checkpoints/Hard-weight-0.3-seed-0", 1),
        ("os.rename", "networks/Hard", 1),
        ("os.rename", "run/recording.wav", 1),
        ("open", "posteriors/CTC", 1),
        ("os.rename", "run/results.json", 1),
        ("shutil.rmtree", "run/checkpoints", 1),
        ("os.rmdir", "run/checkpoints", 1),
        ("os.rename", "figures/offsets.svg", 1),
        ("os.rename", "run/report.html", 1),
    ]
    for stage in stages:
        code, out, error = end(start(command, "kill", *stage))
        assert code not in (0, 1, 2), (stage, error)
        assert out == error == ""
        if "figures" in stage[1] or "report" in stage[1]:
            assert not (tmp_path / "run" / "checkpoints").exists()  # nothing is trained again
    finish(command)
    assert_same_run(tmp_path / "run", whole.folder)


@pytest.mark.proof
def test_a_run_killed_from_outside_again_and_again_ends_with_the_same_bits(
    whole, command, tmp_path
):
    rng, checkpoints = random.Random(0), tmp_path / "run" / "checkpoints"

    def state():
        return frozenset((path.name, path.stat().st_ino) for path in checkpoints.glob("*"))

    for _ in range(3):
        process, seen, changes = start(command), set(), rng.randint(2, 5)

        def enough(seen=seen, changes=changes):
            with contextlib.suppress(FileNotFoundError):  # listed, then replaced
                seen.add(state())
            return len(seen) > changes

        wait_until(enough, process)
        time.sleep(rng.uniform(0.0, 0.02))
        process.kill()
        end(process)
    finish(command)
    assert_same_run(tmp_path / "run", whole.folder)


@pytest.mark.proof
def test_an_animated_run_that_was_killed_ends_with_the_same_pictures(tiny, tmp_path):
    whole, killed = (
        ["run", "--config", str(tiny), "--rules", "CTC", "--animate", "--out", str(tmp_path / name)]
        for name in ("whole", "killed")
    )
    finish(whole)
    for stage in (
        ("os.rename", "checkpoints/CTC-seed-0", 2),
        ("os.rename", "epochs/CTC", 1),
        ("os.rename", "figures/spikes-CTC.gif", 1),
    ):
        code, _, error = end(start(killed, "kill", *stage))
        assert code not in (0, 1, 2), (stage, error)
    finish(killed)
    assert_same_run(tmp_path / "killed", tmp_path / "whole")
    names = set(contents(tmp_path / "killed"))
    assert {"epochs/teacher.npz", "epochs/reference.ctm", "figures/spikes-CTC.gif"} <= names


def test_a_finished_run_is_told_again_and_nothing_is_touched(whole, capsys):
    folder, command, printed, _ = whole
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}, files(folder)
    assert main(command) == 0
    assert capsys.readouterr() == (printed, "")
    assert ({path: path.stat().st_mtime_ns for path in folder.rglob("*")}, files(folder)) == before


@pytest.mark.parametrize(
    ("more", "version"), [(["--seed", "5"], None), (["--quick"], None), ([], "0.0.9")]
)
def test_another_run_in_the_same_folder_is_refused_in_a_sentence(
    whole, capsys, monkeypatch, more, version
):
    folder, command, *_ = whole
    before = files(folder)
    monkeypatch.setattr(refkd, "__version__", version or refkd.__version__)
    assert main([*command, *more]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert (
        "expected a new or empty folder, or the folder of a run with these settings" in printed.err
    )
    assert files(folder) == before


@pytest.mark.proof
@posix_only
def test_ctrl_c_in_training_says_how_to_go_on(whole, command, tmp_path):
    process = start(command)
    wait_until(lambda: list((tmp_path / "run").glob("checkpoints/CTC*.npz")), process)
    process.send_signal(signal.SIGINT)
    assert end(process) == stopped_in(tmp_path / "run")
    finish(command)
    assert_same_run(tmp_path / "run", whole.folder)


@pytest.mark.proof
@posix_only
def test_ctrl_c_in_compilation_is_one_line(command, tmp_path):
    cache = tmp_path / "cache"
    process = start(command, NUMBA_CACHE_DIR=str(cache))
    wait_until(lambda: list(cache.rglob("*.nbi")), process)
    process.send_signal(signal.SIGINT)
    code, _, error = end(process)
    assert code == 1
    assert error.startswith("refkd: stopped; repeat the command to resume")
    assert error.count("\n") == 1


@pytest.mark.proof
def test_ctrl_c_at_any_stage_is_one_line(whole, command, tmp_path):
    stages = [
        ("import", "numpy", 1),
        ("import", "numba", 1),
        ("open", "tiny.toml", 1),
        ("import", "refkd.data.synthetic", 1),
        ("open", "checkpoints/Hard", 2),
        ("os.rename", "networks/CTC", 1),
        ("open", "run/results.json", 1),
        ("import", "matplotlib.figure", 1),
        ("os.rename", "figures/shift.svg", 1),
    ]
    for stage in stages:
        code, out, error = end(start(command, "stop", *stage))
        assert (code, out) == (1, ""), (stage, error)
        assert error.startswith("refkd: stopped"), stage
        assert error.count("\n") == 1, (stage, error)
        assert not list(tmp_path.rglob("*.part")), stage
    finish(command)
    assert_same_run(tmp_path / "run", whole.folder)


@pytest.mark.proof
@limits_only
def test_a_full_disk_is_one_sentence_and_loses_nothing(whole, command, tmp_path):
    """Files of more than 100 bytes fail as on a full disk, from the moment that one is opened."""
    folder = tmp_path / "run"
    second = folder / "checkpoints" / "CTC-seed-1.npz"

    def filled(path, count):
        code, out, error = end(start(command, "fill", "open", path, count))
        assert (code, out) == (1, ""), error
        assert error.startswith(f"refkd: {folder}"), error
        assert "expected to write there, got " in error
        assert error.count("\n") == 1, error
        assert not list(folder.rglob("*.part"))

    filled("checkpoints/CTC-seed-1", 2)
    with np.load(second, allow_pickle=False) as arrays:
        assert len(arrays["history"]) == 1
    filled("networks/Hard", 1)
    for path in (
        "posteriors/Hard",
        "run/results.json",
        "figures/shift.png",
        "figures/offsets.svg",
        "run/report.html",
    ):
        before = files(folder)
        filled(path, 1)
        if path == "figures/shift.png":  # the results have been written, and that ends a run
            before = {file: data for file, data in before.items() if file.parent != second.parent}
        assert before.items() <= files(folder).items()
    finish(command)
    assert_same_run(folder, whole.folder)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs a user who may not write everywhere"
)
def test_a_folder_that_may_not_be_written_to_is_one_sentence(command, tmp_path, capsys):
    tmp_path.chmod(0o500)
    try:
        assert main(command) == 2
    finally:
        tmp_path.chmod(0o700)
    error = capsys.readouterr().err
    assert "out: expected a folder that can be written to, got" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("place", ["", "run"])
def test_a_file_in_the_way_is_one_sentence(tiny, capsys, place):
    before = tiny.read_bytes()
    assert main(["run", "--config", str(tiny), "--out", str(tiny / place)]) == 2
    error = capsys.readouterr().err
    assert "out: expected a folder that can be written to, got" in error
    assert error.count("\n") == 1
    assert tiny.read_bytes() == before


def test_a_stopped_run_goes_on_and_damaged_files_are_named(whole, command, tmp_path, capsys):
    folder = tmp_path / "run"
    assert end(start(command, "stop", "open", "checkpoints/CTC-seed-1", 2)) == stopped_in(folder)
    damaged = folder / "checkpoints" / "Hard-weight-0.1-seed-0.npz"
    damaged.write_bytes(damaged.read_bytes()[:-200])
    before = files(folder)

    def refused(path, advice):
        assert main(command) == 1
        error = complaints(capsys.readouterr().err)
        assert error.startswith(f"refkd: {path}: expected ")
        assert advice in error
        assert error.count("\n") == 1

    refused(damaged, "remove it, and this training starts anew")
    after = files(folder)
    kept = {path: held for path, held in before.items() if path.suffix != ".part"}
    assert kept == {path: after.get(path) for path in kept}
    damaged.unlink()
    assert main(command) == 0
    ended = trainings(capsys.readouterr().err)
    assert list(ended) == list(trainings(whole.errors))
    resumed = {name: rest.partition("; ")[2] for name, rest in ended.items()}
    assert resumed == dict.fromkeys(ended, "") | {
        **dict.fromkeys(list(ended)[:2], "finished before the interruption"),
        **dict.fromkeys(list(ended)[3:5], "finished before the interruption"),
        "6/8 CTC, seed 1": "1 of the epochs before the interruption",
    }
    assert_same_run(folder, whole.folder)
    results = folder / "results.json"
    results.write_bytes(results.read_bytes()[:-200])
    capsys.readouterr()
    refused(results, "remove it and repeat the command to train again")


def test_somebody_elses_files_stay(tmp_path, command):
    """Only what a killed process of ours was writing is removed, not what looks like it."""
    folder = tmp_path / "run"
    (folder / "deep").mkdir(parents=True)
    for name in ("song.mp3.part", "deep/run.json.77.part"):
        (folder / name).write_bytes(b"mine")
    before = files(folder)
    assert main(command) == 2
    assert files(folder) == before


@pytest.mark.proof
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_run_has_the_same_bits_for_any_number_of_threads(whole, command, tmp_path, threads):
    finish(command, NUMBA_NUM_THREADS=str(threads))
    assert_same_run(tmp_path / "run", whole.folder)
