"""Asset events that say where a result has landed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import Asset, AssetAlias

from airflow_provider_wan.dashscope.requests.problem import shown

if TYPE_CHECKING:
    from airflow.sdk import Context

TOLD = (
    *("output_path", "task_id", "model", "function", "region"),
    *("billed_seconds", "cost", "submitted_at", "finished_at"),
)
"""Fields of a result that an event carries. Its signed address isn't among them: it dies, and events stay."""

_KEPT = "!$%&'()*+,/:;=@[]~"
"""What stays as it is in a file's URI, beside letters and digits. `#` and `?` would end the path."""

log = logging.getLogger(__name__)


def tell_outlets(context: Context, outlets: Iterable[Any], results: Sequence[Mapping[str, Any]]) -> None:
    """Let the events of a task's outlets say where its results are.

    An asset's event says it of the result, or of several under `edits`. An asset alias gets one asset for each landed
    file, by the file's own URI. A file that can't be one is warned of and fails nothing, because its edit is paid.

    Args:
        context: Airflow's context.
        outlets: The task's outlets; what is neither asset nor alias is passed over.
        results: The results of its edits, as XCom has them.
    """
    events: Any = context.get("outlet_events")
    if events is None or not results:
        return
    facts = [{name: result.get(name) for name in TOLD} for result in results]
    for outlet in outlets:
        if isinstance(outlet, Asset):
            events[outlet].extra.update(facts[0] if len(facts) == 1 else {"edits": facts})
        elif isinstance(outlet, AssetAlias):
            for fact in facts:
                if (path := fact["output_path"]) and (asset := _asset(path)):
                    events[outlet].add(asset, extra=fact)


def _asset(path: str) -> Asset | None:
    """Return a landed file as an asset; None where Airflow takes its URI for none."""
    # Airflow keeps names in a narrow character set on MySQL, so what isn't ASCII is written as in any URI.
    uri = quote(_without_connection(path), safe=_KEPT)
    try:
        return Asset(name=uri, uri=uri)
    except ValueError as error:
        log.warning(
            "%s can't be an asset, so the alias among the outlets gets no event of it: %s", shown(path), error
        )
        return None


def _without_connection(uri: str) -> str:
    """Return a file's URI without the id of the connection that it was written with, which isn't part of its name."""
    scheme, mark, rest = uri.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"
