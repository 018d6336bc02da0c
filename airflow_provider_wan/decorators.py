"""`@task.wan_edit`: a function says what to edit, and the task it becomes makes the edit."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, ParamSpec, Protocol, TypeAlias, overload

from airflow.providers.common.compat.sdk import (
    DecoratedOperator,
    determine_kwargs,
    task_decorator_factory,
)

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.redact import secrets_in
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.masking import mask_signatures
from airflow_provider_wan.operators.base import (
    OnLanded,
    OnUnknown,
    Staging,
    Text,
    WanOperator,
    WanParameterError,
)
from airflow_provider_wan.operators.batch_requests import FUNCTIONS
from airflow_provider_wan.operators.late import plain

if TYPE_CHECKING:
    from airflow.sdk import Context

Wanted: TypeAlias = WanRequest | Mapping[str, Any]
"""What the function returns: a request, or a mapping with `function` and the fields of such a request."""

P = ParamSpec("P")
KEPT = 32_768
"""So many characters of a request are kept in Airflow's database while the task is deferred; media in it are more."""
_HINT = 'Return e.g. VideoOutpainting(prompt=..., video_url=...) or {"function": "video_outpainting", ...}.'


class WanEditTask(Protocol[P]):
    """What the decorator makes of a function.

    Called in a DAG, it gives what the edit will return, for other tasks: whole, or by field as in
    `edit(...)["video_url"]`. Typed as anything, because Airflow's own type can neither be indexed nor given to a
    TaskFlow function.
    """

    function: Callable[P, Wanted]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Make a task of it."""

    def expand(self, **kwargs: Any) -> Any:
        """Make one task instance for each combination of the lists.

        Args:
            kwargs: Arguments of the function: for each a list, or another task's output that is one.
        """

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> Any:
        """Make one task instance for each mapping of the list.

        Args:
            kwargs: A list of mappings from the function's arguments to values, or another task's output that is one.
            strict: Whether an argument that was fixed by `partial` may not be named again.
        """

    def partial(self, **kwargs: Any) -> WanEditTask[...]:
        """Fix some arguments of the function.

        Args:
            kwargs: The arguments and their values.
        """

    def override(self, **kwargs: Any) -> WanEditTask[P]:
        """Change arguments of the decorator.

        Args:
            kwargs: As the decorator takes them, e.g. `task_id`.
        """


class _WanEditDecoratedOperator(DecoratedOperator, WanOperator):
    """Makes the edit that a function asks for; see `wan_edit_task`.

    Args:
        python_callable: The function.
        op_args: Its arguments by position.
        op_kwargs: Its arguments by name.
        kwargs: As for `WanOperator`.
    """

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *WanOperator.template_fields)
    custom_operator_name = "@task.wan_edit"
    same_edit_within_generation: ClassVar[bool] = True

    def __init__(
        self,
        *,
        python_callable: Callable[..., Wanted],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **kwargs)
        self._seen: Mapping[str, Any] = {}
        self._kept: Mapping[str, Any] | None = None
        self.check_literals()

    def check_literals(self) -> None:
        """Check the decorator's own arguments; what the function asks for is known when it has run.

        Raises:
            WanParameterError: Naming each that is wrong.
        """
        problems = self._settings_problems()
        if problems:
            raise WanParameterError("\n  ".join([f"{self._who()}: nothing was sent.", *problems]))

    def execute(self, context: Context) -> Any:
        """Call the function and make its edit, or take up what an earlier attempt began."""
        self._seen = context
        return super().execute(context)

    def resume(
        self,
        context: Context,
        event: Mapping[str, Any] | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Go on after a wait in the triggerer.

        Args:
            context: Airflow's context.
            event: The trigger's.
            request: What the function returned before; without it, it is called again.
        """
        self._seen, self._kept = context, request
        return super().resume(context, event)

    def defer(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> NoReturn:
        """Wait in the triggerer, with the request kept for the time after. `dag.test()` and timeouts lose it."""
        kept = {"request": self._kept} if self._kept is not None else {}
        super().defer(
            trigger=trigger, method_name=method_name, kwargs={**(kwargs or {}), **kept}, timeout=timeout
        )

    def make_request(self) -> WanRequest:
        """Let the function say what it wants, and check that.

        Raises:
            WanParameterError: The function returned no request, or a wrong one.
        """
        try:
            self._refuse(self._settings_problems())
            kind, values, path = _read(self._call() if self._kept is None else self._kept)
            if self.model is not None:
                values.setdefault("model", plain(self.model))
            if path is not None:
                self.output_path = path
                self._refuse(self._settings_problems())
            request = kind(**values)
        except InvalidRequestError as error:
            raise WanParameterError(
                f"{self._who()}: {error}\nNothing was sent. It is not retried.{self._left_behind()}"
            ) from error
        mask_signatures(values)
        if self._kept is None:
            self.log.info("The function asks for %r", request)
            self._kept = _keepable(kind, values, path)
        return request

    def _call(self) -> Any:
        known = {**self._seen, **self.op_kwargs}
        named = determine_kwargs(self.python_callable, self.op_args, known)
        return self.python_callable(*self.op_args, **named)

    @staticmethod
    def _refuse(problems: list[str]) -> None:
        if problems:
            raise InvalidRequestError(problems[0])

    def _left_behind(self) -> str:
        """Name the job that goes on although this attempt fails."""
        from airflow_provider_wan.ledger import KEY, read_entry

        store = self._seen.get("task_state_store") if self.durable else None
        found = store.get(KEY) if store is not None else None
        entry = read_entry(found) if found is not None else None
        if entry is None or entry.job is None or entry.done:
            return ""
        return (
            f"\nJob {entry.job.task_id}, submitted earlier, is billed if it ends well. Its result can be landed with "
            "WanResultToObjectStorageOperator until 24 hours after submission."
        )

    def _who(self) -> str:
        return f"{self.custom_operator_name} {self.task_id!r}"


def _read(returned: Any) -> tuple[type[WanRequest], dict[str, Any], Any]:
    """Read what a function returned: the kind of edit, its fields, and its own `output_path` if it names one.

    Raises:
        InvalidRequestError: It is no request. The value isn't shown, because it may be anything.
    """
    if isinstance(returned, WanRequest):
        return type(returned), returned.model_dump(mode="json", exclude_none=True), None
    if not isinstance(returned, Mapping):
        raise InvalidRequestError(f"the function returned {_called(returned)}, which is no request. {_HINT}")
    values = {name: plain(value) for name, value in returned.items() if value is not None}
    function, path = values.pop("function", None), values.pop("output_path", None)
    if not isinstance(function, str) or function not in FUNCTIONS:
        given = "" if function is None else f"={str(function)[:80]}"
        raise InvalidRequestError(
            f"function{given}: must name the kind of edit in the mapping that the function returned. "
            f"Use one of {', '.join(FUNCTIONS)}."
        )
    return FUNCTIONS[function], values, path


def _called(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, WanOperator):
        return f"the operator {type(value).__name__}"
    return f"a value of type {type(value).__name__}"


def _keepable(kind: type[WanRequest], values: dict[str, Any], path: Any) -> dict[str, Any] | None:
    """Return a request as a mapping that may lie in Airflow's database; None where it may not.

    What signs an address isn't stored, and neither are media.
    """
    if FUNCTIONS.get(kind.function) is not kind or any(secrets_in(values)):
        return None
    kept = {"function": kind.function, **values} | ({} if path is None else {"output_path": path})
    return kept if len(json.dumps(kept)) <= KEPT else None


@overload
def wan_edit_task(python_callable: Callable[P, Wanted]) -> WanEditTask[P]: ...


@overload
def wan_edit_task(
    python_callable: None = None,
    *,
    task_id: str = ...,
    model: Text | None = None,
    output_path: Text | None = None,
    conn_id: str = DEFAULT_CONN_ID,
    deferrable: bool = True,
    timeout: timedelta | float = ...,
    max_queue_wait: timedelta | float | None = ...,
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
    retries: int = ...,
    retry_delay: timedelta | float = ...,
    execution_timeout: timedelta | None = None,
    outlets: Any = None,
    **kwargs: Any,
) -> Callable[[Callable[P, Wanted]], WanEditTask[P]]: ...


def wan_edit_task(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Make a task of a function that says what to edit; `@task.wan_edit` is the same.

    An example::

        @task.wan_edit(output_path="s3://conn@bucket/wide/", retries=3)
        def widen(clip: str, run_id: str | None = None) -> VideoOutpainting:
            return VideoOutpainting(prompt="A wide stage", video_url=clip, left_scale=1.5)

    The function returns a request of `airflow_provider_wan.dashscope.requests`, or a mapping with `function` and the
    fields of one. The task then makes that edit with all that the operators promise, and returns what they return.
    What the function is given may come from other tasks, from templates and, by name, from Airflow's context.

    The function is called once in each attempt, and once more after each wait in the triggerer where its request
    wasn't kept: one with a signed address or with media in it, or in `dag.test()`. Once a job is submitted, nothing is
    paid for another answer of the function: neither after the wait nor in a retry, which takes up the job on record
    even if the function now asks for something else (a written prompt, a drawn seed). If that job has failed, the
    retry submits what the function asks for now. A person who clears the task gets the job on record only if the
    function returns the same request as before; otherwise a new one is submitted. Remembering needs `durable` and
    Airflow 3.3, as for the operators.

    What the function raises is the task's failure, retried as usual; nothing is submitted then.

    Args:
        python_callable: The function, where the decorator is used without arguments.
        multiple_outputs: As for `WanOperator`; true unless it is said, whatever the function's annotation.
        kwargs: As for `WanOperator`. `model` is for requests that name none; `output_path` for those that are no
            mapping with an `output_path` of its own.

    Raises:
        WanParameterError: An argument is wrong or the function is `async`; when the task runs, and then without
            retry: it returned no request, or a wrong one.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise WanParameterError(
                f"{_WanEditDecoratedOperator.custom_operator_name} {function.__name__!r}: must be a plain function "
                f"that returns a request, without `async` and `yield`. {_HINT}"
            )
        return task_decorator_factory(
            function,
            # Airflow would conclude from the annotation, which is a request's, that there is one output.
            multiple_outputs=True if multiple_outputs is None else multiple_outputs,
            decorated_operator_class=_WanEditDecoratedOperator,
            **kwargs,
        )

    return decorate if python_callable is None else decorate(python_callable)


wan_edit = wan_edit_task
"""The same by the name that it has in `@task`."""
