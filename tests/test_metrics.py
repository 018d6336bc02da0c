"""Metrics arrive in real sinks, as Airflow sends them there, and all that the table promises is among them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_wan import metrics
from airflow_provider_wan.dashscope import tally
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
from airflow_provider_wan.dashscope.errors import InvalidRequestError, ThrottledError, UnavailableError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job
from tests.dashscope.callers import Caller as Client
from tests.dashscope.callers import account, either_client
from tests.dashscope.scripted_server import DROP, ScriptedServer, refuses, says
from tests.sinks import (
    Sample,
    agrees_with_the_table,
    documented,
    otlp_sink,
    run_in_airflow,
    soon,
    statsd_sink,
)

JOB = Job(
    "job-1",
    "req-1",
    "wan2.1-vace-plus",
    "video_repainting",
    "ap-southeast-1",
    1_800_000_000.0,
    1_800_014_400.0,
)
FOREIGN = Job("job-2", "", "", "", "cn-beijing", 1_800_000_000.0, 1_800_014_400.0)
AT = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
SECRETS = ("job-1", "job-2", "req-1", "sk-", "a prompt", "https")

THROTTLED = refuses(429, "Throttling.RateQuota")
RUNNING = says({"output": {"task_status": "RUNNING", "task_id": "job-1"}, "request_id": "req-2"})
LISTED = says({"data": [], "total": 0, "request_id": "req-3"})

EMIT = "from tests.test_metrics import emit; emit()"


def snapshot(
    status: TaskStatus, code: str = "", *, queued: float = 0.0, ran: float | None = None
) -> TaskSnapshot:
    started = AT + timedelta(seconds=queued)
    finished = None if ran is None else started + timedelta(seconds=ran)
    return TaskSnapshot(
        "job-1",
        status,
        submitted_at=AT if ran is not None else None,
        started_at=started if ran is not None else None,
        finished_at=finished,
        code=code,
        message="a prompt at https://example.com/",
    )


def emit() -> None:
    """Cause each metric once or more. Runs in a process of its own."""
    metrics.submitted(JOB)
    metrics.submitted(FOREIGN)
    metrics.ended(JOB, snapshot(TaskStatus.SUCCEEDED, queued=12.5, ran=90))
    metrics.ended(JOB, snapshot(TaskStatus.RUNNING))
    metrics.paid(JOB, {"billed_seconds": 5.04, "cost": {"amount": "3.528", "currency": "CNY"}})
    metrics.ended(JOB, snapshot(TaskStatus.FAILED, "InvalidParameter.DataInspection"))
    metrics.ended(JOB, snapshot(TaskStatus.CANCELED))
    metrics.ended(FOREIGN, snapshot(TaskStatus.UNKNOWN))
    metrics.failed(InvalidRequestError("a prompt"))
    metrics.waiting("job", 1)
    metrics.waiting("job", 1)
    metrics.waiting("room", 1)
    metrics.waiting("job", -1)
    call_the_service(os.environ["SERVICE"])


def call_the_service(base_url: str) -> None:
    """Two queries on a worker, one of them answered; one in a triggerer, and a paid call, both refused with 429."""
    with DashScopeClient(account(base_url), patient=False) as client:
        client.get("job-1")
        with contextlib.suppress(UnavailableError):
            client.list_tasks()
        with contextlib.suppress(ThrottledError):
            client.submit("/services/x", {"model": "m", "input": {}})

    async def ask() -> None:
        waiting = AsyncDashScopeClient(account(base_url))
        with contextlib.suppress(ThrottledError):
            await waiting.get("job-1")
        await waiting.aclose()

    asyncio.run(ask())


def a_service() -> ScriptedServer:
    return ScriptedServer(RUNNING, DROP, THROTTLED, THROTTLED)


def expected(counter: str, timer: str, gauge: str) -> set[Sample]:
    """What a sink with tags has in the end, in its own words for the kinds."""
    job = (("model", "wan2.1-vace-plus"), ("function", "video_repainting"), ("region", "ap-southeast-1"))
    foreign = (("model", "none"), ("function", "none"), ("region", "cn-beijing"))
    host = ("hostname", socket.gethostname())
    return {
        Sample("wan.jobs.submitted", counter, 1, job),
        Sample("wan.jobs.submitted", counter, 1, foreign),
        Sample("wan.jobs.succeeded", counter, 1, job),
        Sample("wan.jobs.queue_time", timer, 12_500, job),
        Sample("wan.jobs.run_time", timer, 90_000, job),
        Sample("wan.jobs.billed_milliseconds", counter, 5_040, job),
        Sample("wan.jobs.cost_micros", counter, 3_528_000, (*job, ("currency", "CNY"))),
        Sample("wan.jobs.failed", counter, 1, (*job, ("code", "InvalidParameter.DataInspection"))),
        Sample("wan.jobs.canceled", counter, 1, job),
        Sample("wan.jobs.unknown", counter, 1, foreign),
        Sample("wan.edits.failed", counter, 1, (("error", "InvalidRequestError"), ("retry", "never"))),
        Sample("wan.triggers.waiting", gauge, 1, (("kind", "job"), host)),
        Sample("wan.triggers.waiting", gauge, 1, (("kind", "room"), host)),
        Sample("wan.throttled", counter, 1, (("call", "submit"),)),
        Sample("wan.throttled", counter, 1, (("call", "poll"),)),
    }


def test_table_is_read() -> None:
    table = documented()
    assert len(table) == 13
    assert table["wan.jobs.failed"].tags == ("model", "function", "region", "code")
    assert table["wan.polls"].tags == ()
    assert {row.kind for row in table.values()} == {"counter", "timer", "gauge"}


def test_all_arrive_in_a_statsd_that_takes_tags() -> None:
    with statsd_sink() as sink, a_service() as service:
        settings = {"STATSD_ON": "True", "STATSD_INFLUXDB_ENABLED": "True", "STATSD_PORT": str(sink.port)}
        run_in_airflow(EMIT, as_metrics(settings) | {"SERVICE": service.base_url})
        assert soon(lambda: len(sink.samples()) == 20), sink.lines
        samples = sink.samples()
        said = "\n".join(sink.lines)
    agrees_with_the_table(samples)
    polls = [sample for sample in samples if sample.name == "wan.polls"]
    assert polls == [Sample("wan.polls", "c", 1)] * 3
    assert set(samples) - set(polls) == expected("c", "ms", "g") | {two_jobs_waiting()}
    assert not [secret for secret in SECRETS if secret in said]


def two_jobs_waiting() -> Sample:
    # The gauge went up to 2 and down to 1 again; only a sink of single messages sees both.
    return Sample("wan.triggers.waiting", "g", 2, (("kind", "job"), ("hostname", socket.gethostname())))


def test_plain_statsd_has_the_tags_values_in_the_names_in_the_order_of_the_table() -> None:
    with statsd_sink() as sink, a_service() as service:
        settings = {"STATSD_ON": "True", "STATSD_PORT": str(sink.port)}
        run_in_airflow(EMIT, as_metrics(settings) | {"SERVICE": service.base_url})
        assert soon(lambda: len(sink.samples()) == 20), sink.lines
        samples = set(sink.samples())
    wanted = {
        Sample(".".join([one.name, *(text.replace(".", "_") for _, text in one.tags)]), one.kind, one.value)
        for one in (*expected("c", "ms", "g"), two_jobs_waiting())
    }
    assert samples == wanted | {Sample("wan.polls", "c", 1)}
    example = (
        "wan.jobs.failed.wan2_1-vace-plus.video_repainting.ap-southeast-1.InvalidParameter_DataInspection"
    )
    assert example in {sample.name for sample in samples}


def test_all_arrive_in_an_opentelemetry_collector() -> None:
    with otlp_sink() as sink, a_service() as service:
        run_in_airflow(
            EMIT,
            as_metrics({"OTEL_ON": "True"})
            | {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "SERVICE": service.base_url},
        )
        assert soon(lambda: bool(sink.samples()))
        samples = sink.samples()
    in_order = {tuple(sorted(row.tags)): row.tags for row in documented().values()}
    samples = [  # a collector keeps attributes in no order
        Sample(one.name, one.kind, one.value, tuple((key, dict(one.tags)[key]) for key in order))
        for one in samples
        for order in [in_order.get(tuple(sorted(dict(one.tags))), ())]
    ]
    agrees_with_the_table(samples)
    assert set(samples) == expected("sum", "histogram", "gauge") | {Sample("wan.polls", "sum", 3)}
    assert not [secret for secret in SECRETS if secret.encode() in b"".join(sink.bodies)]


def test_arrive_from_a_process_in_which_airflow_has_not_set_its_metrics_up() -> None:
    # Such is the triggerer of Airflow 3.2: there the copy for providers is set up when `serde` is first needed.
    forget = """
import sys
from airflow.providers.common.compat.sdk import Stats
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
Stats.initialize(factory=NoStatsLogger, export_legacy_names=False)
del sys.modules["airflow.sdk.serde"]
from airflow_provider_wan import metrics
metrics.polls()
"""
    with statsd_sink() as sink:
        run_in_airflow(forget, as_metrics({"STATSD_ON": "True", "STATSD_PORT": str(sink.port)}))
        assert soon(lambda: sink.samples() == [Sample("wan.polls", "c", 1)]), sink.lines


def as_metrics(settings: dict[str, str]) -> dict[str, str]:
    return {f"AIRFLOW__METRICS__{name}": value for name, value in settings.items()}


# -- within one process --------------------------------------------------------------------------------


class Stats:
    """Stands for Airflow's metrics, where only what they are told matters."""

    def __init__(self, error: Exception | None = None) -> None:
        self.told: list[tuple[str, Any, dict[str, str]]] = []
        self._error = error

    def incr(self, name: str, value: Any, tags: dict[str, str] | None = None) -> None:
        if self._error:
            raise self._error
        self.told.append((name, value, tags or {}))

    gauge = timing = incr


@pytest.fixture
def stats(monkeypatch: pytest.MonkeyPatch) -> Stats:
    stats = Stats()
    monkeypatch.setattr(metrics, "_sink", lambda: (stats, True))
    return stats


def test_trouble_with_metrics_is_warned_of_once_and_never_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    metrics._warn.cache_clear()
    monkeypatch.setattr(metrics, "_sink", lambda: (Stats(OSError("no such host")), True))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            metrics.submitted(JOB)
            metrics.paid(JOB, {"billed_seconds": 5, "cost": {"amount": "1", "currency": "CNY"}})
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"Metrics can't be sent ({what}): OSError: no such host" for what in ("submitted", "paid")
    ]


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        ({"billed_seconds": None, "cost": None}, {}),
        ({"billed_seconds": 4.0, "cost": None}, {"wan.jobs.billed_milliseconds": 4_000}),
        (
            {"billed_seconds": 0.1, "cost": {"amount": "0.000001", "currency": "USD"}},
            {"wan.jobs.billed_milliseconds": 100, "wan.jobs.cost_micros": 1},
        ),
        (
            {"billed_seconds": 900, "cost": {"amount": "123456.789012", "currency": "CNY"}},
            {"wan.jobs.billed_milliseconds": 900_000, "wan.jobs.cost_micros": 123_456_789_012},
        ),
    ],
)
def test_what_is_paid_counts_exactly_and_what_is_unknown_does_not(
    stats: Stats, outcome: dict[str, Any], counted: dict[str, int]
) -> None:
    metrics.paid(JOB, outcome)
    assert {name: value for name, value, _ in stats.told} == counted
    assert all(type(value) is int for _, value, _ in stats.told)


@pytest.mark.parametrize("nonsense", [{"billed_seconds": "?"}, {"cost": {}}, {"cost": "free"}, None])
def test_nonsense_of_a_price_does_not_reach_the_caller(stats: Stats, nonsense: Any) -> None:
    metrics.paid(JOB, nonsense)
    assert stats.told == []


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("DataInspectionFailed", "DataInspectionFailed"),
        ("NOT AUTHORIZED", "NOT_AUTHORIZED"),
        ("", "none"),
        ("Job.2026112613", "other"),
        ("x" * 65, "other"),
        ("a,b=c|d:e#f", "a_b_c_d_e_f"),
    ],
)
def test_code_becomes_one_of_few_and_what_every_sink_takes(stats: Stats, code: str, tag: str) -> None:
    metrics.ended(JOB, snapshot(TaskStatus.FAILED, code))
    assert [tags["code"] for _, _, tags in stats.told] == [tag]


def test_times_that_make_no_sense_are_left_out(stats: Stats) -> None:
    metrics.ended(JOB, snapshot(TaskStatus.SUCCEEDED, queued=-5, ran=-5))
    assert [name for name, _, _ in stats.told] == ["wan.jobs.succeeded"]


def test_error_that_is_not_ours_is_counted_too(stats: Stats) -> None:
    metrics.failed(RuntimeError("https://example.com"))
    assert stats.told == [("wan.edits.failed", 1, {"error": "RuntimeError", "retry": "none"})]


@either_client
def test_each_try_counts_as_a_query_and_each_429_as_one(client: type[Client], stats: Stats) -> None:
    with ScriptedServer(THROTTLED, DROP, RUNNING, LISTED) as server:
        caller = client(server.base_url)
        caller("get", "job-1")
        caller("list_tasks")
    assert [(name, tags) for name, _, tags in stats.told] == [
        ("wan.polls", {}),
        ("wan.throttled", {"call": "poll"}),
        *[("wan.polls", {})] * 3,
    ]


@either_client
def test_other_calls_are_no_polls(client: type[Client], stats: Stats) -> None:
    done = says({"request_id": "req-4"})
    with ScriptedServer(done, THROTTLED, done) as server:
        caller = client(server.base_url)
        caller("cancel", "job-1")
        caller("cancel", "job-1")
    assert [(name, tags) for name, _, tags in stats.told] == [("wan.throttled", {"call": "other"})]


@either_client
def test_observer_that_fails_does_not_trouble_the_call(
    client: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(tally, "_observers", [])
    tally.observe(fail)
    with ScriptedServer(RUNNING) as server:
        assert client(server.base_url)("get", "job-1").status is TaskStatus.RUNNING
    tally.observe(None)
    with ScriptedServer(RUNNING) as server:
        assert client(server.base_url)("get", "job-1").status is TaskStatus.RUNNING


@pytest.mark.parametrize(
    ("settings", "tagged"),
    [
        ({"STATSD_ON": "True"}, False),
        ({"STATSD_ON": "True", "STATSD_INFLUXDB_ENABLED": "True"}, True),
        ({"STATSD_ON": "True", "STATSD_DATADOG_ENABLED": "True"}, True),
        ({"OTEL_ON": "True"}, True),
        ({"STATSD_ON": "True", "OTEL_ON": "True"}, False),  # Airflow takes the first of these two
        ({}, True),
    ],
)
def test_tags_go_into_the_name_only_for_plain_statsd(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], tagged: bool
) -> None:
    for name, value in as_metrics(settings).items():
        monkeypatch.setenv(name, value)
    assert metrics._sink.__wrapped__()[1] is tagged
