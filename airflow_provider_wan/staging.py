"""Hands inputs in storage to the service, which can fetch nothing but public addresses.

Where the storage can presign, its file is given to the service by an address that works for some hours, and nothing
is copied. Otherwise the file is uploaded to DashScope's own temporary storage, which keeps it for 48 hours, for one
model and one account; the vendor advises against that for production, so a bucket that can presign is the sturdier
way. Source: Model Studio, `get-temporary-file-url` (2026-02-11).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from airflow_provider_wan import local_files, preflight
from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import Retry, ServiceError, WanError
from airflow_provider_wan.dashscope.input_errors import (
    InputNotAllowedError,
    InputNotStagedError,
    InputUnreadableError,
)
from airflow_provider_wan.dashscope.inputs import Input, inputs_of, with_addresses
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.deployment import Deployment
from airflow_provider_wan.masking import mask_signatures
from airflow_provider_wan.sources import Sources

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.logs import Log

Mode: TypeAlias = Literal["auto", "presign", "upload"]

PRESIGNED_FOR = timedelta(hours=4)
"""How long a presigned address works. A job fetches its inputs when it starts, and has 3 hours to start and end."""
UPLOADED_FOR = timedelta(hours=48)
"""How long the service keeps an upload."""
_REUSE_FOR = UPLOADED_FOR - PRESIGNED_FOR
UPLOAD_ATTEMPTS = 3
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}$")


class Stager:
    """Checks and stages the inputs of edits of one model, each distinct file once.

    Args:
        client: Client of the account.
        model: The model that will read the inputs, as the region spells it.
        mode: `auto`: presign where the storage can, else upload. `presign` or `upload`: that way only.
        look: Whether to look at the inputs before anything is paid; None: as the deployment says.
        strict: Whether what the service would silently cut is an error instead of a warning.
        log: The task's log.
        deployment: What is allowed here; None: as Airflow's configuration says.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        client: DashScopeClient,
        model: str,
        *,
        mode: Mode,
        look: bool | None,
        strict: bool,
        log: Log,
        deployment: Deployment | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        deployment = deployment or Deployment.configured()
        self._client = client
        self._model = model
        self._known = catalog.find(model)
        self._mode = mode
        self._look = deployment.preflight if look is None else look
        self._strict = strict
        self._log = log
        self._sources = Sources(deployment, client.account.base_url)
        self._clock = clock
        self._uploaded: dict[str, tuple[str, float]] = {}

    def check(self, body: Mapping[str, Any], *, again: bool = False) -> dict[str, float]:
        """Refuse inputs that may not or can't be used, before anything is uploaded or paid.

        Args:
            body: The request, with the author's addresses.
            again: Whether this task has looked at them before, so that their addresses alone are vetted.

        Returns:
            How long inputs are, as far as was seen; see `preflight`.

        Raises:
            InputNotAllowedError: One points where the deployment lets no edit point.
            InputUnreadableError: One isn't there.
            InputUnfitError: One breaks a limit of the model.
        """
        inputs = dict.fromkeys(inputs_of(body))
        for one in inputs:
            self._sources.vet(one)
        if again or not self._look:
            return {}
        if preflight.available():
            return preflight.preflight(
                body, self._known, self._sources.open, strict=self._strict, log=self._log
            )
        self._follow([one for one in inputs if one.web])
        return {}

    def _follow(self, inputs: list[Input]) -> None:
        """Open web addresses to see whether they redirect to where they may not."""
        for one in inputs:
            try:
                with self._sources.open(one.url):
                    pass
            except InputUnreadableError as error:
                self._log.info("%s The service may still be able to.", error)

    def stage(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request with addresses that the service can fetch. Checked before, but not yet paid.

        Raises:
            InputNotStagedError: There is no way to hand an input over.
            WanError: The upload failed.
        """
        staged: dict[Input, str] = {}
        for one in inputs_of(body):
            if one.stored and one not in staged:
                staged[one] = self._address(one)
        return with_addresses(body, lambda one: staged.get(one, one.url))

    def _address(self, one: Input) -> str:
        if self._mode == "upload":
            return self._upload(one)
        try:
            return self._presigned(one)
        except InputNotStagedError as error:
            if self._mode == "presign":
                raise
            limits = self._known.media.get(one.role) if self._known else None
            if limits is not None and not limits.temporary:
                raise InputNotStagedError(
                    f"{error} Nor is it documented that {self._model} reads from DashScope's temporary storage, which "
                    "would be the other way. Put the file into a bucket whose addresses can be presigned, or try it "
                    "with staging='upload'."
                ) from error
            if not local_files.is_local(one.url):  # of those everybody knows
                self._log.info("%s So it is uploaded.", error)
        return self._upload(one)

    def _presigned(self, one: Input) -> str:
        why = "its storage has no such thing"
        try:
            if local_files.is_local(one.url):
                raise NotImplementedError
            url = str(self._sources.path(one.url).sign(int(PRESIGNED_FOR.total_seconds())))
            mask_signatures(url)
            if not url.lower().startswith(("https://", "http://")):
                raise NotImplementedError
            self._sources.rules.check(url, what=one.role)
        except InputNotAllowedError as error:
            why = f"the service couldn't reach it: {error}"
        except NotImplementedError:
            pass
        except WanError:
            raise
        except Exception as error:  # noqa: BLE001 -- each storage fails in its own way, e.g. for want of a key
            why = redacted(f"{type(error).__name__}: {error}")
        else:
            self._log.info(
                "Input %s: %s, %s, is presigned for %.0f hours.",
                *(one.role, shown(one.url), _megabytes(self._sources.size(one.url))),
                PRESIGNED_FOR.total_seconds() / 3600,
            )
            return url
        raise InputNotStagedError(f"Input {one.role}={shown(one.url)} can't be presigned ({why}).")

    def _upload(self, one: Input) -> str:
        url, until = self._uploaded.get(one.url, ("", 0.0))
        if self._clock() >= until:
            began = self._clock()
            url = upload(self._client, one.url, self._model, sources=self._sources, log=self._log)
            self._uploaded[one.url] = url, began + _REUSE_FOR.total_seconds()
        return url


def upload(client: DashScopeClient, uri: str, model: str, *, log: Log, sources: Sources | None = None) -> str:
    """Upload a stored file to DashScope's temporary storage; return its `oss://` address.

    It is streamed, whatever its size, and started again where the transfer breaks off. The address works for 48
    hours, for this model and account only.

    Raises:
        InputNotAllowedError: The file may not be read here.
        InputUnreadableError: It can't be read.
        ServiceError: The service refused it, or every transfer broke off.
    """
    sources = sources or Sources(Deployment.configured(), client.account.base_url)
    name = _SUFFIX.search(uri.partition("?")[0])
    for attempt in range(1, UPLOAD_ATTEMPTS + 1):
        try:
            with sources.open(uri) as opened:
                url = client.upload(opened.file, model=model, suffix=name[0].lower() if name else "")
                size = _megabytes(opened.size)
        except ServiceError as error:
            if error.retry is not Retry.LATER or attempt == UPLOAD_ATTEMPTS:
                raise
            log.warning("The upload of %s is started again. %s", shown(uri), error)
        else:
            log.info(
                "Uploaded %s, %s, to DashScope's temporary storage, for 48 hours, for %s and this account only.",
                *(shown(uri), size, model),
            )
            return url
    raise AssertionError("unreachable: the last attempt returns or raises")


def _megabytes(size: int | None) -> str:
    return "of unknown size" if size is None else f"{size / 1024 / 1024:.1f} MB"
