"""Opens an edit's inputs, each kind through its own guard.

A run's parameters may name any address, so this is where it is decided what a worker reads on their behalf: local
files below the deployment's media roots, web addresses that aren't internal, and storage through Airflow's
connections.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_wan import local_files
from airflow_provider_wan.addresses import AddressRules
from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.dashscope.input_errors import InputUnreadableError
from airflow_provider_wan.dashscope.inputs import Input
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown

if TYPE_CHECKING:
    from airflow_provider_wan.deployment import Deployment

BLOCK = 4 << 20
"""Bytes read from storage at a time; the libraries' own default of 5 to 50 MB would be held in memory."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An input that is open for reading.

    Attributes:
        file: Its content, seekable.
        size: Its length in bytes; None where the source doesn't say.
    """

    file: BinaryIO
    size: int | None


class Sources:
    """Vets and opens inputs.

    Args:
        deployment: What is allowed here.
        own_base_url: Base URL of the connection; inputs from there may be used whatever their address.
    """

    def __init__(self, deployment: Deployment, own_base_url: str) -> None:
        self._deployment = deployment
        self.rules = AddressRules(allow_private=deployment.allow_private_urls, own_base_url=own_base_url)

    def vet(self, one: Input) -> None:
        """Refuse an input that may not be used here, without reading it.

        Raises:
            InputNotAllowedError: Saying why, and what can be done.
            InputUnreadableError: A file in storage isn't there, or its storage doesn't answer.
        """
        if one.web:
            self.rules.check(one.url, what=one.role)
        elif one.stored:
            self.size(one.url)

    def size(self, uri: str) -> int:
        """Return the length of a stored file in bytes, which also shows that it is there.

        Raises:
            InputNotAllowedError: It may not be read.
            InputUnreadableError: It can't be read.
        """
        if local_files.is_local(uri):
            return local_files.resolve(uri, self._deployment.local_media_roots).stat().st_size
        with trouble(uri):
            return int(self.path(uri).stat().st_size)

    def path(self, uri: str) -> ObjectStoragePath:
        """Return a file in object storage, as Airflow sees it."""
        local_files.scheme_of(uri, allow_private=self._deployment.allow_private_urls)
        return ObjectStoragePath(uri)

    @contextlib.contextmanager
    def open(self, url: str) -> Iterator[Opened]:
        """Open a stored file or a web address.

        Raises:
            InputNotAllowedError: It may not be read.
            InputUnreadableError: It can't be read.
        """
        one = Input("input", url)
        if one.web:
            from airflow_provider_wan.dashscope.web import open_remote

            with open_remote(url, self.rules) as remote:
                yield Opened(cast("BinaryIO", remote), remote.size)
            return
        size = self.size(url)
        with contextlib.ExitStack() as stack:
            if local_files.is_local(url):
                file = stack.enter_context(local_files.open_local(url, self._deployment.local_media_roots))
            else:
                with trouble(url):
                    opened = self.path(url).open("rb", block_size=BLOCK)  # type: ignore[no-untyped-call]
                    file = stack.enter_context(opened)
            yield Opened(file, size)


@contextlib.contextmanager
def trouble(uri: str) -> Iterator[None]:
    """Give what a storage says one shape. Each brings its own kinds of exceptions, hence the wide net."""
    try:
        yield
    except WanError:
        raise
    except Exception as error:
        said = redacted(f"{type(error).__name__}: {error}")
        refusal = InputUnreadableError(
            f"The input {shown(uri)} can't be read ({said}). Check the path, its connection, and the rights of this "
            "Airflow's worker there. Nothing was sent or billed."
        )
        if isinstance(error, ValueError | ImportError):  # no such scheme, no such library
            refusal.retry = Retry.NEVER
        else:
            refusal.consequence = "A retry looks again."
        raise refusal from error
