"""Where the programs of Debian's packages are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from demo.errors import NotStartedError

DEBIAN = Path("/usr/lib/postgresql")
PACKAGES = {"postgresql": ("initdb", "postgres"), "redis-server": ("redis-server",)}


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where the programs are."""

    initdb: Path
    postgres: Path
    redis: Path


def newest(folders: Iterable[Path]) -> Path | None:
    """Return the folder whose name is the highest version, e.g. `15` before `9.6`; None where there is none."""
    versions = [folder for folder in folders if folder.name.replace(".", "", 1).isdecimal()]
    return max(versions, key=lambda folder: float(folder.name), default=None)


def find_binaries(path: str, debian: Path = DEBIAN) -> Binaries:
    """Find the programs: on the path, or where Debian puts Postgres.

    Args:
        path: Folders to look in, as in `PATH`.
        debian: Folder with a folder for each version of Postgres.

    Raises:
        NotStartedError: With the command that installs what is missing.
    """
    version = newest(debian.glob("*"))
    places = path if version is None else os.pathsep.join((path, str(version / "bin")))
    found = {name: shutil.which(name, path=places) for names in PACKAGES.values() for name in names}
    missing = [package for package, names in PACKAGES.items() if not all(found[name] for name in names)]
    if missing:
        raise NotStartedError(
            f"Not installed: {', '.join(missing)}. On Debian and Ubuntu: "
            f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )
    return Binaries(*(Path(str(found[name])) for name in ("initdb", "postgres", "redis-server")))
