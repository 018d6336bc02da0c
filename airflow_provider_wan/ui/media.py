"""Sends a file to a browser: in parts, without holding it in memory, and off the event loop."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from functools import cache, partial
from typing import TypeVar

import anyio
import anyio.to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.ui.ranges import Part, part_of
from airflow_provider_wan.ui.sniffing import HEAD, LARGEST_IMAGE, SERVED, content_type
from airflow_provider_wan.ui.sources import Opened, UnavailableError

PIECE = 256 << 10
AT_ONCE = 16
"""Files that are read at once. Threads of their own, so that a slow storage doesn't keep Airflow's from working."""

T = TypeVar("T")
log = logging.getLogger(__name__)


async def answer(request: Request, open_file: Callable[[], Opened]) -> Response:
    """Answer a request for a file.

    Args:
        request: What is asked for, with its headers `Range`, `If-Range` and `If-None-Match`.
        open_file: Opens the file; may take its time.

    Raises:
        UnavailableError: The file can't be opened, or isn't what is shown.
    """
    opened, kind = await _in_thread(partial(_open, open_file))
    asked = request.headers
    tag = None if opened.tag is None else f'"{opened.tag}"'
    part = part_of(
        opened.size,
        wanted=asked.get("range"),
        tag=tag,
        if_none_match=asked.get("if-none-match"),
        if_range=asked.get("if-range"),
    )
    headers = {
        "Cache-Control": "private, max-age=60" if tag else "private, no-store",
        "Content-Disposition": "inline",
        # So that Airflow's compression leaves it alone, which would make the parts' places wrong.
        "Content-Encoding": "identity",
    }
    if tag:
        headers["ETag"] = tag
    if opened.size is not None:
        headers["Accept-Ranges"] = "bytes"
    if part.content_range:
        headers["Content-Range"] = part.content_range
    if part.status in (304, 416):
        await _in_thread(opened.close)
        return Response(status_code=part.status, headers=headers)
    if part.length is not None:
        headers["Content-Length"] = str(part.length)
    return _File(opened, part, media_type=kind, headers=headers)


def _open(open_file: Callable[[], Opened]) -> tuple[Opened, str]:
    opened = open_file()
    try:
        try:
            head = opened.file.read(HEAD)
        except Exception as error:
            raise UnavailableError(502, f"It can't be read ({type(error).__name__}).") from error
        kind = content_type(head)
        if kind is None:
            raise UnavailableError(415, f"The file is none of what is shown: {SERVED}.")
        if kind.startswith("image/") and (opened.size is None or opened.size > LARGEST_IMAGE):
            raise UnavailableError(413, f"Images are shown up to {LARGEST_IMAGE >> 20} MB.")
    except BaseException:
        opened.close()
        raise
    return opened, kind


class _File(StreamingResponse):
    """Reads piece by piece, and lets go of the file whether or not all of it was wanted."""

    def __init__(self, opened: Opened, part: Part, *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(
            _pieces(opened, part), status_code=part.status, headers=headers, media_type=media_type
        )
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await _in_thread(self._opened.close)


async def _pieces(opened: Opened, part: Part) -> AsyncIterator[bytes]:
    left = part.length
    try:
        await _in_thread(partial(opened.file.seek, part.start))
        while left is None or left > 0:
            piece = await _in_thread(partial(opened.file.read, PIECE if left is None else min(PIECE, left)))
            if not piece:
                break
            yield piece
            left = None if left is None else left - len(piece)
    except Exception as error:  # noqa: BLE001 -- each storage fails in its own way, and the answer has begun
        log.warning("A file could not be sent whole: %s", redacted(f"{type(error).__name__}: {error}"[:500]))


async def _in_thread(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work, limiter=_limiter())


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(AT_ONCE)
