"""`refkd data describe`: the contents of a corpus."""

import argparse
import json

from refkd.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    data = commands.add_parser("data", help="describe the contents of a corpus")
    describe = data.add_subparsers(title="commands", metavar="COMMAND").add_parser(
        "describe",
        help="print counts, durations, symbols and problems",
        description="Read a corpus and print its contents: the utterances and durations of each "
        "split, how often each symbol occurs, what was left out, and what looks wrong.",
    )
    describe.set_defaults(command=_describe)
    describe.add_argument("data", metavar="SPEC", help="a corpus, as for --data of `refkd run`")
    describe.add_argument(
        "--config", metavar="FILE", help="TOML file; [speech] holds the options of the reader"
    )
    describe.add_argument("--json", action="store_true", help="print the description as JSON")


def _describe(options: argparse.Namespace) -> int:
    from refkd.data.dataset import load
    from refkd.data.describe import describe, description
    from refkd.experiment.settings import read_settings

    settings = read_settings(options.config, {"data": options.data})
    corpus_facts = describe(load(settings.data, **settings.speech))
    print(json.dumps(corpus_facts, indent=1) if options.json else description(corpus_facts))
    return 0
