"""The emulator's routes, over real sockets, with what Schemathesis makes of their description: nothing may fail.

It fetches and renders nothing meanwhile, so that no address that is made up here is asked. Faults that were ordered
are taken back at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from airflow_provider_wan.emulator import EmulatorSettings, RunningEmulator, running
from fuzz.emulator_api import document

SHARE = 5_000
"""Examples for each operation: the runs of other targets by this, and at least 20."""
_PLENTY = 1_000_000
_JOB = {"model": "wan2.7-t2v", "input": {"prompt": "A rabbit"}}
_PATH = "/services/aigc/video-generation/video-synthesis"


def explore(emulator: RunningEmulator, examples: int, number: int) -> tuple[int, list[dict[str, Any]]]:
    """Call each operation with so many examples; return how many calls there were, and what failed."""
    headers = {"Authorization": f"Bearer {emulator.key}"}
    job = httpx.post(emulator.base_url + _PATH, json=_JOB, headers={**headers, "X-DashScope-Async": "enable"})
    schema: Any = schemathesis.openapi.from_dict(document(job.json()["output"]["task_id"]))
    calls, failed = 0, []
    for found in schema.get_all_operations():  # an operation that it can't read has no `ok`, and ends this
        more, wrong = _operation(found.ok(), emulator.origin, headers, examples, number)
        calls += more
        failed += wrong
    return calls, failed


def _operation(
    operation: Any, origin: str, headers: dict[str, str], examples: int, number: int
) -> tuple[int, list[dict[str, Any]]]:
    calls = 0
    failed: list[dict[str, Any]] = []

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        nonlocal calls
        calls += 1
        try:
            answer = case.call(base_url=origin, headers=headers, timeout=20)
            said = f"HTTP {answer.status_code}" if answer.status_code >= 500 else ""
        except Exception as error:  # noqa: BLE001 -- no answer is what is looked for
            said = f"no answer: {type(error).__name__}"
        if said and not failed:
            failed.append(
                {"kind": operation.label, "said": said, "input": ascii(case.as_curl_command())[:400]}
            )
        if operation.label.endswith("/faults"):
            httpx.delete(f"{origin}/emulator/faults")

    call()
    return calls, failed


def main() -> int:
    """Run it, and write what came of it as JSON into a file."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.emulator", description=__doc__)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given_ = parser.parse_args()
    logging.disable(logging.INFO)
    begun = time.monotonic()
    folder = given_.folder / "media"
    folder.mkdir(parents=True, exist_ok=True)
    free = EmulatorSettings(
        render=False,
        fetch_inputs=False,
        media_root=folder,
        query_qps=_PLENTY,
        submit_rps=_PLENTY,
        queue_limit=_PLENTY,
        policy_qps=_PLENTY,
    )
    with running(free) as emulator:
        calls, failed = explore(emulator, max(20, given_.runs // SHARE), given_.seed)
    told = {"executions": calls, "seconds": time.monotonic() - begun, "findings": failed}
    given_.report.write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
