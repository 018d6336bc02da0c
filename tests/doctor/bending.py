"""A server between a client and the emulator that bends answers, as a real service may differ from its pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from airflow_provider_wan.dashscope.tls import ssl_context

PATH = "/api/v1"


@dataclass
class Bent:
    """A call on its way, and its answer, which may be changed."""

    path: str
    query: dict[str, str]
    status: int
    headers: dict[str, str]
    content: bytes
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @json.setter
    def json(self, value: Any) -> None:
        self.content = json.dumps(value, ensure_ascii=False).encode()

    def says(self, value: Any, status: int = 200, **headers: str) -> None:
        self.json, self.status = value, status
        self.headers |= {name.replace("_", "-"): text for name, text in headers.items()}


Bend = Callable[[Bent], None]


@contextmanager
def bending(origin: str, *, before: Bend | None = None, after: Bend | None = None) -> Iterator[str]:
    """Serve what `origin` serves, bent; yields the base URL.

    Args:
        origin: The emulator.
        before: May change `path` and `query` of a call before it is passed on.
        after: May change its answer.
    """
    client = httpx.Client(base_url=origin, trust_env=False, verify=ssl_context())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16  # head and body in one piece: with two of them each answer takes 40 ms

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            call = Bent(parts.path.removeprefix(PATH), query, 0, {}, b"", dict(self.headers.items()))
            if before:
                before(call)
            passed = {
                name: text
                for name, text in self.headers.items()
                if name.lower() in ("authorization", "x-dashscope-workspace")
            }
            answer = client.get(PATH + call.path, params=call.query, headers=passed)
            call.status, call.content = answer.status_code, answer.content
            call.headers = {name: answer.headers[name] for name in ("content-type", "date")}
            if after:
                after(call)
            self.send_response_only(call.status)
            for name, text in call.headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(call.content)))
            self.end_headers()
            self.wfile.write(call.content)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{PATH}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        client.close()
