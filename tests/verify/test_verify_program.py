"""The CTC in C of the guide: built and verified as the guide says."""

import shutil
import subprocess
from pathlib import Path

import pytest

from refkd.cli import main

SOURCE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "ctc.c"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
def test_the_example_in_c_is_right(tmp_path, capsys):
    program = tmp_path / "my_ctc"
    build = [str(COMPILER), "-O2", "-Wall", "-Werror", "-o", str(program), str(SOURCE), "-lm"]
    subprocess.run(build, check=True)
    assert main(["verify", "ctc", "--quick", "--exchange", "raw", "--exec", str(program)]) == 0
    assert "time first (found)" in capsys.readouterr().out
