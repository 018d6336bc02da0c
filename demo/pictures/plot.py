"""Brings edits to the ends that are pictured, and says how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from airflow_provider_wan.records import PROGRESS_KEY
from demo.mail import Mail, read_mails
from demo.pictures.airflow import PicturedAirflow
from demo.settings import Settings

RABBIT, APPROVAL, MAIL = "rabbit", "edit_with_approval", "edit_and_mail"
DAGS = (RABBIT, APPROVAL, MAIL)
EDITS = 7
"""Edits that `looks` of the DAG `rabbit` is mapped over."""

A_DAY_AGO = timedelta(hours=25)
_TIMES = ("submitted_at", "started_at", "finished_at", "expires_at")

States = Mapping[tuple[str, int], str | None]


@dataclass
class Plot:
    """The runs that are pictured.

    Attributes:
        settings: Where they run.
        api: Airflow, logged in.
        run_id: What all of them are called, as Airflow names a run that a person starts.
        states: Of each DAG's task instances, as they were last seen.
    """

    settings: Settings
    api: PicturedAirflow
    run_id: str = field(default_factory=lambda: f"manual__{datetime.now(UTC).isoformat(timespec='seconds')}")
    states: dict[str, States] = field(default_factory=dict)
    _aged: bool = False

    def start(self) -> None:
        """Start all runs."""
        for dag_id in DAGS:
            self.api.trigger(dag_id, self.run_id, {})

    def go_on(self) -> None:
        """Look how far they are, and do what doesn't happen by itself."""
        self.states = {dag_id: self.api.states(dag_id, self.run_id) for dag_id in DAGS}
        if not self._aged and self.state(RABBIT, "snow") == "success":
            self._age("snow")

    def state(self, dag_id: str, task_id: str, map_index: int = -1) -> str | None:
        """Return the state of a task instance."""
        return self.states.get(dag_id, {}).get((task_id, map_index))

    def refused(self) -> bool:
        """Whether what is to be refused has failed."""
        return self.state(RABBIT, "night") == "failed"

    def aged(self) -> bool:
        """Whether the result that wasn't landed counts as expired."""
        return self._aged

    def mapped(self) -> bool:
        """Whether all mapped edits have ended, two of them badly."""
        ends = [self.state(RABBIT, "looks", index) for index in range(EDITS)]
        return ends.count("success") == EDITS - 2 and ends.count("failed") == 2

    def running(self) -> bool:
        """Whether the edit that takes long is at work."""
        if self.state(RABBIT, "rain") != "deferred":
            return False
        progress = self.api.record(RABBIT, self.run_id, "rain", PROGRESS_KEY)
        return isinstance(progress, dict) and progress.get("status") == "RUNNING"

    def others_ended(self) -> bool:
        """Whether that edit is at work, while all others have ended as they should."""
        done = all(self.state(RABBIT, task_id) == "success" for task_id in ("print", "wide"))
        return done and self.aged() and self.refused() and self.mapped() and self.running()

    def mail(self) -> Mail | None:
        """Return the mail of the edit that has succeeded, once it is delivered."""
        return next((one for one in read_mails(self.settings.mail) if one.subject.startswith("Done")), None)

    def _age(self, task_id: str) -> None:
        """Let a result be a day older: nobody waits a day for a picture."""
        result = dict(self.api.result(RABBIT, self.run_id, task_id))
        for name in _TIMES:
            result[name] = (datetime.fromisoformat(result[name]) - A_DAY_AGO).isoformat()
        self.api.put_record(RABBIT, self.run_id, task_id, "return_value", result)
        self._aged = True
