"""Trimming and splitting: each frame where it belongs, once, and its sound with it to the sample."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.cutting import count_frames, split, trim
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.segments import Segment, overlaps, segments
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import Encoding, Written
from tests.media import numbered

RATES = (16, 24, Fraction(24000, 1001), 25, Fraction(30000, 1001), 30, 50, Fraction(60000, 1001), 60)
QUICK = Encoding(crf=18, preset="ultrafast")
LONG_GROUPS = {"g": "40", "bf": "2"}


def steady(path: Path) -> list[int]:
    """The numbers of a clip's steady frames."""
    with Video(path) as video:
        return [numbered.read(picture) for picture in video.steady_frames()]


def piece(number: int, first: int, end: int) -> Segment:
    return Segment(number, first, end)


def length(path: Path) -> tuple[Fraction, int, int, str, str]:
    """What the pictures of a file are, as it says itself."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        codec = stream.codec_context
        return stream.duration * stream.time_base, codec.width, codec.height, codec.name, codec.pix_fmt or ""


def samples(path: Path, start: Fraction, seconds: Fraction) -> npt.NDArray[Any]:
    blocks = Sound(path, start=start, seconds=seconds).blocks()
    return np.asarray(numbered.join(blocks)[0])


def noisy(path: Path, frames: int, rate: Fraction, *, late: float = 0.0) -> Path:
    """A clip of numbered pictures with noise, in which no sample is like another."""
    wave = np.random.default_rng(3).normal(0, 0.4, round(frames / rate * numbered.SOUND_RATE))
    wave = np.convolve(wave, np.ones(6) / 6, "same")  # AAC drops what is very high
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(
            "libx264", rate=rate, options={"preset": "ultrafast", **LONG_GROUPS}
        )
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = 1 / rate
        track: Any = container.add_stream("pcm_s16le", rate=numbered.SOUND_RATE, layout="mono")
        for number in range(frames):
            frame = numbered.made(number, (64, 48))
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for at in range(0, len(wave), 1000):
            whole = np.clip(wave[None, at : at + 1000] * 32767, -32768, 32767).astype(np.int16)
            block = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
            block.sample_rate, block.time_base = numbered.SOUND_RATE, Fraction(1, numbered.SOUND_RATE)
            block.pts = at + round(late * numbered.SOUND_RATE)
            container.mux(track.encode(block))
        container.mux(track.encode(None))
    return path


def lag(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> int:
    """By how many samples one wave comes later than another of the same length."""
    size = 2 * max(len(one), len(other))
    likeness = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)))
    at = int(np.argmax(likeness))
    return at if at < size // 2 else at - size


@pytest.mark.parametrize("rate", RATES)
def test_a_part_has_the_frames_from_its_start_to_the_one_before_its_end(
    rate: Fraction | int, tmp_path: Path
) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 300, rate=rate, options=LONG_GROUPS)
    near = Fraction(2, 5) / rate  # less than half a frame beside it
    for first, end in ((0, 7), (1, 2), (133, 141), (211, 300)):
        made = trim(
            source,
            tmp_path / "out.mp4",
            start=max(0, first / rate - near),
            end=end / rate + near,
            encoding=QUICK,
        )
        assert numbered.numbers(made.path) == list(range(first, end))
        assert made == Written(tmp_path / "out.mp4", end - first, Fraction(rate), 128, 96)
        lasts, *rest = length(made.path)
        assert float(lasts) == pytest.approx(float((end - first) / Fraction(rate)), abs=1e-4)
        assert rest == [128, 96, "h264", "yuv420p"]
        times = [float(time * Fraction(rate)) for time in numbered.frame_times(made.path)]
        assert times == pytest.approx(range(end - first), abs=0.01)


@pytest.mark.parametrize("kind", ["matroska", "mov", "mpegts", "flv"])
def test_other_containers_are_cut_at_the_same_frames(kind: str, tmp_path: Path) -> None:
    source = numbered.clip(
        tmp_path / "in.video", 200, rate=Fraction(30000, 1001), kind=kind, options=LONG_GROUPS
    )
    made = trim(source, tmp_path / "out.mp4", start=150 * Fraction(1001, 30000), end=6)
    assert numbered.numbers(made.path) == list(range(150, 180))
    pieces = split(source, tmp_path, [piece(0, 3, 90), piece(1, 88, 200)], encoding=QUICK)
    assert [numbered.numbers(made.path) for made in pieces] == [list(range(3, 90)), list(range(88, 200))]


def test_a_time_that_no_float_hits_finds_its_frame(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    source = numbered.clip(tmp_path / "in.mp4", 120, rate=rate)
    for first in (1, 37, 110):
        made = trim(source, tmp_path / "out.mp4", start=float(first / rate), end=float((first + 3) / rate))
        assert numbered.numbers(made.path) == [first, first + 1, first + 2]


def test_without_an_end_or_with_a_late_one_the_part_ends_with_the_video(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60)
    for end in (None, 2.4, 100.0):
        assert numbered.numbers(trim(source, tmp_path / "out.mp4", start=2, end=end).path) == list(
            range(50, 60)
        )


def test_what_comes_before_the_part_is_not_decoded(tmp_path: Path) -> None:
    """A film whose first minute is damaged gives its end, so nothing before the group of pictures was decoded."""
    source = numbered.clip(tmp_path / "in.mp4", 300, size=(320, 240), options={"g": "50", "bf": "0"})
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets[20:240]:
        assert packet.pos is not None
        data[packet.pos + 5 : packet.pos + packet.size] = bytes(packet.size - 5)
    source.write_bytes(data)
    with pytest.raises(InputUnfitError, match=r"in\.mp4"):
        trim(source, tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == [source]
    for made in (
        trim(source, tmp_path / "out.mp4", start=10.2),
        *split(source, tmp_path, [piece(0, 255, 300)]),
    ):
        assert numbered.numbers(made.path) == list(range(255, 300))


@pytest.mark.parametrize("rate", [25, 30, None])
def test_of_uneven_times_the_steady_frames_are_cut(rate: int | None, tmp_path: Path) -> None:
    ticks = itertools.accumulate(random.Random(rate).choices([1, 2, 3, 7], k=150))
    source = numbered.clip(
        tmp_path / "in.mp4", 150, rate=60, times=[0, *list(ticks)[:-1]], options=LONG_GROUPS
    )
    whole = steady(source)
    with Video(source) as video:
        own = video.rate
    made = trim(source, tmp_path / "out.mp4", start=100 / own, end=130 / own)
    assert numbered.numbers(made.path) == whole[100:130]
    plan = segments(len(whole), own, longest=2, shortest=0.5, overlap=0.2)
    for part, segment in zip(split(source, tmp_path, plan, encoding=QUICK), plan, strict=True):
        assert numbered.numbers(part.path) == whole[segment.first : segment.end]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_parts_stand_upright(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 40, size=(128, 64), rotation=turn)
    seen = numbered.numbers(source)  # as a player turns them
    size = (64, 128) if turn % 180 else (128, 64)
    made = trim(source, tmp_path / "out.mp4", start=0.4, end=1)
    (whole,) = split(source, tmp_path, [piece(0, 0, 40)])
    for out, numbers in ((made, seen[10:25]), (whole, seen)):
        assert (out.width, out.height) == length(out.path)[1:3] == size
        with av.open(str(out.path)) as container:
            assert {frame.rotation for frame in container.decode(video=0)} == {0}
        assert numbered.numbers(out.path) == numbers


@pytest.mark.parametrize("codec", ["ffv1", "huffyuv"])
def test_sides_that_are_odd_lose_a_pixel_and_nothing_is_scaled(codec: str, tmp_path: Path) -> None:
    pixels = "yuv420p" if codec == "ffv1" else "rgb24"
    source = numbered.clip(tmp_path / "in.avi", 30, size=(65, 49), codec=codec, pixels=pixels)
    made = trim(source, tmp_path / "out.mp4", start=0.2, encoding=Encoding(crf=0))
    assert (made.width, made.height) == length(made.path)[1:3] == (64, 48)
    assert numbered.numbers(made.path) == list(range(5, 30))
    (whole,) = split(source, tmp_path, [piece(0, 0, 30)])
    assert (whole.width, whole.height) == (64, 48)
    assert numbered.numbers(whole.path) == list(range(30))
    if codec == "ffv1":
        with Video(source) as before, Video(made.path) as after:
            for one, other in zip(before.steady_frames(first=5), after.steady_frames(), strict=True):
                was, now = one.to_ndarray(format="gray"), other.to_ndarray(format="gray")
                assert np.array_equal(was[:48, :64], now)


def test_a_single_frame_can_be_cut_and_can_be_all(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "one.mp4", [7], sound=1.0)
    assert numbered.numbers(trim(one, tmp_path / "out.mp4").path) == [7]
    (made,) = split(one, tmp_path, [piece(0, 0, 1)], sound=True)
    assert (made.frames, made.sound, numbered.numbers(made.path)) == (1, True, [7])
    many = numbered.clip(tmp_path / "many.mp4", 30)
    assert numbered.numbers(trim(many, tmp_path / "out.mp4", start=0.52, end=0.56).path) == [13]
    assert numbered.numbers(trim(many, tmp_path / "out.mp4", start=1.16).path) == [29]


@pytest.mark.parametrize("rate", [16, 25, Fraction(30000, 1001), 60])
@pytest.mark.parametrize("late", [0.0, 0.5])
def test_each_part_has_its_sound_to_the_sample(rate: Fraction | int, late: float, tmp_path: Path) -> None:
    source = noisy(tmp_path / "in.mov", 240, Fraction(rate), late=late)
    with Video(source) as video:
        begins = video.start
    plan = [piece(0, 0, 71), piece(1, 60, 133), piece(2, 133, 240)]
    parts = split(source, tmp_path, plan, sound=True, encoding=QUICK)
    cut = trim(source, tmp_path / "cut.mp4", start=60 / rate, end=133 / rate)
    for part, segment in zip([*parts, cut], [*plan, plan[1]], strict=True):
        assert part.sound
        assert numbered.numbers(part.path) == list(range(segment.first, segment.end))
        seconds = segment.frames / Fraction(rate)
        was = samples(source, begins + segment.first / Fraction(rate), seconds)
        now = samples(part.path, Fraction(0), seconds)
        assert lag(now, was) == 0
        assert len(now) == pytest.approx(len(was), abs=1024)  # AAC comes in blocks of 1024
        assert np.corrcoef(now[: len(was)], was[: len(now)])[0, 1] > 0.9


def test_sound_is_kept_only_where_it_is_wanted_and_there(tmp_path: Path) -> None:
    heard = numbered.clip(tmp_path / "heard.mp4", 100, sound=True)
    silent = numbered.clip(tmp_path / "silent.mp4", 100)
    for source, wanted, sounds in ((heard, True, True), (heard, False, False), (silent, True, False)):
        parts = [
            trim(source, tmp_path / "out.mp4", start=1, sound=wanted),
            *split(source, tmp_path, [piece(0, 25, 100)], sound=wanted),
        ]
        for part in parts:
            with av.open(str(part.path)) as container:
                assert bool(container.streams.audio) == part.sound == sounds
    assert trim(heard, tmp_path / "out.mp4").sound
    assert not split(heard, tmp_path, [piece(0, 0, 100)])[0].sound


def test_clicks_stay_with_their_pictures(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 200, sound=5.5, sound_start=0.25)
    made = trim(source, tmp_path / "out.mp4", start=3.04)
    assert np.allclose(numbered.clicks(made.path), [0.21, 1.21, 2.21], atol=0.002)
    first, second = split(source, tmp_path, [piece(0, 20, 70), piece(1, 60, 130)], sound=True)
    assert np.allclose(numbered.clicks(first.path), [0.45, 1.45], atol=0.002)
    assert np.allclose(numbered.clicks(second.path), [0.85, 1.85], atol=0.002)


def test_sound_that_begins_before_the_pictures_counts_from_them(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 75, times=list(range(15, 90)), sound=4.0)
    made = trim(source, tmp_path / "out.mp4", start=0.2)
    assert np.allclose(numbered.clicks(made.path), [0.2, 1.2, 2.2], atol=0.002)
    (whole,) = split(source, tmp_path, [piece(0, 5, 75)], sound=True)
    assert np.allclose(numbered.clicks(whole.path), [0.2, 1.2, 2.2], atol=0.002)


@given(
    frames=st.integers(1, 90),
    rate=st.sampled_from(RATES),
    longest=st.floats(0.4, 2),
    overlap=st.floats(0, 0.3),
    cuts=st.lists(st.integers(1, 89), max_size=4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pieces_put_together_are_the_whole(
    frames: int,
    rate: Fraction | int,
    longest: float,
    overlap: float,
    cuts: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    source = numbered.clip(folder / "in.mp4", frames, size=(64, 48), rate=rate)
    plan = segments(
        frames, Fraction(rate), longest=longest, shortest=longest / 4, overlap=longest * overlap, cuts=cuts
    )
    made = split(source, folder, plan, encoding=QUICK)
    assert [part.path.name for part in made] == [f"{number:04}.mp4" for number in range(len(plan))]
    together: list[int] = []
    for part, shared in zip(made, [0, *overlaps(plan)], strict=True):
        seen = numbered.numbers(part.path)
        assert part.frames == len(seen)
        assert together[len(together) - shared :] == seen[:shared]
        together += seen[shared:]
    assert together == list(range(frames))


def test_pieces_may_lie_apart_and_share_as_they_like(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 250, options=LONG_GROUPS)
    plan = [piece(7, 60, 100), piece(3, 60, 65), piece(4, 62, 80), piece(1, 200, 201), piece(2, 249, 250)]
    made = split(source, tmp_path, plan, encoding=QUICK)
    assert [part.path.name for part in made] == ["0007.mp4", "0003.mp4", "0004.mp4", "0001.mp4", "0002.mp4"]
    for part, segment in zip(made, plan, strict=True):
        assert numbered.numbers(part.path) == list(range(segment.first, segment.end))


def test_a_piece_that_is_there_is_made_anew(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 20)
    numbered.clip(tmp_path / "0000.mp4", range(100, 120))
    split(source, tmp_path, [piece(0, 0, 20)])
    assert numbered.numbers(tmp_path / "0000.mp4") == list(range(20))


@pytest.mark.parametrize(
    ("plan", "number"),
    [
        ([(0, 30), (30, 61)], 1),
        ([(0, 60), (50, 70), (65, 80)], 1),
        ([(0, 50), (60, 80)], 1),
        ([(100, 150)], 0),
    ],
)
def test_a_video_that_ends_before_the_plan_does_is_named(
    plan: Sequence[tuple[int, int]], number: int, tmp_path: Path
) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60)
    wanted = [piece(at, *edges) for at, edges in enumerate(plan)]
    with pytest.raises(InputUnfitError, match=rf"in\.mp4 has 60 frames, and piece {number} shall have"):
        split(source, tmp_path, wanted)
    left = {file.name for file in tmp_path.iterdir()} - {"in.mp4"}
    assert left == {f"{at:04}.mp4" for at, (_, end) in enumerate(plan) if end <= 60}


def test_a_damaged_video_leaves_no_piece_half_made(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 150, size=(320, 240), options={"g": "25", "bf": "0"})
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][70]
    assert packet.pos is not None
    data[packet.pos + 5 : packet.pos + packet.size] = bytes(packet.size - 5)
    source.write_bytes(data)
    with pytest.raises(InputUnfitError, match=r"in\.mp4"):
        split(source, tmp_path, [piece(0, 0, 40), piece(1, 30, 90), piece(2, 60, 150)], sound=True)
    assert {file.name for file in tmp_path.iterdir()} == {"in.mp4", "0000.mp4"}
    assert numbered.numbers(tmp_path / "0000.mp4") == list(range(40))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ([], "plan is empty"),
        ([piece(0, 5, 5)], "has no frames"),
        ([piece(0, -1, 5)], "negative numbers"),
        ([piece(-1, 0, 5)], "negative numbers"),
        ([piece(0, 0, 5), piece(0, 5, 9)], "same number"),
        ([piece(0, 5, 9), piece(1, 0, 5)], "isn't in order"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: list[Segment], message: str, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 10)
    with pytest.raises(ValueError, match=message):
        split(source, tmp_path, plan)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("start", [2.4, 2.39, 3.0, 500.0])
def test_a_part_beyond_the_end_is_refused(start: float, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60, sound=4.0)
    with pytest.raises(
        InputUnfitError, match=r"in\.mp4 is 2\.400 s long \(60 frames\); start=.* lies beyond"
    ):
        trim(source, tmp_path / "out.mp4", start=start)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-0.1, None, "start=-0.1: give seconds"),
        (float("nan"), None, "start=nan: give seconds"),
        (0, float("inf"), "end=inf: give seconds"),
        (1, 1, "end=1 is not after start=1"),
        (2, 0.5, r"end=0\.5 is not after start=2"),
        (1.0, 1.01, r"start=1 and end=1\.01: no frame lies between them at 25 .* 0\.040 s long"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    start: float, end: float | None, message: str, tmp_path: Path
) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60)
    with pytest.raises(ValueError, match=message):
        trim(source, tmp_path / "out.mp4", start=start, end=end)
    assert list(tmp_path.iterdir()) == [source]


COUNTED: dict[str, Callable[[Path], Path]] = {
    "mp4": lambda folder: numbered.clip(folder / "in.mp4", 77, options=LONG_GROUPS),
    "29.97": lambda folder: numbered.clip(folder / "in.mp4", 77, rate=Fraction(30000, 1001)),
    "with sound that ends later": lambda folder: numbered.clip(folder / "in.mp4", 77, sound=9.0),
    "matroska": lambda folder: numbered.clip(folder / "in.mkv", 77, rate=Fraction(24000, 1001)),
    "mpegts": lambda folder: numbered.clip(folder / "in.ts", 77, options=LONG_GROUPS),
    "flv": lambda folder: numbered.clip(folder / "in.flv", 77, rate=60),
    "one frame": lambda folder: numbered.clip(folder / "in.mp4", 1),
    "turned": lambda folder: numbered.clip(folder / "in.mp4", 12, rotation=90),
    "lossless": lambda folder: numbered.clip(folder / "in.mkv", 33, codec="ffv1", size=(65, 49)),
    "a frame missing": lambda folder: numbered.clip(
        folder / "in.mp4", 50, times=[*range(20), *range(21, 51)]
    ),
    "uneven": lambda folder: numbered.clip(
        folder / "in.mp4", 100, rate=50, times=sorted(random.Random(1).sample(range(300), 100))
    ),
    "uneven matroska": lambda folder: numbered.clip(
        folder / "in.mkv", 100, rate=50, times=sorted(random.Random(2).sample(range(300), 100))
    ),
    "begins late": lambda folder: numbered.clip(folder / "in.mp4", 50, times=list(range(10, 60)), sound=2.0),
}


@pytest.mark.parametrize("name", COUNTED)
def test_frames_are_counted_as_they_are_read_decoded_or_not(name: str, tmp_path: Path) -> None:
    source = COUNTED[name](tmp_path)
    read = len(steady(source))
    assert count_frames(source) == read
    assert count_frames(source, decode=False) == read


def test_only_decoding_finds_damage_within_pictures(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 75, size=(320, 240), options={"bf": "0"})
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][30]
    assert packet.pos is not None
    data[packet.pos + 5 : packet.pos + packet.size] = bytes(packet.size - 5)
    source.write_bytes(data)
    assert count_frames(source, decode=False) == 75
    with pytest.raises(InputUnfitError, match=r"in\.mp4"):
        count_frames(source)


def test_a_file_cut_short_is_not_counted(tmp_path: Path) -> None:
    whole = trim(
        numbered.clip(tmp_path / "in.mp4", 200, size=(320, 240)), tmp_path / "whole.mp4"
    ).path.read_bytes()
    (tmp_path / "short.mp4").write_bytes(whole[: len(whole) // 2])
    for decode in (True, False):
        with pytest.raises(InputUnfitError, match=r"short\.mp4"):
            count_frames(tmp_path / "short.mp4", decode=decode)
