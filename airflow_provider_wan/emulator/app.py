"""The routes of one region. This module turns HTTP into calls of the service and back, nothing more."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from airflow_provider_wan.dashscope.catalog.model import FACE_DETECT
from airflow_provider_wan.emulator import model_lists
from airflow_provider_wan.emulator.checks import Caller
from airflow_provider_wan.emulator.clock import http_date, whole
from airflow_provider_wan.emulator.detector import Detector
from airflow_provider_wan.emulator.disturb import disturbed, json_answer, xml_answer
from airflow_provider_wan.emulator.emulation import Emulation
from airflow_provider_wan.emulator.faults import ON_THE_WIRE, Where
from airflow_provider_wan.emulator.presentation import accepted
from airflow_provider_wan.emulator.requestlog import Submit, parsed
from airflow_provider_wan.emulator.results import StorageRefusal
from airflow_provider_wan.emulator.service import Service
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

_WITH_BODY = (Where.SUBMIT, Where.DETECT)
"""Calls whose body is looked at and kept."""


@dataclass(slots=True)
class Call:
    """One call on its way through."""

    request: Request
    request_id: str
    raw: bytes = b""
    model: str | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, whatever the case."""
        return self.request.headers


Handler = Callable[[Call], Awaitable[Response]]


class Front:
    """The front desk of one region: one method per endpoint.

    Args:
        service: The region.
        emulation: What the regions share.
    """

    def __init__(self, service: Service, emulation: Emulation) -> None:
        self._service = service
        self._emulation = emulation
        self._base = emulation.settings.base_path
        self._detector = Detector(service.region, service.keys, emulation)

    def routes(self) -> list[Route]:
        """Return all routes; each works with and without a slash at its end."""
        served: list[tuple[str, str, str, Handler]] = [
            ("POST", f"{self._base}{FACE_DETECT}", Where.DETECT, self._detect),
            ("POST", f"{self._base}/services/{{path:path}}", Where.SUBMIT, self._submit),
            ("GET", f"{self._base}/tasks", Where.LIST, self._list),
            ("GET", f"{self._base}/tasks/{{task_id}}", Where.GET, self._get),
            ("POST", f"{self._base}/tasks/{{task_id}}/cancel", Where.CANCEL, self._cancel),
            ("GET", f"{self._base}/uploads", Where.POLICY, self._policy),
            ("POST", f"{self._base}/tokens", "token", self._token),
            ("POST", "/temporary-storage", Where.UPLOAD, self._upload),
            ("GET", "/results/{name}", Where.RESULT, self._result),
            ("GET", "/moved/results/{name}", Where.RESULT, self._moved),
            ("GET", "/media/{path:path}", "media", self._media),
        ]
        if self._emulation.settings.model_lists:
            served += [
                ("GET", f"{self._base}/models", "models", self._models),
                ("GET", f"{self._base}/models/limits", "models", self._limits),
            ]
        return [
            Route(path, self._serve(name, handler), methods=[method])
            for method, plain, name, handler in served
            for path in (plain, f"{plain}/")
        ]

    def _serve(self, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        where = Where(name) if name in frozenset(Where) else None
        emulation = self._emulation

        async def endpoint(request: Request) -> Response:
            call = Call(request, str(uuid.uuid4()))
            if where in _WITH_BODY:
                call.raw = await request.body()
            fault = None
            if where is not None and emulation.faults.waiting():
                task_id = request.path_params.get("task_id")
                call.model = self._model(call, task_id)
                fault = emulation.faults.take(where, ON_THE_WIRE, model=call.model, task_id=task_id)
            answer = Response() if fault and not fault.after_the_work else await self._answer(handler, call)
            if fault is not None:
                answer = disturbed(fault, answer, call.request_id, emulation.hangup)
            if where in _WITH_BODY:
                self._keep(call, answer.status_code, detection=where is Where.DETECT)
            emulation.requests.note(name, answer.status_code)
            answer.headers["date"] = http_date(emulation.clock.now())
            return answer

        return endpoint

    async def _answer(self, handler: Handler, call: Call) -> Response:
        try:
            return await handler(call)
        except ServiceRefusal as no:
            told = {"code": no.code, "message": no.message, "request_id": call.request_id}
            return json_answer(told, no.http_status)
        except StorageRefusal as no:
            return xml_answer(no, call.request_id)

    def _model(self, call: Call, task_id: str | None) -> str | None:
        if task_id is not None:
            return self._service.model_of(task_id)
        body = parsed(call.raw) if call.raw else None
        name = body.get("model") if isinstance(body, dict) else call.request.query_params.get("model")
        return name if isinstance(name, str) else None

    def _keep(self, call: Call, status: int, *, detection: bool) -> None:
        headers = {name: text for name, text in call.headers.items() if name != "authorization"}
        self._emulation.requests.keep(
            Submit(
                region=self._service.region,
                path=call.request.url.path.removeprefix(self._base),
                headers=headers,
                body=parsed(call.raw),
                at=self._emulation.clock.now(),
                status=status,
            ),
            detection=detection,
        )

    def _caller(self, call: Call) -> Caller:
        return self._service.keys.caller(call.headers, self._emulation.clock.now())

    # -- jobs ------------------------------------------------------------------------------------

    async def _submit(self, call: Call) -> Response:
        path = f"/services/{call.request.path_params['path'].rstrip('/')}"
        submission = self._service.check(call.headers, path, call.raw)
        settings = self._emulation.settings
        if settings.input_errors == "submit" and settings.fetches:
            await asyncio.to_thread(self._service.fetch_inputs, submission)
        return json_answer(accepted(self._service.accept(submission)))

    async def _get(self, call: Call) -> Response:
        task_id = call.request.path_params["task_id"]
        answer = self._service.get(self._caller(call), task_id)
        return json_answer({"request_id": call.request_id, **answer})

    async def _list(self, call: Call) -> Response:
        answer = self._service.list_tasks(self._caller(call), call.request.query_params)
        return json_answer({**answer, "request_id": call.request_id})

    async def _cancel(self, call: Call) -> Response:
        self._service.cancel(self._caller(call), call.request.path_params["task_id"])
        return json_answer({"request_id": call.request_id})

    async def _detect(self, call: Call) -> Response:
        answer = await asyncio.to_thread(self._detector.answer, call.headers, call.raw, call.request_id)
        return json_answer(answer)

    # -- inputs ----------------------------------------------------------------------------------

    async def _policy(self, call: Call) -> Response:
        policy = self._service.policy(self._caller(call), call.request.query_params)
        return json_answer({"request_id": call.request_id, "data": policy})

    async def _upload(self, call: Call) -> Response:
        async with call.request.form() as form:
            *fields, (last, file) = form.multi_items() or [("", "")]
            if last != "file" or not isinstance(file, UploadFile):
                raise StorageRefusal(
                    400, "MalformedPOSTRequest", "The file must be there, and be the last field of the form."
                )
            texts = {name: text for name, text in fields if isinstance(text, str)}
            now = self._emulation.clock.now()
            self._emulation.uploads.receive(texts, file.file, file.size or 0, now)
        return Response(status_code=200)

    async def _media(self, call: Call) -> Response:
        file = self._emulation.media.file(call.request.path_params["path"].rstrip("/"))
        return Response("Not found", 404) if file is None else FileResponse(file)

    # -- results ---------------------------------------------------------------------------------

    async def _result(self, call: Call) -> Response:
        if "authorization" in call.headers:
            # Object storage takes one proof of identity; a key that is sent along is a leak.
            raise StorageRefusal(400, "InvalidArgument", "Only one auth mechanism allowed.")
        query = call.request.query_params
        now = self._emulation.clock.now()
        file = self._emulation.results.open(call.request.url.path, query, now)
        return FileResponse(file, media_type="video/mp4")

    async def _moved(self, call: Call) -> Response:
        url = call.request.url
        return RedirectResponse(f"{url.path.removeprefix('/moved')}?{url.query}", 302)

    # -- account ---------------------------------------------------------------------------------

    async def _token(self, call: Call) -> Response:
        caller = self._caller(call)
        text = call.request.query_params.get("expire_in_seconds", "60")
        seconds = whole(text)
        if seconds is None or not 1 <= seconds <= 1800:
            raise ServiceRefusal(
                400,
                "InvalidParameter",
                "Required parameter(expire_in_seconds) missing or invalid, please check the request parameters.",
            )
        now = self._emulation.clock.now()
        key, until = self._service.keys.temporary(caller.account, seconds, now)
        return json_answer({"token": key, "expires_at": int(until)})

    async def _models(self, call: Call) -> Response:
        self._caller(call)
        output = model_lists.models(self._service.region, call.request.query_params)
        return json_answer({"code": None, "message": None, "output": output, "request_id": call.request_id})

    async def _limits(self, call: Call) -> Response:
        self._caller(call)
        settings = self._emulation.settings
        output = model_lists.limits(self._service.region, call.request.query_params, settings)
        return json_answer({"code": None, "message": None, "output": output, "request_id": call.request_id})


async def _no_path(request: Request, error: Exception) -> Response:
    del request, error
    told = {"code": "NotFound", "message": "Request path not found.", "request_id": str(uuid.uuid4())}
    return json_answer(told, 404)


async def _no_method(request: Request, error: Exception) -> Response:
    del error
    message = f"Request method '{request.method}' is not supported."
    told = {"code": "InvalidParameter", "message": message, "request_id": str(uuid.uuid4())}
    return json_answer(told, 400)


def build_app(service: Service, emulation: Emulation, control: list[Route]) -> Starlette:
    """Put the routes of one region together with the control routes."""
    handlers: dict[Any, Any] = {404: _no_path, 405: _no_method}
    routes = [*Front(service, emulation).routes(), *control]
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app
