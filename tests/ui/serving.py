"""A real API server with the plugin, web servers to fetch from, and users."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from airflow_provider_wan.dashscope.tls import ssl_context
from demo import processes
from demo.clock import ticks
from demo.logs import tail
from tests.patience import HANGS
from tests.system.airflow import _free_ports

ROOT = Path(__file__).parents[2]
USERS = {"ann": "viewer", "bob": "viewer"}


@dataclass
class Web:
    """A web server on this machine.

    Attributes:
        url: Its address.
        files: What it has, by path.
        moved: Where paths redirect to.
        asked: Paths and `Range` headers that were asked for.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def web() -> Iterator[Web]:
    """Serve files, in parts where wanted."""
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, wanted = self.path.partition("?")[0], self.headers.get("Range")
            served.asked.append((self.path, wanted))
            content = served.files.get(path)
            if path in served.moved:
                self.send_response(302)
                self.send_header("Location", served.moved[path])
                content = b""
            elif content is None:
                self.send_response(404)
                content = b""
            elif found := re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or ""):
                first, last = int(found[1]), int(found[2] or len(content) - 1)
                self.send_response(206)
                last = min(last, len(content) - 1)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
                content = content[first : last + 1]
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Served:
    """A running API server.

    Attributes:
        url: Address of the plugin's pages, with a slash at the end.
        airflow: Address of Airflow.
        tokens: Each user's token.
        roots: The media root.
        own: The web server that is the DashScope connection's host.
        other: Another one in the same network.
        log: What the server has printed.
    """

    url: str
    airflow: str
    tokens: dict[str, str]
    roots: Path
    own: Web
    other: Web
    log: Path

    def get(self, path: str, user: str | None = "ann", **headers: str) -> httpx.Response:
        """Ask for a page, by a path below the plugin's, with the cookie that a browser would send."""
        with self._client(user) as client:
            return client.get(self.url + path, headers=headers)

    def api(self, path: str, user: str | None) -> int:
        """Ask Airflow's own API, and return the status of its answer."""
        with self._client(user) as client:
            return client.get(f"{self.airflow}/api/v2/{path}").status_code

    def _client(self, user: str | None) -> httpx.Client:
        cookies = {"_token": self.tokens[user]} if user else {}
        return httpx.Client(trust_env=False, verify=ssl_context(), timeout=HANGS, cookies=cookies)


@contextmanager
def api_server(home: Path, own: Web, other: Web, **variables: str) -> Iterator[Served]:
    """Run `airflow api-server` on the tests' database."""
    [port] = _free_ports(1)
    roots = home / "media"
    roots.mkdir(parents=True, exist_ok=True)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({name: name for name in USERS}))
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-that-is-long-enough-for-the-algorithm-of-airflow-s-tokens",
        "AIRFLOW__CORE__AUTH_MANAGER": "tests.ui.auth.SomeHidden",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in USERS.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__WAN__ALLOW_PRIVATE_URLS": "False",
        "AIRFLOW__WAN__LOCAL_MEDIA_ROOTS": str(roots),
        **variables,
    }
    log = home / "api-server.log"
    command = ("-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port), "--apps", "core")
    child = processes.start(command, environment=environment, log=log, folder=home)
    record = processes.remember("api-server", child.pid)
    try:
        tokens = _logged_in(url, child, log)
        yield Served(f"{url}/wan/", url, tokens, roots, own, other, log)
    finally:
        processes.stop([record])
        child.wait(timeout=HANGS)


def _logged_in(url: str, child: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    tokens: dict[str, str] = {}
    with httpx.Client(trust_env=False, timeout=HANGS) as client:
        for _ in ticks(HANGS, every=0.2):
            if child.poll() is not None:
                break
            try:
                for name in USERS.keys() - tokens.keys():
                    answer = client.post(f"{url}/auth/token", json={"username": name, "password": name})
                    tokens[name] = answer.raise_for_status().json()["access_token"]
            except httpx.HTTPError:
                continue
            return tokens
    raise AssertionError(f"no API server:\n{tail(log)}")
