"""A rule is added in the four files that contributing.md lists, and everything knows it."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from support.trainings import complaints

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/course/selection.md"
ABOUT = "Each student frame takes the earliest teacher frame that it sees, but for a few."
TITLE = "Earliest [5, 0] after=1"
TINY = """
[network]
hidden = 6
[training]
epochs = 1
[speech]
train = 6
validation = 1
test = 2
[distill.Earliest]
after = 1
"""
KERNEL = '''

@kernel
def select_earliest(divergence, after, selected):
    """For each student frame the earliest teacher frame that it sees, but for `after` of them."""
    T, W = divergence.shape
    for t in range(T):
        seen = 0
        for w in range(W):
            if divergence[t, w] < np.inf:
                selected[t, w] = seen == after  # (S12)
                seen += 1
'''
CLASS = '''@dataclass(frozen=True)
class Earliest:
    """Student frame t learns from the earliest teacher frame in its window, but for a few."""

    window: Window
    after: int = 0
    weighted: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check.instance("window", self.window, Window)
        check.store(self, after=check.integer("after", self.after, low=0, high=MOST))


Rule = Earliest | '''
SELECT = """@kernel
def _select_earliest(band, left, parameters, cost, origin, selected):  # type: ignore
    kernels.select_earliest(band, parameters.limit, selected)
    return 0.0


# The weight (T, W)"""
ROW = f'''    RuleRow(
        Earliest,
        select=_select_earliest,
        about="{ABOUT}",
        equations=("S12",),
        reason="the earliest",
        limit=lambda rule: rule.after,
    ),
)
RULES: '''
PARAMETER = '    after: int = _parameter(0, int, "N", "of {rules}")\n'
EQUATION = "u(t) = the u that is number after + 1 of those that t sees"
# In the order of contributing.md: the kernel, the row, the export, the page.
PLACES = {
    "refkd/kernels/selection.py": [("\\Z", KERNEL)],
    "refkd/losses/rules.py": [
        ("^Rule = ", CLASS),
        ("^# The weight \\(T, W\\)", SELECT),
        ('^(    "S11": .*\n)', f'\\1    "S12": "{EQUATION}",\n'),
        ("^\\)\nRULES: ", ROW),
        ("^(    max_step: .*= _parameter\\(\n.*\n    \\)\n)", f"\\1{PARAMETER}"),
    ],
    "refkd/__init__.py": [('^(    "PerTeacher": .*\n)', '\\1    "Earliest": "losses.rules",\n')],
    PAGE: [
        ("^(\\| `PerTeacher\\(window\\)` .*\n)", f"\\1| `Earliest(window)` | (S12) {EQUATION} |\n")
    ],
}

pytestmark = pytest.mark.compiled_once


def places_of_a_rule():
    """The paths that items of the section begin with."""
    text = (ROOT / "docs" / "guides" / "contributing.md").read_text(encoding="utf-8")
    section = text.split("## Add a rule\n")[1].split("\n## ")[0]
    return re.findall(r"^- `([^`]+)`", section, re.M)


def test_contributing_lists_exactly_these_places():
    assert places_of_a_rule() == list(PLACES)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the packages in which a rule has been added."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("refkd", "visualize"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for path, edits in PLACES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        for place, addition in edits:
            text, count = re.subn(place, addition, text, flags=re.M)
            assert count == 1, (path, place)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "tiny.toml").write_text(TINY, encoding="utf-8")
    return folder


def in_copy(copy, *arguments):
    """Run Python in the copy: what it prints, if it has nothing to complain about."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert (done.returncode, complaints(done.stderr)) == (0, "")
    return done.stdout


def refkd(copy, *arguments):
    return in_copy(copy, "-m", "refkd", *arguments)


@pytest.fixture(scope="module")
def run(copy):
    """The folder of a run with the rule."""
    rules = ("--rules", "CTC,Earliest")
    table = refkd(copy, "run", "--quick", "--config", "tiny.toml", *rules, "--out", "run")
    assert TITLE in table
    return copy / "run"


@pytest.mark.proof
def test_the_figures_and_the_page_of_a_run_show_it(run):
    figures = {path.stem for path in (run / "figures").glob("*.svg")}
    assert {"shift", "rules", "offsets", "tradeoff", "band", "gradients", "toy"} <= figures
    page = (run / "report.html").read_text(encoding="utf-8")
    packed = re.findall(r'<script type="text/plain" id="explorer-data">([^<]+)<', page)
    explored = json.loads(zlib.decompress(base64.b64decode(packed[0])))
    notes = {student["rule"]: student["note"] for student in explored["students"]}
    assert ABOUT in notes[TITLE]


@pytest.mark.proof
def test_results_json_gives_the_rule_back(copy, run):
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    student = next(student for student in results["students"] if student["rule"] == "Earliest")
    values = student["lesson"]["selects"]
    assert values == {"rule": "Earliest", "window": [5, 0], "after": 1}
    assert results["configuration"]["distill"]["Earliest"]["after"] == 1
    code = (
        "import refkd\n"
        "from refkd.losses.rule_json import rule_from_dict, rule_to_dict\n"
        f"rule = rule_from_dict({values})\n"
        "assert rule == refkd.Earliest(refkd.Window(5, 0), after=1)\n"
        f"assert rule_to_dict(rule) == {values}\n"
    )
    in_copy(copy, "-c", code)


@pytest.mark.proof
def test_it_is_explained(copy):
    text = refkd(copy, "explain", "distill", "--rule", "Earliest", "--after", "1")
    for words in (ABOUT, "the earliest", f"(S12) {EQUATION}"):
        assert " ".join(words.split()) in " ".join(text.split())
    assert "Earliest" in refkd(copy, "explain", "select")


@pytest.mark.proof
@pytest.mark.parametrize("command", [["plot"], ["explain", "distill"], ["run"]])
def test_options_and_their_help_know_it(copy, command):
    text = " ".join(refkd(copy, *command, "--help").split())
    assert "PerTeacher, Earliest" in text
    assert command == ["run"] or "--after N of Earliest" in text


@pytest.mark.proof
def test_the_kit_of_distillation_judges_the_other_rules_as_before(copy):
    adapter = "refkd.verify.adapters.numpy_distill:frame_wise"
    text = refkd(copy, "verify", "distill", adapter, "--quick")
    assert "Earliest" not in text
