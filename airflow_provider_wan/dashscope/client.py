"""The service over HTTP, synchronous and asynchronous. httpx is imported here, and by `fetching` for other addresses.

Calls are made again on trouble that passes, within the bounds of `resend`: above all, a submission whose
answer was lost is never sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from airflow_provider_wan.dashscope import answers, calls, resend, tally, uploads
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.detection import Detection, DetectionLostError, read_detection
from airflow_provider_wan.dashscope.errors import SubmitUnknownError, UnavailableError, UnreachableError
from airflow_provider_wan.dashscope.quiet import unlogged
from airflow_provider_wan.dashscope.results import Submission, TaskSnapshot, read_snapshot
from airflow_provider_wan.dashscope.tls import ssl_context

CONNECT_TIMEOUT = 10.0
TRANSFER_TIMEOUT = 120.0
"""Seconds without a byte after which an upload or a download counts as broken off."""
_CHUNK = 1 << 20

_NOT_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL),
)
# Beside what httpx wraps, the TLS layer may let its own errors through.
_NO_ANSWER = (httpx.RequestError, httpx.InvalidURL, OSError)


def _trouble(call: Call, error: Exception) -> UnavailableError | SubmitUnknownError:
    """Name what kept an answer from us, and whether the call may have arrived all the same."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, _NOT_SENT):
        return UnreachableError(f"no connection to the service ({said})")
    if call.paid:
        return SubmitUnknownError(said)
    return UnavailableError(f"no answer ({said})")


@contextlib.contextmanager
def _transfer(what: str) -> Iterator[None]:
    with unlogged():
        try:
            yield
        except _NO_ANSWER as error:
            raise UnavailableError(f"{what} broke off ({type(error).__name__})") from error


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    # As it comes: an encoding would make the announced length and the content disagree.
    pieces = response.iter_raw(_CHUNK)
    while True:
        with _transfer("the download"):  # each piece for itself, so that it doesn't hold for our reader
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


class DashScopeClient:
    """Synchronous client for one account. Safe to share between threads.

    Args:
        account: Whom to call.
        patient: Try again on trouble that passes, for up to about a minute. A caller that polls has its
            own patience and sets this to False.
        read_timeout: Seconds to wait for an answer. None: 120 for a submission, 20 for other calls.
        sleep: Waits so many seconds before another try.

    Attributes:
        clock_ahead: By how much the service's clock was ahead of ours at its last answer, to the second.
    """

    def __init__(
        self,
        account: Account,
        *,
        patient: bool = True,
        read_timeout: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.account = account
        self._patient = patient
        self._read_timeout = read_timeout
        self._sleep = sleep
        self.clock_ahead = timedelta(0)
        self._http = httpx.Client(verify=ssl_context(), follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client can't be used afterwards."""
        with unlogged():
            self._http.close()

    def submit(self, path: str, body: Mapping[str, Any], *, insist: bool = True) -> Submission:
        """Create a job. This is the call that costs money.

        Args:
            path: The model's path, see `WanRequest.path`.
            body: The request's body, see `WanRequest.body`.
            insist: Whether to try again when the service answers 429.

        Raises:
            ServiceError: Refused; no job exists.
            SubmitUnknownError: The answer was lost; a job may exist. It is never sent again.
        """
        return answers.submission(self._send(calls.submit(path, body), insist=insist))

    def detect_face(self, image_url: str) -> Detection:
        """Ask whether an image will do for speech-to-video. Answered at once and billed, whatever is found.

        Args:
            image_url: The image; `oss://` if it was uploaded for `detection.DETECTOR`.

        Raises:
            ServiceError: Refused.
            DetectionLostError: The answer was lost. It is never asked for again by itself.
        """
        try:
            return read_detection(self._send(calls.detect_face(image_url)))
        except SubmitUnknownError as error:
            # Not `from error`: that one speaks of a job, of which there is none.
            raise DetectionLostError(error.reason, request_id=error.request_id) from None

    def get(self, task_id: str) -> TaskSnapshot:
        """Look at a job. Free of charge; the service allows 20 such queries a second per account.

        Args:
            task_id: The job.

        Raises:
            ServiceError: The query was refused, or no sensible answer came. Says nothing of the job.
        """
        return read_snapshot(self._send(calls.get(task_id)))

    def list_tasks(
        self,
        *,
        task_id: str | None = None,
        model: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page: int = 1,
        page_size: int = 10,
    ) -> dict[str, Any]:
        """List the account's jobs as the service gives them: `data` (rows), `total`, `page_no`, ...

        Args:
            task_id: Only this job.
            model: Only jobs of this model.
            status: Only jobs in this state.
            since: Start of the window; with `until` at most 24 hours. Left out: 24 hours before its end.
            until: End of the window.
            page: Page number, from 1.
            page_size: Rows a page; the service may grant fewer.
        """
        call = calls.list_tasks(
            task_id=task_id,
            model=model,
            status=status,
            since=since,
            until=until,
            page=page,
            page_size=page_size,
        )
        return self._send(call)

    def cancel(self, task_id: str) -> None:
        """Cancel a job that is still PENDING.

        Args:
            task_id: The job.

        Raises:
            UnsupportedOperationError: It isn't PENDING any more. A running job goes on and is billed.
        """
        self._send(calls.cancel(task_id))

    def upload(self, file: IO[bytes], *, model: str, suffix: str) -> str:
        """Upload a file to the service's temporary storage and return its `oss://` address.

        The address works for 48 hours, for this model and account only. The service advises against it
        for production; a bucket of your own with presigned addresses is the sturdier way.

        Args:
            file: The file, which must be seekable. It is sent whole, from its beginning, and read in pieces, so
                its size doesn't matter to memory.
            model: The model that will use it, in the spelling of the region.
            suffix: File name extension with its dot, e.g. `.mp4`.

        Raises:
            InputMediaError: Larger than the service allows for the model.
            ServiceError: The service or its storage refused it, or the transfer broke off.
        """
        policy = uploads.read_policy(self._send(calls.upload_policy(model)))
        form = uploads.form(policy, suffix)
        uploads.check_size(policy, file)
        with _transfer("the upload"):
            # The storage demands that the file comes last, which is how httpx orders a form.
            response = self._http.post(
                policy.host,
                data=form.fields,
                files={"file": (form.name, file)},
                timeout=httpx.Timeout(TRANSFER_TIMEOUT, connect=CONNECT_TIMEOUT),
            )
        uploads.read_upload(response.status_code, response.content)
        return form.url

    @contextlib.contextmanager
    def download(self, url: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """Open a result's address: its announced length in bytes (None if not announced) and its content.

        The API key isn't sent there, and the address is used as it is. Redirects are followed.

        Args:
            url: The signed address, as a job shows it.

        Raises:
            PermissionDeniedError: The address isn't served: HTTP 403 once it has expired.
            UnavailableError: The transfer broke off, or the storage has trouble of its own.
        """
        with _transfer("the download"):
            request = self._http.build_request(
                "GET",
                url,
                headers={"Accept-Encoding": "identity"},
                timeout=httpx.Timeout(TRANSFER_TIMEOUT, connect=CONNECT_TIMEOUT),
            )
            response = self._http.send(request, stream=True, follow_redirects=True)
        try:
            if response.status_code != 200:
                raise answers.not_served(response.status_code)
            yield answers.length(response.headers), _chunks(response)
        finally:
            with unlogged():
                response.close()

    def _send(self, call: Call, *, insist: bool = True) -> dict[str, Any]:
        if not self._patient:
            return self._send_once(call)
        return Retrying(**resend.policy(call, insist=insist), sleep=self._sleep)(self._send_once, call)

    def _send_once(self, call: Call) -> dict[str, Any]:
        with unlogged():
            try:
                response = self._http.request(**_arguments(self.account, call, self._read_timeout))
            except _NO_ANSWER as error:
                tally.called(call, None)
                raise _trouble(call, error) from error
        tally.called(call, response.status_code)
        self.clock_ahead = calls.clock_ahead(response.headers, datetime.now(UTC))
        return answers.read(call, response.status_code, response.content, response.headers)


class AsyncDashScopeClient:
    """The calls a trigger needs, without blocking. Belongs to the event loop it was made in.

    Args:
        account: Whom to call.
        patient: As for `DashScopeClient`; off, because a trigger has its own patience.
        read_timeout: As for `DashScopeClient`.
        sleep: As for `DashScopeClient`.
    """

    def __init__(
        self,
        account: Account,
        *,
        patient: bool = False,
        read_timeout: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.account = account
        self._patient = patient
        self._read_timeout = read_timeout
        self._sleep = sleep
        self._http = httpx.AsyncClient(verify=ssl_context(), follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connections. The client can't be used afterwards."""
        with unlogged():
            await self._http.aclose()

    async def get(self, task_id: str) -> TaskSnapshot:
        """As `DashScopeClient.get`."""
        return read_snapshot(await self._send(calls.get(task_id)))

    async def submit(self, path: str, body: Mapping[str, Any], *, insist: bool = True) -> Submission:
        """As `DashScopeClient.submit`."""
        return answers.submission(await self._send(calls.submit(path, body), insist=insist))

    async def list_tasks(self, **filters: Any) -> dict[str, Any]:
        """As `DashScopeClient.list_tasks`."""
        return await self._send(calls.list_tasks(**filters))

    async def cancel(self, task_id: str) -> None:
        """As `DashScopeClient.cancel`."""
        await self._send(calls.cancel(task_id))

    async def _send(self, call: Call, *, insist: bool = True) -> dict[str, Any]:
        if not self._patient:
            return await self._send_once(call)
        return await AsyncRetrying(**resend.policy(call, insist=insist), sleep=self._sleep)(
            self._send_once, call
        )

    async def _send_once(self, call: Call) -> dict[str, Any]:
        with unlogged():
            try:
                response = await self._http.request(**_arguments(self.account, call, self._read_timeout))
            except _NO_ANSWER as error:
                tally.called(call, None)
                raise _trouble(call, error) from error
        tally.called(call, response.status_code)
        return answers.read(call, response.status_code, response.content, response.headers)


def _arguments(account: Account, call: Call, read_timeout: float | None) -> dict[str, Any]:
    seconds = call.read_timeout if read_timeout is None else read_timeout
    return {
        "method": call.method,
        "url": account.base_url + call.path,
        "params": call.params or None,
        "json": call.body,
        "headers": calls.headers(account) | dict(call.headers),
        "timeout": httpx.Timeout(seconds, connect=CONNECT_TIMEOUT),
    }
