"""What the figures of a run are called where several stand on one page, in their order."""

TITLES: dict[str, tuple[str, str]] = {
    "shift": (
        "Alignment shift",
        "Posteriors of the teacher and every student over one utterance. Lines join equal spikes; "
        "their numbers say how much later the student is.",
    ),
    "rules": ("Rules side by side", "What several rules chose in one utterance."),
    "offsets": (
        "Offsets",
        "How far the spikes of each student are from the teacher's, over all utterances.",
    ),
    "cumulative": (
        "How many spikes by when",
        "Of the teacher's spikes, the share that each student has matched at most so late.",
    ),
    "delays": (
        "Delay after true times",
        "Spikes of every model after the true starts, and after the true ends, of its phones. "
        "Only what is right has a delay: read it beside what was left out.",
    ),
    "tradeoff": (
        "Error against delay",
        "Errors over mean offset or delay, with intervals. A student is better the further down "
        "and to the left it stands.",
    ),
    "sweep": (
        "Weights and windows that were tried",
        "Errors on the validation speech, from which the weights were chosen.",
    ),
    "learning": ("Learning", "Losses and validation error after every epoch."),
    "band": (
        "What a rule saw",
        "Divergences inside the window over one utterance, and the pairs that were chosen.",
    ),
    "gradients": (
        "Where a rule pushes",
        "Gradient in the student's logits, frame by frame and with selection.",
    ),
    "lattice": ("CTC", "Forward, backward, occupancy and best path of one utterance."),
    "gates": ("Inside the LSTM", "Gates and cells of a student over one utterance."),
    "toy": (
        "What each rule charges",
        "The loss of a late, a silent and a wrong student on a small made-up example.",
    ),
}
