"""How pieces of a film fall on frames of another rate, what is reported, and what a budget stops."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.errors import WanInputError
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.long_edit.budget import Budget, OverBudgetError, as_money, check
from airflow_provider_wan.long_edit.join import in_order, report
from airflow_provider_wan.long_edit.plan import PLAN_KEY, Piece, Plan
from airflow_provider_wan.operators.base import WanParameterError


def plan(*edges: tuple[int, int], rate: str = "25", dearest: str | None = "3.67") -> Plan:
    pieces = tuple(
        Piece(
            number=number,
            first=first,
            end=end,
            shared=0 if number == 0 else edges[number - 1][1] - first,
            video_url=f"file:///films/pieces/{number}.mp4",
            edited_url=f"file:///films/edited/{number}.mp4",
        )
        for number, (first, end) in enumerate(edges)
    )
    return Plan(
        key="k", source="file:///film.mp4", folder="file:///films", rate=rate, frames=edges[-1][1],
        width=640, height=360, has_sound=True, pieces=pieces, dearest=dearest,
    )  # fmt: skip


def edit(number: int, **facts: Any) -> dict[str, Any]:
    usual = {
        "task_id": f"job-{number}",
        "output_path": f"file:///films/edited/{number}.mp4",
        "billed_seconds": 5.0,
        "cost": {"amount": "3.67", "currency": "CNY"},
    }
    return usual | facts


RATES = st.sampled_from([Fraction(16), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)])


@given(RATES, RATES, st.lists(st.integers(20, 150), min_size=1, max_size=8), st.integers(0, 9))
def test_pieces_at_another_rate_add_up_to_the_whole(
    own: Fraction, other: Fraction, lengths: list[int], overlap: int
) -> None:
    edges, at = [], 0
    for number, length in enumerate(lengths):
        edges.append((at - (overlap if number else 0), at + length))
        at += length
    whole = plan(*edges, rate=str(own))
    frames, shared = whole.frames_at(other)
    assert sum(frames) - sum(shared) == int(at * other / own + Fraction(1, 2))
    assert all(
        abs(count - (end - first) * other / own) <= 1
        for count, (first, end) in zip(frames, edges, strict=True)
    )
    assert (own != other) or (shared == [overlap] * (len(edges) - 1))


def test_linked_pieces_share_exactly_one_frame_whatever_the_rate() -> None:
    frames, shared = plan((0, 300), (299, 599), rate="60").frames_at(Fraction(30), linked=True)
    assert (frames, shared) == ([150, 151], [1])


def test_a_plan_survives_json() -> None:
    whole = plan((0, 125), (120, 245))
    assert Plan.from_dict(whole.as_dict()) == whole
    with pytest.raises(ValueError, match="no plan"):
        Plan.from_dict({"pieces": []})


def test_edits_are_matched_by_their_files_and_a_missing_one_is_named() -> None:
    whole = plan((0, 125), (125, 250), (250, 300))
    edits = [edit(2), None, edit(0), edit(1)]
    assert [one["task_id"] for one in in_order(whole, edits)] == ["job-0", "job-1", "job-2"]
    with pytest.raises(WanInputError, match="of its 3 pieces, number 1, 2 has no edit"):
        in_order(whole, edits[2:3])


def test_a_report_adds_up_and_says_where_each_piece_is() -> None:
    whole = plan((0, 125), (125, 200))
    said = report(whole, [edit(0), edit(1, billed_seconds=3.0, cost={"amount": "2.20", "currency": "CNY"})])
    assert (said["billed_seconds"], said["cost"]) == (8.0, {"amount": "5.87", "currency": "CNY"})
    assert [(piece["start"], piece["end"], piece["task_id"]) for piece in said["pieces"]] == [
        (0.0, 5.0, "job-0"),
        (5.0, 8.0, "job-1"),
    ]
    assert report(whole, [edit(0), edit(1, cost=None)])["cost"] is None


def test_a_budget_stops_before_the_edit_that_may_be_too_much() -> None:
    check(Decimal(10), paid=Decimal(3), under_way=Decimal(3), next_one=Decimal(4))
    with pytest.raises(
        OverBudgetError, match=r"may cost 4.01 CNY. 3.00 CNY are paid .* It was not submitted"
    ):
        check(Decimal(10), paid=Decimal(3), under_way=Decimal(3), next_one=Decimal("4.01"))


class FakeInstance:
    """Stands in for Airflow's task instance: what the tasks of the run have pushed, and rendering."""

    def __init__(self, pushed: dict[tuple[str, str], Any]) -> None:
        self.pushed = pushed
        self.task = self

    def render_template(self, value: Any, context: Any) -> Any:
        return {"{{ params.most }}": "8"}.get(value, value)

    def xcom_pull(self, task_ids: Any, key: str = "return_value") -> Any:
        if isinstance(task_ids, str):
            return self.pushed[task_ids, key]
        return [one for task in task_ids for one in self.pushed.get((task, key), [None])]


@pytest.mark.parametrize(
    ("most", "refused"), [(14.68, False), ("14.67", True), ("{{ params.most }}", True), (None, False)]
)
def test_a_budget_counts_what_is_paid_and_what_is_under_way(most: Any, refused: bool) -> None:
    ti = FakeInstance(
        {
            ("prepare", PLAN_KEY): plan((0, 125), (125, 250)).as_dict(),
            ("edit", "return_value"): [edit(0)],
            ("edit", JOB_KEY): ["job-0", "job-1", "job-7"],  # two are under way
        }
    )
    ask = Budget(most, "prepare", ["edit"])
    if refused:
        with pytest.raises(OverBudgetError, match=r"3.67 CNY are paid .* under way may cost 7.34 CNY"):
            ask({"ti": ti})  # type: ignore[typeddict-item]
    else:
        ask({"ti": ti})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("given_", "read"), [("12.50", Decimal("12.50")), (0, Decimal(0)), ("", None), ("None", None)]
)
def test_money_is_read(given_: Any, read: Decimal | None) -> None:
    assert as_money(given_) == read


@pytest.mark.parametrize("wrong", ["ten", "-1", "NaN", "Infinity"])
def test_what_is_no_money_is_refused(wrong: str) -> None:
    with pytest.raises(WanParameterError, match="max_cost="):
        as_money(wrong)
