"""What a run leaves in its folder besides results.json, for `run_reader` to read."""

import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from refkd.alignment.ctm_textgrid import AlignedUtterance, Phone, ctm
from refkd.check import Floats
from refkd.data.corpus import Utterance
from refkd.data.dataset import Dataset, Split
from refkd.experiment.results import ExperimentResult, Model, TrackedUtterance
from refkd.experiment.run_folder import reporting_write_errors
from refkd.files.atomic import replacing
from refkd.files.npz import write_arrays
from refkd.networks.network import logits_of

RECORDING = "recording.wav"  # a test utterance
NETWORKS, POSTERIORS, SPEECH = "networks", "posteriors", "speech"
EPOCHS = "epochs"  # logits of one utterance after every epoch of training
TEST, REFERENCE = "test.npz", "reference.ctm"  # speech, and when its phones are spoken
FEATURES, LABELS = "features/", "labels/"  # begin the names of arrays in TEST


def write_run(result: ExperimentResult, folder: Path) -> None:
    """Write networks, posteriors, the test speech that they were computed from, and a recording.

    Models of the run's first seed go by their names, those of seed 3 by `NAME-seed-3`; posteriors
    are those of the first seed.
    """
    with reporting_write_errors(folder):
        for part in (NETWORKS, POSTERIORS, SPEECH):
            (folder / part).mkdir(exist_ok=True)
        for model in (*result.teachers, *result.students):
            model.network.save(folder / NETWORKS / f"{_file_name(model, result)}.npz")
            if model.seed == result.settings.seed:
                logits = logits_of(model.network, result.data.test.features)
                by_utterance = dict(zip(result.data.test.names, logits, strict=True))
                _write_posteriors(
                    by_utterance, result.data, folder / POSTERIORS / f"{model.name}.npz"
                )
        _write_speech(result.data, folder / SPEECH)
        write_recording(result.recording, folder / RECORDING)
        if result.tracked is not None:
            _write_tracked(result.tracked, result.data, folder / EPOCHS)


def posterior_metadata(data: Dataset) -> dict[str, Any]:
    """What logits of this data mean, under the names that `read_posteriors` knows."""
    return {
        "metadata.kind": np.array("logits"),
        "metadata.blank": np.array(0),
        "metadata.symbols": np.array(data.symbols),
        "metadata.frame_shift": np.array(data.frame_shift),
        "metadata.first_frame": np.array(data.first_frame),
        "metadata.subsampling": np.array(data.settings.stack),
    }


def _file_name(model: Model, result: ExperimentResult) -> str:
    """What the files of a model are called, without their suffix."""
    return model.name if model.seed == result.settings.seed else f"{model.name}-seed-{model.seed}"


def _write_posteriors(logits: Mapping[str, Floats], data: Dataset, path: Path) -> None:
    """Arrays (T, K) of logits by name, and what they mean."""
    with replacing(path) as file:
        write_arrays(file, {**posterior_metadata(data), **logits})


def _write_tracked(tracked: TrackedUtterance, data: Dataset, folder: Path) -> None:
    """Logits of each model by the number of the epoch, and when the phones are spoken."""
    folder.mkdir(exist_ok=True)
    for name, epochs in tracked.logits.items():
        by_epoch = {str(epoch): logits for epoch, logits in enumerate(epochs)}
        _write_posteriors(by_epoch, data, folder / f"{name}.npz")
    _write_reference(tracked.utterance, data, folder / REFERENCE)


def _write_speech(data: Dataset, folder: Path) -> None:
    """Features and phones of each test utterance, and when those are spoken."""
    test = data.test
    arrays = {
        prefix + name: array
        for prefix, ragged in ((FEATURES, test.features), (LABELS, test.labels))
        for name, array in zip(test.names, ragged, strict=True)
    }
    with replacing(folder / TEST) as file:
        write_arrays(file, arrays)
    _write_reference(test, data, folder / REFERENCE)


def write_recording(utterance: Utterance, path: Path) -> None:
    """Write the audio of an utterance as a WAV file of 16 bits; what exceeds full scale is clipped.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from pathlib import Path
    >>> from refkd.data.corpus import Utterance
    >>> from refkd.data.wav import read_wav
    >>> from refkd.experiment.run_writer import write_recording
    >>> audio = np.array([0.0, 0.25, -1.0, 1.5])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "recording.wav")
    ...     write_recording(Utterance("one", audio, 8000, ("a",), None, None, "one"), path)
    ...     read_wav(path)[0].round(4).tolist()
    [0.0, 0.25, -1.0, 1.0]
    """
    samples = np.clip(np.rint(utterance.audio.astype(np.float64) * 32768), -32768, 32767)
    with replacing(path) as file, wave.open(file, "wb") as audio:
        audio.setparams((1, 2, utterance.rate, len(samples), "NONE", ""))
        audio.writeframes(samples.astype("<i2").tobytes())


def _write_reference(split: Split, data: Dataset, path: Path) -> None:
    """A CTM of the true phones, where their times are known."""
    if split.starts is None or split.ends is None:
        return
    utterances = [
        AlignedUtterance(
            name,
            data.first_frame + len(features) * data.frame_shift,
            tuple(
                Phone(data.symbols[label], start, end)
                for label, start, end in zip(*phones, strict=True)
            ),
        )
        for name, features, *phones in zip(
            split.names, split.features, split.labels, split.starts, split.ends, strict=True
        )
    ]
    with replacing(path) as file:
        file.write(ctm(utterances).encode())
