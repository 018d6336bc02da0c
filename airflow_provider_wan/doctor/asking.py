"""Asks the service: reading calls only, a bounded number of them, spaced, each with a timeout. All I/O is here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

import httpx

from airflow_provider_wan.dashscope import calls
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import ThrottledError
from airflow_provider_wan.dashscope.quiet import unlogged
from airflow_provider_wan.dashscope.tls import ssl_context
from airflow_provider_wan.doctor.answer import Answer

MOST_CALLS = 59
"""Calls that one examination makes at most, those after a 429 included."""
DEFAULT_TIMEOUT = 10.0
GIVE_UP = 3
"""Calls in a row without an answer after which nothing more is asked."""
_LARGEST = 4 << 20
_LONGEST_PAUSE = 5.0


class Asker:
    """Calls of one account.

    Args:
        account: Whom to call. Not more than its `status_qps` calls a second are made.
        timeout: Seconds that an answer may take, to its last byte.
        most: How many calls may be made.
        sleep: Waits so many seconds.

    Attributes:
        answers: Every answer, in the order of the calls.
        throttled: How many of them were 429.

    Raises:
        ValueError: The HTTP library can't do with the proxies that the environment names.
    """

    def __init__(
        self,
        account: Account,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        most: int = MOST_CALLS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._timeout = timeout
        self._most = most
        self._sleep = sleep
        self._last = float("-inf")
        self._silent = 0
        self.answers: list[Answer] = []
        self.throttled = 0
        try:
            # As the provider's client does it, so that what works here works there.
            self._http = httpx.Client(verify=ssl_context(), follow_redirects=False)
        except (ImportError, httpx.InvalidURL) as error:
            raise ValueError(str(error)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with unlogged():
            self._http.close()

    @property
    def left(self) -> int:
        """How many more calls may be made."""
        return 0 if self.given_up else self._most - len(self.answers)

    @property
    def given_up(self) -> bool:
        """Whether so many calls in a row had no answer that no more are made."""
        return self._silent >= GIVE_UP

    def ask(self, call: Call) -> Answer | None:
        """Make a call, once more after a 429. None: it wasn't made, because no more may be.

        Raises:
            ValueError: The call isn't one that only reads.
        """
        if call.method != "GET" or call.paid or call.body is not None:
            raise ValueError(f"{call.method} {call.path} is no call that only reads.")
        if not self.left:
            return None
        answer = self._once(call)
        if answer.status == 429 and self.left:
            asked = answer.error.retry_after if isinstance(answer.error, ThrottledError) else None
            self._sleep(min(_LONGEST_PAUSE, asked or 1.0))
            answer = self._once(call)
        return answer

    def _once(self, call: Call) -> Answer:
        wait = self._last + 1 / self._account.status_qps - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last = time.monotonic()
        answer = self._send(call)
        self.answers.append(answer)
        self._silent = self._silent + 1 if answer.status is None else 0
        self.throttled += answer.status == 429
        return answer

    def _send(self, call: Call) -> Answer:
        sent, started = time.time(), time.monotonic()
        try:
            with (
                unlogged(),
                self._http.stream(
                    call.method,
                    self._account.base_url + call.path,
                    params=call.params or None,
                    headers=calls.headers(self._account),
                    timeout=httpx.Timeout(self._timeout),
                ) as response,
            ):
                content = self._content(response, started + self._timeout)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(call, sent, time.monotonic() - started, response.status_code, headers, content)
        except (httpx.RequestError, httpx.InvalidURL, OSError) as error:
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            reached = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)
            return Answer(call, sent, time.monotonic() - started, trouble=said, reached=reached)

    def _content(self, response: httpx.Response, until: float) -> bytes:
        # The library's timeout is for each piece; an answer that drips would never end.
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if time.monotonic() > until:
                raise httpx.ReadTimeout(f"the answer wasn't complete after {self._timeout:g} s")
            if len(content) > _LARGEST:
                raise httpx.ReadError(f"the answer is larger than {_LARGEST >> 20} MB")
        return bytes(content)
