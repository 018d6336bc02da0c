"""Where messages arrive, on real sockets: a web server that answers as Slack and DingTalk do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Chat:
    """A chat service.

    Attributes:
        url: Its address.
        got: Path and body of each message, as JSON.
    """

    url: str = ""
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [body for _, body in self.got]


@contextmanager
def chat() -> Iterator[Chat]:
    """Run a chat service on loopback while the block lasts."""
    found = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((self.path, json.loads(body)))
            # Slack's webhooks answer `ok`, its API and DingTalk with JSON.
            answer = b"ok" if self.path.startswith("/services/") else b'{"ok": true, "errcode": 0}'
            self.send_response(200)
            self.send_header("Content-Type", "text/plain" if answer == b"ok" else "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
