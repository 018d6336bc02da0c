"""What the emulator's videos show, and which inputs are refused."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from airflow_provider_wan.emulator.render import Rendered, RenderJob, plan, probe, render, tiny_mp4
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

from tests.emulator import media

SIZE = (640, 360)
BOX = (240, 60, 600, 320)
"""The mask's edited area: left, top, right, bottom."""
ALIKE = 32.0
"""Decibels from which pictures count as unchanged up to the codec."""

MakeJob = Callable[..., RenderJob]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small media by the name they have as URL in the tests."""
    folder = tmp_path_factory.mktemp("media")
    return {
        "clip": media.clip(folder / "clip.mp4", SIZE, seconds=1.0),
        "sounding": media.clip(folder / "sounding.mp4", SIZE, seconds=3.0, fps=24, sound=True),
        "small": media.clip(folder / "small.mp4", (320, 240), seconds=6.0, fps=20),
        "slow": media.clip(folder / "slow.mp4", (320, 240), seconds=2.0, fps=12),
        "short": media.clip(folder / "short.mp4", (320, 240), seconds=1.0),
        "large": media.clip(folder / "large.mp4", (1920, 1080), seconds=0.2),
        "mask": media.mask(folder / "mask.png", SIZE, BOX),
        "other mask": media.mask(folder / "other.png", (320, 180), (10, 10, 100, 100)),
        "mask clip": media.mask_clip(folder / "mask.mp4", SIZE, BOX, 30),
        "short mask clip": media.mask_clip(folder / "shortmask.mp4", SIZE, BOX, 15),
        "picture": media.picture(folder / "picture.png", SIZE),
        "red": media.picture(folder / "red.png", (400, 400), (220, 30, 30)),
        "blue": media.picture(folder / "blue.png", (600, 400), (30, 40, 200)),
        "portrait": media.picture(folder / "portrait.jpg", (750, 1000)),
        "tiny": media.picture(folder / "tiny.png", (100, 100)),
        "voice": media.tone(folder / "voice.wav", 3.0),
        "noise": _written(folder / "noise.bin", bytes(range(256)) * 20),
    }


@pytest.fixture
def job(files: dict[str, Path], tmp_path: Path) -> MakeJob:
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


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _without_mark(picture: media.Pixels, made: Rendered) -> media.Pixels:
    """The picture with the mark's area blackened, with a margin for the codec's blocks."""
    box, out = made.mark, picture.copy()
    out[
        max(0, box.top - 16) : box.top + box.height + 16, max(0, box.left - 16) : box.left + box.width + 16
    ] = 0
    return out


def _alike(one: media.Pixels, other: media.Pixels, made: Rendered) -> float:
    return media.psnr(_without_mark(one, made), _without_mark(other, made))


# The file


def test_result_is_h264_with_index_first_and_as_many_frames_as_stated(job: MakeJob) -> None:
    work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "depth"})
    made = render(work)
    content = work.out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(work.out) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.pix_fmt, video.average_rate) == ("h264", "yuv420p", 30)
        assert not container.streams.audio
        assert len(list(container.decode(video))) == made.frames == 30
    assert (made.width, made.height, made.fps, made.duration) == (*SIZE, 30, 1.0)
    assert (made.input_duration, made.has_audio) == (1.0, False)


def test_equal_requests_give_equal_files_and_another_seed_another(job: MakeJob) -> None:
    def content(seed: int) -> bytes:
        work = job(
            "vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "posebody", "seed": seed}
        )
        render(work)
        return work.out.read_bytes()

    first = content(1)
    assert content(1) == first
    assert content(2) != first


def test_plan_says_what_render_makes_without_writing(job: MakeJob) -> None:
    work = job("vace", "video_outpainting", {"video_url": "clip"}, {"left_scale": 1.3})
    planned = plan(work)
    assert not work.out.exists()
    assert render(work) == planned


def test_every_frame_is_marked(job: MakeJob) -> None:
    work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "scribble"})
    made = render(work)
    box = made.mark
    for picture in media.frames(work.out):
        area = picture[box.top : box.top + box.height, box.left : box.left + box.width].mean(axis=2)
        assert np.median(area) < 110, "the label's ground is dark on the white paper of a scribble"
        assert area.max() > 200, "its letters are bright"


def test_watermark_is_bottom_right(job: MakeJob) -> None:
    content, parameters = {"video_url": "clip"}, {"control_condition": "depth", "strength": 0.0}
    plain, marked = job("vace", "video_repainting", content, parameters), None
    render(plain)
    before = media.frames(plain.out)[3]
    marked = job("vace", "video_repainting", content, {**parameters, "watermark": True})
    render(marked)
    change = np.abs(media.frames(marked.out)[3].astype(int) - before).max(axis=2) > 60
    rows, columns = np.nonzero(change)
    assert rows.min() > SIZE[1] * 0.9
    assert columns.min() > SIZE[0] * 0.7


def test_frames_stream_through(job: MakeJob) -> None:
    work = job("vace", "video_outpainting", {"video_url": "small"}, {"left_scale": 1.5, "right_scale": 1.5})
    tracemalloc.start()
    try:
        made = render(work)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 25 * made.width * made.height * 1.5 < made.frames * made.width * made.height


def test_placeholder_is_a_video_and_always_the_same(tmp_path: Path) -> None:
    path = _written(tmp_path / "tiny.mp4", tiny_mp4())
    assert tiny_mp4() == path.read_bytes()
    assert len(media.frames(path)) == 10
    assert probe(path).size == probe(path).size


# VACE


def test_repainting_conditions_give_different_looks(job: MakeJob) -> None:
    original = media.frames(job("vace", None, {}).media["clip"])[20]
    looks = []
    for condition in ("depth", "scribble", "posebody", "posebodyface"):
        work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": condition})
        made = render(work)
        looks.append(media.frames(work.out)[20])
        assert _alike(looks[-1], original, made) < 26
    for number, look in enumerate(looks):
        assert all(media.psnr(look, other) < 26 for other in looks[:number])


def test_strength_blends_with_the_original(job: MakeJob) -> None:
    original = media.frames(job("vace", None, {}).media["clip"])[10]
    likeness = []
    for strength in (0.0, 0.5, 1.0):
        parameters = {"control_condition": "posebody", "strength": strength}
        work = job("vace", "video_repainting", {"video_url": "clip"}, parameters)
        made = render(work)
        likeness.append(_alike(media.frames(work.out)[10], original, made))
    assert likeness[0] > ALIKE > likeness[1] > likeness[2]


def test_input_above_720p_is_scaled_down_and_a_long_one_cut(job: MakeJob) -> None:
    large = plan(job("vace", "video_repainting", {"video_url": "large"}, {"control_condition": "depth"}))
    assert (large.width, large.height) == (1280, 720)
    work = job("vace", "video_repainting", {"video_url": "small"}, {"control_condition": "depth"})
    long = render(work)
    assert (long.frames, long.duration, long.input_duration) == (150, 5.0, 6.0)
    assert len(media.frames(work.out)) == 150


def test_outpainting_keeps_the_middle_and_enlarges_by_the_scales(job: MakeJob) -> None:
    scales = {"top_scale": 1.5, "bottom_scale": 1.0, "left_scale": 1.25, "right_scale": 2.0}
    work = job("vace", "video_outpainting", {"video_url": "clip"}, scales)
    made = render(work)
    assert (made.width, made.height) == (640 + 160 + 640, 360 + 180)
    for original, picture in zip(media.frames(work.media["clip"]), media.frames(work.out), strict=True):
        assert media.psnr(picture[180:, 160:800], original) > ALIKE
    border = picture[:180].reshape(-1, 3)
    assert border.std(axis=0).max() > 10, "the border is made from the picture"
    assert made.mark.top + made.mark.height <= 180 or made.mark.left >= 800


def test_colours_of_a_tagged_clip_stay(job: MakeJob, tmp_path: Path, files: dict[str, Path]) -> None:
    tagged = media.clip(tmp_path / "tagged.mp4", (320, 240), seconds=0.5, matrix=1)
    work = job("vace", "video_outpainting", {"video_url": "clip"}, {"left_scale": 1.5})
    work = RenderJob(
        work.model_family, work.function, work.input, work.parameters, {"clip": tagged}, work.out
    )
    render(work)
    assert media.psnr(media.frames(work.out)[5][:, 160:], media.frames(tagged)[5]) > ALIKE


@pytest.mark.parametrize(
    "mask", [{"mask_image_url": "mask"}, {"mask_video_url": "mask clip"}], ids=["image", "video"]
)
def test_local_edit_changes_the_masked_area_alone(job: MakeJob, mask: dict[str, str]) -> None:
    work = job("vace", "video_edit", {"video_url": "clip", **mask}, {"mask_type": "fixed"})
    made = render(work)
    left, top, right, bottom = BOX
    outside = np.ones((SIZE[1], SIZE[0]), bool)
    outside[top:bottom, left:right] = False
    for original, picture in zip(media.frames(work.media["clip"]), media.frames(work.out), strict=True):
        assert media.psnr(picture[outside], original[outside]) > ALIKE
        assert media.psnr(picture[~outside], original[~outside]) < 22
    box = made.mark
    assert left <= box.left < box.left + box.width <= right
    assert top <= box.top < box.top + box.height <= bottom


def test_tracked_mask_wanders_but_keeps_off_the_rest(job: MakeJob) -> None:
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
    assert media.psnr(pictures[40][:, :200], original[32][:, :200]) > ALIKE
    edges = {int(np.argmax(np.abs(p[200].astype(int) - pictures[0][200]).sum(1) > 90)) for p in pictures}
    assert len(edges) > 1


def test_reference_fills_the_mask(job: MakeJob) -> None:
    content = {"video_url": "clip", "mask_image_url": "mask", "ref_images_url": ["red"]}
    work = job("vace", "video_edit", content, {"mask_type": "fixed"})
    render(work)
    red, green, blue = media.frames(work.out)[15][80:180, 260:580].reshape(-1, 3).mean(axis=0)
    assert red > 190
    assert max(green, blue) < 70


def test_extension_begins_with_the_clip_and_lasts_five_seconds(job: MakeJob) -> None:
    work = job("vace", "video_extension", {"first_clip_url": "clip"})
    made = render(work)
    pictures = media.frames(work.out)
    assert (made.duration, len(pictures)) == (5.0, 150)
    for original, picture in zip(media.frames(work.media["clip"]), pictures, strict=False):
        assert _alike(picture, original, made) > ALIKE
    assert _alike(pictures[-1], pictures[29], made) < 30, "the rest goes on"


def test_extension_ends_with_the_last_clip(job: MakeJob) -> None:
    work = job("vace", "video_extension", {"first_frame_url": "picture", "last_clip_url": "clip"})
    made = render(work)
    pictures = media.frames(work.out)
    for original, picture in zip(media.frames(work.media["clip"]), pictures[-30:], strict=True):
        assert _alike(picture, original, made) > ALIKE


def test_clips_of_an_extension_fill_three_seconds_together(job: MakeJob) -> None:
    work = job("vace", "video_extension", {"first_clip_url": "sounding", "last_clip_url": "short"})
    made = render(work)
    pictures, original = media.frames(work.out), media.frames(work.media["sounding"])
    assert _alike(pictures[58], original[46], made) > ALIKE
    assert _alike(pictures[75], original[60], made) < ALIKE
    assert made.input_duration == pytest.approx(4.0, abs=0.1)


def test_image_reference_puts_objects_before_the_background(job: MakeJob) -> None:
    content = {"ref_images_url": ["red", "blue"], "prompt": "a red thing"}
    work = job("vace", "image_reference", content, {"obj_or_bg": ["obj", "bg"], "size": "832*1088"})
    made = render(work)
    assert (made.width, made.height, made.frames) == (832, 1088, 150)
    picture = media.frames(work.out)[70]
    assert picture[300, 60, 2] > 150 > picture[300, 60, 0]
    assert picture[800, 416, 0] > 150 > picture[800, 416, 2]


# Models without functions


def test_video_edit_obeys_resolution_ratio_and_duration_and_keeps_the_sound(job: MakeJob) -> None:
    content = {"media": [{"type": "video", "url": "sounding"}, {"type": "reference_image", "url": "red"}]}
    work = job("videoedit", None, content, {"resolution": "720P", "ratio": "1:1", "duration": 2})
    made = render(work)
    assert (made.width, made.height, made.duration) == (960, 960, 2.0)
    assert made.input_duration == pytest.approx(3.0, abs=0.05)
    heard = media.samples(work.out)
    assert heard.shape[1] / media.RATE == pytest.approx(2.0, abs=0.06)
    assert np.abs(heard[:, 10_000:70_000]).max() > 0.2


def test_video_edit_of_a_silent_video_is_silent_and_follows_its_shape(job: MakeJob) -> None:
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
    job: MakeJob, model: str, parameters: dict[str, Any], size: tuple[int, int], sound: bool
) -> None:
    made = plan(job("i2v", None, {"img_url": "portrait"}, parameters, model=model))
    assert ((made.width, made.height), made.has_audio, made.duration) == (size, sound, 5.0)


def test_image_to_video_begins_with_its_picture(job: MakeJob) -> None:
    work = job(
        "i2v", None, {"img_url": "picture"}, {"resolution": "480P", "duration": 5}, model="wan2.5-i2v-preview"
    )
    made = render(work)
    pictures = media.frames(work.out)
    assert pictures[0][300:, 600:].mean() == pytest.approx(
        media.scenery(*SIZE, 0.0)[225:, 450:].mean(), abs=4
    )
    assert media.psnr(pictures[0], pictures[-1]) < 30
    assert media.samples(work.out).shape[1] / media.RATE == pytest.approx(made.duration, abs=0.06)


def test_given_sound_is_followed_by_silence_where_it_is_shorter(job: MakeJob) -> None:
    content = {
        "media": [{"type": "first_frame", "url": "picture"}, {"type": "driving_audio", "url": "voice"}]
    }
    work = job("i2v_media", None, content, {"resolution": "720P", "duration": 4})
    render(work)
    heard = media.samples(work.out)
    assert heard.shape[1] / media.RATE == pytest.approx(4.0, abs=0.06)
    assert np.abs(heard[:, : 2 * media.RATE]).max() > 0.2
    assert np.abs(heard[:, int(3.3 * media.RATE) :]).max() < 0.01


def test_clip_counts_towards_the_duration_and_the_last_frame_ends_it(job: MakeJob) -> None:
    content = {"media": [{"type": "first_clip", "url": "sounding"}, {"type": "last_frame", "url": "blue"}]}
    work = job("i2v_media", None, content, {"resolution": "720P", "duration": 4})
    made = render(work)
    assert made.duration == 4.0
    red, _, blue = media.frames(work.out)[-1][400:, 100:].reshape(-1, 3).mean(axis=0)
    assert blue > 180 > 60 > red


@pytest.mark.parametrize(
    ("family", "model", "content", "parameters", "expected"),
    [
        ("t2v", "wan2.5-t2v-preview", {"prompt": "x"}, {"size": "480*832"}, (480, 832, 5.0, True)),
        ("t2v", "wan2.7-t2v", {"prompt": "x"}, {"resolution": "720P", "ratio": "4:3", "duration": 2}, (1104, 832, 2.0, True)),
        ("t2v", "wan2.2-t2v-plus", {"prompt": "x"}, {"size": "832*480"}, (832, 480, 5.0, False)),
        ("r2v", "wan2.6-r2v", {"reference_urls": ["red", "small"]}, {"size": "1280*720", "duration": 2}, (1280, 720, 2.0, True)),
        ("kf2v", "wan2.2-kf2v-flash", {"first_frame_url": "picture", "last_frame_url": "blue"}, {"resolution": "480P"}, (832, 464, 5.0, False)),
        ("wan3", "wan3.0-video", {"prompt": "x"}, {"resolution": "480P", "ratio": "9:16", "duration": -1, "audio": False}, (480, 832, 5.0, False)),
        ("animate", "wan2.2-animate-mix", {"image_url": "red", "video_url": "sounding"}, {"mode": "wan-std"}, (640, 360, 3.0, True)),
        ("s2v", "wan2.2-s2v", {"image_url": "red", "audio_url": "voice"}, {}, (624, 624, 3.0, True)),
        ("happyhorse_i2v", "happyhorse-1.0-i2v", {"media": [{"type": "first_frame", "url": "red"}]}, {"resolution": "720P", "duration": 3}, (960, 960, 3.0, True)),
        ("happyhorse_r2v", "happyhorse-1.1-r2v", {"media": [{"type": "reference_image", "url": "red"}]}, {"resolution": "480P", "ratio": "21:9", "duration": 3}, (960, 400, 3.0, True)),
        ("happyhorse_video_edit", "happyhorse-1.0-video-edit", {"media": [{"type": "video", "url": "sounding"}]}, {"resolution": "720P"}, (1280, 720, 3.0, True)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_family_obeys_size_and_length(
    job: MakeJob,
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


def test_style_transform_has_its_own_frame_rate_and_short_side(job: MakeJob) -> None:
    work = job("style", None, {"video_url": "short"}, {"video_fps": 20, "min_len": 540})
    made = render(work)
    assert (made.width, made.height, made.fps, made.frames) == (720, 540, 20, 20)
    assert probe(work.out).fps == 20


# Looking into files


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
    assert sound.duration == pytest.approx(3.0, abs=0.05)


def test_clip_filmed_upright_is_shown_upright(files: dict[str, Path], tmp_path: Path) -> None:
    # A phone stores the turn in the track header's matrix; the identity there becomes a turn by 90 degrees.
    content = bytearray(files["clip"].read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    one, none = (0x10000).to_bytes(4, "big"), bytes(4)
    assert content[matrix : matrix + 4] == one
    content[matrix : matrix + 20] = none + one + none + (-0x10000).to_bytes(4, "big", signed=True) + none
    turned = _written(tmp_path / "turned.mp4", bytes(content))
    assert (probe(turned).width, probe(turned).height) == (360, 640)
    work = RenderJob(
        "vace", "video_outpainting", {"video_url": "u"}, {"top_scale": 1.5}, {"u": turned}, tmp_path / "o"
    )
    made = render(work)
    assert (made.width, made.height) == (360, 640 + 320)
    upright = np.rot90(media.frames(files["clip"])[4], -1)
    assert media.psnr(media.frames(work.out)[4][320:], upright) > ALIKE


# Refusals

VIDEO_FORMAT = "The media format is not supported or incorrect for the data inspection."
IMAGE_FORMAT = "Failed to decode the image during the data inspection."


@pytest.mark.parametrize(
    ("family", "function", "content", "parameters", "code", "message"),
    [
        ("vace", "video_outpainting", {"video_url": "noise"}, {}, "InvalidParameter.DataInspection", VIDEO_FORMAT),
        ("vace", "video_outpainting", {"video_url": "red"}, {}, "InvalidParameter.DataInspection", VIDEO_FORMAT),
        ("vace", "video_outpainting", {"video_url": "gone"}, {}, "InvalidParameter.DataInspection", "Unable to download"),
        ("vace", "video_outpainting", {"video_url": "slow"}, {}, "InvalidParameter", "12 frames per second; at least 16"),
        ("vace", "video_outpainting", {"video_url": "clip"}, {"top_scale": 2.5}, "InvalidParameter", "top_scale"),
        ("vace", "video_outpainting", {}, {}, "InvalidParameter", "Field required: input.video_url"),
        ("vace", "video_dubbing", {"video_url": "clip"}, {}, "InvalidParameter", "video_dubbing"),
        ("vace", "image_reference", {"ref_images_url": ["noise"]}, {}, "InvalidParameter.DataInspection", IMAGE_FORMAT),
        ("vace", "image_reference", {"ref_images_url": ["tiny"]}, {}, "InvalidParameter", "the size of input image is too small or too large."),
        ("vace", "image_reference", {"ref_images_url": ["red", "blue"]}, {"obj_or_bg": ["obj"]}, "InvalidParameter", "must be the same length"),
        ("vace", "image_reference", {"ref_images_url": ["red"]}, {"size": "720P"}, "InvalidParameter", "720P"),
        ("vace", "video_edit", {"video_url": "clip"}, {}, "InvalidParameter", "mask_image_url"),
        ("vace", "video_edit", {"video_url": "clip", "mask_image_url": "other mask"}, {}, "InvalidParameter", "The size is not match: mask_image_url is 320x180, video_url is 640x360."),
        ("vace", "video_edit", {"video_url": "clip", "mask_video_url": "short"}, {}, "InvalidParameter", "The size is not match: mask_video_url is 320x240"),
        ("vace", "video_edit", {"video_url": "clip", "mask_video_url": "short mask clip"}, {}, "InvalidParameter", "The length is not match"),
        ("vace", "video_edit", {"video_url": "clip", "mask_image_url": "mask", "mask_frame_id": 40}, {}, "InvalidParameter", "mask_frame_id"),
        ("vace", "video_extension", {"prompt": "x"}, {}, "InvalidParameter", "first_frame_url"),
        ("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "canny"}, "InvalidParameter", "canny"),
        ("vace", "video_repainting", {"video_url": "clip"}, {"strength": "much"}, "InvalidParameter", "strength"),
        ("videoedit", None, {"media": [{"type": "video", "url": "clip"}]}, {}, "InvalidParameter", "The duration of video is 1.00 s; it must be from 2 to 10 s."),
        ("i2v", None, {"img_url": "tiny"}, {}, "InvalidParameter", "the size of input image is too small or too large."),
        ("i2v", None, {"img_url": "red"}, {"resolution": "4K"}, "InvalidParameter", "4K"),
        ("i2v", None, {"img_url": "red", "audio_url": "red"}, {}, "InvalidParameter.DataInspection", VIDEO_FORMAT),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_the_service_s_words(
    job: MakeJob,
    family: str,
    function: str | None,
    content: dict[str, Any],
    parameters: dict[str, Any],
    code: str,
    message: str,
) -> None:
    work = job(family, function, content, parameters)
    with pytest.raises(ServiceRefusal) as refused:
        render(work)
    assert (refused.value.http_status, refused.value.code) == (400, code)
    assert message in refused.value.message
    assert not work.out.exists()


def test_clip_cut_short_is_refused_and_leaves_no_file(
    files: dict[str, Path], job: MakeJob, tmp_path: Path
) -> None:
    whole = job("vace", "video_repainting", {"video_url": "small"}, {"control_condition": "scribble"})
    render(whole)
    content = whole.out.read_bytes()
    shutil.move(whole.out, tmp_path / "whole.mp4")
    cut = _written(tmp_path / "cut.mp4", content[: len(content) // 2])
    work = RenderJob("vace", "video_outpainting", {"video_url": "u"}, {}, {"u": cut}, tmp_path / "out.mp4")
    with pytest.raises(ServiceRefusal, match="media format"):
        render(work)
    assert not work.out.exists()
