"""Sphinx configuration of the site: it is built offline, and every warning is an error (``make docs``)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # imrdata_pages

import imrdata

project = "imrdata"
author = "The imrdata authors"
copyright = "The imrdata authors; MIT license"
version = release = imrdata.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "imrdata_pages"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_*.md"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
strip_signature_backslash = True  # otherwise the parameter in_ loses its underscore
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [
    ("Returns", "notes_style"),
    ("Source", "notes_style"),
]  # sections "Returns" contain prose, no types
default_role = "py:obj"  # docstrings name objects in single backticks; other names stay code

nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"[A-Za-z_.\[\]0-9]+"),
    # Types of other packages, and aliases that the signatures spell out.
    ("py:class", r"(?!imrdata\.(Dataset|\w+Report|Letter|TreatmentRequest|Citation)$).*"),
    ("py:exc", r"(TypeError|ValueError|OSError|KeyError|FileExistsError)"),
]

html_theme = "furo"
html_title = f"imrdata {version}"
html_static_path = ["_static"]
html_css_files = ["imrdata.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "friendly"
