"""
Why a teacher is early and a student late
=========================================

Small networks are trained by CTC on synthetic speech, bidirectional teachers and unidirectional
students. When do they emit a phone, and how many later frames do the teachers' spikes need? The
figure belongs to the page on early and late spikes.
"""

import numpy as np
from future_needed import frames_needed, lag_by_need
from future_needed import heard_so_far as logits_of_prefixes

import refkd
from refkd.alignment.metrics import emission_delay
from refkd.data.dataset import load, prepare
from refkd.experiment.train import TrainingSettings, error_rate, train
from refkd.networks.network import logits_of
from visualize import in_style, new_figure
from visualize.layout.layout import MARGIN, write_caption
from visualize.layout.style import BLANK, STUDENT, STUDENT_LINE, TEACHER, TEACHER_LINE, TEXT
from visualize.layout.text import wrapped

# %%
# Three seeds of each kind, which differ in first parameters, batches and noise. The speech is
# easier than that of ``refkd run``, so that training takes few seconds.

SEEDS = range(3)
data = prepare(load("synthetic", train=300, validation=1, test=60, noise=0.03))
settings = TrainingSettings(epochs=12, rate=0.01)


def trained(bidirectional, seed):
    """A network of 48 units in each direction, after twelve epochs."""
    inputs, outputs = data.train.features.values.shape[1], len(data.symbols)
    start = refkd.Network.create(inputs, 48, 1, outputs, bidirectional, seed=seed)
    return train(start, data.train, settings, seed)[0]


def delays(network):
    """Milliseconds from the true start of each correctly emitted phone to its spike."""
    test, clock = data.test, (data.frame_shift, 0, "start", data.first_frame)
    utterances = zip(logits_of(network, test.features), test.labels, test.starts, strict=True)
    emissions = [emission_delay(*utterance, *clock) for utterance in utterances]
    return 1000 * np.concatenate([emission.delay for emission in emissions])


teachers = [trained(True, seed) for seed in SEEDS]
students = [trained(False, seed) for seed in SEEDS]
for name, networks in (("teacher", teachers), ("student", students)):
    errors = [100 * error_rate(network, data.test) for network in networks]
    means = [delays(network).mean() for network in networks]
    print(name, "phone error (%)", np.round(errors, 1), "mean delay (ms)", np.round(means, 1))

# %%
# Every utterance is cut off after each of its frames in turn. The number of later frames that a
# spike needs is the smallest n such that the best class at its frame is the same for every prefix
# that ends n or more frames later.

needs, pairs = [], []
for teacher, student in zip(teachers, students, strict=True):
    prefixes = [logits_of_prefixes(teacher, features) for features in data.test.features]
    alone = logits_of(student, data.test.features)
    needs.append(np.array([n for logits in prefixes for n in frames_needed(logits).values()]))
    pairs += [pair for both in zip(prefixes, alone, strict=True) for pair in lag_by_need(*both)]
need, late = np.array(pairs).T
groups = [(0, 0), (1, 2), (3, 5), (6, 99)]
lags = [late[(need >= low) & (need <= high)] for low, high in groups]

# %%
# Bars on the right span 95 % of the mean, from its standard error.

CAPTION = (
    "Three teachers (solid) and three students (dashed) on 60 test utterances of synthetic speech; "
    "thin: single networks. Left: share of the correct phones with a spike up to a time. Middle: "
    "share of spikes that are final when the teacher has received so many later frames. Right: "
    "mean offset of the student, by the number of later frames that the teacher's spike needs."
)
with in_style():
    figure = new_figure(7.0, 2.8)
    boxes = [(0.075, 0.40, 0.24, 0.54), (0.41, 0.40, 0.24, 0.54), (0.745, 0.40, 0.24, 0.54)]
    time, future, lag = (figure.add_axes(box) for box in boxes)
    share = np.linspace(0.0, 100.0, 201)
    for networks, colour, line in (
        (teachers, TEACHER, TEACHER_LINE),
        (students, STUDENT, STUDENT_LINE),
    ):
        every = [delays(network) for network in networks]
        for delay in every:
            time.plot(np.percentile(delay, share), share, color=colour, linewidth=0.5, alpha=0.5)
        whole = np.percentile(np.concatenate(every), share)
        time.plot(whole, share, linestyle=line, color=colour, linewidth=1.6)
    time.axvline(0.0, color=BLANK, linewidth=0.7)
    time.set(xlim=(-70, 160), ylim=(0, 100), ylabel="share of phones (%)")
    time.set_xlabel("spike after the true start (ms)")
    time.text(-5, 40, "teacher", color=TEACHER, ha="right")
    time.text(62, 60, "student", color=STUDENT)

    frames = np.arange(13)
    stands = 100 * np.array([[(need <= n).mean() for n in frames] for need in needs])
    for stand in stands:
        future.step(frames, stand, where="post", color=TEACHER, linewidth=0.5, alpha=0.5)
    future.step(frames, stands.mean(axis=0), where="post", color=TEACHER, linewidth=1.6)
    future.axhline(100.0, color=STUDENT, linestyle=STUDENT_LINE, linewidth=1.6)
    future.set(xlim=(0, 12), ylim=(0, 104), ylabel="share of spikes (%)")
    future.set_xticks(range(0, 13, 2))
    future.set_xlabel("later frames received")

    centres = [lag.mean() for lag in lags]
    spread = [1.96 * lag.std() / np.sqrt(lag.size) for lag in lags]
    lag.errorbar(range(len(groups)), centres, spread, color=TEXT, fmt="o", markersize=4)
    lag.set_xticks(range(len(groups)), ["0", "1, 2", "3 to 5", "6 on"])
    lag.set(xlim=(-0.5, 3.5), ylabel="student \N{MINUS SIGN} teacher (frames)")
    lag.set_ylim(0.0, 2.0)
    lag.set_xlabel("later frames needed")
    write_caption(figure, wrapped(CAPTION, 7.0 - 2 * MARGIN))
