"""What the service says of a job, read tolerantly: status, times, usage, result, cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Billing
from airflow_provider_wan.dashscope.errors import UnavailableError
from airflow_provider_wan.dashscope.price_list import LIST, Price, PriceList
from airflow_provider_wan.dashscope.redact import redacted

RESULT_LIFE = timedelta(hours=24)
"""How long the service keeps a job and its result. Source: every model page."""

CAPPED_INPUT = Decimal(5)
"""Seconds an input counts with at most, for models that bill it with a cap. Source: `model-pricing`, October 2026."""

# The service writes times without a zone. Official samples prove UTC+8 for Beijing; others are taken alike.
SERVICE_ZONE = timezone(timedelta(hours=8))


class TaskStatus(StrEnum):
    """A job's state as the service spells it."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> TaskStatus | None:
        # An official code sample spells it with two L; should the service ever do so, it means this.
        return cls.CANCELED if value == "CANCELLED" else None

    @property
    def active(self) -> bool:
        """Whether the job may still change."""
        return self in (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Submission:
    """The service's answer to a submission.

    Attributes:
        task_id: The new job.
        request_id: Id of the submitting call; the list of jobs shows it again.
    """

    task_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """A job as one status query showed it.

    Attributes:
        task_id: The job.
        status: Its state.
        request_id: Id of the query, not of the submission.
        submitted_at: When the service accepted it.
        started_at: When it left the queue.
        finished_at: When it ended.
        code: Error code of a failed job; often, but not always, given.
        message: Error message of a failed job, without the queries of addresses in it.
        video_url: Signed address of the result, valid for 24 hours. Not shown by `repr`.
        usage: The service's own account of the job, as it came.
        orig_prompt: The prompt as sent.
        actual_prompt: The prompt as rewritten; only older models tell, and only with `prompt_extend`.
    """

    task_id: str
    status: TaskStatus
    request_id: str = ""
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    code: str = ""
    message: str = ""
    video_url: str | None = field(default=None, repr=False)
    usage: Mapping[str, Any] = field(default_factory=dict)
    orig_prompt: str | None = None
    actual_prompt: str | None = None


def read_submission(answer: Mapping[str, Any]) -> Submission | None:
    """Read a submission's answer; None where it names no job."""
    output = answer.get("output")
    task_id = output.get("task_id") if isinstance(output, Mapping) else None
    if not isinstance(task_id, str) or not task_id:
        return None
    return Submission(task_id, str(answer.get("request_id") or ""))


def read_snapshot(answer: Mapping[str, Any]) -> TaskSnapshot:
    """Read the answer to a status query.

    Raises:
        UnavailableError: The answer makes no sense. The job itself may be fine, so look again.
    """
    output = answer.get("output")
    if not isinstance(output, Mapping):
        raise UnavailableError(
            "a status answer without `output`", request_id=str(answer.get("request_id") or "")
        )
    try:
        status = TaskStatus(str(output.get("task_status")))
    except ValueError:
        raise UnavailableError(f"a status we don't know: {output.get('task_status')!r}") from None
    usage = answer.get("usage")
    return TaskSnapshot(
        task_id=str(output.get("task_id") or ""),
        status=status,
        request_id=str(answer.get("request_id") or ""),
        submitted_at=_time(output.get("submit_time")),
        started_at=_time(output.get("scheduled_time")),
        finished_at=_time(output.get("end_time")),
        code=str(output.get("code") or ""),
        message=redacted(str(output.get("message") or "")),
        video_url=_video_url(output),
        usage=dict(usage) if isinstance(usage, Mapping) else {},
        orig_prompt=_text(output.get("orig_prompt")),
        actual_prompt=_text(output.get("actual_prompt")),
    )


def _video_url(output: Mapping[str, Any]) -> str | None:
    # Most models say `video_url`; animate and s2v nest it in `results`, style transform has its own name.
    results = output.get("results")
    nested = results.get("video_url") if isinstance(results, Mapping) else None
    return _text(output.get("video_url")) or _text(nested) or _text(output.get("output_video_url"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not 1970 < moment.year < 9999:  # nonsense, on the edge of what can be reckoned with
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SERVICE_ZONE)


def expires_at(snapshot: TaskSnapshot) -> datetime | None:
    """When the result's URL stops working: as the URL itself says, else 24 hours after submission."""
    stated = re.search(r"[?&]Expires=([0-9]{1,11})(?:[&#]|$)", snapshot.video_url or "")
    if stated:
        return datetime.fromtimestamp(int(stated[1]), UTC)
    return snapshot.submitted_at + RESULT_LIFE if snapshot.submitted_at else None


def billed_seconds(usage: Mapping[str, Any], model_name: str | None = None) -> Decimal | None:
    """Return the seconds the service bills for, or None where `usage` doesn't say.

    `duration` is the billed length where it is present, and includes the input where a model bills that too; older
    models only have `video_duration`. Where both are missing, lengths of input and output tell, by the model's rule.

    Args:
        usage: The service's own account of the job.
        model_name: The model; None: not known, so that an input with a length leaves it open what is billed.
    """
    for name in ("duration", "video_duration"):
        stated = _seconds(usage.get(name))
        if stated is not None:
            return stated
    output, taken_in = (_seconds(usage.get(f"{end}_video_duration")) for end in ("output", "input"))
    model = catalog.find(model_name or "")
    if model is None:
        return output if taken_in == 0 else None
    if output is None or model.billing is Billing.OUTPUT:
        return output
    if taken_in is None:
        return None
    capped = model.billing is Billing.CAPPED_INPUT_AND_OUTPUT
    return output + (min(taken_in, CAPPED_INPUT) if capped else taken_in)


def _seconds(value: object) -> Decimal | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:
        return Decimal(str(value))
    return None


def cost(
    model_name: str, region: str, usage: Mapping[str, Any], prices: PriceList = LIST
) -> dict[str, str] | None:
    """Price a finished job from its own usage; None where the price or the usage is unknown.

    Args:
        model_name: The model's id as it was sent.
        region: Region the job ran in.
        usage: The service's own account of the job.
        prices: What a second costs. By default the list prices of `catalog.PRICE_DATE`, without discounts, savings
            plans or free quota.
    """
    seconds = billed_seconds(usage, model_name)
    if seconds is None:
        return None
    tiers = prices.tiers(model_name, region)
    tier = _tier(tiers, usage)
    return tiers[tier].of(seconds).as_dict() if tier else None


def price_tier(
    model: catalog.Model, region: str, usage: Mapping[str, Any], prices: PriceList = LIST
) -> str | None:
    """Return which of a model's prices applies, or None where `usage` leaves it open."""
    return _tier(prices.tiers(model.name, region), usage)


def _tier(tiers: Mapping[str, Price], usage: Mapping[str, Any]) -> str | None:
    if not tiers:
        return None
    if len(set(tiers.values())) == 1:
        return next(iter(tiers))
    resolution = _resolution(usage)
    if resolution is None:
        return None
    if f"{resolution}_silent" in tiers:
        audio = usage.get("audio")
        if not isinstance(audio, bool):
            return None  # twice the price or half of it: don't guess
        return resolution if audio else f"{resolution}_silent"
    return resolution if resolution in tiers else None


_MODES = {"standard": "wan-std", "pro": "wan-pro"}


def _resolution(usage: Mapping[str, Any]) -> str | None:
    rate = usage.get("SR")
    if isinstance(rate, int | str) and re.fullmatch(r"[0-9]+", str(rate)):
        return f"{rate}P"
    for name in ("size", "video_ratio"):
        value = usage.get(name)
        if not isinstance(value, str):
            continue
        if value in _MODES:
            return _MODES[value]
        sides = re.fullmatch(r"([0-9]{1,5})\*([0-9]{1,5})", value)
        if sides:
            return _class_of(int(sides[1]) * int(sides[2]))
    return None


def _class_of(pixels: int) -> str:
    # The documented sets of `size` lie well apart: 480P near 0.4, 720P near 0.9, 1080P near 2 megapixels.
    if pixels < 600_000:
        return "480P"
    return "720P" if pixels < 1_400_000 else "1080P"
