"""What a run leaves behind holds no API key and nothing that signs an address, a result's own `video_url` apart."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
import traceback
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, redact
from airflow.sdk import DAG

from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.errors import SubmitUnknownError, UnavailableError
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.operators import (
    WanImageReferenceOperator,
    WanParameterError,
    WanVideoOutpaintingOperator,
    WanVideoSynthesisOperator,
)
from tests import conftest
from tests.conftest import KEY, DagRunner, FakeTaskInstance, run_operator
from tests.operators.cases import CLIP, KEY_OF_CASE, Case

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator


@pytest.fixture
def signature() -> str:
    """One that no other test has had masked."""
    return f"S3cr3t%2B{uuid.uuid4().hex}%3D"


@pytest.fixture
def signed(signature: str) -> str:
    return f"{CLIP}?Expires=1761631066&OSSAccessKeyId=LTAI&Signature={signature}"


def assert_clean(text: str, signature: str) -> None:
    secrets = [re.escape(secret) for secret in (KEY_OF_CASE, KEY, signature, unquote(signature))]
    for secret in (*secrets, r"Signature=(?!\*\*\*)"):  # Airflow's mask leaves the name and three stars
        found = re.search(secret, text)
        assert not found, text[max(0, found.start() - 300) : found.end() + 50]


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "on worker"])
def test_attempts_that_go_wrong_leave_no_key_and_no_signature_behind(
    case: Case,
    signature: str,
    signed: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    deferrable: bool,
) -> None:
    """The input is signed, and whatever the service says quotes it, with the key."""
    monkeypatch.setattr(polling, "AFTER_ERROR_MIN", 0.01)
    left: list[str] = []
    original = conftest.first_event

    async def noted(trigger: Any) -> Any:
        event = await original(trigger)
        left.extend((json.dumps(trigger.serialize()), json.dumps(event)))
        return event

    monkeypatch.setattr(conftest, "first_event", noted)
    ti = FakeTaskInstance()
    faults = case.emulator.faults
    said = {"message": f"Download {signed} with {KEY_OF_CASE} timed out"}

    def attempt() -> Any:
        operator = case.operator(video_url=signed, deferrable=deferrable)
        return run_operator(operator, ti, case.store)

    def fail(error: type[Exception]) -> None:
        with pytest.raises(error) as caught:
            attempt()
        left.extend((str(caught.value), repr(caught.value)))
        left.extend(traceback.format_exception(caught.value))

    with caplog.at_level(logging.DEBUG):
        faults.order("submit", "status", status=400, code="InvalidURL", **said)
        fail(AirflowFailException)
        faults.order("submit", "status", status=500, accepted=False, **said)
        fail(SubmitUnknownError)
        faults.order("submit", "fail", code="InternalError", **said)
        faults.order("get", "status", status=503, times=polling.TOLD_AT, **said)
        fail(UnavailableError)
        faults.order("result", "status", status=403, **said)
        result = attempt()
    assert result.pop("video_url").count("Signature=") == 1
    printed = capfd.readouterr()
    assert "can't be looked at; the wait goes on" in printed.out
    assert "?***" in "".join(left)
    left.extend(
        (printed.out, printed.err, json.dumps(ti.xcoms), json.dumps(result), *case.store.values.values())
    )
    # What uvicorn logs is the emulator's.
    left.extend(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert_clean("\n".join(left), signature)


@pytest.mark.usefixtures("connection")
def test_whole_dag_run_leaves_none_in_airflow_s_log_and_database(
    service: RunningEmulator,
    run_dag: DagRunner,
    airflow_db: Path,
    signature: str,
    signed: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = run_dag("signed_inputs", clip=signed, folder=f"file://{tmp_path}/")
    assert set(run.states.values()) == {"success"}
    sent = {submit.body["input"]["video_url"] for submit in service.submits()}
    assert {signed, run.xcom("clay")["video_url"]} <= sent
    printed = capfd.readouterr()
    assert_clean(printed.out + printed.err, signature)
    tables = _tables(airflow_db / "airflow.db")
    assert {"trigger", "rendered_task_instance_fields"} <= {name for name, rows in tables.items() if rows}
    for table, rows in tables.items():
        for row in rows:
            if row.get("dag_id", "signed_inputs") != "signed_inputs":  # of another test's run
                continue
            if table == "xcom" and row["key"] in ("return_value", "video_url"):
                continue
            row.pop("conf", None)  # what the person who triggered the run has written
            assert_clean(f"{table}: {row}", signature)


def _tables(database: Path) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        names = [
            row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}


def outpaint(address: str) -> Any:
    return WanVideoOutpaintingOperator(task_id="a", prompt="x", video_url=address, left_scale=1.5)


def reference(address: str) -> Any:
    return WanImageReferenceOperator(
        task_id="a", prompt="x", ref_images_url=[CLIP, address], obj_or_bg=["obj", "bg"]
    )


def synthesis(address: str) -> Any:
    return WanVideoSynthesisOperator(
        task_id="a", model="wan2.7-videoedit", input={"media": [{"type": "video", "url": address}]}
    )


@pytest.mark.parametrize("make", [outpaint, reference, synthesis])
def test_rendered_fields_are_shown_without_the_signature(
    make: Callable[[str], Any], signature: str, signed: str
) -> None:
    assert signature in redact(signed)
    operator = make("{{ params.clip }}")
    operator.render_template_fields({"params": {"clip": signed}})
    rendered = {name: getattr(operator, name) for name in operator.template_fields}
    assert signature in str(rendered)
    shown = str(redact(rendered))
    assert CLIP in shown
    assert signature not in shown


def test_rendered_fields_of_a_mapped_task_are_shown_without_the_signature(
    signature: str, signed: str
) -> None:
    with DAG("mapped", params={"clip": signed}) as dag:
        mapped: Any = WanVideoOutpaintingOperator.partial(task_id="a", prompt="x").expand(
            video_url=["{{ params.clip }}"], left_scale=[1.5]
        )
    ti = SimpleNamespace(map_index=0, task=None)
    seen = {"ti": ti, "dag": dag, "dag_run": SimpleNamespace(conf={}), "params": dag.params.dump()}
    mapped.render_template_fields(seen)
    rendered: Any = seen["task"]
    assert rendered.video_url == signed
    assert signature not in redact(rendered.video_url)


def test_mistake_in_a_signed_literal_is_shown_without_the_signature(signature: str, signed: str) -> None:
    with pytest.raises(WanParameterError, match="video_url=ftp://") as caught:
        outpaint(signed.replace("https", "ftp"))
    assert_clean(str(caught.value), signature)


@pytest.mark.parametrize("way", ["task", "trigger"])
def test_key_is_masked_from_the_moment_its_connection_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    key = f"sk-{uuid.uuid4().hex}"
    monkeypatch.setenv("AIRFLOW_CONN_MINE", json.dumps({"conn_type": "dashscope", "password": key}))
    assert key in redact(f"it is {key}")
    hook = DashScopeHook("mine")
    account = hook.get_account() if way == "task" else asyncio.run(hook.aget_account())
    assert account.api_key == key
    assert redact(f"it is {key}") == "it is ***"
