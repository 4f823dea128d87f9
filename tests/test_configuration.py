"""Settings from TOML and the command line, and every way in which they are refused."""

import pytest

from refkd.check import ArgumentError, DataError
from refkd.configuration import DEFAULT_RULES, DistillSettings, RunSettings, read_settings
from refkd.records.rules import RULES, Hard, Shift, Soft
from refkd.records.window import Window


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
    assert hard.rule("Hard", 1) == Hard(Window(8, -1))
    assert soft.rule("Soft", 1) == Soft(Window(5, 0), 0.1)


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


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_made_by_name(name):
    assert type(DistillSettings().rule(name, 2)).__name__ == name


def test_shift_takes_the_median_lag_unless_told():
    assert DistillSettings().rule("Shift", 2) == Shift(2)
    assert DistillSettings(d=0).rule("Shift", 2) == Shift(0)


def test_a_whole_window_can_be_written():
    assert DistillSettings(window="whole").rule("Hard", 1) == Hard(Window.whole())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sed = 1", r"configuration: expected the keys data, seed, .*, got 'sed'"),
        ("[training]\nepoch = 1", r"training: expected the keys epochs, .*, got 'epoch'"),
        ("training = 1", r"training: expected a table \[training\], got 1"),
        ("[speech]\nnois = 1", r"speech: expected the keys train, .*, got 'nois'"),
        ("[distill.Hart]\nweight = 1", r"distill: expected the keys FrameWise, .*, got 'Hart'"),
        ("[distill]\ntemperatur = 1", r"distill.*: expected the keys weight, .*, got 'temperatur'"),
        ("seed = -1", r"seed: expected a whole number >= 0, got -1"),
        ("seed = 1.5", r"seed: expected a whole number, got 1.5"),
        (
            'data = "arctic:x"',
            r"data: expected one of 'synthetic', 'festvox:DIR', .*, got 'arctic:x'",
        ),
        ("rules = []", r"rules: expected at least one, got none"),
        ('rules = ["Hart"]', r"rules: expected one of 'CTC', 'FrameWise', .*, got 'Hart'"),
        ('rules = ["CTC", "CTC"]', r"rules: expected every rule once, got 'CTC' twice"),
        ('rules = ["Shift"]', r"rules: expected CTC too, whose lag sets the d of Shift, or a d"),
        ("[training]\nrate = 0", r"\[training\] rate: expected a number > 0, got 0"),
        ("[training]\nrise = 0.9", r"\[training\] rise: expected a share between 0 and 0.5"),
        ("[network]\ncell = 'gru'", r"\[network\] cell: expected one of 'lstm', 'tanh', got 'gru'"),
        ("[network]\nhidden = 0", r"\[network\] hidden: expected a whole number >= 1, got 0"),
        (
            "[distill]\nwindow = [1, -2]",
            r"Window: expected left \+ right >= 0, got left=1, right=-2",
        ),
        ("[distill]\nwindow = 5", r"window: expected \[left, right\] or 'whole', got 5"),
        ("[distill]\ntau = 0\nk = 1", None),
        ('rules = ["Soft"]\n[distill]\ntau = 0', r"tau: expected a number > 0, got 0"),
        ("[distill]\nweight = -1", r"weight: expected a number >= 0, got -1"),
        ('[distill]\ndivergence = "k"', r"divergence: expected one of 'kl', .*, got 'k'"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, text, sentence):
    if sentence is None:  # a parameter that none of the chosen rules uses
        settings_of(tmp_path, text)
        return
    with pytest.raises(ArgumentError, match=sentence):
        settings_of(tmp_path, text)


def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"none.toml: expected a file, got No such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(DataError, match=r"run.toml: expected TOML, got "):
        settings_of(tmp_path, "seed = = 1")
