"""The service's error codes as data: which error each becomes and what a retry is good for.

Source: Model Studio's page `error-code` (read May to July 2026) for codes and messages; the retry
column follows the advice given there. The same code may arrive as an HTTP error or inside a job that
ended FAILED (HTTP 200), so the code decides and the HTTP status only stands in where there is none.
Messages may carry a suffix with a link, so rows match on a part of the message, never on the whole.
"""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    BillingError,
    ContentRejectedError,
    InputMediaError,
    InvalidParameterError,
    PermissionDeniedError,
    Retry,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnsupportedOperationError,
)


class Rule(NamedTuple):
    """One row: a code, optionally only with a certain message, and what it means."""

    code: str
    error: type[ServiceError]
    retry: Retry | None = None
    """None: as the error class says."""
    message: str = ""
    """Matches only messages that contain this, whatever the case."""
    advice: str | None = None
    http_status: int | None = None
    """Fits only an answer with this HTTP status, and no job's end."""


# Order matters: the first row that fits wins, so rows with a message stand before the plain code.
# A code ending in "." stands for every code that begins so.
RULES: tuple[Rule, ...] = (
    # -- invalid requests ------------------------------------------------------------------------
    Rule("InvalidParameter", InputMediaError, Retry.NEW_JOB, "timed out during the data inspection"),
    Rule("InvalidParameter", InputMediaError, None, "during the data inspection"),
    Rule("InvalidParameter", InputMediaError, None, "for the data inspection"),
    Rule("InvalidParameter", InputMediaError, None, "provided URL does not appear to be valid"),
    Rule(
        "InvalidParameter",
        InvalidParameterError,
        None,
        "Model not exist",
        "Check the model's spelling and region: the 2.1 models are `wanx2.1-*` in Beijing and `wan2.1-*` elsewhere.",
    ),
    Rule(
        "InvalidParameter",
        InvalidParameterError,
        None,
        "url error",
        "The model was sent to a path of another model family.",
    ),
    Rule("InvalidParameter", InvalidParameterError),
    Rule("InvalidParameter.DataInspection", InputMediaError, Retry.NEW_JOB, "timed out"),
    Rule("InvalidParameter.DataInspection", InputMediaError),
    Rule("InvalidParameter.FileDownload", InputMediaError, Retry.NEW_JOB),
    Rule("InvalidParameter.", InvalidParameterError),
    Rule("InvalidURL.ConnectionRefused", InputMediaError, Retry.NEW_JOB),
    Rule("InvalidURL.Timeout", InputMediaError, Retry.NEW_JOB),
    Rule("InvalidURL", InputMediaError),
    Rule("InvalidURL.", InputMediaError),
    Rule("BadRequest.InputDownloadFailed", InputMediaError, Retry.NEW_JOB),
    Rule("BadRequest.UnsupportedFileFormat", InputMediaError),
    Rule("BadRequest.TooLarge", InputMediaError),
    Rule("BadRequest.", InvalidParameterError),
    Rule("InvalidFile.", InputMediaError),
    Rule("InvalidImage.", InputMediaError),
    Rule("InvalidImageResolution", InputMediaError),
    Rule("InvalidImageFormat", InputMediaError),
    # -- moderation ------------------------------------------------------------------------------
    Rule("DataInspectionFailed", ContentRejectedError),
    Rule("IPInfringementSuspect", ContentRejectedError),
    Rule("CustomRoleBlocked", ContentRejectedError),
    Rule("FaqRuleBlocked", ContentRejectedError),
    # -- who is asking ---------------------------------------------------------------------------
    Rule("InvalidApiKey", AuthenticationError),
    Rule(
        "NOT AUTHORIZED",
        AuthenticationError,
        advice="The key may not use the connection's `workspace_id`, or that workspace doesn't exist.",
    ),
    Rule("AccessDenied", UnavailableError, Retry.LATER, "Policy expired"),
    Rule("AccessDenied.Unpurchased", BillingError),
    Rule("AccessDenied", PermissionDeniedError),
    Rule("Model.AccessDenied", PermissionDeniedError),
    Rule("Workspace.AccessDenied", PermissionDeniedError),
    Rule("App.AccessDenied", PermissionDeniedError),
    Rule("WorkSpaceNotFound", PermissionDeniedError, advice="Correct the connection's `workspace_id`."),
    # -- money -----------------------------------------------------------------------------------
    Rule("Arrearage", BillingError),
    Rule("AllocationQuota.FreeTierOnly", BillingError),
    Rule("Throttling.AllocationQuota", BillingError, None, "Free allocated quota exceeded"),
    Rule("insufficient_quota", BillingError, None, "Free allocated quota exceeded"),
    Rule("CommodityNotPurchased", BillingError),
    Rule("PrepaidBillOverdue", BillingError),
    Rule("PostpaidBillOverdue", BillingError),
    # -- too fast --------------------------------------------------------------------------------
    # As HTTP 400 it is a limit on how many things other products may keep, which waiting doesn't lift.
    Rule("Throttling.AllocationQuota", InvalidParameterError, http_status=400),
    Rule("Throttling", ThrottledError),
    Rule("Throttling.", ThrottledError),
    Rule("LimitRequests", ThrottledError),
    Rule("limit_requests", ThrottledError),
    Rule("limit_burst_rate", ThrottledError),
    Rule("insufficient_quota", ThrottledError),
    # -- things that don't exist or can't be done ------------------------------------------------
    Rule("ModelNotFound", InvalidParameterError),
    Rule("model_not_found", InvalidParameterError),
    Rule("Model.NotExist", InvalidParameterError),
    Rule("NotFound", InvalidParameterError),
    Rule("UnsupportedOperation", UnsupportedOperationError),
    Rule("Conflict", InvalidParameterError),
    # -- the service's own trouble ---------------------------------------------------------------
    # Behind this code stand errors of the request too, with their own code in the message or at its end.
    Rule("InternalError.Algo", ContentRejectedError, None, "DataInspectionFailed"),
    Rule("InternalError.Algo.DataInspectionFailed", ContentRejectedError),
    Rule("InternalError.Algo", InputMediaError, None, "provided URL does not appear to be valid"),
    Rule("InternalError.Algo", InvalidParameterError, None, "InvalidParameter"),
    Rule("InternalError.Algo.InvalidParameter", InputMediaError, None, "provided URL"),
    Rule("InternalError.Algo.InvalidParameter", InvalidParameterError),
    Rule("InternalError.Timeout", UnavailableError, advice="No result came within the service's 3 hours."),
    Rule("InternalError", UnavailableError),
    Rule("InternalError.", UnavailableError),
    Rule("SystemError", UnavailableError),
    Rule("ModelServiceFailed", UnavailableError),
    Rule("RewriteFailed", UnavailableError),
    Rule("RequestTimeOut", UnavailableError),
    Rule("ResponseTimeout", UnavailableError),
    Rule("ModelServingError", UnavailableError),
    Rule("ModelUnavailable", UnavailableError),
    Rule("ServiceUnavailable", UnavailableError),
    Rule("GatewayTimeout", UnavailableError),
)

# For answers whose code is missing or new.
BY_STATUS: dict[int, type[ServiceError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    408: UnavailableError,
    429: ThrottledError,
}


def find_rule(code: str, message: str, http_status: int | None = None) -> Rule | None:
    """Return the first row that fits, or None for a code we don't know."""
    for rule in RULES:
        same = code.startswith(rule.code) if rule.code.endswith(".") else code == rule.code
        here = rule.http_status in (None, http_status)
        if same and here and rule.message.lower() in message.lower():
            return rule
    return None


def refusal(
    code: str,
    message: str,
    *,
    http_status: int,
    request_id: str = "",
    retry_after: float | None = None,
) -> ServiceError:
    """Turn a refused call into its error.

    Args:
        code: The service's code; may be empty or unknown.
        message: The service's message.
        http_status: Status of the answer. 200 is possible: the gateway may report a refusal so.
        request_id: Id of the call.
        retry_after: Seconds from a `Retry-After` header.
    """
    rule = find_rule(code, message, http_status)
    if rule is None:
        error = BY_STATUS.get(http_status)
        if error is None:
            error = InvalidParameterError if 400 <= http_status < 500 else UnavailableError
        rule = Rule(code, error)
    retry = rule.retry or rule.error.retry
    if retry is Retry.NEW_JOB:  # there is no job yet: making the call again is the new one
        retry = Retry.LATER
    return rule.error(
        message,
        code=code,
        request_id=request_id,
        http_status=http_status,
        retry_after=retry_after,
        retry=retry,
        advice=rule.advice,
    )


def failure(code: str, message: str, *, task_id: str, request_id: str = "") -> ServiceError:
    """Turn a job that ended FAILED into its error. A job without a code counts as internal trouble."""
    rule = find_rule(code, message) or Rule(code, UnavailableError)
    retry = rule.retry or rule.error.retry
    if retry is Retry.LATER:  # a job can't be "called again": later means a new one
        retry = Retry.NEW_JOB
    return rule.error(
        message, code=code, request_id=request_id, task_id=task_id, retry=retry, advice=rule.advice
    )
