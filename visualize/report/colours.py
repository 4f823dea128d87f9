"""The colours of students in a page, on a light and on a dark ground."""

from visualize.layout.legend import Look
from visualize.layout.style import STUDENTS, STUDENTS_ON_DARK


def colour_class(look: Look) -> str:
    """The class of what is drawn in the colour of a student."""
    return f"colour-{STUDENTS.index(look[0])}"


def colour_rules() -> str:
    """Rules of CSS that give each class its colours: of lines, and darker of words."""
    light, dark = (
        "".join(
            f".colour-{n}{{--student:{line};--student-text:{words(line)}}}"
            for n, line in enumerate(colours)
        )
        for colours, words in ((STUDENTS, darker), (STUDENTS_ON_DARK, str))
    )
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def darker(colour: str) -> str:
    """Three quarters of the light of #RRGGBB."""
    return "#" + "".join(f"{int(colour[n : n + 2], 16) * 3 // 4:02x}" for n in (1, 3, 5))
