"""What the results of the models without functions show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from airflow_provider_wan.emulator.render import plan, probe, render
from tests.emulator.rendering import media


def test_video_edit_obeys_resolution_ratio_and_duration_and_keeps_the_sound(job: media.MakeJob) -> None:
    content = {"media": [{"type": "video", "url": "sounding"}, {"type": "reference_image", "url": "red"}]}
    work = job("videoedit", None, content, {"resolution": "720P", "ratio": "1:1", "duration": 2})
    made = render(work)
    assert (made.width, made.height, made.duration) == (960, 960, 2.0)
    assert made.input_duration == pytest.approx(3.0, abs=0.05)
    heard = media.samples(work.out)
    assert heard.shape[1] / media.RATE == pytest.approx(2.0, abs=0.06)
    assert np.abs(heard[:, 10_000:70_000]).max() > 0.2


def test_video_edit_of_a_silent_video_is_silent_and_follows_its_shape(job: media.MakeJob) -> None:
    made = plan(
        job("videoedit", None, {"media": [{"type": "video", "url": "small"}]}, {"resolution": "720P"})
    )
    assert (made.width, made.height, made.has_audio) == (1104, 816, False)
    assert made.duration == 6.0


@pytest.mark.parametrize(
    ("model", "parameters", "size", "sound"),
    [
        ("wan2.6-i2v-flash", {"resolution": "720P"}, (816, 1104), True),
        ("wan2.6-i2v-flash", {"resolution": "720P", "audio": False}, (816, 1104), False),
        ("wan2.6-i2v", {}, (1232, 1648), True),
        ("wan2.5-i2v-preview", {"resolution": "480P"}, (544, 720), True),
        ("wan2.2-i2v-flash", {}, (816, 1104), False),
        ("wanx2.1-i2v-turbo", {"resolution": "480P"}, (544, 720), False),
    ],
)
def test_image_to_video_takes_the_shape_of_its_picture(
    job: media.MakeJob, model: str, parameters: dict[str, Any], size: tuple[int, int], sound: bool
) -> None:
    made = plan(job("i2v", None, {"img_url": "portrait"}, parameters, model=model))
    assert ((made.width, made.height), made.has_audio, made.duration) == (size, sound, 5.0)


def test_image_to_video_begins_with_its_picture(job: media.MakeJob) -> None:
    work = job(
        "i2v", None, {"img_url": "picture"}, {"resolution": "480P", "duration": 5}, model="wan2.5-i2v-preview"
    )
    made = render(work)
    pictures = media.frames(work.out)
    assert pictures[0][300:, 600:].mean() == pytest.approx(
        media.scenery(*media.SIZE, 0.0)[225:, 450:].mean(), abs=4
    )
    assert media.psnr(pictures[0], pictures[-1]) < 30
    assert media.samples(work.out).shape[1] / media.RATE == pytest.approx(made.duration, abs=0.06)


def test_given_sound_is_followed_by_silence_where_it_is_shorter(job: media.MakeJob) -> None:
    content = {
        "media": [{"type": "first_frame", "url": "picture"}, {"type": "driving_audio", "url": "voice"}]
    }
    work = job("i2v_media", None, content, {"resolution": "720P", "duration": 3})
    render(work)
    heard = media.samples(work.out)
    assert heard.shape[1] / media.RATE == pytest.approx(3.0, abs=0.06)
    assert np.abs(heard[:, : media.RATE]).max() > 0.2
    assert np.abs(heard[:, int(2.3 * media.RATE) :]).max() < 0.01


def test_clip_counts_towards_the_duration_and_the_last_frame_ends_it(job: media.MakeJob) -> None:
    content = {"media": [{"type": "first_clip", "url": "sounding"}, {"type": "last_frame", "url": "blue"}]}
    work = job("i2v_media", None, content, {"resolution": "720P", "duration": 4})
    made = render(work)
    assert made.duration == 4.0
    red, _, blue = media.frame(work.out, made.frames - 1)[400:, 100:].reshape(-1, 3).mean(axis=0)
    assert blue > 180 > 60 > red


REFERENCE = {"media": [{"type": "reference_image", "url": "red"}]}
FIRST_FRAME = {"media": [{"type": "first_frame", "url": "red"}]}
VIDEO = {"media": [{"type": "video", "url": "sounding"}]}
REFERENCES = {"reference_urls": ["red", "small"]}
TWO_FRAMES = {"first_frame_url": "picture", "last_frame_url": "blue"}
TALL = {"resolution": "480P", "ratio": "9:16"}
WIDE = {"resolution": "480P", "ratio": "21:9"}
SPEECH = {"image_url": "red", "audio_url": "voice"}
ACTOR = {"image_url": "red", "video_url": "sounding"}


@pytest.mark.parametrize(
    ("family", "model", "content", "parameters", "expected"),
    [
        ("t2v", "wan2.5-t2v-preview", {}, {"size": "480*832"}, (480, 832, 5.0, True)),
        ("t2v", "wan2.7-t2v", {}, {"resolution": "720P", "duration": 2}, (1280, 720, 2.0, True)),
        ("t2v", "wan2.2-t2v-plus", {}, {"size": "832*480"}, (832, 480, 5.0, False)),
        ("r2v", "wan2.6-r2v", REFERENCES, {"size": "1280*720", "duration": 2}, (1280, 720, 2.0, True)),
        ("kf2v", "wan2.2-kf2v-flash", TWO_FRAMES, {"resolution": "480P"}, (832, 464, 5.0, False)),
        ("wan3", "wan3.0-video", {}, {**TALL, "duration": -1, "audio": False}, (480, 832, 5.0, False)),
        ("animate", "wan2.2-animate-mix", ACTOR, {"mode": "wan-std"}, (640, 360, 3.0, True)),
        ("s2v", "wan2.2-s2v", SPEECH, {}, (624, 624, 2.0, True)),
        ("happyhorse_i2v", "happyhorse-1.1-i2v", FIRST_FRAME, {**TALL, "duration": 3}, (624, 624, 3.0, True)),
        ("happyhorse_r2v", "happyhorse-1.1-r2v", REFERENCE, {**WIDE, "duration": 3}, (960, 400, 3.0, True)),
        (
            "happyhorse_video_edit",
            "happyhorse-1.0-video-edit",
            VIDEO,
            {"resolution": "720P"},
            (1280, 720, 3.0, True),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_family_obeys_size_and_length(
    job: media.MakeJob,
    family: str,
    model: str,
    content: dict[str, Any],
    parameters: dict[str, Any],
    expected: tuple[int, int, float, bool],
) -> None:
    work = job(family, None, content, parameters, model=model)
    made = render(work)
    assert (made.width, made.height, round(made.duration, 1), made.has_audio) == expected
    found = probe(work.out)
    assert (found.width, found.height, round(found.duration, 1), found.has_audio) == expected


def test_style_transform_has_its_own_frame_rate_and_short_side(job: media.MakeJob) -> None:
    work = job("style", None, {"video_url": "square"}, {"video_fps": 20, "min_len": 540})
    made = render(work)
    assert (made.width, made.height, made.fps, made.frames) == (540, 540, 20, 20)
    assert probe(work.out).fps == 20
