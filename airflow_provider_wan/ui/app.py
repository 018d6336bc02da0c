"""The web application behind the pages: read-only, and all but the pages' own files behind Airflow's login.

GET edit, run                The pages, which load the rest by themselves.
GET edit/data, run/data      What they show, see `tab` and `run`.
GET media?...&of=result      A file that a task instance's records name, see `holdings`.
GET static/{name}            What the pages are made of.
"""

# No `from __future__ import annotations`: FastAPI reads the routes' annotations.

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio.to_thread
from airflow.utils.session import create_session
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.deployment import Deployment
from airflow_provider_wan.hooks import DEFAULT_CONN_ID, DashScopeHook
from airflow_provider_wan.prices import price_date
from airflow_provider_wan.ui import holdings, media, reading, static_files
from airflow_provider_wan.ui import run as run_page
from airflow_provider_wan.ui.access import GUARDS, Offset, WhichInstance, WhichRun
from airflow_provider_wan.ui.headers import Guarded
from airflow_provider_wan.ui.instance import Instance, Place
from airflow_provider_wan.ui.sources import Opened, Sources, UnavailableError
from airflow_provider_wan.ui.tab import tab
from airflow_provider_wan.ui.values import text

_pages = FastAPI(title="Wan edits", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
app = Guarded(_pages)
"""What the plugin mounts."""


@_pages.get("/edit", dependencies=GUARDS)
@_pages.get("/run", dependencies=GUARDS)
def page(request: Request) -> Response:
    """Return a page, which shows nothing until it has loaded its data."""
    name = request.url.path.rpartition("/")[2]
    return _static(request, f"{name}.html", "private, no-cache")


@_pages.get("/edit/data", dependencies=GUARDS)
def edit_data(place: WhichInstance) -> Response:
    """Return what the page of a task instance shows."""
    with create_session(scoped=False) as session:
        found = reading.instance(session, place)
    return _json(
        tab(
            found.instance,
            now=datetime.now(UTC),
            spent=found.spent,
            siblings=found.siblings,
            why_not=Sources(Deployment.configured()).why_not,
            price_date=price_date,
        )
    )


@_pages.get("/run/data", dependencies=GUARDS)
def run_data(which: WhichRun, offset: Offset) -> Response:
    """Return what the page of a DAG run shows."""
    with create_session(scoped=False) as session:
        run = reading.run(session, *which)
        return _json(run_page.page(session, run, offset=offset, now=datetime.now(UTC)))


@_pages.get("/media", dependencies=GUARDS)
async def media_file(request: Request, place: WhichInstance) -> Response:
    """Return a file that a task instance's records name."""
    of = request.query_params.get("of", "")
    instance = await anyio.to_thread.run_sync(partial(_with_records, place, of))
    held = holdings.find(instance, of, datetime.now(UTC))
    if held is None:
        raise HTTPException(404, "The records of this task name no such file.")
    if held.address is None:
        raise HTTPException(410 if held.gone else 404, held.why_not)
    return await media.answer(request, partial(_open, instance, held.address))


@_pages.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """Return one of the pages' own files."""
    return _static(request, name, "no-cache")


@_pages.exception_handler(HTTPException)
async def refused(request: Request, error: HTTPException) -> Response:
    """Refuse a page with the page itself: it asks for its data, is refused that too, and says so in a sentence."""
    file = static_files.read(f"{request.url.path.rpartition('/')[2]}.html")
    if request.scope.get("endpoint") is not page or file is None:
        return await http_exception_handler(request, error)
    headers = {"Cache-Control": "private, no-store", **(error.headers or {})}
    return Response(file.content, error.status_code, headers, media_type=file.media_type)


@_pages.exception_handler(UnavailableError)
async def unavailable(request: Request, error: UnavailableError) -> Response:  # noqa: ARG001
    """Say why something can't be had."""
    return _json({"detail": error.sentence}, error.status)


@_pages.exception_handler(Exception)
async def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Say no more than that something went wrong; the server's log has the rest."""
    return _json({"detail": "Airflow's API server ran into trouble. Its log says more."}, 500)


def _json(content: dict[str, Any], status: int = 200) -> Response:
    # In ASCII: a record may hold halves of characters, which can't be written any other way.
    return Response(json.dumps(content, allow_nan=False), status, media_type="application/json")


def _static(request: Request, name: str, caching: str) -> Response:
    file = static_files.read(name)
    if file is None:
        raise HTTPException(404, "There is no such file.")
    headers = {"Cache-Control": caching, "ETag": file.tag}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _with_records(place: Place, of: str) -> Instance:
    with create_session(scoped=False) as session:
        return reading.for_media(session, place, of)


def _open(instance: Instance, address: str) -> Opened:
    conn_id = text(instance.request.get("conn_id")) or DEFAULT_CONN_ID
    return Sources(Deployment.configured(), partial(_base_url, conn_id)).open(address)


def _base_url(conn_id: str) -> str | None:
    try:
        return DashScopeHook(conn_id).get_account().base_url
    except (WanError, Exception):  # noqa: BLE001 -- a connection that can't be had allows nothing
        return None
