"""Jobs for an emulator to have."""

from __future__ import annotations

from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import EDIT, OUTPAINT, Api


def submitted(emulator: RunningEmulator, vace: int = 0, edits: int = 0, apart: float = 1.0) -> list[str]:
    """Submit jobs, each so many seconds of service time after the one before."""
    api = Api(emulator.base_url, emulator.key)
    made = []
    for body in [OUTPAINT] * vace + [EDIT] * edits:
        made.append(api.job(body))
        emulator.clock.advance(apart)
    return made
