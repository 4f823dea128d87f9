"""The utterances of one real run for the page of the explorer: `explorer.txt`.

`refkd run --out RUN` and then `python docs/interactive/record_run.py RUN` write the file anew. It
is the run of docs/course/results.md, "One run": seed 0, all settings as they are by default.
"""

import sys
from pathlib import Path

from refkd.experiment.run_reader import read_run
from visualize.report.explorer import explorer_data
from visualize.report.run_explorer import explored_run

DATA = Path(__file__).resolve().parent / "explorer.txt"
USUAL = 90_000  # characters of the file

if __name__ == "__main__":
    data, count = explorer_data(explored_run(read_run(sys.argv[1]), {}), USUAL, USUAL)
    DATA.write_text(data + "\n", encoding="ascii")
    print(f"{DATA}: {count} utterances, {len(data)} characters")
