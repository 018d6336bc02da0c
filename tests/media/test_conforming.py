"""Conforming: the frames that were there, where they were, in the sides, rate, length and size that are wanted."""

from __future__ import annotations

import logging
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.conforming import conform, conform_for
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.probe import probe
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.targets import FITTINGS, Size, Target
from airflow_provider_wan.media.writing import Encoding, MovieWriter
from tests.media import numbered

RED = (200, 40, 90)


def facts(path: Path) -> MediaFacts:
    with path.open("rb") as file:
        return probe(file)


def flat(
    path: Path,
    *,
    pixels: str = "yuv420p",
    matrix: int = 2,
    span: int = 0,
    codec: str = "libx264",
    turn: int = 0,
) -> Path:
    """A clip of one colour, said by whatever numbers stand for it."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, pixels
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, span
        if turn:
            stream.set_display_rotation(turn)
        colour = np.full((120, 160, 3), RED, np.uint8)
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(colour, format="rgb24")
            if pixels != "rgb24":
                frame = frame.reformat(
                    format=pixels,
                    dst_colorspace=matrix if matrix in (1, 5) else None,
                    dst_color_range=span or None,
                )
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shown(path: Path) -> tuple[Any, Any]:
    """The colours in the middle and in the corner of a clip's first picture, as players show them."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    matrix = {1: 1, 5: 5, 6: 5}.get(int(frame.colorspace))
    picture = np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=matrix))
    return picture[picture.shape[0] // 2, picture.shape[1] // 2].tolist(), picture[0, 0].tolist()


def noise(path: Path, *, sound: bool = False, size: Size = (160, 120), frames: int = 50) -> Path:
    """A clip that can't be packed well."""
    random = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "1"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(frames):
            pixels = random.integers(16, 235, (size[1] * 3 // 2, size[0]), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def bars(size: Size, frame: Size) -> tuple[float, float, float, float]:
    """Where a padded picture stands, as shares of the frame."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    wide, high = size[0] * scale / frame[0], size[1] * scale / frame[1]
    return (1 - wide) / 2, (1 - high) / 2, (1 + wide) / 2, (1 + high) / 2


def test_every_frame_comes_once_scaled_and_on_black(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60, size=(160, 80))
    made = conform(source, tmp_path / "out.mp4", Target(128, 128, Fraction(25)))
    assert (made.path, made.frames, made.width, made.height) == (tmp_path / "out.mp4", 60, 128, 128)
    assert numbered.numbers(made.path, bars((160, 80), (128, 128))) == list(range(60))
    assert shown(made.path)[1] == [0, 0, 0]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("fit", FITTINGS)
def test_a_shape_is_kept_cut_or_distorted(fit: Any, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 10, size=(240, 80))
    made = conform(source, tmp_path / "out.mp4", Target(80, 80, Fraction(25), fit=fit))
    with av.open(str(made.path)) as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray").astype(int)
    black = (luma < numbered.DARK / 2).mean()
    assert black == pytest.approx(2 / 3 if fit == "pad" else 0, abs=0.05)
    if fit == "stretch":
        assert numbered.numbers(made.path) == list(range(10))
    if fit == "crop":
        whole = numbered.picture(7, (240, 80))[: 240 * 80].reshape(80, 240)[:, 80:160]
        with Video(made.path) as video:
            kept = [frame.to_ndarray(format="gray") for frame in video.steady_frames()][7]
        # Only along the edges of fields may it differ.
        assert (abs(kept.astype(int) - whole) < 20).mean() > 0.9


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("size", [(128, 64), (125, 63)])
def test_turned_and_odd_pictures_come_upright_and_even(turn: int, size: Size, tmp_path: Path) -> None:
    odd = size[0] % 2
    source = numbered.clip(
        tmp_path / ("in.mov" if odd else "in.mp4"),
        12,
        size=size,
        rotation=turn,
        codec="png" if odd else "libx264",
        pixels="rgb24" if odd else "yuv420p",
    )
    seen = numbered.numbers(source)
    wide, high = (side // 2 * 2 for side in (size if turn == 180 else size[::-1]))
    made = conform(source, tmp_path / "out.mp4", Target(wide, high, Fraction(25)))
    assert numbered.numbers(made.path) == seen
    assert facts(made.path).width == wide


@pytest.mark.parametrize("rate", [Fraction(16), Fraction(30000, 1001), Fraction(50), Fraction(60)])
def test_frames_are_those_of_their_time_at_another_rate(rate: Fraction, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 50)
    with Video(source) as video:
        wanted = [numbered.read(picture) for picture in video.steady_frames(rate)]
    made = conform(source, tmp_path / "out.mp4", Target(128, 96, rate))
    assert numbered.numbers(made.path) == wanted
    assert made.seconds == pytest.approx(2, abs=float(1 / rate))
    assert [round(time * rate) for time in numbered.frame_times(made.path)] == list(range(made.frames))


def test_uneven_frames_become_even_and_are_shown_when_they_were(tmp_path: Path) -> None:
    times = [0, 1, 2, 5, 9, 10, 11, 20, 22, 24]
    source = numbered.clip(tmp_path / "in.mp4", 10, rate=25, times=times)
    made = conform(source, tmp_path / "out.mp4", Target(128, 96, Fraction(25)))
    last = [max(number for number, time in enumerate(times) if time <= at) for at in range(25)]
    assert numbered.numbers(made.path)[:25] == last


def test_only_the_first_seconds_stay_and_the_sound_with_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 150, sound=True)
    made = conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(25), 2.5))
    assert numbered.numbers(made.path) == list(range(62))
    assert np.allclose(numbered.clicks(made.path), [0, 1, 2], atol=0.005)
    with av.open(str(made.path)) as container:
        assert container.duration
        assert container.duration / av.time_base == pytest.approx(62 / 25, abs=0.025)
    source = numbered.clip(tmp_path / "in.mp4", 150, sound=True)
    conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(25), 2.5))
    assert "in.mp4: only the first 2.48 s of 6 s are kept" in caplog.text


def test_sound_is_where_it_was_or_away(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 100, sound=5.5, sound_start=0.25)
    made = conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(30)))
    assert made.sound
    assert np.allclose(numbered.clicks(made.path), [0.25, 1.25, 2.25, 3.25], atol=0.005)
    made = conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(30)), sound=False)
    assert not made.sound
    assert not facts(made.path).sound


@pytest.mark.parametrize("sound", [True, False])
def test_what_fits_is_copied_byte_for_byte(
    sound: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = numbered.clip(tmp_path / "in.mp4", 50, sound=sound)
    made = conform(source, tmp_path / "out.mp4", Target(128, 96, Fraction(25), 2.0, 1 << 20))
    assert made.path.read_bytes() == source.read_bytes()
    assert (made.frames, made.rate, made.sound) == (50, Fraction(25), sound)
    assert "in.mp4 fits already: is copied as it is" in caplog.text


@pytest.mark.parametrize(
    "how", ["mov", "matroska", "too long a sound", "no sound wanted", "another track", "a late start"]
)
def test_pictures_that_fit_are_copied_into_a_container_that_does(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = tmp_path / "in.mp4"
    late = how == "a late start"
    numbered.clip(
        source,
        50,
        sound=5.0 if how == "too long a sound" else how != "another track",
        kind=how if how in ("mov", "matroska") else None,
        times=list(range(10, 60)) if late else None,
    )
    if how == "another track":
        source = with_subtitles(source, tmp_path / "more.mp4")
    wanted = how not in ("no sound wanted", "another track")
    made = conform(source, tmp_path / "out.mp4", Target(128, 96, Fraction(25)), sound=wanted)
    assert "fits already: its pictures are copied as they are" in caplog.text
    assert numbered.numbers(made.path) == list(range(50))
    found = facts(made.path)
    assert (found.format, found.sound, found.seconds) == ("mp4", wanted, 2.0)
    with av.open(str(made.path)) as container:
        assert len(container.streams) == 1 + wanted
        assert (container.duration or 0) / av.time_base == pytest.approx(2.0, abs=0.025)
    if wanted:
        # The sound begins 0.4 s before the pictures that come late, and loses that.
        assert np.allclose(numbered.clicks(made.path), [0.6] if late else [0, 1], atol=0.005)


def with_subtitles(source: Path, out: Path) -> Path:
    with av.open(str(source)) as given, av.open(str(out), "w") as container:
        copies = [container.add_stream_from_template(given.streams.video[0]) for _ in range(2)]
        packets = [packet for packet in given.demux(given.streams.video[0]) if packet.size]
        with av.open(str(source)) as again:
            more = [packet for packet in again.demux(again.streams.video[0]) if packet.size]
        for pair in zip(packets, more, strict=True):
            for packet, stream in zip(pair, copies, strict=True):
                packet.stream = stream
                container.mux(packet)
    return out


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"codec": "mpeg4"}, {}),
        ({"pixels": "yuv444p"}, {}),
        ({"rotation": 180}, {}),
        ({"times": [0, *range(2, 51)]}, {}),
        ({"rate": 50, "times": [*range(0, 98, 2), 99]}, {}),
        ({}, {"width": 126}),
        ({}, {"rate": Fraction(24)}),
        ({}, {"seconds": 1.99}),
    ],
)
def test_what_does_not_fit_is_packed_anew(
    source: dict[str, Any], target: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clip = numbered.clip(tmp_path / "in.mp4", 50, **source)
    made = conform(
        clip, tmp_path / "out.mp4", Target(**{"width": 128, "height": 96, "rate": Fraction(25), **target})
    )
    assert "fits already" not in caplog.text
    with av.open(str(made.path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert next(container.decode(stream)).rotation == 0
    times = numbered.frame_times(made.path)
    assert times == [number / made.rate for number in range(made.frames)]


def test_a_video_may_be_conformed_in_place(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 30, sound=True)
    for side in (64, 64, 96):
        made = conform(source, source, Target(side, side, Fraction(25), fit="stretch"))
        assert numbered.numbers(made.path) == list(range(30))
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize(
    ("kind", "how", "matrix"),
    [
        ("mp4", {"matrix": 1, "span": 1}, 1),
        ("mp4", {"matrix": 5, "span": 1}, 5),
        ("mp4", {"matrix": 1, "span": 2}, 1),
        ("mp4", {"matrix": 1, "span": 1, "pixels": "yuv444p"}, 1),
        ("mp4", {"matrix": 1, "span": 1, "pixels": "yuv420p10le"}, 1),
        ("mp4", {}, 2),
        ("avi", {"span": 2, "pixels": "yuvj420p", "codec": "mjpeg"}, 5),
        ("mkv", {"matrix": 1, "span": 2, "codec": "libvpx-vp9"}, 1),
        ("mkv", {"pixels": "rgb24", "codec": "libx264rgb"}, 1),
        ("mov", {"pixels": "rgb24", "codec": "png"}, 1),
    ],
)
def test_colours_look_as_before(
    kind: str, how: dict[str, Any], matrix: int, turn: int, tmp_path: Path
) -> None:
    turn = turn if kind in ("mp4", "mov") else 0
    source = flat(tmp_path / f"in.{kind}", turn=turn, **how)
    made = conform(source, tmp_path / "out.mp4", Target(200, 200, Fraction(25)))
    middle, corner = shown(made.path)
    assert middle == pytest.approx(RED, abs=4)
    assert corner == [0, 0, 0]
    with Video(made.path) as video:
        assert video.colours.matrix == matrix
        assert not video.colours.full


def test_each_picture_is_fitted_where_their_size_changes_within_the_video(tmp_path: Path) -> None:
    paths = [
        numbered.clip(tmp_path / f"{side}.ts", 10, size=(side, 96), kind="mpegts", times=times)
        for side, times in ((32, range(10)), (128, range(10, 20)))
    ]
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(path.read_bytes() for path in paths))
    made = conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(25)))
    with Video(made.path) as video:
        edges = [int(frame.to_ndarray(format="gray")[40, 2]) for frame in video.steady_frames()]
    black = [edge < numbered.DARK / 2 for edge in edges]
    assert black[:9] == [True] * 9
    assert black[-9:] == [False] * 9


def test_a_file_that_is_too_large_is_made_small_enough(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = noise(tmp_path / "in.mp4")
    for most in (600_000, 400_000, 200_000):
        caplog.clear()
        made = conform(source, tmp_path / "out.mp4", Target(160, 120, Fraction(25), max_bytes=most))
        # Not much smaller than it has to be either, as that costs quality.
        assert most / 2 < made.path.stat().st_size <= most
        assert made.frames == 50
        assert 1 <= caplog.text.count("packed again in poorer quality") <= 2


def test_a_file_that_cannot_be_made_small_enough_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    source = noise(tmp_path / "in.mp4")
    with pytest.raises(
        InputUnfitError, match=r"in\.mp4 can't be made small enough: 2 s of 160x120 .*Make it shorter"
    ):
        conform(source, tmp_path / "out.mp4", Target(160, 120, Fraction(25), max_bytes=5_000))
    assert list(tmp_path.iterdir()) == [source]


def test_quality_is_as_asked(tmp_path: Path) -> None:
    source = noise(tmp_path / "in.mp4")
    goal = Target(80, 60, Fraction(25))
    good = conform(source, tmp_path / "good.mp4", goal, encoding=Encoding(crf=10)).path.stat().st_size
    poor = conform(source, tmp_path / "poor.mp4", goal, encoding=Encoding(crf=30)).path.stat().st_size
    assert poor < good / 2


def test_a_model_is_looked_up_with_its_limits(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.avi", 130, size=(240, 16), rate=10, codec="mpeg4")
    made = conform_for(source, tmp_path / "out.mp4", "wan2.7-videoedit")
    assert (made.width, made.height, made.rate, made.seconds) == (1920, 240, Fraction(10), 10.0)
    made = conform_for(source, tmp_path / "out.mp4", "wanx2.1-vace-plus", role="first_clip_url", cut=True)
    assert (made.width, made.height, made.rate, made.seconds) == (240, 16, Fraction(20), 3.0)
    made = conform_for(source, tmp_path / "out.mp4", "wan2.7-videoedit", size=(640, 360), rate=24)
    assert (made.width, made.height, made.rate) == (640, 360, Fraction(24))


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 25)
    with pytest.raises(InputUnfitError, match=r"in\.mp4 lasts 1 s"):
        conform_for(source, tmp_path / "out.mp4", "wan2.7-videoedit")
    with pytest.raises(ValueError, match="no model of the catalogue has this id"):
        conform_for(source, tmp_path / "out.mp4", "wan9")
    whole = numbered.clip(tmp_path / "whole.mkv", 100, size=(320, 240)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputUnfitError, match=r"cut\.mkv .*(cut short|can't be decoded)"):
        conform(tmp_path / "cut.mkv", tmp_path / "out.mp4", Target(64, 48, Fraction(25)))
    assert not (tmp_path / "out.mp4").exists()


def test_nothing_goes_on_once_packing_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(writer: MovieWriter, picture: av.VideoFrame) -> None:
        raise OSError(28, "No space left on device")

    source = numbered.clip(tmp_path / "in.mp4", 100)
    monkeypatch.setattr(MovieWriter, "write", fail)
    before = threading.active_count()
    with pytest.raises(OSError, match="No space left"):
        conform(source, tmp_path / "out.mp4", Target(64, 48, Fraction(25)))
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == [source]


def test_pictures_that_end_before_the_sound_are_told_from_long_ones(tmp_path: Path) -> None:
    # A Matroska file says only how long the longest of its tracks is.
    source = numbered.clip(tmp_path / "in.mkv", 25, size=(320, 240), sound=8.0)
    with pytest.raises(InputUnfitError, match=r"video=in\.mkv: lasts 1 s; at least 2 s are required"):
        conform_for(source, tmp_path / "out.mp4", "wan2.7-videoedit")
    assert list(tmp_path.iterdir()) == [source]
