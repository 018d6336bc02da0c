"""OpenLineage run facets of this package. Imported only where OpenLineage asks, because it needs OpenLineage.

Their JSON schemas are in `docs/openlineage`.
"""
# ruff: noqa: N815 -- names are as OpenLineage wants them

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from airflow.providers.common.compat.openlineage.facet import RunFacet
from attrs import define

from airflow_provider_wan import __version__

PRODUCER = f"urn:airflow-provider-wan:{__version__}"
"""Who writes the facets, as a URI, as OpenLineage wants it."""
SCHEMAS = "urn:airflow-provider-wan:openlineage:1-0-0"
"""Where the facets' schemas are, by their `$id`; its end is their version."""


@define
class WanEditRunFacet(RunFacet):
    """Run facet `wan_edit`: the job behind an edit. What isn't known is left out; see its schema."""

    function: str | None = None
    model: str | None = None
    region: str | None = None
    jobId: str | None = None
    requestId: str | None = None
    status: str | None = None
    billedSeconds: float | None = None
    cost: dict[str, str] | None = None
    submittedAt: str | None = None
    startedAt: str | None = None
    finishedAt: str | None = None
    error: dict[str, str] | None = None

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}:WanEditRunFacet.json#/$defs/WanEditRunFacet"


@define
class WanBatchRunFacet(RunFacet):
    """Run facet `wan_batch`: what a batch of edits adds up to. What isn't known is left out; see its schema."""

    edits: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    functions: list[str] | None = None
    models: list[str] | None = None
    region: str | None = None
    jobIds: list[str] | None = None
    billedSeconds: float | None = None
    costs: list[dict[str, str]] | None = None
    unpriced: int | None = None
    error: dict[str, str] | None = None

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}:WanBatchRunFacet.json#/$defs/WanBatchRunFacet"


def edit_facet(noted: Mapping[str, Any]) -> WanEditRunFacet:
    """Tell of one edit, from what its operator has noted."""
    found: Mapping[str, Any] = {**noted.get("job", {}), **next(iter(noted.get("results", ())), {})}
    return WanEditRunFacet(
        function=found.get("function") or _first(noted.get("functions")),
        model=found.get("model") or _first(noted.get("models")),
        region=found.get("region") or noted.get("region"),
        jobId=found.get("task_id"),
        requestId=found.get("request_id"),
        status=found.get("status"),
        billedSeconds=found.get("billed_seconds"),
        cost=found.get("cost"),
        submittedAt=_time(found.get("submitted_at")),
        startedAt=found.get("started_at"),
        finishedAt=found.get("finished_at"),
        error=_known(noted.get("failure")),
        producer=PRODUCER,
    )


def batch_facet(noted: Mapping[str, Any]) -> WanBatchRunFacet:
    """Add up a batch, from what its operator has noted."""
    results: Sequence[Mapping[str, Any]] | None = noted.get("results")
    facet = WanBatchRunFacet(
        edits=noted.get("edits"),
        functions=noted.get("functions"),
        models=noted.get("models"),
        region=noted.get("region"),
        error=_known(noted.get("failure")),
        producer=PRODUCER,
    )
    if results is not None:
        done = [one for one in results if one.get("error") is None]
        costs = [one["cost"] for one in done if one.get("cost")]
        facet.succeeded, facet.failed = len(done), len(results) - len(done)
        facet.jobIds = [one["task_id"] for one in results if one.get("task_id")]
        facet.billedSeconds = sum(one.get("billed_seconds") or 0.0 for one in done)
        facet.costs, facet.unpriced = _sums(costs), len(done) - len(costs)
    return facet


def _sums(costs: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Add up amounts, each currency for itself."""
    sums: dict[str, Decimal] = {}
    for one in costs:
        sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + Decimal(one["amount"])
    return [{"amount": f"{amount:f}", "currency": currency} for currency, amount in sums.items()]


def _first(values: Sequence[str] | None) -> str | None:
    return values[0] if values else None


def _known(facts: Mapping[str, str | None] | None) -> dict[str, str] | None:
    return {name: value for name, value in facts.items() if value} if facts else None


def _time(moment: float | str | None) -> str | None:
    """Return a time in ISO 8601; the facts of a job have it in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC).isoformat() if isinstance(moment, float | int) else moment
