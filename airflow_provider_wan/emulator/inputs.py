"""Getting at a job's inputs, keeping proof of what they were, and saying in the service's words why that failed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import shutil
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_provider_wan.emulator.results import Results, StorageRefusal
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.uploads import Owner, Uploads

_TIMEOUT = 30.0
_SINGLE = (
    *("img_url", "image_url", "mask_image_url", "first_frame_url", "last_frame_url"),
    *("video_url", "mask_video_url", "first_clip_url", "last_clip_url", "audio_url"),
)
_LISTS = ("ref_images_url", "reference_urls", "reference_video_urls")

_INSPECTION = "during the data inspection process."
NOT_FOUND = f"Failed to find the requested media resource {_INSPECTION}"
NOT_ALLOWED = f"Don't have authorization to access the media resource {_INSPECTION}"
TIMED_OUT = f"Download the media resource timed out {_INSPECTION}"
NOT_LOADED = f"Unable to download the media resource {_INSPECTION}"
BAD_FORMAT = "The media format is not supported or incorrect for the data inspection."


def uninspected(message: str) -> ServiceRefusal:
    """The error for an input that can't be fetched or read. Source: Model Studio, error-code."""
    return ServiceRefusal(400, "InvalidParameter.DataInspection", message)


def inputs_of(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield role and address of every file in `input`, in any field of any model.

    The role is the field's name, or in `media` the item's type.
    """
    found: list[tuple[Any, Any]] = [(name, given.get(name)) for name in _SINGLE]
    for name in _LISTS:
        found += [(name, value) for value in given.get(name) or []]
    for item in given.get("media") or []:
        if isinstance(item, dict):
            kind = item.get("type")
            found.append(("reference_voice", item.get("reference_voice")))
            found.append((kind, item.get("url") if kind != "link" else None))
    for role, value in found:
        if isinstance(value, str) and value.startswith(("http://", "https://", "oss://", "data:")):
            yield str(role), value


def urls_of(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield every address of a file in `input`."""
    return (url for _, url in inputs_of(given))


@dataclass(frozen=True, slots=True)
class Fetched:
    """An input that was fetched: proof of which bytes the service got.

    Attributes:
        task_id: The job it was fetched for; None: for a check of the submission, or for an answer without a job.
        model: The model that asked for it, as it was sent.
        role: What it was to the model: its field in `input`, or its type in `media`.
        url: Its address without what signs it; of a `data:` address the type only.
        size: Bytes.
        sha256: Their SHA-256 in hexadecimal digits.
        at: Seconds since 1970 on the service's clock.
    """

    task_id: str | None
    model: str
    role: str
    url: str
    size: int
    sha256: str
    at: float


@dataclass(frozen=True, slots=True)
class MediaRoot:
    """A folder whose files are served below `/media/`."""

    folder: Path | None

    def file(self, path: str) -> Path | None:
        """Return a file by its path below the folder; None when it isn't there, or leads out of the folder."""
        if self.folder is None:
            return None
        root = self.folder.resolve()
        file = (root / path.lstrip("/")).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None


class Inputs:
    """Fetches inputs from the web, from temporary storage, and from what this emulator serves itself.

    Args:
        uploads: The temporary storage.
        results: The finished videos; a job may take another job's result.
        media: The served folder.
    """

    def __init__(self, *, uploads: Uploads, results: Results, media: MediaRoot) -> None:
        self._uploads = uploads
        self._results = results
        self._media = media
        self.origins: tuple[str, ...] = ()
        """Addresses of this emulator; what lies there is read without a request to ourselves."""
        self._fetched: deque[Fetched] = deque(maxlen=10_000)
        self._lock = Lock()

    def fetched(self, task_id: str | None = None) -> list[Fetched]:
        """Return what was fetched, oldest first; the last 10000.

        Args:
            task_id: Only for this job; None: all.
        """
        with self._lock:
            return [one for one in self._fetched if task_id in (None, one.task_id)]

    def check_uploads(self, given: Mapping[str, Any], owner: Owner, now: float) -> None:
        """Look up the `oss://` addresses without fetching anything.

        Raises:
            ServiceRefusal: One is gone, or belongs to another account or model.
        """
        for url in urls_of(given):
            if url.startswith("oss://"):
                self._uploads.find(url, owner, now)

    def fetch(
        self,
        given: Mapping[str, Any],
        owner: Owner,
        now: float,
        folder: Path,
        task_id: str | None = None,
    ) -> dict[str, Path]:
        """Fetch all inputs of a job, and keep proof of each.

        Args:
            given: The request's `input`.
            owner: Whose uploads it may use.
            now: The service's time.
            folder: Where what is downloaded goes.
            task_id: The job; None: there is none yet.

        Returns:
            Address -> local file.

        Raises:
            ServiceRefusal: One can't be fetched.
        """
        files: dict[str, Path] = {}
        for role, url in inputs_of(given):
            if url not in files:
                files[url] = self._one(url, owner, now, folder)
            with files[url].open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                proof = Fetched(task_id, owner.model, role, _unsigned(url), file.tell(), digest, now)
            with self._lock:
                self._fetched.append(proof)
        return files

    def _one(self, url: str, owner: Owner, now: float, folder: Path) -> Path:
        if url.startswith("oss://"):
            return self._uploads.find(url, owner, now)
        if url.startswith("data:"):
            return _decode(url, folder)
        own = next((origin for origin in self.origins if url.startswith(f"{origin}/")), None)
        if own is not None:
            return self._own(url, now)
        return _download(url, folder)

    def _own(self, url: str, now: float) -> Path:
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix("/moved")
        if path.startswith("/results/"):
            try:
                return self._results.open(path, dict(parse_qsl(parts.query)), now)
            except StorageRefusal as refusal:
                raise uninspected(NOT_FOUND if refusal.http_status == 404 else NOT_ALLOWED) from None
        file = self._media.file(path.removeprefix("/media/")) if path.startswith("/media/") else None
        if file is None:
            raise uninspected(NOT_FOUND)
        return file


def _unsigned(url: str) -> str:
    if url.startswith("data:"):
        return re.split("[;,]", url, maxsplit=1)[0]
    return re.sub("//[^/]*@", "//", re.split("[?#]", url, maxsplit=1)[0])


def _decode(url: str, folder: Path) -> Path:
    head, _, data = url.partition(",")
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise uninspected(BAD_FORMAT) from None
    if not head.endswith(";base64"):
        raise uninspected(BAD_FORMAT)
    target = _target(folder)
    target.write_bytes(content)
    return target


def _download(url: str, folder: Path) -> Path:
    target = _target(folder, Path(urlsplit(url).path).suffix)
    try:
        # check_url let only http and https come here
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, target.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as error:
        answers = {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 410: NOT_FOUND}
        raise uninspected(answers.get(error.code, NOT_LOADED)) from None
    except TimeoutError:
        raise uninspected(TIMED_OUT) from None
    except urllib.error.URLError as error:
        raise uninspected(TIMED_OUT if isinstance(error.reason, TimeoutError) else NOT_LOADED) from None
    except (OSError, ValueError, HTTPException):
        raise uninspected(NOT_LOADED) from None
    return target


def _target(folder: Path, suffix: str = "") -> Path:
    return folder / f"{uuid.uuid4().hex}{suffix[:8]}"
