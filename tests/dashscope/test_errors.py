"""The error tree: what each class says of money and of a retry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_wan import dashscope
from airflow_provider_wan.dashscope import errors
from airflow_provider_wan.dashscope.errors import (
    DestinationError,
    InvalidParameterError,
    InvalidRequestError,
    ResultExpiredError,
    ResultInvalidError,
    Retry,
    ServiceError,
    SubmitUnknownError,
    TaskCanceledError,
    TaskTimeoutError,
    TaskUnknownError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
    WanError,
)


def tree(root: type[WanError]) -> Iterator[type[WanError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def test_docstring_draws_every_class_of_the_tree() -> None:
    drawn = errors.__doc__ or ""
    for error in tree(WanError):
        assert f" {error.__name__} " in f"{drawn} ".replace("\n", " "), error


def test_package_exports_every_class_of_the_tree() -> None:
    for error in tree(WanError):
        assert getattr(dashscope, error.__name__) is error
        assert error.__name__ in dashscope.__all__


@pytest.mark.parametrize("error", list(tree(ServiceError)), ids=lambda error: error.__name__)
def test_service_error_says_what_happened_what_to_do_what_it_cost_and_what_a_retry_does(
    error: type[ServiceError],
) -> None:
    said = str(error("The thing is wrong.", code="SomeCode", http_status=418, request_id="req-1"))
    assert "The thing is wrong (code SomeCode, HTTP 418, request_id req-1). " in said
    assert error.advice in said
    assert "billed" in said
    assert said.endswith(
        (
            "It is not retried.",
            "A retry makes the same call again.",
            "It is not retried; run it again once that is settled.",
        )
    )


def test_trouble_without_an_answer_names_no_code() -> None:
    assert str(UnavailableError("no answer (ReadTimeout)")).startswith(
        "The call to DashScope failed: no answer (ReadTimeout). "
    )


@pytest.mark.parametrize("error", [UnavailableError, UnreachableError, ThrottledError])
def test_call_that_met_trouble_is_made_again_and_not_as_a_new_job(error: type[ServiceError]) -> None:
    assert error("trouble").retry is Retry.LATER


def test_lost_answer_never_says_that_nothing_was_billed() -> None:
    error = SubmitUnknownError("ReadTimeout")
    assert "If the service accepted the job, it will be billed." in str(error)
    assert "not sent again" in str(error)
    assert "othing was" not in str(error)


@pytest.mark.parametrize(
    ("error", "billing"),
    [
        (TaskCanceledError("was cancelled.", task_id="job-1"), "A cancelled job isn't billed."),
        (TaskUnknownError("isn't known.", task_id="job-1"), "If the job had finished, it was billed."),
        (TaskTimeoutError("was still RUNNING.", task_id="job-1"), "If the job finishes, it will be billed."),
        (
            TaskTimeoutError("was still PENDING.", task_id="job-1", spent="It isn't billed."),
            "It isn't billed.",
        ),
        (ResultExpiredError("is gone.", task_id="job-1"), "needs a new, billed job"),
        (ResultInvalidError("is cut short.", task_id="job-1"), "The edit is done and billed"),
        (DestinationError("can't be written.", task_id="job-1"), "The edit is done and billed"),
    ],
)
def test_end_of_a_job_names_the_job_and_the_money(error: WanError, billing: str) -> None:
    assert "job job-1" in str(error).lower()
    assert billing in str(error)


def test_our_own_refusals_are_value_errors_too() -> None:
    assert issubclass(InvalidRequestError, ValueError)
    assert not issubclass(InvalidParameterError, ValueError)
