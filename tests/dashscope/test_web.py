"""Reading web inputs: only what is needed, from nowhere it may not, and never for long."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import io
import logging
import random
import socket
import ssl
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import pytest

from airflow_provider_wan import addresses
from airflow_provider_wan.addresses import AddressRules
from airflow_provider_wan.dashscope import fetching
from airflow_provider_wan.dashscope.errors import Retry
from airflow_provider_wan.dashscope.fetching import Limits
from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError, InputUnreadableError
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.dashscope.web import RemoteFile, open_remote
from tests.dashscope.scripted_server import DROP, HANG, RESET, Answer, ScriptedServer, half, html

SECRET = "Signature=s3cr3t%2Bs3cr3t"
SMALL = Limits(block=1000, blocks=3, total=20_000)
CONTENT = random.Random(5).randbytes(10_000)
ANY = AddressRules(allow_private=True, own_base_url=None)


def own(origin: str) -> AddressRules:
    """Rules that let inputs be on one server of the loopback alone."""
    return AddressRules(allow_private=False, own_base_url=f"{origin}/api/v1")


class Files:
    """A server that hands out one file, in parts if so asked, and counts what it sends."""

    def __init__(
        self,
        content: bytes,
        *,
        parts: bool = True,
        chunked: bool = False,
        encoding: str = "",
        most: int | None = None,
        total: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.content = content
        self.asked: list[dict[str, str]] = []
        self.sent = 0
        self.tag = '"1"'
        self.moved = ""
        settings, files = (parts, chunked, encoding, most, total), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                files._answer(self, *settings)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a reader that leaves early is no error

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/clip.mp4?{SECRET}"

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("range") for headers in self.asked]

    def _answer(
        self,
        handler: BaseHTTPRequestHandler,
        parts: bool,
        chunked: bool,
        encoding: str,
        most: int | None,
        total: str | None,
    ) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append({"target": handler.path, **headers})
        content, status, more = self.content, 200, {"ETag": self.tag}
        if handler.path == "/moved":
            content, status, more, parts = b"", 302, {"Location": self.moved}, False
        asked = headers.get("range")
        if encoding:
            packers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
            content = packers.get(encoding, bytes)(content)
            more["Content-Encoding"] = encoding
        if parts and asked:
            first, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
            if first >= len(content):
                status, content, more["Content-Range"] = 416, b"", f"bytes */{len(content)}"
            else:
                last = min(last, len(content) - 1, first + (most or len(content)) - 1)
                more["Content-Range"] = f"bytes {first}-{last}/{total or len(content)}"
                status, content = 206, content[first : last + 1]
        handler.send_response(status)
        for name, value in more.items():
            handler.send_header(name, value)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        with contextlib.suppress(OSError):
            for start in range(0, len(content), 4096):
                piece = content[start : start + 4096]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                self.sent += len(piece)
            if chunked:
                handler.wfile.write(b"0\r\n\r\n")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def unreadable(url: str, rules: AddressRules = ANY, limits: Limits = SMALL) -> InputUnreadableError:
    with pytest.raises(InputUnreadableError) as caught, open_remote(url, rules, limits=limits) as file:
        file.read()
    assert "Nothing was sent or billed." in str(caught.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
    return caught.value


KINDS: list[dict[str, Any]] = [
    {},
    {"most": 300},
    {"chunked": True},
    {"parts": False},
    {"parts": False, "chunked": True},
    {"total": "*"},
    {"parts": False, "encoding": "gzip"},
    {"encoding": "gzip"},
    {"encoding": "deflate", "chunked": True},
    {"encoding": "utf-8"},
    {"encoding": "aws-chunked", "parts": False},
]
every_server = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: " ".join(kind) or "plain")


@every_server
def test_file_reads_and_seeks_like_one_on_disk_whatever_the_server(kind: dict[str, Any]) -> None:
    rng = random.Random(1)
    disk = io.BytesIO(CONTENT)
    with (
        Files(CONTENT, **kind) as server,
        open_remote(server.url, own(server.origin), limits=Limits(block=1000)) as file,
    ):
        assert file.readable()
        assert file.seekable()
        assert not file.writable()
        for _ in range(300):
            if rng.random() < 0.5:
                offset, whence = rng.choice(
                    [(rng.randrange(12_000), 0), (-rng.randrange(10_000), 2), (rng.randrange(50), 1)]
                )
                assert file.seek(offset, whence) == disk.seek(offset, whence)
            length = rng.choice([0, 1, 10, 999, 1000, 1001, 5000, -1])
            assert file.read(length) == disk.read(length)
            assert file.tell() == disk.tell()
        assert file.size == len(CONTENT)


def test_only_what_is_read_is_fetched() -> None:
    content = bytes(8 << 20)
    with Files(content) as server, open_remote(server.url, own(server.origin)) as file:
        assert file.size == len(content)
        file.read(100)
        file.seek(-100, io.SEEK_END)
        assert file.read() == bytes(100)
        file.seek(50)
        file.read(300)
        assert server.sent == 2 * Limits().block
    assert server.ranges == ["bytes=0-262143", "bytes=8126464-8388607"]


def test_blocks_are_kept_but_not_all() -> None:
    with Files(CONTENT) as server, open_remote(server.url, own(server.origin), limits=SMALL) as file:
        for place in (0, 1000, 2000, 10, 3000, 20, 1010):
            file.seek(place)
            file.read(1)
    assert [asked and asked.partition("=")[2].partition("-")[0] for asked in server.ranges] == [
        *("0", "1000", "2000", "3000", "1000"),
    ]


def test_server_without_parts_is_read_only_as_far_as_needed() -> None:
    with Files(bytes(64 << 20), parts=False) as server:
        with open_remote(server.url, own(server.origin)) as file:
            assert file.size == 64 << 20
            file.read(100_000)
            file.seek(0)
            assert file.read(10) == bytes(10)
        assert len(server.asked) == 1
    assert server.sent < 16 << 20  # the rest is what the sockets hold


@pytest.mark.parametrize("parts", [True, False])
def test_no_more_is_fetched_than_may_be(parts: bool) -> None:
    with Files(bytes(100_000), parts=parts) as server:
        error = unreadable(server.url, own(server.origin))
        assert "more than 0.019 MB of it would have to be read" in str(error)
        assert error.retry is Retry.NEVER
        assert server.sent < 30_000 or not parts


def test_what_is_too_far_to_reach_without_parts_is_given_up_at_once() -> None:
    with (
        Files(bytes(32 << 20), parts=False) as server,
        open_remote(server.url, own(server.origin), limits=Limits(total=8 << 20)) as file,
    ):
        file.seek(-10, io.SEEK_END)
        with pytest.raises(InputUnreadableError, match="hands out no parts"):
            file.read()
    assert server.sent < 8 << 20


@every_server
def test_empty_file_is_empty(kind: dict[str, Any]) -> None:
    with Files(b"", **kind) as server, open_remote(server.url, own(server.origin)) as file:
        assert file.read() == b""
        assert file.seek(0, io.SEEK_END) == 0


def test_file_can_be_used_no_more_once_it_is_closed() -> None:
    with Files(CONTENT) as server:
        with open_remote(server.url, own(server.origin)) as file, pytest.raises(ValueError, match="negative"):
            file.seek(-1)
        with pytest.raises(ValueError, match="closed"):
            file.read(1)


def test_neither_key_nor_cookies_go_there_and_the_query_goes_byte_for_byte() -> None:
    signed = "Expires=1&Signature=a%2Bb%2F%3D&x=%20&z=1+2"
    cookie = {"set-cookie": "a=b; Path=/", "content-range": f"bytes 0-999/{len(CONTENT)}"}
    more = {"content-range": f"bytes 1000-1999/{len(CONTENT)}"}
    with (
        ScriptedServer(Answer(206, CONTENT[:1000], cookie), Answer(206, CONTENT[1000:2000], more)) as server,
        open_remote(f"{server.origin}/a%2fb/ü?{signed}#x", own(server.origin), limits=SMALL) as file,
    ):
        assert file.read(2000) == CONTENT[:2000]
    for request in server.requests:
        assert request.target == f"/a%2fb/%C3%BC?{signed}"
        assert set(request.headers) == {
            *("host", "accept", "accept-encoding", "connection", "user-agent", "range")
        }
        assert request.headers["accept-encoding"] == "identity"


def test_nothing_of_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        Files(CONTENT) as server,
        ScriptedServer(html(302, location=server.url)) as first,
        open_remote(f"{first.origin}/?{SECRET}", ANY, limits=SMALL) as file,
    ):
        file.read()
    assert [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))] == []


# Redirects.


def test_redirects_are_followed_and_parts_then_asked_where_the_file_is() -> None:
    with (
        Files(CONTENT) as server,
        ScriptedServer(html(302, location="/two"), html(307, location=server.url)) as first,
        open_remote(f"{first.origin}/one", ANY, limits=SMALL) as file,
    ):
        assert file.read() == CONTENT
    assert [request.target for request in first.requests] == ["/one", "/two"]
    assert len(server.asked) == 10


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest/meta-data?token=s3cr3t", "a link-local address"),
        ("http://127.0.0.1:1/", "a loopback address"),
        ("http://localhost:1/", "names the machine itself"),
        ("//127.1/", "an unusual spelling of 127.0.0.1"),
        ("http://[::ffff:127.0.0.1]/", "inside an IPv6 one"),
        ("file:///etc/passwd", "isn't a complete http"),
        ("ftp://127.0.0.1/", "isn't a complete http"),
        ("http://good.example@10.0.0.1/", "a private address"),
    ],
)
def test_redirect_to_where_no_input_may_be_is_refused_with_its_hop(location: str, why: str) -> None:
    with ScriptedServer(html(302, location="/second"), html(302, location=location)) as server:
        with (
            pytest.raises(InputNotAllowedError, match=why) as caught,
            open_remote(f"{server.origin}/clip.mp4?{SECRET}", own(server.origin)),
        ):
            pass
        said = str(caught.value)
        assert said.startswith(
            f"redirect 2 of {server.origin}/clip.mp4?...: {shown(urljoin(server.origin, location))}"
        )
    assert "s3cr3t" not in said
    assert caught.value.retry is Retry.NEVER
    assert len(server.requests) == 2


def test_redirect_to_another_port_of_the_same_machine_is_refused_and_never_asked() -> None:
    with (
        Files(CONTENT) as inside,
        ScriptedServer(html(302, location=inside.url)) as server,
        pytest.raises(InputNotAllowedError, match="a loopback address"),
        open_remote(f"{server.origin}/clip.mp4", own(server.origin)),
    ):
        pass
    assert inside.asked == []


def test_redirect_that_comes_while_reading_is_vetted_too() -> None:
    part = Answer(206, CONTENT[:1000], {"content-range": "bytes 0-999/10000"})
    with (
        ScriptedServer(part, html(302, location="http://10.0.0.1/")) as server,
        open_remote(f"{server.origin}/clip.mp4", own(server.origin), limits=SMALL) as file,
        pytest.raises(InputNotAllowedError, match="a private address"),
    ):
        file.read()


def test_redirects_end() -> None:
    with ScriptedServer(always=html(302, location="/again")) as server:
        assert "redirects more than 5 times" in str(unreadable(f"{server.origin}/x?{SECRET}"))
    assert len(server.requests) == 6


def test_redirect_to_nonsense_is_unreadable() -> None:
    with ScriptedServer(html(302, location="http://[oops/")) as server:
        assert "redirects to what is no address" in str(unreadable(f"{server.origin}/x"))


# What goes wrong.


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (403, "HTTP 403: expired, or not public? Presign it"),
        (401, "HTTP 401: expired"),
        (404, "HTTP 404: there is no such file. Check"),
        (410, "HTTP 410: there is no such file"),
        (400, "HTTP 400. Check the address."),
        (204, "HTTP 204. Check"),
        (304, "HTTP 304. Check"),
        (429, "HTTP 429: its server has trouble of its own"),
        (503, "HTTP 503: its server has trouble of its own"),
    ],
)
def test_refusal_is_told_with_its_status(status: int, why: str) -> None:
    with ScriptedServer(Answer(status)) as server:
        error = unreadable(f"{server.origin}/clip.mp4?{SECRET}")
        assert f"{server.origin}/clip.mp4?..." in str(error)
    assert why in str(error)
    assert str(error).endswith("A retry looks again.")
    assert error.retry is Retry.LATER


def test_refusal_after_a_redirect_names_both_addresses() -> None:
    with (
        ScriptedServer(html(403)) as target,
        ScriptedServer(html(302, location=f"{target.origin}/b?{SECRET}")) as first,
    ):
        said = str(unreadable(f"{first.origin}/a?{SECRET}"))
        through = f"{first.origin}/a?..., which redirects to {target.origin}/b?..., can't be read from here: HTTP 403"
        assert through in said


PART = Answer(206, CONTENT[:1000], {"content-range": "bytes 0-999/10000"})


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ([DROP], "no answer came (RemoteProtocolError"),
        ([RESET], "no answer came (R"),
        ([half(PART)], "it broke off"),
        ([half(Answer(200, CONTENT))], "it broke off"),
        ([Answer(206, CONTENT[:10], PART.headers)], "it broke off: 10 of 1000 bytes came"),
        ([PART, Answer(206, CONTENT[:1000], {"content-range": "bytes 1000-1999/10001"})], "it changed while"),
        ([PART, Answer(416)], "it became shorter"),
        ([PART, Answer(200, CONTENT[1:])], "it changed while it was read"),
        ([Answer(206, CONTENT[:1000]), html(404)], "HTTP 404"),
        ([Answer(206, CONTENT[:1000]), Answer(206, CONTENT[:1000])], "HTTP 206 where the whole file was asked for"),
        ([Answer(206, CONTENT[:9], {"content-range": f"bytes 0-8/{'9' * 5000}"}), Answer(404)], "HTTP 404"),
        ([Answer(200, b"not gzip", {"content-encoding": "gzip"})], "it broke off (DecodingError"),
        ([Answer(200, b"whatever", {"content-encoding": "br"})], "it comes encoded (br)"),
    ],
)  # fmt: skip
def test_what_breaks_off_or_makes_no_sense_is_unreadable(script: list[Any], why: str) -> None:
    with ScriptedServer(*script) as server:
        assert why in str(unreadable(f"{server.origin}/clip.mp4?{SECRET}"))
    assert len(server.requests) == len(script)


def test_change_is_seen_by_its_tag_too() -> None:
    with Files(CONTENT) as server, open_remote(server.url, ANY, limits=SMALL) as file:
        server.tag = '"2"'
        with pytest.raises(InputUnreadableError, match="changed while it was read"):
            file.read()


def test_server_that_stops_handing_out_parts_is_read_from_its_beginning() -> None:
    with (
        ScriptedServer(PART, Answer(200, CONTENT)) as server,
        open_remote(f"{server.origin}/clip.mp4", ANY, limits=SMALL) as file,
    ):
        assert file.read() == CONTENT


def test_more_than_was_asked_for_is_not_taken() -> None:
    lavish = Answer(206, CONTENT, {"content-range": "bytes 0-9999/10000"})
    with (
        ScriptedServer(lavish, Answer(200, CONTENT)) as server,
        open_remote(f"{server.origin}/clip.mp4", ANY, limits=SMALL) as file,
    ):
        assert file.read() == CONTENT
    assert [("range" in request.headers) for request in server.requests] == [True, False]


def test_connection_that_the_server_ended_in_a_pause_is_made_anew() -> None:
    more = Answer(206, CONTENT[1000:2000], {"content-range": "bytes 1000-1999/10000"})
    with (
        ScriptedServer(PART, DROP, more) as server,
        open_remote(f"{server.origin}/", ANY, limits=SMALL) as file,
    ):
        assert file.read(2000) == CONTENT[:2000]


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert "no answer came (ConnectError" in str(unreadable(f"http://127.0.0.1:{port}/x?{SECRET}"))


# Time.


@contextlib.contextmanager
def dripping(*, head: bytes = b"", every: float = 0.05) -> Iterator[str]:
    """A server that sends a byte now and then, after `head`, for as long as somebody listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head or b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(every):
                    connection.sendall(b"x")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/clip.mp4?{SECRET}"
    finally:
        over.set()
        listener.close()
        thread.join(10)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 206 Partial\r\nContent-Length: 1000\r\nContent-Range: bytes 0-999/2000\r\n\r\n",
    ],
    ids=["in its head", "in its content", "in content without length", "in a part"],
)
def test_server_that_drips_is_left_in_time(head: bytes) -> None:
    with dripping(head=head) as url:
        began = time.monotonic()
        error = unreadable(url, limits=Limits(block=1000, read=20, overall=0.7))
        assert 0.6 < time.monotonic() - began < 10
    assert "it took longer than 0.7 s" in str(error)
    assert error.retry is Retry.LATER


def test_server_that_never_answers_is_left_in_time() -> None:
    with ScriptedServer(HANG) as server:
        began = time.monotonic()
        assert "ReadTimeout" in str(unreadable(f"{server.origin}/x", limits=Limits(read=0.5)))
        assert time.monotonic() - began < 10


def test_time_that_the_reader_takes_does_not_count() -> None:
    with Files(CONTENT) as server, open_remote(server.url, ANY, limits=Limits(block=1000, overall=5)) as file:
        line: Any = file._line
        before = line._left
        waited = threading.Event().wait(0.5)
        assert not waited
        assert line._left == before
        file.read()
        assert line._left < before


# Names are resolved once, and the connection is made to what was vetted.


@pytest.fixture
def public_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback's 127.0.0.1 plays a public address; there is no other to listen on."""
    judged = addresses.internal
    monkeypatch.setattr(addresses, "internal", lambda one: "" if str(one) == "127.0.0.1" else judged(one))


def resolving(*answers: str | list[str]) -> tuple[AddressRules, list[str]]:
    """Rules to which names resolve one answer after the other, asked each time; and what was asked."""
    asked: list[str] = []

    def resolve(host: str, *_: object, **__: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET, 1, 6, "", (one, 0)) for one in ([answer] if isinstance(answer, str) else answer)
        ]

    return AddressRules(allow_private=False, own_base_url=None, resolve=resolve), asked


def test_connection_is_made_to_the_address_that_was_vetted(public_loopback: None) -> None:
    rules, asked = resolving("127.0.0.1")
    with Files(CONTENT) as server:
        with open_remote(
            f"http://key:word@media.invalid:{server.port}/x?{SECRET}", rules, limits=SMALL
        ) as file:
            assert file.read() == CONTENT
        assert {headers["host"] for headers in server.asked} == {f"media.invalid:{server.port}"}
        assert {headers["authorization"] for headers in server.asked} == {"Basic a2V5OndvcmQ="}
    assert asked == ["media.invalid"]


def test_name_that_comes_to_mean_an_internal_address_is_refused(
    public_loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "KEPT", 0)
    rules, _ = resolving("127.0.0.1", "10.0.0.1")
    with (
        Files(CONTENT) as server,
        open_remote(f"http://media.invalid:{server.port}/", rules, limits=SMALL) as file,
        pytest.raises(InputNotAllowedError, match=r"resolves to 10\.0\.0\.1"),
    ):
        file.read()
    assert len(server.asked) == 1


def test_other_addresses_of_a_name_are_tried_and_the_one_that_works_is_kept(
    public_loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "internal", lambda _: "")
    rules, _ = resolving(["127.0.0.2", "127.0.0.1"])
    with (
        Files(CONTENT) as server,
        open_remote(f"http://media.invalid:{server.port}/", rules, limits=SMALL) as file,
    ):
        assert file.read() == CONTENT
        line: Any = file._line
        assert str(line._works) == "127.0.0.1"


def test_name_that_is_not_known_here_is_unreadable_and_not_resolved_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo
    # By the time a connection would be made, its owner has let it mean the loopback.
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **how: real("127.0.0.1", *more, **how))
    rules, asked = resolving([])
    with Files(CONTENT) as server:
        said = str(unreadable(f"http://media.invalid:{server.port}/x?{SECRET}", rules))
        assert server.asked == []
    assert "the name media.invalid can't be resolved from here" in said
    assert asked == ["media.invalid"]


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context for a certificate made out to names."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "pem").write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pem")
    client = ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
    return server, client


def test_certificate_is_asked_for_and_checked_by_the_name_though_the_address_is_called(
    public_loopback: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_side, client_side = certificate(tmp_path, "media.invalid")
    names: list[str] = []
    server_side.sni_callback = lambda _, name, __: names.append(name)
    monkeypatch.setattr(fetching, "ssl_context", lambda: client_side)
    rules, _ = resolving("127.0.0.1")
    with Files(CONTENT, tls=server_side) as server:
        with open_remote(f"https://media.invalid:{server.port}/", rules, limits=SMALL) as file:
            assert file.read() == CONTENT
        assert set(names) == {"media.invalid"}
        assert "CERTIFICATE_VERIFY_FAILED" in str(unreadable(f"https://other.invalid:{server.port}/", rules))


def test_connection_for_one_name_is_not_used_for_another_at_the_same_address(
    public_loopback: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_side, client_side = certificate(tmp_path, "media.invalid", "cdn.invalid")
    names: list[str] = []
    server_side.sni_callback = lambda _, name, __: names.append(name)
    monkeypatch.setattr(fetching, "ssl_context", lambda: client_side)
    rules, _ = resolving("127.0.0.1")
    with Files(CONTENT, tls=server_side) as server:
        server.moved = f"https://cdn.invalid:{server.port}/clip.mp4"
        with open_remote(f"https://media.invalid:{server.port}/moved", rules, limits=SMALL) as file:
            assert file.read() == CONTENT
    assert names == ["media.invalid", "cdn.invalid"]
    hosts = [headers["host"] for headers in server.asked]
    assert hosts == [f"media.invalid:{server.port}", *[f"cdn.invalid:{server.port}"] * 10]


# Proxies.


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_proxy(origin: str) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("http_proxy", origin)
        monkeypatch.setenv("no_proxy", "direct.invalid,127.0.0.1")

    return set_proxy


def test_proxy_resolves_names_but_they_are_vetted_all_the_same(proxied: Callable[[str], None]) -> None:
    whole = Answer(200, CONTENT)
    with ScriptedServer(whole, whole, html(302, location="http://10.0.0.1/")) as proxy:
        proxied(proxy.origin)
        answers: list[Any] = [[], "47.88.1.2"]  # known here or not
        for answer in answers:
            rules, _ = resolving(answer)
            with open_remote("http://media.invalid/clip.mp4?x=1", rules) as file:
                assert file.read() == CONTENT
            assert proxy.requests[-1].target == "http://media.invalid/clip.mp4?x=1"
        with pytest.raises(InputNotAllowedError), open_remote("http://media.invalid/", rules):
            pass
        inside, _ = resolving("10.0.0.1")
        with pytest.raises(InputNotAllowedError), open_remote("http://inside.invalid/", inside):
            pass
    assert len(proxy.requests) == 3


def test_hosts_that_need_no_proxy_get_none(public_loopback: None, proxied: Callable[[str], None]) -> None:
    with Files(CONTENT) as server, ScriptedServer() as proxy:
        proxied(proxy.origin)
        rules, _ = resolving("127.0.0.1")
        for host in ("direct.invalid", "127.0.0.1"):
            with open_remote(f"http://{host}:{server.port}/", rules, limits=SMALL) as file:
                assert file.read() == CONTENT
    assert proxy.requests == []


@pytest.mark.parametrize("proxy", ["nonsense://user:s3cr3t@127.0.0.1:1", "http://user:s3cr3t@127.0.0.1:1"])
def test_proxy_that_does_not_work_makes_the_input_unreadable(
    proxied: Callable[[str], None], proxy: str
) -> None:
    proxied(proxy)
    unreadable("http://media.invalid/", resolving("47.88.1.2")[0])


def test_media_library_reads_it_with_few_bytes() -> None:
    av = pytest.importorskip("av")
    from airflow_provider_wan.dashscope import web

    path = next((Path(__file__).parents[2] / "demo" / "media").glob("*.mp4"))
    content = path.read_bytes()
    for parts in (True, False):
        with Files(content, parts=parts) as server, web.open_remote(server.url, own(server.origin)) as file:
            assert isinstance(file, RemoteFile)
            with av.open(file) as container:
                assert container.streams.video[0].width
                assert next(container.decode(video=0)).width
