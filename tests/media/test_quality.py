"""The quality gate passes what the emulator makes, and finds each fault that is planted into it."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.emulator.render import RenderJob, render
from airflow_provider_wan.media.quality import Expectations, QualityError, Report, Untouched, check_video
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import MovieWriter
from tests.emulator.rendering import media
from tests.media import numbered

pytestmark = pytest.mark.xdist_group("quality")  # the edits that all of them look at are made once

Pixels = npt.NDArray[np.uint8]
Touch = Callable[[int, Pixels], Pixels]
"""Takes a frame's number and its RGB pixels, and gives those that stand in its place."""
SCALES: dict[str, Any] = {"top_scale": 1.5, "left_scale": 1.25, "right_scale": 1.3}
SECONDS = 2.4


@dataclass(frozen=True)
class Edit:
    """What the emulator made of a clip, and how it is checked."""

    result: Path
    reference: Path
    untouched: Untouched
    size: tuple[int, int]
    kept: tuple[int, int, int, int]
    """A part of the picture that should be left alone, a twentieth of it: left, top, right, bottom."""

    def check(self, video: Path | None = None, **more: Any) -> Report:
        more = {"raise_on_fault": False, "reference": self.reference, "untouched": self.untouched, **more}
        return check_video(video or self.result, **more)


@pytest.fixture(scope="module")
def edits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edit]:
    folder = tmp_path_factory.mktemp("edits")
    clip = media.clip(folder / "clip.mp4", media.SIZE, seconds=SECONDS, fps=25, sound=True)
    mask = media.mask(folder / "mask.png", media.SIZE, media.BOX)
    mask_clip = media.mask_clip(folder / "mask.mp4", media.SIZE, media.BOX, round(SECONDS * 25), fps=25)

    def made(name: str, function: str, content: dict[str, Any], parameters: dict[str, Any]) -> Any:
        files = {"clip": clip, "mask": mask, "mask clip": mask_clip}
        return render(RenderJob("vace", function, content, parameters, files, folder / f"{name}.mp4"))

    outer = made("outpainted", "video_outpainting", {"video_url": "clip"}, SCALES)
    content = {"video_url": "clip", "mask_image_url": "mask"}
    made("edited", "video_edit", content, {"mask_type": "fixed"})
    made("masked", "video_edit", {"video_url": "clip", "mask_video_url": "mask clip"}, {})
    longer = made("extended", "video_extension", {"first_clip_url": "clip"}, {})
    made("led", "video_extension", {"last_clip_url": "clip"}, {})
    mark, width, height = longer.mark, longer.width, longer.height
    marked = (0.0, 0.0, (mark.left + mark.width + 16) / width, (mark.top + mark.height + 16) / height)
    whole = outer.width, outer.height
    kept, beside = (280, 300, 500, 420), (40, 120, 160, 220)
    at = folder / "outpainted.mp4", folder / "edited.mp4", folder / "masked.mp4"
    return {
        "outpainted": Edit(at[0], clip, Untouched(part="middle", **SCALES), whole, kept),
        "edited": Edit(at[1], clip, Untouched(part=mask), media.SIZE, beside),
        "masked": Edit(at[2], clip, Untouched(part=mask_clip), media.SIZE, beside),
        "extended": Edit(
            folder / "extended.mp4", clip, Untouched(part="start", ignore=[marked]), media.SIZE, beside
        ),
        "led": Edit(folder / "led.mp4", clip, Untouched(part="end", ignore=[marked]), media.SIZE, beside),
    }


def replayed(
    source: Path,
    out: Path,
    touch: Touch = lambda number, pixels: pixels,
    *,
    rate: Fraction | None = None,
    size: tuple[int, int] | None = None,
    sound: Path | None = None,
) -> Path:
    """Write a video again, with its pictures touched."""
    with Video(source) as video:
        heard = None if sound is None else Sound(sound)
        size = size or (video.width, video.height)
        with MovieWriter(out, size, rate or video.rate, sound=heard) as writer:
            for number, frame in enumerate(video.steady_frames(rate)):
                pixels = touch(number, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                writer.write(av.VideoFrame.from_ndarray(pixels, format="rgb24"))
    return out


def black(first: int, end: int) -> Touch:
    return lambda number, pixels: pixels * 0 if first <= number < end else pixels


def frozen(first: int, end: int) -> Touch:
    held: list[Pixels] = []

    def touch(number: int, pixels: Pixels) -> Pixels:
        if number == first:
            held.append(pixels)
        return held[0] if first <= number < end else pixels

    return touch


def patched(
    box: tuple[int, int, int, int],
    colour: tuple[int, int, int] = (40, 40, 40),
    frames: tuple[int, ...] = (31, 32),
) -> Touch:
    left, top, right, bottom = box

    def touch(number: int, pixels: Pixels) -> Pixels:
        if number not in frames:
            return pixels
        out = pixels.astype(np.int16)
        part = out[top:bottom, left:right]
        part += np.where(part > 128, -1, 1) * np.array(colour)
        return out.clip(0, 255).astype(np.uint8)

    return touch


def names(report: Report) -> list[str]:
    return [fault.name for fault in report.faults]


EDITS = ["outpainted", "edited", "masked", "extended", "led"]


@pytest.mark.parametrize("name", EDITS)
def test_what_the_emulator_makes_passes(name: str, edits: dict[str, Edit]) -> None:
    edit = edits[name]
    seconds = 5.0 if name in {"extended", "led"} else SECONDS
    expect = Expectations(seconds=seconds, size=edit.size, rate=Fraction(30), sound=False)
    report = edit.check(expect=expect, raise_on_fault=True)
    assert report.ok
    assert report.measured.compared is not None
    assert report.measured.compared.frames == round(SECONDS * 30)
    assert report.measured.frames == round(seconds * 30)
    # Far from the limits, so that they don't hang on this clip.
    assert report.measured.compared.block_change < 5
    assert report.measured.compared.change < 1.3


@pytest.mark.parametrize("name", EDITS)
def test_a_black_second_is_found(name: str, edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits[name]
    report = edit.check(replayed(edit.result, tmp_path / "out.mp4", black(15, 45)))
    fault = next(fault for fault in report.faults if fault.name == "black")
    assert fault.measured == pytest.approx(1.0)
    assert fault.allowed == 0.5
    assert fault.at_seconds == pytest.approx(0.5)
    assert "frozen" not in names(report), "black isn't said twice"


@pytest.mark.parametrize("name", EDITS)
def test_a_frozen_second_is_found(name: str, edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits[name]
    report = edit.check(replayed(edit.result, tmp_path / "out.mp4", frozen(20, 50)))
    fault = next(fault for fault in report.faults if fault.name == "frozen")
    assert fault.measured == pytest.approx(1.0, abs=0.1)
    assert fault.at_seconds == pytest.approx(20 / 30, abs=0.1)


@pytest.mark.parametrize("colour", [(40, 40, 40), (0, 0, 120)], ids=["bright", "blue"])
@pytest.mark.parametrize("name", EDITS)
def test_a_patch_where_nothing_should_change_is_found(
    name: str, colour: tuple[int, int, int], edits: dict[str, Edit], tmp_path: Path
) -> None:
    edit = edits[name]
    at = 31 + 75 * (name == "led")
    touched = replayed(edit.result, tmp_path / "out.mp4", patched(edit.kept, colour, (at, at + 1)))
    report = edit.check(touched)
    assert set(names(report)) == {"changed"}, report.measured
    assert report.faults[0].at_seconds in (pytest.approx(at / 30), pytest.approx((at + 1) / 30))


@pytest.mark.parametrize("name", ["outpainted", "edited", "masked"])
def test_what_is_changed_elsewhere_is_no_fault(name: str, edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits[name]
    box = (250, 70, 590, 310) if name != "outpainted" else (0, 0, edit.size[0], 170)
    assert edit.check(replayed(edit.result, tmp_path / "out.mp4", patched(box, (90, 90, 90)))).ok


def test_after_the_given_clip_an_extension_is_free(edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits["extended"]
    frames = tuple(range(80, 150))
    assert edit.check(replayed(edit.result, tmp_path / "out.mp4", patched(edit.kept, frames=frames))).ok


def test_size_rate_length_sound_and_frames_are_held_against_what_was_expected(
    edits: dict[str, Edit], tmp_path: Path
) -> None:
    out = replayed(edits["edited"].result, tmp_path / "out.mp4", rate=Fraction(24), size=(320, 180))
    expect = {"size": "640x360", "rate": 30, "seconds": 2.0, "sound": True, "frames": 72}
    report = check_video(out, expect, raise_on_fault=False)
    found = {fault.name: (fault.measured, fault.allowed) for fault in report.faults}
    assert found == {
        "size": ("320x180", "640x360"),
        "rate": (24.0, 30.0),
        "length": (58 / 24, 2.1),
        "frames": (58, 72),
        "sound": (False, True),
    }


def test_sound_is_seen(edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits["edited"]
    out = replayed(edit.result, tmp_path / "out.mp4", sound=edit.reference)
    assert edit.check(out, expect={"sound": True}).ok
    assert names(edit.check(out, expect={"sound": False})) == ["sound"]


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_cut_off_file_is_a_fault_and_no_exception(
    share: float, edits: dict[str, Edit], tmp_path: Path
) -> None:
    whole = edits["extended"].result.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * share)])
    report = edits["extended"].check(cut, picture=tmp_path / "fault.png")
    assert names(report)[0] in {"cut-off", "undecodable"}
    assert report.measured.frames < 150
    assert "cut short" in report.faults[0].what or "can't be decoded" in report.faults[0].what
    assert Image.open(tmp_path / "fault.png").size[0] >= 480


def test_a_file_that_breaks_off_on_the_way_is_measured_up_to_there(tmp_path: Path) -> None:
    whole = numbered.clip(tmp_path / "whole.mkv", 100, size=(320, 240)).read_bytes()
    cut, picture = media.written(tmp_path / "cut.mkv", whole[: len(whole) // 2]), tmp_path / "fault.png"
    report = check_video(cut, {"seconds": 4.0}, picture=picture, raise_on_fault=False)
    assert names(report) == ["cut-off", "length"]
    assert 20 < report.measured.frames < 80
    assert report.faults[0].at_seconds == report.measured.seconds == report.measured.frames / 25
    shown = np.asarray(Image.open(picture).convert("L"))
    assert numbered.number_in(shown[-12 - 240 : -12, 12 : 12 + 320]) == report.measured.frames - 1


def test_of_a_clip_that_was_cut_its_beginning_is_sought_at_the_end(tmp_path: Path) -> None:
    clip = numbered.clip(tmp_path / "clip.mp4", 50)
    out = numbered.clip(tmp_path / "out.mp4", [*range(200, 230), *range(25)])
    part = Untouched(part="end", seconds=1.0)
    assert check_video(out, reference=clip, untouched=part).ok
    assert not check_video(out, reference=clip, untouched="end", raise_on_fault=False).ok


def test_the_full_range_of_a_reference_is_no_change(tmp_path: Path) -> None:
    full = numbered.clip(tmp_path / "full.mp4", 20, size=(320, 240), pixels="yuvj420p")
    out = tmp_path / "out.mp4"
    with Video(full) as video, MovieWriter(out, (320, 240), video.rate) as writer:
        for frame in video.steady_frames():
            writer.write(frame)
    assert video.colours.full
    assert check_video(out, reference=full, untouched="start").ok


@pytest.mark.parametrize("name", ["edited", "masked"])
def test_beside_a_mask_parts_can_be_left_out(name: str, edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits[name]
    out = replayed(edit.result, tmp_path / "out.mp4", patched(edit.kept))
    part = Untouched(part=edit.untouched.part, ignore=[(0.0, 0.25, 0.3, 0.75)])
    assert edit.check(out, untouched=part).ok


@pytest.mark.parametrize("content", [b"", b"nothing of the kind" * 99])
def test_what_is_no_video_is_a_fault(content: bytes, tmp_path: Path) -> None:
    report = check_video(media.written(tmp_path / "out.mp4", content), raise_on_fault=False)
    assert names(report) == ["undecodable"]


def test_what_is_black_or_still_in_the_reference_may_be_so(edits: dict[str, Edit], tmp_path: Path) -> None:
    source = edits["edited"].reference
    for name, touch in (("black", black(10, 40)), ("frozen", frozen(10, 40))):
        reference = replayed(source, tmp_path / f"{name}.mp4", touch)
        out = replayed(reference, tmp_path / f"{name}30.mp4", rate=Fraction(30))
        assert check_video(out, reference=reference).ok
        assert names(check_video(out, raise_on_fault=False)) == [name]


@pytest.mark.parametrize(
    "how",
    [
        {"rotation": 90},
        {"size": (127, 95), "pixels": "yuv444p"},
        {"pixels": "yuv420p10le"},
        {"frames": 1},
        {"rate": Fraction(30000, 1001)},
    ],
    ids=str,
)
def test_footage_of_any_kind_is_like_itself(how: dict[str, Any], tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", **{"frames": 20, **how})
    for part in ("start", "end"):
        compared = check_video(source, reference=source, untouched=part).measured.compared
        assert compared is not None
        assert (compared.frames, compared.block_change) == (how.get("frames", 20), 0)


def test_a_hole_between_two_frames_is_a_picture_that_stands(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 8, times=[0, 1, 2, 3, 33, 34, 35, 36])
    report = check_video(source, raise_on_fault=False)
    assert names(report) == ["frozen"]
    assert report.measured.frozen_seconds == pytest.approx(30 / 25)
    assert report.measured.frozen_at == pytest.approx(3 / 25)


def test_a_tracked_mask_needs_a_margin(edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits["edited"]
    files = {"clip": edit.reference, "mask": Path(str(edit.untouched.part))}
    content = {"video_url": "clip", "mask_image_url": "mask"}
    render(RenderJob("vace", "video_edit", content, {}, files, tmp_path / "out.mp4"))
    assert names(edit.check(tmp_path / "out.mp4"))[0] == "changed"
    part = Untouched(part=edit.untouched.part, margin=0.08)
    assert edit.check(tmp_path / "out.mp4", untouched=part).ok


def test_repeated_frames_are_counted(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 50, rate=25)
    out = replayed(source, tmp_path / "out.mp4", rate=Fraction(30))
    report = check_video(out, {"max_duplicate_share": 0.1}, raise_on_fault=False)
    assert report.measured.duplicate_share == pytest.approx(1 / 6, abs=0.01)
    assert names(report) == ["duplicates"]
    assert check_video(source, {"max_duplicate_share": 0.0}).ok


def test_the_error_says_each_fault_with_both_values_the_time_and_the_picture(
    edits: dict[str, Edit], tmp_path: Path
) -> None:
    edit, picture = edits["edited"], tmp_path / "fault.png"
    out = replayed(edit.result, tmp_path / "out.mp4", patched(edit.kept))
    with pytest.raises(QualityError, match=r"out\.mp4 has 2 faults: changed: ") as caught:
        edit.check(
            out, expect={"size": (1280, 720), "max_change": None}, picture=picture, raise_on_fault=True
        )
    said, report = str(caught.value), caught.value.report
    assert isinstance(caught.value, WanError)
    assert caught.value.retry is Retry.NEVER
    assert f"{report.faults[0].measured:.1f} of 255 levels" in said
    assert "at most 16 are allowed" in said
    assert "640x360 pixels instead of 1280x720" in said
    assert f"at {report.faults[0].at_seconds:.2f} s" in said
    assert f"{picture} shows the worst frame" in said
    assert "It is not retried" in said
    assert report.picture == picture
    assert json.loads(json.dumps(report.as_dict()))["faults"][0]["name"] == "changed"


def test_the_picture_shows_the_frame_and_the_reference_and_outlines_what_differs(
    edits: dict[str, Edit], tmp_path: Path
) -> None:
    edit, picture = edits["outpainted"], tmp_path / "fault.png"
    report = edit.check(replayed(edit.result, tmp_path / "out.mp4", patched(edit.kept)), picture=picture)
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    red = (pixels[..., 0] > 200) & (np.abs(pixels[..., 1:] - 48).max(axis=2) < 30)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    scale = 960 / edit.size[0]
    assert columns[-1] - columns[0] == pytest.approx((edit.kept[2] - edit.kept[0]) * scale, abs=40)
    assert rows[-1] - rows[0] == pytest.approx((edit.kept[3] - edit.kept[1]) * scale, abs=40)
    assert columns[0] - 12 == pytest.approx(edit.kept[0] * scale, abs=20)
    assert red[rows[0] : rows[-1], columns[0] : columns[-1]].mean() < 0.2, "a line around, not through it"
    whole = round(edit.size[1] * scale)
    beside = pixels[-12 - whole : -12, 2 * 12 + 960 :][:, :960]
    left, top, right, bottom = (round(side * scale) for side in edit.untouched.box(edit.size))
    assert beside[: top - 2].std(axis=(0, 1)).max() == 0
    shown = Image.fromarray(beside[top:bottom, left:right].astype(np.uint8)).resize(media.SIZE)
    at = round(float(report.faults[0].at_seconds or 0) * 25)
    assert media.psnr(np.asarray(shown), media.frame(edit.reference, at)) > 28


def test_without_a_fault_no_picture_is_written(edits: dict[str, Edit], tmp_path: Path) -> None:
    assert edits["edited"].check(picture=tmp_path / "fault.png").picture is None
    assert not list(tmp_path.iterdir())


def test_what_is_given_wrongly_is_refused(edits: dict[str, Edit], tmp_path: Path) -> None:
    edit = edits["edited"]
    with pytest.raises(InputUnfitError, match="isn't there"):
        check_video(tmp_path / "none.mp4")
    with pytest.raises(ValueError, match="no reference is given"):
        check_video(edit.result, untouched="start")
    with pytest.raises(ValueError, match="top_scale=3"):
        Untouched(part="middle", top_scale=3)
    with pytest.raises(ValueError, match="max_blak"):
        check_video(edit.result, {"max_blak": 1})
    with pytest.raises(InputUnfitError, match=r"cut\.mp4 "):
        edit.check(reference=media.written(tmp_path / "cut.mp4", edit.reference.read_bytes()[:9000]))
    white = media.mask(tmp_path / "white.png", media.SIZE, (0, 0, *media.SIZE))
    with pytest.raises(InputUnfitError, match="leaves nothing alone"):
        edit.check(untouched=white)


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(frames: int) -> int:
        source = numbered.clip(tmp_path / f"{frames}.mp4", frames, size=(640, 360))
        tracemalloc.start()
        check_video(source, reference=source, untouched="start")
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(240) < peak(60) + 2**20
