"""Reading and writing pictures and sound: nothing is lost, doubled, turned or moved."""

from __future__ import annotations

import gc
import weakref
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.rates import usual_rate
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import MovieWriter, Written
from tests.media import numbered

RATES = (16, 24, Fraction(24000, 1001), 25, Fraction(30000, 1001), 30, Fraction(60000, 1001), 60)
USUAL = {"29.97": "30000/1001", "30": "30", "29.9999": "30", "23.976": "24000/1001", "12.5": "25/2"}


def copied(source: Path, out: Path, *, sound: bool = False) -> Written:
    with Video(source) as video:
        size = video.width // 2 * 2, video.height // 2 * 2
        heard = Sound(source, start=video.start) if sound else None
        with MovieWriter(out, size, video.rate, colours=video.colours, sound=heard) as writer:
            for picture in video.steady_frames():
                writer.write(picture)
        return writer.written


def read_to_the_end(source: Path) -> None:
    with Video(source) as video:
        for _ in video.steady_frames(Fraction(60)):
            pass


@pytest.mark.parametrize("rate", RATES)
def test_of_a_steady_clip_each_frame_comes_once(rate: Fraction | int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 100, rate=rate)
    with Video(source) as video:
        assert video.rate == rate
        assert [numbered.read(picture) for picture in video.steady_frames()] == list(range(100))


@pytest.mark.parametrize("kind", ["matroska", "mov", "mpegts", "flv"])
def test_containers_that_round_times_lose_no_frame(kind: str, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.video", 90, rate=Fraction(30000, 1001), kind=kind)
    with Video(source) as video:
        assert [numbered.read(picture) for picture in video.steady_frames()] == list(range(90))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_come_upright(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 12, size=(128, 64), rotation=turn)
    seen = numbered.numbers(source)
    with Video(source) as video:
        assert (video.width, video.height) == ((64, 128) if turn % 180 else (128, 64))
        assert [
            numbered.number_in(frame.picture.to_ndarray(format="gray")) for frame in video.frames()
        ] == seen


def test_uneven_times_become_a_constant_rate(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 5, rate=50, times=[0, 2, 3, 8, 10])
    with Video(source) as video:
        got = [numbered.read(picture) for picture in video.steady_frames(Fraction(25))]
    assert got[:5] == [0, 1, 2, 2, 3]  # frame 2, due at 1.5, falls on 2; frame 3, due at 4, comes next
    assert got[5] == 4


@pytest.mark.parametrize(
    ("rate", "count"), [(24, 24), (16, 16), (60, 60), (120, 120), (Fraction(24000, 1001), 24)]
)
def test_another_rate_keeps_the_length(rate: Fraction | int, count: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60, rate=60)
    with Video(source) as video:
        assert sum(1 for _ in video.steady_frames(Fraction(rate))) == count


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_frames_from_the_middle_are_those_of_the_middle(kind: str, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.video", 300, kind=kind, options={"g": "40", "bf": "2"})
    with Video(source) as video:
        assert [numbered.read(picture) for picture in video.steady_frames(first=211, end=223)] == list(
            range(211, 223)
        )


def test_a_written_copy_has_the_frames_and_the_sound_where_they_were(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 100, sound=5.5, sound_start=0.25)
    written = copied(source, tmp_path / "out.mp4", sound=True)
    assert written.frames == 100
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(100))
    heard = numbered.clicks(tmp_path / "out.mp4")
    assert np.allclose(heard, [0.25, 1.25, 2.25, 3.25], atol=0.005)
    with av.open(str(tmp_path / "out.mp4")) as container:
        audio = container.streams.audio[0]
        assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(4.0, abs=0.03)


def test_sound_that_begins_before_the_pictures_is_cut_there(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 75, times=list(range(25, 100)), sound=4.0)
    copied(source, tmp_path / "out.mp4", sound=True)
    assert np.allclose(numbered.clicks(tmp_path / "out.mp4"), [0, 1, 2], atol=0.005)


def test_a_file_cut_short_is_told_from_a_whole_one(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 200, size=(320, 240))
    with MovieWriter(tmp_path / "first.mp4", (320, 240), Fraction(25)) as writer:
        for number in range(200):
            writer.write(numbered.made(number, (320, 240)))
    whole = (tmp_path / "first.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "noindex.mp4").write_bytes(source.read_bytes()[:2000])
    for name in ("cut.mp4", "noindex.mp4"):
        with pytest.raises(InputUnfitError, match=f"{name} .*(cut short|can't be decoded)"):
            read_to_the_end(tmp_path / name)


def test_a_pause_of_hours_between_two_frames_is_refused_at_once(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 3, times=[0, 1, 10_000_000])
    with pytest.raises(InputUnfitError, match="would stand for"):
        read_to_the_end(source)


def test_a_closed_video_lets_go_of_its_decoder_at_once(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 10)
    gc.disable()
    try:
        with Video(source) as video:
            assert numbered.read(next(video.steady_frames())) == 0
        gone = weakref.ref(video)
        del video
        assert gone() is None
    finally:
        gc.enable()


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    def write_and_fail() -> None:
        with MovieWriter(tmp_path / "out.mp4", (64, 64), Fraction(25)) as writer:
            writer.write(numbered.made(1, (64, 64)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", USUAL)
def test_an_average_rate_is_taken_for_the_usual_one_beside_it(said: str) -> None:
    assert usual_rate(Fraction(said)) == Fraction(USUAL[said])
