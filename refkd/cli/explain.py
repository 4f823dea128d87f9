"""`refkd explain`: an algorithm step by step, with its numbers."""

import argparse
from functools import partial

from refkd.cli.commands import Commands, Parser
from refkd.cli.rule_options import add_rule_options


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    explain = commands.add_parser("explain", help="tell an algorithm step by step, with numbers")
    topics = explain.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_ctc(topics)
    _add_lstm(topics)
    _add_select(topics)
    _add_distill(topics)


def _add_ctc(topics: Commands) -> None:
    ctc = _topic(
        topics,
        "ctc",
        "states, alpha, beta, loss, occupancy, gradient, best path",
        "Tell how the CTC loss of some labels and its gradient come about, over four frames or "
        "over your own posteriors.",
    )
    ctc.add_argument(
        "--labels",
        metavar="A,B",
        help="symbols or numbers of classes (default a,b; of posteriors what they decode to)",
    )
    ctc.add_argument("--posteriors", metavar="FILE", help=".npz, .npy, .ark or .scp")
    _add_facts(ctc)


def _add_lstm(topics: Commands) -> None:
    lstm = _topic(
        topics,
        "lstm",
        "gates, cell and hidden state, then each term of the backward pass",
        "Tell how the states of a small LSTM and the gradients in its weights come about. The loss "
        "is the sum of the last hidden state.",
    )
    lstm.add_argument("--units", type=int, choices=(1, 2), default=1, help="default %(default)s")
    lstm.add_argument("--inputs", metavar="X,X,X", help="a number for each frame (default 1,0,-1)")
    lstm.add_argument("--reverse", action="store_true", help="from the last frame to the first")


def _add_select(topics: Commands) -> None:
    select = _topic(
        topics,
        "select",
        "the divergence band, and what each rule takes of it",
        "Tell from which teacher frames a student would learn by each rule, and what a student "
        "would pay that is silent. Without posteriors: a student that is right, and one frame "
        "late.",
    )
    _add_models(select)
    add_rule_options(select, select.add_argument_group("the rule (default: all)"))


def _add_distill(topics: Commands) -> None:
    distill = _topic(
        topics,
        "distill",
        "the gradient of a rule: pairs, weights, target, temperature",
        "Tell how the gradient of a rule in the student's logits comes about, over three frames or "
        "over your own posteriors.",
    )
    _add_models(distill)
    add_rule_options(distill, distill.add_argument_group("the rule (default: Soft)"))
    distill.add_argument("--scale-t2", action="store_true", help="times temperature squared")
    distill.add_argument(
        "--blank-frames",
        default="keep",
        metavar="NAME",
        help="keep (default), drop_selected or no_blank_candidates",
    )


def _topic(topics: Commands, name: str, text: str, description: str) -> Parser:
    topic = topics.add_parser(name, help=text, description=description)
    topic.set_defaults(command=partial(_explain, name))
    presentation = topic.add_argument_group("how it is told")
    presentation.add_argument("--format", choices=("text", "markdown", "html"), default="text")
    presentation.add_argument("--step", action="store_true", help="wait for Enter after each step")
    presentation.add_argument(
        "--frames", metavar="FIRST,END", help="frames to tell, END exclusive (default the first 12)"
    )
    presentation.add_argument("--out", metavar="FILE", help="default standard output")
    return topic


def _add_models(topic: argparse.ArgumentParser) -> None:
    for model in ("teacher", "student"):
        topic.add_argument(f"--{model}", metavar="FILE", help="posteriors of both, or of neither")
    _add_facts(topic)


def _add_facts(topic: argparse.ArgumentParser) -> None:
    facts = topic.add_argument_group("about the posteriors")
    facts.add_argument("--utterance", metavar="NAME", help="default: the shortest one")
    facts.add_argument("--blank", type=int, metavar="CLASS", help="from 0; -1 is the last class")
    facts.add_argument("--kind", metavar="KIND", help="logits, log_probabilities or probabilities")
    facts.add_argument("--tokens", metavar="TOKENS.txt", help="the symbols, a line for each class")


def _explain(name: str, options: argparse.Namespace) -> int:
    from refkd.cli.explain_output import check_output, present
    from refkd.cli.explain_topics import TOPICS

    check_output(options)
    present(TOPICS[name](options), options)
    return 0
