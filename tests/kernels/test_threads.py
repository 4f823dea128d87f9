"""The same bits for any number of threads; more threads than cores need a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STEP = """
import hashlib
import numpy as np
import refkd
from refkd.experiment.optimizer import adam_start, adam_step, clip_gradients

rng = np.random.default_rng(0)
lengths = [37, 5, 22, 90, 1, 64, 13]
features = refkd.Ragged.from_list([rng.normal(size=(frames, 21)) for frames in lengths])
labels = refkd.Ragged.from_list([rng.integers(1, 11, frames // 8) for frames in lengths])
teacher = refkd.Network.create(21, 19, 2, 11, bidirectional=True, seed=1)
student = refkd.Network.create(21, 19, 2, 11, bidirectional=False, seed=2)
plain = refkd.Network.create(21, 19, 2, 11, bidirectional=True, cell="tanh", seed=3)
digest = hashlib.sha256()
rules = [refkd.Hard(refkd.Window(5, 0)), refkd.OrderedPath(refkd.Window(5, 0))]
taught = teacher.forward(features).logits
for net, dropout in ((teacher, 0.0), (student, 0.3), (plain, 0.3)):
    trace = net.forward(features, dropout, seed=4)
    losses, d_logits = refkd.ctc_loss_batch(trace.logits, labels)
    digest.update(losses.tobytes() + d_logits.values.tobytes())
    for rule in rules:
        losses, more = refkd.distill_loss_batch(trace.logits, taught, rule)
        digest.update(losses.tobytes() + more.values.tobytes())
        d_logits = d_logits.with_values(d_logits.values + more.values)
    grads = clip_gradients(net.backward(trace, d_logits), 1.0)
    values, _ = adam_step(net.parameters(), grads, adam_start(net.parameters()), 0.01)
    digest.update(net.with_parameters(values).hash().encode())
print(digest.hexdigest())
"""


def bits_of_a_training_step(threads: int) -> str:
    environment = os.environ | {"NUMBA_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STEP],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.compiled_only
@pytest.mark.skipif(
    os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"),
    reason="parallel loops run as plain ones under bounds checks",
)
@pytest.mark.parametrize("threads", [4, pytest.param(2, marks=pytest.mark.proof)])
def test_a_training_step_has_the_same_bits_for_any_number_of_threads(threads):
    assert bits_of_a_training_step(threads) == bits_of_a_training_step(1)
