"""The service's error table, as its page `error-code` has it (2026-05-25, re-read July 2026)."""

from __future__ import annotations

import pytest

from airflow_provider_wan.dashscope import codes
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

# HTTP status, codes, messages, error, whether trying again is advised: "no", "yes", or "act" where a person
# has to settle something first.
Row = tuple[int, str, tuple[str, ...], type[ServiceError], str]

TABLE: tuple[Row, ...] = (
    (
        400,
        "InvalidParameter",
        (
            "Model not exist.",
            "Field required: xxx",
            "Required parameter(xxx) missing or invalid, please check the request parameters.",
            "Required body invalid, please check the request body format.",
            "url error, please check url！",  # noqa: RUF001
            "ref_images_url and obj_or_bg must be the same length.",
            "the size of input image is too small or too large.",
            "Request method 'GET' is not supported.",
            "the parameters must conform to the specification: xxx.",
            "The two modes are mutually exclusive. Do not pass reference_xx and first_frame at the same time.",
        ),
        InvalidParameterError,
        "no",
    ),
    (
        400,
        "InvalidParameter InvalidParameter.DataInspection",
        (
            "Unable to download the media resource during the data inspection process.",
            "Failed to find the requested media resource during the data inspection process.",
            "Don't have authorization to access the media resource during the data inspection process.",
            "The media format is not supported or incorrect for the data inspection.",
            "Failed to decode the image during the data inspection.",
        ),
        InputMediaError,
        "no",
    ),
    (
        400,
        "InvalidParameter InvalidParameter.DataInspection",
        ("Download the media resource timed out during the data inspection process.",),
        InputMediaError,
        "yes",
    ),
    (
        400,
        "InvalidParameter InternalError.Algo InternalError.Algo.InvalidParameter",
        (
            "InternalError.Algo.InvalidParameter: The provided URL does not appear to be valid. "
            "Ensure it is correctly formatted.",
        ),
        InputMediaError,
        "no",
    ),
    (400, "InvalidParameter.FileDownload", ("download for input video error",), InputMediaError, "yes"),
    (
        400,
        "InvalidURL",
        ("Required URL is missing or invalid, please check the request URL.",),
        InputMediaError,
        "no",
    ),
    (
        400,
        "InvalidURL.ConnectionRefused",
        ("Connection to xxx refused, please try again",),
        InputMediaError,
        "yes",
    ),
    (400, "InvalidURL.Timeout", ("Download xxx timeout, please try again",), InputMediaError, "yes"),
    (
        400,
        "BadRequest.EmptyInput BadRequest.EmptyParameters BadRequest.EmptyModel BadRequest.IllegalInput "
        "BadRequest.ResourceNotExist",
        ("Required input parameter missing from request.",),
        InvalidParameterError,
        "no",
    ),
    (400, "BadRequest.UnsupportedFileFormat BadRequest.TooLarge", ("File too large",), InputMediaError, "no"),
    (
        400,
        "BadRequest.InputDownloadFailed",
        ("Failed to download the input file: xxx.",),
        InputMediaError,
        "yes",
    ),
    (
        400,
        "InvalidFile.Resolution InvalidFile.FPS InvalidFile.Size InvalidFile.Duration InvalidFile.AspectRatio "
        "InvalidFile.Format InvalidFile.Openerror InvalidFile.Content InvalidFile.NoHuman "
        "InvalidFile.BodyProportion InvalidFile.FacePose InvalidFile.FullBody InvalidFile.MultiHuman "
        "InvalidFile.Value InvalidImage.ImageSize InvalidImage.FileFormat InvalidImageResolution "
        "InvalidImageFormat InvalidImage.NoHumanFace",
        ("The file's frame rate must be 15 ~ 60",),
        InputMediaError,
        "no",
    ),
    (
        400,
        "DataInspectionFailed",
        (
            "Input or output data may contain inappropriate content.",
            "Input text data may contain inappropriate content.",
            "Output data may contain inappropriate content.",
        ),
        ContentRejectedError,
        "no",
    ),
    (
        400,
        "InternalError.Algo InternalError.Algo.DataInspectionFailed",
        ("<400> InternalError.Algo.DataInspectionFailed: Output data may contain inappropriate content.",),
        ContentRejectedError,
        "no",
    ),
    (
        400,
        "IPInfringementSuspect CustomRoleBlocked FaqRuleBlocked",
        ("Input data is suspected of being involved in IP infringement.",),
        ContentRejectedError,
        "no",
    ),
    (
        400,
        "Arrearage",
        ("Access denied, please make sure your account is in good standing.",),
        BillingError,
        "act",
    ),
    (
        400,
        "UnsupportedOperation",
        (
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
            "The operation is unsupported on the referee object.",
        ),
        UnsupportedOperationError,
        "no",
    ),
    (
        400,
        "Throttling.AllocationQuota",
        ("The number of hot words exceeds the quota",),
        InvalidParameterError,
        "no",
    ),
    (
        401,
        "InvalidApiKey",
        (
            "No API-key provided.",
            "Invalid API-key provided.",
            "Incorrect API key provided.",
        ),
        AuthenticationError,
        "act",
    ),
    (
        401,
        "NOT AUTHORIZED",
        (
            "Access denied: Either you are not authorized to access this workspace, or the workspace does not exist.",
        ),
        AuthenticationError,
        "act",
    ),
    (
        403,
        "AccessDenied",
        (
            "current user api does not support synchronous calls.",
            "Current user api does not support asynchronous calls.",
            "Access denied.",
        ),
        PermissionDeniedError,
        "act",
    ),
    (403, "AccessDenied", ("Invalid according to Policy: Policy expired.",), UnavailableError, "yes"),
    (
        403,
        "AccessDenied.Unpurchased",
        ("Access to model denied. Please make sure you are eligible for using the model.",),
        BillingError,
        "act",
    ),
    (
        403,
        "Model.AccessDenied Workspace.AccessDenied App.AccessDenied",
        ("Model access denied.",),
        PermissionDeniedError,
        "act",
    ),
    (
        403,
        "AllocationQuota.FreeTierOnly",
        ("The free tier of the model has been exhausted.",),
        BillingError,
        "act",
    ),
    (
        404,
        "ModelNotFound model_not_found Model.NotExist NotFound",
        (
            "Model can not be found.",
            "The model xxx does not exist or you do not have access to it.",
            "Request path not found.",
        ),
        InvalidParameterError,
        "no",
    ),
    (404, "WorkSpaceNotFound", ("WorkSpace can not be found.",), PermissionDeniedError, "act"),
    (409, "Conflict", ("The model is being deployed.",), InvalidParameterError, "no"),
    (
        429,
        "Throttling",
        ("Requests throttling triggered.", "Too many requests in route. Please try again later."),
        ThrottledError,
        "yes",
    ),
    (
        429,
        "Throttling.RateQuota LimitRequests limit_requests",
        (
            "Requests rate limit exceeded, please try again later.",
            "You have exceeded your request limit.",
            "You exceeded your current requests list.",
        ),
        ThrottledError,
        "yes",
    ),
    (
        429,
        "Throttling.BurstRate limit_burst_rate",
        ("Request rate increased too quickly.",),
        ThrottledError,
        "yes",
    ),
    (
        429,
        "Throttling.AllocationQuota insufficient_quota",
        (
            "Allocated quota exceeded, please increase your quota limit.",
            "You exceeded your current quota, please check your plan.",
        ),
        ThrottledError,
        "yes",
    ),
    (
        429,
        "Throttling.AllocationQuota insufficient_quota",
        ("Free allocated quota exceeded.",),
        BillingError,
        "act",
    ),
    (
        429,
        "CommodityNotPurchased PrepaidBillOverdue PostpaidBillOverdue",
        ("The bill is overdue.",),
        BillingError,
        "act",
    ),
    (
        500,
        "InternalError SystemError ModelServiceFailed InternalError.Algo RewriteFailed InternalError.FileUpload "
        "InternalError.Upload InternalError.Timeout RequestTimeOut ResponseTimeout",
        (
            "An internal error has occured, please try again later or contact service support.",
            "oss upload error.",
            "Failed to upload result.",
            "An internal timeout error has occured during execution, please try again later.",
            "Request timed out, please try again later.",
        ),
        UnavailableError,
        "yes",
    ),
    (
        503,
        "ModelServingError ModelUnavailable ServiceUnavailable GatewayTimeout",
        (
            "Too many requests. Your requests are being throttled due to system capacity limits.",
            "Model is unavailable, please try again later.",
        ),
        UnavailableError,
        "yes",
    ),
)

CASES = [
    (status, code, message, error, advised)
    for status, code_list, messages, error, advised in TABLE
    for code in (["NOT AUTHORIZED"] if code_list == "NOT AUTHORIZED" else code_list.split())
    for message in messages
]
SUFFIX = " For details, see: https://help.aliyun.com/zh/model-studio/error-code#some-anchor"


def name_of(value: object) -> str | None:
    return value[:30] if isinstance(value, str) else None


@pytest.mark.parametrize(("status", "code", "message", "error", "advised"), CASES, ids=name_of)
@pytest.mark.parametrize("suffix", ["", SUFFIX], ids=["plain", "with link"])
def test_refused_call_becomes_the_error_of_its_code(
    status: int, code: str, message: str, error: type[ServiceError], advised: str, suffix: str
) -> None:
    got = codes.refusal(code, message + suffix, http_status=status, request_id="req-1")
    assert type(got) is error
    assert got.retry is {"no": Retry.NEVER, "yes": Retry.LATER, "act": Retry.ACT}[advised]
    for said in (message[:40].rstrip(". "), code, f"HTTP {status}", "req-1"):
        assert said in str(got)


# The status alone tells this one from a rate limit, and a job's end has none.
OF_JOBS = [case[1:] for case in CASES if case[:2] != (400, "Throttling.AllocationQuota")]


@pytest.mark.parametrize(("code", "message", "error", "advised"), OF_JOBS, ids=name_of)
def test_failed_job_becomes_the_same_error_with_a_new_job_as_its_retry(
    code: str, message: str, error: type[ServiceError], advised: str
) -> None:
    got = codes.failure(code, message, task_id="job-1")
    assert type(got) is error
    assert got.retry is {"no": Retry.NEVER, "yes": Retry.NEW_JOB, "act": Retry.ACT}[advised]
    assert got.http_status is None
    assert str(got).startswith("Job job-1 failed: ")
    assert "A failed job isn't billed." in str(got)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidParameterError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, InvalidParameterError),
        (408, UnavailableError),
        (413, InvalidParameterError),
        (429, ThrottledError),
        (500, UnavailableError),
        (502, UnavailableError),
        (503, UnavailableError),
        (504, UnavailableError),
        (200, UnavailableError),
    ],
)
@pytest.mark.parametrize("code", ["", "SomethingNew"])
def test_status_decides_where_the_code_is_missing_or_new(
    status: int, error: type[ServiceError], code: str
) -> None:
    assert type(codes.refusal(code, "", http_status=status)) is error


def test_job_failed_without_code_or_message_counts_as_the_service_s_own_trouble() -> None:
    error = codes.failure("", "", task_id="job-1", request_id="req-1")
    assert isinstance(error, UnavailableError)
    assert error.retry is Retry.NEW_JOB
    assert "no message was given (code none given, request_id req-1)" in str(error)


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        ("InvalidParameter", "Model not exist.", "`wanx2.1-*` in Beijing"),
        ("InvalidParameter", "url error, please check url！", "path of another model family"),  # noqa: RUF001
        ("InvalidApiKey", "Invalid API-key provided.", "keys don't work across regions"),
        ("NOT AUTHORIZED", "Access denied", "`workspace_id`"),
        ("InternalError.Timeout", "", "3 hours"),
        ("InvalidURL", "", "opens from the public internet"),
    ],
)
def test_error_says_what_to_do(code: str, message: str, advice: str) -> None:
    assert advice in str(codes.refusal(code, message, http_status=400))


def test_every_row_can_be_reached() -> None:
    """A row behind a wider one would never speak."""
    for rule in codes.RULES:
        code = rule.code + "Anything" if rule.code.endswith(".") else rule.code
        assert codes.find_rule(code, rule.message, rule.http_status) is rule
