"""A server on a real socket that answers exactly what a test scripts, misbehaviour included.

Each request takes the next answer of the script. A request beyond it is recorded like any other, and its
connection is closed, so that counting requests finds it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """A request as it arrived, its target byte for byte."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to send back.

    `length` is the Content-Length to announce, the body's own when None. With `keep_open` False the
    connection is closed after the body. `gate` is waited for before anything is sent.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    keep_open: bool = True
    gate: threading.Event | None = None


DROP = "close the connection without a word"
RESET = "reset the connection without a word"
HANG = "never answer"


def says(answer: object, status: int = 200, **headers: str) -> Answer:
    """A JSON answer. Underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(answer).encode(), {"content-type": "application/json", **named})


def refuses(status: int, code: str, message: str = "said no", **headers: str) -> Answer:
    return says({"code": code, "message": message, "request_id": "req-refused"}, status, **headers)


def html(status: int, text: str = "<html><body>Bad gateway</body></html>", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode(), {"content-type": "text/html", **named})


def half(answer: Answer) -> Answer:
    """The same answer, but the connection ends in the middle of its body."""
    cut = len(answer.body) // 2
    return Answer(answer.status, answer.body[:cut], answer.headers, len(answer.body), keep_open=False)


class ScriptedServer:
    """Has a port from the start, and listens there while the `with` block lasts.

    `always` answers what is beyond the script.
    """

    def __init__(self, *script: Answer | str, always: Answer | None = None) -> None:
        self.requests: list[Request] = []
        self.open_connections = 0
        self._script = list(script)
        self._always = always
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition(self._lock)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/api/v1"

    def then(self, *script: Answer | str) -> None:
        """Add to the script."""
        with self._lock:
            self._script.extend(script)

    def wait_for(self, *, requests: int = 0, open_connections: int | None = None) -> bool:
        """Wait until so much has been seen; False if it doesn't happen in 10 seconds."""

        def seen() -> bool:
            enough = len(self.requests) >= requests
            return enough and open_connections in (None, self.open_connections)

        with self._changed:
            return self._changed.wait_for(seen, 10)

    def __enter__(self) -> Self:
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.add(connection)
            self.open_connections += 1
            self._changed.notify_all()
        try:
            with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
                while (request := _read_request(stream)) is not None:
                    if not self._act(connection, self._next(request)):
                        return
        finally:
            with self._changed:
                self._connections.discard(connection)
                self.open_connections -= 1
                self._changed.notify_all()

    def _next(self, request: Request) -> Answer | str:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            return self._script.pop(0) if self._script else self._always or DROP

    def _act(self, connection: socket.socket, answer: Answer | str) -> bool:
        """Answer; whether the connection stays open."""
        if answer == HANG:
            self._over.wait()
            return False
        if answer == RESET:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, for 0 seconds: closing sends RST
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        if not isinstance(answer, Answer):
            return False
        if answer.gate is not None:
            answer.gate.wait(10)
        length = len(answer.body) if answer.length is None else answer.length
        headers = {"content-length": str(length), **answer.headers}
        head = [
            f"HTTP/1.1 {answer.status} Scripted",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + answer.body)
        return answer.keep_open


def _read_request(stream: Any) -> Request | None:
    line = stream.readline().decode("latin-1")
    if "HTTP/1.1" not in line:
        return None
    method, target, *_ = line.split(" ")
    headers: dict[str, str] = {}
    while field_line := stream.readline().decode("latin-1").strip():
        name, _, value = field_line.partition(":")
        headers[name.lower()] = value.strip()
    assert "transfer-encoding" not in headers, "the scripted server reads no chunked requests"
    return Request(method, target, headers, stream.read(int(headers.get("content-length", "0"))))
