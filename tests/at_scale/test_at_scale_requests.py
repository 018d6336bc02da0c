from __future__ import annotations

import pytest

from at_scale.queries import Request, busiest_second, parse, traffic


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("POST /api/v1/services/aigc/video-generation/video-synthesis", "submit"),
        ("GET /api/v1/tasks/1f2e", "get"),
        ("GET /api/v1/tasks/", "list"),
        ("POST /api/v1/tasks/1f2e/cancel", "cancel"),
        ("GET /results/1f2e.mp4", "result"),
        ("GET /emulator/ledger", "other"),
    ],
)
def test_a_recorded_line_says_what_was_asked(call: str, kind: str) -> None:
    assert parse(f"1763667000.250 {call} 429") == Request(1763667000.25, kind, 429)


def test_the_busiest_second_may_lie_across_two_of_the_clock() -> None:
    assert busiest_second([0.1, 0.9, 1.0, 1.05, 1.8]) == 4


def test_a_moment_one_second_later_is_no_longer_within_the_second() -> None:
    assert busiest_second([0.0, 1.0, 2.0]) == 1
    assert busiest_second([]) == 0


def test_only_requests_of_the_run_count_and_submissions_apart_from_queries() -> None:
    requests = [
        Request(9.0, "get", 200),
        Request(10.0, "submit", 429),
        Request(10.5, "submit", 200),
        Request(11.0, "get", 200),
        Request(11.2, "list", 429),
        Request(11.3, "cancel", 200),
        Request(11.4, "result", 200),
        Request(21.0, "get", 200),
    ]

    found = traffic(requests, begun=10.0, ended=20.0)

    assert (found.submits, found.submits_throttled) == (2, 1)
    assert (found.queries, found.busiest, found.throttled) == (3, 3, 1)
