"""Land a result: from the service's address, which dies after 24 hours, to where the team keeps its files."""

from __future__ import annotations

import contextlib
import io
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_wan.dashscope.errors import (
    DestinationError,
    ResultExpiredError,
    ResultInvalidError,
    ServiceError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.mp4 import Mp4Check, NotWholeMp4
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.logs import Log

ATTEMPTS = 3
BLOCK = 8 << 20
"""Bytes that are held back for one write; some libraries' own default, 50 MB, would be felt with many at once."""


_MOST_TEXT = 1 << 24
"""Bytes of a text that are read."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A result in its place.

    Attributes:
        uri: Where it is, as the author wrote it, with the file's name.
        size: Its length in bytes.
    """

    uri: str
    size: int


def target_uri(output_path: str, task_id: str) -> str:
    """Name the file: a path that ends in a slash is a folder, and the job's id the name in it."""
    return f"{output_path}{task_id}.mp4" if output_path.endswith("/") else output_path


def check_destination(output_path: str) -> None:
    """Make sure that a result can be written, by writing and removing an empty file beside it.

    Done before the submission: finding out afterwards would cost the price of the edit.

    Raises:
        DestinationError: Saying what the storage said.
    """
    target = _path(target_uri(output_path, "probe"))
    with _storage_trouble(output_path, "Nothing was submitted or billed."):
        if _is_local(target) and target.is_dir():
            raise IsADirectoryError("it is a folder; end the path with a slash to land into it")
        _make_folder(target)
        probe = target.parent / f".wan-write-test-{uuid.uuid4().hex}"
        probe.write_bytes(b"")
        probe.unlink()


def landed_before(output_path: str, task_id: str) -> Landed | None:
    """Return a job's result that is in its place already; None where it isn't, or where that can't be told.

    Only a file that is named after its job can be recognised. A file is moved into place once it is whole,
    so one that is there is whole.
    """
    if not output_path.endswith("/"):
        return None
    uri = target_uri(output_path, task_id)
    with _storage_trouble(uri, DestinationError.spent):
        try:
            return Landed(uri, int(_path(uri).stat().st_size))
        except FileNotFoundError:
            return None


def land(client: DashScopeClient, snapshot: TaskSnapshot, output_path: str) -> Landed:
    """Bring a finished job's result to its destination.

    It is streamed, so memory stays flat whatever its size, under a temporary name; checked for its
    announced length and for being a whole MP4; and only then moved into place. A broken transfer is
    tried again with a fresh address.

    Raises:
        ResultExpiredError: The service doesn't hand the file out any more.
        ResultInvalidError: What it hands out isn't a whole MP4.
        DestinationError: The storage refused it.
    """
    task_id = snapshot.task_id
    uri = target_uri(output_path, task_id)
    last: UnavailableError | ResultInvalidError | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            snapshot = client.get(task_id)
        if not snapshot.video_url:
            last = ResultInvalidError("has no address, though the job succeeded.", task_id=task_id)
            continue
        try:
            size = _bring(client, snapshot.video_url, uri, task_id)
        except (UnavailableError, ResultInvalidError) as error:
            last = error
        except ServiceError as error:
            last = None
            if attempt == ATTEMPTS - 1:
                raise ResultExpiredError(
                    f"can't be fetched any more: its address answers HTTP {error.http_status}. "
                    "Addresses live for 24 hours.",
                    task_id=task_id,
                ) from error
        else:
            return Landed(uri, size)
    if isinstance(last, UnavailableError):
        raise ResultInvalidError(
            f"could not be downloaded in {ATTEMPTS} tries: {last.reason}.", task_id=task_id
        ) from last
    raise last or ResultExpiredError("can't be fetched.", task_id=task_id)


def _bring(client: DashScopeClient, url: str, uri: str, task_id: str) -> int:
    target = _path(uri)
    part = target.parent / f".{target.name}.{task_id}.part"
    check = Mp4Check()
    with _storage_trouble(uri, DestinationError.spent):
        _make_folder(target)
    try:
        with (
            client.download(url) as (length, chunks),
            _storage_trouble(uri, DestinationError.spent),
            part.open("wb", block_size=BLOCK) as file,  # type: ignore[no-untyped-call]
        ):
            for chunk in chunks:
                check.feed(chunk)
                file.write(chunk)
        if length is not None and length != check.size:
            raise ResultInvalidError(f"is cut short: {check.size} of {length} bytes came.", task_id=task_id)
        check.finish()
        with _storage_trouble(uri, DestinationError.spent):
            part.fs.mv(part.path, target.path)
    except NotWholeMp4 as error:
        _remove(part)
        raise ResultInvalidError(str(error), task_id=task_id) from error
    except BaseException:
        _remove(part)
        raise
    return check.size


def put(file: Path, uri: str) -> int:
    """Bring a local file to its destination, under another name until it is whole. Return its length in bytes.

    Raises:
        DestinationError: The storage refused it.
    """
    with file.open("rb") as source:
        _put(source, uri, "Nothing was billed for it.")
    return file.stat().st_size


def put_text(text: str, uri: str, *, money: str = "Nothing was billed for it.") -> None:
    """Write a small text file, under another name until it is whole.

    Args:
        text: What it holds.
        uri: Where.
        money: What an error says of money.

    Raises:
        DestinationError: The storage refused it.
    """
    _put(io.BytesIO(text.encode()), uri, money)


def text(uri: str, *, log: Log) -> str | None:
    """Return a small text file; None where there is none, or, with a warning, where it can't be read.

    Args:
        uri: Where it is.
        log: The task's log.
    """
    try:
        with ObjectStoragePath(uri).open("rb") as file:  # type: ignore[no-untyped-call]
            return bytes(file.read(_MOST_TEXT)).decode()
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 -- each storage fails in its own way; what is made anew will say so
        log.warning("%s can't be read (%s).", shown(uri), redacted(f"{type(error).__name__}: {error}"))
        return None


def _put(source: BinaryIO, uri: str, money: str) -> None:
    target = _path(uri)
    part = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        with _storage_trouble(uri, money):
            if _is_local(target) and target.is_dir():
                raise IsADirectoryError("it is a folder; end the path with a slash to land into it")
            _make_folder(target)
            with part.open("wb", block_size=BLOCK) as sink:  # type: ignore[no-untyped-call]
                shutil.copyfileobj(source, sink, 1 << 20)
            part.fs.mv(part.path, target.path)
    except BaseException:
        _remove(part)
        raise


def _is_local(path: ObjectStoragePath) -> bool:
    return path.protocol in ("", "file")


def _make_folder(target: ObjectStoragePath) -> None:
    if _is_local(target):  # object stores have no folders to make
        target.parent.mkdir(parents=True, exist_ok=True)


def _remove(part: ObjectStoragePath) -> None:
    with contextlib.suppress(Exception):  # it may not exist; the error that brought us here matters more
        part.unlink()


def _path(uri: str) -> ObjectStoragePath:
    with _storage_trouble(uri, "Nothing was written."):
        return ObjectStoragePath(uri)


@contextlib.contextmanager
def _storage_trouble(uri: str, money: str) -> Iterator[None]:
    """Give what a storage says one shape. Each brings its own kinds of exceptions, hence the wide net."""
    try:
        yield
    except (ServiceError, NotWholeMp4, DestinationError):
        raise
    except Exception as error:
        said = redacted(f"{type(error).__name__}: {error}")
        raise DestinationError(
            f"{uri} can't be written ({said}). Check the path, and the rights of this Airflow's worker there. {money}"
        ) from error
