"""A film in pieces: whoever dies, the rerun finishes it, and each piece is paid once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from demo.film import measure
from tests.system.edits import Trial
from tests.system.films import PIECES, SECONDS, Film, film

pytestmark = pytest.mark.at_once

# The film is at the right of its edit, which is wider by half of it.
BOX = (1 / 3, 0.0, 1.0, 1.0)
CRASHES = [
    ("prepare", "while cutting"),
    ("prepare", "while storing"),
    ("prepare", "after storing"),
    ("edit", "before the POST"),
    ("edit", "before the deferral"),
    ("edit", "while landing"),
    ("edit", "before moving"),
    ("edit", "at the end"),
    ("join", "after joining"),
    ("join", "while putting"),
]


def is_whole(one: Film) -> None:
    """The edited film has each picture of the film once or twice (25 to 30 a second), and its sound in place."""
    found = measure(one.source, one.file, BOX)
    assert (found.frames, found.missing, found.backward) == (round(SECONDS * 30), [], 0)
    assert found.longest_stand <= 2
    assert abs(found.late) < 0.04


def test_film_is_edited_in_pieces_and_joined(trial: Trial) -> None:
    with film(trial.airflow) as one:
        one.ends("success")
        is_whole(one)
        result = one.result()
        assert sorted(piece["task_id"] for piece in result["pieces"]) == sorted(one.paid)
        assert len(one.paid) == PIECES
        assert Decimal(result["cost"]["amount"]) == sum(charge.cost or 0 for charge in one.emulator.ledger())
        assert "3 edits, 15 s billed at most" in one.log()


@pytest.mark.parametrize(("task", "point"), CRASHES)
def test_worker_dies_and_the_rerun_finishes_the_film(trial: Trial, task: str, point: str) -> None:
    with film(trial.airflow, crash=point, crash_at=task) as one:
        one.ends("success")
        is_whole(one)
        assert one.attempts(task)[0][1] > 1, "it didn't die"
        assert len(set(one.paid)) == len(one.paid) == PIECES


def test_cleared_run_pays_nothing_again(trial: Trial) -> None:
    with film(trial.airflow) as one:
        one.ends("success")
        first = one.result()
        one.clear("prepare", "edit", "join")
        one.ends("success")
        is_whole(one)
        assert len(one.paid) == PIECES
        assert [piece["task_id"] for piece in one.result()["pieces"]] == [
            piece["task_id"] for piece in first["pieces"]
        ]


def test_film_that_would_cost_too_much_submits_nothing(trial: Trial) -> None:
    with film(trial.airflow, max_cost="5") as one:
        one.ends("failed")
        assert one.emulator.tasks() == []
        assert one.attempts("prepare") == [("failed", 1)]
        assert "and max_cost is 5.00 CNY. Nothing was cut or submitted" in one.log()


def test_chained_film_begins_each_piece_with_the_last_frame_of_the_one_before(trial: Trial) -> None:
    with film(trial.airflow, "chained_edit", crash="before the deferral", crash_at="edit_01") as one:
        one.ends("success")
        result = one.result()
        assert (result["frames"], result["seconds"], len(one.paid)) == (round(SECONDS * 30), SECONDS, PIECES)
        assert one.attempts("edit_02") == [("success", 1)]
        assert [state for state, _ in one.attempts("edit_03")] == ["skipped"]
        assert result["sound"] is True
