"""Buckets, footage, and an emulator that fetches what it is given and proves which bytes it got."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.emulator.rendering.media import clip

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

LOGIN, PASSWORD = "a-key-id", "a-secret-key"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of an S3 with an empty bucket, `films`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    s3_client(url).create_bucket(Bucket="films")
    yield url
    server.stop()


def s3_client(url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=LOGIN,
        aws_secret_access_key=PASSWORD,
        region_name="us-east-1",
    )


def s3_connection(url: str) -> str:
    """An Airflow connection to it, as JSON."""
    extra = {"endpoint_url": url, "region_name": "us-east-1"}
    return json.dumps({"conn_type": "aws", "login": LOGIN, "password": PASSWORD, "extra": extra})


@dataclass(frozen=True, slots=True)
class Footage:
    """A folder below the media roots that is also served over http and has a twin in a bucket.

    Attributes:
        folder: The folder.
        web: Address it is served at.
        s3: URI of the bucket's folder.
        put: Copies a file of the folder into the bucket.
    """

    folder: Path
    web: str
    s3: str
    put: Callable[[str], None]

    def uri(self, store: str, name: str) -> str:
        return {"file": f"file://{self.folder}", "s3": self.s3, "http": self.web}[store] + f"/{name}"

    def digest(self, name: str) -> str:
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()


class Served(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        pass


@pytest.fixture
def footage(tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Footage]:
    folder = tmp_path / "footage"
    folder.mkdir()
    clip(folder / "clip.mp4", (640, 360), seconds=1.5)
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", f"{folder},{tmp_path / 'edits'}")
    # A name that no other test has: Airflow keeps a connection's file system for the life of a process.
    monkeypatch.setenv("AIRFLOW_CONN_FOOTAGE", s3_connection(s3))
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *arguments: Served(*arguments, directory=str(folder))
    )
    thread = Thread(target=server.serve_forever)
    thread.start()

    def put(name: str) -> None:
        s3_client(s3).upload_file(str(folder / name), "films", f"raw/{name}")

    put("clip.mp4")
    yield Footage(folder, f"http://127.0.0.1:{server.server_port}", "s3://footage@films/raw", put)
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def fetching_service(*, speed: int) -> Iterator[RunningEmulator]:
    """A service that fetches the inputs of its jobs, which run for up to a second, and renders nothing."""
    from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running

    settings = EmulatorSettings(
        regions=(RegionSettings(keys={"sk-emulator-of-the-transfers": "acme"}),),
        render=False,
        fetch_inputs=True,
        speed=speed,
        run_seconds=(0.5 * speed, 1.0 * speed),
        submit_rps=1000,
        running_slots=1000,
        max_upload_mb=2048,
    )
    with running(settings) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def fetching() -> Iterator[RunningEmulator]:
    """Such a service, which is quick to forget."""
    with fetching_service(speed=60) as emulator:
        yield emulator


@pytest.fixture
def connected(fetching: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> RunningEmulator:
    """That service, with the default connection pointing to it."""
    connection = {"conn_type": "dashscope", "password": fetching.key, "host": fetching.base_url}
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
    return fetching


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningEmulator]:
    """A service whose jobs stay in the queue until they are forced out of it, with the default connection to it."""
    from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running

    settings = EmulatorSettings(
        regions=(RegionSettings(keys={"sk-emulator-that-holds-jobs": "acme"}),), render=False, running_slots=0
    )
    with running(settings) as emulator:
        connection = {"conn_type": "dashscope", "password": emulator.key, "host": emulator.base_url}
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        yield emulator


def queued(emulator: RunningEmulator) -> str:
    """Submit a job as another program would; return its id."""
    from airflow_provider_wan.dashscope import Account, DashScopeClient, VideoOutpainting

    request = VideoOutpainting(prompt="x", video_url="https://example.com/clip.mp4", left_scale=1.5)
    with DashScopeClient(Account.of(api_key=emulator.key, host=emulator.base_url)) as client:
        return client.submit(request.path(), request.body("ap-southeast-1")).task_id
