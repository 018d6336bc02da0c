"""What the doctor finds of access, clocks and jobs, and how many calls that takes."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest

from airflow_provider_wan.doctor.asking import MOST_CALLS
from airflow_provider_wan.emulator import RegionSettings
from tests.doctor.bending import Bent
from tests.doctor.conftest import ENOUGH, KEY, Examine, Start, levels, seen_by, sentence, told, worst
from tests.doctor.jobs import submitted
from tests.emulator.api import Api

ALL = [
    *("settings", "access", "clock", "speed", "errors", "Retry-After", "models", "uploads", "limits", "jobs"),
    *("list", "list order", "list times", "page size", "job times", "list filter", "unknown job"),
]


def test_service_that_does_as_its_pages_say_has_nothing_to_complain_of(start: Start) -> None:
    emulator = start()
    submitted(emulator, vace=2)
    report = seen_by(emulator.base_url)
    assert worst(report) == set()
    assert not report.troubled
    assert list(dict.fromkeys(one.about for one in report.findings)) == ALL
    assert sentence(report, "models", "32 of 32 models asked for")


def test_nothing_is_submitted_uploaded_or_cancelled_and_the_calls_are_counted(start: Start) -> None:
    emulator = start(model_lists=False)
    submitted(emulator, vace=3, edits=7)
    emulator.requests.clear()
    report = seen_by(emulator.base_url)
    counts = {
        name: sum(by_status.values()) for name, by_status in emulator.requests.as_json()["endpoints"].items()
    }
    assert set(counts) == {"list", "get", "policy"}
    # Two more to paths that this emulator doesn't serve.
    assert sum(counts.values()) + 2 == int(report.about["calls"]) < 60
    assert (emulator.submits(), emulator.detections(), emulator.ledger()) == ([], [], [])
    assert len(emulator.tasks()) == 10


def test_most_models_most_jobs_and_least_pages_stay_within_the_bound(start: Start) -> None:
    region = RegionSettings("cn-beijing", keys={KEY: "acme"})
    emulator = start(regions=(region,), max_page_size=1, running_slots=1)
    api_jobs = [("wanx2.1-vace-plus", 2), ("wan2.7-t2v", 3), ("wan2.6-t2v", 2), ("wan2.5-t2v-preview", 2)]

    api = Api(emulator.base_url, KEY)
    for model, number in api_jobs:
        body: dict[str, Any] = {"model": model, "input": {"prompt": "x"}}
        if "vace" in model:
            body["input"] |= {"function": "video_outpainting", "video_url": "https://example.com/a.mp4"}
        for _ in range(number):
            api.job(body)
    report = seen_by(emulator.base_url, region="cn-beijing")
    assert int(report.about["calls"]) <= MOST_CALLS < 60
    # Pages of one row: the list shows one running and one queued job of all.
    assert sentence(report, "jobs", "Further jobs of models that weren't looked at")
    small = seen_by(emulator.base_url, region="cn-beijing", most=30)
    assert small.about["calls"] == "30"
    assert sentence(small, "models", "Not asked for, to keep to the bound of calls: ")


@pytest.mark.parametrize("key", ["sk-doctor-key-of-beijing", "sk-of-nobody-at-all"])
def test_key_of_another_region_or_of_nobody_says_what_to_try_and_is_asked_once(
    start: Start, key: str
) -> None:
    emulator = start(
        regions=(
            RegionSettings(keys={KEY: "acme"}),
            RegionSettings("cn-beijing", keys={"sk-doctor-key-of-beijing": "acme"}),
        )
    )
    report = seen_by(emulator.base_url, key=key)
    assert report.troubled
    said = sentence(report, "access", "The key is refused in ap-southeast-1")
    assert 'HTTP 401 InvalidApiKey ("Invalid API-key provided.")' in said
    assert "since a key belongs to one region" in said
    assert "cn-beijing (Beijing), us-east-1 (Virginia)" in said
    assert "or make one in ap-southeast-1" in said
    assert levels(report, "access") == ["trouble"]
    assert emulator.requests.count("list") == 1
    assert int(report.about["calls"]) == 1
    assert told(report, "models") == []
    there = seen_by(emulator.base_urls["cn-beijing"], key=key, region="cn-beijing")
    assert there.troubled is (key == "sk-of-nobody-at-all")


def test_wrong_workspace_is_told_from_a_wrong_key(start: Start) -> None:
    emulator = start(workspaces=frozenset({"llm-right"}))
    report = seen_by(emulator.base_url, workspace_id="llm-wrong")
    assert sentence(report, "access", "The key may not use the workspace: HTTP 401 NOT AUTHORIZED")
    assert not seen_by(emulator.base_url, workspace_id="llm-right").troubled


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("Workspace.AccessDenied", 403, "The key is known but isn't let in: HTTP 403 Workspace.AccessDenied"),
        ("Arrearage", 400, "The account has to be put in order: HTTP 400 Arrearage"),
    ],
)
def test_other_refusals_of_all_calls_have_their_own_sentence(
    bent: Examine, code: str, status: int, says: str
) -> None:
    report = bent(lambda call: call.says({"code": code, "message": "no", "request_id": "r"}, status))
    assert report.troubled
    assert sentence(report, "access", says)


# -- clock ------------------------------------------------------------------------------------------


def test_clock_an_hour_ahead_is_trouble_with_its_reason(start: Start) -> None:
    emulator = start()
    emulator.clock.advance(3600)
    report = seen_by(emulator.base_url, most=ENOUGH)
    ((level, said),) = told(report, "clock")
    assert level == "trouble"
    assert said.startswith("The service's clock is 3600 s (1.0 hours) ahead of this machine's")
    assert "the 24 hours after which results expire" in said
    assert "set this machine's clock right (NTP)" in said


@pytest.mark.parametrize(
    ("seconds", "level", "part"),
    [
        (-3600, "trouble", "3600 s (1.0 hours) behind this machine's"),
        (-60, "warning", "60 s behind this machine's"),
        (30, "warning", "30 s ahead of this machine's"),
        (3, "ok", "agree within 3 s"),
        (0, "ok", "agree within 1 s"),
    ],
)
def test_clock_is_judged_by_how_far_it_is_off(bent: Examine, seconds: float, level: str, part: str) -> None:
    def shift(call: Bent) -> None:
        then = parsedate_to_datetime(call.headers["date"]).timestamp() + seconds
        call.headers["date"] = format_datetime(datetime.fromtimestamp(then, UTC), usegmt=True)

    ((found, said),) = told(bent(shift, most=ENOUGH), "clock")
    assert found == level
    number = int(part.split()[0]) if part[0].isdigit() else None
    if number is None:
        assert part in said or "agree within" in said
    else:
        assert any(
            part.replace(str(number), str(near), 1) in said for near in (number - 1, number, number + 1)
        )


def test_answers_without_a_date_leave_the_clocks_unknown(bent: Examine) -> None:
    ((level, said),) = told(bent(lambda call: call.headers.pop("date"), most=ENOUGH), "clock")
    assert (level, said.split(";")[0]) == (
        "note",
        "No answer has a Date header, so the clocks can't be compared",
    )


# -- jobs -------------------------------------------------------------------------------------------


def test_queued_and_running_jobs_are_held_against_the_accounts_slots(start: Start) -> None:
    emulator = start()
    submitted(emulator, vace=5, edits=2)
    report = seen_by(emulator.base_url)
    assert sorted(told(report, "jobs")) == [
        (
            "note",
            "wan2.1-vace-plus: 2 running, 3 queued; the account runs 2 at a time (by the service), so one submitted "
            "now may wait for 20 min.",
        ),
        ("ok", "wan2.7-videoedit: 2 running, 0 queued; the account runs 5 at a time (by the service)."),
    ]


def test_queue_that_the_service_will_not_get_through_in_time_is_a_warning(start: Start) -> None:
    emulator = start(running_slots=1)
    submitted(emulator, vace=20, apart=0)
    report = seen_by(emulator.base_url)
    ((level, said),) = told(report, "jobs")
    assert level == "warning"
    assert "wan2.1-vace-plus: 1 running, 19 queued; the account runs 1 at a time (by the service)" in said
    assert "so one submitted now may wait for 3 h 20 min; expected: less than 3 h" in said


def test_without_limits_of_the_service_the_catalogue_says_how_many_run(start: Start) -> None:
    emulator = start(model_lists=False, running_slots=3)
    submitted(emulator, vace=3)
    report = seen_by(emulator.base_url)
    ((level, said),) = told(report, "jobs")
    assert level == "note"
    assert "wan2.1-vace-plus: 3 running, 0 queued; the account runs 2 at a time (by the catalogue)" in said
    assert "the account may run more than is known here" in said


def test_jobs_beyond_the_page_are_counted_by_the_services_totals(start: Start) -> None:
    emulator = start(max_page_size=3)
    submitted(emulator, vace=12)
    report = seen_by(emulator.base_url)
    assert sentence(report, "jobs", "wan2.1-vace-plus: 2 running, 10 queued")


def test_empty_account_says_so(start: Start) -> None:
    report = seen_by(start().base_url)
    assert told(report, "jobs") == [
        ("ok", "No job is queued or running in this account, whoever submitted it.")
    ]
    assert sentence(report, "list", "(0 rows seen)")
    for about in ("list order", "list times", "job times", "list filter"):
        assert levels(report, about) == ["note"], about
    assert not report.troubled


def test_list_that_fails_leaves_jobs_unseen_and_the_rest_goes_on(start: Start) -> None:
    emulator = start()
    emulator.faults.order("list", "status", status=500, times=None)
    report = seen_by(emulator.base_url)
    assert levels(report, "access") == ["ok"]
    assert sentence(
        report, "jobs", "How many jobs are RUNNING or PENDING couldn't be seen (HTTP 500 InternalError"
    )
    assert sentence(report, "models", "32 of 32 models asked for")
