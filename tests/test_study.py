"""The main job and the folder that it leaves, through the command line."""

import json
import wave

import numpy as np
import pytest

import refkd
from refkd.cli import main
from refkd.data.dataset import load
from refkd.records.rules import RULES

pytestmark = pytest.mark.compiled_only

TINY = """
[network]
hidden = 8
[training]
epochs = 2
[speech]
train = 12
validation = 1
test = 4
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of one tiny run with a student for every rule."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(TINY, encoding="utf-8")
    rules = ",".join(["CTC", *RULES])
    code = main(
        ["run", "--config", str(folder / "tiny.toml"), "--rules", rules, "--out", str(folder / "a")]
    )
    assert code == 0
    return folder


@pytest.fixture(scope="module")
def results(run):
    return json.loads((run / "a" / "results.json").read_text(encoding="utf-8"))


def test_results_hold_the_teacher_and_every_student(results):
    assert [one["rule"] for one in results["students"]] == ["CTC", *RULES]
    for one in (results["teacher"], *results["students"]):
        assert one["phone_error_rate"] >= 0.0
        assert one["loss"] > 0.0
        assert one["delay"]["n"] + one["delay"]["phones_left_out"] == results["data"]["test_phones"]
        assert len(one["history"]) == 2


def test_the_teacher_stayed_frozen(results):
    assert results["teacher"]["hash_before"] == results["teacher"]["hash_after"]


def test_what_a_rule_selected_is_told_of_every_rule_but_not_of_ctc(results):
    ctc, *others = results["students"]
    assert ctc["selection"] is None
    assert ctc["weight"] == 0.0
    for one in others:
        chosen = one["selection"]
        assert one["weight"] > 0.0
        assert chosen["before"] > 0.0
        if chosen["earlier"] is not None:
            total = chosen["earlier"] + chosen["equal"] + chosen["later"]
            assert total == pytest.approx(1.0)
            assert chosen["later"] == 0.0  # no default window looks ahead
    framewise = others[0]["selection"]
    if framewise["teacher_spikes"]:
        assert (framewise["equal"], framewise["never_chosen"]) == (1.0, 0.0)


def test_networks_and_posteriors_are_those_of_the_results(run, results):
    for one in results["students"]:
        net = refkd.Network.load(run / "a" / "networks" / f"{one['rule']}.npz")
        assert net.hash() == one["hash"]
        assert not net.bidirectional
        with np.load(run / "a" / "posteriors" / f"{one['rule']}.npz", allow_pickle=False) as file:
            names = [name for name in file.files if not name.startswith("metadata.")]
            assert len(names) == results["data"]["utterances"]["test"]
            assert file[names[0]].shape[1] == len(results["data"]["symbols"])
            assert str(file["metadata.kind"]) == "logits"
            assert float(file["metadata.frame_shift"]) == results["data"]["frame_shift"]
    assert refkd.Network.load(run / "a" / "networks" / "teacher.npz").bidirectional


def test_a_student_hears_a_recording_from_its_file_alone(run, capsys):
    corpus = load("synthetic", train=1, validation=1, test=1)
    one = corpus.test[0]
    with wave.open(str(run / "audio.wav"), "wb") as file:
        file.setparams((1, 2, one.rate, 0, "NONE", ""))
        file.writeframes((np.clip(one.audio, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    model = run / "a" / "networks" / "Hard.npz"
    assert main(["stream", str(model), str(run / "audio.wav"), "--json"]) == 0
    symbols = set(refkd.Network.load(model).metadata["symbols"][1:].tolist())
    assert {json.loads(line)["phone"] for line in capsys.readouterr().out.splitlines()} <= symbols


def test_three_figures_are_drawn(run):
    files = {file.name for file in (run / "a" / "figures").iterdir()}
    assert files == {
        f"{name}.{kind}" for name in ("shift", "offsets", "tradeoff") for kind in ("png", "svg")
    }
    assert all(file.stat().st_size > 2000 for file in (run / "a" / "figures").iterdir())


def test_a_student_does_not_depend_on_who_else_is_taught(run, results, capsys):
    """Same seed, same start, same batches: Hard alone beside CTC is the Hard of the full run."""
    arguments = ["run", "--config", str(run / "tiny.toml"), "--rules", "CTC,Hard", "--json"]
    assert main([*arguments, "--out", str(run / "b")]) == 0
    again = json.loads(capsys.readouterr().out)
    expected = {one["rule"]: one["hash"] for one in results["students"]}
    assert {one["rule"]: one["hash"] for one in again["students"]} == {
        name: expected[name] for name in ("CTC", "Hard")
    }
    assert again["teacher"]["hash_after"] == results["teacher"]["hash_after"]


def test_another_seed_is_another_run(run, results, capsys):
    arguments = ["run", "--config", str(run / "tiny.toml"), "--rules", "CTC", "--json"]
    assert main([*arguments, "--seed", "1", "--out", str(run / "c")]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["students"][0]["hash"] != results["students"][0]["hash"]
    assert again["seeds"] != results["seeds"]


def test_the_plain_cell_is_trained_when_asked_for(run, capsys):
    config = run / "plain.toml"
    config.write_text(TINY.replace("hidden = 8", 'hidden = 8\ncell = "tanh"'), encoding="utf-8")
    arguments = ["run", "--config", str(config), "--rules", "CTC,Hard", "--json"]
    assert main([*arguments, "--out", str(run / "d")]) == 0
    study = json.loads(capsys.readouterr().out)
    for name, one in (("teacher", study["teacher"]), *((s["rule"], s) for s in study["students"])):
        assert refkd.Network.load(run / "d" / "networks" / f"{name}.npz").cell == "tanh"
        first, last = (epoch["ctc"] for epoch in one["history"])
        assert last < first


def test_a_folder_that_holds_something_is_refused_before_any_work(run, capsys):
    before = (run / "a" / "results.json").read_bytes()
    assert main(["run", "--quick", "--out", str(run / "a")]) == 2
    assert "out: expected a new or empty folder, got" in capsys.readouterr().err
    assert (run / "a" / "results.json").read_bytes() == before


def test_a_file_in_the_way_is_one_sentence(run, capsys):
    assert main(["run", "--quick", "--out", str(run / "tiny.toml")]) == 2
    assert "out: expected a folder that can be written to, got" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["--rules", "Hart"], "rules: expected one of 'CTC', ", 2),
        (["--data", "mp3:x"], "data: expected one of 'synthetic', 'festvox:DIR', ", 2),
        (["--config", "none.toml"], "none.toml: expected a file, got ", 1),
        (["--data", "festvox:none"], "none", 1),
    ],
)
def test_a_users_mistake_is_one_line_without_a_traceback(
    tmp_path, capsys, arguments, sentence, code
):
    assert main(["run", *arguments, "--out", str(tmp_path / "out")]) == code
    error = capsys.readouterr().err
    assert error.startswith("refkd: ")
    assert sentence in error
    assert error.count("\n") == 1
