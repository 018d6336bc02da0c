"""Asks for files on the web, within bounds.

Beside `client` the only module that imports httpx, because what is asked here isn't the service: the addresses come
from anyone who may start a run. So no key goes there, each hop of a redirect is vetted, a connection is made to the
very IP address that was vetted, and time and amount are bounded.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import socket
import threading
import time
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin

import httpx

from airflow_provider_wan.dashscope.errors import Retry
from airflow_provider_wan.dashscope.input_errors import InputUnreadableError
from airflow_provider_wan.dashscope.quiet import unlogged
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.dashscope.tls import ssl_context

if TYPE_CHECKING:
    from airflow_provider_wan.addresses import AddressRules, Checked

REDIRECTS = 5
_ADDRESSES = 3
"""How many of a name's addresses are tried."""
_PIECE = 64 << 10
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "airflow-provider-wan"}
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one input may cost.

    Attributes:
        block: Bytes fetched at a time.
        blocks: How many of these are kept.
        total: Bytes fetched in all.
        connect: Seconds for a connection.
        read: Seconds without a byte.
        overall: Seconds on the network in all.
    """

    block: int = 256 << 10
    blocks: int = 16
    total: int = 64 << 20
    connect: float = 5.0
    read: float = 20.0
    overall: float = 60.0


USUAL = Limits()


class Line:
    """Asks one address for parts of its file, through redirects, within the bounds."""

    def __init__(self, url: str, rules: AddressRules, limits: Limits) -> None:
        self._url = self._at = url
        self._rules = rules
        self._limits = limits
        self._left = limits.overall
        self._received = 0
        self._client: httpx.Client | None = None
        self._client_of: tuple[object, ...] = ()
        self._works: object = None
        self._stream: Any = None
        self._used = False
        self._late = False

    def close(self) -> None:
        """Close the connections."""
        with unlogged():
            if self._client is not None:
                self._client.close()

    def drop(self, response: httpx.Response) -> None:
        """Leave the rest of an answer."""
        with unlogged(), contextlib.suppress(*_TROUBLE):
            response.close()

    def get(self, part: str | None) -> httpx.Response:
        """Ask for a part, or for all; the answer is 200, 206 or 416, and its content is still to come."""
        headers = _HEADERS | ({"Range": part} if part else {})
        at, what = self._at, "input"
        for hop in range(1, REDIRECTS + 2):
            checked = self._rules.check(at, what=what)
            self._at = at
            response = self._ask(at, checked, headers)
            if not response.has_redirect_location:
                return self._served(response)
            self.drop(response)
            try:
                at = urljoin(at, response.headers["location"])
            except ValueError:
                raise self.unreadable("it redirects to what is no address") from None
            what = f"redirect {hop} of {shown(self._url)}"
        raise self.unreadable(f"it redirects more than {REDIRECTS} times")

    def content(self, response: httpx.Response, length: int) -> bytes:
        """Read so many bytes of an answer, or what comes of them."""
        content = bytearray()
        pieces = self.pieces(response)
        while len(content) <= length and (piece := next(pieces, b"")):
            content += piece
        pieces.close()
        self.drop(response)
        return bytes(content[:length])

    def pieces(self, response: httpx.Response) -> Generator[bytes, None, None]:
        """Yield an answer's content as it comes, decoded where the server insists on an encoding."""
        source = response.iter_bytes(_PIECE) if encoding(response) else response.iter_raw(_PIECE)
        while True:
            with self._bounded("it broke off"):
                piece = next(source, b"")
            if not piece:
                return
            self._received += len(piece)
            if self._received > self._limits.total:
                raise self.too_much("")
            yield piece

    def unreadable(self, why: str, advice: str = "") -> InputUnreadableError:
        """Return the error that says why, and what can be done."""
        why = why if why.endswith("?") else f"{why}."
        through = "" if self._at == self._url else f", which redirects to {shown(self._at)},"
        error = InputUnreadableError(
            " ".join(
                f"The input {shown(self._url)}{through} can't be read from here: {redacted(why)} {advice} Nothing was "
                "sent or billed.".split()
            )
        )
        error.consequence = "A retry looks again."
        return error

    def too_much(self, advice: str) -> InputUnreadableError:
        """Return the error for a file of which too much would have to be read."""
        error = self.unreadable(
            f"more than {self._limits.total / 2**20:.2g} MB of it would have to be read to look at it", advice
        )
        error.retry, error.consequence = Retry.NEVER, ""
        return error

    def _served(self, response: httpx.Response) -> httpx.Response:
        status = response.status_code
        if status in (200, 206, 416):
            return response
        self.drop(response)
        said, advice = f"HTTP {status}", "Check the address."
        if status in (401, 403):
            said += ": expired, or not public?"
            advice = "Presign it for longer than the edit may wait, make it public, or give its storage URI."
        elif status in (404, 410):
            said += ": there is no such file"
        elif status >= 500 or status in (408, 429):
            said, advice = f"{said}: its server has trouble of its own", ""
        raise self.unreadable(said, advice)

    def _ask(self, url: str, checked: Checked, headers: dict[str, str]) -> httpx.Response:
        host = f"[{checked.host}]" if ":" in checked.host else checked.host
        proxy = _proxy(checked.scheme, f"{host}:{checked.port}")
        self._connect(checked, proxy)
        # None: left to resolve to the proxy, or where it may resolve to anything.
        targets: Sequence[object] = [None]
        if not (proxy or checked.exempt):
            targets = sorted(checked.addresses, key=lambda address: address != self._works)[:_ADDRESSES]
        failed: InputUnreadableError | None = None
        for target in targets:
            try:
                response = self._send(url, checked, None if target is None else str(target), headers)
            except InputUnreadableError as error:
                if self._late or not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                    raise
                failed = error
            else:
                self._works = target
                return response
        raise failed or self.unreadable(f"the name {checked.host} can't be resolved from here")

    def _send(
        self, url: str, checked: Checked, address: str | None, headers: dict[str, str]
    ) -> httpx.Response:
        client = cast("httpx.Client", self._client)
        extensions: dict[str, Any] = {"trace": self._note}
        with self._bounded("no answer came"):
            place = httpx.URL(url)
            if address is not None:
                place = place.copy_with(host=address)
                default = checked.port == {"http": 80, "https": 443}[checked.scheme]
                name = f"[{checked.host}]" if ":" in checked.host else checked.host
                headers = headers | {"Host": name if default else f"{name}:{checked.port}"}
                if address != checked.host:
                    extensions["sni_hostname"] = checked.host
            timeout = httpx.Timeout(min(self._limits.read, self._left), connect=self._limits.connect)
            request = client.build_request(
                "GET", place, headers=headers, timeout=timeout, extensions=extensions
            )
            try:
                response = client.send(request, stream=True)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                if self._late or not self._used:
                    raise
                # Most likely the server has ended a connection that was kept.
                response = client.send(request, stream=True)
        self._used = True
        return response

    def _connect(self, checked: Checked, proxy: str | None) -> None:
        """Have a client for a host: one for several would use a connection to an IP address for all its names."""
        client_of = (checked.scheme, checked.host, checked.port, proxy)
        if client_of == self._client_of:
            return
        self.close()
        cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        with self._bounded("the proxy of this worker's environment can't be used"):
            self._client = httpx.Client(verify=ssl_context(), trust_env=False, proxy=proxy, cookies=cookies)
        self._client_of = client_of
        self._used = False

    @contextlib.contextmanager
    def _bounded(self, failed: str) -> Iterator[None]:
        """Do something on the network, quietly and within the time that is left."""
        if self._left <= 0:
            raise self._too_slow()
        began = time.monotonic()
        watch = threading.Timer(self._left, self._cut)
        watch.daemon = True
        watch.start()
        try:
            with unlogged():
                yield
        except (*_TROUBLE, ValueError, ImportError) as error:
            if self._late:
                raise self._too_slow() from error
            # What is no address may be shown in full by a ValueError, a proxy's password with it.
            said = "" if isinstance(error, ValueError) or not str(error) else f": {error}"
            raise self.unreadable(f"{failed} ({type(error).__name__}{said})") from error
        finally:
            watch.cancel()
            # Nothing is left once it was cut off, so that what looks like an end then is never taken for one.
            self._left -= time.monotonic() - began

    def _too_slow(self) -> InputUnreadableError:
        return self.unreadable(f"it took longer than {self._limits.overall:g} s")

    def _cut(self) -> None:
        # The only way to end a read that gets a byte now and then.
        self._late = True
        with contextlib.suppress(OSError, AttributeError):  # there may be none, or none any more
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _note(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info.get("return_value")
            if self._late:
                self._cut()


def encoding(response: httpx.Response) -> str:
    """Return how an answer's content is encoded; empty where it isn't, and for what buckets hold by mistake."""
    names = str(response.headers.get("content-encoding", "")).lower().split(",")
    return ",".join(name.strip() for name in names if name.strip() in _ENCODINGS)


def _proxy(scheme: str, place: str) -> str | None:
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(place):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
