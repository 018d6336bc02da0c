"""Media and jobs for the renderer's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.emulator.render import RenderJob
from tests.emulator.rendering import media


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small media by the name they have as URL in the tests."""
    folder = tmp_path_factory.mktemp("media")
    return {
        "clip": media.clip(folder / "clip.mp4", media.SIZE, seconds=1.0),
        "sounding": media.clip(folder / "sounding.mp4", media.SIZE, seconds=3.0, fps=24, sound=True),
        "small": media.clip(folder / "small.mp4", (320, 240), seconds=6.0, fps=20),
        "slow": media.clip(folder / "slow.mp4", (320, 240), seconds=2.0, fps=12),
        "short": media.clip(folder / "short.mp4", (320, 240), seconds=1.0),
        "square": media.clip(folder / "square.mp4", (400, 400), seconds=1.0),
        "large": media.clip(folder / "large.mp4", (1920, 1080), seconds=0.2),
        "mask": media.mask(folder / "mask.png", media.SIZE, media.BOX),
        "other mask": media.mask(folder / "other.png", (320, 180), (10, 10, 100, 100)),
        "mask clip": media.mask_clip(folder / "mask.mp4", media.SIZE, media.BOX, 30),
        "short mask clip": media.mask_clip(folder / "shortmask.mp4", media.SIZE, media.BOX, 15),
        "picture": media.picture(folder / "picture.png", media.SIZE),
        "red": media.picture(folder / "red.png", (400, 400), (220, 30, 30)),
        "blue": media.picture(folder / "blue.png", (600, 400), (30, 40, 200)),
        "portrait": media.picture(folder / "portrait.jpg", (750, 1000)),
        "tiny": media.picture(folder / "tiny.png", (100, 100)),
        "voice": media.tone(folder / "voice.wav", 2.0),
        "noise": media.written(folder / "noise.bin", bytes(range(256)) * 20),
    }


@pytest.fixture
def job(files: dict[str, Path], tmp_path: Path) -> Callable[..., RenderJob]:
    """Makes jobs; URLs are the names of `files`."""

    def make(
        family: str,
        function: str | None,
        content: dict[str, Any],
        parameters: dict[str, Any] | None = None,
        **more: str,
    ) -> RenderJob:
        return RenderJob(family, function, content, parameters or {}, files, tmp_path / "out.mp4", **more)

    return make
