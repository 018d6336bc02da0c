"""The temporary storage for inputs: its policy, the form it wants, its answers. Pure.

Source: Model Studio's page `get-temporary-file-url` (2026-02-11).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.dashscope.errors import InputMediaError, UnavailableError


@dataclass(frozen=True, slots=True)
class Policy:
    """Leave to upload one file, valid for some minutes. Everything secret is kept out of `repr`."""

    host: str
    directory: str
    max_megabytes: float | None
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """What to post: the fields in their order, then the file, and the address it will have."""

    fields: Mapping[str, str] = field(repr=False)
    name: str
    url: str


def read_policy(answer: Mapping[str, Any]) -> Policy:
    """Read the policy call's answer.

    Raises:
        UnavailableError: Something needed is missing from it.
    """
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise UnavailableError("an upload policy without `data`")
    try:
        fields = {
            "OSSAccessKeyId": str(data["oss_access_key_id"]),
            "Signature": str(data["signature"]),
            "policy": str(data["policy"]),
            "x-oss-object-acl": str(data["x_oss_object_acl"]),
            "x-oss-forbid-overwrite": str(data["x_oss_forbid_overwrite"]),
        }
        host, directory = str(data["upload_host"]), str(data["upload_dir"])
    except KeyError as missing:
        raise UnavailableError(f"an upload policy without {missing}") from None
    limit = data.get("max_file_size_mb")
    # A number that is no size says nothing; and of a whole one Python may make no float at all.
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < 1e9:
        limit = None
    return Policy(host, directory.rstrip("/"), None if limit is None else float(limit), fields)


def form(policy: Policy, suffix: str) -> Form:
    """Lay out the form. The name is always new, because the storage refuses to overwrite."""
    name = f"{uuid.uuid4().hex}{suffix}"
    key = f"{policy.directory}/{name}"
    return Form({**policy.fields, "key": key, "success_action_status": "200"}, name, f"oss://{key}")


def check_size(policy: Policy, file: IO[bytes]) -> None:
    """Refuse a file over the policy's limit before sending it.

    Raises:
        InputMediaError: Naming both sizes.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if policy.max_megabytes is not None and size > policy.max_megabytes * 1024 * 1024:
        raise InputMediaError(
            f"the file has {size / 1024 / 1024:.1f} MB, the temporary storage takes {policy.max_megabytes:g} MB",
            advice="Shrink it, or put it into a bucket of your own and give its presigned URL.",
        )


def read_upload(status: int, content: bytes) -> None:
    """Check the storage's answer.

    Raises:
        ServiceError: It refused the file.
    """
    if status == 200:
        return
    text = content[:600].decode("utf-8", "replace")
    code = _between(text, "<Code>", "</Code>")
    raise codes.refusal(
        code, _between(text, "<Message>", "</Message>") or "upload refused", http_status=status
    )


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]
