"""Control routes under `/emulator/`: what happened, what shall go wrong, what time it is.

They need no key and are not counted. All answer JSON; a mistake is answered with 400 and says what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_wan.emulator.billing import statement
from airflow_provider_wan.emulator.clock import stamp
from airflow_provider_wan.emulator.disturb import json_answer
from airflow_provider_wan.emulator.emulation import Emulation
from airflow_provider_wan.emulator.faults import Fault
from airflow_provider_wan.emulator.service import Service
from airflow_provider_wan.emulator.tasks import Failure, Status, Task


def inner_facts(service: Service, task: Task) -> dict[str, Any]:
    """Return a job with what its owner doesn't see."""
    facts = task.made.facts if task.made else None
    return {
        "task_id": task.id,
        "request_id": task.request_id,
        "region": service.region,
        "account": task.account,
        "model": task.model_name,
        "status": task.status,
        "submitted": task.submitted,
        "started": task.started,
        "ended": task.ended,
        "run_seconds": task.run_seconds,
        "failure": asdict(task.failure) if task.failure else None,
        "usage": task.usage,
        "video": asdict(facts) if facts else None,
        "input": task.input,
        "parameters": task.parameters,
    }


class Control:
    """One method per control route.

    Args:
        emulation: What is controlled.
    """

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    def routes(self) -> list[Route]:
        """Return all control routes."""
        served: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "ledger", self._ledger),
            ("GET", "requests", self._requests),
            ("DELETE", "requests", self._forget_requests),
            ("GET", "tasks", self._tasks),
            ("POST", "tasks/{task_id}", self._force),
            ("GET", "inputs", self._inputs),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._order),
            ("DELETE", "faults", self._clear),
            ("GET", "clock", self._clock),
            ("POST", "clock", self._advance),
        ]
        return [Route(f"/emulator/{path}", endpoint, methods=[method]) for method, path, endpoint in served]

    async def _ledger(self, request: Request) -> Response:
        del request
        return json_answer(statement(self._emulation.ledger()))

    async def _requests(self, request: Request) -> Response:
        del request
        return json_answer(self._emulation.requests.as_json())

    async def _forget_requests(self, request: Request) -> Response:
        del request
        self._emulation.requests.clear()
        return json_answer({})

    async def _tasks(self, request: Request) -> Response:
        del request
        return json_answer({"tasks": [inner_facts(*one) for one in self._emulation.tasks()]})

    async def _force(self, request: Request) -> Response:
        order = await _object(request)
        try:
            status = Status(order.get("status", ""))
            failure = Failure(order.get("code", "InternalError"), order.get("message", ""))
            task = self._emulation.force(request.path_params["task_id"], status, failure)
        except ValueError as error:
            return _mistake(str(error))
        except KeyError:
            return json_answer({"error": "There is no such job."}, 404)
        return json_answer({"task_id": task.id, "status": status})

    async def _inputs(self, request: Request) -> Response:
        fetched = self._emulation.inputs.fetched(request.query_params.get("task_id"))
        return json_answer({"inputs": [asdict(one) for one in fetched]})

    async def _faults(self, request: Request) -> Response:
        del request
        return json_answer({"faults": [asdict(fault) for fault in self._emulation.faults.waiting()]})

    async def _order(self, request: Request) -> Response:
        try:
            self._emulation.faults.add(Fault.parse(await _object(request)))
        except (TypeError, ValueError) as error:
            return _mistake(str(error))
        return json_answer({}, 201)

    async def _clear(self, request: Request) -> Response:
        del request
        self._emulation.faults.clear()
        return json_answer({})

    async def _clock(self, request: Request) -> Response:
        del request
        now = self._emulation.clock.now()
        return json_answer({"now": now, "shown": stamp(now), "speed": self._emulation.clock.speed})

    async def _advance(self, request: Request) -> Response:
        order = await _object(request)
        try:
            self._emulation.clock.advance(float(order["advance"]))
        except (KeyError, TypeError, ValueError):
            return _mistake('Send {"advance": seconds}; the clock goes forward only.')
        return await self._clock(request)


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _mistake(what: str) -> Response:
    return json_answer({"error": what}, 400)
