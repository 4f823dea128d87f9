"""When each phone is, by a trained network: of a corpus or a recording, as CTM or TextGrid."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.ctm_textgrid import (
    AlignedUtterance,
    Phone,
    ctm,
    new_file,
    write_ctm,
    write_textgrids,
)
from refkd.alignment.decode import greedy_decode
from refkd.check import DataError, InfeasibleTargetError, Ints
from refkd.data.corpus import Corpus
from refkd.data.dataset import load
from refkd.data.features import log_mel, stack
from refkd.data.sources import SOURCES
from refkd.data.wav import read_wav
from refkd.experiment.run_folder import new_folder
from refkd.experiment.settings import read_settings
from refkd.losses.ctc import ctc_align
from refkd.networks.network import Network
from refkd.networks.stream_audio import frontend_of, normalised
from refkd.ragged import Ragged

FORMATS = ("ctm", "textgrid")
LABELS = ("true", "decoded")
SPLITS = ("train", "validation", "test", "all")


class AlignmentError(DataError):
    """The phones of an utterance cannot be laid over its audio; the sentence holds no number."""


def align_audio(
    network: Network, audio: ArrayLike, rate: int, phones: Sequence[str] | None = None
) -> tuple[Phone, ...]:
    """Align phones, or the greedy decoding, with audio (n,) on the most probable path of a network.

    A phone of the frames start to end (exclusive) lasts from first_frame + start frame_shift to
    first_frame + end frame_shift, the end of the audio at the latest; its confidence is
    exp(mean log-probability).

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.experiment.align import align_audio
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.networks.stream_audio import frontend_metadata
    >>> metadata = frontend_metadata(FeatureSettings(stack=1), 8000)
    >>> net = refkd.Network.create(40, 2, layers=1, outputs=2, bidirectional=True).with_metadata(
    ...     symbols=["<blank>", "a"], mean=np.zeros(40), std=np.ones(40), **metadata)
    >>> [(phone.symbol, phone.start) for phone in align_audio(net, np.zeros(200), 8000, ["a"])]
    [('a', 0.0125)]
    """
    metadata, settings = frontend_of(network, rate)
    frames = stack(log_mel(audio, rate, settings), settings.stack)
    logits = network.forward(Ragged.from_list([normalised(frames, metadata)])).logits[0]
    symbols = [str(symbol) for symbol in metadata["symbols"]]
    labels = greedy_decode(logits) if phones is None else _labels(phones, symbols)
    edges = settings.times(len(logits) + 1, rate)
    seconds = np.size(audio) / rate
    aligned = []
    try:
        check.feasible("phones", labels, len(logits))
    except InfeasibleTargetError:
        raise AlignmentError(
            "phones: expected at most as many as the frames allow, got more"
        ) from None
    try:
        spans = ctc_align(logits, labels).spans
    except InfeasibleTargetError:
        raise AlignmentError("phones: expected a path of probability > 0, got none") from None
    for label, start, end, score in spans:
        if seconds - edges[start] < 1e-6:  # files hold microseconds
            raise AlignmentError("phones: expected each to begin within the audio, got a later one")
        until = min(float(edges[end]), seconds)
        aligned.append(Phone(symbols[label], float(edges[start]), until, float(np.exp(score))))
    return tuple(aligned)


def _labels(phones: Sequence[str], symbols: list[str]) -> Ints:
    """The network's numbers of the phones; 0 is the blank and no phone's."""
    number = {symbol: n for n, symbol in enumerate(symbols) if n > 0}
    for phone in phones:
        if phone not in number:
            raise AlignmentError(f"phones: expected symbols of the network, got {phone!r}")
    return np.array([number[phone] for phone in phones], dtype=np.int64)


def align_corpus(
    network: Network, corpus: Corpus, split: str = "test", labels: str = "true"
) -> tuple[list[AlignedUtterance], dict[str, int]]:
    """Align the utterances of a corpus with their phones ("true") or their decoding ("decoded").

    The second value counts, by reason, what the reader of the corpus or this function left out.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.experiment.align import align_corpus
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.data.synthetic import make_corpus
    >>> from refkd.networks.stream_audio import frontend_metadata
    >>> metadata = frontend_metadata(FeatureSettings(), 8000)
    >>> net = refkd.Network.create(80, 2, layers=1, outputs=2, bidirectional=True).with_metadata(
    ...     symbols=["<blank>", "a"], mean=np.zeros(80), std=np.ones(80), **metadata)
    >>> aligned, _ = align_corpus(net, make_corpus(train=1, validation=1, test=1), labels="decoded")
    >>> aligned[0].name, aligned[0].true[0].symbol
    ('test-0000', 'p')
    """
    check.one_of("split", split, SPLITS)
    check.one_of("labels", labels, LABELS)
    utterances = tuple(corpus) if split == "all" else corpus.splits()[split]
    aligned: list[AlignedUtterance] = []
    problems = Counter(corpus.problems)
    reasons: list[str] = []
    for utterance in utterances:
        symbols = utterance.phones if labels == "true" else None
        try:
            phones = align_audio(network, utterance.audio, utterance.rate, symbols)
        except AlignmentError as error:
            reasons.append(str(error))
            problems[f"left out, {error}"] += 1
            continue
        if not phones:
            problems["no phone was decoded"] += 1
        true = None
        if utterance.starts is not None and utterance.ends is not None:
            times = zip(
                utterance.phones, utterance.starts.tolist(), utterance.ends.tolist(), strict=True
            )
            true = tuple(Phone(*phone) for phone in times)
        aligned.append(AlignedUtterance(utterance.name, utterance.seconds, phones, true))
    if not aligned:
        got = f"none of {len(utterances)}; {reasons[0]}"
        raise DataError(f"{corpus.name}: expected utterances that can be aligned, got {got}")
    return aligned, dict(problems)


def write_alignment(
    model: str,
    data: str,
    form: str,
    *,
    split: str | None = None,
    labels: str | None = None,
    config: str | None = None,
    out: str | None = None,
) -> dict[str, int]:
    """Align a corpus, or a recording by its decoding, and write CTM or TextGrid.

    CTM goes to a new file or to standard output, TextGrids to a new or empty folder; returns the
    problems of `align_corpus`.
    """
    check.one_of("format", form, FORMATS)
    recording = data.partition(":")[0] not in SOURCES and data.lower().endswith(".wav")
    if recording:
        if labels not in (None, "decoded"):
            check.fail(
                "labels", "'decoded' for a recording, which has no true phones", repr(labels)
            )
        for name, value in (("split", split), ("config", config)):
            if value is not None:
                check.fail(name, "none for a recording", repr(value))
    if form == "textgrid" and out is None:
        check.fail("out", "a folder for the TextGrids", "none")
    network = Network.load(model)
    place = None
    if out is not None:
        place = new_folder(out) if form == "textgrid" else new_file(out)
    if recording:
        audio, rate = read_wav(data)
        phones = align_audio(network, audio, rate)
        aligned = [AlignedUtterance(Path(data).stem, audio.size / rate, phones)]
        problems = {} if phones else {"no phone was decoded": 1}
    else:
        settings = read_settings(config, {"data": data})
        corpus = load(settings.data, **settings.speech)
        aligned, problems = align_corpus(network, corpus, split or "test", labels or "true")
    if place is None:
        sys.stdout.buffer.write(ctm(aligned).encode())  # UTF-8 wherever it is sent
    elif form == "ctm":
        write_ctm(aligned, place)
    else:
        write_textgrids(aligned, place)
    return problems
