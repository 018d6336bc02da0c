"""What the results of the five VACE functions show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from airflow_provider_wan.emulator.render import RenderJob, plan, render
from tests.emulator.rendering import media


def test_repainting_conditions_give_different_looks(job: media.MakeJob) -> None:
    original = media.frames(job("vace", None, {}).media["clip"])[20]
    looks = []
    for condition in ("depth", "scribble", "posebody", "posebodyface"):
        work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": condition})
        made = render(work)
        looks.append(media.frames(work.out)[20])
        assert media.alike(looks[-1], original, made) < 26
    for number, look in enumerate(looks):
        assert all(media.psnr(look, other) < 26 for other in looks[:number])


def test_strength_blends_with_the_original(job: media.MakeJob) -> None:
    original = media.frames(job("vace", None, {}).media["clip"])[10]
    likeness = []
    for strength in (0.0, 0.5, 1.0):
        parameters = {"control_condition": "posebody", "strength": strength}
        work = job("vace", "video_repainting", {"video_url": "clip"}, parameters)
        made = render(work)
        likeness.append(media.alike(media.frames(work.out)[10], original, made))
    assert likeness[0] > media.ALIKE > likeness[1] > likeness[2]


def test_input_above_720p_is_scaled_down_and_a_long_one_cut(job: media.MakeJob) -> None:
    large = plan(job("vace", "video_repainting", {"video_url": "large"}, {"control_condition": "depth"}))
    assert (large.width, large.height) == (1280, 720)
    work = job("vace", "video_repainting", {"video_url": "small"}, {"control_condition": "depth"})
    long = render(work)
    assert (long.frames, long.duration, long.input_duration) == (150, 5.0, 6.0)
    assert len(media.frames(work.out)) == 150


def test_outpainting_keeps_the_middle_and_enlarges_by_the_scales(job: media.MakeJob) -> None:
    scales = {"top_scale": 1.5, "bottom_scale": 1.0, "left_scale": 1.25, "right_scale": 2.0}
    work = job("vace", "video_outpainting", {"video_url": "clip"}, scales)
    made = render(work)
    assert (made.width, made.height) == (640 + 160 + 640, 360 + 180)
    for original, picture in zip(media.frames(work.media["clip"]), media.frames(work.out), strict=True):
        assert media.psnr(picture[180:, 160:800], original) > media.ALIKE
    border = picture[:180].reshape(-1, 3)
    assert border.std(axis=0).max() > 10, "the border is made from the picture"
    assert made.mark.top + made.mark.height <= 180 or made.mark.left >= 800


def test_colours_of_a_tagged_clip_stay(job: media.MakeJob, tmp_path: Path, files: dict[str, Path]) -> None:
    tagged = media.clip(tmp_path / "tagged.mp4", (320, 240), seconds=0.5, matrix=1)
    work = job("vace", "video_outpainting", {"video_url": "clip"}, {"left_scale": 1.5})
    work = RenderJob(
        work.model_family, work.function, work.input, work.parameters, {"clip": tagged}, work.out
    )
    render(work)
    assert media.psnr(media.frames(work.out)[5][:, 160:], media.frames(tagged)[5]) > media.ALIKE


@pytest.mark.parametrize(
    "mask", [{"mask_image_url": "mask"}, {"mask_video_url": "mask clip"}], ids=["image", "video"]
)
def test_local_edit_changes_the_masked_area_alone(job: media.MakeJob, mask: dict[str, str]) -> None:
    work = job("vace", "video_edit", {"video_url": "clip", **mask}, {"mask_type": "fixed"})
    made = render(work)
    left, top, right, bottom = media.BOX
    outside = np.ones((media.SIZE[1], media.SIZE[0]), bool)
    outside[top:bottom, left:right] = False
    for original, picture in zip(media.frames(work.media["clip"]), media.frames(work.out), strict=True):
        assert media.psnr(picture[outside], original[outside]) > media.ALIKE
        assert media.psnr(picture[~outside], original[~outside]) < 22
    box = made.mark
    assert left <= box.left < box.left + box.width <= right
    assert top <= box.top < box.top + box.height <= bottom


def test_tracked_mask_wanders_but_keeps_off_the_rest(job: media.MakeJob) -> None:
    parameters = {"mask_type": "tracking", "expand_ratio": 0.1, "expand_mode": "bbox"}
    work = job(
        "vace",
        "video_edit",
        {"video_url": "sounding", "mask_image_url": "mask", "mask_frame_id": 1},
        parameters,
    )
    render(work)
    original, pictures = media.frames(work.media["sounding"]), media.frames(work.out)
    # A tenth of the box's width and height, and the drift, at most.
    assert media.psnr(pictures[40][:, :200], original[32][:, :200]) > media.ALIKE
    edges = {int(np.argmax(np.abs(p[200].astype(int) - pictures[0][200]).sum(1) > 90)) for p in pictures}
    assert len(edges) > 1


def test_reference_fills_the_mask(job: media.MakeJob) -> None:
    content = {"video_url": "clip", "mask_image_url": "mask", "ref_images_url": ["red"]}
    work = job("vace", "video_edit", content, {"mask_type": "fixed"})
    render(work)
    red, green, blue = media.frames(work.out)[15][80:180, 260:580].reshape(-1, 3).mean(axis=0)
    assert red > 190
    assert max(green, blue) < 70


def test_extension_begins_with_the_clip_and_lasts_five_seconds(job: media.MakeJob) -> None:
    work = job("vace", "video_extension", {"first_clip_url": "clip"})
    made = render(work)
    pictures = media.frames(work.out)
    assert (made.duration, len(pictures)) == (5.0, 150)
    for original, picture in zip(media.frames(work.media["clip"]), pictures, strict=False):
        assert media.alike(picture, original, made) > media.ALIKE
    assert media.alike(pictures[-1], pictures[29], made) < 30, "the rest goes on"


def test_extension_ends_with_the_last_clip(job: media.MakeJob) -> None:
    work = job("vace", "video_extension", {"first_frame_url": "picture", "last_clip_url": "clip"})
    made = render(work)
    pictures = media.frames(work.out)
    for original, picture in zip(media.frames(work.media["clip"]), pictures[-30:], strict=True):
        assert media.alike(picture, original, made) > media.ALIKE


def test_clips_of_an_extension_fill_three_seconds_together(job: media.MakeJob) -> None:
    work = job("vace", "video_extension", {"first_clip_url": "sounding", "last_clip_url": "short"})
    made = render(work)
    pictures, original = media.frames(work.out), media.frames(work.media["sounding"])
    assert media.alike(pictures[58], original[46], made) > media.ALIKE
    assert media.alike(pictures[75], original[60], made) < media.ALIKE
    assert made.input_duration == pytest.approx(4.0, abs=0.1)


def test_image_reference_puts_objects_before_the_background(job: media.MakeJob) -> None:
    content = {"ref_images_url": ["red", "blue"], "prompt": "a red thing"}
    work = job("vace", "image_reference", content, {"obj_or_bg": ["obj", "bg"], "size": "832*1088"})
    made = render(work)
    assert (made.width, made.height, made.frames) == (832, 1088, 150)
    picture = media.frame(work.out, 70)
    assert picture[300, 60, 2] > 150 > picture[300, 60, 0]
    assert picture[800, 416, 0] > 150 > picture[800, 416, 2]
