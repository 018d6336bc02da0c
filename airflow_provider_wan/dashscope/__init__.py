"""DashScope's asynchronous video jobs in plain Python; nothing here imports Airflow.

The requests, the client and the errors can be used without Airflow::

    from airflow_provider_wan.dashscope import Account, DashScopeClient, VideoOutpainting

    edit = VideoOutpainting(prompt="A wider stage", video_url="https://example.com/a.mp4", left_scale=1.5)
    with DashScopeClient(Account.of(api_key="sk-...", region="ap-southeast-1")) as client:
        job = client.submit(edit.path(), edit.body("ap-southeast-1"))
        print(client.get(job.task_id).status)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    BillingError,
    ConnectionSettingsError,
    ContentRejectedError,
    DestinationError,
    InputMediaError,
    InvalidParameterError,
    InvalidRequestError,
    NoRoomError,
    PermissionDeniedError,
    ResultError,
    ResultExpiredError,
    ResultInvalidError,
    Retry,
    ServiceError,
    SubmitUnknownError,
    TaskCanceledError,
    TaskEndedError,
    TaskTimeoutError,
    TaskUnknownError,
    ThrottledError,
    UnavailableError,
    UnclearSubmitError,
    UnreachableError,
    UnsupportedOperationError,
    WanError,
    WanInputError,
)

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
    from airflow_provider_wan.dashscope.requests import (
        Animate,
        FramesToVideo,
        ImageReference,
        ImageToVideo,
        LocalEdit,
        ReferenceToVideo,
        SpeechToVideo,
        TextToVideo,
        VideoEdit,
        VideoExtension,
        VideoOutpainting,
        VideoRepainting,
        VideoStyle,
        VideoSynthesis,
        Wan3Video,
        WanRequest,
    )

# Loaded on first use: the client brings an HTTP library, which parsing a DAG has no use for.
_LAZY = {
    "Account": "account",
    "Animate": "requests",
    "AsyncDashScopeClient": "client",
    "DashScopeClient": "client",
    "FramesToVideo": "requests",
    "ImageReference": "requests",
    "ImageToVideo": "requests",
    "LocalEdit": "requests",
    "ReferenceToVideo": "requests",
    "SpeechToVideo": "requests",
    "TextToVideo": "requests",
    "VideoEdit": "requests",
    "VideoExtension": "requests",
    "VideoOutpainting": "requests",
    "VideoRepainting": "requests",
    "VideoStyle": "requests",
    "VideoSynthesis": "requests",
    "Wan3Video": "requests",
    "WanRequest": "requests",
}

__all__ = [
    "Account",
    "Animate",
    "AsyncDashScopeClient",
    "AuthenticationError",
    "BillingError",
    "ConnectionSettingsError",
    "ContentRejectedError",
    "DashScopeClient",
    "DestinationError",
    "FramesToVideo",
    "ImageReference",
    "ImageToVideo",
    "InputMediaError",
    "InvalidParameterError",
    "InvalidRequestError",
    "LocalEdit",
    "NoRoomError",
    "PermissionDeniedError",
    "ReferenceToVideo",
    "ResultError",
    "ResultExpiredError",
    "ResultInvalidError",
    "Retry",
    "ServiceError",
    "SpeechToVideo",
    "SubmitUnknownError",
    "TaskCanceledError",
    "TaskEndedError",
    "TaskTimeoutError",
    "TaskUnknownError",
    "TextToVideo",
    "ThrottledError",
    "UnavailableError",
    "UnclearSubmitError",
    "UnreachableError",
    "UnsupportedOperationError",
    "VideoEdit",
    "VideoExtension",
    "VideoOutpainting",
    "VideoRepainting",
    "VideoStyle",
    "VideoSynthesis",
    "Wan3Video",
    "WanError",
    "WanInputError",
    "WanRequest",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
