"""The life of one edit in Airflow: check, submit, wait, land, tell. The operators beside it add only fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, get_args

from airflow.providers.common.compat.sdk import AirflowFailException, XComArg

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.lineage import TellsEditLineage
from airflow_provider_wan.links import WanConsoleLink, WanResultLink
from airflow_provider_wan.operators.late import is_late, plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.operators.life import Life

# What an author may write for a field: the value itself, a Jinja template, or another task's output.
Text: TypeAlias = str | XComArg
Texts: TypeAlias = Sequence[str | XComArg] | str | XComArg
Whole: TypeAlias = int | str | XComArg
Number: TypeAlias = float | int | str | XComArg
Flag: TypeAlias = bool | str | XComArg

OnUnknown = Literal["fail", "resubmit"]
OnLanded = Literal["redo", "keep"]
Staging = Literal["auto", "presign", "upload"]


class WanParameterError(AirflowFailException, InvalidRequestError):
    """An edit's parameters break a rule. Fails the import of the DAG or, at run time, the task without retry.

    What to do: Change the field as the message says.
    """


class WanOperator(TellsEditLineage, TakesSignedAddresses):
    """Base of all edit operators; use one of its subclasses.

    Literal parameters are checked when the DAG is parsed, templates and other tasks' outputs once they are
    rendered. Either way nothing is sent until all of them are right.

    Args:
        model: Model to use, as the connection's region spells it. None: the function's own model.
        output_path: Where the result is landed: any `ObjectStoragePath` URI, e.g. `s3://conn@bucket/a.mp4`.
            With a slash at its end it is a folder, and the file is named after the job. None: not landed;
            the result's address then dies 24 hours after submission.
        conn_id: Connection of type `dashscope`.
        deferrable: Wait in the triggerer (the default) or on the worker. Jobs take minutes.
        timeout: How long to wait for the job, counted from its submission in wall-clock time, queueing
            included. The service itself gives up after 3 hours. Waiting for room isn't counted.
        max_queue_wait: For how long a job of this edit may be queued, `timedelta` or seconds; one hour by default.
            Where the account's queue is longer, the task submits nothing and waits, in the triggerer or, with
            `deferrable=False`, on the worker, until there is room. The service fails a job that has no result 3
            hours after its submission, so more than 2 hours is unwise; a few minutes still keep all slots of the
            account busy. None: submit at once, whatever is queued.
        durable: Remember the job in Airflow's task state store (3.3 and later), so that a later attempt takes it
            up instead of paying for another.
        on_unknown_submit: What an attempt does when an earlier one was cut off while it submitted and the service
            has jobs that may have come of it: `fail` without retry and name them, or `resubmit`, which may pay
            twice.
        on_expired: What an attempt does when the service has forgotten the job or the result of an earlier one,
            after 24 hours: `fail` without retry, or `resubmit`, which pays again.
        on_landed: What an attempt does when a result of the very same request lies at `output_path` already: `redo`
            makes and pays a new one, as a person who clears a task asks for; `keep` returns that one, whichever task
            or DAG run has landed it. For `keep` the path must name a file; a small JSON beside it says what it is.
        max_cost: Most that this task may spend, in all its attempts, in the deployment's currency (`[wan] currency`, by
            default CNY). An edit that may cost more than is left isn't submitted. None: no limit but the deployment's
            own (`[wan] max_cost_per_run`).
        before_submit: Called with Airflow's context right before a submission, each time; what it raises prevents
            it. For budgets and the like.
        staging: How inputs in object storage or local files get to the service: `auto` presigns them where the
            storage can, else uploads them to DashScope's temporary storage; `presign` and `upload` force one.
        preflight: Look at the inputs before anything is uploaded or paid, and hold them against the model's limits.
            Needs the `media` extra. None: as the deployment says (`[wan] preflight`), which is yes by default.
        strict: Whether what the service would silently cut, e.g. what is longer than 5 s, is an error instead of a
            warning.
        cancel_on_kill: Cancel the job when a person clears, fails or marks the waiting task, if it is still
            queued. A running job can't be cancelled.
        end_in_triggerer: Let the triggerer end the task when its job has succeeded, which spares a worker start.
            Only with `output_path=None` and `deferrable=True`. Airflow then calls no `on_success_callback` and
            emits no asset events, and clearing the task within 24 hours gives the same job's result again.
        multiple_outputs: Push each field of the result as an XCom of its own too, so that another task can
            take `edit.output["video_url"]`.
        kwargs: As for any operator.

    Returns:
        The result as plain JSON (see `jobs.result`): ids, status, `video_url`, `output_path`, usage, cost, times.
    """

    request_class: ClassVar[type[WanRequest]]
    same_edit_within_generation: ClassVar[bool] = False
    """Whether a retry takes up the job on record although its request differs; see `ledger.decide`."""
    template_fields: Sequence[str] = ("model", "output_path", "conn_id", "max_cost")
    operator_extra_links = (WanConsoleLink(), WanResultLink())
    ui_color = "#ede7f6"

    def __init__(
        self,
        *,
        model: Text | None = None,
        output_path: Text | None = None,
        conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = True,
        timeout: timedelta | float = timedelta(hours=4),
        max_queue_wait: timedelta | float | None = timedelta(hours=1),
        durable: bool = True,
        on_unknown_submit: OnUnknown = "fail",
        on_expired: OnUnknown = "fail",
        on_landed: OnLanded = "redo",
        max_cost: float | Decimal | Text | None = None,
        before_submit: Callable[[Context], None] | None = None,
        staging: Staging = "auto",
        preflight: bool | None = None,
        strict: bool = False,
        cancel_on_kill: bool = True,
        end_in_triggerer: bool = False,
        multiple_outputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=multiple_outputs, **kwargs)
        self.model = model
        self.output_path = output_path
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.timeout = timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout)
        self.max_queue_wait = (
            max_queue_wait
            if max_queue_wait is None or isinstance(max_queue_wait, timedelta)
            else timedelta(seconds=max_queue_wait)
        )
        self.durable = durable
        self.on_unknown_submit = on_unknown_submit
        self.on_expired = on_expired
        self.on_landed = on_landed
        self.max_cost = max_cost
        self.before_submit = before_submit
        self.staging = staging
        self.preflight = preflight
        self.strict = strict
        self.cancel_on_kill = cancel_on_kill
        self.end_in_triggerer = end_in_triggerer
        self._life: Life | None = None

    @property
    def output(self) -> Any:
        """The result as an input for other tasks, whole or by field: `edit.output["video_url"]`.

        Typed as anything, because Airflow's own type can neither be indexed nor given to a TaskFlow function.
        """
        return super().output

    # -- checking ------------------------------------------------------------------------------------

    def check_literals(self) -> None:
        """Check what is known already. Subclasses call it last in their `__init__`.

        Raises:
            WanParameterError: Listing every field that is wrong, its value, the rule and the fix.
        """
        given = self._given()
        late = {name for name, value in given.items() if is_late(value)}
        known = {name: value for name, value in given.items() if name not in late}
        problems = [*map(str, self.request_class.problems(known, late)), *self._settings_problems()]
        if problems:
            raise WanParameterError("\n  ".join([f"{self._who()}: nothing was sent.", *problems]))

    def _settings_problems(self) -> list[str]:
        return [
            *staging_problems(self.staging),
            *money_problems(self.max_cost),
            *self._destination_problems(),
            *self._keeping_problems(),
        ]

    def _keeping_problems(self) -> list[str]:
        path = plain(self.output_path)
        if self.on_landed == "redo" or is_late(path):
            return []
        if self.on_landed != "keep":
            return [f"on_landed={self.on_landed!r}: must be one of redo, keep. Use one of those."]
        if not isinstance(path, str) or path.endswith("/"):
            return [
                f"on_landed='keep': output_path={path} must name a file. Give one, e.g. s3://conn@bucket/a.mp4."
            ]
        return []

    def _destination_problems(self) -> list[str]:
        path = plain(self.output_path)
        if self.end_in_triggerer and not (path is None and self.deferrable):
            return [
                "end_in_triggerer=True: a triggerer lands nothing and doesn't wait on a worker. Leave out "
                "`output_path` and `deferrable`, or leave this out."
            ]
        if path is None or is_late(path) or (isinstance(path, str) and path not in ("", "None")):
            return []
        return [
            f"output_path={path}: must be a path or URI. Give one, e.g. s3://conn@bucket/folder/, or leave it out."
        ]

    def _given(self) -> dict[str, Any]:
        """Return the edit's own fields as far as the author gave them."""
        values = {name: plain(getattr(self, name)) for name in self.request_class.model_fields}
        return {name: value for name, value in values.items() if value is not None}

    def _who(self) -> str:
        return f"{type(self).__name__} {self.task_id!r}"

    def make_request(self) -> WanRequest:
        """Make the request, with everything rendered by now.

        Raises:
            WanParameterError: As for literals.
        """
        try:
            problems = self._settings_problems()
            if problems:
                raise InvalidRequestError(problems[0])
            return self.request_class(**self._given())
        except InvalidRequestError as error:
            raise WanParameterError(
                f"{self._who()}: {error}\nNothing was sent. It is not retried."
            ) from error

    def check_with_service(self, client: DashScopeClient, body: Mapping[str, Any]) -> None:
        """Ask the service about a request right before it is sent; for kinds of edits that have such a question.

        Args:
            client: Client of the account.
            body: The request as it is about to be sent, with staged addresses.

        Raises:
            WanError: The answer speaks against it. Nothing is submitted then.
        """

    # -- running -------------------------------------------------------------------------------------
    # All of it is in `life`, which a process that only parses DAGs has no use for.

    def execute(self, context: Context) -> dict[str, Any]:
        """Submit the edit, or take up what an earlier attempt began, and see it to its end."""
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.operators.life import Life

        with FailingAsAirflowDoes() as failing:
            self._life = Life(self, context, failing)
            return self.note_result(self._life.begin())

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Go on after the wait in the triggerer. All it needs comes with the event."""
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.operators.life import Life

        with FailingAsAirflowDoes() as failing:
            self._life = Life(self, context, failing)
            # Not a mapping where `dag.test()` hands on the event that would have ended the task.
            return self.note_result(self._life.go_on(event if isinstance(event, Mapping) else {}))

    def on_kill(self) -> None:
        """Cancel the job that this worker waits for, where it is still queued.

        Airflow calls this when someone ends the task, and also when the worker itself is told to go.
        """
        if self._life is not None:
            self._life.end_by_force()


def money_problems(max_cost: Any) -> list[str]:
    """Return what is wrong with a limit of cost."""
    if max_cost is None or is_late(max_cost):
        return []
    from airflow_provider_wan.prices import as_money  # few set a limit, so few DAGs need it at parse

    try:
        as_money(max_cost)
    except InvalidRequestError as error:
        return [str(error)]
    return []


def staging_problems(staging: str) -> list[str]:
    """Return what is wrong with a way of staging."""
    ways = get_args(Staging)
    return (
        []
        if staging in ways
        else [f"staging={staging!r}: must be one of {', '.join(ways)}. Use one of those."]
    )
