"""False alarms: what the kit finds in PyTorch 2.13 on the CPU is known, fault by fault."""

from importlib.util import find_spec

import pytest

from refkd.verify.kits import kit_named
from refkd.verify.python_runner import PythonRunner
from refkd.verify.session import verify

pytestmark = [
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed"),
    pytest.mark.compiled_once,
]
FAULTS = {
    "float64": {"V6", "G4", "G6"},
    "float32": {"V6", "G4", "G6", "V10"},  # V10: the gradient of 20,000 frames
}
NOTES = {
    "ctc_loss": {"V5", ""},  # no class: NaN in padded frames comes back there, by log_softmax
    "ctc_loss_of_log_probs": {"V5", "G1"},
}


@pytest.mark.parametrize("function", NOTES)
@pytest.mark.parametrize("dtype", FAULTS)
def test_findings_are_the_known_ones(function, dtype):
    kit = kit_named("ctc")
    target = f"refkd.verify.adapters.torch_ctc:{function}"
    door = PythonRunner(target, kit.arguments, kit.results, 60.0)
    report = verify(kit, door, {"dtype": dtype})
    door.close()
    assert {one.bug for one in report.findings if one.level == "must"} == FAULTS[dtype]
    assert {one.bug for one in report.findings if one.level == "note"} == NOTES[function]
