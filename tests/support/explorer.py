"""The explorer of a page, driven in a browser."""

import base64
import io
import os
import re

import numpy as np
import pytest
from PIL import Image
from support.browser import CHROMIUM, DRIVER

# Continuous integration says that a browser is needed; elsewhere these tests are skipped without.
NEEDED = os.environ.get("REFKD_NEEDS_BROWSER", "") not in ("", "0")
needs_browser = pytest.mark.skipif(
    not (NEEDED or (CHROMIUM and DRIVER)), reason="chromium and chromedriver are not installed"
)
NAMES, LENGTHS = ("short", "typical </script>", "long"), (31, 47, 1500)
GUTTER, RIGHT = 46, 8  # pixels beside the strips


class Explorer:
    """What a person does with the explorer and reads from it."""

    def __init__(self, browser, run, path, **size):
        self.browser, self.run = browser, run
        browser.open(path, **size)
        browser.wait(lambda: self.text("frame"))
        browser.run("document.getElementById('explorer').scrollIntoView()")
        self.frames = 47

    def ask(self, part, attribute):
        """Something of a part of the page."""
        return self.browser.run(f"return document.querySelector('[data-part={part}]'){attribute}")

    def text(self, part):
        return re.sub(r"\s+", " ", self.ask(part, ".textContent")).strip()

    def rows(self, part):
        return self.browser.run(
            "return [...document.querySelectorAll(`[data-part=${arguments[0]}] tr`)]"
            ".map((row) => [...row.cells].map((cell) => cell.textContent))",
            part,
        )

    def box(self, part):
        return self.browser.run(
            "const box = document.querySelector(`[data-part=${arguments[0]}]`)"
            ".getBoundingClientRect(); return [box.left, box.top, box.width, box.height]",
            part,
        )

    def click(self, part):
        left, top, width, height = self.box(part)
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self.browser.point(left + width / 2, top + height / 2, *press)

    def choose(self, part, place):
        """An utterance, or a student, by its place."""
        self.browser.run(
            "const [part, place] = arguments;"
            "if (part === 'student') document.querySelectorAll('[name=student]')[place].click();"
            "else {"
            "  const choice = document.querySelector('[data-part=utterance]');"
            "  choice.value = place;"
            "  choice.dispatchEvent(new Event('change', { bubbles: true }));"
            "}",
            part,
            place,
        )

    def choose_student(self, name):
        self.choose("student", [student.name for student in self.run.students].index(name))

    def choose_utterance(self, name):
        self.frames = LENGTHS[NAMES.index(name)]
        names = self.browser.run(
            "return [...document.querySelector('[data-part=utterance]').options]"
            ".map((one) => one.textContent)"
        )
        (place,) = [n for n, option in enumerate(names) if option.startswith(name)]
        self.choose("utterance", place)

    def place(self, frame):
        """Where a frame is, while the whole utterance is in view."""
        stage = "document.querySelector('[data-part=stage]')"
        self.browser.run(f"{stage}.scrollIntoView({{ block: 'nearest' }})")
        left, top, width, _ = self.box("stage")
        inside = width - GUTTER - RIGHT
        return left + GUTTER + (frame + 0.5) / self.frames * inside, top + 150

    def point(self, frame):
        self.browser.point(*self.place(frame))

    def focus(self):
        self.browser.run("document.querySelector('[data-part=stage]').focus()")

    def picture(self, part="strips"):
        """The strips, or the cursor above them, as (height, width, 4) pixels."""
        coded = self.ask(part, ".toDataURL().split(',')[1]")
        with Image.open(io.BytesIO(base64.b64decode(coded))) as image:
            return np.asarray(image)

    def attribute(self, name):
        return self.ask("stage", f".getAttribute('{name}')")


def says_that_it_scrolls(browser, place=0):
    """Whether the first table, scrolled so far, says that there is more to the right."""
    return browser.run(
        "const part = document.querySelector('.scrolls'); part.scrollLeft = arguments[0];"
        "return new Promise((done) => setTimeout(() => done(part.classList.contains('more') &&"
        " getComputedStyle(part, '::after').content.includes('scroll for more')), 50))",
        place,
    )
