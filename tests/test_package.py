"""What is published is whole: the wheel and the archive have all files, and say what is true, in one place."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import time
import tomllib
from contextlib import suppress
from datetime import date
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import psutil
import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import airflow_provider_wan
from airflow_provider_wan import __version__, get_provider_info
from packaging_check.contents import PACKAGE, read, source_faults, wheel_faults
from packaging_check.programs import CheckError, run, running
from tests.patience import HANGS

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ABOUT = f"{PACKAGE}-{__version__}.dist-info"
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()

pytestmark = pytest.mark.xdist_group("package")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the archive of the sources, built without an environment of their own."""
    pytest.importorskip("hatchling", reason="without hatchling no wheel can be built here")
    folder = tmp_path_factory.mktemp("dist")
    for kind in ("wheel", "sdist"):
        run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder, folder=ROOT, limit=HANGS)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    return read(built / f"{PACKAGE}-{__version__}-py3-none-any.whl")


@pytest.fixture(scope="module")
def sources(built: Path) -> dict[str, bytes]:
    return read(built / f"{PACKAGE}-{__version__}.tar.gz")


def test_wheel_has_every_file_of_the_package_and_no_other(wheel: dict[str, bytes]) -> None:
    assert wheel_faults(wheel, ROOT, __version__) == []


def test_archive_of_the_sources_has_what_the_wheel_is_built_of_and_no_tests(
    sources: dict[str, bytes],
) -> None:
    assert source_faults(sources, ROOT) == []


@pytest.mark.parametrize(
    "name", ["py.typed", "emulator/placeholder.mp4", "ui/static/edit.html", "dashscope/catalog/models.toml"]
)
def test_data_file_that_is_left_out_is_missed(
    wheel: dict[str, bytes], sources: dict[str, bytes], name: str
) -> None:
    name = f"{PACKAGE}/{name}"
    assert name in wheel.keys() & sources.keys()
    wheel, sources = dict(wheel), dict(sources)
    del wheel[name], sources[name]
    assert wheel_faults(wheel, ROOT, __version__) == [f"{name} is missing."]
    assert source_faults(sources, ROOT) == [f"{name} is missing."]


def test_data_file_that_the_checkout_has_lost_is_missed_too(wheel: dict[str, bytes], tmp_path: Path) -> None:
    rest = {name: content for name, content in wheel.items() if name.startswith(ABOUT)}
    faults = wheel_faults(rest, tmp_path, __version__)
    assert f"{PACKAGE}/emulator/placeholder.mp4 is missing." in faults


@pytest.mark.parametrize("name", ["tests/conftest.py", "demo/film.py", ".ci/run", f"{PACKAGE}/.env"])
def test_file_that_has_no_place_is_found(
    wheel: dict[str, bytes], sources: dict[str, bytes], name: str
) -> None:
    surplus = {name: b""}
    assert wheel_faults({**wheel, **surplus}, ROOT, __version__) == [f"{name} has no place in it."]
    top = name if name.startswith(PACKAGE) else name.partition("/")[0]
    assert f"{top} has no place in it." in source_faults({**sources, **surplus}, ROOT)


def test_folder_of_this_machine_is_found(wheel: dict[str, bytes], sources: dict[str, bytes]) -> None:
    name = f"{PACKAGE}/py.typed"
    told = {name: f"made in {ROOT}/{PACKAGE}".encode()}
    alike = {name: f"made in https://example.com{ROOT} and {ROOT}-2".encode()}
    assert wheel_faults({**wheel, **told}, ROOT, __version__) == [f"{name} names {ROOT}."]
    assert source_faults({**sources, **told}, ROOT) == [f"{name} names {ROOT}."]
    assert wheel_faults({**wheel, **alike}, ROOT, __version__) == []


def test_wheel_for_one_kind_of_machine_is_found(wheel: dict[str, bytes]) -> None:
    tagged = wheel[f"{ABOUT}/WHEEL"].replace(b"py3-none-any", b"cp311-cp311-linux_x86_64")
    [fault] = wheel_faults({**wheel, f"{ABOUT}/WHEEL": tagged}, ROOT, __version__)
    assert "cp311" in fault


def test_wheel_says_its_version_licence_extras_and_where_airflow_finds_it(wheel: dict[str, bytes]) -> None:
    said = BytesParser().parsebytes(wheel[f"{ABOUT}/METADATA"])
    assert (said["Name"], said["Version"]) == ("airflow-provider-wan", __version__)
    assert said["License-Expression"] == "Apache-2.0"
    assert set(said.get_all("Provides-Extra", [])) == {"emulator", "examples", "media"}
    assert said["Description-Content-Type"] == "text/markdown"
    readme = (ROOT / "README.md").read_text()
    assert str(said.get_payload()).strip()[:500] == readme.strip()[:500]
    points = wheel[f"{ABOUT}/entry_points.txt"].decode()
    for group in ("[apache_airflow_provider]", "[airflow.plugins]", "[console_scripts]"):
        assert group in points


def test_classifiers_name_the_pythons_that_are_supported_and_no_other() -> None:
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    supported = SpecifierSet(PROJECT["requires-python"])
    assert named == [f"3.{minor}" for minor in range(40) if f"3.{minor}.0" in supported]


def test_version_is_set_in_one_place_and_no_page_states_another() -> None:
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in _texts()}
    number = r"(\d+\.\d+(?:\.\w+)*)"
    setting = re.compile(rf"^\s*(?:(?:__version__|version|release)\s*=\s*)+[\"']{number}", re.MULTILINE)
    naming = re.compile(rf"airflow[-_]provider[-_]wan[-_ =:v\"']+{number}", re.IGNORECASE)
    set_in = [(name, version) for name, text in texts.items() for version in setting.findall(text)]
    assert set_in == [(f"{PACKAGE}/__init__.py", __version__)]
    named = {(name, version) for name, text in texts.items() for version in naming.findall(text)}
    assert {one for one in named if one[1] != __version__} == set()


def _texts() -> list[Path]:
    """What is written by hand, apart from the tests."""
    folders = (
        "",
        f"{PACKAGE}/**/",
        "at_scale/**/",
        "demo/**/",
        "docs/**/",
        "example_dags/",
        "packaging_check/**/",
    )
    kinds = ("*.md", "*.py", "*.toml", "*.html", "*.js", "Makefile")
    return sorted({path for folder in folders for kind in kinds for path in ROOT.glob(folder + kind)})


def test_options_were_added_in_versions_that_there_are() -> None:
    for section in get_provider_info()["config"].values():
        for name, option in section["options"].items():
            assert Version(option["version_added"]) <= Version(__version__), name


def test_airflow_is_told_of_every_option_that_is_read() -> None:
    """Held against what the code asks Airflow for, or lists to ask it for."""
    source = (ROOT / PACKAGE / "deployment.py").read_text()
    strings = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    declared = set(get_provider_info()["config"]["wan"]["options"])
    assert declared <= strings
    assert set(re.findall(r"conf\.get\w*\(\s*SECTION,\s*\"(\w+)\"", source)) <= declared
    elsewhere = [
        path
        for path in (ROOT / PACKAGE).rglob("*.py")
        if re.search(r"conf\.get\w*\(\s*\"wan\"", path.read_text())
    ]
    assert elsewhere == []


def _named() -> dict[str, set[str]]:
    """What the provider's info names, by the kind of class: modules."""
    info = get_provider_info()
    found = {
        kind: {name for one in info[kind] for name in one["python-modules"]}
        for kind in ("operators", "sensors", "hooks", "triggers")
    }
    return found | {"transfers": {one["python-module"] for one in info["transfers"]}}


def test_everything_that_the_providers_info_names_is_there() -> None:
    info = get_provider_info()
    objects = [*info["extra-links"], *info["cli"], *(one["class-name"] for one in info["task-decorators"])]
    objects += [one["plugin-class"] for one in info["plugins"]]
    objects += [one["hook-class-name"] for one in info["connection-types"]]
    for path in objects:
        module, _, name = path.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), path
    for module in set().union(*_named().values()):
        assert importlib.import_module(module).__file__, module
    integrations = [one["integration-name"] for one in info["integrations"]]
    used = {
        one["integration-name"]
        for kind in ("operators", "sensors", "hooks", "triggers")
        for one in info[kind]
    }
    for one in info["transfers"]:
        used |= {one["source-integration-name"], one["target-integration-name"]}
    assert sorted(used) == sorted(integrations)


def test_airflow_is_told_where_every_class_is_that_it_lists() -> None:
    from airflow.providers.common.compat.sdk import BaseHook, BaseNotifier, BaseOperator, BaseOperatorLink
    from airflow.triggers.base import BaseTrigger

    info, public = get_provider_info(), _named()
    listed = {
        BaseOperator: public["operators"] | public["sensors"] | public["transfers"],
        BaseHook: public["hooks"],
        BaseTrigger: public["triggers"],
        BaseOperatorLink: {path.rpartition(".")[0] for path in info["extra-links"]},
        BaseNotifier: {path.rpartition(".")[0] for path in info.get("notifications", [])},
    }
    classes = _public_classes()
    bases = {base for cls in classes for base in cls.__mro__[1:]}
    unlisted = [
        f"{cls.__module__}.{cls.__name__}"
        for cls in classes - bases
        for base, modules in listed.items()
        if issubclass(cls, base)
        and not cls.__module__.startswith(f"{PACKAGE}.long_edit.")  # parts of `edit_long_video`
        and not any(getattr(importlib.import_module(module), cls.__name__, None) is cls for module in modules)
    ]
    assert unlisted == []


def _public_classes() -> set[type]:
    """The package's classes whose names don't say that they are private."""
    found = set()
    for module in pkgutil.walk_packages(airflow_provider_wan.__path__, f"{PACKAGE}."):
        if module.name.endswith("__main__"):
            continue
        for name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if cls.__module__.startswith(f"{PACKAGE}.") and not name.startswith("_"):
                found.add(cls)
    return found


def test_changelog_is_in_the_form_of_keep_a_changelog() -> None:
    assert CHANGELOG.startswith("# Changelog\n")
    head, *parts = re.split(r"^## (.+)\n", CHANGELOG, flags=re.MULTILINE)
    assert "https://keepachangelog.com/en/1.1.0/" in head
    titles, texts = parts[::2], parts[1::2]
    released = titles[1:] if titles[0] == "[Unreleased]" else titles
    found = [
        re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)( \[YANKED\])?", title) for title in released
    ]
    assert all(found), f"not `[1.2.3] - 2026-12-31`: {released}"
    versions = [(Version(one[1]), date.fromisoformat(one[2])) for one in found if one]
    assert versions == sorted(versions, reverse=True), "the newest comes first"
    assert all(version <= Version(__version__) for version, _ in versions)
    for title, text in zip(titles, texts, strict=True):
        kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
        assert kinds, f"{title} says nothing"
        assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
        assert len(kinds) == len(set(kinds)), f"{title} has the same heading twice"
        for listed in re.split(r"^### .+\n", text, flags=re.MULTILINE)[1:]:
            lines = listed.strip().splitlines()
            assert lines
            assert lines[0].startswith("- ")
            assert [line for line in lines if not line.startswith(("- ", "  "))] == []


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_what_the_pages_about_the_project_name_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []
    paths = re.findall(r"`((?:\w+/)+\w*(?:\.\w+)?|\w+\.\w+)`", text) if name == "CONTRIBUTING.md" else []
    folders = (ROOT, ROOT / PACKAGE, ROOT / PACKAGE / "ui")
    assert [path for path in paths if not any((folder / path).exists() for folder in folders)] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_program_that_fails_or_hangs_ends_the_check_and_leaves_no_child(tmp_path: Path) -> None:
    parent = "import subprocess; child = subprocess.Popen(['sleep', '60']); print(child.pid)"
    pid = int(run(sys.executable, "-c", parent, folder=tmp_path, limit=HANGS))
    assert not _alive(pid)
    with pytest.raises(CheckError, match=r"ended with 3:\nwhat it said"):
        run(sys.executable, "-c", "print('what it said'); raise SystemExit(3)", folder=tmp_path, limit=HANGS)
    with pytest.raises(CheckError, match="wasn't over within 1 seconds"):
        run("sleep", "60", folder=tmp_path, limit=1)
    with running("sleep", "60", folder=tmp_path, environment=None, log=tmp_path / "log") as process:
        assert process.poll() is None
    assert not _alive(process.pid)


def _alive(pid: int) -> bool:
    """Whether it runs within the next seconds: what was killed may need a moment to be gone."""
    deadline = time.monotonic() + 20
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return True
            time.sleep(0.05)
    return False
