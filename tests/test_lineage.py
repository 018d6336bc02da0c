"""What Airflow's OpenLineage provider sends of our tasks: files in and out, the job behind them, and no signature."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from moto.server import ThreadedMotoServer
from referencing import Registry, Resource

from airflow_provider_wan.dashscope.errors import TaskTimeoutError
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running
from airflow_provider_wan.lineage import TellsEditLineage, dataset_of, files_read, files_written
from tests.conftest import BUNDLES, bundle_of
from tests.media import numbered
from tests.patience import HANGS

ROOT = Path(__file__).parents[1]
SECRET = "5ec4e7of4b4d51gn47u4e"  # of the signed address in the DAGs
RABBIT = ("https://media.example.com", "/rabbit.mp4")
KEY = "sk-of-the-lineage"
VACE = "wan2.1-vace-plus"
RUN = """
import json, sys
from tests.versions import dag_bag
bag = dag_bag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
for dag_id, conf in json.loads(sys.argv[2]).items():
    bag.dags[dag_id].test(run_conf=conf)
"""


@dataclass(frozen=True)
class Told:
    """What was sent.

    Attributes:
        events: All events in their order.
        origin: Address of the service.
        clip: The local clip.
        folder: Where footage is landed.
    """

    events: list[dict[str, Any]]
    origin: str
    clip: Path
    folder: Path

    def of(self, job: str, *types: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["job"]["name"] == job and event["eventType"] in types]

    def last(self, job: str) -> dict[str, Any]:
        return self.of(job, "COMPLETE", "FAIL")[-1]


def names(event: dict[str, Any], side: str) -> list[tuple[str, str]]:
    return [(one["namespace"], one["name"]) for one in event.get(side, [])]


@pytest.fixture(scope="module")
def told(airflow_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The DAGs have run, in a process of their own with the provider's file transport."""
    folder = tmp_path_factory.mktemp("lineage")
    log, clip = folder / "events.json", numbered.clip(folder / "clip.mp4", 50)
    settings = EmulatorSettings(
        regions=(RegionSettings("ap-southeast-1", keys={KEY: "acme"}),),
        speed=60,
        render=False,
        run_seconds=(30, 60),
        submit_rps=1000,
        running_slots=1000,
    )
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    store.start()
    try:
        with running(settings) as service:
            url = "http://{}:{}".format(*store.get_host_and_port())
            client = boto3.client(
                "s3",
                endpoint_url=url,
                aws_access_key_id="a",
                aws_secret_access_key="b",
                region_name="us-east-1",
            )
            client.create_bucket(Bucket="lineage-films")
            service.faults.order(
                *("submit", "fail"),
                model="wan2.7-videoedit",
                times=None,
                code="DataInspectionFailed",
                message=f"Input {RABBIT[0]}{RABBIT[1]}?X-Amz-Signature={SECRET} may be inappropriate.",
            )
            aws = {"conn_type": "aws", "login": "a", "password": "b"}
            extra = {"endpoint_url": url, "region_name": "us-east-1"}
            wan = {"conn_type": "dashscope", "password": KEY, "host": service.base_urls["ap-southeast-1"]}
            files = {"clip": f"file://{clip}", "folder": f"file://{folder}/"}
            runs: dict[str, Any] = {
                "lineage_chain": {"clip": files["clip"]},
                "lineage_failure": None,
                "lineage_batch_skip": None,
                "lineage_batch_finish_then_fail": None,
                "lineage_footage": files,
            }
            environment = {
                "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
                    {"type": "file", "log_file_path": str(log), "append": True}
                ),
                "AIRFLOW__WAN__LOCAL_MEDIA_ROOTS": str(folder),
                "AIRFLOW_CONN_LINEAGE": json.dumps({**aws, "extra": extra}),
                "AIRFLOW_CONN_DASHSCOPE_DEFAULT": json.dumps({**wan, "extra": {"region": "ap-southeast-1"}}),
            }
            ran = subprocess.run(
                [sys.executable, "-c", RUN, str(airflow_db / "dags/lineage/lineage.py"), json.dumps(runs)],
                env={**os.environ, **environment, BUNDLES: bundle_of(airflow_db / "dags/lineage")},
                capture_output=True,
                text=True,
                timeout=2 * HANGS,  # five DAGs
            )
            assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
            events = [json.loads(line) for line in log.read_text().splitlines()]
            yield Told(events, service.origin, clip, folder)
    finally:
        store.stop()


# -- schemas -------------------------------------------------------------------------------------------------------

CORE = json.loads((Path(__file__).parent / "data/openlineage-run-event.json").read_text())
OURS = {
    "wan_edit": json.loads((ROOT / "docs/openlineage/WanEditRunFacet.json").read_text()),
    "wan_batch": json.loads((ROOT / "docs/openlineage/WanBatchRunFacet.json").read_text()),
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(schema["$id"], Resource.from_contents(schema)) for schema in (CORE, *OURS.values())]
)
FORMATS = FormatChecker()


def is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


FORMATS.checks("uri")(is_uri)


def wrong(instance: Any, reference: str) -> list[str]:
    schema = {"$ref": reference}
    validator = Draft202012Validator(schema, registry=REGISTRY, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(instance)]


def test_schemas_can_refuse() -> None:
    for schema in (CORE, *OURS.values()):
        Draft202012Validator.check_schema(schema)
    assert len(wrong({"eventTime": "now", "run": {"runId": "1"}, "job": {"name": 1}}, CORE["$id"])) == 6
    facet = {"_producer": "x", "_schemaURL": "urn:x", "status": "done", "model": None, "cost": {"amount": 1}}
    assert len(wrong(facet, f"{OURS['wan_edit']['$id']}#/$defs/WanEditRunFacet")) == 5


def test_every_event_is_as_openlineage_wants_it(told: Told) -> None:
    assert {event["eventType"] for event in told.events} == {"START", "COMPLETE", "FAIL"}
    assert [
        (event["job"]["name"], found) for event in told.events if (found := wrong(event, CORE["$id"]))
    ] == []


def test_every_facet_of_ours_is_as_its_schema_says(told: Told) -> None:
    seen = dict.fromkeys(OURS, 0)
    for event in told.events:
        for name, facet in event["run"].get("facets", {}).items():
            if name in OURS:
                seen[name] += 1
                url = facet["_schemaURL"]
                assert url.partition("#")[0] == OURS[name]["$id"]
                assert wrong(facet, url) == [], (event["eventType"], event["job"]["name"])
    assert seen["wan_edit"] >= 12
    assert seen["wan_batch"] >= 6


def test_no_event_has_a_signature_or_a_key(told: Told) -> None:
    text = json.dumps(told.events)
    assert SECRET not in text
    assert KEY not in text
    assert not re.search(r"signature=(?!\*\*\*)", text, re.IGNORECASE)
    assert "data:image" not in json.dumps([names(event, "inputs") for event in told.events])
    assert "@" not in json.dumps(
        [[names(event, side) for side in ("inputs", "outputs")] for event in told.events]
    )


# -- edits ---------------------------------------------------------------------------------------------------------


def test_edit_tells_its_inputs_before_and_its_job_after(told: Told) -> None:
    starts, end = told.of("lineage_chain.clay", "START"), told.last("lineage_chain.clay")
    assert len(starts) == 2  # before the wait in the triggerer, and after
    for event in (*starts, end):
        assert names(event, "inputs") == [RABBIT]
    assert [names(event, "outputs") for event in starts] == [[], []]
    asked = starts[0]["run"]["facets"]["wan_edit"]
    assert {name for name in asked if name[0] != "_"} == {"function"}
    facet = end["run"]["facets"]["wan_edit"]
    assert end["eventType"] == "COMPLETE"
    assert facet["function"] == "video_repainting"
    assert (facet["model"], facet["region"], facet["status"]) == (VACE, "ap-southeast-1", "SUCCEEDED")
    assert facet["billedSeconds"] == 5.0
    assert set(facet["cost"]) == {"amount", "currency"}
    assert facet["submittedAt"] <= facet["startedAt"] <= facet["finishedAt"]
    assert facet["jobId"]
    assert facet["requestId"]
    assert "error" not in facet


def test_trail_leads_from_task_to_task(told: Told) -> None:
    clay = names(told.last("lineage_chain.clay"), "outputs")
    [(place, path)] = clay
    assert place.removesuffix("/") == told.origin.replace("localhost", "127.0.0.1")
    assert path.endswith(".mp4")
    wide, land = told.last("lineage_chain.wide"), told.last("lineage_chain.land")
    assert names(wide, "inputs") == names(land, "inputs") == clay
    assert names(wide, "outputs")[1:] == [("s3://lineage-films", "wide.mp4")]
    assert names(land, "outputs") == [("s3://lineage-films", "clay.mp4")]
    assert "wan_edit" not in land["run"]["facets"]  # or its job would seem to be paid twice
    upload, here = told.last("lineage_chain.upload"), told.last("lineage_chain.here")
    assert names(upload, "inputs") == [("file", str(told.clip))]
    [(store, key)] = names(upload, "outputs")
    assert store == "oss://dashscope-instant"
    assert key[0] != "/"
    assert names(here, "inputs") == [(store, key)]
    assert here["run"]["facets"]["wan_edit"]["status"] == "SUCCEEDED"


def test_decorated_function_tells_the_inputs_of_its_request(told: Told) -> None:
    start, end = told.of("lineage_chain.function", "START")[0], told.last("lineage_chain.function")
    assert names(start, "inputs") == []
    assert names(end, "inputs") == [("https://media.example.com", "/clip.mp4")]
    assert names(end, "outputs")[1:] == [("s3://lineage-films", "function.mp4")]
    assert end["run"]["facets"]["wan_edit"]["function"] == "video_outpainting"


def test_failed_job_is_told_with_its_inputs_and_why(told: Told) -> None:
    event = told.last("lineage_failure.rejected")
    assert (event["eventType"], names(event, "inputs"), names(event, "outputs")) == ("FAIL", [RABBIT], [])
    facet = event["run"]["facets"]["wan_edit"]
    assert facet["error"] == {
        "type": "ContentRejectedError",
        "code": "DataInspectionFailed",
        "retry": "never",
    }
    assert (facet["status"], facet["model"], facet["region"]) == (
        "FAILED",
        "wan2.7-videoedit",
        "ap-southeast-1",
    )
    assert facet["jobId"]
    assert facet["jobId"] in event["run"]["facets"]["errorMessage"]["message"]


def test_mistake_before_a_request_is_told_from_the_parameters(told: Told) -> None:
    event = told.last("lineage_failure.mistake")
    assert (event["eventType"], names(event, "inputs"), names(event, "outputs")) == ("FAIL", [RABBIT], [])
    facet = event["run"]["facets"]["wan_edit"]
    assert facet["error"] == {"type": "WanParameterError", "retry": "never"}
    assert not {"jobId", "status", "model"} & facet.keys()


# -- batches, footage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_failure", "end"), [("skip", "COMPLETE"), ("finish_then_fail", "FAIL")])
def test_batch_tells_all_files_and_adds_up(told: Told, on_failure: str, end: str) -> None:
    job = f"lineage_batch_{on_failure}.edits"
    start, event = told.of(job, "START")[0], told.last(job)
    assert event["eventType"] == end
    assert (
        names(start, "inputs")
        == names(event, "inputs")
        == [RABBIT, ("https://media.example.com", "/clip.mp4")]
    )
    landed = [name for place, name in names(event, "outputs") if place == "s3://lineage-films"]
    facet = event["run"]["facets"]["wan_batch"]
    assert landed == [f"{on_failure}/{job_id}.mp4" for job_id in facet["jobIds"][:2]]
    assert len(names(event, "outputs")) == 4  # each at the service, and landed
    counts = {name: facet[name] for name in ("edits", "succeeded", "failed", "unpriced")}
    assert counts == {"edits": 3, "succeeded": 2, "failed": 1, "unpriced": 0}
    assert len(facet["jobIds"]) == 3
    assert facet["functions"] == ["video_outpainting", "videoedit"]
    assert facet["models"] == [VACE, "wan2.7-videoedit"]
    assert (facet["region"], facet["billedSeconds"]) == ("ap-southeast-1", 10.0)
    one = told.last("lineage_chain.clay")["run"]["facets"]["wan_edit"]["cost"]
    [cost] = facet["costs"]
    assert cost["currency"] == one["currency"]
    assert float(cost["amount"]) == pytest.approx(2 * float(one["amount"]))
    assert ("error" in facet) == (end == "FAIL")
    begun = start["run"]["facets"]["wan_batch"]
    assert {name for name in begun if name[0] != "_"} == {"edits", "functions"}


def test_work_on_footage_tells_its_files(told: Told) -> None:
    clip, folder = ("file", str(told.clip)), str(told.folder)
    for task, made in {"probe": [], "trim": ["cut.mp4"], "frames": ["first.png", "last.png"]}.items():
        event = told.last(f"lineage_footage.{task}")
        assert event["eventType"] == "COMPLETE"
        assert names(event, "inputs") == [clip]
        assert names(event, "outputs") == [("file", f"{folder}/{name}") for name in made]


# -- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://films/a/b.mp4", ("s3://films", "a/b.mp4")),
        ("s3://conn@films/a b@c.mp4", ("s3://films", "a b@c.mp4")),
        ("s3a://films/a.mp4", ("s3://films", "a.mp4")),
        ("S3://films", ("s3://films", "/")),
        ("gcs://conn@films/ä#1?.mp4", ("gs://films", "ä#1?.mp4")),
        ("oss://films/a.mp4?OSSAccessKeyId=x&Signature=y", ("oss://films", "a.mp4")),
        ("abfs://conn@films/a.mp4", ("abfs://films", "a.mp4")),
        ("file:///srv/a.mp4", ("file", "/srv/a.mp4")),
        ("file://host/srv/a.mp4", ("file://host", "/srv/a.mp4")),
        ("/srv/a.mp4", ("file", "/srv/a.mp4")),
        ("sftp://conn@host:22/a.mp4", ("sftp://host:22", "/a.mp4")),
        ("simplecache::s3://conn@films/a::b.mp4", ("s3://films", "a::b.mp4")),
        (
            "https://user:password@Films.example.com:8443/A.mp4?token=x#t=1",
            ("https://films.example.com:8443", "/A.mp4"),
        ),
        ("https://films.example.com?Signature=a/b", ("https://films.example.com", "/")),
        ("data:image/png;base64,AAAA", None),
        ("A rabbit: one of many", None),
        ("", None),
    ],
)
def test_file_has_openlineage_s_name(address: str, name: tuple[str, str] | None) -> None:
    assert dataset_of(address) == name


def test_files_read_are_found_in_parameters_of_any_shape() -> None:
    class Lazy:
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("would ask Airflow")

    parameters = {
        "video_url": "s3://a/1",
        "video_urls": ["s3://a/2", Path("/srv/3"), None, 4],
        "requests": '[{"video_url": "s3://a/5", "output_path": "s3://a/out", "prompt": "s3://a/prompt"}]',
        "shape": {"kind": "mask", "path": "s3://a/6"},
        "result": {"video_url": "s3://a/7", "actual_prompt": "s3://a/prompt", "output_path": "s3://a/out"},
        "output_path": "s3://a/out",
        "size": "1280*720",
        "op_kwargs": {"folder": "s3://a/out"},
        "text": "[not JSON",
        "lazy": Lazy(),
    }
    assert list(files_read(parameters)) == [
        "s3://a/1",
        "s3://a/2",
        "/srv/3",
        "s3://a/5",
        "s3://a/6",
        "s3://a/7",
    ]


def test_files_written_are_found_in_any_result() -> None:
    edit = {"video_url": "https://host/a.mp4?Signature=1", "output_path": None, "orig_prompt": "s3://no"}
    assert list(files_written(edit)) == ["https://host/a.mp4?Signature=1"]
    assert list(files_written([{"output_path": "s3://a/1", "note": "s3://no"}, "s3://a/2", 3, None])) == [
        *("s3://a/1", "s3://a/2")
    ]
    assert list(files_written({"first": "s3://a/1", "frames": 3})) == ["s3://a/1"]


def test_nothing_that_signs_an_address_is_kept_on_the_operator() -> None:
    edit = TellsEditLineage()
    signed = f"https://host/a.mp4?Signature={SECRET}"
    result = {"video_url": signed, "output_path": None, "task_id": "1", "orig_prompt": "A rabbit"}
    assert edit.note_result(result) is result
    edit.note_failure(TaskTimeoutError(f"took {signed}", task_id="1"))
    assert json.loads(json.dumps(edit._lineage))["written"] == [["https://host", "/a.mp4"]]
    assert SECRET not in json.dumps(edit._lineage)
    assert TellsEditLineage._lineage == {}


def test_operators_need_no_openlineage() -> None:
    code = (
        "import sys; sys.modules['openlineage'] = sys.modules['airflow.providers.openlineage.extractors'] = None\n"
        "import airflow_provider_wan.operators, airflow_provider_wan.transfers\n"
        "from airflow_provider_wan.lineage import TellsLandingLineage\n"
        "assert TellsLandingLineage().note_result({'video_url': 's3://a/b'}) == {'video_url': 's3://a/b'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=HANGS)
