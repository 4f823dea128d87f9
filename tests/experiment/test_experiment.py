"""The main job and the folder that it leaves, through the command line."""

import io
import json

import numpy as np
import pytest
from support.audio import write_wav
from support.report import Page
from support.trainings import complaints, trainings
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.metrics import alignment_shift, emission_delay
from refkd.alignment.statistics import EmissionDelay, OffsetStatistics
from refkd.check import ArgumentError, DataError
from refkd.cli import main
from refkd.data.dataset import load
from refkd.experiment import experiment
from refkd.experiment.checkpoint import Epoch
from refkd.experiment.experiment import run_experiment
from refkd.experiment.progress import Progress, Training
from refkd.experiment.results_json import results as results_of
from refkd.experiment.results_json import table, write_results
from refkd.experiment.run_folder import claim_folder
from refkd.experiment.run_reader import read_run
from refkd.experiment.run_writer import write_run
from refkd.experiment.settings import read_settings
from refkd.experiment.train import train
from refkd.losses.rules import RULES
from refkd.networks.network import logits_of
from visualize.output.figures import FIGURES
from visualize.report import write_report

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
def settings_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def every_rule(settings_file, tmp_path_factory):
    """The folder of a tiny experiment with a student for every rule; nothing is drawn."""
    folder = tmp_path_factory.mktemp("every-rule")
    experiment = run_experiment(read_settings(settings_file, {"rules": ["CTC", *RULES]}))
    write_run(experiment, folder)
    write_results(results_of(experiment), folder)
    return folder


def results_in(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(every_rule):
    return results_in(every_rule)


@pytest.mark.parametrize("name", ["every_rule", "whole"])
def test_results_hold_the_teacher_and_every_student(name, request):
    folder = request.getfixturevalue(name)
    results = results_in(folder if name == "every_rule" else folder.folder)
    rules = ["CTC", *RULES] if name == "every_rule" else 2 * ["CTC", "Hard", "RandomChoice"]
    assert [row["rule"] for row in results["students"]] == rules
    assert results["teacher"]["hash_before"] == results["teacher"]["hash_after"]  # it stays frozen
    for row in (results["teacher"], *results["students"]):
        assert row["phone_error_rate"] >= 0.0
        assert row["loss"] > 0.0
        assert row["delay"]["n"] + row["delay"]["phones_left_out"] == results["data"]["test_phones"]
        assert len(row["history"]) == 2
        for delay in (row["delay"], row["delay_to_ends"]):
            assert sum(delay["histogram"].values()) == delay["n"]
        assert row["delay_to_ends"]["phones_left_out"] <= results["data"]["test_phones"]
        assert 0.0 <= row["spoken"]["missed_phones"] <= 1.0


def test_the_teacher_is_trained_before_it_teaches(tiny, monkeypatch):
    """Claim 9: no student is given the teacher before its training has ended."""
    trainings = []

    def recorded(start, split, settings, seed, auxiliary=None, *more):
        trained, history = train(start, split, settings, seed, auxiliary, *more)
        trainings.append((start, trained, auxiliary, history))
        return trained, history

    monkeypatch.setattr(experiment, "train", recorded)
    run_experiment(read_settings(tiny, {"rules": ["CTC", "Hard"], "seeds": 1}))
    (untrained, teacher, auxiliary, history), (_, _, alone, _), *students = trainings
    assert teacher.bidirectional
    assert auxiliary is None
    assert alone is None
    assert history[-1].ctc < history[0].ctc
    assert teacher.hash() != untrained.hash()
    for start, _, distillation, _ in students:
        assert not start.bidirectional
        assert distillation.teacher.hash() == teacher.hash()


def test_what_a_rule_selected_is_told_of_every_rule_but_not_of_ctc(results):
    ctc, *others = results["students"]
    assert ctc["selection"] is None
    assert ctc["weight"] == 0.0
    for row in others:
        chosen = row["selection"]
        assert row["weight"] > 0.0
        assert chosen["before"] > 0.0
        if chosen["earlier"] is not None:
            total = chosen["earlier"] + chosen["equal"] + chosen["later"]
            assert total == pytest.approx(1.0)
            assert chosen["later"] == 0.0  # no default window looks ahead
    framewise = others[0]["selection"]
    if framewise["teacher_spikes"]:
        assert (framewise["equal"], framewise["never_chosen"]) == (1.0, 0.0)


def test_networks_and_posteriors_are_those_of_the_results(every_rule, results):
    for row in results["students"]:
        net = refkd.Network.load(every_rule / "networks" / f"{row['rule']}.npz")
        assert net.hash() == row["hash"]
        assert not net.bidirectional
        with np.load(every_rule / "posteriors" / f"{row['rule']}.npz", allow_pickle=False) as file:
            names = [name for name in file.files if not name.startswith("metadata.")]
            assert len(names) == results["data"]["utterances"]["test"]
            assert file[names[0]].shape[1] == len(results["data"]["symbols"])
            assert str(file["metadata.kind"]) == "logits"
            assert float(file["metadata.frame_shift"]) == results["data"]["frame_shift"]
    assert refkd.Network.load(every_rule / "networks" / "teacher.npz").bidirectional


def test_a_student_hears_a_recording_from_its_file_alone(whole, tmp_path, capsys):
    corpus = load("synthetic", train=1, validation=1, test=1)
    utterance = corpus.test[0]
    write_wav(tmp_path / "audio.wav", utterance.audio, utterance.rate)
    model = whole.folder / "networks" / "Hard.npz"
    assert main(["stream", str(model), str(tmp_path / "audio.wav"), "--json"]) == 0
    symbols = set(refkd.Network.load(model).metadata["symbols"][1:].tolist())
    assert {json.loads(line)["phone"] for line in capsys.readouterr().out.splitlines()} <= symbols


def test_without_a_terminal_each_training_is_a_line_when_it_ends(whole):
    labels = "teacher, seed 0/CTC, seed 0/Hard-weight-0.1, seed 0/Hard-weight-0.3, seed 0"
    labels += "/RandomChoice, seed 0/CTC, seed 1/Hard-weight-0.3, seed 1/RandomChoice, seed 1"
    students = {row["seed"]: row for row in results_in(whole.folder)["students"]}
    ended = trainings(whole.errors)
    weight = results_in(whole.folder)["students"][1]["weight"]
    labels = labels.replace("0.3, seed 1", f"{weight}, seed 1").split("/")
    assert list(ended) == [f"{n}/8 {label}" for n, label in enumerate(labels, 1)]
    seconds = sum(epoch["seconds"] for epoch in students[1]["history"])
    error = 100 * students[1]["history"][-1]["validation"]
    expected = f"2 epochs in {seconds:.1f} s, validation error {error:.1f} %"
    assert ended["8/8 RandomChoice, seed 1"] == expected


class Stream(io.StringIO):
    """An output that may be a terminal, and counts how often it is flushed."""

    terminal, flushes = False, 0

    def isatty(self):
        return self.terminal

    def flush(self):
        self.flushes += 1


@pytest.mark.parametrize("terminal", [True, False])
def test_on_a_terminal_each_training_is_a_bar(settings_file, monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr", stream := Stream())
    stream.terminal = terminal
    epochs = (Epoch(ctc=0.9, lesson=0.0, validation=0.25, seconds=1.5),) * 2
    with Progress(read_settings(settings_file, {"rules": ["CTC"]})) as progress:
        for name in ("teacher", "CTC"):
            progress.update(Training(name, 0, 2, epochs[:1], 0))
            progress.update(Training(name, 0, 2, epochs, 0))
    shown = stream.getvalue()
    if terminal:
        assert "2/2 CTC: 100%" in shown
        assert "CTC 0.900 nats/frame, validation error 25.0 %" in shown
        assert not trainings(shown)
    else:
        labels = ("1/2 teacher, seed 0", "2/2 CTC, seed 0")
        assert trainings(shown) == dict.fromkeys(
            labels, "2 epochs in 3.0 s, validation error 25.0 %"
        )
        assert complaints(shown) == ""
        assert stream.flushes == 2


def test_every_figure_is_drawn(whole):
    files = {file.name for file in (whole.folder / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg", "csv")}
    assert all(file.stat().st_size > 200 for file in (whole.folder / "figures").iterdir())


def test_the_report_is_that_of_the_folder(whole, tmp_path):
    write_report(read_run(whole.folder), whole.folder / "figures", tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == (whole.folder / "report.html").read_bytes()


@pytest.mark.proof
def test_drawing_a_run_again_writes_the_same_report(whole, tmp_path, capsys):
    out = tmp_path / "plot"
    assert main(["plot", str(whole.folder), "--format", "svg", "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "report.html")
    assert (out / "report.html").read_bytes() == (whole.folder / "report.html").read_bytes()


def test_a_run_is_heard_where_there_is_audio(whole, tmp_path, capsys):
    finished = read_run(whole.folder)
    name = finished.names[0]
    seconds = len(finished.features[name]) * finished.clock.frame_shift
    write_wav(tmp_path / f"{name}.wav", bytes(2 * round(8000 * seconds)), 8000)
    more = ["--figures", "offsets", "--format", "svg", "--report", "--audio", str(tmp_path)]
    out = tmp_path / "heard"
    assert main(["plot", str(whole.folder), *more, "--out", str(out)]) == 0
    data = Page((out / "report.html").read_text(encoding="utf-8")).data
    assert {utterance["name"] for utterance in data["utterances"] if utterance["audio"]} == {name}
    assert main(["plot", str(whole.folder), *more[:-1], str(tmp_path / f"{name}.wav")]) == 2
    refusal = "refkd: audio: expected a folder, or a file with --utterance NAME"
    assert refusal in capsys.readouterr().err
    write_wav(tmp_path / f"{name}.wav", bytes(2 * round(8000 * (seconds + 1))), 8000)
    assert main(["plot", str(whole.folder), *more, "--out", str(tmp_path / "other")]) == 2
    assert f"s for utterance {name!r}, as teacher has" in capsys.readouterr().err


def test_a_student_does_not_depend_on_who_else_is_taught(settings_file, results):
    """Same seed, same start, same batches: Hard alone beside CTC is the Hard of the full run."""
    again = run_experiment(read_settings(settings_file, {"rules": ["CTC", "Hard"]}))
    expected = {row["rule"]: row["hash"] for row in results["students"]}
    for student in again.students:
        assert student.network.hash() == expected[student.name]
    assert again.teacher.network.hash() == results["teacher"]["hash_after"]


def test_another_seed_is_another_run(settings_file, results):
    again = run_experiment(read_settings(settings_file, {"rules": ["CTC"], "seed": 1}))
    assert again.students[0].network.hash() != results["students"][0]["hash"]
    assert again.students[0].seed == 1


def test_the_plain_cell_is_trained_when_asked_for(settings_file):
    options = {"rules": ["CTC", "Hard"], "network": {"cell": "tanh"}}
    experiment = run_experiment(read_settings(settings_file, options))
    for model in (experiment.teacher, *experiment.students):
        assert (model.network.cell, model.network.hidden) == ("tanh", 8)
        first, last = (epoch.ctc for epoch in model.history)
        assert last < first


def test_options_of_the_command_line_go_before_those_of_the_file(
    settings_file, tmp_path, monkeypatch, capsys
):
    chosen = []

    def untrained(settings, *_):
        chosen.append(settings)
        raise DataError("training: expected nothing of it, got so far")

    monkeypatch.setattr("refkd.experiment.experiment.run_experiment", untrained)
    command = ["run", "--config", str(settings_file), "--out", str(tmp_path / "run")]
    assert main([*command, "--cell", "tanh", "--seed", "1", "--rules", "CTC"]) == 1
    assert capsys.readouterr().err == "refkd: training: expected nothing of it, got so far\n"
    network = chosen[0].network
    assert (network.cell, network.hidden, chosen[0].seed) == ("tanh", 8, 1)
    assert chosen[0].rules == ("CTC",)


SEVERAL = """
[distill.Hard]
weight = [0.1, 3.0]
[distill.from-CTC]
rule = "OrderedPath"
start = "CTC"
warm_up = 0.5
[distill.alone]
rule = "OrderedPath"
ctc = 0.0
teacher_hears = "noisy"
"""
NAMES = ["CTC", "LongerCTC", "FrameWise", "Hard", "Shift1", "Shift2", "Guided", "UniTeacher"]
NAMES += ["OrderedPath", "RandomChoice", "from-CTC", "alone"]


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Two seeds of the controls, the rival and students with options; the results, the table."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "several.toml").write_text(TINY + SEVERAL, encoding="utf-8")
    options = {"rules": NAMES, "seeds": 2, "animate": True}
    settings = read_settings(folder / "several.toml", options)
    study = run_experiment(settings)
    document = results_of(study)
    write_run(study, folder)
    write_results(document, folder)
    return folder, study, document


def test_every_student_is_trained_with_every_seed(several):
    _, study, document = several
    assert [(row["rule"], row["seed"]) for row in document["students"]] == [
        (name, seed) for seed in (0, 1) for name in NAMES
    ]
    assert document["seeds"] == [0, 1]
    assert len({row["hash"] for row in document["students"]}) == 2 * len(NAMES)
    assert study.names == tuple(NAMES)


def test_all_seeds_learn_from_the_teachers_of_the_first(several):
    folder, study, document = several
    names = ["teacher", "unidirectional-teacher", "guided-teacher-1"]
    assert [row["name"] for row in document["teachers"]] == names
    assert document["teachers"][0] == document["teacher"]
    for row, model in zip(document["teachers"], study.teachers, strict=True):
        assert row["hash_before"] == row["hash_after"]
        saved = refkd.Network.load(folder / "networks" / f"{row['name']}.npz")
        assert saved.hash() == row["hash_after"] == model.network.hash()
        assert saved.bidirectional == (row["name"] != "unidirectional-teacher")


def test_a_weight_is_chosen_on_validation_with_the_first_seed(several):
    _, study, document = several
    (name, tried), *others = document["tuning"].items()
    assert (name, others) == ("Hard", [])
    assert [row["weight"] for row in tried] == [0.1, 3.0]
    best = min(tried, key=lambda row: (row["validation"], row["weight"]))
    for student in study.of("Hard"):
        assert student.weight == best["weight"]
    assert study.of("Hard")[0].history[-1].validation == best["validation"]


def test_the_summary_holds_means_intervals_and_paired_differences(several):
    _, study, document = several
    assert [row["rule"] for row in document["summary"]] == NAMES
    rates = {
        name: [row.measured.phone_error_rate for row in study.of(name)] for name in study.names
    }
    for row in document["summary"]:
        own = rates[row["rule"]]
        error = row["phone_error_rate"]
        assert_close(error["mean"], np.mean(own), VALUE)
        assert_close(error["sd"], np.std(own, ddof=1), VALUE)
        assert error["low"] <= error["mean"] <= error["high"]
        assert (row["seeds"], row["utterances"]) == (2, 4)
        assert row["phones"] == document["data"]["test_phones"]
        for other, interval in row["against"].items():
            assert_close(interval["mean"], np.mean(own) - np.mean(rates[other]), VALUE)
    against = {row["rule"]: list(row["against"]) for row in document["summary"]}
    assert against["Hard"] == ["CTC", "FrameWise"]
    assert against["CTC"] == ["FrameWise"]
    assert against["FrameWise"] == ["CTC"]


def test_the_controls_are_what_they_are_called(several):
    _, study, _ = several
    plain, longer = study.of("CTC")[0], study.of("LongerCTC")[0]
    assert (len(plain.history), len(longer.history)) == (2, 3)
    random = study.of("RandomChoice")[0]
    assert random.selection is None
    assert random.network.hash() != study.of("Hard")[0].network.hash()
    from_others = {"UniTeacher": "OrderedPath", "Guided": "FrameWise", "from-CTC": "OrderedPath"}
    for name, plain_name in from_others.items():  # the same rule from another teacher or start
        assert study.of(name)[0].rule == study.of(plain_name)[0].rule
        assert study.of(name)[0].network.hash() != study.of(plain_name)[0].network.hash()
    ctc_start = study.of("CTC")[0].history[-1].ctc
    assert study.of("from-CTC")[0].history[0].ctc < study.of("OrderedPath")[0].history[0].ctc
    assert study.of("from-CTC")[0].history[0].ctc < 1.5 * ctc_start


def test_a_student_of_no_weight_is_the_one_by_ctc_alone_and_another_from_another_start(tmp_path):
    text = """
    [distill.weightless]
    rule = "Hard"
    weight = 0.0
    [distill.onwards]
    rule = "Hard"
    weight = 0.0
    start = "CTC"
    [distill.CTC]
    teacher = "guided"  # of no meaning: nobody teaches it
    """
    (tmp_path / "weightless.toml").write_text(TINY + text, encoding="utf-8")
    names = ["CTC", "weightless", "onwards"]
    study = run_experiment(read_settings(tmp_path / "weightless.toml", {"rules": names}))
    alone, weightless, onwards = study.students
    assert weightless.network.hash() == alone.network.hash() != onwards.network.hash()
    assert onwards.history[0].ctc < weightless.history[0].ctc


def test_every_option_of_a_student_reaches_its_training(monkeypatch, tmp_path):
    lessons, lengths = [], []

    def recorded(*arguments, **options):
        lessons.append(arguments[4])
        return train(*arguments, **options)

    def shift(teacher, student):
        lengths.append(len(student))
        return alignment_shift(teacher, student)

    monkeypatch.setattr("refkd.experiment.experiment.train", recorded)
    monkeypatch.setattr("refkd.experiment.experiment.alignment_shift", shift)
    (tmp_path / "options.toml").write_text(TINY + SEVERAL, encoding="utf-8")
    names = ["CTC", "Shift", "from-CTC", "alone"]
    study = run_experiment(read_settings(tmp_path / "options.toml", {"rules": names}))
    of_teacher, of_ctc, _, warm, alone = lessons
    assert (of_teacher, of_ctc) == (None, None)
    assert (warm.warm_up, warm.ctc, warm.weight) == (0.5, 1.0, 0.3)
    assert (alone.warm_up, alone.ctc) == (0.0, 0.0)
    assert alone.clean_logits is None
    clean = study.teacher.network.forward(study.data.train.features).logits
    assert np.array_equal(warm.clean_logits.values, clean.values)
    assert lengths == study.data.validation.features.lengths.tolist()  # of Shift, by default


def test_measures_are_those_of_the_networks_on_the_test_speech(several):
    _, study, document = several
    test, shift = study.data.test, study.data.frame_shift
    row = [student_row for student_row in document["students"] if student_row["rule"] == "Hard"][1]
    student = study.of("Hard")[1]
    logits = logits_of(student.network, test.features)
    assert_close(row["loss"], refkd.ctc_loss_batch(logits, test.labels)[0].mean(), VALUE)
    for key, times in (("delay", test.starts), ("delay_to_ends", test.ends)):
        expected = EmissionDelay.pool(
            emission_delay(*student_row, shift, first_frame=study.data.first_frame)
            for student_row in zip(logits, test.labels, times, strict=True)
        ).as_dict()
        assert {name: row[key][name] for name in expected} == expected
    teacher_logits = logits_of(study.teacher.network, test.features)
    pairs = zip(teacher_logits, logits, strict=True)
    offsets = OffsetStatistics.pool(alignment_shift(*pair) for pair in pairs)
    assert row["offset"] == offsets.as_dict()
    totals, counts = student.measured.sums("offset")
    assert (totals.sum(), counts.sum()) == (offsets.offset.sum(), offsets.n)


def test_differences_stand_under_the_student_that_they_are_from(several):
    _, _, document = several
    head, *lines = table(document).splitlines()
    for title, other, column in (
        ("FrameWise", "CTC", "to CTC alone"),
        ("CTC alone", "FrameWise", "to FrameWise"),
    ):
        (line,) = [line for line in lines if line.startswith(title + " ")]
        (row,) = [row for row in document["summary"] if row["title"] == title]
        cell = f"{100 * row['against'][other]['mean']:+.1f} ["
        end = head.index(column) + len(column)
        assert line[:end].rstrip().endswith("]")
        assert cell in line[end - 25 : end]


def test_a_student_learns_from_the_teacher_that_it_names(several):
    """What the rule charges before training tells the teachers apart: each spikes elsewhere."""
    _, study, _ = several
    features = study.data.test.features
    teacher_logits = {model.name: logits_of(model.network, features) for model in study.teachers}
    names = {"OrderedPath": "teacher", "UniTeacher": "unidirectional-teacher"}
    names |= {"FrameWise": "teacher", "Guided": "guided-teacher-1"}
    for name, teacher in names.items():
        student = study.of(name)[0]
        student_logits = logits_of(student.network, study.data.test.features)
        losses, _ = refkd.distill_loss_batch(student_logits, teacher_logits[teacher], student.rule)
        assert_close(student.selection.after, losses.sum() / len(student_logits.values), VALUE)


def test_the_test_speech_decides_nothing(several):
    """Other test speech, same networks: nothing in training, tuning or shifts looks at it."""
    folder, study, _ = several
    text = (TINY + SEVERAL).replace("test = 4", "test = 2")
    (folder / "fewer.toml").write_text(text, encoding="utf-8")
    names = ["CTC", "Shift", "Hard"]
    fewer = run_experiment(read_settings(folder / "fewer.toml", {"rules": names}))
    expected = {
        student.name: student.network.hash() for student in study.students if student.seed == 0
    }
    for student in fewer.students:
        if student.name in expected:
            assert student.network.hash() == expected[student.name]
    assert len(fewer.data.test) == 2


def test_what_is_said_of_one_utterance_is_kept_from_the_start_to_the_end(several):
    _, study, _ = several
    utterance, logits = study.tracked.utterance, study.tracked.logits
    assert utterance.names == (study.data.validation.names[study.data.validation.features.typical],)
    models = {model.name: model for model in (*study.teachers, *study.students) if model.seed == 0}
    assert logits.keys() == models.keys()
    for name, model in models.items():
        last = logits_of(model.network, utterance.features).values
        assert logits[name].shape == (len(model.history) + 1, *last.shape)
        assert logits[name].dtype == np.float32
        assert logits[name][-1].tobytes() == last.tobytes()
    starts = {name: model[0].tobytes() for name, model in logits.items() if name in NAMES}
    assert starts.pop("from-CTC") == logits["CTC"][-1].tobytes()
    assert len(set(starts.values())) == 1


def test_following_an_utterance_changes_no_model(several):
    folder, study, _ = several
    plain = run_experiment(read_settings(folder / "several.toml", {"rules": ["CTC", "Hard"]}))
    assert plain.tracked is None
    expected = {
        student.name: student.network.hash() for student in study.students if student.seed == 0
    }
    assert plain.teacher.network.hash() == study.teacher.network.hash()
    for student in plain.students:
        assert student.network.hash() == expected[student.name]


def test_files_of_later_seeds_say_so(several):
    folder, study, document = several
    hashes = {(row["rule"], row["seed"]): row["hash"] for row in document["students"]}
    for (name, seed), expected in hashes.items():
        file = name if seed == 0 else f"{name}-seed-1"
        assert refkd.Network.load(folder / "networks" / f"{file}.npz").hash() == expected
    posteriors = {file.stem for file in (folder / "posteriors").iterdir()}
    assert posteriors == {*NAMES, *(row.name for row in study.teachers)}


def test_the_table_has_a_line_for_every_model_and_says_n(several):
    _, _, document = several
    lines = table(document).splitlines()
    for title in ("teacher", "guided-teacher-1", "CTC alone", "LongerCTC", "Shift 2", "from-CTC"):
        assert sum(line.startswith(title + " ") for line in lines) == 1
    assert f"n: 4 test utterances, {document['data']['test_phones']} phones, 2 seeds." in lines[-2]
    widest = max(map(len, lines))  # errors of 100 % take three places more than usual ones
    assert widest <= 125


def test_new_teachers_make_a_run_of_each_seed(settings_file):
    settings = {"rules": ["CTC", "FrameWise"], "seeds": 2, "new_teachers": True}
    both = run_experiment(read_settings(settings_file, settings))
    alone = run_experiment(read_settings(settings_file, {"rules": settings["rules"], "seed": 1}))
    assert [model.seed for model in both.teachers] == [0, 1]
    assert both.teachers[1].network.hash() == alone.teacher.network.hash()
    for model, other in zip(both.students[2:], alone.students, strict=True):
        assert model.network.hash() == other.network.hash()
    assert "teacher, seed 1" in table(results_of(both))


def test_a_folder_in_which_nothing_was_trained_is_free_for_another_command(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["run", "--data", "festvox:none", "--out", out]) == 1
    first = read_settings(None, {"data": "festvox:none"})
    second = read_settings(None, {"seed": 5})
    assert claim_folder(out, first) == claim_folder(out, second)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["configuration"]["seed"] == 5
    (tmp_path / "out" / "checkpoints" / "CTC-seed-5.npz").write_bytes(b"an epoch")
    with pytest.raises(ArgumentError, match="or the folder of a run with these settings"):
        claim_folder(out, first)
    assert (tmp_path / "out" / "checkpoints" / "CTC-seed-5.npz").exists()
    capsys.readouterr()


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


def test_the_seconds_are_those_of_all_processes(tmp_path):
    options = {"rules": ["CTC"], "network": {"hidden": 4}, "training": {"epochs": 2}}
    options["speech"] = {"train": 4, "validation": 1, "test": 2}
    settings = read_settings(None, options)
    first = run_experiment(settings, None, tmp_path)
    for name in ("teacher-seed-0.npz", "CTC-seed-0.npz"):
        with np.load(tmp_path / name) as arrays:
            checkpoint = dict(arrays)
        checkpoint["history"][:, 3] += 1000.0  # as on a slow machine
        np.savez(tmp_path / name, **checkpoint)
    again = run_experiment(settings, None, tmp_path)
    assert again.teacher.network.hash() == first.teacher.network.hash()
    assert first.seconds < 1000.0
    assert 4000.0 < again.seconds < 5000.0
