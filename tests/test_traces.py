"""Spans arrive at a real collector, nested under Airflow's, and tell no more than they may."""

from __future__ import annotations

import asyncio
import contextlib
import timeit

import pytest
from opentelemetry import trace

from airflow_provider_wan.traces import span
from tests.sinks import SpanSeen, otlp_sink, run_in_airflow, soon
from tests.versions import needs_spans_of_tasks

FACTS = {"model": "wan2.1-vace-plus", "function": "video_repainting", "region": "ap-southeast-1"}
AS_ATTRIBUTES = {f"wan.{name}": value for name, value in FACTS.items()}


def work() -> None:
    """Trace what a worker and a triggerer do. Runs in a process of its own."""
    from airflow import settings
    from airflow.providers.common.compat.sdk import TaskDeferred
    from airflow.triggers.testing import SuccessTrigger

    settings.initialize()  # type: ignore[no-untyped-call]  # as each of Airflow's programs does
    airflow = trace.get_tracer("airflow")
    with airflow.start_as_current_span("worker.edit"):
        with span("stage", **FACTS, job_id=None), airflow.start_as_current_span("upload"):
            pass
        with span("submit", **FACTS, job_id=None) as part:
            part.tell(job_id="job-1")
        with contextlib.suppress(TaskDeferred), span("wait", job_id="job-1"):
            trigger = SuccessTrigger()  # type: ignore[no-untyped-call]
            raise TaskDeferred(trigger=trigger, method_name="resume")
        with contextlib.suppress(OSError), span("land", **FACTS):
            raise OSError("https://example.com/secret?Signature=x")
    asyncio.run(wait_for_many())
    provider = trace.get_tracer_provider()
    provider.force_flush()  # type: ignore[attr-defined]


async def wait_for_many() -> None:
    """Three triggers wait at once, each under its own span of Airflow's; one is cancelled."""
    begun = asyncio.Event()

    async def trigger(number: int) -> None:
        airflow = trace.get_tracer("airflow").start_as_current_span(f"trigger.edit_{number}")
        with airflow, span("wait", job_id=f"job-{number}") as part:
            begun.set()
            await asyncio.sleep(3600 if number == 3 else 0)
            part.tell(status="SUCCEEDED")

    tasks = [asyncio.create_task(trigger(number)) for number in (1, 2, 3)]
    await begun.wait()
    await asyncio.gather(*tasks[:2])
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="module")
def spans() -> list[SpanSeen]:
    with otlp_sink() as sink:
        run_in_airflow(
            "from tests.test_traces import work; work()",
            {
                "AIRFLOW__TRACES__OTEL_ON": "True",
                "OTEL_TRACES_EXPORTER": "otlp_proto_http",
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
            },
        )
        assert soon(lambda: len(sink.spans) >= 12), sink.spans
        assert b"secret" not in b"".join(sink.bodies)
        return sink.spans


def named(spans: list[SpanSeen], name: str, job: str | None = None) -> SpanSeen:
    (found,) = [one for one in spans if one.name == name and job in (None, one.attributes.get("wan.job_id"))]
    return found


def children(spans: list[SpanSeen], parent: str) -> list[str]:
    of = named(spans, parent).span_id
    return [one.name for one in spans if one.parent_id == of]


@needs_spans_of_tasks
def test_parts_of_an_edit_nest_under_airflows_span_of_the_task(spans: list[SpanSeen]) -> None:
    assert children(spans, "worker.edit") == ["wan.stage", "wan.submit", "wan.wait", "wan.land"]


@needs_spans_of_tasks
def test_what_others_trace_within_a_part_nests_under_it(spans: list[SpanSeen]) -> None:
    assert children(spans, "wan.stage") == ["upload"]


@needs_spans_of_tasks
def test_each_wait_nests_under_the_span_of_its_own_trigger(spans: list[SpanSeen]) -> None:
    for number in (1, 2, 3):
        parent = named(spans, f"trigger.edit_{number}").span_id
        (wait,) = [one for one in spans if one.parent_id == parent]
        assert (wait.name, wait.attributes["wan.job_id"]) == ("wan.wait", f"job-{number}")


@needs_spans_of_tasks
def test_span_tells_what_is_known_at_its_beginning_and_what_becomes_known(spans: list[SpanSeen]) -> None:
    assert named(spans, "wan.stage").attributes == AS_ATTRIBUTES
    assert named(spans, "wan.submit").attributes == AS_ATTRIBUTES | {"wan.job_id": "job-1"}
    done = [one.attributes.get("wan.status") for one in spans if one.name == "wan.wait"]
    assert done.count("SUCCEEDED") == 2


@needs_spans_of_tasks
def test_part_that_fails_is_an_error_with_the_name_of_its_class_only(spans: list[SpanSeen]) -> None:
    failed = named(spans, "wan.land")
    assert (failed.error, failed.events) == ("OSError", 0)


@needs_spans_of_tasks
def test_handing_over_and_being_cancelled_are_no_errors(spans: list[SpanSeen]) -> None:
    assert [one.name for one in spans if one.name.startswith("wan.") and one.error is not None] == [
        "wan.land"
    ]


def test_span_costs_next_to_nothing_where_tracing_is_off() -> None:
    def traced() -> None:
        with span("wait", job_id="job-1") as part:
            part.tell(status="SUCCEEDED")

    assert min(timeit.repeat(traced, number=100, repeat=5)) / 100 < 0.001


def test_errors_pass_through() -> None:
    with pytest.raises(ValueError, match="as it was"), span("submit"):
        raise ValueError("as it was")
