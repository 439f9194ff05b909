"""How Sphinx builds these pages: ``sphinx-build -W docs docs/_build``. Every page is plain Markdown."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import minigrad

project, author = "minigrad", "the minigrad maintainers"
release = version = minigrad.__version__
extensions = ["myst_nb"]
exclude_patterns = ["_build"]
html_theme, html_title = "furo", f"minigrad {release}"
html_static_path: list[str] = []
html_extra_path: list[str] = []
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "off"  # tests run every example on every page
suppress_warnings = ["misc.highlighting_failure"]
