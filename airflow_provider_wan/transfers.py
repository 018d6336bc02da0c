"""Moves results out of the service, and inputs into it, without an edit."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from airflow.providers.common.compat.sdk import XComArg

from airflow_provider_wan.dashscope.inputs import Input
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.lineage import TellsLandingLineage, TellsLineage
from airflow_provider_wan.links import WanResultLink
from airflow_provider_wan.operators.base import Text, WanParameterError
from airflow_provider_wan.operators.ids import check_id
from airflow_provider_wan.operators.late import is_late, plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

Result: TypeAlias = Mapping[str, Any] | str | XComArg


class WanResultToObjectStorageOperator(TellsLandingLineage, TakesSignedAddresses):
    """Lands the result of a job that has succeeded already, wherever it was submitted.

    Nothing is submitted or paid. The result is streamed, checked and moved into place as `WanOperator` does it; one
    that is there already, in a folder under its job's name, isn't fetched again.

    Args:
        output_path: Any `ObjectStoragePath` URI that Airflow can write to. With a slash at its end it is a folder, and
            the file is named after the job.
        wan_task_id: The service's id of the job. Either this or `result` is given.
        result: The result of an edit, as its operator returned it.
        conn_id: Connection of type `dashscope` of the account that the job belongs to.
        multiple_outputs: Push each field of the result as an XCom of its own too.
        kwargs: As for any operator.

    Returns:
        The result as an edit's (see `jobs.result`), with its `output_path`. From an id alone `function` isn't known and
        null; `model`, `request_id` and `cost` are where the service's list doesn't have the job.

    Raises:
        JobUnfinishedError: The job goes on; wait for it with `WanTaskSensor`. A retry looks again.
        JobWithoutResultError: It failed, was cancelled, or isn't known any more. Not retried.
        ResultError: The result is gone after 24 hours, or could not be landed, which a retry tries again.
    """

    template_fields: Sequence[str] = ("output_path", "wan_task_id", "result", "conn_id")
    operator_extra_links = (WanResultLink(),)
    template_fields_renderers: ClassVar[dict[str, str]] = {"result": "json"}
    ui_color = "#e8eaf6"

    def __init__(
        self,
        *,
        output_path: Text,
        wan_task_id: Text | None = None,
        result: Result | None = None,
        conn_id: str = DEFAULT_CONN_ID,
        multiple_outputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=multiple_outputs, **kwargs)
        self.output_path = output_path
        self.wan_task_id = wan_task_id
        self.result = result
        self.conn_id = conn_id
        self._check()

    @property
    def output(self) -> Any:
        """The result as an input for other tasks, as `WanOperator.output`."""
        return super().output

    def _check(self) -> None:
        """Refuse what is wrong, as far as it is known."""
        who = f"{type(self).__name__} {self.task_id!r}: nothing was sent."
        if (self.wan_task_id is None) == (self.result is None):
            raise WanParameterError(f"{who} Give either `wan_task_id` or `result`, and not both.")
        path = plain(self.output_path)
        if not is_late(path) and (not isinstance(path, str) or path in ("", "None")):
            raise WanParameterError(
                f"{who} output_path={path}: must be a path or URI. Give one, e.g. s3://conn@bucket/folder/."
            )
        if self.wan_task_id is not None:
            check_id(self.wan_task_id, f"{type(self).__name__} {self.task_id!r}")
        if self.result is not None and not is_late(self.result):
            self._given()

    def _given(self) -> Mapping[str, Any]:
        """Return the result that was given; nothing where an id was."""
        found: Any = self.result
        if found is None:
            return {}
        if isinstance(found, str):
            with contextlib.suppress(ValueError):
                found = json.loads(found)
        if isinstance(found, Mapping) and isinstance(found.get("task_id"), str) and found["task_id"]:
            return found
        raise WanParameterError(
            f"{type(self).__name__} {self.task_id!r}: nothing was sent. result: must be what an edit returned, with "
            f"its `task_id`, but is a {type(self.result).__name__} without one. Give `edit.output`; where a template "
            "makes it, add `| tojson`."
        )

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at the job and land its result."""
        from airflow_provider_wan import foreign, storage
        from airflow_provider_wan.hooks import DashScopeHook
        from airflow_provider_wan.jobs import result, summary
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.outlets import tell_outlets

        with FailingAsAirflowDoes() as failing:
            self._check()
            given = self._given()
            task_id = str(given.get("task_id") or self.wan_task_id)
            client = DashScopeHook(self.conn_id).get_conn()
            job, snapshot = foreign.find(client, task_id, patience=timedelta(0))
            try:
                foreign.require_success(task_id, snapshot)
            except foreign.JobWithoutResultError as error:
                if given.get("output_path"):
                    error.consequence += f" It was landed before, as {given['output_path']}."
                raise
            job = foreign.with_facts(job, given)
            failing.remembers, failing.job = True, task_id  # a retry lands the same job
            path = str(plain(self.output_path))
            landed = storage.landed_before(path, task_id)
            if landed is None:
                landed = storage.land(client, snapshot, path)
                self.log.info("Landed job %s: %s (%d bytes)", task_id, landed.uri, landed.size)
            else:
                self.log.info("The result of job %s is there already: %s", task_id, landed.uri)
            outcome = result(job, snapshot, landed.uri)
            tell_outlets(context, self.outlets, [outcome])
            self.log.info("Job %s: %s", task_id, summary(snapshot, outcome))
            return self.note_result(outcome)


class ObjectStorageToWanOperator(TellsLineage, TakesSignedAddresses):
    """Uploads a file to the service's temporary storage, for use in several edits of one model.

    The address works for 48 hours, for this model and account only, and the vendor advises against it for production;
    where a bucket can presign, edits need no upload. An edit that is given a file in storage does all of this itself.
    Source: Model Studio, `get-temporary-file-url` (2026-02-11).

    Args:
        path: The file: any `ObjectStoragePath` URI, or a `file://` one below the deployment's media roots.
        model: The model that will read it, as the connection's region spells it.
        conn_id: Connection of type `dashscope`.
        kwargs: As for any operator.

    Returns:
        The file's address, `oss://dashscope-instant/...`, to be given to edits as `upload.output`. The XComs
        `expires_at` (ISO 8601 with zone) and `size` (bytes) tell more.

    Raises:
        InputNotAllowedError: The file may not be read here. Not retried.
        InputUnreadableError: It can't be read. A retry looks again.
        ServiceError: The service refused it, e.g. because it is too large for the model.
    """

    template_fields: Sequence[str] = ("path", "model", "conn_id")
    ui_color = "#e8eaf6"

    def __init__(self, *, path: Text, model: Text, conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.model = model
        self.conn_id = conn_id
        self._check()

    @property
    def output(self) -> Any:
        """The address as an input for edits. Typed as anything, as `WanOperator.output` is."""
        return super().output

    def _check(self) -> None:
        who = f"{type(self).__name__} {self.task_id!r}: nothing was sent."
        path = plain(self.path)
        if not is_late(path) and not (isinstance(path, str) and Input("path", path).stored and "://" in path):
            raise WanParameterError(
                f"{who} path={path}: must be the URI of a file in storage. "
                "Give one, e.g. s3://conn@bucket/clip.mp4 or file:///srv/media/clip.mp4."
            )
        if not is_late(self.model) and self.model in ("", "None", None):
            raise WanParameterError(f"{who} model: is required. Name the model that will read the file.")

    def execute(self, context: Context) -> str:
        """Upload the file."""
        from airflow_provider_wan import staging
        from airflow_provider_wan.dashscope import catalog
        from airflow_provider_wan.deployment import Deployment
        from airflow_provider_wan.hooks import DashScopeHook
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.sources import Sources

        with FailingAsAirflowDoes():
            self._check()
            hook = DashScopeHook(self.conn_id)
            account, client = hook.get_account(), hook.get_conn()
            name, uri = str(self.model), str(plain(self.path))
            if known := catalog.find(name):
                catalog.spelling(known, account.region, name)
            sources = Sources(Deployment.configured(), account.base_url)
            size = sources.size(uri)
            expires = datetime.now(UTC) + staging.UPLOADED_FOR
            url = staging.upload(client, uri, name, sources=sources, log=self.log)
            context["ti"].xcom_push(key="expires_at", value=expires.isoformat(timespec="seconds"))
            context["ti"].xcom_push(key="size", value=size)
            return self.note_result(url)
