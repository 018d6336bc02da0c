"""A gibibyte passes through a worker whose memory stays flat; a worker that dies under way leaves no half file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.clock import ticks
from tests.patience import HANGS
from tests.transfers.conftest import fetching_service, s3_client, s3_connection

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator
    from airflow_provider_wan.emulator.inputs import Fetched

LARGE = 1 << 30
LARGE_IN_S3 = LARGE // 4
ALLOWED_GROWTH = 64 << 20
MODEL = "wan2.7-videoedit"
BLOCK = bytes(1 << 20)


def box(kind: bytes, size: int) -> bytes:
    """The head of an MP4's box."""
    return (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big")


def head(size: int) -> bytes:
    """How an MP4 of so many bytes begins; zeros follow."""
    start = (16).to_bytes(4, "big") + b"ftypisom" + bytes(4) + (8).to_bytes(4, "big") + b"moov"
    return start + box(b"mdat", size - len(start))


class Results(ThreadingHTTPServer):
    """Hands out MP4s: the path says how large, and after how many bytes to stop for good."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Result)
        self.over = threading.Event()

    def url(self, size: int, stall: int = 0) -> str:
        return f"http://127.0.0.1:{self.server_port}/{size}/{stall}"


class Result(BaseHTTPRequestHandler):
    server: Results

    def do_GET(self) -> None:
        size, stall = map(int, self.path.strip("/").split("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        start = head(size)
        self.wfile.write(start)
        left = size - len(start)
        while left:
            if stall and size - left >= stall:
                self.server.over.wait(60)
                return
            piece = BLOCK[:left]
            self.wfile.write(piece)
            left -= len(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        pass


@pytest.fixture(scope="module")
def results() -> Iterator[Results]:
    server = Results()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def fetching() -> Iterator[RunningEmulator]:
    """A service in real time: at a higher speed the policy for an upload may expire before a gibibyte has passed."""
    with fetching_service(speed=1) as emulator:
        yield emulator


@pytest.fixture
def environment(fetching: RunningEmulator, s3: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "WORKER_KEY": fetching.key,
        "WORKER_HOST": fetching.base_url,
        "AIRFLOW_CONN_FOOTAGE": s3_connection(s3),
        "AIRFLOW__WAN__LOCAL_MEDIA_ROOTS": str(tmp_path),
    }


def worker(environment: dict[str, str], *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.transfers.worker", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stderr
    return list(said(done.stdout.splitlines()))


def said(lines: Iterable[str]) -> Iterator[str]:
    """What a worker says itself; the rest is its log."""
    return (line.removeprefix("= ").strip() for line in lines if line.startswith("= "))


def fetched_by_a_job(emulator: RunningEmulator, url: str) -> list[Fetched]:
    """What a job fetches that has this address as its input."""
    from airflow_provider_wan.dashscope import Account, DashScopeClient, VideoEdit

    edit = VideoEdit(prompt="Make it snow", video_url=url)
    with DashScopeClient(Account.of(api_key=emulator.key, host=emulator.base_url)) as service:
        job = service.submit(edit.path(), edit.body("ap-southeast-1")).task_id
        assert any(not service.get(job).status.active for _ in ticks(HANGS, every=0.2))
        assert service.get(job).status == "SUCCEEDED"
    return emulator.inputs(job)


# The emulated S3 is slow with large objects: it copies a whole one for each range of it, and for each move.
@pytest.mark.slow
@pytest.mark.parametrize(("store", "large"), [("file", LARGE), ("s3", LARGE_IN_S3)])
def test_landing_a_large_file_takes_little_memory(
    store: str, large: int, results: Results, environment: dict[str, str], tmp_path: Path, s3: str
) -> None:
    target = f"file://{tmp_path}/film.mp4" if store == "file" else "s3://footage@films/film.mp4"
    told = worker(environment, "land", results.url(1 << 20), results.url(large), target)
    assert told[:3] == [str(1 << 20), "moving", str(large)]
    assert int(told[3]) < ALLOWED_GROWTH
    if store == "file":
        assert (tmp_path / "film.mp4").stat().st_size == LARGE
    else:
        found = s3_client(s3).list_objects_v2(Bucket="films", Prefix="film.mp4")["Contents"]
        assert {item["Key"]: item["Size"] for item in found} == {
            "film.mp4": large,
            "film.mp4.small": 1 << 20,
        }
        for item in found:
            s3_client(s3).delete_object(Bucket="films", Key=item["Key"])


@pytest.mark.slow
@pytest.mark.parametrize(("store", "large"), [("file", LARGE), ("s3", LARGE_IN_S3)])
def test_uploading_a_large_file_takes_little_memory(
    store: str,
    large: int,
    results: Results,
    fetching: RunningEmulator,
    environment: dict[str, str],
    tmp_path: Path,
    s3: str,
) -> None:
    sources = []
    for name, size in (("small.mp4", 1 << 20), ("film.mp4", large)):
        with (tmp_path / name).open("wb") as file:
            file.write(head(size))
            file.truncate(size)
        sources.append(f"file://{tmp_path}/{name}")
    with (tmp_path / "film.mp4").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    if store == "s3":
        for name in ("small.mp4", "film.mp4"):
            s3_client(s3).upload_file(str(tmp_path / name), "films", f"raw/{name}")
        sources = ["s3://footage@films/raw/small.mp4", "s3://footage@films/raw/film.mp4"]
    told = worker(environment, "upload", *sources, MODEL)
    assert told[1] == "moving"
    assert int(told[3]) < ALLOWED_GROWTH
    (fetched,) = fetched_by_a_job(fetching, told[2])
    assert (fetched.size, fetched.sha256) == (large, digest.hexdigest())


@pytest.mark.parametrize("store", ["file", "s3"])
def test_worker_killed_while_it_lands_leaves_no_half_file_and_the_next_one_lands(
    store: str, results: Results, environment: dict[str, str], tmp_path: Path, s3: str
) -> None:
    target = f"file://{tmp_path}/cut.mp4" if store == "file" else "s3://footage@films/cut.mp4"

    def names() -> set[str]:
        if store == "file":
            return {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
        found = s3_client(s3).list_objects_v2(Bucket="films", Prefix="cut.mp4").get("Contents", [])
        return {item["Key"] for item in found}

    size, stall = 64 << 20, 32 << 20
    small = results.url(1 << 20)
    dying = subprocess.Popen(
        [sys.executable, "-m", "tests.transfers.worker", "land", small, results.url(size, stall), target],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdout is not None
    lines = said(dying.stdout)
    assert [next(lines), next(lines)] == [str(1 << 20), "moving"]
    if store == "file":
        part = tmp_path / ".cut.mp4.job.part"
        assert any(part.exists() and part.stat().st_size >= stall // 2 for _ in ticks(HANGS, every=0.05))
    else:
        uploads = s3_client(s3)
        assert any(
            uploads.list_multipart_uploads(Bucket="films").get("Uploads") for _ in ticks(HANGS, every=0.05)
        )
    dying.kill()
    dying.wait()
    dying.stdout.close()
    assert names() == {"cut.mp4.small"}
    told = worker(environment, "land", small, results.url(size), target)
    assert told[2] == str(size)
    assert names() == {"cut.mp4", "cut.mp4.small"}
