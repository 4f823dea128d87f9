"""What argparse calls the places where commands and options are added."""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
OptionGroup: TypeAlias = "argparse._ArgumentGroup"
