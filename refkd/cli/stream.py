"""`refkd stream`: the phones of a recording as a network recognizes them."""

import argparse
import json

from refkd.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    stream = commands.add_parser(
        "stream",
        help="print the phones of a recording as a network says them",
        description="Let a trained unidirectional network hear a recording as it would arrive, and "
        "print each phone when it is said: its time in the audio, how far the audio had gone on by "
        "then, and what this machine took to compute it.",
    )
    stream.set_defaults(command=_stream)
    stream.add_argument("model", metavar="MODEL.npz", help="a student that `refkd run` has left")
    stream.add_argument("audio", metavar="AUDIO.wav", help="at the sampling rate of its training")
    stream.add_argument("--json", action="store_true", help="one JSON object a line, in seconds")


def _stream(options: argparse.Namespace) -> int:
    from refkd.data.wav import read_wav
    from refkd.networks.network import Network
    from refkd.networks.stream_audio import recognize_stream

    network = Network.load(options.model)
    audio, rate = read_wav(options.audio)
    emissions = recognize_stream(network, audio, rate)
    if not options.json:
        print("time (s)   lag (ms)   computing (ms)   phone")
    for phone, *seconds in emissions:
        time, lag, computing = (round(number, 6) for number in seconds)
        if options.json:
            line = json.dumps({"phone": phone, "time": time, "lag": lag, "computing": computing})
        else:
            line = f"{time:8.4f} {1000 * lag:10.1f} {1000 * computing:16.2f}   {phone}"
        print(line, flush=True)
    return 0
