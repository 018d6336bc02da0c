"""What is due next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.agenda import Agenda
from tests.dashscope.properties import unhurried

KEYS = st.sampled_from("abcdefgh")
STEPS = st.lists(st.tuples(KEYS, st.floats(0, 1000) | st.none()), max_size=300)


@unhurried
@given(STEPS, st.floats(0, 1000))
def test_it_is_a_dictionary_that_knows_its_least(
    steps: list[tuple[str, float | None]], moment: float
) -> None:
    agenda: Agenda[str] = Agenda()
    plain: dict[str, float] = {}
    for key, due in steps:
        if due is None:
            agenda.drop(key)
            plain.pop(key, None)
        else:
            agenda.put(key, due)
            plain[key] = due
        first = agenda.first()
        if plain:
            assert first is not None
            assert (first[0], plain[first[1]]) == (min(plain.values()),) * 2
        else:
            assert first is None
        assert len(agenda) == len(plain)
        assert agenda.due_by(moment) == sum(int(due) <= int(moment) for due in plain.values())


def test_most_overdue_comes_first_and_who_came_first_among_equals() -> None:
    agenda: Agenda[str] = Agenda()
    for key, due in (("late", 9.0), ("one", 3.0), ("other", 3.0)):
        agenda.put(key, due)
    seen = []
    while (first := agenda.first()) is not None:
        seen.append(first[1])
        agenda.drop(first[1])
    assert seen == ["one", "other", "late"]


def test_key_moved_a_hundred_thousand_times_takes_no_more_room_than_one() -> None:
    agenda: Agenda[str] = Agenda()
    for number in range(100_000):
        agenda.put("a", float(number))
    assert len(agenda._heap) < 100
