"""An OpenAPI document of the emulator's routes, which it doesn't publish itself: the service has none either."""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.dashscope import catalog

_ANY: dict[str, Any] = {}
_TEXT = {"type": "string"}
_OK = {"responses": {"200": {"description": "an answer"}}}
MODELS = sorted({spelling for model in catalog.MODELS for spelling in model.spellings.values()})
PATHS = sorted({model.path for model in catalog.MODELS})


def document(task_id: str) -> dict[str, Any]:
    """Return the document; paths with a job use this one or any other."""
    job = _parameter("path", "task_id", {"anyOf": [{"enum": [task_id]}, {"type": "string", "minLength": 1}]})
    number = {"anyOf": [{"type": "integer"}, _TEXT]}
    listed = [
        _parameter("query", name, number) for name in ("page_no", "page_size", "start_time", "end_time")
    ]
    listed += [_parameter("query", name, _TEXT) for name in ("status", "model_name", "task_id")]
    paged = [_parameter("query", name, number) for name in ("page_no", "page_size")]
    paths: dict[str, Any] = {f"/api/v1{path}": {"post": _submit()} for path in PATHS}
    paths |= {
        "/api/v1/services/{path}": {
            "post": {**_submit(), "parameters": [_async(), _parameter("path", "path", _TEXT)]}
        },
        "/api/v1/tasks": {"get": {**_OK, "parameters": listed}},
        "/api/v1/tasks/{task_id}": {"get": {**_OK, "parameters": [job]}},
        "/api/v1/tasks/{task_id}/cancel": {"post": {**_OK, "parameters": [job]}},
        "/api/v1/uploads": {
            "get": {
                **_OK,
                "parameters": [
                    _parameter("query", "action", _one_of("getPolicy")),
                    _parameter("query", "model", _one_of(*MODELS)),
                ],
            }
        },
        "/api/v1/tokens": {"post": {**_OK, "parameters": [_parameter("query", "expire_in_seconds", number)]}},
        "/api/v1/models": {"get": {**_OK, "parameters": paged}},
        "/api/v1/models/limits": {"get": {**_OK, "parameters": paged}},
        "/temporary-storage": {"post": {**_OK, "requestBody": _body(_form(), "multipart/form-data")}},
        "/results/{name}": {
            "get": {
                **_OK,
                "parameters": [
                    _parameter("path", "name", _TEXT),
                    *(
                        _parameter("query", name, _TEXT)
                        for name in ("Expires", "OSSAccessKeyId", "Signature")
                    ),
                ],
            }
        },
        "/moved/results/{name}": {"get": {**_OK, "parameters": [_parameter("path", "name", _TEXT)]}},
        "/media/{path}": {
            "get": {
                **_OK,
                "parameters": [_parameter("path", "path", _TEXT), _parameter("header", "Range", _TEXT)],
            }
        },
        "/emulator/tasks/{task_id}": {
            "post": {**_OK, "parameters": [job], "requestBody": _body(_object("status", "code", "message"))}
        },
        "/emulator/faults": {"get": _OK, "delete": _OK, "post": {**_OK, "requestBody": _body(_fault())}},
        "/emulator/clock": {"get": _OK, "post": {**_OK, "requestBody": _body(_object("advance"))}},
        "/emulator/requests": {"get": _OK, "delete": _OK},
    }
    paths |= {f"/emulator/{name}": {"get": _OK} for name in ("ledger", "tasks", "inputs")}
    return {"openapi": "3.0.3", "info": {"title": "Emulator", "version": "1"}, "paths": paths}


def _submit() -> dict[str, Any]:
    fields = dict.fromkeys(
        ("prompt", "video_url", "img_url", "function", "media", "ref_images_url", "mask_image_url"), _ANY
    )
    given = {
        "type": "object",
        "properties": {
            "model": _one_of(*MODELS),
            "input": {"anyOf": [{"type": "object", "properties": fields}, _ANY]},
            "parameters": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": dict.fromkeys(
                            ("size", "duration", "seed", "resolution", "top_scale"), _ANY
                        ),
                    },
                    _ANY,
                ]
            },
        },
        "required": ["model", "input"],
    }
    return {**_OK, "parameters": [_async()], "requestBody": _body({"anyOf": [given, _ANY]})}


def _async() -> dict[str, Any]:
    return _parameter("header", "X-DashScope-Async", _one_of("enable"))


def _fault() -> dict[str, Any]:
    where = _one_of("submit", "get", "list", "cancel", "policy", "upload", "result", "detect")
    properties = {
        "where": where,
        "kind": _one_of("status", "drop", "html", "fail", "redirect"),
        "status": _ANY,
        "times": _ANY,
        "delay": _ANY,
    }
    return {"anyOf": [{"type": "object", "properties": properties, "required": ["where", "kind"]}, _ANY]}


def _form() -> dict[str, Any]:
    names = ("key", "policy", "Signature", "OSSAccessKeyId", "x-oss-forbid-overwrite")
    return {
        "type": "object",
        "properties": {**dict.fromkeys(names, _TEXT), "file": {"type": "string", "format": "binary"}},
    }


def _object(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"type": "object", "properties": dict.fromkeys(names, _ANY)}, _ANY]}


def _one_of(*values: str) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(values)}, _TEXT]}


def _parameter(where: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": where, "name": name, "schema": schema, "required": where == "path"}


def _body(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}
