"""No edit's input may point into the deployment's own network, however that is spelled."""

from __future__ import annotations

import ipaddress
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan import addresses
from airflow_provider_wan.addresses import AddressRules, internal
from airflow_provider_wan.dashscope.errors import Retry, WanInputError
from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError
from tests.dashscope.properties import unhurried

PUBLIC = "47.88.1.2"
NAMES = {
    "media.example.com": [PUBLIC, "2400:3200::1"],
    "inside.example.com": ["10.1.2.3"],
    "half.example.com": [PUBLIC, "10.1.2.3"],
    "six.example.com": ["2400:3200::1", "fd00::5"],
    "link.example.com": ["fe80::1%eth0"],
    "rebound.127.0.0.1.nip.example": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "emulator": ["172.18.0.5"],
    "xn--fsq.example": [PUBLIC],
    "my_bucket.oss.example.com": [PUBLIC],
}


class Names:
    """Stands in for the system's resolver; counts what it is asked."""

    def __init__(self, known: dict[str, list[str]] = NAMES) -> None:
        self.known = known
        self.asked: list[str] = []

    def __call__(self, host: str, port: None, *, type: int) -> list[tuple[Any, ...]]:  # noqa: A002
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, type, 6, "", (one, 0))
            for one in self.known[host]
        ]


def rules(resolve: Callable[..., Any] | None = None, **settings: Any) -> AddressRules:
    return AddressRules(
        **{"allow_private": False, "own_base_url": "https://dashscope.example/api/v1", **settings},
        resolve=resolve or Names(),
    )


def refusal(url: str, **settings: Any) -> str:
    with pytest.raises(InputNotAllowedError) as caught:
        rules(**settings).check(url, what="video_url")
    assert isinstance(caught.value, WanInputError)
    assert caught.value.retry is Retry.NEVER
    said = str(caught.value)
    assert said.startswith("video_url: ")
    assert said.endswith("Nothing was sent or billed. It is not retried.")
    return said


@pytest.mark.parametrize(
    ("host", "why"),
    [
        # as they are
        ("127.0.0.1", "is a loopback address"),
        ("127.255.255.254", "is a loopback address"),
        ("10.0.0.1", "is a private address"),
        ("172.16.0.1", "is a private address"),
        ("172.31.255.255", "is a private address"),
        ("192.168.1.1", "is a private address"),
        ("169.254.169.254", "link-local address, where clouds serve their metadata"),
        ("100.100.100.200", "where Alibaba Cloud serves its metadata"),
        ("100.64.0.1", "shared inside a provider's network"),
        ("168.63.129.16", "Azure's address"),
        ("192.0.0.192", "is a reserved address"),
        ("0.0.0.0", "is an unspecified address"),
        ("0.1.2.3", "is an unspecified address"),
        ("224.0.0.1", "is a multicast address"),
        ("240.0.0.1", "is a reserved address"),
        ("255.255.255.255", "is a reserved address"),
        ("198.18.0.1", "an address for tests of networks"),
        ("192.0.2.1", "an address for documentation"),
        # with what may stand around a host
        ("127.0.0.1:80", "is a loopback address"),
        ("127.0.0.1:", "is a loopback address"),
        ("127.0.0.1:65535", "is a loopback address"),
        ("127.0.0.1.", "is a loopback address"),
        ("media.example.com@127.0.0.1", "is a loopback address"),
        ("media.example.com:80@127.0.0.1:443", "is a loopback address"),
        ("user:pass%40word@10.0.0.1", "is a private address"),
        # other spellings of IPv4
        ("2130706433", "an unusual spelling of 127.0.0.1, a loopback address"),
        ("2130706433.", "an unusual spelling of 127.0.0.1"),
        ("0x7f000001", "an unusual spelling of 127.0.0.1"),
        ("0X7F000001", "an unusual spelling of 127.0.0.1"),
        ("0x7f.0x0.0x0.0x1", "an unusual spelling of 127.0.0.1"),
        ("017700000001", "an unusual spelling of 127.0.0.1"),
        ("0177.0.0.1", "an unusual spelling of 127.0.0.1"),
        ("00000177.0.0.01", "an unusual spelling of 127.0.0.1"),
        ("127.1", "an unusual spelling of 127.0.0.1"),
        ("127.0.1", "an unusual spelling of 127.0.0.1"),
        ("127.0.1.", "an unusual spelling of 127.0.0.1"),
        ("0177.0x1", "an unusual spelling of 127.0.0.1"),
        ("10.1", "an unusual spelling of 10.0.0.1, a private address"),
        ("0xa9.254.0xa9fe", "an unusual spelling of 169.254.169.254"),
        ("2852039166", "an unusual spelling of 169.254.169.254"),
        ("0", "an unusual spelling of 0.0.0.0"),
        ("010.0.0.1", "an unusual spelling of 8.0.0.1, which other programs may read differently"),
        ("134744072", "an unusual spelling of 8.8.8.8, which other programs may read differently"),
        ("4294967296", "no IPv4 address"),
        ("256.0.0.1", "no IPv4 address"),
        ("1.2.3.4.5", "no IPv4 address"),
        ("127.0.0.08", "no IPv4 address"),
        ("foo.1", "no IPv4 address"),
        # IPv6
        ("[::1]", "is a loopback address"),
        ("[::1]:8080", "is a loopback address"),
        ("[0:0:0:0:0:0:0:1]", "is a loopback address"),
        ("[::]", "is an unspecified address"),
        ("[fe80::1]", "is a link-local address"),
        ("[fc00::1]", "is a private address"),
        ("[FD00:ec2::254]", "is a private address"),
        ("[fec0::1]", "is a private address"),
        ("[ff02::1]", "is a multicast address"),
        ("[2001:db8::1]", "an address for documentation"),
        ("[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "is a reserved address"),
        ("[100::1]", "is a reserved address"),
        ("[64:ff9b:1::a00:1]", "is a reserved address"),
        ("[::ffff:127.0.0.1]", "a loopback address (127.0.0.1) inside an IPv6 one"),
        ("[::ffff:7f00:1]", "a loopback address (127.0.0.1) inside an IPv6 one"),
        ("[0:0:0:0:0:ffff:a9fe:a9fe]", "(169.254.169.254) inside an IPv6 one"),
        ("[::ffff:0:10.0.0.1]", "a private address (10.0.0.1) inside an IPv6 one"),
        ("[::127.0.0.1]", "a loopback address (127.0.0.1) inside an IPv6 one"),
        ("[::2]", "is a reserved address"),
        ("[64:ff9b::10.0.0.1]", "a private address (10.0.0.1) inside an IPv6 one"),
        ("[64:ff9b::a9fe:a9fe]", "(169.254.169.254) inside an IPv6 one"),
        ("[2002:7f00:1::]", "a loopback address (127.0.0.1) inside an IPv6 one"),
        ("[2002:a00:1:ffff::9]", "a private address (10.0.0.1) inside an IPv6 one"),
        ("[fe80::1%25eth0]", "it has no host"),
        ("[fe80::1%eth0]", "it has no host"),
        ("[v1.x]", "it has no host"),
        ("[]", "it has no host"),
        ("[::1", "it has no host"),
        ("[1:2]", "is no IPv6 address"),
        ("::1", "it has no host"),
        # names
        ("localhost", "names the machine itself"),
        ("LocalHost", "names the machine itself"),
        ("localhost.", "names the machine itself"),
        ("a.b.localhost", "names the machine itself"),
        ("localhost.localdomain", "names the machine itself"),
        ("localhost6", "names the machine itself"),
        ("ip6-loopback", "names the machine itself"),
        ("inside.example.com", "resolves to 10.1.2.3, a private address"),
        ("INSIDE.example.com.", "resolves to 10.1.2.3, a private address"),
        ("half.example.com", "resolves to 10.1.2.3, a private address"),
        ("six.example.com", "resolves to fd00::5, a private address"),
        ("link.example.com", "a link-local address"),
        ("rebound.127.0.0.1.nip.example", "resolves to 127.0.0.1, a loopback address"),
        ("metadata.google.internal", "resolves to 169.254.169.254, a link-local address"),
        ("emulator", "resolves to 172.18.0.5, a private address"),
        # what two programs may take apart in two ways
        ("", "it has no host"),
        (":80", "it has no host"),
        ("@", "it has no host"),
        (".", "is no host"),
        ("a..b", "is no host"),
        ("127.0.0.1..", "is no host"),
        ("a@b@127.0.0.1", "it has no host"),
        ("media.example.com\\@127.0.0.1", "a backslash"),
        ("127.0.0.1\\.media.example.com", "a backslash"),
        ("127.0.0.1\t", "control character"),
        ("127.0.0.1\n.media.example.com", "control character"),
        ("127.0.0.1 ", "a blank"),
        ("127.0.0.1\x00.media.example.com", "control character"),
        ("127.0.0.1%2emedia.example.com", "it has no host"),
        ("%31%32%37.0.0.1", "it has no host"),
        ("①②⑦.⓪.⓪.①", "isn't made of ASCII"),
        ("127。0。0。1", "isn't made of ASCII"),
        ("\uff11\uff12\uff17.0.0.1", "isn't made of ASCII"),
        ("loc\u00adalhost", "isn't made of ASCII"),
        ("\uff4cocalhost", "isn't made of ASCII"),
        ("media.example.com:0", "0 is no port"),
        ("media.example.com:65536", "65536 is no port"),
        ("media.example.com:000080", "it has no host"),
        ("media.example.com:٨٠", "it has no host"),
        ("media.example.com:80:80", "it has no host"),
    ],
)
def test_what_is_not_the_public_internet_is_refused(host: str, why: str) -> None:
    assert why in refusal(f"http://{host}/clip.mp4")
    assert why in refusal(f"HTTPS://{host}?x=1")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http:/127.0.0.1/",
            "http:127.0.0.1",
            "http:///127.0.0.1/",
            "//127.0.0.1/",
            "127.0.0.1",
            "",
            "http://",
        ),
        *(
            " http://127.0.0.1/",
            "\thttp://127.0.0.1/",
            "ht\ntp://127.0.0.1/",
            "http:\\\\127.0.0.1\\",
            "url:http://x/",
        ),
        *(
            "ftp://media.example.com/",
            "gopher://127.0.0.1/",
            "file:///etc/passwd",
            "https//media.example.com/x",
        ),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert "Give a complete public address" in refusal(url)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://media.example.com/clip.mp4", ("https", "media.example.com", 443, (PUBLIC, "2400:3200::1"))),
        ("HTTP://MEDIA.example.com.:8080?x=@127.0.0.1", ("http", "media.example.com", 8080, (PUBLIC, "2400:3200::1"))),
        ("https://media.example.com#@127.0.0.1/", ("https", "media.example.com", 443, (PUBLIC, "2400:3200::1"))),
        ("https://127.0.0.1@media.example.com/", ("https", "media.example.com", 443, (PUBLIC, "2400:3200::1"))),
        ("https://my_bucket.oss.example.com/ü", ("https", "my_bucket.oss.example.com", 443, (PUBLIC,))),
        ("https://xn--fsq.example/", ("https", "xn--fsq.example", 443, (PUBLIC,))),
        (f"http://{PUBLIC}:1/", ("http", PUBLIC, 1, (PUBLIC,))),
        ("http://8.8.8.8/", ("http", "8.8.8.8", 80, ("8.8.8.8",))),
        ("http://172.32.0.1/", ("http", "172.32.0.1", 80, ("172.32.0.1",))),
        ("http://100.128.0.1/", ("http", "100.128.0.1", 80, ("100.128.0.1",))),
        ("http://[2400:3200::0001]:81/", ("http", "2400:3200::1", 81, ("2400:3200::1",))),
        ("http://[64:ff9b::8.8.8.8]/", ("http", "64:ff9b::808:808", 80, ("64:ff9b::808:808",))),
        ("http://[2002:808:808::1]/", ("http", "2002:808:808::1", 80, ("2002:808:808::1",))),
        ("http://unknown.example/", ("http", "unknown.example", 80, ())),
        ("http://0xg.1a/", ("http", "0xg.1a", 80, ())),
        ("http://7f000001/", ("http", "7f000001", 80, ())),
    ],
)  # fmt: skip
def test_what_is_public_or_not_known_here_may_be_used(url: str, found: tuple[object, ...]) -> None:
    checked = rules().check(url, what="video_url")
    assert (checked.scheme, checked.host, checked.port, tuple(map(str, checked.addresses))) == found
    assert not checked.exempt


@pytest.mark.parametrize(
    ("own", "url", "allowed"),
    [
        ("http://127.0.0.1:8765/api/v1", "http://127.0.0.1:8765/clip.mp4", True),
        ("http://127.0.0.1:8765/api/v1", "https://127.0.0.1:8765/clip.mp4", True),
        ("http://127.0.0.1:8765/api/v1", "http://127.0.0.1:8766/clip.mp4", False),
        ("http://127.0.0.1:8765/api/v1", "http://127.0.0.1/clip.mp4", False),
        ("http://127.0.0.1:8765/api/v1", "http://127.0.0.2:8765/clip.mp4", False),
        ("http://127.0.0.1:8765/api/v1", "http://localhost:8765/clip.mp4", False),
        ("http://127.0.0.1:8765/api/v1", "http://127.0.0.1:8765@10.0.0.1:8765/", False),
        ("http://127.0.0.1/api/v1", "http://127.0.0.1:80/clip.mp4", True),
        ("https://127.0.0.1/api/v1", "http://127.0.0.1/clip.mp4", False),
        ("https://127.0.0.1/api/v1", "http://127.0.0.1:443/clip.mp4", True),
        ("http://[::1]:8765/api/v1", "http://[0:0::1]:8765/clip.mp4", True),
        ("http://emulator:8765/api/v1", "http://EMULATOR.:8765/clip.mp4", True),
        ("http://emulator:8765/api/v1", "http://emulator:80/clip.mp4", False),
        ("http://localhost:8765/api/v1", "http://localhost:8765/clip.mp4", True),
        ("http://[fe80::1%25eth0]:8765/api/v1", "http://127.0.0.1:8765/", False),
        (None, "http://127.0.0.1:8765/", False),
    ],
)
def test_only_the_connections_own_host_and_port_is_exempt(own: str | None, url: str, allowed: bool) -> None:
    if allowed:
        assert rules(own_base_url=own).check(url, what="video_url").exempt
    else:
        refusal(url, own_base_url=own)


@pytest.mark.parametrize(
    "url", ["http://127.1/x", "http://localhost:1/x", "http://inside.example.com/", "http://[::1]/"]
)
def test_deployment_can_allow_it_all_and_then_nothing_is_resolved(url: str) -> None:
    names = Names()
    assert rules(names, allow_private=True).check(url, what="video_url").exempt
    assert names.asked == []


def test_message_says_which_input_what_it_is_and_what_to_do_without_the_query() -> None:
    said = refusal("https://key:s3cr3t@inside.example.com/clip.mp4?Signature=s3cr3t#s3cr3t")
    assert said == (
        "video_url: https://...@inside.example.com/clip.mp4?... may not be used: its host resolves to 10.1.2.3, a "
        "private address. Make the file public, give the URI of a file in storage (s3://conn@bucket/clip.mp4), or let "
        "the deployment allow it with `[wan] allow_private_urls`. Nothing was sent or billed. It is not retried."
    )


def test_name_is_resolved_once_a_minute_whether_it_exists_or_not() -> None:
    names = Names()
    now = [1000.0]
    known = addresses._Names(names, 3, clock=lambda: now[0])
    for host in ("media.example.com", "unknown.example") * 3:
        assert bool(known.addresses(host)) is (host in NAMES)
    assert names.asked == ["media.example.com", "unknown.example"]
    now[0] += 59.9
    known.addresses("media.example.com")
    assert len(names.asked) == 2
    now[0] += 0.1
    known.addresses("media.example.com")
    assert names.asked[2:] == ["media.example.com"]


def test_memory_for_names_is_bounded() -> None:
    names = Names({})
    known = addresses._Names(names, 3)
    for number in range(600):
        known.addresses(f"{number}.example")
    assert len(known._known) == 256
    known.addresses("599.example")
    assert len(names.asked) == 600


def test_slow_resolver_is_waited_for_once_and_its_late_answer_counts() -> None:
    gate, answered = threading.Event(), threading.Event()
    asked: list[str] = []

    def slow(host: str, *_: object, **how: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        gate.wait(10)
        answered.set()
        return Names({host: ["10.0.0.1"]})(host, None, **how)

    vetted = rules(slow, timeout=1)
    began = time.monotonic()
    try:
        for _ in range(10):
            assert vetted.check("http://slow.example/", what="video_url").addresses == ()
        assert 1 <= time.monotonic() - began < 8
        assert asked == ["slow.example"]
    finally:
        gate.set()
    assert answered.wait(10)
    _, answer = vetted._names._known["slow.example"]
    assert answer.result(10)
    with pytest.raises(InputNotAllowedError, match=r"resolves to 10\.0\.0\.1"):
        vetted.check("http://slow.example/", what="video_url")


def test_threads_share_one_answer() -> None:
    gate = threading.Event()
    names = Names()

    def slow(*asked: Any, **how: Any) -> list[tuple[Any, ...]]:
        gate.wait(10)
        return names(*asked, **how)

    known = addresses._Names(slow, 10)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(known.addresses("media.example.com"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert [str(address) for address in found[0]] == NAMES["media.example.com"]  # type: ignore[attr-defined]
    assert found == [found[0]] * 8
    assert names.asked == ["media.example.com"]


def test_resolver_that_breaks_is_like_a_name_that_is_not_known() -> None:
    def broken(*_: object, **__: object) -> Any:
        raise UnicodeError("label too long")

    assert rules(broken).check(f"http://{'a' * 70}.example/", what="video_url").addresses == ()


def test_rules_share_what_the_system_resolved() -> None:
    one = AddressRules(allow_private=False, own_base_url=None)
    assert one._names is AddressRules(allow_private=True, own_base_url=None)._names
    assert one._names is not rules()._names


def test_module_is_light() -> None:
    code = (
        "import sys, airflow_provider_wan.addresses; print({'airflow', 'httpx', 'fsspec'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Any spelling of any internal address.

four_bytes = st.sampled_from([ipaddress.IPv4Network(network) for network in addresses._NETWORKS4]).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1]))
)


def number(value: int, radix: str, zeros: int) -> str:
    return {
        "d": f"{value}",
        "o": f"0{'0' * zeros}{value:o}",
        "x": f"0x{'0' * zeros}{value:x}",
        "X": f"0X{value:X}",
    }[radix]


@st.composite
def spelled(draw: st.DrawFn) -> str:
    value = draw(four_bytes)
    groups = draw(st.integers(1, 4))
    parts = [(value >> (24 - 8 * index)) & 255 for index in range(groups - 1)]
    parts.append(value & ((1 << (8 * (5 - groups))) - 1))
    host = ".".join(number(part, draw(st.sampled_from("doxX")), draw(st.integers(0, 6))) for part in parts)
    mapped = ipaddress.IPv4Address(value)
    if draw(st.booleans()):
        prefix = draw(st.sampled_from(["::ffff:", "::ffff:0:", "64:ff9b::", "0:0:0:0:0:FFFF:"]))
        host = (
            f"[{prefix}{mapped}]" if draw(st.booleans()) else f"[2002:{value >> 16:x}:{value & 0xFFFF:x}::1]"
        )
    before = draw(st.sampled_from(["", "user@", "media.example.com:80@"]))
    after = draw(st.sampled_from(["", "."])) if not host.endswith("]") else ""
    return f"{before}{host}{after}{draw(st.sampled_from(['', ':80', ':8765', ':']))}"


@unhurried
@given(spelled())
def test_no_spelling_of_an_internal_address_passes(place: str) -> None:
    refusal(f"http://{place}/clip.mp4", own_base_url="http://127.0.0.1:8764")


@unhurried
@given(st.text("0123456789abcdefxX.", min_size=1, max_size=24))
def test_what_the_system_reads_as_an_address_is_judged_as_that_address(host: str) -> None:
    try:
        meant = ipaddress.IPv4Address(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        return
    if internal(meant):
        refusal(f"http://{host}/")


@unhurried
@given(st.ip_addresses(v=4))
def test_no_address_that_python_knows_to_be_special_passes(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert internal(address)


@unhurried
@given(st.ip_addresses(v=6))
def test_no_ipv6_address_that_python_knows_to_be_special_passes(address: ipaddress.IPv6Address) -> None:
    embedding = any(
        address in network for network, _ in addresses._EMBEDDING
    )  # that is for the IPv4 one to say
    special = not address.is_global or address.is_multicast or address.is_reserved or address.is_site_local
    if special and not embedding:
        assert internal(address)


@unhurried
@given(st.lists(st.ip_addresses(), min_size=1, max_size=4))
def test_name_passes_only_with_none_but_public_addresses(found: list[Any]) -> None:
    names = Names({"any.example": [str(address) for address in found]})
    if any(internal(address) for address in found):
        refusal("http://any.example/", resolve=names)
    else:
        assert rules(names).check("http://any.example/", what="video_url").addresses == tuple(
            dict.fromkeys(found)
        )
