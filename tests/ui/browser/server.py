"""Serves the pages as the plugin does, with answers that a test lays down."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import airflow_provider_wan

STATIC = Path(airflow_provider_wan.__file__).parent / "ui" / "static"
PREFIX = "/af/wan/"  # as under `[api] base_url = http://.../af`
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'"
)
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}
_FRAME = """<!doctype html><html class="light"><head><title>Airflow</title><link rel="icon" href="data:,">
<style>html, body { margin: 0; height: 100%%; } html.dark { background: #111; color-scheme: dark; }
iframe { border: 0; display: block; width: 100%%; height: 100%%; }</style></head><body>
<iframe sandbox="allow-scripts allow-same-origin allow-forms allow-downloads" src="wan/%s"></iframe></body></html>"""

Answer = dict[str, Any] | int
"""JSON, or the status of a refusal."""


@dataclass
class Pages:
    """A running server.

    Attributes:
        base: Where the pages are, with a slash at the end.
        answers: What `edit/data` and `run/data` say, by path and `dag_id`; a list is used up to its last.
        media: Content type and content of files, by `of`.
        asked: The paths with query that were asked for.
    """

    base: str = ""
    answers: dict[tuple[str, str], Answer | list[Answer]] = field(default_factory=dict)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def edit(self, dag_id: str, data: Answer | list[Answer], **more: str) -> str:
        """Lay down what is said of a task instance, and return its page's address below `base`."""
        return self._laid_down(
            "edit", dag_id, data, {"run_id": "r1", "task_id": "edit", "map_index": "-1", **more}
        )

    def run(self, dag_id: str, data: Answer | list[Answer]) -> str:
        """Lay down what is said of a run, and return its page's address below `base`."""
        return self._laid_down("run", dag_id, data, {"run_id": "r1"})

    def _laid_down(self, page: str, dag_id: str, data: Answer | list[Answer], more: Mapping[str, str]) -> str:
        with self.lock:
            self.answers[f"{page}/data", dag_id] = data
        return f"{page}?dag_id={dag_id}&" + "&".join(f"{name}={value}" for name, value in more.items())

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        with self.lock:
            found = self.answers.get((path, query.get("dag_id", [""])[0]), 404)
            if isinstance(found, list):
                return found.pop(0) if len(found) > 1 else found[0]
            return found


@contextmanager
def serving(pages: Pages, *, port: int = 0) -> Iterator[Pages]:
    """Serve until the block ends."""

    class Handler(_Handler):
        site = pages

    server = _Server(("127.0.0.1", port), Handler)
    pages.base = f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a browser that hangs up: it has seen enough of a file."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Pages

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.site.asked.append(self.path)
        if url.path == PREFIX.removesuffix("wan/") + "frame":
            self._send(200, _TYPES[".html"], (_FRAME % url.query).encode(), csp=False)
            return
        if not url.path.startswith(PREFIX):
            self._send(404, "text/plain", b"")
            return
        path = url.path.removeprefix(PREFIX)
        query = parse_qs(url.query)
        if path in ("edit", "run"):
            self._send(200, _TYPES[".html"], (STATIC / f"{path}.html").read_bytes())
        elif (found := re.fullmatch(r"static/([a-z]+\.(?:js|css))", path)) and (STATIC / found[1]).is_file():
            self._send(200, _TYPES[Path(found[1]).suffix], (STATIC / found[1]).read_bytes())
        elif path in ("edit/data", "run/data"):
            said = self.site.answer(path, query)
            if isinstance(said, int):
                self._send(said, "application/json", b'{"detail": "no"}')
            else:
                self._send(200, "application/json", json.dumps(said).encode())
        elif path == "media" and (medium := self.site.media.get(query.get("of", [""])[0])):
            self._send_part(*medium)
        else:
            self._send(404, "text/plain", b"")

    def _send_part(self, kind: str, content: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            self._send(200, kind, content)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        where = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        self._send(206, kind, content[first : last + 1], more=where)

    def _send(
        self,
        status: int,
        kind: str,
        content: bytes,
        *,
        more: Mapping[str, str] | None = None,
        csp: bool = True,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Accept-Ranges", "bytes")
        if csp:
            self.send_header("Content-Security-Policy", CSP)
            self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
