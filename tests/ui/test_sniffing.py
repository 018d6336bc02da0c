"""What a file is, its first bytes say, whatever its name and its server do."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_wan.ui.sniffing import HEAD, content_type
from tests.ui.browser.clips import clip, picture

DEMO = Path(__file__).parents[2] / "demo" / "media"


def test_real_files_are_known() -> None:
    assert content_type(clip((1, 2, 3), seconds=0.5)[:HEAD]) == "video/mp4"
    assert content_type(picture((1, 2, 3))[:HEAD]) == "image/png"
    kinds = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".mp3": "audio/mpeg"}
    for suffix, kind in kinds.items():
        assert content_type((DEMO / f"big_buck_bunny{suffix}").read_bytes()[:HEAD]) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\0mdat" + bytes(20), "video/quicktime"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
    ],
)
def test_each_kind_is_known(head: bytes, kind: str) -> None:
    assert content_type(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\x7fELF",
        b"root:x:0:0:root:/root:/bin/bash",
        b"RIFF\0\0\0\0AVI LIST",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
        b"\0\0\0\x18ftypheic\0\0\0\0",
        b"\0\0\0\x18ftypavif\0\0\0\0",
        b"BM, the text begins",
        b"\xff\xfe<\0h\0t\0m\0l\0",
        b"moov",
    ],
)
def test_nothing_else_is_let_through(head: bytes) -> None:
    assert content_type(head) is None
