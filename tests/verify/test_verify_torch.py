"""False alarms: what the kits find in PyTorch 2.13 on the CPU is known, fault by fault."""

from importlib.util import find_spec

import pytest
from support.verify import faults, notes, values

from refkd.verify.kits import kit_named
from refkd.verify.python_runner import PythonRunner
from refkd.verify.session import verify

pytestmark = [
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed"),
    pytest.mark.compiled_once,
    pytest.mark.proof,
]
FAULTS = {
    "float64": {"V6", "G4", "G6"},
    "float32": {"V6", "G4", "G6", "V10"},  # V10: the gradient of 20,000 frames
}
NOTES = {
    "ctc_loss": {"V5", ""},  # no class: NaN in padded frames comes back there, by log_softmax
    "ctc_loss_of_log_probs": {"V5", "G1"},
}


def report_on(kit, target, dtype):
    kit = kit_named(kit)
    runner = PythonRunner(f"refkd.verify.adapters.{target}", kit.arguments, kit.results, 60.0)
    try:
        return verify(kit, runner, {"dtype": dtype})
    finally:
        runner.close()


@pytest.mark.parametrize("function", NOTES)
@pytest.mark.parametrize("dtype", FAULTS)
def test_the_findings_on_ctc_are_the_known_ones(function, dtype):
    report = report_on("ctc", f"torch_ctc:{function}", dtype)
    assert {fault.bug for fault in faults(report)} == FAULTS[dtype]
    bugs = {finding.bug for finding in report.findings if finding.level == "note"}
    assert bugs == NOTES[function]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_there_is_no_false_alarm_on_the_lstm(dtype):
    report = report_on("lstm", "torch_lstm:lstm", dtype)
    assert values(report) == {
        "dtype": dtype,
        "layout": "TND",
        "weights": "rows",
        "gates": "ifgo",
        "biases": "two",
        "forget_bias": "none",
        "variants": "none",
        "lengths": "own",
        "returned": "all",
        "reversed": "in_place",
        "padding": "zero",
    }
    assert faults(report) == []
    assert notes(report) == ["an utterance without frames is refused"]
