"""`python -m refkd` is the same as `refkd`."""

import sys

from refkd.cli import main

sys.exit(main())
