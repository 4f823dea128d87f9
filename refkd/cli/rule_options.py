"""The options that describe a rule, for every command that applies one."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from refkd.cli.commands import OptionGroup

if TYPE_CHECKING:
    from refkd.experiment.student_settings import StudentSettings

RULES = "FrameWise, Shift, Blend, Hard, TopK, Soft, Monotone, OrderedPath, PerTeacher"
OF_RULE = ("window", "tau", "k", "max_step", "d", "divergence", "temperature")


def add_rule_options(rule: OptionGroup) -> None:
    """Add --rule and its parameters to a group of options."""
    rule.add_argument("--rule", metavar="RULE", help=RULES)
    rule.add_argument("--window", metavar="LEFT,RIGHT", help="frames (default 5,0), or whole")
    rule.add_argument("--tau", type=float, metavar="NATS", help="of Soft and TopK")
    rule.add_argument("--k", type=int, metavar="N", help="of TopK")
    rule.add_argument("--max-step", type=int, metavar="N", help="of Monotone")
    rule.add_argument("--d", type=int, metavar="N", help="frames of Shift")
    rule.add_argument("--divergence", metavar="NAME", help="as of refkd.distill_loss")
    rule.add_argument("--temperature", type=float, metavar="T", help="of both (default 1)")


def rule_settings(
    options: argparse.Namespace, name: str, defaults: Mapping[str, Any] | None = None
) -> "StudentSettings":
    """The settings of a rule from its options; `defaults` go before those of `StudentSettings`."""
    from refkd import check
    from refkd.experiment.student_settings import StudentSettings
    from refkd.losses import rules

    parameters = {option: getattr(options, option) for option in OF_RULE}
    parameters = {option: value for option, value in parameters.items() if value is not None}
    if parameters.get("window", "whole") != "whole":
        try:
            left, right = (int(side) for side in parameters["window"].split(","))
        except ValueError:
            check.fail("window", "LEFT,RIGHT in frames, or whole", repr(parameters["window"]))
        parameters["window"] = left, right
    rule = check.one_of("rule", name, rules.RULES)
    settings = StudentSettings(rule, **{**(defaults or {}), **parameters})
    settings.build_rule(median_lag=1)
    return settings
