"""What `refkd plot` writes, and where."""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from refkd import check
from refkd.cli.plot_spikes import PAIRS
from refkd.cli.run import REPORT, report_all_undrawn
from refkd.files.text import nfc

if TYPE_CHECKING:
    from refkd.alignment.posteriors.posterior_set import PosteriorSet
    from refkd.experiment.run_reader import Run
    from visualize.output.drawing import Drawn

T = TypeVar("T")


@dataclass
class Output:
    """How figures look, where they go, and what has become of them."""

    folder: str
    formats: list[str]  # endings of the files
    numbers: Path | None  # CSV file of what is drawn
    size: str | None  # of a column, a page or a slide
    font: str | None  # family
    pairs: Path | None  # CSV file of all spikes
    json: bool  # whether what was found is printed as JSON
    files: list[Path] = field(default_factory=list)  # written by now
    failures: dict[str, Exception] = field(default_factory=dict)  # of what could not be drawn

    @classmethod
    def of(cls, options: argparse.Namespace) -> "Output":
        """Check the options before anything is read."""
        from visualize.output.csv import COLUMNS
        from visualize.output.save import METADATA

        formats = options.format.split(",")
        for form in formats:
            check.one_of("format", form, METADATA)
        numbers, pairs = (
            _table(name, getattr(options, name), columns)
            for name, columns in (("numbers", COLUMNS), ("pairs", PAIRS))
        )
        if numbers is not None and pairs is not None and numbers.resolve() == pairs.resolve():
            check.fail("pairs", "a file other than that of --numbers", pairs)
        looks = options.size, options.font
        output = cls(options.out, formats, numbers, *looks, pairs, bool(options.json))
        output.in_font(lambda: None)  # there is such a font
        return output

    @property
    def width(self) -> float | None:
        """Inches of each figure; None for its natural size."""
        from visualize.layout.style import WIDTHS

        return None if self.size is None else WIDTHS[self.size]

    def in_font(self, draw: Callable[[], T]) -> T:
        """Draw in the requested font, and print each warning as a sentence."""
        from visualize import in_font
        from visualize.layout.style import FONT

        with in_font(self.font or FONT), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = draw()
        for sentence in dict.fromkeys(str(warning.message) for warning in caught):
            print(f"warning: {sentence}", file=sys.stderr)
        return result

    def draw(self, draw: "Callable[[], Drawn]") -> "Drawn":
        """Draw figures, and keep what could not be drawn."""
        drawn = self.in_font(draw)
        self.failures.update(drawn.failures)
        return drawn

    def animate(self, run: "Run") -> None:
        """Write the moving pictures of a run."""
        from refkd.experiment.run_folder import claim_files, plot_folder, reporting_write_errors
        from visualize.output.run import draw_animations, pictures_of

        folder = plot_folder(self.folder)
        claim_files(folder, list(pictures_of(run)))
        with reporting_write_errors(folder):
            files, failures = self.in_font(lambda: draw_animations(run, folder))
        self.files += files
        self.failures.update(failures)

    def write(self, figures: Mapping[str, Any]) -> None:
        """Write figures, and their numbers if requested."""
        from refkd.experiment.run_folder import plot_folder, reporting_write_errors
        from visualize import write_numbers
        from visualize.layout.style import SLIDE_PIXELS
        from visualize.output.save import write_figures

        folder = plot_folder(self.folder)
        with reporting_write_errors(folder):
            pixels = SLIDE_PIXELS if self.size == "slide" else None
            files, failures = self.in_font(
                lambda: write_figures(figures, folder, self.formats, pixels)
            )
        self.files += files
        self.failures.update(failures)
        if self.numbers is not None:
            with reporting_write_errors(self.numbers.parent):
                self.files.append(write_numbers(figures, self.numbers))

    def end(
        self, numbers: Mapping[str, Any], before: Iterable[str] = (), after: Iterable[str] = ()
    ) -> int:
        """Print numbers and files as JSON, or the files between lines of text; then a sentence for
        each figure that could not be drawn, for which the exit code is 1.
        """
        files = [str(file) for file in self.files]
        if self.json:
            print(json.dumps({**numbers, "files": files}, indent=1))
        else:
            print("\n".join([*before, *files, *after]))
        return report_all_undrawn(self.failures)

    def check_report(self, report: bool | None) -> None:
        """A page is made of figures as SVG."""
        if report and "svg" not in self.formats:
            check.fail("report", "svg among --format", ",".join(self.formats))

    def write_report(
        self, figures: Mapping[str, Any], write: Callable[[dict[str, Path], Path], None]
    ) -> None:
        """Write a page with the figures that have been written as SVG, and with their numbers."""
        from refkd.alignment.ctm_textgrid import file_names
        from refkd.experiment.run_folder import claim_files, plot_folder, reporting_write_errors
        from visualize import write_numbers
        from visualize.output.drawing import note_failure

        folder = plot_folder(self.folder)
        files = [folder / f"{name}.svg" for name in file_names(list(figures))]
        claim_files(folder, [REPORT, *(file.with_suffix(".csv").name for file in files)])
        written = {}
        with reporting_write_errors(folder):
            for file, (name, figure) in zip(files, figures.items(), strict=True):
                if file.exists():
                    write_numbers({name: figure}, file.with_suffix(".csv"))
                    written[name] = file
            with note_failure(self.failures, REPORT):
                write(written, folder / REPORT)
                self.files.append(folder / REPORT)


def figures_of(options: argparse.Namespace, known: Iterable[str]) -> list[str] | None:
    """The figures that were requested by name."""
    if options.figures is None:
        return None
    names = options.figures.split(",")
    return [check.one_of("figures", name, list(known)) for name in names]


def audio_files(
    path: str | None,
    drawn: Sequence[str | None],
    utterances: Sequence[str],
    sets: "Sequence[PosteriorSet]",
) -> dict[str, Path]:
    """The WAV files of utterances: those of a folder that are there, or the one of what is drawn.

    Each is as long as the posteriors of every model say.
    """
    from refkd.alignment.posteriors.mismatch import check_audio_length
    from refkd.data.wav import read_wav

    if path is None:
        return {}
    audio = Path(path)
    if audio.is_dir():
        present = {
            nfc(file.stem): file for file in audio.iterdir() if file.suffix.lower() == ".wav"
        }
        expected = {name: audio / f"{name}.wav" for name in drawn if name is not None}
        files = {name: file for name, file in {**expected, **present}.items() if name in utterances}
    elif len(drawn) == 1 and drawn[0] is not None:
        files = {drawn[0]: audio}
    elif len(drawn) == 1:
        check.fail("audio", "a folder, or a file with --utterance NAME", audio)
    else:
        check.fail("audio", "a folder for several utterances", audio)
    for name, file in files.items():
        samples, rate = read_wav(file)
        check_audio_length(name, samples.size / rate, sets)
    return files


def check_utterance(name: str, known: Sequence[str]) -> None:
    """One of the utterances; there may be too many to list."""
    if name not in known:
        check.fail("utterance", f"one of {len(known)}, such as {known[0]!r}", repr(name))


def _table(option: str, file: str | None, columns: Sequence[str]) -> Path | None:
    """A CSV file that is new, or begins with the columns of this command: nothing would be lost."""
    if file is None:
        return None
    path, head = Path(file), ",".join(columns)
    free = not path.exists() and path.parent.is_dir()
    if path.is_file():  # a device or a pipe might never end
        try:
            with path.open(encoding="utf-8") as old:
                free = old.readline(len(head) + 1).strip() == head
        except (OSError, ValueError):
            free = False
    if not free:
        check.fail(option, "a new file or one of this command in a folder", path)
    return path
