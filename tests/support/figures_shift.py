"""What tests of the shift figure share."""


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
