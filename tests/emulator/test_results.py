"""Result files and the addresses they have for a day."""

from __future__ import annotations

import httpx
import pytest

from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import Api


@pytest.fixture
def url(emulator: RunningEmulator, api: Api) -> str:
    job = api.job()
    emulator.clock.advance(301)
    return str(api.output(job)["video_url"])


def test_result_is_an_mp4_that_needs_no_key(url: str) -> None:
    answer = httpx.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.content[4:8] == b"ftyp"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_result_can_be_fetched_in_parts(url: str) -> None:
    whole = httpx.get(url).content
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"


def test_result_is_refused_after_24_hours(emulator: RunningEmulator, url: str) -> None:
    emulator.clock.advance(24 * 3600)
    answer = httpx.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in answer.text
    assert "<Message>Request has expired.</Message>" in answer.text


def test_changed_address_is_refused(url: str) -> None:
    later = url.replace("Expires=1", "Expires=2")
    assert later != url
    assert httpx.get(later).status_code == 403
    bare = httpx.get(url.partition("?")[0])
    assert (bare.status_code, "<Code>AccessDenied</Code>" in bare.text) == (403, True)


def test_key_sent_along_is_refused_as_object_storage_does(emulator: RunningEmulator, url: str) -> None:
    answer = httpx.get(url, headers={"Authorization": f"Bearer {emulator.key}"})
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)
