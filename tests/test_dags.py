"""Whole DAGs under Airflow's task runner: chains, mapping, params, object storage, both ways of waiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import DagRunner

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

pytestmark = pytest.mark.usefixtures("connection")


@pytest.mark.parametrize("way", ["deferred", "on_worker"])
def test_chain_passes_with_dag_test(
    service: RunningEmulator, run_dag: DagRunner, tmp_path: Path, way: str
) -> None:
    run = run_dag(f"chain_{way}", scale=1.25, folder=f"file://{tmp_path}/")
    assert run.states == {"repaint": "success", "widen": "success", "both": "success"}
    repaint, widen = run.xcom("both")
    body = service.submits()[-1].body
    assert body["input"]["video_url"] == repaint["video_url"]
    assert body["parameters"] == {"left_scale": 1.25}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{result['task_id']}.mp4" for result in (repaint, widen)
    )


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_chain_lands_in_s3(
    service: RunningEmulator, run_dag: DagRunner, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = boto3.resource(
        "s3", endpoint_url=s3, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    # A name of its own: all emulated S3 servers of a process have the same buckets.
    bucket = store.create_bucket(Bucket="chained-films")
    connection = {
        "conn_type": "aws",
        "login": "a",
        "password": "b",
        "extra": {"endpoint_url": s3, "region_name": "us-east-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(connection))
    run = run_dag("chain_deferred", folder="s3://store@chained-films/tonight/")
    results: list[dict[str, Any]] = run.xcom("both")
    assert [result["output_path"] for result in results] == [
        f"s3://store@chained-films/tonight/{result['task_id']}.mp4" for result in results
    ]
    landed = {item.key: item.get()["Body"].read() for item in bucket.objects.all()}
    assert sorted(landed) == sorted(f"tonight/{result['task_id']}.mp4" for result in results)
    assert all(content[4:8] == b"ftyp" for content in landed.values())


def test_edit_parameters_can_be_mapped(service: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    run = run_dag("fan_out", folder=f"file://{tmp_path}/")
    assert run.states == {"clips": "success"} | {f"widen[{index}]": "success" for index in range(3)}
    posted = [submit.body for submit in service.submits()[-3:]]
    assert sorted((body["input"]["video_url"], body["parameters"]["left_scale"]) for body in posted) == [
        (f"https://example.com/{number}.mp4", 1 + number / 4) for number in range(3)
    ]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("dag_id", "states", "submitted"),
    [
        ("mistake_in_template", {"widen": "failed"}, 0),
        ("mistake_in_mapping", {"widen[0]": "success", "widen[1]": "failed"}, 1),
    ],
)
def test_mistake_behind_a_template_fails_at_once_without_a_request(
    service: RunningEmulator, run_dag: DagRunner, dag_id: str, states: dict[str, str], submitted: int
) -> None:
    before = service.requests.count("submit")
    run = run_dag(dag_id)
    assert run.states == states
    assert set(run.tries.values()) == {1}  # though it has retries
    assert service.requests.count("submit") == before + submitted
