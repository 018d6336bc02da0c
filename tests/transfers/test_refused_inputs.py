"""What a run's parameters must not make a worker read is refused, with an error that says why and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError
from airflow_provider_wan.operators import WanVideoOutpaintingOperator
from tests.conftest import DagRunner, run_operator
from tests.emulator.rendering.media import clip

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a deployment that has set nothing."""
    for name in ("ALLOW_PRIVATE_URLS", "PREFLIGHT", "LOCAL_MEDIA_ROOTS"):
        monkeypatch.delenv(f"AIRFLOW__WAN__{name}", raising=False)


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A media root with a way out of it."""
    root = tmp_path / "media"
    root.mkdir()
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (root / "way_out.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "etc").symlink_to("/etc")
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", str(root))
    return root


def refusal(emulator: RunningEmulator, url: str, **arguments: Any) -> str:
    """What an edit says that must be refused without a retry, a request or a cost."""
    submitted, uploaded = len(emulator.submits()), emulator.requests.count("upload")
    usual: dict[str, Any] = {"task_id": "widen", "prompt": "x", "deferrable": False}
    with pytest.raises(Exception, match="Nothing was sent") as caught:
        run_operator(WanVideoOutpaintingOperator(video_url=url, **usual | arguments))
    assert type(caught.value).__name__ == "AirflowFailException"
    assert isinstance(caught.value.__cause__, InputNotAllowedError)
    assert len(emulator.submits()) == submitted
    assert emulator.requests.count("upload") == uploaded
    return str(caught.value)


@pytest.mark.parametrize("way", ["auto", "upload", "presign"])
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "{root}/../secret.mp4",
        "{root}/way_out.mp4",
        "{root}/etc/passwd",
        "{root}/%2e%2e/secret.mp4",
        "/proc/self/environ",
        "/dev/zero",
    ],
)
def test_local_file_outside_the_roots_is_refused(
    path: str, way: str, roots: Path, connected: RunningEmulator
) -> None:
    said = refusal(connected, f"file://{path.format(root=roots)}", staging=way)
    assert "local_media_roots" in said or "isn't there" in said or "may not be used" in said


def test_no_local_file_may_be_read_where_no_root_is_set(tmp_path: Path, connected: RunningEmulator) -> None:
    file = clip(tmp_path / "clip.mp4")
    assert "local_media_roots" in refusal(connected, f"file://{file}")


@pytest.mark.parametrize(
    "uri",
    [
        "simplecache::file:///etc/passwd",
        "filecache::file:///etc/passwd",
        "local:///etc/passwd",
        "zip://x::file:///etc/passwd",
        "reference://x",
    ],
)
def test_other_ways_to_the_local_disk_are_refused(uri: str, roots: Path, connected: RunningEmulator) -> None:
    submitted = len(connected.submits())
    with pytest.raises(Exception, match=r"local_media_roots|must be|may not|isn't") as caught:
        run_operator(
            WanVideoOutpaintingOperator(task_id="widen", prompt="x", video_url=uri, deferrable=False)
        )
    assert "root:" not in str(caught.value)
    assert len(connected.submits()) == submitted


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/clip.mp4",
        "http://127.0.0.1:1/clip.mp4",
        "http://localhost/clip.mp4",
        "http://2130706433/clip.mp4",
        "http://0x7f.1/clip.mp4",
        "http://[::1]/clip.mp4",
        "http://[::ffff:127.0.0.1]/clip.mp4",
        "http://10.0.0.8/clip.mp4",
        "http://192.168.1.1/clip.mp4",
        "https://172.16.0.1/clip.mp4",
        "http://example.com@127.0.0.1/clip.mp4",
        "http://0.0.0.0/clip.mp4",
    ],
)
def test_internal_address_is_refused(url: str, connected: RunningEmulator) -> None:
    assert "allow_private_urls" in refusal(connected, url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/clip.mp4", "http://169.254.169.254/", "file:///etc/passwd"]
)
def test_address_is_vetted_also_where_nobody_looks_at_inputs(url: str, connected: RunningEmulator) -> None:
    assert "may not be used" in refusal(connected, url, preflight=False)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows a few names; a real one can't be had without a network."""

    def resolve(host: str, *arguments: Any, **named: Any) -> Any:
        known = {
            "inside.example.com": ["10.1.2.3"],
            "both.example.com": ["93.184.216.34", "127.0.0.1"],
            "six.example.com": ["fd00::1"],
        }
        if host not in known:
            return original(host, *arguments, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in known[host]]

    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", ["inside.example.com", "both.example.com", "six.example.com"])
def test_name_that_resolves_to_an_internal_address_is_refused(host: str, connected: RunningEmulator) -> None:
    said = refusal(connected, f"https://{host}/clip.mp4?Signature=c2VjcmV0")
    assert host in said
    assert "c2VjcmV0" not in said


@pytest.fixture
def redirecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A public-looking site on this machine that redirects to where its path says."""

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/clip.mp4", "file:///etc/passwd"]
)
@pytest.mark.parametrize("installed", [True, False])
def test_redirect_to_an_internal_address_is_refused(
    target: str,
    installed: bool,
    redirecting: str,
    connected: RunningEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from airflow_provider_wan import preflight, sources
    from airflow_provider_wan.addresses import AddressRules

    monkeypatch.setattr(preflight, "available", lambda: installed)
    # Only this site counts as the connection's own; everything that it redirects to is vetted as ever.
    monkeypatch.setattr(
        sources,
        "AddressRules",
        lambda **named: AddressRules(**named | {"own_base_url": f"{redirecting}/api/v1"}),
    )
    said = refusal(connected, f"{redirecting}/to/{target}")
    assert "redirect" in said


def test_the_emulator_s_own_clips_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: Any
) -> None:
    import json

    from airflow_provider_wan.emulator import EmulatorSettings, running

    clip(tmp_path / "clip.mp4")
    with running(EmulatorSettings(media_root=tmp_path, render=False, speed=600)) as emulator:
        settings = {"conn_type": "dashscope", "password": emulator.key, "host": emulator.base_url}
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(settings))
        run_operator(
            WanVideoOutpaintingOperator(
                task_id="widen", prompt="x", video_url=emulator.media_url("clip.mp4"), deferrable=False
            )
        )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://169.254.169.254/x.mp4", "http://127.0.0.1/x.mp4"]
)
def test_run_s_parameters_are_refused_alike(
    url: str, connected: RunningEmulator, run_dag: DagRunner, tmp_path: Path
) -> None:
    submitted = len(connected.submits())
    run = run_dag("chain_on_worker", clip=url, folder=f"file://{tmp_path}/")
    assert run.states["repaint"] == "failed"
    assert len(connected.submits()) == submitted
