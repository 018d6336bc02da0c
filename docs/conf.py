"""How Sphinx builds the site: `make docs`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]

# The reference is read from the code, which imports Airflow, which writes its configuration to its home.
os.environ["AIRFLOW_HOME"] = str(DOCS.parent / ".build" / "airflow")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from airflow_provider_wan import __version__  # noqa: E402

project = "airflow-provider-wan"
version = release = __version__
copyright = "the authors, Apache-2.0"  # noqa: A001 -- Sphinx calls it so

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "wan_reference",
]
exclude_patterns = ["_ext"]
html_theme = "furo"
html_title = f"{project} {__version__}"
html_copy_source = False
html_show_sphinx = False

# Anchors as GitHub makes them, so that a link holds in both places.
myst_heading_anchors = 4

# Docstrings write code in single backticks, as Markdown does.
default_role = "literal"
add_module_names = False
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"undoc-members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True

autosummary_generate = False

nitpicky = True
# Names of Python, Airflow and pydantic have no page here.
nitpick_ignore_regex = [(r"py:.*", r"(?!airflow_provider_wan\.).*")]
