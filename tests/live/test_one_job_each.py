"""The cheapest job of each function, against the real service. See `docs/real-service.md` before you run it."""

from __future__ import annotations

import pytest

from airflow_provider_wan.dashscope.results import TaskStatus
from tests.live.cases import FUNCTIONS
from tests.live.conftest import Live
from tests.live.inputs import Files, MissingResultError
from tests.live.table import Outcome

pytestmark = [pytest.mark.live, pytest.mark.timeout(0)]  # a job may take hours


@pytest.mark.parametrize("function", FUNCTIONS)
def test_cheapest_job(function: str, live: Live, files: Files, request: pytest.FixtureRequest) -> None:
    case = live.case(function)
    outcome = live.outcomes[function] = Outcome(function, case.model_name, status="not run")
    assert live.choice.account is not None
    client = request.getfixturevalue("client")  # only now: without a key there is none
    from tests.live.run import run_job

    try:
        end = run_job(
            client, case, files, live.till, outcome, region=live.choice.account.region, poll=live.poll
        )
    except MissingResultError as missing:
        outcome.status = f"not run: {missing}"
        pytest.skip(str(missing))
    assert end.status is TaskStatus.SUCCEEDED, f"Job {end.task_id} is {end.status}: {end.code} {end.message}"
    assert not any("costs more" in surprise for surprise in outcome.surprises)
