"""Which web addresses an edit's inputs may have: none inside the deployment's own network.

A run's parameters may name any address, and a worker that looks at inputs before they are paid would fetch it. So
loopback, private and other addresses that aren't the public internet's are refused, however they are spelled, and
names that resolve to them. The service, which is outside, could fetch nothing from there anyway.

Sources: IANA's special-purpose address registries for IPv4 and IPv6; RFC 6052 (NAT64), RFC 3056 (6to4).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias

from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError
from airflow_provider_wan.dashscope.requests.problem import shown

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[..., Iterable[tuple[Any, ...]]]
"""Such as `socket.getaddrinfo`."""

TIMEOUT = 3.0
"""Seconds to wait for a name's addresses."""
KEPT = 60.0
"""Seconds for which they are remembered, or that there were none."""
_KEPT_NAMES = 256
_PORTS = {"http": 80, "https": 443}

_NETWORKS4 = {
    "0.0.0.0/8": "an unspecified address, which means the worker itself",
    "10.0.0.0/8": "a private address",
    "100.64.0.0/10": "an address shared inside a provider's network, where Alibaba Cloud serves its metadata",
    "127.0.0.0/8": "a loopback address",
    "168.63.129.16/32": "Azure's address for its machines' agents",
    "169.254.0.0/16": "a link-local address, where clouds serve their metadata",
    "172.16.0.0/12": "a private address",
    "192.0.0.0/24": "a reserved address",
    "192.0.2.0/24": "an address for documentation",
    "192.88.99.0/24": "a reserved address",
    "192.168.0.0/16": "a private address",
    "198.18.0.0/15": "an address for tests of networks, also used by proxies for names they answer themselves",
    "198.51.100.0/24": "an address for documentation",
    "203.0.113.0/24": "an address for documentation",
    "224.0.0.0/4": "a multicast address",
    "240.0.0.0/4": "a reserved address",
}
_NETWORKS6 = {
    "::/128": "an unspecified address, which means the worker itself",
    "::1/128": "a loopback address",
    "fe80::/10": "a link-local address",
    "fc00::/7": "a private address",
    "fec0::/10": "a private address",
    "ff00::/8": "a multicast address",
    "2001::/23": "a reserved address",
    "2001:db8::/32": "an address for documentation",
    "3fff::/20": "an address for documentation",
}
_INTERNAL = {
    4: [(ipaddress.ip_network(network), kind) for network, kind in _NETWORKS4.items()],
    6: [(ipaddress.ip_network(network), kind) for network, kind in _NETWORKS6.items()],
}
# IPv6 networks whose addresses hold an IPv4 address, and how many bits follow it.
_EMBEDDING = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # translated
    (ipaddress.IPv6Network("::/96"), 0),  # compatible
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
]
_GLOBAL = ipaddress.IPv6Network("2000::/3")
_LOCAL_NAMES = re.compile(r"(.*\.)?localhost6?(\.localdomain6?)?|ip6-(localhost|loopback)")

_URL = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")
_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{0,5}))?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_NO_ADDRESS = "Give a complete public address, e.g. https://media.example.com/clip.mp4."
_FIX = (
    "Make the file public, give the URI of a file in storage (s3://conn@bucket/clip.mp4), or let the deployment allow "
    "it with `[wan] allow_private_urls`."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A web address that may be used.

    Attributes:
        scheme: `http` or `https`.
        host: Its host in lower case, an IP address in its usual form; without brackets.
        port: Its port, also where the address leaves it out.
        addresses: What the host resolves to, in the system's order, all of it vetted. Empty: not known from here.
        exempt: Whether the rules don't apply to it, so that it may resolve to anything.
    """

    scheme: str
    host: str
    port: int
    addresses: tuple[Address, ...] = ()
    exempt: bool = False


def internal(address: Address) -> str:
    """Say why an IP address isn't the public internet's, e.g. `a private address`; empty where it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.packed[:15] != bytes(15):  # all but :: and ::1
            for network, after in _EMBEDDING:
                if address in network:
                    kind = internal(inner := ipaddress.IPv4Address((int(address) >> after) & 0xFFFF_FFFF))
                    return kind and f"{kind} ({inner}) inside an IPv6 one"
        if address not in _GLOBAL and not any(address in network for network, _ in _INTERNAL[6]):
            return "a reserved address"
    return next((kind for network, kind in _INTERNAL[address.version] if address in network), "")


class _Names:
    """Resolves names, each once a minute, and waits for none longer than it may.

    Args:
        resolve: Such as `socket.getaddrinfo`.
        timeout: Seconds to wait for one name.
        clock: Seconds, from anywhere.
    """

    def __init__(self, resolve: Resolve, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Future[tuple[Address, ...]]]] = {}

    def addresses(self, host: str) -> tuple[Address, ...]:
        """Return a name's addresses; empty where it has none, or where they don't come in time."""
        with self._lock:
            now = self._clock()
            asked, answer = self._known.get(host, (now - KEPT, None))
            if answer is None or now - asked >= KEPT:
                asked, answer = now, Future()
                self._known.pop(host, None)
                self._known[host] = asked, answer
                if len(self._known) > _KEPT_NAMES:
                    del self._known[next(iter(self._known))]
                # The system's resolver can't be interrupted, so it is left to end by itself.
                threading.Thread(target=self._ask, args=(host, answer), daemon=True, name="wan-dns").start()
        try:
            return answer.result(max(0.0, asked + self._timeout - now))
        except TimeoutError:
            return ()

    def _ask(self, host: str, answer: Future[tuple[Address, ...]]) -> None:
        try:
            answer.set_result(tuple(dict.fromkeys(_read(self._resolve(host, None, type=socket.SOCK_STREAM)))))
        except Exception:  # noqa: BLE001  whatever is wrong with a name, the service may still know it
            answer.set_result(())


def _read(found: Iterable[tuple[Any, ...]]) -> Iterator[Address]:
    for family, _, _, _, place in found:
        if family in (socket.AF_INET, socket.AF_INET6):
            yield ipaddress.ip_address(place[0])


_names = _Names(lambda *asked, **how: socket.getaddrinfo(*asked, **how), TIMEOUT)


class AddressRules:
    """Vets http(s) inputs.

    Args:
        allow_private: Whether they may point anywhere.
        own_base_url: The connection's base URL; whatever is on its host and port may be used.
        resolve: Such as `socket.getaddrinfo`, which it is by default; its answers are then shared by the process.
        timeout: Seconds to wait for a name's addresses.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        own_base_url: str | None,
        resolve: Resolve | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._allow_private = allow_private
        self._own = None
        if own_base_url:
            with contextlib.suppress(InputNotAllowedError):  # then it is like any other
                own = _parsed(own_base_url, "the connection's base URL")
                self._own = own.host, own.port
        shared = resolve is None and timeout == TIMEOUT
        self._names = _names if shared else _Names(resolve or socket.getaddrinfo, timeout)

    def check(self, url: str, *, what: str) -> Checked:
        """Refuse an address that may not be used.

        A name that doesn't resolve here passes: the service resolves it by itself. This may take as long as
        the timeout.

        Args:
            url: The address.
            what: Which input it is, for the message.

        Raises:
            InputNotAllowedError: Saying what it resolves to, why that may not be, and what can be done.
        """
        found = _parsed(url, what)
        if self._allow_private or (found.host, found.port) == self._own:
            return Checked(found.scheme, found.host, found.port, found.addresses, exempt=True)
        if found.odd and found.addresses:
            [address] = found.addresses
            kind = internal(address)
            raise _refused(
                what,
                url,
                f"its host is an unusual spelling of {address}, {kind or 'which other programs may read differently'}",
                _FIX if kind else f"Write {address} if that is meant.",
            )
        if _LOCAL_NAMES.fullmatch(found.host):
            raise _refused(what, url, f"{found.host} names the machine itself, a loopback address", _FIX)
        addresses = found.addresses or self._names.addresses(found.host)
        for address in addresses:
            if kind := internal(address):
                is_it = "is" if found.addresses else f"resolves to {address},"
                raise _refused(what, url, f"its host {is_it} {kind}", _FIX)
        return Checked(found.scheme, found.host, found.port, addresses)


@dataclass(frozen=True, slots=True)
class _Parsed:
    scheme: str
    host: str
    port: int
    addresses: tuple[Address, ...] = ()
    odd: bool = False


def _parsed(url: str, what: str) -> _Parsed:
    """Take an address apart, and refuse what two programs might take apart in two ways."""
    if _UNFIT.search(url):
        raise _refused(what, url, "it has a blank, a backslash or a control character in it", _NO_ADDRESS)
    begin = _URL.match(url)
    if begin is None:
        raise _refused(what, url, "it isn't a complete http:// or https:// address", _NO_ADDRESS)
    scheme = begin[1].lower()
    user, _, place = begin[2].rpartition("@")
    parts = _PLACE.fullmatch(place)
    if parts is None or "@" in user:
        raise _refused(
            what, url, "it has no host, or one that isn't made of ASCII letters, digits, - and .", _NO_ADDRESS
        )
    port = int(parts[3] or _PORTS[scheme])
    if not 0 < port < 65536:
        raise _refused(what, url, f"{parts[3]} is no port", _NO_ADDRESS)
    if parts[1]:
        try:
            six = ipaddress.IPv6Address(parts[1])
        except ValueError:
            raise _refused(what, url, f"[{parts[1]}] is no IPv6 address", _NO_ADDRESS) from None
        return _Parsed(scheme, str(six), port, (six,))
    host = parts[2].lower().removesuffix(".")
    if not host or "" in host.split("."):
        raise _refused(what, url, f"{parts[2]} is no host", _NO_ADDRESS)
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _Parsed(scheme, host, port)
    # What ends in a number is an IPv4 address or nothing, also in browsers: https://url.spec.whatwg.org/#host-parsing
    try:
        four = ipaddress.IPv4Address(host)
    except ValueError:
        try:
            four = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            raise _refused(what, url, f"{parts[2]} is no IPv4 address", _NO_ADDRESS) from None
        return _Parsed(scheme, str(four), port, (four,), odd=True)
    return _Parsed(scheme, str(four), port, (four,))


def _refused(what: str, url: str, why: str, fix: str) -> InputNotAllowedError:
    return InputNotAllowedError(
        f"{what}: {shown(url)} may not be used: {why}. {fix} Nothing was sent or billed. It is not retried."
    )
