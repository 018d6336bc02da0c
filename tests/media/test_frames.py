"""Taking frames: exactly the one that was asked for, upright, and no more decoded than it takes."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.frames import take_frames
from airflow_provider_wan.media.reading import Video
from tests.media import numbered

REORDERED = {"preset": "medium", "bf": "3", "g": "40"}
"""With B-frames: packets come in another order than pictures."""


def number_on(path: Path) -> int:
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        return numbered.number_in(np.asarray(image.convert("L")))


@pytest.mark.parametrize("rate", [16, Fraction(24000, 1001), 25, Fraction(30000, 1001), 60])
def test_each_frame_is_the_one_that_was_asked_for(rate: Fraction | int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 130, rate=rate, options=REORDERED)
    taken = take_frames(source, tmp_path / "new" / "out", ["last", 77, "first", 0, 129, 77])
    assert [path.name for path in taken] == [
        "last.png", "000077.png", "first.png", "000000.png", "000129.png", "000077.png",
    ]  # fmt: skip
    assert [number_on(path) for path in taken] == [129, 77, 0, 0, 129, 77]
    assert sorted(tmp_path.joinpath("new", "out").iterdir()) == sorted(set(taken))


@pytest.mark.parametrize("kind", ["mp4", "mov", "matroska", "mpegts", "flv", "avi"])
def test_far_frames_and_the_last_are_found_in_any_container(kind: str, tmp_path: Path) -> None:
    codec = "mpeg4" if kind == "avi" else "libx264"
    options = {} if kind == "avi" else REORDERED
    source = numbered.clip(
        tmp_path / "in.video", 700, rate=Fraction(30000, 1001), kind=kind, codec=codec, options=options
    )
    taken = take_frames(source, tmp_path, [3, 650, 320, "last"])
    assert [number_on(path) for path in taken] == [3, 650, 320, 699]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_are_upright(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60, size=(128, 64), rotation=turn)
    wanted = numbered.numbers(source)
    first, last = take_frames(source, tmp_path, ["first", "last"])
    with Image.open(last) as image:
        assert image.size == ((64, 128) if turn % 180 else (128, 64))
    assert [number_on(first), number_on(last)] == [wanted[0], wanted[-1]]


def test_odd_sides_and_a_single_frame(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", [5], size=(127, 95), codec="ffv1")
    for path in take_frames(source, tmp_path, ["first", "last", 0]):
        assert number_on(path) == 5
        with Image.open(path) as image:
            assert image.size == (127, 95)


def test_colours_are_those_of_the_video(tmp_path: Path) -> None:
    for matrix, name in ((1, "709"), (5, "601")):
        path = tmp_path / f"{name}.mp4"
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("libx264", rate=25, options={"crf": "1"})
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            stream.codec_context.colorspace = matrix
            orange = av.VideoFrame.from_ndarray(
                np.full((64, 64, 3), (220, 120, 40), np.uint8), format="rgb24"
            )
            frame = orange.reformat(format="yuv420p", dst_colorspace=matrix)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with Image.open(take_frames(path, tmp_path / name, ["last"])[0]) as image:
            assert np.allclose(np.asarray(image)[32, 32], (220, 120, 40), atol=4)


@pytest.mark.parametrize(
    "times", [[0, 1, 2, 7, 8, 9, 30, 31, 80, 81, 82, 140], [0, 3, 4, 5, 7, 9, 11, 12, 15]]
)
def test_of_uneven_times_frames_are_counted_at_the_steady_rate(times: list[int], tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", len(times), rate=50, times=times)
    with Video(source) as video:
        steady = [numbered.read(picture) for picture in video.steady_frames()]
    assert len(set(steady)) < len(times)
    assert [number_on(path) for path in take_frames(source, tmp_path / "out", range(len(steady)))] == steady
    assert number_on(take_frames(source, tmp_path, ["last"])[0]) == steady[-1]


def test_a_last_picture_that_stands_for_long_is_found(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 60, times=[*range(59), 400], sound=19.0)
    assert number_on(take_frames(source, tmp_path, ["last"])[0]) == 59


def test_a_number_beyond_the_end_says_how_many_frames_there_are(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 300, options={"g": "30"})
    for beyond in (300, 301, 100_000, 10**8):
        with pytest.raises(InputUnfitError, match=rf"in\.mp4 has 300 frames, .*no frame {beyond}\."):
            take_frames(source, tmp_path / "out", [0, beyond])
        assert list((tmp_path / "out").iterdir()) == []
    assert number_on(take_frames(source, tmp_path, [299])[0]) == 299


@pytest.mark.parametrize("which", [[], "last", [-1], [True], [1.0], ["middle"], [10**30], [None]])
def test_what_is_no_frame_is_refused_before_the_file_is_opened(which: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="which="):
        take_frames(tmp_path / "missing.mp4", tmp_path / "out", which)
    assert not (tmp_path / "out").exists()


def test_a_file_cut_short_has_no_last_frame(tmp_path: Path) -> None:
    numbered.clip(tmp_path / "in.mkv", 600, size=(320, 240), options={"g": "30"})
    data = (tmp_path / "in.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(InputUnfitError, match="cut short"):
        take_frames(tmp_path / "cut.mkv", tmp_path, ["last"])
    assert not (tmp_path / "last.png").exists()


def test_ends_and_far_frames_of_a_long_file_take_little(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 6000, size=(320, 240), options={"g": "50"})
    begun = time.process_time()
    with Video(source) as video:
        for _ in video.steady_frames():
            pass
    whole = time.process_time() - begun
    begun = time.process_time()
    taken = take_frames(source, tmp_path, ["first", 3000, "last"])
    assert time.process_time() - begun < whole / 2
    assert [number_on(path) for path in taken] == [0, 3000, 5999]
