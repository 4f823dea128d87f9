"""Settings from TOML and the command line, and every way in which they are refused."""

import json
import math

import pytest

from refkd.check import ArgumentError, DataError
from refkd.experiment.settings import DEFAULT_RULES, RunSettings, read_settings
from refkd.experiment.student_settings import STUDENTS, StudentSettings
from refkd.losses.rules import RULES, Hard, Shift, Soft, Window


def settings_of(tmp_path, text, **options):
    file = tmp_path / "run.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file, **options)


def test_the_defaults_are_those_of_the_classes():
    assert read_settings() == RunSettings(speech=read_settings().speech)
    assert read_settings().rules == DEFAULT_RULES


def test_a_file_sets_every_kind_of_key(tmp_path):
    settings = settings_of(
        tmp_path,
        """
        seed = 7
        rules = ["CTC", "Hard", "Soft"]
        [network]
        hidden = 12
        [training]
        epochs = 3
        [features]
        bands = 20
        [speech]
        words = [2, 3]
        [distill]
        weight = 0.5
        tau = 0.1
        [distill.Hard]
        window = [8, -1]
        """,
    )
    assert (settings.seed, settings.rules) == (7, ("CTC", "Hard", "Soft"))
    assert (settings.network.hidden, settings.network.layers) == (
        12,
        read_settings().network.layers,
    )
    assert (settings.training.epochs, settings.features.bands) == (3, 20)
    assert settings.speech["words"] == (2, 3)
    hard, soft = settings.distill["Hard"], settings.distill["Soft"]
    assert (hard.weight, hard.window, soft.weight, soft.window) == (0.5, (8, -1), 0.5, (5, 0))
    assert hard.build_rule(1) == Hard(Window(8, -1))
    assert soft.build_rule(1) == Soft(Window(5, 0), 0.1)


def test_the_command_line_wins_over_the_file_and_the_file_over_quick(tmp_path):
    text = "seed = 1\n[training]\nepochs = 9\n"
    settings = settings_of(tmp_path, text, overrides={"seed": 2}, quick=True)
    assert (settings.seed, settings.training.epochs) == (2, 9)
    assert settings.network.hidden < read_settings().network.hidden


def test_real_speech_has_defaults_of_its_own():
    for form in ("festvox", "timit"):
        settings = read_settings(overrides={"data": f"{form}:anywhere"})
        assert (settings.network.layers, settings.network.hidden) == (2, 96)
    assert read_settings(overrides={"data": "fsdd:anywhere"}).training.epochs == 10


def test_a_table_of_the_command_line_wins_key_by_key(tmp_path):
    text = "[network]\nhidden = 12\ncell = 'lstm'\n"
    settings = settings_of(tmp_path, text, overrides={"network": {"cell": "tanh"}})
    assert (settings.network.hidden, settings.network.cell) == (12, "tanh")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_made_by_name(name):
    assert type(StudentSettings(name).build_rule(2)).__name__ == name


def test_shift_takes_the_median_lag_unless_told():
    assert StudentSettings("Shift").build_rule(2) == Shift(2)
    assert StudentSettings("Shift", d=0).build_rule(2) == Shift(0)


def test_a_whole_window_can_be_written():
    assert StudentSettings("Hard", window="whole").build_rule(1) == Hard(Window.whole())


@pytest.mark.parametrize("name", STUDENTS)
def test_every_built_in_student_can_be_asked_for(name):
    settings = read_settings(overrides={"rules": ["CTC"] if name == "CTC" else ["CTC", name]})
    assert name in settings.distill
    assert settings.distill[name].learns == (name not in ("CTC", "LongerCTC"))


def test_a_student_of_a_name_of_ones_own_has_a_rule_and_takes_what_holds_for_all(tmp_path):
    settings = settings_of(
        tmp_path,
        """
        rules = ["CTC", "late-start"]
        [distill]
        weight = [0.1, 1.0]
        tau = 0.2
        [distill.late-start]
        rule = "Soft"
        warm_up = 0.5
        start = "CTC"
        """,
    )
    own = settings.distill["late-start"]
    assert (own.warm_up, own.start, own.candidates) == (0.5, "CTC", (0.1, 1.0))
    assert own.build_rule(1) == Soft(Window(5, 0), 0.2)
    assert settings.distill["CTC"].candidates == (0.0,)


def test_teachers_are_those_that_somebody_learns_from_and_a_guide_goes_first(tmp_path):
    plain = read_settings(overrides={"rules": ["CTC", "Hard"]})
    assert plain.teachers() == (("bidirectional", 0.0),)
    guided = read_settings(overrides={"rules": ["Guided"]})
    expected = (("bidirectional", 0.0), ("unidirectional", 0.0), ("guided", 1.0))
    assert guided.teachers() == expected
    uni = read_settings(overrides={"rules": ["UniTeacher", "Guided"]})
    assert uni.teachers() == expected


def test_the_trainings_are_counted(tmp_path):
    assert read_settings(overrides={"rules": ["CTC", "Hard"]}).trainings == 3
    three = {"rules": ["CTC", "Hard"], "seeds": 3}
    assert read_settings(overrides=three).trainings == 7
    assert read_settings(overrides={**three, "new_teachers": True}).trainings == 9
    tuned = settings_of(tmp_path, "[distill]\nweight = [0.1, 1.0]\n", overrides=three)
    assert tuned.trainings == 8
    assert read_settings(overrides={"rules": ["Guided"], "seeds": 2}).trainings == 5


WRONG = {
    "sed = 1": r"configuration: expected one of the keys data, seed, .*, got 'sed'",
    "[training]\nepoch = 1": r"training: expected one of the keys epochs, .*, got 'epoch'",
    "training = 1": r"training: expected a table \[training\], got 1",
    "seeds = 0": r"seeds: expected a whole number >= 1, got 0",
    "new_teachers = 1": r"new_teachers: expected True or False, got 1",
    "animate = 1": r"animate: expected True or False, got 1",
    "[speech]\nnois = 1": r"speech: expected one of the keys train, .*, got 'nois'",
    "[distill.Hart]\nweight = 1":
        r"distill: expected a rule in \[distill.Hart\], or one of the names",
    '[distill.Hart]\nrule = "Hart"': r"rule: expected one of 'CTC', 'FrameWise', .* got 'Hart'",
    '[distill.Hard]\nrule = "Soft"':
        r"distill: expected another name for a student that .* Soft, got 'Hard'",
    '[distill]\nrule = "Soft"': r"distill: expected the rule in a table of its own",
    "[distill.teacher]\nrule = 'Soft'": r"distill: expected a name of letters, .* got 'teacher'",
    "[distill.Soft-seed-1]\nrule = 'Soft'":
        r"distill: expected a name of letters.* got 'Soft-seed-1'",
    "[distill.soft]\nrule = 'Soft'": r"distill: expected names that differ in more than case",
    '[distill."a/b"]\nrule = "Soft"': r"distill: expected a name of letters, digits, _ and -",
    'rules = ["Hard"]\n[distill.Hard]\nstart = "CTC"':
        r"rules: expected CTC too, because Hard starts from it",
    '[distill.CTC]\nstart = "CTC"': r"start: expected 'fresh' for CTC itself, got 'CTC'",
    "[distill]\nweight = []": r"weight: expected a number or a list of at least one, got none",
    "[distill]\nweight = [0.1, -1]": r"weight: expected a number >= 0, got -1",
    "[distill]\nctc = -1": r"ctc: expected a number >= 0, got -1",
    "[distill]\nwarm_up = 2": r"warm_up: expected a share between 0 and 1, got 2",
    '[distill]\nstart = "CTCs"': r"start: expected one of 'fresh', 'CTC', got 'CTCs'",
    "[distill.LongerCTC]\nlonger = 0": r"longer: expected a number > 0, got 0",
    '[distill]\nteacher = "me"': r"teacher: expected one of 'bidirectional', .* got 'me'",
    "[distill]\nguidance = -1": r"guidance: expected a number >= 0, got -1",
    '[distill]\nteacher_hears = "x"': r"teacher_hears: expected one of 'clean', 'noisy'",
    '[distill]\nchoice = "x"': r"choice: expected one of 'rule', 'random', got 'x'",
    "[distill]\ntemperatur = 1": r"distill.*: expected one of the keys rule, .*, got 'temperatur'",
    "seed = -1": r"seed: expected a whole number >= 0, got -1",
    "seed = 1.5": r"seed: expected a whole number, got 1.5",
    'data = "arctic:x"': r"data: expected one of 'synthetic', 'festvox:DIR', .*, got 'arctic:x'",
    "rules = []": r"rules: expected at least one, got none",
    'rules = ["Hart"]': r"rules: expected one of 'CTC', 'LongerCTC', .*, got 'Hart'",
    'rules = ["CTC", "CTC"]': r"rules: expected every student once, got 'CTC' twice",
    'rules = ["Shift"]': r"rules: expected CTC too, because its lag sets the d of Shift",
    "[training]\nrate = 0": r"\[training\] rate: expected a number > 0, got 0",
    "[training]\nrise = 0.9": r"\[training\] rise: expected a share between 0 and 0.5",
    "[network]\ncell = 'gru'": r"\[network\] cell: expected one of 'lstm', 'tanh', got 'gru'",
    "[network]\nhidden = 0": r"\[network\] hidden: expected a whole number >= 1, got 0",
    "[distill]\nwindow = [1, -2]": r"Window: expected left \+ right >= 0, got left=1, right=-2",
    "[distill]\nwindow = 5": r"window: expected \[left, right\] or 'whole', got 5",
    "[distill]\ntau = 0\nk = 1": r"tau: expected a number > 0, got 0",
    "[distill]\nk = 10000000000000000000000": r"k: expected a whole number <= 9223372",
    "[distill]\nmax_step = 10000000000000000000000": r"max_step: expected a whole number <=",
    "[distill]\nwindow = [10000000000000000000000, 0]": r"left: expected a whole number <=",
    "[distill]\ntemperature = 1e200": r"temperature: expected a number between",
    "[network]\nlayers = 100000": r"layers: expected a whole number <= 1000, got 100000",
    "[network]\nhidden = 1000000": r"expected at most 2147483648 parameters, got 8",
    "[distill]\nweight = -1": r"weight: expected a number >= 0, got -1",
    '[distill]\ndivergence = "k"': r"divergence: expected one of 'kl', .*, got 'k'",
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG.items())
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, text, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        settings_of(tmp_path, text)


def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"none.toml: expected a file, got No such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(DataError, match=r"run.toml: expected TOML, got "):
        settings_of(tmp_path, "seed = = 1")
    for deep in ("a = " + "[" * 5000, "a = " + "{a=" * 5000):
        with pytest.raises(DataError, match="expected TOML, got values nested too deep"):
            settings_of(tmp_path, deep)


@pytest.mark.parametrize("value", ["1", "1.5", "true", '"CTC"', "{}", "1979-05-27", "inf"])
def test_rules_that_are_no_list_are_refused(tmp_path, value):
    with pytest.raises(ArgumentError, match="rules: expected a list of names, got"):
        settings_of(tmp_path, f"rules = {value}")


def test_an_infinite_tau_is_written_as_text_and_read_again():
    overrides = {"rules": ["CTC", "Soft"], "distill": {"Soft": {"tau": math.inf}}}
    settings = read_settings(overrides=overrides)
    written = json.loads(json.dumps(settings.as_dict(), allow_nan=False))
    assert written["distill"]["Soft"]["tau"] == "inf"
    again = read_settings(overrides={**overrides, "distill": {"Soft": written["distill"]["Soft"]}})
    assert again == settings
    assert settings.distill["Soft"].build_rule(1).tau == math.inf
