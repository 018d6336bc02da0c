"""Joining videos: each frame of each part once, in order, with its sound beside it."""

from __future__ import annotations

import itertools
import logging
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.copying import look_at
from airflow_provider_wan.media.fitting import Fit, inside
from airflow_provider_wan.media.joining import Part, concatenate
from airflow_provider_wan.media.reading import Colours, Video
from airflow_provider_wan.media.seams import sections
from airflow_provider_wan.media.sound import Samples, Sound
from airflow_provider_wan.media.writing import MovieWriter
from tests.media import numbered

REORDERED = {"preset": "medium", "bf": "3", "g": "12"}
"""With B-frames: packets come in another order than pictures."""
ODD = Fraction(30000, 1001)


def packed(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def brightness(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]


class Tone(Sound):
    """A steady sound, for clips whose sound shall be known at each moment."""

    def __init__(self, level: float, rate: int = 48_000, layout: str = "stereo") -> None:
        self.level, self.rate, self.layout = level, rate, layout

    def blocks(self) -> Iterator[Samples]:
        wave = self.level * np.sin(np.arange(self.rate) * 2 * np.pi * 1000 / self.rate)
        while True:
            yield np.tile(wave.astype(np.float32), (self.channels, 1))


def toned(path: Path, frames: Sequence[int], tone: Tone | None) -> Path:
    with MovieWriter(path, (128, 96), Fraction(25), sound=tone) as writer:
        for number in frames:
            writer.write(numbered.made(number, (128, 96)))
    return path


def loudness(path: Path, begin: float, end: float) -> float:
    """The level of a tone between two times."""
    blocks = Sound(path, start=Fraction(0)).blocks()
    heard = np.concatenate(list(blocks), axis=1)
    rate = Sound(path).rate
    return float(np.sqrt(2 * np.mean(heard[0, round(begin * rate) : round(end * rate)] ** 2)))


@pytest.mark.parametrize("options", [{}, REORDERED], ids=["in-order", "b-frames"])
@pytest.mark.parametrize("rate", [16, ODD, 60])
def test_parts_of_one_kind_are_copied_frame_by_frame(
    rate: Fraction | int, options: dict[str, str], tmp_path: Path
) -> None:
    one = numbered.clip(tmp_path / "1.mp4", 40, rate=rate, options=options)
    two = numbered.clip(tmp_path / "2.mp4", range(100, 151), rate=rate, options=options)
    out = tmp_path / "out.mp4"
    written = concatenate([one, Part(two, frames=51), one], out)
    assert (written.frames, written.rate, written.sound) == (131, rate, False)
    assert packed(out) == packed(one) + packed(two) + packed(one)
    assert numbered.numbers(out) == [*range(40), *range(100, 151), *range(40)]
    assert numbered.frame_times(out) == [number / Fraction(rate) for number in range(131)]
    with Video(out) as video:
        assert video.rate == rate
        assert video.seconds == 131 / Fraction(rate)
        assert len(list(video.steady_frames())) == 131


def test_parts_with_and_without_b_frames_are_packed_anew(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "1.mp4", 30, options=REORDERED)
    two = numbered.clip(tmp_path / "2.mp4", range(100, 131))
    out = tmp_path / "out.mp4"
    assert concatenate([two, one], out).frames == 61
    assert numbered.numbers(out) == [*range(100, 131), *range(30)]
    assert numbered.frame_times(out) == [Fraction(number, 25) for number in range(61)]


KINDS = st.sampled_from(["mp4", "mov", "matroska", "mpegts", "avi"])
CLIPS = st.lists(
    st.tuples(st.integers(1, 40), KINDS, st.sampled_from([{}, REORDERED]), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(clips=CLIPS, rate=st.sampled_from([16, 24, Fraction(24000, 1001), 25, ODD, 50, 60]))
def test_no_frame_is_lost_or_doubled(
    clips: list[tuple[int, str, dict[str, str], bool]], rate: Fraction | int, tmp_path_factory: Any
) -> None:
    folder: Path = tmp_path_factory.mktemp("clips")
    parts: list[Path] = []
    expected: list[int] = []
    for at, (frames, kind, options, sound) in enumerate(clips):
        # AVI with B-frames doesn't say when a picture is shown.
        options = {**options, "bf": "0"} if kind == "avi" else options
        frames = max(frames, 8) if kind == "mpegts" else frames  # a shorter one isn't known for what it is
        part, numbers = folder / f"{at}.video", range(1000 * at, 1000 * at + frames)
        parts.append(numbered.clip(part, numbers, rate=rate, kind=kind, options=options, sound=sound))
        expected += numbers
    # One frame alone tells some containers nothing of its rate.
    written = concatenate(parts, folder / "out.mp4", rate=Fraction(rate))
    assert numbered.numbers(folder / "out.mp4") == expected
    assert numbered.frame_times(folder / "out.mp4") == [at / Fraction(rate) for at in range(len(expected))]
    assert (written.frames, written.sound) == (len(expected), any(sound for *_, sound in clips))


@settings(max_examples=25, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 9), min_size=8, max_size=40),
    kind=st.sampled_from(["mp4", "matroska", "mpegts"]),
    rate=st.sampled_from([16, ODD, 60]),
)
def test_frames_are_counted_without_decoding_as_they_come(
    gaps: list[int], kind: str, rate: Fraction | int, tmp_path_factory: Any
) -> None:
    times = [sum(gaps[:at]) for at in range(len(gaps))]
    path = tmp_path_factory.mktemp("clip") / "in.video"
    numbered.clip(path, len(gaps), rate=50, times=times, kind=kind, options=REORDERED)
    with Video(path) as video:
        assert look_at(path).frames_at(Fraction(rate)) == len(list(video.steady_frames(Fraction(rate))))


def test_a_part_gives_as_many_frames_as_it_shall(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    long = numbered.clip(tmp_path / "long.mp4", 60)
    short = numbered.clip(tmp_path / "short.mp4", range(100, 140))
    out = tmp_path / "out.mp4"
    written = concatenate([Part(long, 50), Part(short, 52), long], out)
    assert written.frames == 162
    assert numbered.numbers(out) == [*range(50), *range(100, 140), *[139] * 12, *range(60)]
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "short.mp4 lacks 12 of 52 frames; its last one is held"
    ]


def test_a_part_that_lacks_more_than_half_a_second_is_named(tmp_path: Path) -> None:
    short = numbered.clip(tmp_path / "short.mp4", 40)
    with pytest.raises(
        InputUnfitError, match=r"short\.mp4 has 40 frames at 25 a second, 13 fewer than the 53"
    ):
        concatenate([short, Part(short, 53)], tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["short.mp4"]


def test_parts_of_another_rate_last_as_long_as_before(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "1.mp4", 32, rate=16)
    two = numbered.clip(tmp_path / "2.mp4", range(100, 160), rate=30, sound=True)
    out = tmp_path / "out.mp4"
    assert concatenate([one, Part(two, 32)], out).frames == 64
    got = numbered.numbers(out)
    assert got[:32] == list(range(32))
    assert all(abs(number - 100 - at * 30 / 16) <= 1 for at, number in enumerate(got[32:]))
    assert np.allclose(numbered.clicks(out), [2, 3], atol=0.005)
    assert concatenate([one, two], out, rate=Fraction(30)).frames == 120


def test_what_an_edit_list_hides_stays_hidden(tmp_path: Path) -> None:
    whole = numbered.clip(tmp_path / "whole.mp4", 40, options=REORDERED)
    data = bytearray(whole.read_bytes())
    at = data.index(b"elst") + 12
    frame = 512  # of 12800 a second, at 25 frames
    seconds, begin = struct.unpack(">Ii", data[at : at + 8])
    assert (seconds, begin) == (1600, 2 * frame)
    data[at : at + 8] = struct.pack(">Ii", 800, begin + 5 * frame)
    (tmp_path / "cut.mp4").write_bytes(data)
    out = tmp_path / "out.mp4"
    assert concatenate([tmp_path / "cut.mp4", whole], out).frames == 60
    assert numbered.numbers(out) == [*range(5, 25), *range(40)]


def test_two_fresh_starts_in_a_row_are_not_copied(tmp_path: Path) -> None:
    # H.264 wants them to bear different numbers, and those of two files may be the same.
    one = numbered.clip(tmp_path / "1.mp4", 8, options={"g": "1"})
    out = tmp_path / "out.mp4"
    concatenate([one, one], out)
    assert packed(out) != packed(one) + packed(one)
    assert numbered.numbers(out) == [*range(8), *range(8)]


@pytest.mark.parametrize(
    ("size", "box"),
    [((192, 96), (0, 1 / 6, 1, 5 / 6)), ((48, 72), (0.25, 0, 0.75, 1)), ((64, 48), (0, 0, 1, 1))],
)
def test_a_part_of_another_size_is_fitted_in(
    size: tuple[int, int], box: tuple[float, float, float, float], tmp_path: Path, caplog: Any
) -> None:
    caplog.set_level(logging.INFO)
    one = numbered.clip(tmp_path / "1.mp4", 10)
    two = numbered.clip(tmp_path / "2.mp4", range(100, 110), size=size)
    out = tmp_path / "out.mp4"
    written = concatenate([one, two], out)
    assert (written.width, written.height) == (128, 96)
    assert numbered.numbers(out)[:10] == list(range(10))
    assert numbered.numbers(out, box)[10:] == list(range(100, 110))
    with av.open(str(out)) as container:
        last = list(container.decode(video=0))[-1].to_ndarray()[:96]
    edges = [round(side * of) for side, of in zip(box, (128, 96, 128, 96), strict=True)]
    last[edges[1] : edges[3], edges[0] : edges[2]] = 16
    assert np.abs(last.astype(int) - 16).max() < 30  # where it isn't, it is black
    assert ("stands on black" in caplog.text) == (box != (0, 0, 1, 1))


def test_the_last_pixel_of_odd_sides_is_cut_off(tmp_path: Path) -> None:
    odd = numbered.clip(tmp_path / "odd.mp4", 10, size=(127, 95), pixels="yuv444p")
    written = concatenate([odd, odd], tmp_path / "out.mp4")
    assert (written.width, written.height) == (126, 94)
    assert numbered.numbers(tmp_path / "out.mp4") == [*range(10), *range(10)]
    source, fit = numbered.made(5, (127, 95)), Fit((126, 94), Colours())
    assert np.array_equal(fit(source).to_ndarray(format="gray"), source.to_ndarray(format="gray")[:94, :126])


@given(
    size=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    frame=st.tuples(st.integers(8, 1000), st.integers(8, 1000)),
)
def test_what_is_fitted_in_fills_the_frame_one_way(size: tuple[int, int], frame: tuple[int, int]) -> None:
    frame = frame[0] * 2, frame[1] * 2
    width, height = inside(size, frame)
    over = width - frame[0], height - frame[1]
    assert max(over) == 0 or over in ((0, 1), (1, 0), (1, 1))  # what is cut off
    assert min(width, height) > 0


def test_colours_of_another_matrix_look_the_same() -> None:
    red = av.VideoFrame.from_ndarray(np.full((64, 64, 3), (200, 40, 30), np.uint8), format="rgb24")
    old = red.reformat(format="yuv420p", dst_colorspace=5)
    old.colorspace = 5
    new = Fit((64, 64), Colours(matrix=1))(old)
    seen = new.reformat(format="rgb24", src_colorspace=1).to_ndarray()[32, 32]
    assert np.abs(seen.astype(int) - (200, 40, 30)).max() <= 4


def test_turned_parts_are_upright(tmp_path: Path) -> None:
    turned = numbered.clip(tmp_path / "turned.mp4", 10, size=(96, 64), rotation=90)
    over = numbered.clip(tmp_path / "over.mp4", 10, size=(96, 64), rotation=180)
    plain = numbered.clip(tmp_path / "plain.mp4", 10, size=(96, 64))
    out = tmp_path / "out.mp4"
    for parts in ([turned, turned], [plain, over], [over, plain]):
        concatenate(parts, out)
        with av.open(str(out)) as container:
            assert {frame.rotation for frame in container.decode(video=0)} == {0}
        assert numbered.numbers(out) == numbered.numbers(parts[0]) + numbered.numbers(parts[1])


def test_parts_of_an_uneven_pace_come_at_a_constant_one(tmp_path: Path) -> None:
    uneven = numbered.clip(tmp_path / "in.mp4", 9, rate=100, times=[0, 1, 2, 12, 16, 20, 24, 40, 41])
    out = tmp_path / "out.mp4"
    written = concatenate([uneven, uneven], out)
    with Video(uneven) as video:
        shown = [numbered.read(picture) for picture in video.steady_frames()]
    assert shown != list(range(9))
    assert numbered.numbers(out) == shown * 2
    assert np.allclose(
        [float(time) for time in numbered.frame_times(out)], np.arange(18) / float(written.rate)
    )


def test_neighbours_fade_into_each_other(tmp_path: Path) -> None:
    dark = numbered.clip(tmp_path / "dark.mp4", [0] * 20)
    bright = numbered.clip(tmp_path / "bright.mp4", [0xFFFF] * 20)
    out = tmp_path / "out.mp4"
    written = concatenate([dark, bright, dark], out, overlap=[4, 9])
    assert written.frames == 60 - 13
    low, high = brightness(dark)[0], brightness(bright)[0]
    up = [low + (high - low) * (at + 1) / 5 for at in range(4)]
    down = [high - (high - low) * (at + 1) / 10 for at in range(9)]
    assert np.allclose(brightness(out), [low] * 16 + up + [high] * 7 + down + [low] * 11, atol=2)


def test_what_neighbours_share_is_shown_once(tmp_path: Path) -> None:
    parts = [
        numbered.clip(tmp_path / f"{begin}.mp4", range(begin, begin + 30), options=REORDERED)
        for begin in (0, 22, 44)
    ]
    assert concatenate(parts, tmp_path / "out.mp4", overlap=8).frames == 74
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(74))
    # A part may be shared whole.
    assert concatenate(parts, tmp_path / "out.mp4", overlap=[0, 30]).frames == 60


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=8),
    data=st.data(),
)
def test_sections_show_all_there_is(lengths: list[int], data: st.DataObject) -> None:
    overlaps = [data.draw(st.integers(0, min(pair) // 2)) for pair in itertools.pairwise(lengths)]
    plan = sections(lengths, overlaps)
    assert sum(section.frames for section in plan) == sum(lengths) - sum(overlaps)
    for part, length in enumerate(lengths):
        shown = [section.frames for section in plan if section.part == part]
        shown += [section.frames for section in plan if section.fades and section.part + 1 == part]
        assert sum(shown) == length
        assert [section.part for section in plan if section.ends] == list(range(len(lengths)))


def test_senseless_numbers_are_refused(tmp_path: Path) -> None:
    clip, out = numbered.clip(tmp_path / "1.mp4", 10), tmp_path / "out.mp4"
    with pytest.raises(ValueError, match="parts is empty"):
        concatenate([], out)
    with pytest.raises(ValueError, match=r"frames=0 of 1\.mp4"):
        concatenate([Part(clip, 0)], out)
    with pytest.raises(ValueError, match="overlap has 2 numbers, but 2 parts have 1 seams"):
        concatenate([clip, clip], out, overlap=[1, 2])
    with pytest.raises(ValueError, match="overlap=-1"):
        concatenate([clip, clip], out, overlap=-1)
    with pytest.raises(ValueError, match="rate=0"):
        concatenate([clip], out, rate=Fraction(0))
    with pytest.raises(ValueError, match="even sides"):
        concatenate([clip], out, size=(127, 96))
    with pytest.raises(InputUnfitError, match=r"1\.mp4 has 10 frames, fewer than it shares"):
        concatenate([clip, clip, clip], out, overlap=6)
    assert not out.exists()


def test_a_part_that_is_cut_short_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    toned(whole, range(100), None)
    data = whole.read_bytes()
    (tmp_path / "broken.mp4").write_bytes(data[: len(data) // 2])
    for parts in (["broken.mp4", "whole.mp4"], ["whole.mp4", "broken.mp4"]):
        with pytest.raises(InputUnfitError, match=r"broken\.mp4"):
            concatenate([tmp_path / name for name in parts], tmp_path / "out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.mp4", "whole.mp4"]


@pytest.mark.parametrize("copied", [True, False])
def test_sound_begins_with_its_part_however_long_the_one_before_sounds(copied: bool, tmp_path: Path) -> None:
    lengths = [41, 33, 47, 29, 38] * 3
    parts = [
        numbered.clip(
            tmp_path / f"{at}.mp4",
            length,
            rate=ODD,
            # One sounds on after its pictures, one falls silent early, one has no sound, one begins late.
            sound=(3.0, 0.5, False, True, True)[at % 5],
            sound_start=(0, 0, 0, 0.3, 0)[at % 5],
            options=REORDERED,
        )
        for at, length in enumerate(lengths)
    ]
    out = tmp_path / "out.mp4"
    written = concatenate(parts, out, size=(128, 96) if copied else (64, 48))
    assert written.sound
    assert (packed(out) == [packet for part in parts for packet in packed(part)]) is copied
    begins = [float(sum(lengths[:at]) / ODD) for at in range(16)]
    expected = [
        begins[at] + second + (0, 0, 0, 0.3, 0)[at % 5]
        for at in range(15)
        for second in range((2, 1, 0, 1, 2)[at % 5])
        if second + (0, 0, 0, 0.3, 0)[at % 5] < lengths[at] / ODD
    ]
    heard = numbered.clicks(out)
    # The kit takes clicks that follow each other within half a second for one.
    apart = [time for time, before in zip(expected, [-1.0, *expected], strict=False) if time - before > 0.55]
    assert len(apart) >= 13
    for time in apart:
        assert min(abs(time - click) for click in heard) < 0.005, time
    for click in heard:
        assert min(abs(time - click) for time in expected) < 0.005, click
    with av.open(str(out)) as container:
        audio = container.streams.audio[0]
        assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(begins[15], abs=0.03)


def test_sound_of_other_rates_and_channels_comes_at_the_same_pace_and_level(tmp_path: Path) -> None:
    one = toned(tmp_path / "1.mp4", range(50), Tone(0.5, 22_050, "mono"))
    two = toned(tmp_path / "2.mp4", range(50, 100), None)
    three = toned(tmp_path / "3.mp4", range(100, 150), Tone(0.25))
    out = tmp_path / "out.mp4"
    concatenate([one, two, three], out)
    with av.open(str(out)) as container:
        codec = container.streams.audio[0].codec_context
        assert (codec.sample_rate, codec.layout.name) == (48_000, "stereo")
    assert loudness(out, 0.1, 1.9) == pytest.approx(0.5, rel=0.05)
    assert loudness(out, 2.1, 3.9) < 0.01
    assert loudness(out, 4.1, 5.9) == pytest.approx(0.25, rel=0.05)
    assert numbered.numbers(out) == list(range(150))


def test_sound_fades_with_the_pictures(tmp_path: Path) -> None:
    loud = toned(tmp_path / "loud.mp4", range(75), Tone(0.8))
    quiet = toned(tmp_path / "quiet.mp4", range(50, 125), Tone(0.2))
    out = tmp_path / "out.mp4"
    concatenate([loud, quiet], out, overlap=25)
    for middle in (2.2, 2.5, 2.8):
        expected = 0.8 + (0.2 - 0.8) * (middle - 2)
        assert loudness(out, middle - 0.05, middle + 0.05) == pytest.approx(expected, rel=0.05)
    assert loudness(out, 1, 1.9) == pytest.approx(0.8, rel=0.05)
    assert loudness(out, 3.1, 4.9) == pytest.approx(0.2, rel=0.05)


def test_sound_is_left_out_where_it_isnt_wanted(tmp_path: Path) -> None:
    clip = numbered.clip(tmp_path / "1.mp4", 30, sound=True)
    assert not concatenate([clip, clip], tmp_path / "out.mp4", sound=False).sound
    with Video(tmp_path / "out.mp4") as video:
        assert not video.has_sound
