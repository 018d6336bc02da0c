"""`python -m packaging_check`, as `make dist` calls it."""

from __future__ import annotations

import signal
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow_provider_wan import __version__
from packaging_check.contents import PACKAGE, read, source_faults, wheel_faults
from packaging_check.installed import Installed
from packaging_check.programs import CheckError, run

ROOT = Path(__file__).parents[1]
DIST, CONSTRAINTS = ROOT / "dist", ROOT / "constraints.txt"
CLIP = ROOT / "demo" / "media" / "big_buck_bunny.mp4"
DAG = Path(__file__).parent / "dags" / "packaged_edit.py"


def main() -> int:
    """Build and check; return the exit code: 1 where the package isn't fit to publish."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is ended then too
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="airflow-provider-wan-dist-") as folder:
            _all(Path(folder).resolve())
    except CheckError as error:
        print(f"\n\nNot fit to publish. {error}", file=sys.stderr)
        return 1
    print(f"All of it took {(time.monotonic() - begun) / 60:.1f} minutes.")
    return 0


def _all(folder: Path) -> None:
    with _step("Building the archive of the sources and the wheel"):
        for old in DIST.glob(f"{PACKAGE}-*"):
            old.unlink()
        sources, wheel = _build(ROOT, DIST, folder)
    with _step("Checking what they say of themselves"):
        run(sys.executable, "-m", "twine", "check", "--strict", sources, wheel, folder=folder)
    with _step("Checking what is in them"):
        _none("the wheel", wheel_faults(read(wheel), ROOT, __version__))
        _none("the archive of the sources", source_faults(read(sources), ROOT))
    with _step("Building the wheel from the archive"):
        with tarfile.open(sources) as archive:
            archive.extractall(folder, filter="data")
        unpacked = folder / sources.name.removesuffix(".tar.gz")
        again = _build(unpacked, folder / "again", folder)[1]
        one, other = read(wheel), read(again)
        unlike = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
        _none("one of the two wheels only, or not the same in both", unlike)
    installed = Installed(folder)
    with _step("Installing the wheel into an empty environment"):
        installed.install(wheel, "emulator", CONSTRAINTS)
    with _step("Asking Airflow there what it sees"):
        installed.check_what_airflow_sees(__version__)
    with _step("Editing a clip there"):
        told = installed.edit(CLIP, DAG)
    print(f"The edited clip: {told}.\nFit to publish: {sources}\n                {wheel}")


def _build(project: Path, into: Path, folder: Path) -> tuple[Path, Path]:
    """Build both, each from the project itself, in environments of their own; return archive and wheel."""
    options = ("--sdist", "--wheel", "--outdir", into, "--dependency-constraints-txt", CONSTRAINTS)
    run(sys.executable, "-m", "build", *options, project, folder=folder, limit=600)
    stem = f"{PACKAGE}-{__version__}"
    return into / f"{stem}.tar.gz", into / f"{stem}-py3-none-any.whl"


@contextmanager
def _step(what: str) -> Iterator[None]:
    begun = time.monotonic()
    print(f"{what} ...", end=" ", flush=True)
    yield
    print(f"{time.monotonic() - begun:.1f} s", flush=True)


def _none(where: str, faults: list[str]) -> None:
    if faults:
        raise CheckError(f"In {where}:\n" + "\n".join(f"  {fault}" for fault in faults))


if __name__ == "__main__":
    sys.exit(main())
