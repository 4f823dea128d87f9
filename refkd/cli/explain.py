"""`refkd explain`: an algorithm step by step, with its numbers."""

import argparse
from functools import partial

from refkd.cli.commands import Commands, Parser
from refkd.cli.rule_options import add_rule_options


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    explain = commands.add_parser("explain", help="explain an algorithm step by step, with numbers")
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
        "Show each step of the computation of a CTC loss and its gradient, for an example of four "
        "frames or for your own posteriors.",
    )
    ctc.add_argument(
        "--labels",
        metavar="A,B",
        help="symbols or class numbers (default a,b; with --posteriors: their greedy decoding)",
    )
    ctc.add_argument(
        "--posteriors", metavar="FILE", help="your own posteriors: .npz, .npy, .ark or .scp"
    )
    _add_facts(ctc)


def _add_lstm(topics: Commands) -> None:
    lstm = _topic(
        topics,
        "lstm",
        "gates, cell and hidden state, then each term of the backward pass",
        "Show each step of the forward and the backward pass of a small LSTM. The loss is the sum "
        "of the elements of the last hidden state.",
    )
    lstm.add_argument(
        "--units",
        type=int,
        choices=(1, 2),
        default=1,
        help="number of hidden units (default %(default)s)",
    )
    lstm.add_argument("--inputs", metavar="X,X,X", help="one number per frame (default 1,0,-1)")
    lstm.add_argument("--reverse", action="store_true", help="run from the last frame to the first")


def _add_select(topics: Commands) -> None:
    select = _topic(
        topics,
        "select",
        "the divergence band, and which teacher frames each rule selects",
        "Show which teacher frames each rule selects for a student, and compare the loss of the "
        "student with the loss of a student that predicts the blank at every frame. Without "
        "posteriors the example is a student that is right, but one frame late.",
    )
    _add_models(select)
    add_rule_options(select, select.add_argument_group("the rule (default: all)"))


def _add_distill(topics: Commands) -> None:
    distill = _topic(
        topics,
        "distill",
        "the gradient of a rule: pairs, weights, target, temperature",
        "Show each step of the computation of the gradient of a rule in the student's logits, for "
        "an example of three frames or for your own posteriors.",
    )
    _add_models(distill)
    add_rule_options(distill, distill.add_argument_group("the rule (default: Soft)"))
    distill.add_argument(
        "--scale-t2", action="store_true", help="multiply loss and gradient by temperature^2"
    )
    distill.add_argument(
        "--blank-frames",
        default="keep",
        metavar="NAME",
        help="treatment of the teacher's blank frames: keep (default), drop_selected or "
        "no_blank_candidates",
    )


def _topic(topics: Commands, name: str, text: str, description: str) -> Parser:
    topic = topics.add_parser(name, help=text, description=description)
    topic.set_defaults(command=partial(_explain, name))
    presentation = topic.add_argument_group("presentation")
    presentation.add_argument("--format", choices=("text", "markdown", "html"), default="text")
    presentation.add_argument("--step", action="store_true", help="wait for Enter after each step")
    presentation.add_argument(
        "--frames", metavar="FIRST,END", help="frames to show, END excluded (default: the first 12)"
    )
    presentation.add_argument(
        "--out", metavar="FILE", help="file to write (default: standard output)"
    )
    return topic


def _add_models(topic: argparse.ArgumentParser) -> None:
    for model in ("teacher", "student"):
        topic.add_argument(
            f"--{model}", metavar="FILE", help=f"posteriors of the {model}; give both or neither"
        )
    _add_facts(topic)


def _add_facts(topic: argparse.ArgumentParser) -> None:
    facts = topic.add_argument_group("about the posteriors")
    facts.add_argument(
        "--utterance", metavar="NAME", help="utterance to explain (default: the shortest)"
    )
    facts.add_argument(
        "--blank", type=int, metavar="CLASS", help="class of the blank, from 0; -1 is the last"
    )
    facts.add_argument("--kind", metavar="KIND", help="logits, log_probabilities or probabilities")
    facts.add_argument("--tokens", metavar="TOKENS.txt", help="symbols, one line per class")


def _explain(name: str, options: argparse.Namespace) -> int:
    from refkd.cli.explain_output import check_output, present
    from refkd.cli.explain_topics import TOPICS

    check_output(options)
    present(TOPICS[name](options), options)
    return 0
