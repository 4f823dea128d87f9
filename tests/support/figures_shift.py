"""What tests of the shift figure and of rules share."""

import numpy as np
from support.figures import spiky

EXTREMES = {  # a teacher and a student
    "silent": (spiky({}), spiky({})),
    "one frame": (np.zeros((1, 4)), np.zeros((1, 4))),
    "spikes everywhere": (
        spiky({n: 1 + n % 2 for n in range(30)}),
        spiky(dict.fromkeys(range(1, 30), 2)),
    ),
}


def series(axes):
    """What an axes shows as data, by the name of the series."""
    artists = {}
    for artist in (*axes.lines, *axes.collections, *axes.images):
        if artist.get_gid():
            artists.setdefault(artist.get_gid(), []).append(artist)
    return artists


def caption_of(figure):
    (caption,) = [text for text in figure.texts if text.get_gid() == "caption"]
    return caption.get_text().replace("\n", " ")
