"""What a deployment that allows nothing shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_wan.deployment import Deployment
from airflow_provider_wan.ui.sources import Sources, UnavailableError
from tests.ui.conftest import MP4


def test_without_media_roots_no_local_file_is_shown_and_the_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(MP4)
    sources = Sources(Deployment())
    why = sources.why_not(f"file://{tmp_path}/a.mp4")
    assert why is not None
    assert "[wan] local_media_roots" in why
    assert "names none" in why
    with pytest.raises(UnavailableError) as refusal:
        sources.open(f"{tmp_path}/a.mp4")
    assert (refusal.value.status, refusal.value.sentence) == (403, why)


def test_within_the_media_roots_a_local_file_is_shown_and_read(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(MP4)
    sources = Sources(Deployment(local_media_roots=(str(tmp_path),)))
    assert sources.why_not(f"file://{tmp_path}/a.mp4") is None
    opened = sources.open(f"file://{tmp_path}/a.mp4")
    assert (opened.size, opened.file.read()) == (len(MP4), MP4)
    before = opened.tag
    opened.close()
    assert opened.file.closed
    (tmp_path / "a.mp4").write_bytes(MP4[:-1])
    again = sources.open(f"file://{tmp_path}/a.mp4")
    assert again.tag != before
    again.close()


def test_whether_an_address_may_be_asked_is_not_looked_up_for_a_page() -> None:
    """A page with a hundred tiles would wait for as many names."""
    assert Sources(Deployment()).why_not("https://nowhere.example/a.mp4") is None
