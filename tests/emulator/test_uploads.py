"""Temporary storage: policy, form, and what an `oss://` address is good for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from tests.emulator.api import OUTPAINT, VACE, Api, error

Start = Callable[..., RunningEmulator]
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}


def _policy(api: Api, model: str = VACE) -> dict[str, Any]:
    answer = api.http.get("/uploads", params={"action": "getPolicy", "model": model})
    assert answer.status_code == 200, answer.text
    policy: dict[str, Any] = answer.json()["data"]
    return policy


def _form(policy: dict[str, Any], name: str = "clip.mp4") -> dict[str, str]:
    return {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "Signature": policy["signature"],
        "policy": policy["policy"],
        "x-oss-object-acl": policy["x_oss_object_acl"],
        "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
        "key": f"{policy['upload_dir']}/{name}",
        "success_action_status": "200",
    }


def _post(policy: dict[str, Any], form: dict[str, str], content: bytes = b"data") -> httpx.Response:
    return httpx.post(policy["upload_host"], data=form, files={"file": ("clip.mp4", content)})


def _upload(api: Api, model: str = VACE) -> str:
    policy = _policy(api, model)
    answer = _post(policy, _form(policy))
    assert (answer.status_code, answer.content) == (200, b"")
    return f"oss://{policy['upload_dir']}/clip.mp4"


def _body(url: str) -> dict[str, Any]:
    return {**OUTPAINT, "input": {**OUTPAINT["input"], "video_url": url}}  # type: ignore[dict-item]


def test_policy_has_the_documented_fields(api: Api) -> None:
    policy = _policy(api)
    assert policy["expire_in_seconds"] == 300
    assert policy["max_file_size_mb"] == 100
    assert policy["x_oss_forbid_overwrite"] == "true"
    assert policy["upload_dir"].startswith("dashscope-instant/")


def test_upload_works_in_a_job_of_the_same_model_and_account(emulator: RunningEmulator, api: Api) -> None:
    job = api.job(_body(_upload(api)), **RESOLVE)
    emulator.clock.advance(301)
    assert api.status(job) == "SUCCEEDED"


def test_oss_address_needs_its_header(api: Api) -> None:
    assert error(api.submit(_body(_upload(api)))) == (
        400,
        "InvalidParameter.DataInspection",
        "The media format is not supported or incorrect for the data inspection.",
    )


def test_upload_is_bound_to_its_model_and_its_account(start: Start) -> None:
    emulator = start(regions=(RegionSettings(keys={"sk-a": "a", "sk-a2": "a", "sk-b": "b"}),))
    a, a2, b = (Api(emulator.base_url, key) for key in ("sk-a", "sk-a2", "sk-b"))
    other_model, foreign = (
        a.job(_body(_upload(a, "wan2.7-videoedit")), **RESOLVE),
        b.job(_body(_upload(a)), **RESOLVE),
    )
    same_account = a2.job(_body(_upload(a)), **RESOLVE)
    emulator.clock.advance(301)
    denied = "Don't have authorization to access the media resource during the data inspection process."
    assert a.output(other_model)["message"] == denied
    assert b.output(foreign)["message"] == denied
    assert a2.status(same_account) == "SUCCEEDED"


def test_upload_is_gone_after_48_hours(emulator: RunningEmulator, api: Api) -> None:
    url = _upload(api)
    emulator.clock.advance(48 * 3600 + 1)
    job = api.job(_body(url), **RESOLVE)
    assert api.output(job)["message"].startswith("Failed to find the requested media resource")


def test_policy_expires_after_300_seconds(emulator: RunningEmulator, api: Api) -> None:
    policy = _policy(api)
    emulator.clock.advance(301)
    answer = _post(policy, _form(policy))
    assert answer.status_code == 403
    assert "<Message>Invalid according to Policy: Policy expired.</Message>" in answer.text


def test_same_name_can_not_be_uploaded_twice(api: Api) -> None:
    policy = _policy(api)
    assert _post(policy, _form(policy)).status_code == 200
    again = _post(policy, _form(policy))
    assert (again.status_code, "<Code>FileAlreadyExists</Code>" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("Signature", "forged", "SignatureDoesNotMatch"),
        ("Signature", "forgéd", "SignatureDoesNotMatch"),
        ("policy", "", "AccessDenied"),
        ("OSSAccessKeyId", "LTAIother", "AccessDenied"),
        ("key", "somewhere/else.mp4", "AccessDenied"),
    ],
)
def test_forged_form_is_refused(api: Api, field: str, value: str, code: str) -> None:
    policy = _policy(api)
    answer = _post(policy, {**_form(policy), field: value})
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (403, True)


def test_file_must_be_the_last_field(api: Api) -> None:
    policy = _policy(api)
    parts: list[tuple[str, Any]] = [("file", ("clip.mp4", b"data"))]
    parts += [(name, (None, text)) for name, text in _form(policy).items()]
    answer = httpx.post(policy["upload_host"], files=parts)
    assert (answer.status_code, "<Code>MalformedPOSTRequest</Code>" in answer.text) == (400, True)


def test_file_over_the_limit_is_refused(start: Start) -> None:
    emulator = start(max_upload_mb=1)
    policy = _policy(Api(emulator.base_url, emulator.key))
    answer = _post(policy, _form(policy), b"x" * (1024 * 1024 + 1))
    assert (answer.status_code, "<Code>EntityTooLarge</Code>" in answer.text) == (400, True)


def test_policy_call_checks_key_action_model_and_rate(start: Start) -> None:
    emulator = start(policy_qps=2, speed=0.001)
    api = Api(emulator.base_url, emulator.key)
    assert error(Api(emulator.base_url, "sk-x").http.get("/uploads"))[0] == 401
    assert error(api.http.get("/uploads", params={"action": "put", "model": VACE}))[0] == 400
    for unknown in ("wan9", "wanx2.1-vace-plus", "wan2.2-s2v"):  # none, Beijing's spelling, Beijing's model
        wrong = {"action": "getPolicy", "model": unknown}
        assert error(api.http.get("/uploads", params=wrong))[2] == "Model not exist."
    _policy(api)
    _policy(api)
    right = {"action": "getPolicy", "model": VACE}
    assert error(api.http.get("/uploads", params=right))[:2] == (429, "Throttling.RateQuota")
    _policy(api, "wan2.7-videoedit")
    _policy(api, "wan2.7-i2v-2026-04-25")
    lenient = start(lenient_spelling=True)
    _policy(Api(lenient.base_url, lenient.key), "wanx2.1-vace-plus")
