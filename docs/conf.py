"""How the documentation is built: Markdown by MyST, the furo theme, nothing from the network."""

from __future__ import annotations

import re
from pathlib import Path

_package = (Path(__file__).parents[1] / "src" / "relto" / "__init__.py").read_text("utf-8")

project = "relto"
author = "The relto founders"
project_copyright = "2026, The relto founders"
release = re.findall(r'^__version__ = "(.+)"$', _package, re.MULTILINE)[0]
version = release

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "evidence"]

html_theme = "furo"
html_title = f"relto {release}"
html_static_path = ["_static"]
html_logo = "_static/relto.svg"
html_copy_source = False
html_show_sphinx = False
