"""The course as one PDF: `python docs/make_pdf.py SITE course.pdf`, from a site that is built.

Chromium prints the pages one after the other; a link from one to another stays inside the PDF.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "docs" / "README.md"
ARTICLE = re.compile(r'<article role="main"[^>]*>(.*?)</article>', re.DOTALL)
HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)
LINK = re.compile(r'href="(?:\.\./course/)?([\w-]+)\.html(?:#([\w-]+))?"')


def course() -> list[str]:
    """Names of the pages of the course in their order."""
    return re.findall(r"\]\(course/([a-z-]+)\.md\)", INDEX.read_text(encoding="utf-8"))


def whole(site: Path) -> str:
    """All pages of the course as one page of HTML, which belongs beside them."""
    names = course()
    texts = [(site / "course" / f"{name}.html").read_text(encoding="utf-8") for name in names]

    def inside(link: re.Match[str]) -> str:
        name, place = link.groups()
        return f'href="#{place or name}"' if name in names else link[0]

    sections = [
        f'<section class="page" id="{name}">{LINK.sub(inside, ARTICLE.search(text)[1])}</section>'
        for name, text in zip(names, texts, strict=True)
    ]
    head, body = HEAD.search(texts[0])[0], "".join(sections)
    return f'<!doctype html><html lang="en">{head}<body><div class="content">{body}</div></html>'


def main(site: Path, pdf: Path) -> None:
    """Write the page beside the others and print it."""
    page = site / "course" / "whole.html"
    page.write_text(whole(site), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += ["--generate-pdf-document-outline", f"--print-to-pdf={pdf}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True)
    if pdf.stat().st_size < 100_000:
        sys.exit(f"{pdf}: expected the course, got {pdf.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
