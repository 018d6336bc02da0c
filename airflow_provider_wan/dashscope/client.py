"""The service over HTTP, synchronous and asynchronous. The only module that imports httpx.

Calls are made again on trouble that passes, within the bounds of `resend`: above all, a submission whose
answer was lost is never sent twice.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import IO, Any, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from airflow_provider_wan.dashscope import calls, codes, resend, uploads
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import (
    Retry,
    SubmitUnknownError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.results import (
    Submission,
    TaskSnapshot,
    read_snapshot,
    read_submission,
)

CONNECT_TIMEOUT = 10.0
_CHUNK = 1 << 20

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_ours: ContextVar[bool] = ContextVar("airflow_provider_wan_http_call", default=False)


class _LeaveOutOurCalls(logging.Filter):
    """httpx logs every URL at INFO: a line per poll, and the signature of every result's address."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not _ours.get()


for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_LeaveOutOurCalls())


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    # Making one reads the certificate bundle: 25 ms or more, so once per process.
    return httpx.create_ssl_context()


def _timeout(call: Call) -> httpx.Timeout:
    return httpx.Timeout(call.read_timeout, connect=CONNECT_TIMEOUT)


def _trouble(call: Call, error: httpx.TransportError) -> UnavailableError | SubmitUnknownError:
    """Name what kept an answer from us, and whether the call may have arrived all the same."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, _NOT_SENT):
        return UnavailableError(
            f"no connection to the service ({said})",
            retry=Retry.LATER,
            advice="Check the connection's host or region, and the network's way out.",
        )
    if call.paid:
        return SubmitUnknownError(said)
    return UnavailableError(f"no answer ({said})", retry=Retry.LATER)


def _read(call: Call, response: httpx.Response) -> dict[str, Any]:
    try:
        return calls.read_answer(response.status_code, response.content, response.headers)
    except UnavailableError as error:
        if call.paid:  # 5xx, 408 or no JSON: nobody can say whether the job was made
            raise SubmitUnknownError(
                f"{error.reason} (HTTP {response.status_code}, code {error.code or 'none'})"
            ) from error
        raise


@contextlib.contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise UnavailableError(
            f"the download broke off ({type(error).__name__})", retry=Retry.LATER
        ) from error


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    with _broken_off():
        yield from response.iter_bytes(_CHUNK)


def _submission(answer: Mapping[str, Any]) -> Submission:
    submission = read_submission(answer)
    if submission is None:
        raise SubmitUnknownError("the service accepted the call but named no job")
    return submission


class DashScopeClient:
    """Synchronous client for one account. Safe to share between threads.

    Args:
        account: Whom to call.
        patient: Try again on trouble that passes, for up to about a minute. A caller that polls has its
            own patience and sets this to False.
    """

    def __init__(self, account: Account, *, patient: bool = True) -> None:
        self.account = account
        self._patient = patient
        self._http = httpx.Client(verify=_ssl_context(), follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client can't be used afterwards."""
        self._http.close()

    def submit(self, path: str, body: Mapping[str, Any]) -> Submission:
        """Create a job. This is the call that costs money.

        Args:
            path: The model's path, see `WanRequest.path`.
            body: The request's body, see `WanRequest.body`.

        Raises:
            ServiceError: Refused; no job exists.
            SubmitUnknownError: The answer was lost; a job may exist. It is never sent again.
        """
        return _submission(self._send(calls.submit(path, body)))

    def get(self, task_id: str) -> TaskSnapshot:
        """Look at a job. Free of charge; the service allows 20 such queries a second per account.

        Raises:
            ServiceError: The query was refused, or no sensible answer came. Says nothing of the job.
        """
        return read_snapshot(self._send(calls.get(task_id)))

    def list_tasks(
        self,
        *,
        model: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page: int = 1,
        page_size: int = 10,
    ) -> dict[str, Any]:
        """List the account's jobs as the service gives them: `data` (rows), `total`, `page_no`, ...

        Args:
            model: Only jobs of this model.
            status: Only jobs in this state.
            since: Start of the window; with `until` at most 24 hours. Left out: 24 hours before its end.
            until: End of the window.
            page: Page number, from 1.
            page_size: Rows a page; the service may grant fewer.
        """
        call = calls.list_tasks(
            model=model, status=status, since=since, until=until, page=page, page_size=page_size
        )
        return self._send(call)

    def cancel(self, task_id: str) -> None:
        """Cancel a job that is still PENDING.

        Raises:
            UnsupportedOperationError: It isn't PENDING any more. A running job goes on and is billed.
        """
        self._send(calls.cancel(task_id))

    def upload(self, file: IO[bytes], *, model: str, suffix: str) -> str:
        """Upload a file to the service's temporary storage and return its `oss://` address.

        The address works for 48 hours, for this model and account only. The service advises against it
        for production; a bucket of your own with presigned addresses is the sturdier way.

        Args:
            file: The content, from its current position; read in pieces, so its size doesn't matter to memory.
            model: The model that will use it, in the spelling of the region.
            suffix: File name extension with its dot, e.g. `.mp4`.

        Raises:
            InputMediaError: Larger than the service allows for the model.
        """
        policy = uploads.read_policy(self._send(calls.upload_policy(model)))
        form = uploads.form(policy, suffix)
        uploads.check_size(policy, file)
        with _unlogged():
            try:
                # The storage demands that the file comes last, which is how httpx orders a form.
                response = self._http.post(
                    policy.host, data=form.fields, files={"file": (form.name, file)}, timeout=600
                )
            except httpx.TransportError as error:
                raise UnavailableError(
                    f"the upload broke off ({type(error).__name__})", retry=Retry.LATER
                ) from error
        uploads.read_upload(response.status_code, response.content)
        return form.url

    @contextlib.contextmanager
    def download(self, url: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """Open a result's address: its announced length in bytes (None if not announced) and its content.

        The API key isn't sent there. Redirects are followed.

        Raises:
            ServiceError: The address was refused (403 once it has expired) or the transfer broke off.
        """
        call = Call("GET", url)
        with _unlogged():
            with _broken_off():
                request = self._http.build_request("GET", url, timeout=_timeout(call))
                response = self._http.send(request, stream=True, follow_redirects=True)
            with contextlib.closing(response):
                if response.status_code != 200:
                    raise codes.refusal(
                        "", "the result's address was refused", http_status=response.status_code
                    )
                length = response.headers.get("content-length", "")
                yield (int(length) if length.isdigit() else None), _chunks(response)

    def _send(self, call: Call) -> dict[str, Any]:
        if not self._patient:
            return self._send_once(call)
        return Retrying(**resend.policy(call))(self._send_once, call)

    def _send_once(self, call: Call) -> dict[str, Any]:
        with _unlogged():
            try:
                response = self._http.request(**_arguments(self.account, call))
            except httpx.TransportError as error:
                raise _trouble(call, error) from error
        return _read(call, response)


class AsyncDashScopeClient:
    """The calls a trigger needs, without blocking. Belongs to the event loop it was made in.

    Args:
        account: Whom to call.
        patient: As for `DashScopeClient`.
    """

    def __init__(self, account: Account, *, patient: bool = False) -> None:
        self.account = account
        self._patient = patient
        self._http = httpx.AsyncClient(verify=_ssl_context(), follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connections. The client can't be used afterwards."""
        await self._http.aclose()

    async def get(self, task_id: str) -> TaskSnapshot:
        """As `DashScopeClient.get`."""
        return read_snapshot(await self._send(calls.get(task_id)))

    async def submit(self, path: str, body: Mapping[str, Any]) -> Submission:
        """As `DashScopeClient.submit`."""
        return _submission(await self._send(calls.submit(path, body)))

    async def list_tasks(self, **filters: Any) -> dict[str, Any]:
        """As `DashScopeClient.list_tasks`."""
        return await self._send(calls.list_tasks(**filters))

    async def cancel(self, task_id: str) -> None:
        """As `DashScopeClient.cancel`."""
        await self._send(calls.cancel(task_id))

    async def _send(self, call: Call) -> dict[str, Any]:
        if not self._patient:
            return await self._send_once(call)
        return await AsyncRetrying(**resend.policy(call))(self._send_once, call)

    async def _send_once(self, call: Call) -> dict[str, Any]:
        with _unlogged():
            try:
                response = await self._http.request(**_arguments(self.account, call))
            except httpx.TransportError as error:
                raise _trouble(call, error) from error
        return _read(call, response)


def _arguments(account: Account, call: Call) -> dict[str, Any]:
    return {
        "method": call.method,
        "url": account.base_url + call.path,
        "params": call.params or None,
        "json": call.body,
        "headers": calls.headers(account) | dict(call.headers),
        "timeout": _timeout(call),
    }
