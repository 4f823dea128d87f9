"""Settings of the site: `sphinx-build -W docs docs/_build` makes it, without a network."""

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

if missing := [
    name
    for name in ("refkd", "numba", "myst_parser", "numpydoc", "sphinx_gallery", "nbclient")
    if find_spec(name) is None
]:
    print(f"docs: expected {', '.join(missing)} to be installed; run `pip install '.[docs]'`")
    sys.stdout.flush()
    os._exit(2)  # Sphinx shows a traceback of every exception

import matplotlib

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "interactive"))
matplotlib.use("agg")

import draw
import make_map
import make_notebooks
from embedded import embedded
from sphinx_gallery.scrapers import figure_rst

import refkd
from visualize import save_figure

project = "refkd"
version = release = refkd.__version__
copyright = ""
html_show_copyright = False
html_show_sphinx = False
extensions = [
    "mathml",
    "make_interactive",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "benchmarks", "studies", "examples", "gallery", "README.md"]
html_theme = "furo"
html_title = "refkd"
html_static_path = ["static"]
html_css_files = ["refkd.css"]
suppress_warnings = ["config.cache"]  # the settings of the gallery hold a function

html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
highlight_language = "none"  # blocks that name no language are plain text

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say the types
numpydoc_show_class_members = False


def figure_of(block, block_vars, gallery_conf):
    """The image of a script's block: its variable `figure`, which the pages show, too."""
    figure = block_vars["example_globals"].pop("figure", None)
    if figure is None:
        return ""
    path = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
    save_figure(figure, path.with_suffix(""), ["svg"])
    draw.follow_dark_page(path)
    draw.write(Path(block_vars["src_file"]), figure)
    return figure_rst([path], gallery_conf["src_dir"])


sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "drawn",
    "image_scrapers": (figure_of,),
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
}


def setup(app):
    """Draw the map; put its table and the kernels' sources into the pages that show them."""
    app.connect("html-page-context", _finish_page)
    app.connect("build-finished", _write_notebooks)
    make_map.FIGURE.write_text(make_map.picture(), encoding="utf-8")
    app.connect("source-read", _embed)


def _embed(app, name, source):
    source[0] = NAMED_BY_FILE.sub(r"[](\1)", make_map.with_table(embedded(source[0])))


def _finish_page(app, name, template, context, doctree):
    """Identifiers break after what joins their words, never inside one; a link to the notebook."""
    body = INLINE_CODE.sub(lambda code: JOINT.sub(r"\1<wbr>", code[0]), context.get("body", ""))
    folder, _, page = name.partition("/")
    if folder == "course":
        notebook = f'<a href="../notebooks/{page}.ipynb" download>This page as a notebook</a>'
        body = body.replace("</h1>", f'</h1>\n<p class="notebook">{notebook}</p>', 1)
    context["body"] = body


def _write_notebooks(app, error):
    if error is None and app.builder.name == "html":
        make_notebooks.main(Path(app.outdir) / "notebooks")


INLINE_CODE = re.compile(r'(?<=<span class="pre">)[^<]{12,}')
JOINT = re.compile(r"([/.,_]|::)(?=\w)(?!py\b)")
NAMED_BY_FILE = re.compile(r"\[[\w-]+\.md\]\(([\w/.-]+\.md)\)")  # the site says the title
