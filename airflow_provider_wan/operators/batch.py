"""Many edits in one task, for fan-outs that would burden the scheduler as mapped tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from airflow.providers.common.compat.sdk import XComArg

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.lineage import TellsBatchLineage
from airflow_provider_wan.links import WanConsoleLink, WanResultLink
from airflow_provider_wan.operators import batch_requests
from airflow_provider_wan.operators.base import (
    OnUnknown,
    Staging,
    Text,
    WanParameterError,
    money_problems,
    staging_problems,
)
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.operators.batch_life import BatchLife

OnFailure = Literal["fail_fast", "finish_then_fail", "skip"]
ON_FAILURE: tuple[OnFailure, ...] = ("fail_fast", "finish_then_fail", "skip")
Requests: TypeAlias = Sequence[WanRequest | Mapping[str, Any] | XComArg] | str | XComArg


class WanBatchEditOperator(TellsBatchLineage, TakesSignedAddresses):
    """Runs a list of edits, each with every promise that an operator of its own would give.

    It submits as many as the account has room for, waits for them in the triggerer, lands what has ended,
    submits more, and so on. Each edit has a record of its own, so an attempt that follows a dead one takes up
    all its jobs, and a retry submits again only what failed and may be retried. The order of the list may
    change between attempts.

    Args:
        requests: The edits. Each is a request (`VideoRepainting(...)`, from `airflow_provider_wan.dashscope`)
            or a mapping: `function` (`image_reference`, `video_repainting`, `video_edit` for an area of a video,
            `video_extension`, `video_outpainting`, `videoedit` for an edit by instruction, `image_to_video`,
            `video_synthesis`), the request's own fields, and optionally an `output_path` of its own. The list,
            or any part of it, may be a template or another task's output. Two that are alike are two edits.
        output_path: Folder (with a slash at its end) in which results are landed, named after their jobs.
            None: only those with an `output_path` of their own are landed.
        concurrency: How many edits may be submitted and not ended at once, at least 1. None: as many as
            `max_queue_wait` lets in.
        on_failure: `finish_then_fail`: run all, then fail. `fail_fast`: after the first failure submit nothing
            more, cancel what is still queued, land what is running already, then fail. `skip`: succeed, with
            entries that say what went wrong among the results.
        max_queue_wait: How long a submitted edit may have to wait in the service's queue, as far as can be
            foreseen; further ones are submitted when there is room. None: submit without asking. The service
            fails what hasn't ended 3 hours after its submission.
        conn_id: As for `WanOperator`.
        deferrable: As for `WanOperator`.
        timeout: How long to wait for each job, counted from its own submission in wall-clock time.
        durable: As for `WanOperator`.
        on_unknown_submit: As for `WanOperator`, for each edit.
        on_expired: As for `WanOperator`, for each edit.
        max_cost: As for `WanOperator`, for all edits together: one that may cost more than is left fails alone.
        staging: As for `WanOperator`. A file that several edits of a model share is uploaded once.
        preflight: As for `WanOperator`; an edit with an unfit input fails alone.
        strict: As for `WanOperator`.
        cancel_on_kill: As for `WanOperator`, for all jobs that are still queued.
        kwargs: As for any operator.

    Returns:
        A list in the order given. Each entry is a result as a single edit's (see `jobs.result`) with its `index`.
        With `skip`, an edit that failed has `index`, `function`, `status`, `error`, `code`, `task_id` and `retry`
        instead. The XCom `partial_results` holds such a list of what has ended so far, also after a failure.

    Raises:
        WanParameterError: An edit or an argument is wrong. As far as they are literals, the DAG fails to import.
        BatchFailedError: Edits have failed, and `on_failure` isn't `skip`. The message names them.
    """

    template_fields: Sequence[str] = ("requests", "output_path", "conn_id", "max_cost")
    operator_extra_links = (WanConsoleLink(), WanResultLink())
    template_fields_renderers: ClassVar[dict[str, str]] = {"requests": "json"}
    ui_color = "#d1c4e9"

    def __init__(
        self,
        *,
        requests: Requests,
        output_path: Text | None = None,
        concurrency: int | None = None,
        on_failure: OnFailure = "finish_then_fail",
        max_queue_wait: timedelta | float | None = timedelta(hours=1),
        conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = True,
        timeout: timedelta | float = timedelta(hours=4),
        durable: bool = True,
        on_unknown_submit: OnUnknown = "fail",
        on_expired: OnUnknown = "fail",
        max_cost: float | Decimal | Text | None = None,
        staging: Staging = "auto",
        preflight: bool | None = None,
        strict: bool = False,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.requests = batch_requests.as_given(requests)
        self.output_path = output_path
        self.concurrency = concurrency
        self.on_failure = on_failure
        self.max_queue_wait = _span(max_queue_wait)
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.timeout = timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout)
        self.durable = durable
        self.on_unknown_submit = on_unknown_submit
        self.on_expired = on_expired
        self.max_cost = max_cost
        self.staging = staging
        self.preflight = preflight
        self.strict = strict
        self.cancel_on_kill = cancel_on_kill
        self._life: BatchLife | None = None
        wrong = [*self._settings_problems(), *batch_requests.problems(self.requests, output_path)]
        if wrong:
            raise WanParameterError(f"{self._who()}: nothing was sent. {batch_requests.listing(wrong)}")

    @property
    def output(self) -> Any:
        """The results as an input for other tasks. Typed as anything, as `WanOperator.output` is."""
        return super().output

    def _settings_problems(self) -> list[str]:
        wrong = []
        number = self.concurrency
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            wrong.append(
                f"concurrency={number!r}: must be a whole number from 1 up. Give one, or leave it out."
            )
        if self.on_failure not in ON_FAILURE:
            wrong.append(
                f"on_failure={self.on_failure!r}: must be one of {', '.join(ON_FAILURE)}. Use one of those."
            )
        return [*wrong, *staging_problems(self.staging), *money_problems(self.max_cost)]

    def _who(self) -> str:
        return f"{type(self).__name__} {self.task_id!r}"

    def make_items(self) -> list[batch_requests.Item]:
        """Read the list, with everything rendered by now.

        Raises:
            WanParameterError: Naming every edit and field that is wrong.
        """
        try:
            return batch_requests.read(self.requests, plain(self.output_path))
        except InvalidRequestError as error:
            raise WanParameterError(
                f"{self._who()}: {error}\nNothing was sent. It is not retried."
            ) from error

    # As with a single edit, all of what follows is in a module that parsing a DAG doesn't load.

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Submit the edits, or take up what an earlier attempt began, and see them to their end."""
        from airflow_provider_wan.operators.batch_life import BatchLife
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes() as failing:
            self._life = BatchLife(self, context, failing)
            return self._life.begin()

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Go on after a wait in the triggerer."""
        from airflow_provider_wan.operators.batch_life import BatchLife
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes() as failing:
            self._life = BatchLife(self, context, failing)
            return self._life.go_on(event or {})

    def on_kill(self) -> None:
        """Cancel the jobs that this worker waits for, where they are still queued."""
        if self._life is not None:
            self._life.end_by_force()


def _span(value: timedelta | float | None) -> timedelta | None:
    return timedelta(seconds=value) if isinstance(value, int | float) else value
