"""Sound taken away from pictures and put under others: the pictures untouched, each click where it was."""

from __future__ import annotations

import logging
import resource
import struct
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media import copying
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.soundtracks import restore_sound, strip_sound
from tests.media import numbered

REORDERED = {"preset": "medium", "bf": "2", "g": "12"}
KINDS = ("mp4", "mov", "mkv", "ts")


def packed(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def in_step(heard: Iterable[float], expected: Iterable[float]) -> bool:
    heard, expected = list(heard), list(expected)
    return len(heard) == len(expected) and np.allclose(heard, expected, atol=0.005)


def sound_file(path: Path, codec: str, folder: Path) -> Path:
    """Write four seconds of clicks."""
    source = numbered.clip(folder / "clicks.mkv", 25, sound=4.0)
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=numbered.SOUND_RATE, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(stream.format, "stereo", numbered.SOUND_RATE, 1152)
        for frame in [*container.decode(audio=0), None]:
            for block in resampler.resample(frame):
                out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [0, 0.25, -1])
def test_clicks_are_heard_with_the_pictures_that_they_were_heard_with(
    late: float, kind: str, tmp_path: Path
) -> None:
    times = range(25, 100) if late < 0 else None  # the pictures begin a second after the sound
    original = numbered.clip(
        tmp_path / f"original.{kind}",
        75,
        times=times,
        sound=4.0,
        sound_start=max(late, 0),
        options=REORDERED,
    )
    pictures = numbered.clip(tmp_path / "edited.mp4", range(500, 575), sound=1.0, options=REORDERED)
    out = tmp_path / "out.mp4"
    written = restore_sound(pictures, original, out)
    assert (written.frames, written.sound) == (75, True)
    assert in_step(
        numbered.clicks(out), [second for second in np.arange(4) + late if 0 <= second < 3 - 1 / 25]
    )
    assert packed(out) == packed(pictures)
    assert numbered.frame_times(out) == [Fraction(number, 25) for number in range(75)]
    with av.open(str(out)) as container:
        audio = container.streams.audio[0]
        assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(3.0, abs=0.03)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.flac", "flac")]
)
def test_a_sound_file_begins_with_the_pictures(name: str, codec: str, tmp_path: Path) -> None:
    pictures, out = numbered.clip(tmp_path / "edited.mp4", 60), tmp_path / "out.mp4"
    original = sound_file(tmp_path / name, codec, tmp_path)
    restore_sound(pictures, original, out)
    assert in_step(numbered.clicks(out), [0, 1, 2])
    restore_sound(pictures, original, out, offset=0.75)
    assert in_step(numbered.clicks(out), [0.25, 1.25, 2.25])
    restore_sound(pictures, original, out, offset=-0.5)
    assert in_step(numbered.clicks(out), [0.5, 1.5])


def test_an_offset_finds_the_sound_of_a_cut(tmp_path: Path) -> None:
    original = numbered.clip(tmp_path / "original.ts", 300, sound=True, options=REORDERED)
    pictures = numbered.clip(tmp_path / "edited.mp4", 75)
    restore_sound(pictures, original, tmp_path / "out.mp4", offset=7.4)
    assert in_step(numbered.clicks(tmp_path / "out.mp4"), [0.6, 1.6, 2.6])


def test_after_the_end_of_the_sound_there_is_silence(tmp_path: Path) -> None:
    original = numbered.clip(tmp_path / "original.mp4", 100, sound=1.5)
    pictures = numbered.clip(tmp_path / "edited.mp4", 100)
    written = restore_sound(pictures, original, tmp_path / "out.mp4")
    assert written.frames == 100
    assert in_step(numbered.clicks(tmp_path / "out.mp4"), [0, 1])
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(100))


def test_pictures_of_an_uneven_pace_are_packed_anew(tmp_path: Path) -> None:
    times = [at * 2 + (at > 20) * 10 for at in range(60)]
    pictures = numbered.clip(tmp_path / "edited.mp4", 60, rate=50, times=times)
    original = numbered.clip(tmp_path / "original.mp4", 100, sound=True)
    written = restore_sound(pictures, original, tmp_path / "out.mp4")
    out = numbered.frame_times(tmp_path / "out.mp4")
    assert np.allclose([float(time) for time in out], np.arange(written.frames) / float(written.rate))
    assert written.seconds == pytest.approx(130 / 50, abs=0.05)
    assert in_step(numbered.clicks(tmp_path / "out.mp4"), [0, 1, 2])


def test_an_original_without_sound_is_refused(tmp_path: Path) -> None:
    pictures = numbered.clip(tmp_path / "edited.mp4", 10)
    silent = numbered.clip(tmp_path / "silent.mp4", 10)
    (tmp_path / "notes.txt").write_text("There is nothing to hear in this.")
    Image.new("RGB", (300, 300)).save(tmp_path / "still.png")
    before = sorted(tmp_path.iterdir())
    for name, said in {
        "silent.mp4": "has no sound",
        "notes.txt": "is .*text",
        "still.png": "is an image",
        "nowhere.mp4": "isn't there",
    }.items():
        with pytest.raises(InputUnfitError, match=rf"{name} {said}"):
            restore_sound(pictures, silent.with_name(name), tmp_path / "out.mp4")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", KINDS)
def test_without_sound_the_pictures_are_the_same(kind: str, tmp_path: Path) -> None:
    source = numbered.clip(
        tmp_path / f"in.{kind}", 50, rate=Fraction(30000, 1001), sound=True, options=REORDERED
    )
    written = strip_sound(source, tmp_path / "out.mp4")
    assert (written.frames, written.rate, written.sound) == (50, Fraction(30000, 1001), False)
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(50))
    assert numbered.frame_times(tmp_path / "out.mp4") == [Fraction(1001 * at, 30000) for at in range(50)]
    with Video(tmp_path / "out.mp4") as video, av.open(str(tmp_path / "out.mp4")) as container:
        assert not video.has_sound
        assert len(container.streams) == 1
    if kind != "ts":  # there units of a packet are parted in another way
        assert packed(tmp_path / "out.mp4") == packed(source)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_stored_turn_is_kept(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 12, size=(128, 64), rotation=turn, sound=True)
    for written in (
        strip_sound(source, tmp_path / "out.mp4"),
        restore_sound(source, source, tmp_path / "o.mp4"),
    ):
        with av.open(str(written.path)) as container:
            assert next(container.decode(video=0)).rotation % 360 == turn
        assert (written.width, written.height) == ((64, 128) if turn % 180 else (128, 64))
        assert numbered.numbers(written.path) == numbered.numbers(source)


def test_times_are_kept_as_they_are(tmp_path: Path) -> None:
    times = [at * 2 + (at > 10) * 7 + (at > 20) * at for at in range(30)]
    source = numbered.clip(tmp_path / "in.mp4", 30, rate=50, times=times, sound=True, options=REORDERED)
    strip_sound(source, tmp_path / "out.mp4")
    assert numbered.frame_times(tmp_path / "out.mp4") == [Fraction(time, 50) for time in times]
    assert packed(tmp_path / "out.mp4") == packed(source)


@pytest.mark.parametrize(
    ("codec", "name", "pixels", "becomes"),
    [
        ("libx265", "in.mkv", "yuv420p", "hvc1"),
        ("libsvtav1", "in.mp4", "yuv420p", "av01"),
        ("libvpx-vp9", "in.webm", "yuv420p", "vp09"),
        ("libx264", "in.mp4", "yuv444p", "avc1"),
        ("mpeg4", "in.mp4", "yuv420p", "mp4v"),
    ],
)
def test_other_codecs_are_carried_too(
    codec: str, name: str, pixels: str, becomes: str, tmp_path: Path
) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = numbered.clip(tmp_path / name, 20, codec=codec, pixels=pixels, options=options)
    strip_sound(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == becomes
        assert container.streams.video[0].codec_context.pix_fmt == pixels
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(20))
    assert packed(tmp_path / "out.mp4") == packed(source)


@pytest.mark.parametrize(
    ("codec", "name", "pixels"),
    [
        ("libvpx", "in.webm", "yuv420p"),
        ("prores_ks", "in.mov", "yuv422p10le"),
        ("mjpeg", "in.avi", "yuvj420p"),
    ],
)
def test_what_no_mp4_holds_is_packed_anew(
    codec: str, name: str, pixels: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = numbered.clip(tmp_path / name, 20, codec=codec, pixels=pixels)
    assert strip_sound(source, tmp_path / "out.mp4").frames == 20
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(20))
    assert "packed anew" in caplog.text


def test_a_start_that_an_edit_list_hides_is_not_shown(tmp_path: Path) -> None:
    whole = numbered.clip(tmp_path / "whole.mp4", 40, options=REORDERED)
    data = bytearray(whole.read_bytes())
    at = data.index(b"elst") + 12
    length, begin = struct.unpack(">Ii", data[at : at + 8])
    data[at : at + 8] = struct.pack(">Ii", length // 2, begin + 5 * 512)
    (tmp_path / "cut.mp4").write_bytes(data)
    strip_sound(tmp_path / "cut.mp4", tmp_path / "out.mp4")
    assert numbered.numbers(tmp_path / "out.mp4") == list(range(5, 25))


def test_a_fault_of_the_disk_is_not_taken_for_one_of_the_source(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 300, size=(640, 480), options={"crf": "1"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (source.stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            strip_sound(source, tmp_path / "out.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_nothing_is_left_where_copying_fails(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 10)
    with pytest.raises(RuntimeError), copying.PacketWriter(tmp_path / "out.mp4", copying.look_at(source)):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
