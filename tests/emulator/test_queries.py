"""What the account sees: single query, list, limits, times, forgetting."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from tests.emulator.api import EDIT, OUTPAINT, VACE, Api, error

Start = Callable[..., RunningEmulator]
TOO_MANY = (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
CHINA = timezone(timedelta(hours=8))


def test_finished_vace_job_shows_times_prompts_usage_and_a_url(emulator: RunningEmulator, api: Api) -> None:
    job = api.job()
    emulator.clock.advance(301)
    answer = api.get(job)
    output = answer["output"]
    assert set(output) == {
        *("task_id", "task_status", "submit_time", "scheduled_time", "end_time"),
        *("video_url", "orig_prompt", "actual_prompt"),
    }
    assert output["orig_prompt"] == "a beach"
    assert answer["usage"] == {"video_duration": 5, "video_ratio": "standard", "video_count": 1}


def test_open_job_shows_no_usage_and_no_end(start: Start) -> None:
    emulator = start(running_slots=1)
    api = Api(emulator.base_url, emulator.key)
    running, waiting = api.get(api.job()), api.get(api.job())
    assert "usage" not in running
    assert set(running["output"]) == {"task_id", "task_status", "submit_time", "scheduled_time"}
    assert set(waiting["output"]) == {"task_id", "task_status", "submit_time"}


def test_actual_prompt_is_left_out_when_the_prompt_was_not_extended(
    emulator: RunningEmulator, api: Api
) -> None:
    job = api.job({**OUTPAINT, "parameters": {"prompt_extend": False}})
    newer = api.job(EDIT)
    emulator.clock.advance(301)
    assert "actual_prompt" not in api.output(job)
    assert "actual_prompt" not in api.output(newer)


def test_times_are_utc_plus_8_without_a_zone(api: Api) -> None:
    before = time.time()
    text = api.output(api.job())["submit_time"]
    assert len(text) == len("2025-05-15 16:14:44.723")
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=CHINA).timestamp()
    assert before - 0.01 <= moment <= time.time()


def test_http_date_and_url_expiry_go_by_the_services_clock(emulator: RunningEmulator, api: Api) -> None:
    job = api.job()
    emulator.clock.advance(5000)
    answer = api.http.get(f"/tasks/{job}")
    date = parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert abs(date - time.time() - 5000) < 5
    output = answer.json()["output"]
    end = datetime.fromisoformat(output["end_time"]).replace(tzinfo=CHINA).timestamp()
    expires = int(parse_qs(urlsplit(output["video_url"]).query)["Expires"][0])
    assert expires == int(end) + 24 * 3600


def test_unknown_and_foreign_jobs_are_200_unknown(start: Start) -> None:
    emulator = start(regions=(RegionSettings(keys={"sk-a": "a", "sk-b": "b"}),))
    a, b = Api(emulator.base_url, "sk-a"), Api(emulator.base_url, "sk-b")
    assert a.output("nothing") == {"task_id": "nothing", "task_status": "UNKNOWN"}
    assert b.status(a.job()) == "UNKNOWN"
    assert b.list()["total"] == 0


def test_job_is_forgotten_24_hours_after_submission(emulator: RunningEmulator, api: Api) -> None:
    job = api.job()
    emulator.clock.advance(24 * 3600 - 60)
    assert api.status(job) == "SUCCEEDED"
    emulator.clock.advance(61)
    assert api.status(job) == "UNKNOWN"
    assert api.list()["total"] == 0
    assert len(emulator.ledger()) == 1


def test_list_shows_the_newest_first_in_pages(start: Start) -> None:
    emulator = start(submit_rps=100, max_page_size=4)
    api = Api(emulator.base_url, emulator.key)
    jobs = [api.job() for _ in range(5)]
    page = api.list(page_size=2, page_no=2)
    assert (page["total"], page["total_page"], page["page_no"], page["page_size"]) == (5, 3, 2, 2)
    assert [row["task_id"] for row in page["data"]] == [jobs[2], jobs[1]]
    assert api.list(page_size=100)["page_size"] == 4
    assert api.list(page_no=9)["data"] == []


def test_list_may_name_its_rows_otherwise_and_begin_with_the_oldest(start: Start) -> None:
    emulator = start(submit_rps=100, list_array="tasks", oldest_first=True)
    api = Api(emulator.base_url, emulator.key)
    jobs = [api.job() for _ in range(3)]
    listed = api.list(page_size=2)
    assert "data" not in listed
    assert [row["task_id"] for row in listed["tasks"]] == jobs[:2]


def test_list_rows_have_epoch_milliseconds_and_the_submits_request_id(
    emulator: RunningEmulator, api: Api
) -> None:
    submitted = api.submit(OUTPAINT).json()
    emulator.clock.advance(301)
    (row,) = api.list()["data"]
    assert row["request_id"] == submitted["request_id"]
    assert row["end_time"] - row["start_time"] == 300_000
    assert abs(row["gmt_create"] - time.time() * 1000) < 10_000
    assert row["user_api_unique_key"] == f"apikey:v1:aigc:video-generation:video-synthesis:{VACE}"
    assert not {"video_url", "output", "usage", "code"} & set(row)


def test_list_filters(start: Start) -> None:
    emulator = start(running_slots=1)
    api = Api(emulator.base_url, emulator.key)
    first = api.job()
    emulator.clock.advance(3600)
    second, edit = api.job(), api.job(EDIT)

    def ids(**query: str) -> list[str]:
        return [row["task_id"] for row in api.list(**query)["data"]]

    now = emulator.clock.now()

    def text(moment: float) -> str:
        return datetime.fromtimestamp(moment, CHINA).strftime("%Y%m%d%H%M%S")

    assert ids(model_name=VACE) == [second, first]
    assert ids(status="RUNNING") == [edit, second]
    assert ids(task_id=first) == [first]
    assert ids(start_time=text(now - 60)) == [edit, second]
    assert ids(end_time=text(now - 60)) == [first]
    assert ids(start_time=text(now - 60), end_time=text(now)) == [edit, second]
    assert error(api.http.get("/tasks", params={"start_time": "yesterday"}))[0] == 400
    wide = {"start_time": text(now - 90_000), "end_time": text(now)}
    assert error(api.http.get("/tasks", params=wide))[0] == 400
    assert error(api.http.get("/tasks", params={"status": "DONE"}))[0] == 400


def test_third_vace_submission_within_a_second_is_throttled(emulator: RunningEmulator, api: Api) -> None:
    api.job()
    api.job()
    assert error(api.submit(OUTPAINT)) == TOO_MANY
    api.job(EDIT)
    emulator.clock.advance(1)
    assert api.submit(OUTPAINT).status_code == 200


def test_twenty_queries_a_second_and_no_more(start: Start) -> None:
    emulator = start(speed=0.001)
    api = Api(emulator.base_url, emulator.key)
    answers = [api.http.get("/tasks/x") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert error(answers[-1]) == TOO_MANY
    assert api.http.get("/tasks").status_code == 200
    emulator.clock.advance(1)
    assert api.http.get("/tasks/x").status_code == 200


def test_queries_lists_and_cancels_can_share_one_budget(start: Start) -> None:
    emulator = start(speed=0.001, query_qps=3, shared_query_budget=True)
    api = Api(emulator.base_url, emulator.key)
    statuses = [
        api.http.get("/tasks/x").status_code,
        api.http.get("/tasks").status_code,
        api.cancel("x").status_code,
        api.http.get("/tasks").status_code,
    ]
    assert statuses == [200, 200, 400, 429]


def test_failed_job_shows_times_where_switched(start: Start) -> None:
    for with_times in (False, True):
        emulator = start(failed_with_times=with_times)
        api = Api(emulator.base_url, emulator.key)
        job = api.job()
        emulator.force(job, "FAILED")
        assert ("end_time" in api.output(job)) is with_times
