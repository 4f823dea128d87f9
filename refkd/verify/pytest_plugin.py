"""The pytest plugin: `refkd verify` as test items (docs/guides/verify.md).

Every pytest imports this module where refkd is installed, so it imports nothing before an option
requires it.
"""

import pytest

KITS = ("ctc", "lstm", "distill", "align")  # the keys of `refkd.verify.kits.KITS`


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("refkd", "refkd verify")
    for kit in KITS:
        group.addoption(
            f"--refkd-{kit}",
            metavar="MODULE:FUNCTION",
            help=f"run the cases of `refkd verify {kit}` on this adapter, one test item per case",
        )
    group.addoption("--refkd-quick", action="store_true", help="run only the small cases")
    group.addoption(
        "--refkd-told",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a convention of the implementation, such as blank=first; may be repeated",
    )
    group.addoption(
        "--refkd-expect",
        action="append",
        default=[],
        metavar="FILE",
        help="known faults, written by `refkd verify KIT --write-expected FILE`; one for each kit",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load everything else if an adapter is named."""
    targets = {kit: config.getoption(f"--refkd-{kit}") for kit in KITS}
    targets = {kit: target for kit, target in targets.items() if target}
    if targets:
        from refkd.verify.pytest_items import Verification

        config.pluginmanager.register(Verification(config, targets), "refkd-verification")
