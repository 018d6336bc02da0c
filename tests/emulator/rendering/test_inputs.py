"""What input files are found to be, and which are refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from airflow_provider_wan.emulator.render import RenderJob, plan, probe, render
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from tests.emulator.rendering import media


def test_probe_tells_videos_images_and_sounds_apart(files: dict[str, Path]) -> None:
    video, image, sound = probe(files["sounding"]), probe(files["portrait"]), probe(files["voice"])
    assert (video.kind, video.width, video.height, video.fps, video.has_audio) == (
        "video",
        640,
        360,
        24.0,
        True,
    )
    assert video.duration == pytest.approx(3.0, abs=0.01)
    assert (image.kind, image.width, image.height, image.duration) == ("image", 750, 1000, 0.0)
    assert (sound.kind, sound.has_audio) == ("audio", True)
    assert sound.duration == pytest.approx(2.0, abs=0.05)


def test_clip_filmed_upright_is_shown_upright(files: dict[str, Path], tmp_path: Path) -> None:
    # A phone stores the turn in the track header's matrix; the identity there becomes a turn by 90 degrees.
    content = bytearray(files["clip"].read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    one, none = (0x10000).to_bytes(4, "big"), bytes(4)
    assert content[matrix : matrix + 4] == one
    content[matrix : matrix + 20] = none + one + none + (-0x10000).to_bytes(4, "big", signed=True) + none
    turned = media.written(tmp_path / "turned.mp4", bytes(content))
    assert (probe(turned).width, probe(turned).height) == (360, 640)
    work = RenderJob(
        "vace", "video_outpainting", {"video_url": "u"}, {"top_scale": 1.5}, {"u": turned}, tmp_path / "o"
    )
    made = render(work)
    assert (made.width, made.height) == (360, 640 + 320)
    upright = np.rot90(media.frames(files["clip"])[4], -1)
    assert media.psnr(media.frames(work.out)[4][320:], upright) > media.ALIKE


@pytest.mark.parametrize(
    ("function", "content", "message"),
    [
        ("video_outpainting", {"video_url": "noise"}, "The media format is not supported or incorrect"),
        ("video_outpainting", {"video_url": "red"}, "The media format is not supported or incorrect"),
        ("video_outpainting", {"video_url": "gone"}, "Unable to download the media resource"),
        ("image_reference", {"ref_images_url": ["noise"]}, "Failed to decode the image"),
        ("image_reference", {"ref_images_url": ["clip"]}, "Failed to decode the image"),
    ],
)
def test_file_of_the_wrong_kind_is_refused(
    job: media.MakeJob, function: str, content: dict[str, Any], message: str
) -> None:
    work = job("vace", function, content)
    with pytest.raises(ServiceRefusal) as refused:
        render(work)
    assert (refused.value.http_status, refused.value.code) == (400, "InvalidParameter.DataInspection")
    assert refused.value.message.startswith(message)
    assert not work.out.exists()


CLIP = {"video_url": "clip"}
PICTURE_SIZE = "the size of input image is too small or too large."


@pytest.mark.parametrize(
    ("function", "content", "parameters", "message"),
    [
        ("video_outpainting", {"video_url": "slow"}, {}, "12 frames per second; at least 16"),
        ("video_outpainting", CLIP, {"top_scale": 2.5}, "The top_scale is not valid 2.5"),
        ("video_outpainting", {}, {}, "Field required: input.video_url"),
        ("video_dubbing", CLIP, {}, "The function is not valid video_dubbing"),
        ("image_reference", {"ref_images_url": ["tiny"]}, {}, PICTURE_SIZE),
        ("image_reference", {"ref_images_url": ["red", "blue"]}, {"obj_or_bg": ["obj"]}, "the same length"),
        ("image_reference", {"ref_images_url": ["red"]}, {"size": "720P"}, "write it as 1280*720"),
        ("video_edit", CLIP, {}, "Field required: input.mask_image_url or input.mask_video_url"),
        ("video_edit", {"mask_image_url": "other mask"}, {}, "is 320x180, video_url is 640x360."),
        ("video_edit", {"mask_video_url": "short"}, {}, "is 320x240, video_url is 640x360."),
        ("video_edit", {"mask_video_url": "short mask clip"}, {}, "The length is not match"),
        ("video_edit", {"mask_image_url": "mask", "mask_frame_id": 40}, {}, "from 1 to 31"),
        ("video_extension", {"prompt": "x"}, {}, "one of first_frame_url"),
        (
            "video_repainting",
            CLIP,
            {"control_condition": "canny"},
            "The control_condition is not valid canny",
        ),
        ("video_repainting", CLIP, {"strength": "much"}, "The strength is not valid much"),
    ],
)
def test_vace_request_against_the_rules_is_refused(
    job: media.MakeJob, function: str, content: dict[str, Any], parameters: dict[str, Any], message: str
) -> None:
    given = CLIP | content if function == "video_edit" else content
    _check_refusal(job("vace", function, given, parameters), message)


@pytest.mark.parametrize(
    ("family", "content", "parameters", "message"),
    [
        (
            "videoedit",
            {"media": [{"type": "video", "url": "clip"}]},
            {},
            "is 1.00 s; it must be from 2 to 10 s.",
        ),
        ("i2v_media", {"media": [{"type": "first_clip", "url": "short"}]}, {}, "from 2 to 10 s."),
        ("i2v", {"img_url": "tiny"}, {}, PICTURE_SIZE),
        ("i2v", {"img_url": "red"}, {"resolution": "4K"}, "The resolution is not valid 4K"),
        ("style", {"video_url": "short"}, {}, "sides must be from 256 to 4096 pixels."),
        (
            "i2v",
            {"img_url": "red", "audio_url": "voice"},
            {},
            "driving_audio is 2.02 s; it must be from 3 to 30 s",
        ),
    ],
)
def test_request_of_another_family_against_the_rules_is_refused(
    job: media.MakeJob, family: str, content: dict[str, Any], parameters: dict[str, Any], message: str
) -> None:
    _check_refusal(job(family, None, content, parameters), message)


def test_side_by_side_with_the_video_a_reference_has_limits_of_its_own(
    files: dict[str, Path], job: media.MakeJob, tmp_path: Path
) -> None:
    banner = media.picture(tmp_path / "banner.png", (1200, 400))
    inputs = [{"type": "video", "url": "sounding"}, {"type": "reference_image", "url": "banner"}]
    work = job("happyhorse_video_edit", None, {"media": inputs})
    _check_refusal(
        replace(work, media={**files, "banner": banner}),
        "The aspect ratio of reference_image (1200x400) is not valid; one side may be 2.5 times the other.",
    )


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("reference_urls", ""),
        ("reference_video_urls", "The duration of reference_video is 1.00 s; it must be from 2 to 30 s."),
    ],
)
def test_field_s_own_limits_count(job: media.MakeJob, field: str, message: str) -> None:
    # The two fields of 2.6 that take videos don't ask the same of them.
    work = job("r2v", None, {field: ["clip"]}, {"size": "1280*720"}, model="wan2.6-r2v")
    if message:
        _check_refusal(work, message)
    else:
        plan(work)


@pytest.mark.parametrize(("model", "accepted"), [("wan2.7-t2v", True), ("wan2.6-t2v", False)])
def test_model_s_own_limits_count(job: media.MakeJob, model: str, accepted: bool) -> None:
    work = job("t2v", None, {"prompt": "x", "audio_url": "voice"}, model=model)
    if accepted:
        plan(work)
    else:
        _check_refusal(work, "The duration of driving_audio is 2.02 s; it must be from 3 to 30 s.")


def _check_refusal(work: RenderJob, message: str) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        plan(work)
    assert (refused.value.http_status, refused.value.code) == (400, "InvalidParameter")
    assert message in refused.value.message


def test_clip_cut_short_is_refused_and_leaves_no_file(
    files: dict[str, Path], job: media.MakeJob, tmp_path: Path
) -> None:
    whole = job("vace", "video_repainting", {"video_url": "small"}, {"control_condition": "scribble"})
    render(whole)
    content = whole.out.read_bytes()
    shutil.move(whole.out, tmp_path / "whole.mp4")
    cut = media.written(tmp_path / "cut.mp4", content[: len(content) // 2])
    work = RenderJob("vace", "video_outpainting", {"video_url": "u"}, {}, {"u": cut}, tmp_path / "out.mp4")
    with pytest.raises(ServiceRefusal, match="media format"):
        render(work)
    assert not work.out.exists()
