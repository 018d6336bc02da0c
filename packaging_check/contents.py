"""What is in a wheel and in an archive of sources, and what is wrong with that."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = "airflow_provider_wan"

INDISPENSABLE = {
    *(f"{PACKAGE}/{name}" for name in ("__init__.py", "py.typed", "dashscope/catalog/models.toml")),
    *(f"{PACKAGE}/ui/static/{name}" for name in ("base.css", "edit.html", "edit.js", "run.html", "run.js")),
    f"{PACKAGE}/emulator/placeholder.mp4",
}
"""Files of the package without which something breaks only once it is used."""

IN_THE_SOURCES = {
    *(PACKAGE, "docs", "example_dags", "constraints.txt", "pyproject.toml", "PKG-INFO"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"),
    ".gitignore",  # hatchling puts it in, so that the same is left out when a wheel is built of it
}
"""What an archive of sources has at its top: no tests, no demo, no settings of anyone's tools."""

Files = Mapping[str, bytes]


def read(archive: Path) -> dict[str, bytes]:
    """Return the files of a wheel or of an archive of sources, the latter without the folder they all are in."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {entry.filename: wheel.read(entry) for entry in wheel.infolist() if not entry.is_dir()}
    folder = archive.name.removesuffix(".tar.gz") + "/"
    with tarfile.open(archive) as sources:
        members = [(member.name, sources.extractfile(member)) for member in sources if not member.isdir()]
        return {name.removeprefix(folder): file.read() if file else b"" for name, file in members}


def wheel_faults(files: Files, root: Path, version: str) -> list[str]:
    """Say what is missing in a wheel of this version, built from the checkout `root`, or has no place there."""
    about = f"{PACKAGE}-{version}.dist-info/"
    facts = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    tags = re.findall(r"^Tag: (.*)$", files.get(about + "WHEEL", b"").decode(), re.MULTILINE)
    return [
        *_compare(files, _package(root) | {about + name for name in facts}),
        *([] if tags == ["py3-none-any"] else [f"The wheel is for {tags}, not for any machine."]),
        *_places(files, root),
    ]


def source_faults(files: Files, root: Path) -> list[str]:
    """Say what is missing in an archive of the sources of the checkout `root`, or has no place there."""
    return [
        *_compare({name.partition("/")[0] for name in files}, IN_THE_SOURCES),
        *_compare({name for name in files if name.startswith(f"{PACKAGE}/")}, _package(root)),
        *(f"{name} has no place in it." for name in sorted(files) if "/." in name or name.endswith(".pyc")),
        *_places(files, root),
    ]


def _package(root: Path) -> set[str]:
    found = [path for path in (root / PACKAGE).rglob("*") if path.is_file()]
    names = {path.relative_to(root).as_posix() for path in found if path.parent.name != "__pycache__"}
    return names | INDISPENSABLE


def _compare(found: Iterable[str], wanted: set[str]) -> list[str]:
    missing = [f"{name} is missing." for name in sorted(wanted - set(found))]
    return missing + [f"{name} has no place in it." for name in sorted(set(found) - wanted)]


def _places(files: Files, root: Path) -> list[str]:
    """Find folders of this machine in the files' contents. A home that is `/` itself says nothing."""
    told = []
    for place in {root, Path.home()} - {Path("/")}:
        named = re.compile(rb"(?<![\w.-])" + re.escape(str(place).encode()) + rb"(?![\w-])")
        told += [f"{name} names {place}." for name, content in files.items() if named.search(content)]
    return sorted(told)
