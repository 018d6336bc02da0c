from __future__ import annotations

from dataclasses import replace
from typing import Any

from at_scale.facts import Bill, Loss, Run, sum_up
from at_scale.memory import Peaks, kind_of, pss
from at_scale.queries import Traffic
from at_scale.report import describe, table

GOOD = Run(
    dag_id="mapped",
    edits=2,
    succeeded=2,
    landed=2,
    bill=Bill(jobs=2, paid=2, paid_once=2, paid_more=0),
    traffic=Traffic(submits=3, queries=5, busiest=4, throttled=0, submits_throttled=1),
    seconds=61.4,
    starts=5,
    retried=1,
    losses=(Loss("worker-1", 1, 12.3),),
)


def job(task_id: str, prompt: str) -> dict[str, Any]:
    return {"task_id": task_id, "input": {"prompt": prompt}}


def test_an_edit_that_was_paid_twice_is_found() -> None:
    jobs = [job("a", "mapped 1"), job("b", "mapped 1"), job("c", "mapped 2"), job("d", "batch 1")]
    charges = [{"task_id": task_id} for task_id in ("a", "b", "c", "d")]

    assert sum_up(jobs, charges, "mapped ") == Bill(jobs=3, paid=3, paid_once=1, paid_more=1)


def test_a_job_that_was_not_billed_is_no_payment() -> None:
    assert sum_up([job("a", "batch 1")], [], "batch ") == Bill(jobs=1, paid=0, paid_once=0, paid_more=0)


def test_a_run_as_promised_has_no_faults() -> None:
    assert GOOD.faults() == []


def test_each_broken_promise_is_named() -> None:
    bad = replace(
        GOOD,
        succeeded=1,
        landed=1,
        bill=Bill(jobs=3, paid=3, paid_once=1, paid_more=1),
        traffic=replace(GOOD.traffic, throttled=2),
        losses=(),
    )

    assert bad.faults() == [
        "mapped: 1 of 2 edits succeeded",
        "mapped: 1 results were landed",
        "mapped: 1 of 2 edits were paid exactly once",
        "mapped: 1 edits were paid more than once",
        "mapped: 2 queries were refused with 429",
        "mapped: nothing was killed on the way",
    ]


def test_the_report_leaves_refused_submissions_out_of_those_that_were_taken() -> None:
    report = describe([GOOD], Peaks())

    assert "| Submissions / jobs / paid | 2 / 2 / 2 |" in report
    assert "| Worker starts, per edit | 5, 2.50 |" in report
    assert "| Killed on the way | worker-1 with 1 of them, after 12 s |" in report


def test_a_table_has_a_rule_below_its_head() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_peaks_are_kept_for_each_kind_and_for_one_moment() -> None:
    peaks = Peaks()
    peaks.note({"worker": 5, "redis": 1})
    peaks.note({"worker": 3, "redis": 2})

    assert peaks.by_kind == {"worker": 5, "redis": 2}
    assert peaks.total == 6


def test_parts_of_a_kind_are_taken_together() -> None:
    assert [kind_of(part) for part in ("worker-1", "worker-2", "api-server")] == [
        "worker",
        "worker",
        "api-server",
    ]


def test_a_process_share_is_read_from_what_the_kernel_tells() -> None:
    text = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:    9000 kB\nPss:    4321 kB\nPss_Dirty:  17 kB\n"
    assert pss(text) == 4321
    assert pss("") == 0  # a process that is just ending has no memory any more
