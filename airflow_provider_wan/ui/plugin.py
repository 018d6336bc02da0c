"""The plugin by which Airflow's UI shows edits: a tab of each task instance and one of each DAG run.

Every task process imports this module, so it imports next to nothing; the web application is imported by the first
request for it.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from airflow.plugins_manager import AirflowPlugin

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "wan"
"""Path of the pages below Airflow's own address."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='{colour}' "
    "stroke-width='2' stroke-linecap='round' stroke-linejoin='round'%3E%3Crect x='3' y='4' width='18' height='16' "
    "rx='2'/%3E%3Cpath d='m10 9 5 3-5 3z'/%3E%3C/svg%3E"
)
_ICONS = {"icon": _ICON.format(colour="%2352525b"), "icon_dark_mode": _ICON.format(colour="%23d4d4d8")}


class LazyApp:
    """An ASGI application that is imported when it is first asked for something.

    Args:
        module: Where it is.
        name: What it is called there.
    """

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name
        self._app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if self._app is None:
            self._app = await asyncio.to_thread(
                self._load
            )  # half a second, in which others are to be answered
        await self._app(scope, receive, send)

    def _load(self) -> Any:
        module, name = self._place
        return getattr(importlib.import_module(module), name)


_APPS = [{"app": LazyApp("airflow_provider_wan.ui.app", "app"), "url_prefix": f"/{PREFIX}", "name": "wan"}]
# Relative, so that they hold below any `[api] base_url`. Airflow fills in the names, percent-encoded.
_VIEWS = [
    {
        "name": "Video",
        "href": f"{PREFIX}/edit?dag_id={{DAG_ID}}&run_id={{RUN_ID}}&task_id={{TASK_ID}}&map_index={{MAP_INDEX}}",
        "destination": "task_instance",
        "url_route": "video",
        **_ICONS,
    },
    {
        "name": "Edits",
        "href": f"{PREFIX}/run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}",
        "destination": "dag_run",
        "url_route": "edits",
        **_ICONS,
    },
]


class WanPlugin(AirflowPlugin):
    """Adds the tab `Video` to task instances and `Edits` to DAG runs, and what they load from `wan/`."""

    name = "wan"
    fastapi_apps = _APPS
    external_views = _VIEWS
