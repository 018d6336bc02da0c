"""One API server for all tests of the pages, with runs that are as if they had happened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_wan.ui.instance import Place
from tests.ui.browser import chromium
from tests.ui.laid import lay, lay_connection, lay_run
from tests.ui.serving import Served, api_server, web

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the tests that need a browser where there is none, unless the run must have one."""
    if item.get_closest_marker("browser") and (lacking := chromium.lacking()):
        (pytest.fail if chromium.required() else pytest.skip)(lacking)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser. Only for a module: while Playwright runs, no test may have an event loop of its own."""
    with chromium.launched() as started:
        yield started


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """An S3 with a bucket `films`; the text is an Airflow connection to it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    login = {"aws_access_key_id": "a-key-id", "aws_secret_access_key": "a-secret-key"}
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **login)
    client.create_bucket(Bucket="films")
    client.put_object(Bucket="films", Key="edits/clip.mp4", Body=MP4)
    extra = {"endpoint_url": url, "region_name": "us-east-1"}
    yield json.dumps({"conn_type": "aws", "login": "a-key-id", "password": "a-secret-key", "extra": extra})
    server.stop()


MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(range(256)) * 4000
"""Begins as an MP4 does; about 1 MB."""


@pytest.fixture(scope="session")
def served(migrated: Path, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API server; about 10 seconds to start."""
    home = tmp_path_factory.mktemp("ui")
    with (
        web() as own,
        web() as other,
        api_server(home, own, other, AIRFLOW_CONN_FILMS=bucket) as server,
    ):
        lay_connection(f"{own.url}/api/v1")
        yield server


class Laid:
    """Lays task instances into a DAG of a test's own, with the server running.

    Attributes:
        dag_id: The DAG.
        number: The number of its run, `r1`.
    """

    def __init__(self, dag_id: str) -> None:
        self.dag_id = dag_id
        self.number = lay_run(dag_id, "r1")

    def place(self, task_id: str = "edit", map_index: int = -1) -> Place:
        return Place(self.dag_id, "r1", task_id, map_index)

    def __call__(
        self, xcoms: dict[str, object], task_id: str = "edit", map_index: int = -1, **more: object
    ) -> Place:
        return lay(self.number, self.place(task_id, map_index), xcoms, **more)  # type: ignore[arg-type]


@pytest.fixture
def laid(served: Served, request: pytest.FixtureRequest) -> Laid:
    """A DAG with a run, named after the test."""
    return Laid(f"dag_of_{request.node.name[:150]}_{os.getpid()}")


@pytest.fixture
def media(served: Served) -> Path:
    """The media root."""
    return served.roots
