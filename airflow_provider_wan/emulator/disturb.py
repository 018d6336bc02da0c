"""Carrying out faults: answers that come late, in pieces, cut short, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from airflow_provider_wan.emulator.faults import Fault, Kind, Where
from airflow_provider_wan.emulator.requestlog import DROPPED
from airflow_provider_wan.emulator.results import StorageRefusal

Hangup = Callable[[Scope], None]
"""Closes the connection a request came on, once what was written has been sent."""

_PIECES = 5
_PAGE = "<!DOCTYPE html><html><head><title>Emulated gateway</title></head><body>Bad gateway</body></html>"


class _Dropped(Response):
    """No answer: the connection closes."""

    def __init__(self, hangup: Hangup) -> None:
        super().__init__(status_code=DROPPED)
        self._hangup = hangup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        self._hangup(scope)
        await _gone(receive)


class _Cut(Response):
    """An honest `Content-Length`, half of the body, then the connection closes."""

    def __init__(self, whole: Response, body: bytes, hangup: Hangup) -> None:
        super().__init__(b"", whole.status_code, media_type=whole.media_type)
        self.headers["content-length"] = str(len(body))
        self._half = body[: len(body) // 2]
        self._hangup = hangup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._half, "more_body": True})
        self._hangup(scope)
        await _gone(receive)


class _SlowBody(Response):
    """The body comes in pieces."""

    def __init__(self, whole: Response, body: bytes, seconds: float) -> None:
        super().__init__(body, whole.status_code, media_type=whole.media_type)
        self._pause = seconds / _PIECES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        step = max(1, -(-len(self.body) // _PIECES))
        for start in range(0, len(self.body), step):
            await asyncio.sleep(self._pause)
            piece = bytes(self.body[start : start + step])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _Late(Response):
    """An answer after a pause."""

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(status_code=answer.status_code)
        self.raw_headers = answer.raw_headers
        self._answer = answer
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._seconds)
        await self._answer(scope, receive, send)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def disturbed(fault: Fault, answer: Response, request_id: str, hangup: Hangup) -> Response:
    """Return what a fault makes of an answer.

    Args:
        fault: The fault; a kind of `ON_THE_WIRE`.
        answer: The answer there would have been.
        request_id: Id of the call.
        hangup: Closes the connection.
    """
    match fault.kind:
        case Kind.DROP:
            return _Dropped(hangup)
        case Kind.CUT:
            return _Cut(answer, _body(answer), hangup)
        case Kind.SLOW:
            return _Late(answer, fault.delay)
        case Kind.SLOW_BODY:
            return _SlowBody(answer, _body(answer), fault.delay)
        case Kind.BROKEN_JSON:
            body = _body(answer)
            return Response(body[: len(body) // 2], answer.status_code, media_type="application/json")
        case Kind.SHORT_FILE:
            body = _body(answer)
            return Response(body[: len(body) // 2], media_type=answer.media_type)
        case Kind.NOT_MP4:
            return Response("This is not a video.", media_type="text/plain")
        case Kind.HTML:
            return Response(_PAGE, fault.status or 200, media_type="text/html")
        case Kind.NO_OUTPUT:
            return json_answer({"request_id": request_id})
        case _:
            return _error(fault, request_id)


def _error(fault: Fault, request_id: str) -> Response:
    status, code, message = fault.error()
    if fault.where in (Where.UPLOAD, Where.RESULT):
        answer = xml_answer(StorageRefusal(status, code, message), request_id)
    else:
        told = {name: text for name, text in (("code", code), ("message", message)) if text}
        answer = json_answer({**told, "request_id": request_id}, status)
    if fault.retry_after is not None:
        answer.headers["retry-after"] = f"{fault.retry_after:g}"
    return answer


def json_answer(content: dict[str, Any], status: int = 200) -> Response:
    """Answer JSON, letters of all alphabets as they are."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    try:
        answer = text.encode()
    except UnicodeEncodeError:  # half of a letter, as JSON's escapes allow it
        answer = json.dumps(content, separators=(",", ":")).encode()
    return Response(answer, status, media_type="application/json")


def xml_answer(refusal: StorageRefusal, request_id: str) -> Response:
    """Answer as object storage refuses."""
    return Response(refusal.xml(request_id), refusal.http_status, media_type="application/xml")


def _body(answer: Response) -> bytes:
    if isinstance(answer, FileResponse):
        return Path(answer.path).read_bytes()
    return bytes(answer.body)
