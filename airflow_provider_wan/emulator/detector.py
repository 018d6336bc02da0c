"""The detector of speech-to-video, which answers at once: whether an image will do.

Source: Model Studio, wan-s2v-detect-api, 2026-02-11, re-read in October 2026. It finds a person in every image that
it can fetch, unless a fault says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog.model import FACE_DETECT
from airflow_provider_wan.emulator.billing import Charge
from airflow_provider_wan.emulator.checks import Keys, read_body
from airflow_provider_wan.emulator.emulation import Emulation
from airflow_provider_wan.emulator.faults import Kind, Where
from airflow_provider_wan.emulator.inputs import BAD_FORMAT, uninspected
from airflow_provider_wan.emulator.limits import RateLimits
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.uploads import Owner
from airflow_provider_wan.emulator.validation.fields import Fields


class Detector:
    """The detector of one region.

    Args:
        region: Region id.
        keys: The region's keys.
        emulation: What the regions share.
    """

    def __init__(self, region: str, keys: Keys, emulation: Emulation) -> None:
        self._region = region
        self._keys = keys
        self._emulation = emulation
        self._limits = RateLimits()

    def answer(self, headers: Mapping[str, str], raw: bytes, request_id: str) -> dict[str, Any]:
        """Answer a call. It is billed, whatever is found, but not where it is refused.

        Raises:
            ServiceRefusal: It is refused.
        """
        now, settings = self._emulation.clock.now(), self._emulation.settings
        account = self._keys.caller(headers, now).account
        if headers.get("x-dashscope-async"):
            raise ServiceRefusal(403, "AccessDenied", "Current user api does not support asynchronous calls.")
        body = read_body(raw)
        model = self._model(body["model"])
        if account in settings.overdue_accounts:
            raise ServiceRefusal(
                400, "Arrearage", "Access denied, please make sure your account is in good standing."
            )
        with self._emulation.lock:
            self._limits.take(account, settings.submit_rps or model.submit_rps, now)
        given = Fields(body["input"])
        given.require("image_url")
        given.url("image_url")
        url = given.values["image_url"]
        if url.startswith("oss://") and headers.get("x-dashscope-ossresourceresolve") != "enable":
            raise uninspected(BAD_FORMAT)
        self._look({"image_url": url}, Owner(self._region, account, model.name), now)
        self._emulation.charges.append(
            Charge(
                task_id="",
                account=account,
                region=self._region,
                model=model.name,
                seconds=0,
                tier="image",
                cost=catalog.price(model, self._region, "image"),
                at=now,
            )
        )
        return {"output": self._found(model.name), "usage": {"image_count": 1}, "request_id": request_id}

    def _model(self, name: str) -> catalog.Model:
        model = catalog.find(name)
        if model is None or self._region not in model.spellings:
            raise ServiceRefusal(400, "InvalidParameter", "Model not exist.")
        if model.path != FACE_DETECT:
            raise ServiceRefusal(400, "InvalidParameter", "url error, please check url！")  # noqa: RUF001
        return model

    def _look(self, given: Mapping[str, Any], owner: Owner, now: float) -> None:
        inputs = self._emulation.inputs
        if not self._emulation.settings.fetches:
            inputs.check_uploads(given, owner, now)
            return
        with TemporaryDirectory(prefix="wan-emulator-") as folder:
            inputs.fetch(given, owner, now, Path(folder))

    def _found(self, model: str) -> dict[str, Any]:
        if self._emulation.faults.take(Where.DETECT, (Kind.NOT_PASSED,), model=model):
            return {"check_pass": False, "code": "", "message": ""}
        return {"check_pass": True, "humanoid": True}
