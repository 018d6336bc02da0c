"""What OpenLineage is told of an edit, a batch, or work on footage: which files went in, what came out, by which job.

Airflow's OpenLineage provider asks the operator for it, in the worker, and sends it on. Everything here comes from what
the operator knows already: no call to the service, and none to Airflow. Addresses go without what signs them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from airflow_provider_wan.dashscope.errors import (
    ResultError,
    ServiceError,
    TaskCanceledError,
    TaskUnknownError,
    WanError,
)
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.dashscope.redact import unsigned

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_wan.dashscope.requests import WanRequest
    from airflow_provider_wan.jobs import Job
    from airflow_provider_wan.operators.attempt import Edit

T = TypeVar("T")
Names: TypeAlias = Sequence[tuple[str, str]]

_CHAINED = re.compile(r"(?:[a-z][a-z0-9+.-]*::)+", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SAME_AS = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "local": "file"}
_OBJECT_STORES = frozenset({"s3", "gs", "oss", "abfs", "abfss", "adl", "az", "wasb", "wasbs"})
"""Storages whose files have keys, which don't begin with a slash."""
_NO_INPUTS = frozenset(
    {
        *("prompt", "negative_prompt", "orig_prompt", "actual_prompt", "title", "function", "template"),
        *("model", "conn_id", "wan_task_id", "expect"),
        # What a decorated function does with its arguments is known once it has run.
        *("op_args", "op_kwargs", "templates_dict"),
    }
)
"""Parameters that name no file to read, whatever they begin with; nor do those whose name ends in `_path`."""


def dataset_of(address: str) -> tuple[str, str] | None:
    """Name a file as OpenLineage does: namespace and name. None where it is no file of its own, as a `data:` URI.

    The namespace is where the file lies (`s3://bucket`, `https://host`, `file`), the name its key or path there.
    Neither has a connection's id, a password or, of a web address, a query.
    """
    address = _CHAINED.sub("", address, count=1) if _CHAINED.match(address) else address
    if address.startswith("/"):
        return "file", address
    if not _ADDRESS.match(address):
        return None
    scheme, _, rest = address.partition("://")
    scheme = _SAME_AS.get(scheme.lower(), scheme.lower())
    web = scheme in ("http", "https")
    # Of other files' names `?` and `#` may be a part.
    rest = re.split(r"[?#]", rest, maxsplit=1)[0] if web else unsigned(address).partition("://")[2]
    place, _, path = rest.partition("/")
    place = place.rpartition("@")[2]
    namespace = "file" if scheme == "file" and not place else f"{scheme}://{place.lower() if web else place}"
    return namespace, (path.lstrip("/") or "/" if scheme in _OBJECT_STORES else f"/{path}")


def files_read(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of files among an operator's rendered parameters."""
    for name, value in parameters.items():
        if name not in _NO_INPUTS and not name.endswith("_path"):
            yield from _addresses(value)


def files_written(result: Any) -> Iterator[str]:
    """Yield the addresses of the files that an operator's result tells of.

    That is a text, or a list of results, or fields of which `output_path` is the file; without one, each that is an
    address. An edit's `video_url` is the file at the service, which lasts for 24 hours; a task that takes it up as its
    input names it so too.
    """
    if isinstance(result, str):
        if _is_file(result):
            yield result
    elif isinstance(result, list | tuple):
        for part in result:
            yield from files_written(part)
    elif isinstance(result, Mapping):
        names = ("video_url", "output_path") if "output_path" in result else result
        yield from (value for name in names if isinstance(value := result.get(name), str) and _is_file(value))


def _addresses(value: Any) -> Iterator[str]:
    # Not any sequence: iterating over what a mapped task returned would ask Airflow for it.
    if isinstance(value, Mapping):
        yield from files_read(value)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _addresses(part)
    elif isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            yield from _addresses(json.loads(value))
        except ValueError:
            return
    elif value is not None and _is_file(text := str(value)):
        yield text


def _is_file(value: str) -> bool:
    return dataset_of(value) is not None


class TellsLineage:
    """An operator that says what it reads and writes; this one's inputs are in its parameters.

    What it has come to is noted while it runs, in plain JSON without signatures, because Airflow may show attributes of
    an operator. After a wait in the triggerer it is another instance that runs, so it is noted there.
    """

    template_fields: Collection[str]
    _lineage: Mapping[str, Any] = MappingProxyType({})

    def note_result(self, result: T) -> T:
        """Note what was made, and return it as it is."""
        self._note(written=_named(files_written(result)))
        return result

    def _note(self, **facts: Any) -> None:
        self._lineage = {**self._lineage, **facts}

    # -- what Airflow's OpenLineage provider calls ---------------------------------------------------------------

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any]:
        """Say what is about to be read."""
        return self._told(self._asked(), [])

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:  # noqa: ARG002
        """Say what was read and written."""
        return self._told(self._lineage.get("read") or self._asked(), self._lineage.get("written") or [])

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Say what was to be read, and what is written nevertheless."""
        return self.get_openlineage_facets_on_complete(task_instance)

    def _told(self, read: Names, written: Names) -> OperatorLineage[Any, Any]:
        from airflow.providers.common.compat.openlineage.facet import Dataset
        from airflow.providers.openlineage.extractors import OperatorLineage

        return OperatorLineage(
            inputs=[Dataset(namespace=namespace, name=name) for namespace, name in read],
            outputs=[Dataset(namespace=namespace, name=name) for namespace, name in written],
            run_facets=self._lineage_facets(),
        )

    def _asked(self) -> Names:
        return _named(files_read({name: getattr(self, name, None) for name in self.template_fields}))

    def _lineage_facets(self) -> dict[str, Any]:
        return {}


class TellsLandingLineage(TellsLineage):
    """An operator that lands a finished job's result: it reads the file that the job left at the service."""

    def note_result(self, result: T) -> T:
        """Note what was landed from where, and return it as it is."""
        found = result if isinstance(result, Mapping) else {}
        self._note(
            read=_named(_addresses(found.get("video_url"))),
            written=_named(_addresses(found.get("output_path"))),
        )
        return result


class TellsEditLineage(TellsLineage):
    """An operator that makes edits; it tells of their jobs too.

    In the beginning its inputs are those that its parameters name, later those of its requests, which a
    function may have made.
    """

    @property
    def region(self) -> str | None:
        """Region that the edits are made in; None until the connection has been read."""
        return self._lineage.get("region")

    def note_requests(self, edits: Iterable[Edit]) -> None:
        """Note what is asked for, once all of it is known."""
        edits = list(edits)
        self._note(
            read=_named(one.url for edit in edits for one in inputs_of(edit.body)),
            edits=len(edits),
            functions=_distinct(edit.function for edit in edits),
            models=_distinct(edit.body.get("model") for edit in edits),
            region=edits[0].account.region if edits else None,
        )

    def note_result(self, result: T) -> T:
        """Note what the edits have come to, and return it as it is."""
        listed = result if isinstance(result, list) else [result]
        entries = [entry for entry in listed if isinstance(entry, Mapping)]
        self._note(
            written=_named(files_written([entry for entry in entries if "error" not in entry])),
            results=[{name: entry.get(name) for name in _KEPT} for entry in entries],
        )
        return result

    def note_failure(self, error: WanError, job: Job | None = None) -> None:
        """Note why an attempt fails, and which job it had."""
        task_id = getattr(error, "task_id", None) or (job.task_id if job else None)
        self._note(
            failure={
                "type": type(error).__name__,
                "code": str(getattr(error, "code", "") or "") or None,
                "retry": str(error.retry),
            },
            job={
                **(job.as_dict() if job else {}),
                "task_id": task_id,
                "request_id": getattr(error, "request_id", "") or (job.request_id if job else None),
                "status": _status(error) if task_id else None,
            },
        )

    def _lineage_facets(self) -> dict[str, Any]:
        from airflow_provider_wan.lineage_facets import edit_facet

        kind: type[WanRequest] | None = getattr(self, "request_class", None)
        model = getattr(self, "model", None)
        asked = {"functions": [kind.function] if kind else [], "models": [model] if model else []}
        return {"wan_edit": edit_facet({**asked, **self._lineage})}


class TellsBatchLineage(TellsEditLineage):
    """An operator that makes many edits in one task."""

    def _lineage_facets(self) -> dict[str, Any]:
        from airflow_provider_wan.lineage_facets import batch_facet

        given = getattr(self, "requests", None)
        asked: dict[str, Any] = {}
        if isinstance(given, list | tuple):  # not any sequence, as above
            functions = _distinct(one.get("function") for one in given if isinstance(one, Mapping))
            asked = {"edits": len(given), "functions": functions}
        return {"wan_batch": batch_facet({**asked, **self._lineage})}


_KEPT = (
    *("task_id", "request_id", "model", "function", "region", "status", "error"),
    *("billed_seconds", "cost", "submitted_at", "started_at", "finished_at"),
)
"""Fields of a result that facets are made of."""


def _named(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Name files, each once."""
    return list(dict.fromkeys(name for one in addresses if (name := dataset_of(one))))


def _distinct(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))


def _status(error: WanError) -> str | None:
    """Return the state in which a job ended, as the service spells it; None where that isn't known."""
    match error:
        case ResultError():
            return "SUCCEEDED"
        case TaskCanceledError():
            return "CANCELED"
        case TaskUnknownError():
            return "UNKNOWN"
        case ServiceError(task_id=str()):
            return "FAILED"
    return None
