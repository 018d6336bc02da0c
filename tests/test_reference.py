"""The site builds without a warning, shows every public name, and says of each what it takes and raises."""

from __future__ import annotations

import ast
import builtins
import enum
import importlib
import inspect
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from airflow_provider_wan.dashscope.errors import WanError
from tests.patience import HANGS
from tests.versions import needs_retry_policies

# The site takes 20 s of a processor's time, so one process makes it, and it may have its time.
pytestmark = [pytest.mark.xdist_group("site"), needs_retry_policies]

ROOT = Path(__file__).parents[1]
PACKAGE = "airflow_provider_wan"
WITH_ALL = ("operators", "dashscope", "dashscope.requests", "triggers", "notifications", "long_edit")
"""Modules whose `__all__` says what of them is public."""
WHOLE = ("hooks", "sensors", "transfers", "decorators", "reviews", "links")
"""Modules of which all that they define without an underscore is."""

SECTION = re.compile(r"^(Args|Attributes|Raises):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
AS_ANOTHER = re.compile(r"As `[\w.]+`[.,:]")
"""Begins a docstring that leaves the description to another's."""
ENTRY = re.compile(r"^[ ]{4}(\w[\w., ]*):", re.MULTILINE)


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build a site with the very flags of `make docs`."""
    found = re.search(r"sphinx-build (.+)", (ROOT / "Makefile").read_text())
    assert found is not None
    places = {".build/doctrees": str(out / "doctrees"), "docs": str(source), ".build/docs": str(out / "site")}
    command = [places.get(word, word) for word in shlex.split(found.group(1))]
    assert set(places.values()) < set(command)
    whole = [sys.executable, "-m", "sphinx", *command]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=2 * HANGS, check=False)


class Site:
    """The site, and what its reference shows."""

    def __init__(self, out: Path) -> None:
        from sphinx.util.inventory import InventoryFile

        self.built = build(ROOT / "docs", out)
        self.shown: dict[str, Any] = {}
        inventory = InventoryFile.loads((out / "site" / "objects.inv").read_bytes(), uri="")
        for kind, names in inventory.data.items():
            if kind in ("py:class", "py:exception", "py:function", "py:method", "py:data"):
                self.shown |= {name: resolved(name) for name in names}


def resolved(name: str) -> Any:
    """The object that has a dotted name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def test_site_builds_without_a_warning(site: Site) -> None:
    assert site.built.stderr == ""
    assert site.built.returncode == 0


@pytest.mark.parametrize(
    ("code", "warnings"),
    [
        (
            '"""Module."""\n\n\ndef plain(): ...\n\n\nclass Plain:\n    """Is."""\n\n    def method(self): ...\n',
            ["function sample.plain is public and has no", "method sample.Plain.method is public and has no"],
        ),
        ('"""Module."""\n\n\ndef described():\n    """Do it."""\n', []),
    ],
    ids=["without", "with"],
)
def test_public_name_without_a_docstring_fails_the_build(
    tmp_path: Path, code: str, warnings: list[str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "sample.py").write_text(code)
    (source / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(source)!r}, {str(ROOT / 'docs' / '_ext')!r}]\n"
        "extensions = ['sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'wan_reference']\n"
        "autodoc_default_options = {'undoc-members': True}\n"
    )
    (source / "index.rst").write_text("Sample\n======\n\n.. automodule:: sample\n   :members:\n")
    built = build(source, tmp_path)
    assert [warning for warning in warnings if warning not in built.stderr] == []
    assert (built.returncode != 0) == bool(warnings), built.stderr


def public() -> Iterator[tuple[str, Any]]:
    for name in WITH_ALL:
        module = importlib.import_module(f"{PACKAGE}.{name}")
        yield from ((f"{name}.{public}", getattr(module, public)) for public in module.__all__)
    for name in WHOLE:
        module = importlib.import_module(f"{PACKAGE}.{name}")
        for found, value in vars(module).items():
            if (
                getattr(value, "__module__", None) == module.__name__
                and not found.startswith("_")
                and callable(value)
            ):
                yield f"{name}.{found}", value


def test_reference_shows_every_public_name(site: Site) -> None:
    shown = {id(value) for value in site.shown.values()}
    assert [name for name, value in public() if id(value) not in shown] == []
    assert len(site.shown) > 150


def sections(documented: Any) -> dict[str, set[str]]:
    """The names that each section of a docstring describes."""
    text = inspect.cleandoc(documented.__doc__ or "")
    return {
        title: {name.strip() for entry in ENTRY.findall(body) for name in entry.split(",")}
        for title, body in SECTION.findall(f"{text}\n")
    }


def taken(function: Any) -> set[str]:
    """The parameters of a function; those with an underscore are none of the caller's business."""
    return {
        name
        for name in inspect.signature(function).parameters
        if name not in ("self", "cls") and not name.startswith("_")
    }


def parameters(name: str, value: Any) -> tuple[set[str], set[str]] | None:
    """What something takes, and what its docstring says that it takes; None where a caller gives nothing."""
    if AS_ANOTHER.match(value.__doc__ or "") or not callable(value):
        return None
    if not isinstance(value, type):
        return taken(value), sections(value).get("Args", set())
    if issubclass(value, enum.Enum | BaseException | BaseModel) or getattr(value, "_is_protocol", False):
        return None  # made by us, or fields with docstrings of their own, which the site checks
    described = sections(value).get("Args", set())
    if hasattr(value, "__dataclass_fields__"):
        attributes = [sections(one).get("Attributes", set()) for one in value.__mro__]
        return taken(value), described.union(*attributes) & taken(value)
    wanted = taken(vars(value)["__init__"]) if "__init__" in vars(value) else set()
    if "kwargs" in wanted:  # what they hand on to a base class may be described, too
        described -= (
            set().union(
                *(taken(vars(one)["__init__"]) for one in value.__mro__[1:] if "__init__" in vars(one))
            )
            - wanted
        )
    return wanted, described


def test_every_parameter_is_described_and_nothing_else_is(site: Site) -> None:
    wrong = []
    for name, value in site.shown.items():
        found = parameters(name, value)
        if found is not None and found[0] != found[1]:
            wrong.append(
                f"{name}: {found[0] - found[1] or '-'} undescribed, {found[1] - found[0] or '-'} unknown"
            )
    assert wrong == []


def raised(value: Any) -> Iterator[type[BaseException]]:
    """The errors that a function, or the making of an object, raises by name itself."""
    function: Any = vars(value).get("__init__", value) if isinstance(value, type) else value
    function = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(function) or function.__code__.co_filename.startswith("<"):  # a dataclass's
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and isinstance(node.exc.func, ast.Name)
        ):
            error = function.__globals__.get(node.exc.func.id) or getattr(builtins, node.exc.func.id, None)
            if isinstance(error, type) and issubclass(error, WanError | ValueError):
                yield error


def test_every_error_that_is_raised_by_name_is_described(site: Site) -> None:
    silent = []
    for name, value in site.shown.items():
        if not callable(value) or (isinstance(value, type) and issubclass(value, BaseException)):
            continue
        described = sections(value).get("Raises", set())
        silent += [
            f"{name}: {error.__name__}"
            for error in raised(value)
            if not described & {one.__name__ for one in error.__mro__}
        ]
    assert silent == []
