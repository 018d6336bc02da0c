"""What the doctor finds of lists, and of the zone of times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.doctor.bending import Bent
from tests.doctor.conftest import ENOUGH, Examine, Start, levels, seen_by, sentence, told, worst
from tests.doctor.jobs import submitted


def test_other_page_cap_is_seen_from_what_came(start: Start) -> None:
    emulator = start(max_page_size=20)
    submitted(emulator, edits=25, apart=1)
    ((level, said),) = told(seen_by(emulator.base_url, most=ENOUGH), "page size")
    assert level == "note"
    assert "100: 20 granted; 200: 20 granted; 500: 20 granted; expected: 100 rows a page" in said
    larger = start(max_page_size=200)
    ((level, said),) = told(seen_by(larger.base_url, most=ENOUGH), "page size")
    assert level == "ok"
    assert "100: nothing said" not in said
    assert "500: 200 granted, by its own account" in said


def test_page_cap_that_the_service_does_not_own_up_to_is_seen_all_the_same(
    start: Start, bent: Examine
) -> None:
    emulator = start(max_page_size=20)
    submitted(emulator, edits=25)

    def boast(call: Bent) -> None:
        if call.path == "/tasks/":
            call.says(call.json | {"page_size": int(call.query["page_size"])})

    assert "100: 20 granted; 200: 20 granted" in sentence(
        bent(boast, emulator=emulator, most=ENOUGH), "page size", "100"
    )


def test_page_size_that_is_refused_is_a_warning(bent: Examine) -> None:
    def refuse(call: Bent) -> None:
        if call.path == "/tasks/" and int(call.query["page_size"]) >= 100 and "status" not in call.query:
            call.says({"code": "InvalidParameter", "message": "page_size", "request_id": "r"}, 400)

    ((level, said),) = told(bent(refuse, most=ENOUGH), "page size")
    assert level == "warning"
    assert '100: HTTP 400 InvalidParameter ("page_size")' in said


def test_rows_in_tasks_are_noted_and_elsewhere_they_are_trouble(start: Start, bent: Examine) -> None:
    emulator = start(list_array="tasks")
    submitted(emulator, vace=2)
    report = seen_by(emulator.base_url, most=ENOUGH)
    assert sentence(report, "list", "rows are in `tasks`, where one of the vendor's SDKs expects them")
    assert sentence(report, "jobs", "wan2.1-vace-plus: 2 running")
    assert not report.troubled

    def hide(call: Bent) -> None:
        if call.path == "/tasks/":
            body = call.json
            call.says({"output": {"items": body.pop("tasks"), "total": body["total"]}, **body})

    report = bent(hide, emulator=emulator, most=ENOUGH)
    said = sentence(report, "list", "rows are in `output.items`")
    assert "don't set on_unknown_submit='resubmit'" in said
    assert "trouble list" in worst(report)


def test_list_without_rows_or_total_is_trouble(start: Start, bent: Examine) -> None:
    emulator = start()
    submitted(emulator, vace=1)

    def lose(call: Bent) -> None:
        if call.path == "/tasks/":
            call.says({"request_id": "r"})

    said = [text for _, text in told(bent(lose, emulator=emulator, most=ENOUGH), "list")]
    assert "A list of jobs has no rows; its fields are request_id" in said[0]
    assert "A list doesn't say how many jobs there are" in said[1]


@pytest.mark.parametrize(
    ("oldest_first", "level", "says"),
    [
        (False, "ok", "A list shows the newest jobs first (3 seen)"),
        (True, "note", "A list shows the oldest jobs first (3 seen)"),
    ],
)
def test_order_of_the_list_is_seen(start: Start, oldest_first: bool, level: str, says: str) -> None:
    emulator = start(oldest_first=oldest_first)
    submitted(emulator, edits=3)
    ((found, said),) = told(seen_by(emulator.base_url, most=ENOUGH), "list order")
    assert (found, says in said) == (level, True)


def test_list_without_order_fields_nobody_knows_and_another_region_are_told(
    start: Start, bent: Examine
) -> None:
    emulator = start()
    submitted(emulator, edits=3)

    def shuffle(call: Bent) -> None:
        if call.path == "/tasks/":
            body = call.json
            rows = [{**row, "region": "cn-hangzhou", "priority": 1} for row in body["data"]]
            body["data"] = [*rows[1:], *rows[:1]]
            call.says({**body, "cursor": "x"})

    report = bent(shuffle, emulator=emulator, most=ENOUGH)
    assert sentence(report, "list order", "has no order by creation (3 seen)")
    assert sentence(report, "list", "fields that aren't documented: cursor, row.priority")
    assert sentence(report, "list", "The list has jobs of cn-hangzhou; expected: ap-southeast-1")


def test_times_in_another_form_are_trouble(start: Start, bent: Examine) -> None:
    emulator = start()
    submitted(emulator, edits=2)

    def spell(call: Bent) -> None:
        if call.path == "/tasks/":
            body = call.json
            body["data"] = [{**row, "gmt_create": "2026-01-01 00:00:00"} for row in body["data"]]
            call.says(body)

    report = bent(spell, emulator=emulator, most=ENOUGH)
    ((level, said),) = told(report, "list times")
    assert (level, "but: str" in said) == ("trouble", True)
    assert levels(report, "job times") == ["note"]


def test_id_that_is_none_is_not_asked_for(start: Start, bent: Examine) -> None:
    emulator = start()
    submitted(emulator, edits=2)

    def lead_astray(call: Bent) -> None:
        if call.path == "/tasks/":
            body = call.json
            body["data"] = [{**row, "task_id": "../uploads?x="} for row in body["data"]]
            call.says(body)

    report = bent(lead_astray, emulator=emulator, most=ENOUGH)
    assert levels(report, "job times") == ["note"]
    assert emulator.requests.count("get") == 1  # for the job that never was


def _written_in(hours: float) -> Any:
    def shift(call: Bent) -> None:
        if call.path.startswith("/tasks/") and len(call.path) > len("/tasks/"):
            body = call.json
            text = body["output"].get("submit_time")
            if text:
                moment = datetime.fromisoformat(text).timestamp() + (hours - 8) * 3600
                body["output"]["submit_time"] = datetime.fromtimestamp(moment).isoformat(
                    sep=" ", timespec="milliseconds"
                )
                call.says(body)

    return shift


@pytest.mark.parametrize(
    ("hours", "level", "says"),
    [
        (8, "ok", "A job's times are in UTC+8, as taken for granted"),
        (0, "trouble", "A job's times are in UTC+0 in this region; expected: UTC+8"),
        (-4, "trouble", "is wrong by 12 hours"),
        (5.5, "trouble", "A job's times are in UTC+5.5"),
        (8.1, "note", "differ by no whole quarter of an hour"),
    ],
)
def test_zone_of_a_jobs_times_follows_from_two_answers_about_it(
    start: Start, bent: Examine, hours: float, level: str, says: str
) -> None:
    emulator = start()
    submitted(emulator, edits=1)
    ((found, said),) = told(bent(_written_in(hours), emulator=emulator, most=ENOUGH), "job times")
    assert (found, says in said) == (level, True), said


def test_times_that_name_their_zone_are_fine(start: Start, bent: Examine) -> None:
    emulator = start()
    submitted(emulator, edits=1)

    def name(call: Bent) -> None:
        if call.path.startswith("/tasks/") and len(call.path) > len("/tasks/"):
            body = call.json
            if "submit_time" in body["output"]:
                body["output"]["submit_time"] += "+08:00"
                call.says(body)

    assert sentence(bent(name, emulator=emulator, most=ENOUGH), "job times", "name their zone (UTC+08:00)")


def _filter_shifted(hours: float) -> Any:
    def shift(call: Bent) -> None:
        for name in ("start_time", "end_time"):
            if name in call.query:
                moment = datetime.strptime(call.query[name], "%Y%m%d%H%M%S").timestamp() + hours * 3600
                call.query[name] = datetime.fromtimestamp(moment).strftime("%Y%m%d%H%M%S")

    return shift


@pytest.mark.parametrize(
    ("hours", "level", "says"),
    [
        (0, "ok", "A list's time filter is read in UTC+8, as taken for granted"),
        (8, "trouble", "A list's time filter is read in UTC; expected: UTC+8"),
        (3, "trouble", "is read neither in UTC+8 nor in UTC"),
    ],
)
def test_zone_of_the_lists_filter_is_found_by_asking_for_a_known_job(
    start: Start, bent: Examine, hours: float, level: str, says: str
) -> None:
    # What the emulator takes for UTC+8, a service whose filter is in UTC takes for eight hours later.
    emulator = start()
    submitted(emulator, edits=1)
    ((found, said),) = told(
        bent(before=_filter_shifted(hours), emulator=emulator, most=ENOUGH), "list filter"
    )
    assert (found, says in said) == (level, True), said


def test_filter_that_is_ignored_or_refused_is_told(start: Start, bent: Examine) -> None:
    emulator = start()
    submitted(emulator, edits=1)

    def ignore(call: Bent) -> None:
        call.query.pop("start_time", None)
        call.query.pop("end_time", None)

    assert levels(bent(before=ignore, emulator=emulator, most=ENOUGH), "list filter") == ["note"]

    def refuse(call: Bent) -> None:
        if "start_time" in call.query:
            call.says({"code": "InvalidParameter", "message": "end_time", "request_id": "r"}, 400)

    assert levels(bent(refuse, emulator=emulator, most=ENOUGH), "list filter") == ["warning"]
