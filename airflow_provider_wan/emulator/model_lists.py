"""What the service tells of its models: the list of them, and what an account may run of each.

Source: Model Studio, `list-models` and `list-quotas`, re-read 2026-09. Only what a program may go by is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.clock import whole
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.settings import EmulatorSettings

_PAGE_SIZE = 20
WORKSPACE = "llm-emulator"


def models(region: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of the region's models; all of them make videos."""

    def row(name: str, model: Model) -> dict[str, Any]:
        return {
            "model": name,
            "name": name,
            "description": "",
            "provider": "happyhorse" if model.name.startswith("happyhorse") else "wan",
            "capabilities": ["VG"],
            "features": [],
            "published_time": None,
            "prices": [],
        }

    return _page("models", region, query, row)


def limits(region: str, query: Mapping[str, str], settings: EmulatorSettings) -> dict[str, Any]:
    """Return a page of what an account may run in the region."""

    def row(name: str, model: Model) -> dict[str, Any]:
        rps, running, queue = settings.submit_rps, settings.running_slots, settings.queue_limit
        limit = {
            "request_limit": model.submit_rps if rps is None else rps,
            "request_limit_period": 1,
            "usage_limit": None,
            "usage_limit_field": None,
            "usage_limit_period": None,
            "async_user_queue_limit": model.queue if queue is None else queue,
            "async_user_concurrency_limit": model.running if running is None else running,
        }
        return {"model": name, "workspace_id": WORKSPACE, "model_limit": limit, "workspace_limit": None}

    return _page("quotas", region, query, row)


def _page(
    array: str, region: str, query: Mapping[str, str], row: Callable[[str, Model], dict[str, Any]]
) -> dict[str, Any]:
    found = [
        (name, model)
        for name, model in catalog.in_region(region).items()
        if query.get("model") in (None, "", name) and query.get("name", "") in name
    ]
    number, size = _whole(query, "page_no", 1), _whole(query, "page_size", _PAGE_SIZE)
    shown: Sequence[tuple[str, Model]] = found[(number - 1) * size : number * size]
    return {
        "total": len(found),
        "page_no": number,
        "page_size": size,
        array: [row(name, model) for name, model in shown],
    }


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if (number := whole(text)) is None or number < 1:
        raise ServiceRefusal(
            400,
            "InvalidParameter",
            f"Required parameter({name}) missing or invalid, please check the request parameters.",
        )
    return number
