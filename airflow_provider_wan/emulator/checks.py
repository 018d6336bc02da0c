"""Who may call, and whether a submission is let in: the checks, in the service's order."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.inputs import BAD_FORMAT, uninspected, urls_of
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.settings import EmulatorSettings
from airflow_provider_wan.emulator.tasks import Failure
from airflow_provider_wan.emulator.validation import BadParameter, check_request

REJECT_INPUT = "[reject-input]"
"""In a prompt: moderation rejects the request soon after the job has started."""
REJECT_OUTPUT = "[reject-output]"
"""In a prompt: moderation rejects the finished video."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is."""

    account: str
    api_key_id: str


class Keys:
    """The keys of one region, and the temporary ones made from them.

    Args:
        keys: API key -> main account.
        workspaces: Workspace ids that exist; empty: any.
    """

    def __init__(self, keys: Mapping[str, str], workspaces: frozenset[str]) -> None:
        self._accounts = dict(keys)
        self._workspaces = workspaces
        self._until: dict[str, float] = {}

    def caller(self, headers: Mapping[str, str], now: float) -> Caller:
        """Return who is calling.

        Raises:
            ServiceRefusal: 401, for no key, a wrong or expired one, one of another region, or a workspace
                that doesn't exist.
        """
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise ServiceRefusal(401, "InvalidApiKey", "No API-key provided.")
        account = self._accounts.get(key)
        if account is None or now >= self._until.get(key, now + 1):
            raise ServiceRefusal(401, "InvalidApiKey", "Invalid API-key provided.")
        workspace = headers.get("x-dashscope-workspace")
        if workspace and self._workspaces and workspace not in self._workspaces:
            raise ServiceRefusal(
                401,
                "NOT AUTHORIZED",
                "Access denied: Either you are not authorized to access this workspace, "
                "or the workspace does not exist.",
            )
        return Caller(account, str(10000 + zlib.crc32(key.encode()) % 90000))

    def temporary(self, account: str, seconds: int, now: float) -> tuple[str, float]:
        """Make a key that works for some seconds; return it and the moment it ends."""
        key = f"st-{secrets.token_hex(20)}"
        self._accounts[key] = account
        self._until[key] = now + seconds
        return key, now + seconds


@dataclass(slots=True)
class Submission:
    """A create call on its way through the checks, which fill in the second half."""

    headers: Mapping[str, str]
    path: str
    raw: bytes
    now: float
    caller: Caller = Caller("", "")
    body: dict[str, Any] = field(default_factory=dict)
    model_name: str = ""
    model: Model = catalog.MODELS[0]
    input: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    doom: Failure | None = None
    late_doom: Failure | None = None


class SubmitChecks:
    """All checks of a submission, each a refusal or a step forward.

    The order is key, async header, body, model, path, account, limits, parameters. Where the real order is
    unknown a setting changes it.

    Args:
        region: Region id.
        settings: The switches.
        keys: The region's keys.
        throttle: Refuses what exceeds the model's limits.
    """

    def __init__(
        self,
        region: str,
        settings: EmulatorSettings,
        keys: Keys,
        throttle: Callable[[Submission], None],
    ) -> None:
        self._region = region
        self._settings = settings
        self._keys = keys
        who = [self._key, self._async_header]
        last = [throttle, self._parameters]
        if settings.async_header_first:
            who.reverse()
        if settings.parameters_before_throttle:
            last.reverse()
        self._order = [*who, self._body, self._model, self._path, self._account, *last]

    def run(self, submission: Submission) -> None:
        """Run all checks.

        Raises:
            ServiceRefusal: By the first that says no.
        """
        for check in self._order:
            check(submission)

    def _key(self, submission: Submission) -> None:
        submission.caller = self._keys.caller(submission.headers, submission.now)

    def _async_header(self, submission: Submission) -> None:
        if submission.headers.get("x-dashscope-async") != "enable":
            raise ServiceRefusal(403, "AccessDenied", "current user api does not support synchronous calls.")

    def _body(self, submission: Submission) -> None:
        submission.body = read_body(submission.raw)
        submission.model_name = submission.body["model"]
        submission.input = submission.body["input"]
        submission.parameters = submission.body.get("parameters") or {}

    def _model(self, submission: Submission) -> None:
        name = submission.model_name
        model = catalog.find(name)
        here = model is not None and self._region in model.spellings
        spelled = model is not None and name in (model.spellings.get(self._region), *model.snapshots)
        if model is not None and here and (spelled or self._settings.lenient_spelling):
            submission.model = model
        elif self._settings.unknown_model == 404:
            raise ServiceRefusal(
                404, "ModelNotFound", f"The model {name} does not exist or you do not have access to it."
            )
        else:
            raise ServiceRefusal(400, "InvalidParameter", "Model not exist.")

    def _path(self, submission: Submission) -> None:
        if submission.path != submission.model.path:
            raise ServiceRefusal(400, "InvalidParameter", "url error, please check url！")  # noqa: RUF001

    def _account(self, submission: Submission) -> None:
        if submission.caller.account in self._settings.overdue_accounts:
            raise ServiceRefusal(
                400, "Arrearage", "Access denied, please make sure your account is in good standing."
            )

    def _parameters(self, submission: Submission) -> None:
        try:
            submission.input, submission.parameters = check_request(
                submission.model, submission.input, submission.parameters
            )
        except BadParameter as bad:
            when = self._settings.parameter_errors
            if when == "submit" or (when == "documented" and not bad.late):
                raise
            submission.doom = Failure(bad.code, bad.message)
            return
        resolve = submission.headers.get("x-dashscope-ossresourceresolve") == "enable"
        if not resolve and any(url.startswith("oss://") for url in urls_of(submission.input)):
            raise uninspected(BAD_FORMAT)
        prompt = submission.input.get("prompt", "")
        if REJECT_INPUT in prompt:
            submission.doom = Failure("DataInspectionFailed", "Input data may contain inappropriate content.")
        elif REJECT_OUTPUT in prompt:
            submission.late_doom = Failure(
                "DataInspectionFailed", "Output data may contain inappropriate content."
            )


def read_body(raw: bytes) -> dict[str, Any]:
    """Read a create call's body as far as every model needs it.

    Raises:
        ServiceRefusal: 400; it isn't JSON of the right form, or names no model or no input.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ServiceRefusal(
            400, "InvalidParameter", "Required body invalid, please check the request body format."
        )
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise ServiceRefusal(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    if not isinstance(body.get("input"), dict) or not body["input"]:
        raise ServiceRefusal(400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
    if not isinstance(body.get("parameters") or {}, dict):
        raise ServiceRefusal(
            400, "InvalidParameter", "Required body invalid, please check the request body format."
        )
    return body
