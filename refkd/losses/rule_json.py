"""Rules as plain values, for files and for other programs."""

import math
from typing import Any

from refkd import check
from refkd.losses.rules import RULES, Rule, Window, window_from


def rule_to_dict(rule: Rule) -> dict[str, Any]:
    """Write a rule as plain values, ready for JSON.

    Examples
    --------
    >>> import refkd
    >>> from refkd.losses.rule_json import rule_to_dict
    >>> rule_to_dict(refkd.TopK(refkd.Window(5, 0), k=3))
    {'rule': 'TopK', 'window': [5, 0], 'k': 3, 'tau': None}
    """
    return {"rule": type(rule).__name__} | {
        name: _plain(value) for name, value in vars(rule).items()
    }


def rule_from_dict(values: dict[str, Any]) -> Rule:
    """Make the rule that plain values describe.

    Examples
    --------
    >>> from refkd.losses.rule_json import rule_from_dict
    >>> rule_from_dict({"rule": "Hard", "window": [5, 0]})
    Hard(window=Window(left=5, right=0))
    """
    parameters = dict(values)
    kind = RULES[check.one_of("rule", parameters.pop("rule", None), RULES)]
    if "window" in parameters:
        parameters["window"] = window_from(parameters["window"])
    if parameters.get("tau", 0.0) is None:
        parameters["tau"] = math.inf
    try:
        rule: Rule = kind(**parameters)
    except TypeError:
        check.fail(kind.__name__, "its own parameters", ", ".join(parameters) or "none")
    return rule


def _plain(value: Any) -> Any:
    if isinstance(value, Window):
        return "whole" if value == Window.whole() else [value.left, value.right]
    if isinstance(value, tuple):
        return list(value)
    return None if value == math.inf else value
