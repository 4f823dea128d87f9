"""`python -m refkd` is the same as `refkd`."""

import sys
from importlib.util import find_spec

if missing := [name for name in ("numpy", "numba", "matplotlib", "tqdm") if not find_spec(name)]:
    sys.exit(f"refkd: expected {', '.join(missing)} to be installed; run `pip install .`")

from refkd.cli import main

sys.exit(main())
