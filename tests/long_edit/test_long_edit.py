"""A film from its cutting to its joining, with `dag.test()`, against an emulator that renders."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_provider_wan.long_edit import edit_long_video
from airflow_provider_wan.operators import (
    WanParameterError,
    WanTextToVideoOperator,
    WanVideoOutpaintingOperator,
)
from demo.film import make_film, measure
from demo.settings import CLIP, MEDIA
from tests.conftest import DagRunner

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

SECONDS = 8.0
PIECES = 3
BOX = (1 / 3, 0.0, 1.0, 1.0)
"""Where the film is in its edit, which is wider to the left by half of it."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(
        MEDIA / CLIP, tmp_path_factory.mktemp("film") / "film.mp4", seconds=SECONDS, size=(320, 180)
    )


@pytest.fixture
def rendering(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Path) -> Iterator[RunningEmulator]:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", f"{tmp_path},{source.parent}")
    with running(EmulatorSettings(run_seconds=(0.1, 0.2))) as emulator:
        connection = {"conn_type": "dashscope", "password": emulator.key, "host": emulator.base_url}
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        yield emulator


class Films:
    """Runs the DAGs of `dags/long_films.py`."""

    def __init__(self, source: Path, folder: Path, run: DagRunner) -> None:
        self._source, self.folder, self._run = source, folder, run
        self.file = folder / "film.mp4"

    def use(self, file: Path, content: bytes) -> None:
        """Edit another file from now on."""
        file.write_bytes(content)
        self._source = file

    def edit(self, dag_id: str = "long_film", **conf: Any) -> Any:
        return self._run(dag_id, film=f"file://{self._source}", folder=f"file://{self.folder}", **conf)


@pytest.fixture
def films(source: Path, tmp_path: Path, run_dag: DagRunner, rendering: RunningEmulator) -> Films:
    return Films(source, tmp_path, run_dag)


def test_film_is_edited_in_pieces_and_nothing_is_missing(
    films: Films, source: Path, rendering: RunningEmulator
) -> None:
    ran = films.edit()
    result = ran.xcom("film.join")
    found = measure(source, films.file, BOX)
    assert (found.frames, found.missing, found.backward) == (240, [], 0)
    assert found.longest_stand == 2  # 25 frames a second became 30
    assert abs(found.late) < 0.005
    assert (result["width"], result["height"], result["rate"], result["sound"]) == (480, 180, "30", True)
    charges = rendering.ledger()
    assert {piece["task_id"] for piece in result["pieces"]} == {charge.task_id for charge in charges}
    assert [(piece["start"], piece["end"]) for piece in result["pieces"]] == [
        (0.0, 2.6),
        (2.6, 5.4),
        (5.4, 8.0),
    ]
    assert Decimal(result["cost"]["amount"]) == sum(charge.cost or 0 for charge in charges)
    assert len(charges) == PIECES


@pytest.mark.slow
def test_the_same_film_again_pays_nothing_and_cuts_nothing(films: Films, rendering: RunningEmulator) -> None:
    first = films.edit().xcom("film.join")
    before = stamps(films.folder / "work")
    second = films.edit().xcom("film.join")
    assert len(rendering.ledger()) == PIECES
    assert second["pieces"] == first["pieces"]
    assert stamps(films.folder / "work") == before


@pytest.mark.slow
def test_a_lost_piece_is_made_again_alone(films: Films, rendering: RunningEmulator) -> None:
    films.edit()
    lost = next((films.folder / "work").rglob("edited/0001.mp4"))
    lost.unlink()
    films.edit()
    assert len(rendering.ledger()) == PIECES + 1


@pytest.mark.slow
def test_another_edit_of_the_same_film_is_made_anew(films: Films, rendering: RunningEmulator) -> None:
    films.edit()
    films.edit(prompt="much wider")
    assert len(rendering.ledger()) == 2 * PIECES


@pytest.mark.slow
def test_overlapping_pieces_add_up_to_the_film(films: Films, source: Path) -> None:
    films.edit("long_film_overlapping")
    found = measure(source, films.file, BOX)
    assert found.frames == 240
    assert abs(found.late) < 0.005


@pytest.mark.slow
def test_a_film_may_stay_silent(films: Films) -> None:
    result = films.edit("long_film_silent").xcom("film.join")
    assert (result["frames"], result["sound"]) == (240, False)


@pytest.mark.slow  # tests/system/test_long_edit.py has one too
def test_a_chain_goes_on_with_the_last_frame_of_each_edit(films: Films, rendering: RunningEmulator) -> None:
    ran = films.edit("long_film_chained")
    result = ran.xcom("film.join")
    assert (result["frames"], result["sound"]) == (240, True)
    assert [ran.states[f"film.edit_0{number}"] for number in range(4)] == [*3 * ["success"], "skipped"]
    assert {one["function"] for one in map(request_of, rendering.submits())} == {
        "video_repainting",
        "video_extension",
    }
    assert len(rendering.ledger()) == PIECES
    films.edit("long_film_chained")
    assert len(rendering.ledger()) == PIECES


def test_a_chain_that_is_too_short_for_the_film_submits_nothing(
    films: Films, rendering: RunningEmulator
) -> None:
    ran = films.edit("long_film_short_chain")
    assert ran.states["film.prepare"] == "failed"
    assert rendering.tasks() == []


@pytest.mark.slow
def test_each_piece_gets_its_mask(films: Films, rendering: RunningEmulator) -> None:
    result = films.edit("long_film_masked").xcom("film.join")
    assert (result["frames"], result["width"]) == (240, 320)
    roles = [fetched.role for fetched in rendering.inputs()]
    assert sum("mask" in role for role in roles) == PIECES


@pytest.mark.parametrize(("most", "jobs"), [("10", 0), ("11.01", PIECES)])
def test_an_estimate_above_max_cost_submits_nothing(
    films: Films, rendering: RunningEmulator, most: str, jobs: int
) -> None:
    ran = films.edit(max_cost=most)  # 3 edits of at most 5 s, at 0.734 CNY a second
    assert ran.states["film.prepare"] == ("success" if jobs else "failed")
    assert len(rendering.tasks()) == jobs


def test_a_film_that_is_none_fails_before_anything_is_submitted(
    films: Films, rendering: RunningEmulator
) -> None:
    films.use(films.folder / "film.txt", b"no film")
    ran = films.edit()
    assert (ran.states["film.prepare"], ran.tries["film.prepare"]) == ("failed", 1)
    assert rendering.tasks() == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a field": ({"arguments": {"prompt": "x", "left_scale": 3.0}}, r"left_scale=3.0: .*2"),
    "ours": ({"arguments": {"prompt": "x", "output_path": "y"}}, "output_path: is set by the group itself"),
    "no video": (
        {"edit": WanTextToVideoOperator},
        "must be the class of an edit operator that takes a `video_url`",
    ),
    "no class": ({"edit": "repaint"}, "must be the class of an edit operator"),
    "mode": ({"mode": "both"}, "mode='both': must be parallel or chained"),
    "chained mask": (
        {"mode": "chained", "mask": {"kind": "rectangle"}},
        "mask: a chain goes on by video extension",
    ),
    "chained overlap": (
        {"mode": "chained", "overlap": 0.5},
        "overlap: the pieces of a chain share one frame",
    ),
    "following": (
        {"mode": "chained", "following": {"control_condition": "scribble"}},
        "following: control_condition",
    ),
    "cost": ({"max_cost": "much"}, "max_cost='much'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_told_when_the_dag_is_parsed(name: str) -> None:
    changes, message = WRONG[name]
    right: dict[str, Any] = {
        "video_url": "s3://films/film.mp4",
        "edit": WanVideoOutpaintingOperator,
        "arguments": {"prompt": "wider", "left_scale": 1.5},
        "work_path": "s3://films/work",
        "output_path": "s3://films/edited/",
    }
    with DAG("mistaken"), pytest.raises(WanParameterError, match=message):
        edit_long_video(**right | changes)


def stamps(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def request_of(submit: Any) -> dict[str, Any]:
    body: dict[str, Any] = submit.body["input"]
    return body


@pytest.mark.slow
def test_a_film_shorter_than_a_piece_is_one_piece(
    films: Films, rendering: RunningEmulator, tmp_path: Path
) -> None:
    short = make_film(MEDIA / CLIP, tmp_path / "short.mp4", seconds=0.4, size=(320, 180))
    films.use(short, short.read_bytes())
    result = films.edit().xcom("film.join")
    assert (result["frames"], len(result["pieces"])) == (12, 1)


@pytest.mark.slow
def test_signed_addresses_of_edits_are_not_among_the_rendered_fields(films: Films, airflow_db: Path) -> None:
    films.edit("long_film_chained")
    films.edit()
    with closing(sqlite3.connect(f"file:{airflow_db}/airflow.db?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT rendered_fields FROM rendered_task_instance_fields WHERE dag_id LIKE 'long_%'"
        )
        shown = [str(row[0]) for row in rows]
    assert any("edited/0000.mp4" in fields for fields in shown)
    assert [fields for fields in shown if "Signature=" in fields.replace("Signature=***", "")] == []
