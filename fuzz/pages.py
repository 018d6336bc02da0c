"""What the pages' routes are asked, and the records that they show."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fastapi import HTTPException
from starlette.requests import Request

from airflow_provider_wan.ui import access, holdings, static_files, values
from airflow_provider_wan.ui.ranges import part_of
from fuzz.answers import SIGNED
from fuzz.choices import Choices

NAME = "pages"
SEEDS = (
    b"",
    bytes(64),
    bytes(range(256)),
    b"\x01\x09bytes=0-4" + bytes(40),
    b"\x01\x09bytes=-19" + bytes(40),
)

_RANGES = (
    "bytes=0-",
    "bytes=0-0",
    "bytes=-1",
    "bytes=5-2",
    "bytes=0-1,2-3",
    "bytes=99999999999999999999-",
    "bytes=²-",
    "lines=1-2",
    "",
)
_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_RECORDS = (
    {
        "inputs": [
            {"name": "video_url", "kind": "video", "uri": SIGNED},
            {"uri": "s3://c@b/k.png", "kind": "image"},
        ]
    },
    {
        "task_id": "j",
        "video_url": SIGNED,
        "expires_at": "2026-05-02T00:00:00+00:00",
        "output_path": "s3://b/k.mp4",
    },
    {"output_path": ["file:///a.mp4"], "picture": "/a.png"},
)


def one(data: bytes) -> None:
    """Ask once; whatever is no refusal is a fault, and so is a part that isn't within its file."""
    made = Choices(data)
    _part(made)
    _query(made)
    _record(made)


def _part(made: Choices) -> None:
    size = made.of((None, 0, 1, 10, 2**40))
    wanted = made.of(_RANGES) if made.byte() & 1 else made.text()
    tag = made.of((None, '"a"'))
    part = part_of(
        size,
        wanted=wanted,
        tag=tag,
        if_none_match=made.of((None, '"a"', "*", made.text())),
        if_range=made.of((None, '"a"', made.text())),
    )
    if part.status not in (200, 206, 304, 416):
        raise AssertionError(f"{part}")
    if part.status == 206 and (
        size is None
        or part.length is None
        or part.length < 1
        or part.start < 0
        or part.start + part.length > size
    ):
        raise AssertionError(f"{wanted!r} of {size}: {part}")


def _query(made: Choices) -> None:
    text = made.rest(200)
    if made.byte() & 1:
        text = (
            b"dag_id=a&run_id=b&task_id=c&map_index="
            + made.text().encode("utf-8", "replace")
            + b"&offset="
            + text
        )
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": text, "headers": []})
    try:
        access.sensible(request)
        place = access.which_instance(request)
    except HTTPException as error:
        if error.status_code != 422:
            raise
    else:
        if place.map_index < -1:
            raise AssertionError(f"{place}")
    if not 0 <= access.offset(request) < 10**7:
        raise AssertionError(f"{text!r}")
    name = made.text()
    file = static_files.read(name)
    if file is not None and ("/" in name or name.startswith(".")):
        raise AssertionError(f"{name!r} is served")


def _record(made: Choices) -> None:
    record = made.changed(made.of(_RECORDS))
    json.dumps(values.shown(values.decoded(json.dumps(record))), allow_nan=False)
    for part in (record, *record.values()) if isinstance(record, dict) else (record, made.text()):
        values.moment(part)
        values.number(part)
        values.redacted_text(part)
        if "Signature=x" in (values.address(part) or ""):
            raise AssertionError(f"a signature is shown: {part!r}")
    if isinstance(record, dict):
        for held in (holdings.edited("result", record, _NOW), *([holdings.stored("result", made.text())])):
            if held is not None and held.address is None and not held.why_not:
                raise AssertionError(f"no reason: {held}")
