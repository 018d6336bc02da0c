"""What ends a wait and what doesn't, with a real client against a service that misbehaves on order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import AuthenticationError, ServiceError
from airflow_provider_wan.dashscope.polling import End, Outcome, Watch, wait
from airflow_provider_wan.dashscope.requests import VideoOutpainting
from airflow_provider_wan.dashscope.results import TaskSnapshot

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

HOURS_4 = 4 * 3600.0
EDIT = VideoOutpainting(prompt="x", video_url="https://example.com/clip.mp4")


class Waiting:
    """A job and the wait for it. Pauses are not made but counted, on our clock and on the service's."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self.emulator = emulator
        account = Account.of(api_key=emulator.key, host=emulator.base_url)
        # One look waits half a second at most, so that a slow body counts as a fault and costs no time.
        self.client = DashScopeClient(account, patient=False, read_timeout=0.5)
        self.job = self.client.submit(EDIT.path(), EDIT.body("ap-southeast-1")).task_id
        self.now = 0.0
        self.seen: list[TaskSnapshot] = []
        self.troubles: list[ServiceError] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.emulator.clock.advance(seconds)

    def to_its_end(self, patience: float = HOURS_4, job: Callable[[], str] | None = None) -> Outcome:
        return wait(
            lambda: self.client.get(job() if job else self.job),
            Watch(patience),
            on_change=self.seen.append,
            on_trouble=self.troubles.append,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    with running(EmulatorSettings(render=False)) as emulator:
        yield Waiting(emulator)


def test_thirty_poll_faults_in_a_row_do_not_end_a_wait(waiting: Waiting) -> None:
    faults = waiting.emulator.faults
    for _ in range(5):
        faults.order("get", "status", status=503)
        faults.order("get", "status", status=429)
        faults.order("get", "html", status=200)
        faults.order("get", "drop")
        faults.order("get", "slow_body", delay=20.0)
        faults.order("get", "no_output")
    outcome = waiting.to_its_end()
    assert outcome.end is End.ENDED
    assert outcome.snapshot is not None
    assert outcome.snapshot.status == "SUCCEEDED"
    assert waiting.emulator.requests.count("get") > 30
    assert len(waiting.troubles) == 1  # told once, not thirty times


def test_wrong_key_ends_it_at_once(waiting: Waiting) -> None:
    waiting.emulator.faults.order("get", "status", status=401)
    outcome = waiting.to_its_end()
    assert outcome.end is End.REFUSED
    assert isinstance(outcome.error, AuthenticationError)
    assert waiting.emulator.requests.count("get") == 1


def test_unknown_right_after_submission_is_tolerated(waiting: Waiting) -> None:
    looks = iter([True, True])  # the service doesn't find the job the first two times
    stranger = "00000000-0000-4000-8000-000000000000"
    outcome = waiting.to_its_end(job=lambda: stranger if next(looks, False) else waiting.job)
    assert [str(look.status) for look in waiting.seen] == ["UNKNOWN", "RUNNING", "SUCCEEDED"]
    assert outcome.end is End.ENDED


def test_unknown_that_stays_ends_the_wait(waiting: Waiting) -> None:
    waiting.emulator.force(waiting.job, "UNKNOWN")
    outcome = waiting.to_its_end()
    assert outcome.end is End.ENDED
    assert outcome.snapshot is not None
    assert outcome.snapshot.status == "UNKNOWN"
    assert 30 <= waiting.now < 120


def test_cancelled_job_ends_the_wait() -> None:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    with running(EmulatorSettings(render=False, running_slots=0)) as emulator:
        waiting = Waiting(emulator)
        emulator.force(waiting.job, "CANCELED")
        outcome = waiting.to_its_end()
        assert outcome.snapshot is not None
        assert outcome.snapshot.status == "CANCELED"


def test_job_that_never_ends_is_waited_for_until_the_deadline_and_no_longer() -> None:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    with running(EmulatorSettings(render=False, run_seconds=(1e6, 1e6))) as emulator:
        waiting = Waiting(emulator)
        outcome = waiting.to_its_end(patience=600.0)
        assert outcome.end is End.DEADLINE
        assert waiting.now == pytest.approx(600.0, abs=1)
