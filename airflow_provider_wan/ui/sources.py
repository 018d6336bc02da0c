"""Opens what records name, each kind of address through its own guard, and says in a sentence why one can't be had.

Whoever may read a DAG's XComs gets to see this, and whoever may run it can have anything stand in them. So local files
are read only below the deployment's media roots, web addresses only outside its network, and storage only by schemes
that name a bucket.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from airflow_provider_wan import local_files
from airflow_provider_wan.addresses import AddressRules
from airflow_provider_wan.dashscope.fetching import Limits, Line
from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError, InputUnreadableError
from airflow_provider_wan.dashscope.inputs import Input
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.dashscope.web import RemoteFile

if TYPE_CHECKING:
    import httpx

    from airflow_provider_wan.deployment import Deployment

BLOCK = 1 << 20
"""Bytes read from storage at a time."""
WEB = Limits(block=512 << 10, blocks=2, total=1 << 30, connect=5.0, read=20.0, overall=120.0)
"""What one request may cost."""

_ROOTS = "A local file is shown only from below the folders that `[wan] local_media_roots` of the API server names, and"
_OUTSIDE = f"{_ROOTS} it isn't there."
_NO_ROOTS = f"{_ROOTS} it names none."
_NO_FILE = "The API server has no such file. It may be gone, or be on another machine's disk."
_NOT_STORAGE = (
    "It isn't at an address of a kind that is shown: object storage that names a bucket, or http(s). Others take "
    "`[wan] allow_private_urls` of the API server."
)
_PRIVATE = (
    "Its address may not be fetched by the API server: it is inside this network, or is none. "
    "`[wan] allow_private_urls` of the API server would allow it."
)
_WEB_STATUS = {
    401: "Its server wants a signature or a login, which isn't kept.",
    403: "Its server wants a signature or a login, which isn't kept.",
    404: "Its server has no such file.",
    410: "Its server has no such file any more.",
}

log = logging.getLogger(__name__)


class UnavailableError(Exception):
    """What is asked for can't be had.

    Attributes:
        status: The HTTP status that says so.
        sentence: Why, for people; without signatures and paths of this machine.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(slots=True)
class Opened:
    """A file that is open for reading.

    Attributes:
        file: Its content, seekable.
        size: Its length in bytes; None where its server doesn't say.
        tag: Changes when the file does; None where that isn't known.
    """

    file: BinaryIO
    size: int | None
    tag: str | None = None
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def close(self) -> None:
        """Let go of the file and of its connections."""
        with contextlib.suppress(Exception):  # nobody is left to be told
            self._stack.close()


class Sources:
    """Opens addresses.

    Args:
        deployment: What is allowed here.
        own_base_url: Finds the base URL of the DashScope connection, whose host may be asked whatever its address.
    """

    def __init__(self, deployment: Deployment, own_base_url: Callable[[], str | None] = lambda: None) -> None:
        self._deployment = deployment
        self._own_base_url = own_base_url

    def why_not(self, address: str) -> str | None:
        """Say why this deployment doesn't show what is at an address, as far as that shows without asking anyone."""
        try:
            if not Input("", address).web:
                self._check_stored(address)
        except UnavailableError as error:
            return error.sentence
        return None

    def open(self, address: str) -> Opened:
        """Open an address.

        Raises:
            UnavailableError: It may not be read, isn't there, or doesn't answer.
        """
        if Input("", address).web:
            return self._web(address)
        if self._check_stored(address):
            return self._local(address)
        return self._stored(address)

    def _check_stored(self, uri: str) -> bool:
        """Refuse what may not be read; return whether it is a local file."""
        if not local_files.is_local(uri):
            try:
                local_files.scheme_of(uri, allow_private=self._deployment.allow_private_urls)
            except InputNotAllowedError as error:
                raise UnavailableError(403, _NOT_STORAGE) from error
            return False
        roots = self._deployment.local_media_roots
        if not roots:
            raise UnavailableError(403, _NO_ROOTS)
        try:
            local_files.resolve(uri, roots)
        except InputNotAllowedError as error:
            raise UnavailableError(403, _OUTSIDE) from error
        except InputUnreadableError as error:
            raise UnavailableError(404, _NO_FILE) from error
        return True

    def _local(self, uri: str) -> Opened:
        try:
            file = local_files.open_local(uri, self._deployment.local_media_roots)
        except InputNotAllowedError as error:
            raise UnavailableError(403, _OUTSIDE) from error
        except InputUnreadableError as error:
            raise UnavailableError(404, _NO_FILE) from error
        found = os.fstat(file.fileno())
        opened = Opened(file, found.st_size, _tag(found.st_ino, found.st_mtime_ns, found.st_size))
        opened._stack.enter_context(file)
        return opened

    def _stored(self, uri: str) -> Opened:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        with _storage_trouble(uri):
            path = ObjectStoragePath(uri)
            found = path.stat()
            size = int(found.st_size)
            # Not by the path's own `open`, which would tell Airflow's lineage of each read.
            file = cast("BinaryIO", path.fs.open(path.path, "rb", block_size=BLOCK))
            marks = (
                str(found.get(name) or "") for name in ("ETag", "etag", "mtime", "LastModified", "updated")
            )
            opened = Opened(file, size, _tag(uri, size, *marks))
            opened._stack.enter_context(file)
            return opened

    def _web(self, url: str) -> Opened:
        rules = AddressRules(
            allow_private=self._deployment.allow_private_urls, own_base_url=self._own_base_url()
        )
        with contextlib.ExitStack() as stack:
            line = _Line(url, rules, WEB)
            stack.callback(line.close)
            try:
                file = stack.enter_context(RemoteFile(line, WEB))
            except InputNotAllowedError as error:
                raise UnavailableError(403, _PRIVATE) from error
            except InputUnreadableError as error:
                raise line.unavailable() from error
            return Opened(cast("BinaryIO", file), file.size, None, stack.pop_all())


class _Line(Line):
    """Remembers what the server said."""

    said = 0

    def _served(self, response: httpx.Response) -> httpx.Response:
        self.said = response.status_code
        return super()._served(response)

    def unavailable(self) -> UnavailableError:
        if self.said in _WEB_STATUS:
            return UnavailableError(404, _WEB_STATUS[self.said])
        return UnavailableError(502, "Its server doesn't answer, or has trouble of its own.")


@contextlib.contextmanager
def _storage_trouble(uri: str) -> Iterator[None]:
    """Give what a storage says one shape. Each brings its own kinds of exceptions, hence the wide net."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnavailableError(404, "There is no such file in the storage any more.") from error
    except PermissionError as error:
        raise UnavailableError(
            403, "The storage doesn't let the API server read it. See the rights of its connection."
        ) from error
    except Exception as error:
        log.warning(
            "%s can't be shown: %s", shown(redacted(uri)), redacted(f"{type(error).__name__}: {error}"[:500])
        )
        raise UnavailableError(
            502,
            f"The API server can't open it ({type(error).__name__}). It needs the storage's library and its "
            "connection; its log says more.",
        ) from error


def _tag(*marks: object) -> str:
    return hashlib.sha256(repr(marks).encode()).hexdigest()[:24]
