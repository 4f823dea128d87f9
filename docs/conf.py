"""Settings of the site: `sphinx-build -W docs docs/_build` makes it, without a network."""

import sys
from pathlib import Path

import matplotlib

sys.path.insert(0, str(Path(__file__).parent))
matplotlib.use("agg")

from embedded import embedded  # noqa: E402

import refkd  # noqa: E402

project = "refkd"
version = release = refkd.__version__
copyright = ""
html_show_copyright = False
html_show_sphinx = False
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "benchmarks", "studies", "examples", "gallery/README.md"]
html_theme = "furo"
html_title = "refkd"
html_static_path = ["static"]
html_css_files = ["refkd.css"]
nitpicky = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
highlight_language = "none"  # equations are indented blocks

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say the types
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples_gallery",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "plot_gallery": "True",
}


def setup(app):
    """Put the kernels' sources into the pages that show them."""
    app.connect("source-read", _embed)


def _embed(app, name, source):
    source[0] = embedded(source[0])
