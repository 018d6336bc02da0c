"""Whatever a video was, each model takes what `conform_for` makes of it, in each role that a video has there."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.catalog import MODELS, Model, find
from airflow_provider_wan.dashscope.catalog.model import MediaLimits
from airflow_provider_wan.media.conforming import conform_for
from airflow_provider_wan.media.findings import Looked
from airflow_provider_wan.media.limits import check
from airflow_provider_wan.media.probe import probe
from airflow_provider_wan.media.targets import FITTINGS, Fitting, Size, video_role, video_roles
from airflow_provider_wan.preflight import preflight
from tests.media import numbered

TAKING = [(model, role) for model in MODELS for role in video_roles(model)]
LIMITS: Mapping[MediaLimits, list[tuple[Model, str]]] = {
    limits: [(model, role) for model, role in TAKING if video_role(model, role)[1] == limits]
    for limits in dict.fromkeys(video_role(model, role)[1] for model, role in TAKING)
}
"""Models and roles that ask the same of a video; one clip does for all of them."""
BODIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("wan2.1-vace-plus", {"input": {"function": "video_repainting", "video_url": "{0}"}}),
    ("wan2.1-vace-plus", {"input": {"function": "video_extension", "first_clip_url": "{0}"}}),
    ("wan2.7-videoedit", {"input": {"media": [{"type": "video", "url": "{0}"}]}}),
    (
        "wan2.7-i2v",
        {"input": {"media": [{"type": "first_clip", "url": "{0}"}]}, "parameters": {"duration": 15}},
    ),
    ("wan2.7-r2v", {"input": {"media": [{"type": "reference_video", "url": "{0}"}]}}),
    ("wan2.6-r2v", {"input": {"reference_urls": ["{0}"]}}),
    ("wan2.6-r2v", {"input": {"reference_video_urls": ["{0}"]}}),
    ("wan3.0-video", {"input": {"media": [{"type": "reference_video", "url": "{0}"}]}}),
    ("wan2.2-animate-mix", {"input": {"video_url": "{0}"}}),
    ("video-style-transform", {"input": {"video_url": "{0}"}}),
    ("happyhorse-1.0-video-edit", {"input": {"media": [{"type": "video", "url": "{0}"}]}}),
)


@dataclass(frozen=True)
class Clip:
    """A video as some camera may have made it.

    Attributes:
        size: As coded.
        rate: Frames a second.
        times: When each frame is shown, in 1/rate.
        rotation: Degrees by which it is to be turned.
        sound: Seconds of sound; 0 for none.
        kind: Its container.
    """

    size: Size
    rate: Fraction
    times: tuple[int, ...]
    rotation: int
    sound: float
    kind: str

    def write(self, path: Path) -> Path:
        odd = self.size[0] % 2 or self.size[1] % 2
        return numbered.clip(
            path,
            len(self.times),
            size=self.size,
            rate=self.rate,
            times=self.times,
            rotation=self.rotation if self.kind in ("mp4", "mov") else 0,
            sound=self.sound,
            kind=self.kind,
            codec="libx264",
            pixels="yuv444p" if odd else "yuv420p",
        )


@st.composite
def clips(draw: st.DrawFn, seconds: float = 4.0) -> Clip:
    """Clips of 3.2 to some 60 seconds: longer than every least length, and often than the longest one."""
    rate = Fraction(
        draw(st.sampled_from(["16", "24000/1001", "25", "30000/1001", "50", "60", "7", "10", "120"]))
    )
    frames = draw(st.integers(int(3.2 * rate) + 1, int(max(seconds * rate, 3.2 * rate + 2))))
    times = list(range(frames))
    if draw(st.booleans()):
        # Frames come unevenly, and there are fewer of them.
        random = draw(st.randoms(use_true_random=False))
        times = [0, *sorted(random.sample(times[1:-1], k=frames * 2 // 3)), frames - 1]
    return Clip(
        (draw(st.integers(16, 300)), draw(st.integers(16, 300))),
        rate,
        tuple(times),
        draw(st.sampled_from([0, 90, 180, 270])),
        draw(st.sampled_from([0.0, 2.0, 7.0])),
        draw(st.sampled_from(["mp4", "mov", "matroska"])),
    )


def findings(path: Path, model: Model, role: str) -> tuple[object, ...]:
    with path.open("rb") as file:
        facts = probe(file, name=path.name)
    # A clip that is continued is compared with the length of the whole.
    found = check(model, [Looked(role, None, path.name, facts)], {"parameters": {"duration": 15}})
    return (*found.errors, *found.warnings)


@pytest.mark.parametrize(
    "limits", LIMITS, ids=lambda limits: LIMITS[limits][0][0].name + ":" + LIMITS[limits][0][1]
)
@settings(max_examples=6, deadline=None)
@given(clip=clips(), fit=st.sampled_from(FITTINGS), sound=st.booleans())
def test_every_model_takes_a_conformed_clip(
    limits: MediaLimits, clip: Clip, fit: Fitting, sound: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, out = clip.write(Path(folder, "in.video")), Path(folder, "out.mp4")
        first, role = LIMITS[limits][0]
        made = conform_for(source, out, first.name, role=role, fit=fit, cut=True, sound=sound)
        assert made.frames > 1
        assert made.sound is (sound and clip.sound > 0)
        for model, taken_as in LIMITS[limits]:
            assert findings(out, model, video_role(model, taken_as)[0]) == ()


@pytest.mark.parametrize(
    "limits", LIMITS, ids=lambda limits: LIMITS[limits][0][0].name + ":" + LIMITS[limits][0][1]
)
@pytest.mark.slow
def test_every_model_takes_what_is_left_of_a_minute(
    limits: MediaLimits, minute: Path, tmp_path: Path
) -> None:
    first, role = LIMITS[limits][0]
    made = conform_for(minute, tmp_path / "out.mp4", first.name, role=role, cut=True)
    for model, taken_as in LIMITS[limits]:
        assert findings(made.path, model, video_role(model, taken_as)[0]) == ()
    most = min(value for value in (limits.cut_seconds, limits.max_seconds) if value)
    assert most - 1 / made.rate <= made.seconds <= most


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that is longer than any model takes."""
    path = tmp_path_factory.mktemp("minute") / "in.mp4"
    return numbered.clip(path, 62 * 12, size=(64, 36), rate=12, sound=True)


@dataclass(frozen=True)
class Opened:
    """A file that is open for a look."""

    file: BinaryIO
    size: int | None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    with path.open("rb") as file:
        yield Opened(file, path.stat().st_size)


@pytest.mark.parametrize(("name", "body"), BODIES)
@pytest.mark.slow
def test_preflight_passes_a_conformed_clip_when_it_is_strict(
    name: str, body: dict[str, Any], tmp_path: Path, minute: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, path = find(name), tmp_path / "out.mp4"
    assert model
    role = _role(body["input"])
    conform_for(minute, path, name, role=role, cut=True)
    filled = _filled(body, path)
    with caplog.at_level(logging.INFO):
        preflight(filled, model, lambda _: opened(path), strict=True, log=logging.getLogger("looks"))
    assert [record.levelname for record in caplog.records if record.name == "looks"] == ["INFO"]
    with pytest.raises(Exception, match="problem"):
        preflight(filled, model, lambda _: opened(minute), strict=True, log=logging.getLogger("looks"))


def _role(given: Mapping[str, Any]) -> str:
    if "media" in given:
        return str(given["media"][0]["type"])
    return next(name for name, value in given.items() if value in ("{0}", ["{0}"]))


def _filled(value: Any, path: Path) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, path) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, path) for part in value]
    return f"https://films.example/{path.name}" if value == "{0}" else value


def test_the_bodies_are_of_all_kinds_of_limits() -> None:
    """A new kind of limits is to be tried here, too."""
    tried = {video_role(model, _role(body["input"]))[1] for name, body in BODIES if (model := find(name))}
    assert tried == set(LIMITS)
