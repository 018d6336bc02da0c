"""A local DashScope: the same routes, checks, limits, times, errors and oddities as the documented service.

Start it with `python -m airflow_provider_wan.emulator` (or `wan-emulator`), or in a test::

    with running(EmulatorSettings(speed=600)) as emulator:
        client = httpx.Client(base_url=emulator.base_url)

Importing this package loads no web framework; only running it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_wan.emulator.settings import EmulatorSettings, LogNormal, RegionSettings

if TYPE_CHECKING:
    from airflow_provider_wan.emulator.server import RunningEmulator, running

__all__ = ["EmulatorSettings", "LogNormal", "RegionSettings", "RunningEmulator", "running"]


def __getattr__(name: str) -> Any:
    if name in ("running", "RunningEmulator"):
        from airflow_provider_wan.emulator import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
