"""The options that describe a rule, for every command that applies one."""

import argparse
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

from refkd.cli.commands import OptionGroup, Parser

if TYPE_CHECKING:
    from refkd.experiment.student_settings import StudentSettings

OF_DIVERGENCE = ("divergence", "temperature")


def add_rule_options(parser: Parser, rule: OptionGroup) -> None:
    """Add --rule and the parameters of all rules to a group of options once they are needed."""

    def add() -> None:
        from refkd.losses.rules import RULES, fields_of

        rule.add_argument("--rule", metavar="RULE", help=", ".join(RULES))
        for parameter in _parameters():
            takers = " and ".join(name for name in RULES if parameter.name in fields_of(name))
            rule.add_argument(
                "--" + parameter.name.replace("_", "-"),
                type=parameter.metadata["option"],
                metavar=parameter.metadata["metavar"],
                help=parameter.metadata["words"].format(rules=takers),
            )
        rule.add_argument(
            "--divergence", metavar="NAME", help="kl (default), reverse_kl, js or cross_entropy"
        )
        rule.add_argument(
            "--temperature",
            type=float,
            metavar="T",
            help="temperature of both distributions (default 1)",
        )

    parser.add_later(add)


def _parameters() -> "list[Field[Any]]":
    """The parameters of rules that have an option."""
    from refkd.losses.rules import RuleParameters

    return [field for field in fields(RuleParameters) if field.metadata["option"] is not None]


def of_rule() -> tuple[str, ...]:
    """The names of all options that describe a rule, but --rule itself."""
    return (*(parameter.name for parameter in _parameters()), *OF_DIVERGENCE)


def rule_settings(
    options: argparse.Namespace, name: str, defaults: Mapping[str, Any] | None = None
) -> "StudentSettings":
    """The settings of a rule from its options; `defaults` go before those of `StudentSettings`."""
    from refkd import check
    from refkd.experiment.student_settings import StudentSettings
    from refkd.losses import rules

    parameters = {option: getattr(options, option) for option in of_rule()}
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
