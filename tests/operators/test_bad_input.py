"""Every kind of bad input has its own clear error, costs nothing, and isn't retried where that is useless."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope.errors import (
    DestinationError,
    ResultInvalidError,
    SubmitUnknownError,
)
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.operators import WanVideoEditOperator, WanVideoOutpaintingOperator
from tests.conftest import KEY, KEY_BEIJING, run_operator

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

CLIP = "https://example.com/clip.mp4"

pytestmark = pytest.mark.usefixtures("connection")


def outpaint(**arguments: Any) -> WanVideoOutpaintingOperator:
    common: dict[str, Any] = {"task_id": "widen", "prompt": "A wider stage", "video_url": CLIP}
    return WanVideoOutpaintingOperator(**common | arguments)


@pytest.fixture
def nothing_submitted(service: RunningEmulator) -> Iterator[None]:
    before = service.requests.count("submit")
    yield
    assert service.requests.count("submit") == before


@pytest.fixture
def nothing_paid(service: RunningEmulator) -> Iterator[None]:
    before = len(service.ledger())
    yield
    assert len(service.ledger()) == before


@pytest.mark.usefixtures("nothing_submitted")
class TestBeforeSubmission:
    def test_no_key(self, connection: Callable[..., None]) -> None:
        connection(password=None)
        with pytest.raises(AirflowFailException, match=r"'dashscope_default' has no API key.*password"):
            run_operator(outpaint())

    def test_unknown_connection(self) -> None:
        with pytest.raises(
            AirflowFailException, match=r"no connection 'nowhere'.*airflow connections add nowhere"
        ):
            run_operator(outpaint(conn_id="nowhere"))

    def test_connection_of_another_type(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_WEB", json.dumps({"conn_type": "http", "password": "sk-x"}))
        with pytest.raises(AirflowFailException, match=r"'web' is of type 'http', not 'dashscope'"):
            run_operator(outpaint(conn_id="web"))

    def test_unknown_region(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = {"conn_type": "dashscope", "password": "sk-x", "extra": {"region": "mars-1"}}
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        with pytest.raises(AirflowFailException, match=r"'mars-1'.*cn-beijing, ap-southeast-1"):
            run_operator(outpaint())

    def test_model_of_another_region(self, connection: Callable[..., None]) -> None:
        connection("dashscope_beijing", region="cn-beijing", password=KEY_BEIJING)
        with pytest.raises(AirflowFailException, match=r"wan2.1-vace-plus.*wanx2.1-vace-plus.*Beijing"):
            run_operator(outpaint(conn_id="dashscope_beijing", model="wan2.1-vace-plus"))

    def test_template_that_renders_to_a_wrong_value(self) -> None:
        operator = outpaint(left_scale="{{ params.scale }}")
        operator.left_scale = "3"
        with pytest.raises(AirflowFailException, match=r"left_scale=3.*1.0.*2.0.*(?s:.*)Nothing was sent"):
            run_operator(operator)

    def test_template_that_renders_to_nothing(self) -> None:
        operator = outpaint(video_url="{{ params.clip }}")
        operator.video_url = "None"
        with pytest.raises(AirflowFailException, match="video_url=None"):
            run_operator(operator)

    def test_destination_not_writable_is_found_before_it_costs_anything(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("a file where a folder is needed")
        with pytest.raises(DestinationError, match=r"can't be written.*Nothing was submitted or billed"):
            run_operator(outpaint(output_path=f"file://{tmp_path}/file/a.mp4"))

    def test_destination_that_is_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DestinationError, match="end the path with a slash"):
            run_operator(outpaint(output_path=f"file://{tmp_path}"))

    def test_destination_of_an_unknown_kind(self) -> None:
        with pytest.raises(DestinationError, match=r"nosuch://a/b.mp4 can't be written"):
            run_operator(outpaint(output_path="nosuch://a/b.mp4"))

    def test_empty_destination_is_no_destination(self) -> None:
        with pytest.raises(AirflowFailException, match="output_path=: must be a path"):
            run_operator(outpaint(output_path=""))


@pytest.mark.usefixtures("nothing_paid")
class TestRefused:
    def test_wrong_key(self, connection: Callable[..., None]) -> None:
        connection(password="sk-wrong")
        with pytest.raises(
            AirflowFailException, match=r"InvalidApiKey.*HTTP 401.*Check the connection"
        ) as caught:
            run_operator(outpaint())
        assert "sk-wrong" not in str(caught.value)

    def test_key_of_another_region(self, connection: Callable[..., None]) -> None:
        connection(password=KEY_BEIJING)
        with pytest.raises(AirflowFailException, match="keys don't work across regions"):
            run_operator(outpaint())

    def test_input_that_cannot_be_fetched(self, connection: Callable[..., None], tmp_path: Path) -> None:
        from airflow_provider_wan.emulator import EmulatorSettings, running

        settings = EmulatorSettings(speed=600, render=False, fetch_inputs=True, media_root=tmp_path)
        with running(settings) as fetching:
            connection("dashscope_fetching", password=fetching.key, host=fetching.base_url)
            with pytest.raises(Exception, match=r"media resource.*opens from the public internet") as caught:
                run_operator(
                    outpaint(conn_id="dashscope_fetching", video_url=fetching.media_url("nowhere.mp4"))
                )
            assert isinstance(caught.value, AirflowFailException)
            assert fetching.ledger() == []

    def test_content_rejected(self) -> None:
        with pytest.raises(
            AirflowFailException, match=r"DataInspectionFailed.*Change the prompt.*not retried"
        ):
            run_operator(outpaint(prompt="[reject-input]"))

    def test_job_failed_without_code(self, service: RunningEmulator) -> None:
        service.faults.order("submit", "fail", code="", message="")
        with pytest.raises(
            Exception, match=r"no message was given \(code none given.*A retry submits a new job"
        ):
            run_operator(outpaint())

    def test_account_that_owes_money(self, service: RunningEmulator) -> None:
        service.faults.order(
            "submit", "status", status=400, code="Arrearage", message="Access denied, please pay."
        )
        with pytest.raises(AirflowFailException, match=r"Arrearage.*console"):
            run_operator(outpaint())

    def test_answer_lost_while_submitting_is_never_sent_again(self, service: RunningEmulator) -> None:
        before = service.requests.count("submit")
        service.faults.order("submit", "drop", accepted=False)
        with pytest.raises(
            SubmitUnknownError, match=r"not sent again.*A retry, or clearing the task, first asks the service"
        ):
            run_operator(outpaint())
        assert service.requests.count("submit") == before + 1


class TestAfterTheEdit:
    """The edit is done and billed; what is wrong is its file."""

    def test_result_url_expired(self, service: RunningEmulator, tmp_path: Path) -> None:
        service.faults.order("result", "status", status=403, times=3)
        with pytest.raises(AirflowFailException, match=r"HTTP 403.*24 hours"):
            run_operator(outpaint(output_path=f"file://{tmp_path}/"))
        assert list(tmp_path.iterdir()) == []

    def test_result_url_refused_once_is_asked_for_anew(
        self, service: RunningEmulator, tmp_path: Path
    ) -> None:
        service.faults.order("result", "status", status=403)
        result = run_operator(outpaint(output_path=f"file://{tmp_path}/"))
        assert Path(result["output_path"].removeprefix("file://")).exists()

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("not_mp4", "isn't an MP4"),
            ("short_file", "cut short"),
            ("cut", "could not be downloaded in 3 tries"),
            ("drop", "could not be downloaded in 3 tries"),
        ],
    )
    def test_bad_file_is_refused_and_leaves_nothing_behind(
        self, service: RunningEmulator, tmp_path: Path, kind: str, words: str
    ) -> None:
        service.faults.order("result", kind, times=3)
        before = service.requests.count("submit")
        with pytest.raises(ResultInvalidError, match=words) as caught:
            run_operator(outpaint(output_path=f"file://{tmp_path}/"))
        assert "done and billed" in str(caught.value)
        assert "A retry lands the same result; nothing is paid again" in str(caught.value)
        assert list(tmp_path.iterdir()) == []
        assert service.requests.count("submit") == before + 1

    @pytest.mark.parametrize("kind", ["not_mp4", "short_file", "cut", "drop"])
    def test_bad_file_once_is_fetched_again(
        self, service: RunningEmulator, tmp_path: Path, kind: str
    ) -> None:
        service.faults.order("result", kind)
        result = run_operator(outpaint(output_path=f"file://{tmp_path}/"))
        assert Path(result["output_path"].removeprefix("file://")).read_bytes()[4:8] == b"ftyp"

    @pytest.mark.parametrize("kind", ["redirect", "other_host"])
    def test_address_that_leads_elsewhere_is_followed(
        self, service: RunningEmulator, tmp_path: Path, kind: str
    ) -> None:
        service.faults.order("get", kind, times=None)
        try:
            run_operator(outpaint(output_path=f"file://{tmp_path}/a.mp4"))
        finally:
            service.faults.clear()
        assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"

    def test_finished_job_without_an_address(self, service: RunningEmulator, tmp_path: Path) -> None:
        service.faults.order("get", "no_video_url", times=None)
        try:
            with pytest.raises(ResultInvalidError, match="has no address"):
                run_operator(outpaint(output_path=f"file://{tmp_path}/a.mp4"))
        finally:
            service.faults.clear()


class TestConnectionTest:
    def test_right_key_is_told_where_it_works(self, service: RunningEmulator) -> None:
        ok, message = DashScopeHook().test_connection()
        assert (ok, message) == (True, f"The key works in ap-southeast-1 ({service.base_url}).")

    def test_it_costs_nothing(self, service: RunningEmulator) -> None:
        before = service.requests.count("submit")
        DashScopeHook().test_connection()
        assert service.requests.count("submit") == before

    def test_wrong_key_is_told_so_without_showing_it(self, connection: Callable[..., None]) -> None:
        connection(password="sk-wrong")
        ok, message = DashScopeHook().test_connection()
        assert not ok
        assert "Invalid API-key" in message
        assert "sk-wrong" not in message

    def test_host_that_does_not_answer(self, connection: Callable[..., None]) -> None:
        connection(host="http://127.0.0.1:9/api/v1")
        ok, message = DashScopeHook().test_connection()
        assert not ok
        assert "no connection to the service" in message

    def test_key_never_shows(self) -> None:
        assert KEY not in repr(DashScopeHook().get_account())


def test_sources_without_a_scheme_are_refused_with_the_fix() -> None:
    with pytest.raises(Exception, match=r"video_url=clips/a.mp4.*https://"):
        WanVideoEditOperator(task_id="a", video_url="clips/a.mp4")
