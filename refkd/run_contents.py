"""What a run leaves in its folder besides results.json, for `refkd.finished_run` to read."""

from pathlib import Path
from typing import Any

import numpy as np

from refkd.alignment_files import AlignedUtterance, Phone, ctm
from refkd.data.dataset import Dataset
from refkd.files import replacing
from refkd.inference import logits_of
from refkd.outcome import Model, Study
from refkd.run_folder import saying_where

NETWORKS, POSTERIORS, SPEECH = "networks", "posteriors", "speech"
HEARD, REFERENCE = "test.npz", "reference.ctm"  # in the folder of the speech
FEATURES, LABELS = "features/", "labels/"  # begin the names of arrays in HEARD


def write_run(study: Study, folder: Path) -> None:
    """Write networks, posteriors, and the test speech that they are about.

    Parameters
    ----------
    study : Study
        What `run_study` returned.
    folder : Path
        From `claim_folder`. Models of the run's first seed go by their names, those of seed 3 by
        `NAME-seed-3`; posteriors are those of the first seed.

    Raises
    ------
    DataError
        If a file cannot be written; what was there stays as it is.
    """
    with saying_where(folder):
        for part in (NETWORKS, POSTERIORS, SPEECH):
            (folder / part).mkdir(exist_ok=True)
        for model in (*study.teachers, *study.students):
            model.network.save(folder / NETWORKS / f"{_file_name(model, study)}.npz")
            if model.seed == study.settings.seed:
                _write_posteriors(model, study.data, folder / POSTERIORS / f"{model.name}.npz")
        _write_speech(study.data, folder / SPEECH)


def posterior_facts(data: Dataset) -> dict[str, Any]:
    """What logits of this data mean, under the names that `read_posteriors` knows."""
    return {
        "metadata.kind": np.array("logits"),
        "metadata.blank": np.array(0),
        "metadata.symbols": np.array(data.symbols),
        "metadata.frame_shift": np.array(data.frame_shift),
        "metadata.first_frame": np.array(data.first_frame),
        "metadata.subsampling": np.array(data.settings.stack),
    }


def _file_name(model: Model, study: Study) -> str:
    """What the files of a model are called, without their suffix."""
    return model.name if model.seed == study.settings.seed else f"{model.name}-seed-{model.seed}"


def _write_posteriors(model: Model, data: Dataset, path: Path) -> None:
    """One (T, K) array of logits for each test utterance, and what they mean."""
    logits = logits_of(model.network, data.test.features)
    arrays = dict(zip(data.test.names, logits, strict=True))
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **posterior_facts(data), **arrays)


def _write_speech(data: Dataset, folder: Path) -> None:
    """Features and phones of each test utterance, and a CTM of the phones where times are known."""
    test = data.test
    arrays = {
        prefix + name: array
        for prefix, ragged in ((FEATURES, test.features), (LABELS, test.labels))
        for name, array in zip(test.names, ragged, strict=True)
    }
    with replacing(folder / HEARD) as file:
        np.savez(file, allow_pickle=False, **arrays)
    if test.starts is None or test.ends is None:
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
            test.names, test.features, test.labels, test.starts, test.ends, strict=True
        )
    ]
    with replacing(folder / REFERENCE) as file:
        file.write(ctm(utterances).encode())
