"""Each model that the vendor's SDK knows a path for runs its documented bodies against the emulator.

They go through the vendor's own SDK, or through our client where the SDK can't send them.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import dashscope
import pytest
from dashscope import VideoSynthesis

from airflow_provider_wan.dashscope import Account, DashScopeClient, catalog
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.dashscope import edit_bodies, generate_bodies
from tests.dashscope.generate_bodies import Body

BODIES = (*edit_bodies.BODIES, *generate_bodies.BODIES)
FAMILIES = edit_bodies.FAMILIES | generate_bodies.FAMILIES
KEY = "sk-emulator"


@pytest.fixture(scope="module")
def service() -> Iterator[RunningEmulator]:
    """Each region that a body is for. Jobs end when the test moves the clock."""
    regions = tuple(map(RegionSettings, sorted({case.region for case in BODIES})))
    with running(EmulatorSettings(regions=regions, render=False, run_seconds=(300, 300))) as emulator:
        yield emulator


def _end(emulator: RunningEmulator, case: Body, job: str) -> None:
    """See what the newest job was submitted with, and let it end, which bills it."""
    submit = emulator.submits()[-1]
    sent = submit.body
    extras = {"extend_prompt", "function"}  # which the classic SDK adds to every request
    extras -= case.body["input"].keys()
    given = {name: value for name, value in sent["input"].items() if name not in extras and value is not None}
    assert (submit.status, submit.path) == (HTTPStatus.OK, case.path)
    assert given == case.body["input"]
    assert sent.get("parameters", {}) == case.body.get("parameters", {})
    emulator.clock.advance(301)
    assert job in [charge.task_id for charge in emulator.ledger()]


@pytest.mark.parametrize("case", [case for case in BODIES if case.sdk], ids=str)
def test_official_sdk_runs_the_body(
    service: RunningEmulator, case: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "base_http_api_url", service.base_urls[case.region])
    body: dict[str, Any] = deepcopy(case.body)
    # `function` is taken as part of `extra_input` only; as an argument it collides with the SDK's own.
    inputs = {"extra_input": body["input"]} if "function" in body["input"] else body["input"]
    created = VideoSynthesis.async_call(body["model"], api_key=KEY, **inputs, **body.get("parameters", {}))
    assert created.status_code == HTTPStatus.OK, created.message
    _end(service, case, created.output.task_id)
    done = VideoSynthesis.fetch(created, api_key=KEY)
    assert done.output.task_status == "SUCCEEDED"
    assert done.output.video_url.startswith(service.origins[case.region])


@pytest.mark.parametrize("case", [case for case in BODIES if not case.sdk], ids=str)
def test_our_client_runs_the_body(service: RunningEmulator, case: Body) -> None:
    account = Account.of(api_key=KEY, region=case.region, host=service.base_urls[case.region])
    request = case.request(**case.fields)
    with DashScopeClient(account) as client:
        job = client.submit(request.path(), request.body(case.region))
        _end(service, case, job.task_id)
        done = client.get(job.task_id)
    assert done.status is TaskStatus.SUCCEEDED
    assert done.video_url is not None


def test_sdk_drops_media_that_are_links_alone(
    service: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is why our client has to run them."""
    (case,) = (case for case in BODIES if not case.sdk)
    monkeypatch.setattr(dashscope, "base_http_api_url", service.base_urls[case.region])
    VideoSynthesis.async_call(case.id, api_key=KEY, **deepcopy(case.body["input"]))
    assert "media" not in service.submits()[-1].body["input"]


def test_every_model_of_these_families_is_run() -> None:
    models = [model for model in catalog.MODELS if model.family in FAMILIES]
    assert {case.id for case in BODIES} == {
        id_ for model in models for id_ in (*model.spellings.values(), *model.snapshots)
    }
