"""A folder on the worker in which footage is worked on: fetches what goes in, lands what comes out."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_wan import local_files, storage
from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.dashscope.inputs import Input
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.deployment import Deployment
from airflow_provider_wan.sources import Sources, trouble

if TYPE_CHECKING:
    from airflow_provider_wan.logs import Log
    from airflow_provider_wan.media.facts import MediaFacts

_BLOCK = 4 << 20


class Workshop:
    """Use it in a `with` block; the folder is removed at its end.

    Args:
        log: The task's log.
        deployment: What may be read here; None: as Airflow's configuration says.

    Attributes:
        folder: Where files may be made.
    """

    def __init__(self, log: Log, deployment: Deployment | None = None) -> None:
        self._log = log
        self._deployment = deployment or Deployment.configured()
        self._sources = Sources(self._deployment, "")
        self._fetched: dict[str, Path] = {}

    def __enter__(self) -> Self:
        """Make the folder."""
        self._temporary = tempfile.TemporaryDirectory(prefix="wan-")
        self.folder = Path(self._temporary.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder."""
        self._temporary.cleanup()

    def fetch(self, url: str) -> Path:
        """Return a file that an address or URI names: itself where it is local, else a copy in the folder.

        Fetched twice, it is the same copy.

        Raises:
            InputNotAllowedError: It may not be read here.
            InputUnreadableError: It can't be read.
        """
        if url in self._fetched:
            return self._fetched[url]
        if not Input("input", url).web and local_files.is_local(url):
            path = local_files.resolve(url, self._deployment.local_media_roots)
            self._log.info("Reading %s where it is (%.1f MB)", shown(url), path.stat().st_size / 1024 / 1024)
        else:
            path = self._copied(url)
        self._fetched[url] = path
        return path

    def probe(self, url: str) -> MediaFacts:
        """Return what a file is, having read only its head.

        Raises:
            InputNotAllowedError: It may not be read here.
            InputUnreadableError: It can't be read.
            InputUnfitError: It is no media file.
        """
        from airflow_provider_wan.media.probe import NotMediaError, probe

        with self._sources.open(url) as opened:
            try:
                return probe(opened.file, name=url, size=opened.size, measure=False)
            except NotMediaError as error:
                raise InputUnfitError(f"{shown(url)} {error} Give a media file.") from error

    def with_local_pictures(self, shape: Any) -> Any:
        """Return the description of a mask's shape with the pictures in it fetched, as anything that is read has to be.

        Raises:
            InputNotAllowedError: A picture may not be read here.
            InputUnreadableError: A picture can't be read.
        """
        if isinstance(shape, Mapping):
            return {
                name: str(self.fetch(part))
                if name == "path" and isinstance(part, str)
                else self.with_local_pictures(part)
                for name, part in shape.items()
            }
        if isinstance(shape, list | tuple):
            return [self.with_local_pictures(part) for part in shape]
        return shape

    def land(self, file: Path, uri: str) -> str:
        """Bring a file to its place, under another name until it is whole. Return its URI.

        Raises:
            DestinationError: The storage refused it.
        """
        began = time.monotonic()
        size = storage.put(file, uri)
        self._log.info(
            "Landed %s (%.1f MB, %.1f s)", shown(uri), size / 1024 / 1024, time.monotonic() - began
        )
        return uri

    def land_all(self, files: Iterable[Path], uris: Sequence[str]) -> None:
        """Bring several files to their places."""
        for file, uri in zip(files, uris, strict=True):
            self.land(file, uri)

    def land_text(self, text: str, uri: str) -> None:
        """Write a small text file.

        Raises:
            DestinationError: The storage refused it.
        """
        storage.put_text(text, uri)

    def text(self, uri: str) -> str | None:
        """Return a small text file; None where there is none."""
        return storage.text(uri, log=self._log)

    def _copied(self, url: str) -> Path:
        began = time.monotonic()
        path = self.folder / f"fetched-{len(self._fetched):04}" / _name(url)
        path.parent.mkdir()
        with self._sources.open(url) as opened, path.open("wb") as file, trouble(url):
            shutil.copyfileobj(opened.file, file, _BLOCK)
        size = path.stat().st_size / 1024 / 1024
        self._log.info("Fetched %s (%.1f MB, %.1f s)", shown(url), size, time.monotonic() - began)
        return path


def _name(url: str) -> str:
    """Return the name that a file has where it comes from: messages about it will say it."""
    name = Path(re.sub(r"[^\w.%+ -]", "_", url.partition("?")[0].partition("#")[0].rpartition("/")[2]))
    return f"{name.stem[:60] or 'input'}{name.suffix[:8]}"
