"""Addresses of inputs: what the guards let through is what the programs behind them will ask."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpx

from airflow_provider_wan import local_files
from airflow_provider_wan.addresses import AddressRules, internal
from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError, InputUnreadableError
from airflow_provider_wan.dashscope.redact import redacted, unsigned
from airflow_provider_wan.dashscope.requests.problem import shown
from fuzz.choices import Choices

NAME = "addresses"
SEEDS = (b"", bytes(64), bytes(range(256)), b"\x05\x03\x09" * 20)

_PARTS = (
    *(
        "http",
        "https",
        "file",
        "local",
        "s3",
        "simplecache",
        "data",
        "HTTP",
        "ftp",
        "://",
        ":",
        "::",
        "//",
        "/",
        "\\",
        "@",
        "#",
        "?",
        "%",
        ".",
        "..",
    ),
    *(
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
    ),
    *(
        "[2002:7f00:1::]",
        "8.8.8.8",
        "[2606:4700::1111]",
        "a.example",
        "10.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "[fe80::1%25eth0]",
        "%31%32%37",
    ),
    *(
        "user:secretword@",
        ":80",
        ":443",
        ":0",
        ":99999",
        "\t",
        "\n",
        " ",
        "\0",
        "。",
        "①②⑦",
        "ⓛocalhost",
        "etc/passwd",
        "../",
        "%2e%2e/",
        "x.mp4",
        "?Signature=S3cr3tOfOne",
    ),
)


def _resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
    raise OSError("no names here")


_RULES = AddressRules(
    allow_private=False, own_base_url="http://127.0.0.1:8765/api/v1", resolve=_resolve, timeout=0.001
)
_NO_NAMES = dict.fromkeys(("a.example",), ())
ROOT = "/srv/fuzz-has-no-such-folder"


def one(data: bytes) -> None:
    """Vet one address; a fault is another exception than a refusal, or that others read another host in it."""
    made = Choices(data)
    text = "".join(made.of(_PARTS) if made.byte() % 4 else made.text()[:40] for _ in range(made.below(8)))
    if made.byte() & 1:
        text = made.of(("http://", "https://")) + text
    for hidden in (redacted(text), shown(text), unsigned(text)):
        hidden.encode("utf-8", "replace")
    _web(text)
    _stored(text)


def _web(text: str) -> None:
    try:
        checked = _RULES.check(text, what="input")
    except InputNotAllowedError as error:
        str(error)
        return
    try:
        asked = httpx.URL(text)
        other = urlsplit(text).hostname or ""
    except (httpx.InvalidURL, ValueError):
        return  # then nobody asks for it
    host = asked.host.removesuffix(".").lower()
    if _plain(host) != _plain(checked.host) or _plain(other.removesuffix(".")) != _plain(checked.host):
        raise AssertionError(f"{text!r}: {checked.host!r} was vetted, {asked.host!r} or {other!r} is asked")
    if not checked.exempt:
        for address in checked.addresses:
            if internal(address):
                raise AssertionError(f"{text!r}: {address} is allowed")


def _plain(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def _stored(text: str) -> None:
    for check in (local_files.scheme_of, lambda uri: local_files.resolve(uri, (ROOT,))):
        try:
            check(text)
        except (InputNotAllowedError, InputUnreadableError) as error:
            str(error)
    if "::" not in text and local_files.is_local(text):
        return
    try:
        scheme = local_files.scheme_of(text)
    except InputNotAllowedError:
        return
    if scheme in ("", *local_files.LOCAL):
        raise AssertionError(f"{text!r} is local to one and not to the other")
