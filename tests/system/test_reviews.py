"""People review edits through Airflow's API: what they approve is landed, and nothing else; each edit is paid once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_wan.dashscope.mp4 import Mp4Check
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from demo.errors import DemoError
from demo.settings import MEDIA
from tests.system.airflow import Airflow

RUNS = {
    "approved": "edit_with_approval",
    "rejected": "edit_with_approval",
    "best": "edit_best_of",
    "again": "edit_until_approved",
    "linked": "edit_with_links",
}
PROMPT = "A rabbit ![made](https://example.com/x.png) of\n\n<b>clay</b>"


class Run:
    """A run of a DAG, on an account of its own."""

    def __init__(self, airflow: Airflow, emulator: RunningEmulator, name: str) -> None:
        self.airflow, self.emulator = airflow, emulator
        self.name, self.dag_id, self.run_id = name, RUNS[name], f"review_{name}:1+2"
        self.folder = airflow.settings.results / name
        conn_id = f"review_{name}"
        airflow.api.connect(conn_id, emulator.base_url, f"sk-{name}")
        conf = {
            "conn_id": conn_id,
            "clip_url": emulator.media_url("big_buck_bunny.mp4"),
            **({} if name == "linked" else {"output_folder": f"file://{self.folder}", "prompt": PROMPT}),
        }
        airflow.api.trigger(self.dag_id, self.run_id, conf)

    def answer(self, task_id: str, option: str, form: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Wait until a task asks, answer, and return what was asked."""
        self.reaches(task_id, "awaiting_input")
        self.is_parked(task_id)
        asked = self.call("GET", f"{task_id}/-1/hitlDetails")
        answer = {"chosen_options": [option], "params_input": dict(form or {})}
        self.call("PATCH", f"{task_id}/-1/hitlDetails", answer)
        return dict(asked)

    def is_parked(self, task_id: str) -> None:
        """Wait until the scheduler has heard that the worker has done its part.

        It takes that news for a failure where a task goes on before, which no person is fast enough for.
        """
        heard = (
            f"executor event with state success for task instance TaskInstanceKey(dag_id={self.dag_id!r}, "
        )
        heard += f"task_id={task_id!r}, run_id={self.run_id!r}"
        log = self.airflow.settings.logs / "scheduler.log"
        for _ in self.airflow.ticks(every=0.2):
            if heard in log.read_text(errors="replace"):
                return
        raise AssertionError(f"the scheduler hasn't heard of {task_id}")

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask Airflow's API something about the run's task instances."""
        where = f"/api/v2/dags/{self.dag_id}/dagRuns/{quote(self.run_id)}/taskInstances/{path}"
        return self.airflow.api._call(method, where, body)

    def states(self, map_index: int = -1) -> dict[str, str]:
        query = "SELECT task_id, state FROM task_instance WHERE dag_id = ? AND run_id = ? AND map_index = ?"
        return dict(self.airflow.read(query, self.dag_id, self.run_id, map_index))

    def reaches(self, task_id: str, state: str, map_index: int = -1) -> None:
        """Wait until a task is in a state."""
        for _ in self.airflow.ticks(every=0.2):
            found = self.states(map_index)
            if found.get(task_id) == state:
                return
            assert "failed" not in found.values(), found
        raise AssertionError(f"{task_id} is not {state}: {found}")

    def ends(self) -> dict[str, str]:
        """Wait until the run is over, well, and return its tasks' states."""
        query = "SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?"
        for _ in self.airflow.ticks(every=0.2):
            ((state,),) = self.airflow.read(query, self.dag_id, self.run_id)
            if state in ("success", "failed"):
                assert state == "success", self.states()
                return self.states()
        raise AssertionError(f"it doesn't end: {self.states()}")

    def result(self, task_id: str, map_index: int = -1) -> Any:
        return self.call("GET", f"{task_id}/xcomEntries/return_value?map_index={map_index}&deserialize=true")[
            "value"
        ]

    def links(self) -> Any:
        return self.call("GET", "edit/links?map_index=0")["extra_links"]

    def landed(self) -> list[str]:
        """Name the videos that were landed."""
        return [str(file.relative_to(self.folder)) for file in sorted(self.folder.rglob("*.mp4"))]

    def paid(self) -> list[str]:
        """Return the jobs that were paid."""
        return sorted(charge.task_id for charge in self.emulator.ledger() if charge.account == self.name)

    def prompts(self) -> list[str]:
        """Return the prompts that were sent."""
        jobs = self.emulator.tasks()
        return [str(job["input"]["prompt"]) for job in jobs if job["account"] == self.name]


@pytest.fixture(scope="module")
def runs(airflow: Airflow) -> Iterator[dict[str, Run]]:
    """All runs, begun at once; their jobs take a second or two, but that of `linked`, which is held."""
    keys = {f"sk-{name}": name for name in RUNS if name != "linked"}
    settings = EmulatorSettings(
        regions=(RegionSettings(keys=keys),), speed=60, media_root=MEDIA, run_seconds=(30, 60)
    )
    held = EmulatorSettings(
        regions=(RegionSettings(keys={"sk-linked": "linked"}),), render=False, run_seconds=(3600, 3600)
    )
    airflow.wait_for_dags(*RUNS.values())
    with running(settings) as emulator, running(held) as holding:
        yield {name: Run(airflow, holding if name == "linked" else emulator, name) for name in RUNS}


def test_links_lead_to_the_console_and_the_tab_while_it_waits_and_afterwards(runs: dict[str, Run]) -> None:
    run = runs["linked"]
    base = run.airflow.settings.airflow_url
    expected = {
        "Model Studio console": "https://modelstudio.console.alibabacloud.com/ap-southeast-1",
        "Video": f"{base}/dags/edit_with_links/runs/review_linked%3A1%2B2/tasks/edit/mapped/0/plugin/video",
    }
    run.reaches("edit", "deferred", map_index=0)
    for _ in run.airflow.ticks(every=0.2):  # the worker tells the links after the state
        if run.links() == expected:
            break
    assert run.links() == expected
    assert run.states(map_index=0) == {"edit": "deferred"}
    (job,) = run.emulator.tasks()
    run.emulator.force(job["task_id"], "SUCCEEDED")
    run.ends()
    assert run.links() == expected


def test_what_a_person_approves_is_landed(runs: dict[str, Run]) -> None:
    run = runs["approved"]
    asked = run.answer("review", "Approve")
    assert asked["options"] == ["Approve", "Reject"]
    states = run.ends()
    assert states == dict.fromkeys(["edit", "poster", "review", "publish"], "success")
    edit = run.result("edit")
    assert run.result("publish")["task_id"] == edit["task_id"]
    assert run.paid() == [edit["task_id"]]
    (name,) = run.landed()
    check = Mp4Check()
    check.feed((run.folder / name).read_bytes())
    check.finish()


def test_reviewer_sees_picture_cost_and_prompt_and_neither_signature_nor_what_a_prompt_smuggles_in(
    runs: dict[str, Run],
) -> None:
    run = runs["approved"]
    run.ends()
    body = run.call("GET", "review/-1/hitlDetails")["body"]
    cost = run.result("edit")["cost"]
    assert f"**{float(cost['amount']):.2f} {cost['currency']}** for " in body
    assert "The service deletes it on " in body
    assert "\n\n    " + PROMPT.replace("<b>", "    <b>") + "\n\n" in body
    assert not re.search("Signature|Expires=|/results/", body)
    (media,) = re.findall(r"\(wan/media([^)]*)\)", body)
    assert media == (
        "?dag_id=edit_with_approval&run_id=review_approved%3A1%2B2&task_id=poster&map_index=-1&of=result"
    )
    picture = run.airflow.api._client.get(f"/wan/media{media}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    tabs = re.findall(r"\((dags/[^)]*)\)", body)
    assert tabs == ["dags/edit_with_approval/runs/review_approved%3A1%2B2/tasks/edit/plugin/video"] * 2


def test_what_a_person_rejects_is_not_landed(runs: dict[str, Run]) -> None:
    run = runs["rejected"]
    run.answer("review", "Reject")
    states = run.ends()
    assert states == {"edit": "success", "poster": "success", "review": "success", "publish": "skipped"}
    assert run.landed() == []
    assert run.paid() == [run.result("edit")["task_id"]]


def test_of_several_the_one_that_was_picked_is_landed(runs: dict[str, Run]) -> None:
    run = runs["best"]
    asked = run.answer("review", "Seed 22")
    assert asked["options"] == ["Seed 11", "Seed 22", "Seed 33", "None of them"]
    assert re.findall("### (.*)", asked["body"]) == ["Seed 11", "Seed 22", "Seed 33"]
    assert re.findall(r"map_index=(\d)", asked["body"]) == ["0", "1", "2"]
    assert run.ends()["publish"] == "success"
    jobs = [run.result("candidate.edit", index)["task_id"] for index in range(3)]
    assert run.result("publish")["task_id"] == jobs[1]
    assert run.landed() == [f"{run.run_id}/published.mp4"]
    assert run.paid() == sorted(jobs)


def test_rejection_with_a_new_prompt_edits_again_with_that(runs: dict[str, Run]) -> None:
    run = runs["again"]
    asked = run.answer("review_1", "Edit again", {"new_prompt": "A rabbit of glass"})
    assert "costs about as much once more" in asked["body"]
    assert asked["params"]["new_prompt"]["value"] is None
    with pytest.raises(DemoError, match="409"):
        run.call("PATCH", "review_1/-1/hitlDetails", {"chosen_options": ["Publish"]})
    asked = run.answer("review_2", "Publish", {"new_prompt": None})
    assert "\n\n    A rabbit of glass\n" in asked["body"]
    states = run.ends()
    assert {task for task, state in states.items() if state == "skipped"} == {
        *("edit_3", "poster_3", "review_3", "decide_3"),
    }
    jobs = [run.result(f"edit_{number}")["task_id"] for number in (1, 2)]
    assert run.prompts() == [PROMPT, "A rabbit of glass"]
    assert run.result("publish")["task_id"] == jobs[1]
    assert run.landed() == [f"{run.run_id}/published.mp4"]
    assert run.paid() == sorted(jobs)
