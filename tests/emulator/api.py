"""A plain HTTP client of the service, and bodies that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from airflow_provider_wan.dashscope.tls import ssl_context
from tests.patience import HANGS

VIDEO_GENERATION = "/services/aigc/video-generation/video-synthesis"
IMAGE_TO_VIDEO = "/services/aigc/image2video/video-synthesis"
VIDEO = "https://example.com/clip.mp4"
IMAGE = "https://example.com/cat.png"

VACE = "wan2.1-vace-plus"
OUTPAINT = {
    "model": VACE,
    "input": {"function": "video_outpainting", "prompt": "a beach", "video_url": VIDEO},
    "parameters": {"top_scale": 1.5},
}
EDIT = {
    "model": "wan2.7-videoedit",
    "input": {"prompt": "make it snow", "media": [{"type": "video", "url": VIDEO}]},
    "parameters": {"resolution": "720P"},
}
IMAGE_VIDEO = {"model": "wan2.5-i2v-preview", "input": {"prompt": "it moves", "img_url": IMAGE}}


class Api:
    """Calls one region with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        self.http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {key}", "X-DashScope-Async": "enable"},
            trust_env=False,
            verify=ssl_context(),
            timeout=HANGS,
        )

    def submit(self, body: Mapping[str, Any], path: str = VIDEO_GENERATION, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers)

    def job(self, body: Mapping[str, Any] = OUTPAINT, path: str = VIDEO_GENERATION, **headers: str) -> str:
        """Submit, and return the job's id."""
        answer = self.submit(body, path, **headers)
        assert answer.status_code == 200, answer.text
        task_id: str = answer.json()["output"]["task_id"]
        return task_id

    def get(self, task_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def output(self, task_id: str) -> dict[str, Any]:
        output: dict[str, Any] = self.get(task_id)["output"]
        return output

    def status(self, task_id: str) -> str:
        return str(self.output(task_id)["task_status"])

    def list(self, **query: str | int) -> dict[str, Any]:
        answer = self.http.get("/tasks/", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def cancel(self, task_id: str) -> httpx.Response:
        return self.http.post(f"/tasks/{task_id}/cancel")


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """Return status, code and message of a refusal."""
    body = answer.json()
    assert body["request_id"]
    return answer.status_code, body["code"], body["message"]
