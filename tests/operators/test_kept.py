"""`on_landed="keep"`: what lies at its place already, of the very same request, isn't paid for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from airflow_provider_wan import storage
from airflow_provider_wan.operators import WanParameterError, kept
from tests.conftest import FakeStore
from tests.operators.cases import Case, dying


@pytest.fixture
def keeping(case: Case) -> Case:
    case.arguments |= {"output_path": f"file://{case.folder}/wide.mp4", "on_landed": "keep"}
    return case


def test_a_cleared_success_gives_the_landed_result_and_pays_nothing(keeping: Case) -> None:
    first = keeping.attempt()
    keeping.clear()
    again = keeping.attempt()
    assert again == first | {"video_url": None}
    assert (keeping.submitted, keeping.paid) == (1, 1)


def test_another_dag_run_gets_it_too(keeping: Case) -> None:
    first = keeping.attempt()
    keeping.store = FakeStore()
    assert keeping.attempt()["task_id"] == first["task_id"]
    assert keeping.paid == 1


def test_another_request_is_made_and_takes_the_place(keeping: Case) -> None:
    keeping.attempt()
    second = keeping.attempt(prompt="A narrower stage")
    assert keeping.paid == 2
    keeping.store = FakeStore()
    assert keeping.attempt(prompt="A narrower stage")["task_id"] == second["task_id"]
    assert keeping.paid == 2


@pytest.mark.parametrize("harm", ["removed", "changed", "unrecorded", "garbled"])
def test_a_file_that_is_not_that_result_any_more_is_not_kept(harm: str, keeping: Case) -> None:
    keeping.attempt()
    landed = keeping.folder / "wide.mp4"
    record = Path(kept.record_uri(str(landed)))
    match harm:
        case "removed":
            landed.unlink()
        case "changed":
            landed.write_bytes(b"something else")
        case "unrecorded":
            record.unlink()
        case "garbled":
            record.write_bytes(b"\xff{")
    keeping.clear()
    keeping.attempt()
    assert keeping.paid == 2


def test_a_worker_that_dies_before_the_record_is_written_pays_nothing_more(
    keeping: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, kept, "keep"):
        keeping.attempt()
    keeping.attempt()
    keeping.clear()
    keeping.attempt()
    assert keeping.paid == 1


def test_without_it_a_clear_pays_for_another(case: Case) -> None:
    case.arguments |= {"output_path": f"file://{case.folder}/wide.mp4"}
    case.attempt()
    case.clear()
    case.attempt()
    assert case.paid == 2
    assert [path.name for path in case.landed] == ["wide.mp4"]


def test_the_record_holds_no_signed_address(keeping: Case) -> None:
    result = keeping.attempt()
    text = Path(kept.record_uri(str(keeping.folder / "wide.mp4"))).read_text()
    assert json.loads(text)["result"]["task_id"] == result["task_id"]
    assert "Signature" in result["video_url"]
    assert "Signature" not in text
    assert "http" not in text


@pytest.mark.parametrize("path", [None, "file:///tmp/folder/"])
def test_keeping_needs_a_file_to_keep(path: str | None, case: Case) -> None:
    with pytest.raises(WanParameterError, match=r"on_landed='keep': output_path=.* must name a file"):
        case.operator(output_path=path, on_landed="keep")


def test_an_unknown_way_is_refused(case: Case) -> None:
    with pytest.raises(WanParameterError, match="on_landed='skip': must be one of redo, keep"):
        case.operator(on_landed="skip")


def test_before_submit_is_asked_before_each_submission_and_can_prevent_it(case: Case) -> None:
    asked: list[Any] = []

    def ask(context: Any) -> None:
        asked.append(context["ti"])
        if len(asked) == 1:
            raise AirflowException("over the budget")

    with pytest.raises(AirflowException, match="over the budget"):
        case.attempt(before_submit=ask)
    assert case.submitted == 0
    case.attempt(before_submit=ask)
    assert (len(asked), case.paid) == (2, 1)
    case.attempt(before_submit=ask)
    assert (len(asked), case.paid) == (2, 1)  # taken up, so nobody is asked


def test_the_check_of_the_destination_leaves_the_landed_file_alone(keeping: Case) -> None:
    keeping.attempt()
    before = (keeping.folder / "wide.mp4").read_bytes()
    storage.check_destination(f"file://{keeping.folder}/wide.mp4")
    assert (keeping.folder / "wide.mp4").read_bytes() == before
