"""`refkd stream`: the phones of a recording as a network recognizes them."""

import argparse
import json

from refkd.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    stream = commands.add_parser(
        "stream",
        help="print each phone of a recording as soon as a network emits it",
        description="Read a recording piece by piece, as it would arrive, into a trained "
        "unidirectional network. Print each phone as soon as the network emits it, with its time "
        "in the audio, the lag (how much more audio had arrived by then) and the time that this "
        "machine took to compute it.",
    )
    stream.set_defaults(command=_stream)
    stream.add_argument("model", metavar="MODEL.npz", help="a student that `refkd run` has saved")
    stream.add_argument(
        "audio", metavar="AUDIO.wav", help="recording at the rate of the training speech"
    )
    stream.add_argument(
        "--json", action="store_true", help="print a JSON object for each phone, in seconds"
    )


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
