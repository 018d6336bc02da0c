"""What a file is, told from few of its bytes; and what is said about files that are something else."""

from __future__ import annotations

import io
import os
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from airflow_provider_wan.dashscope.input_errors import InputUnfitError, InputUnreadableError
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.probe import NotMediaError, probe
from airflow_provider_wan.media.window import Window
from tests.media import files
from tests.media.files import Counted, box, clip, picture, png_of, sound
from tests.patience import HANGS

KB = 1024
FASTSTART = {"movflags": "faststart"}


def facts(content: bytes, **how: Any) -> MediaFacts:
    return probe(io.BytesIO(content), size=len(content), **how)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("mp4", "mp4"), ("mov", "mov"), ("matroska", "mkv"), ("webm", "webm"), ("avi", "avi")),
        *(("flv", "flv"), ("mpegts", "ts"), ("mpeg", "mpg"), ("mxf", "mxf")),
    ],
)
@pytest.mark.parametrize("with_sound", [False, True])
def test_a_video_is_told_by_its_content(kind: str, name: str, with_sound: bool) -> None:
    content = clip(kind, (320, 240), seconds=2, fps=25, sound=with_sound)
    found = facts(content, name="s3://bucket/wrong.pdf")
    assert (found.kind, found.format, found.size) == ("video", name, len(content))
    assert (found.width, found.height, found.sound, found.alpha) == (320, 240, with_sound, False)
    assert found.seconds == pytest.approx(2, abs=0.05)
    assert found.fps == pytest.approx(25, abs=0.01)


@pytest.mark.parametrize("fps", [16, 24, Fraction(30_000, 1_001), 30, 50, 60])
@pytest.mark.parametrize("kind", ["mp4", "mov", "webm"])
def test_a_frame_rate_is_exact(kind: str, fps: int | Fraction) -> None:
    assert facts(clip(kind, fps=fps)).fps == pytest.approx(float(fps), abs=0.01)


def test_an_uneven_frame_rate_is_an_average() -> None:
    found = facts(clip(times=[0, 1, 2, 10, 20, 30, 31, 49]))
    assert (found.seconds, found.fps) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("rotation", "sides"), [(0, (320, 240)), (90, (240, 320)), (180, (320, 240)), (270, (240, 320))]
)
@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_sides_are_those_that_are_shown(kind: str, rotation: int, sides: tuple[int, int]) -> None:
    found = facts(clip(kind, rotation=rotation))
    assert (found.width, found.height) == sides


@pytest.mark.parametrize(
    "flags", ["frag_keyframe+empty_moov", "frag_every_frame+empty_moov+default_base_moof"]
)
def test_a_video_in_fragments_is_counted(flags: str) -> None:
    found = facts(clip(seconds=3, fps=16, options={"movflags": flags}))
    assert found.seconds == pytest.approx(3, abs=0.05)
    assert found.fps == pytest.approx(16, abs=0.2)


def test_more_fragments_than_anyone_counts_leave_the_length_open() -> None:
    found = facts(clip(seconds=25, fps=30, options={"movflags": "frag_every_frame+empty_moov"}))
    assert (found.width, found.seconds, found.fps) == (320, None, None)


@pytest.mark.parametrize(("kind", "name"), [("wav", "wav"), ("mp3", "mp3"), ("ipod", "m4a"), ("ogg", "ogg")])
def test_a_sound_is_told_by_its_content(kind: str, name: str) -> None:
    found = facts(sound(kind, 3.5))
    assert (found.kind, found.format, found.width, found.fps, found.sound) == ("audio", name, 0, None, True)
    assert found.seconds == pytest.approx(3.5, abs=0.06)


@pytest.mark.parametrize(
    ("kind", "name", "mode", "alpha"),
    [
        ("JPEG", "jpeg", "RGB", False),
        ("JPEG", "jpeg", "L", False),
        ("PNG", "png", "RGB", False),
        ("PNG", "png", "L", False),
        ("PNG", "png", "P", False),
        ("PNG", "png", "RGBA", True),
        ("PNG", "png", "LA", True),
        ("BMP", "bmp", "RGB", False),
        ("WEBP", "webp", "RGB", False),
        ("WEBP", "webp", "RGBA", True),
        ("TIFF", "tiff", "RGB", False),
        ("TIFF", "tiff", "RGBA", True),
        ("GIF", "gif", "RGB", False),
    ],
)
def test_a_picture_is_told_by_its_content(kind: str, name: str, mode: str, alpha: bool) -> None:
    content = picture(kind, (640, 481), mode)
    assert facts(content) == MediaFacts("image", name, len(content), 640, 481, alpha=alpha)


def test_other_ways_to_be_transparent_and_not() -> None:
    assert facts(picture("PNG", mode="P", transparency=0)).alpha
    assert facts(picture("WEBP", mode="RGBA", lossless=True)).alpha
    assert not facts(picture("WEBP", lossless=True)).alpha


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_picture_s_sides_are_those_that_are_shown(kind: str, orientation: int) -> None:
    from PIL import Image, TiffImagePlugin

    exif = Image.Exif()
    exif[0x0112] = orientation
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x0112] = orientation
    found = facts(picture(kind, (60, 40), **({"exif": exif} if kind == "JPEG" else {"tiffinfo": info})))
    assert (found.width, found.height) == ((40, 60) if orientation >= 5 else (60, 40))


def test_a_large_video_with_its_index_first_costs_one_read() -> None:
    content = clip(size=(640, 480), noise=True, options=FASTSTART)
    assert len(content) > 5_000 * KB
    file = Counted(content)
    probe(file, size=len(content))
    assert len(file.reads) == 1
    assert file.total <= 32 * KB


def test_a_large_video_with_its_index_last_costs_two_reads() -> None:
    content = clip(size=(640, 480), noise=True)
    file = Counted(content)
    probe(file, size=len(content))
    assert len(file.reads) == 2
    assert file.total <= 64 * KB


def test_a_large_picture_costs_two_reads() -> None:
    content = os.urandom(8_000 * KB).join((picture("JPEG")[:-2], b"\xff\xd9"))
    file = Counted(content)
    assert probe(file, size=len(content)).format == "jpeg"
    assert file.total <= 64 * KB


@pytest.mark.parametrize("kind", ["matroska", "webm", "avi", "flv", "mpegts", "mpeg", "mxf"])
def test_other_videos_cost_a_megabyte_at_most(kind: str) -> None:
    content = clip(kind, (640, 480), seconds=3, noise=True)
    file = Counted(content)
    probe(file, size=len(content))
    assert file.total < min(1_300 * KB, len(content) * 2)


def test_a_length_that_the_source_does_not_say_is_asked_of_the_file() -> None:
    content = clip()
    assert probe(io.BytesIO(content)).size == len(content)


class Stream(io.BytesIO):
    """A file that doesn't know its end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if whence == 2:
            raise io.UnsupportedOperation("no end")
        return super().seek(offset, whence)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda: clip(options=FASTSTART), clip, lambda: clip("webm")),
        *(lambda: picture("PNG"), lambda: sound("wav", 1)),
    ],
    ids=["mp4, index first", "mp4, index last", "webm", "png", "wav"],
)
def test_a_file_of_unknown_length_is_told_all_the_same(make: Callable[[], bytes]) -> None:
    content = make()
    assert probe(Stream(content)).size is None
    found = probe(Stream(content), measure=False)
    known = facts(content)
    assert (found.kind, found.format, found.width, found.size) == (
        known.kind,
        known.format,
        known.width,
        None,
    )


# ------------------------------------------------------------------------------------------ not media, or not whole

HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>" * 20
NO_SUCH_KEY = b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>no</Message></Error>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"is an empty file, though its name ends in \.mp4\."),
        (bytes(100_000), r"is nothing but zero bytes at its start, though"),
        (b"%PDF-1.7\n" + bytes(5000), r"is a PDF document, though its name ends in \.mp4\."),
        (HTML, r"is an HTML page, perhaps a login or an error page, though"),
        (NO_SUCH_KEY, r"is an XML document, perhaps a storage's error message, which says NoSuchKey, though"),
        (b'{"error": "not found"}', r"is a JSON document"),
        (b"Just a line of text, renamed.\n" * 100, r"is a text; it begins with 'Just a line of text"),
        (b"For free beer ask at the bar, said the sign" * 9, r"is a text"),
        ("Grüße aus Köln. ".encode() * 100, r"is a text"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, r"is a ZIP archive or an Office document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", r"is an SVG drawing"),
        (b"\x01\x02", r"is no media that this package knows, or is damaged; it begins with 01 02"),
    ],
)
def test_what_is_no_media_is_named(content: bytes, said: str) -> None:
    with pytest.raises(NotMediaError, match=f"^{said}"):
        facts(content, name="https://host/clip.mp4?Signature=secret")


def test_random_bytes_are_no_media() -> None:
    for seed in range(30):
        with pytest.raises(NotMediaError, match="no media that this package knows"):
            facts(random.Random(seed).randbytes(50_000))


@pytest.mark.parametrize(
    ("make", "share", "said"),
    [
        (
            lambda: clip(noise=True, options=FASTSTART),
            0.5,
            r"is cut short: its mdat box needs [\d,]+ bytes, and the file has",
        ),
        (lambda: clip(noise=True), 0.5, r"is cut short: its mdat box needs"),
        (lambda: clip(options=FASTSTART), 0.2, r"is cut short: its moov box needs"),
        (lambda: clip("avi", noise=True), 0.5, r"is cut short: its content needs"),
        (lambda: sound("wav", 3), 0.5, r"is cut short: its content needs"),
        (lambda: picture("PNG"), 0.9, r"is cut short: the end of the picture is missing"),
        (lambda: picture("JPEG"), 0.95, r"is cut short: the end of the picture is missing"),
        (lambda: picture("WEBP"), 0.9, r"is cut short: a WEBP of its header needs"),
        (lambda: picture("BMP"), 0.9, r"is cut short: a BMP of 64x48 pixels needs"),
        (lambda: picture("JPEG"), 0.1, r"is damaged or cut short: it ends inside its header"),
        (lambda: picture("TIFF")[:14], 1, r"is damaged"),
    ],
)
def test_what_is_cut_short_is_told(make: Callable[[], bytes], share: float, said: str) -> None:
    content = make()
    with pytest.raises(NotMediaError, match=f"^{said}"):
        facts(content[: round(len(content) * share)])


def test_a_recording_that_was_not_finished_is_told() -> None:
    content = clip()
    unfinished = content[: content.index(b"moov") - 4]
    with pytest.raises(NotMediaError, match=r"has no index \(moov\), so it can't be played"):
        facts(unfinished)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_follows_a_picture_does_no_harm(kind: str) -> None:
    assert facts(picture(kind) + os.urandom(300 * KB)).format == kind.lower()


def test_what_follows_a_video_does_no_harm() -> None:
    assert facts(clip() + bytes(5)).seconds == 2
    assert facts(clip() + bytes(5000)).seconds == 2


# ------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize("sides", [(0, 5), (0xFFFFFFFF, 1), (100_000, 100_000)])
def test_a_picture_that_claims_absurd_sides_is_refused(sides: tuple[int, int]) -> None:
    with pytest.raises(NotMediaError, match=f"is damaged: it claims to have {sides[0]}x{sides[1]} pixels"):
        facts(png_of(*sides))


@pytest.mark.parametrize("count", [65, 300])
def test_hundreds_of_tracks_are_refused(count: int) -> None:
    assert facts(files.many_tracks(64)).fps == 25
    with pytest.raises(NotMediaError, match=f"has {count} tracks"):
        facts(files.many_tracks(count))


def _bomb() -> bytes:
    """An MP4 of 2 KB whose index lists 4 thousand million frames."""
    content = clip(options=FASTSTART)
    at = content.index(b"stts")
    return content[: at + 8] + struct.pack(">III", 1, 0xFFFFFFFF, 1) + content[at + 20 :]


def _nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"isom", bytes(4)) + inner


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a table of 4 thousand million frames": _bomb,
    "boxes in boxes": lambda: _nested(5_000),
    "a million boxes": lambda: box(b"ftyp", b"isom", bytes(4)) + box(b"free") * 1_000_000,
    "a moov of a million boxes": lambda: (
        box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"free") * 1_000_000)
    ),
    "a box that never ends": lambda: box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 2**63),
    "a box that goes back": lambda: box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"free", 0),
    "a jpeg of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 3_000_000,
    "a picture of 30,000 x 30,000": lambda: png_of(30_000, 30_000),
    "a mkv with a huge element": lambda: b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x7f\xff\xff\xff" + bytes(1000),
    "a wav that lasts for ever": lambda: (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + b"\xff" * 16 + b"data\xff\xff\xff\xff"
    ),
    "an mp3 with a cover of 60,000 x 60,000": lambda: _mp3_with_cover(png_of(60_000, 60_000)),
    "an mp3 with a cover of 12,000 x 12,000": lambda: _mp3_with_cover(
        picture("PNG", (12_000, 12_000), compress_level=1)
    ),
    "an mp3 with a cover of 130 MB": lambda: _mp3_with_cover(png_of(4096, 4096, depth=16, rows=4096)),
}


def _mp3_with_cover(cover: bytes) -> bytes:
    content = b"\0image/png\0\x03\0" + cover
    frame = b"APIC" + struct.pack(">IH", len(content), 0) + content
    length = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + length + frame + sound("mp3", 1)


# What `resource` says of the most memory is partly the parent's, so the kernel's own figure is read.
_WATCH = r"""
import re, sys, time
from airflow_provider_wan.media.probe import NotMediaError, probe

def most():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+([0-9]+) kB", status.read())[1])

with open(sys.argv[2], "rb") as file:
    probe(file)
before, began = most(), time.monotonic()
try:
    with open(sys.argv[1], "rb") as file:
        print(probe(file))
except NotMediaError as error:
    print(error)
print(most() - before, time.monotonic() - began)
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_neither_time_nor_memory(name: str, tmp_path: Any) -> None:
    (tmp_path / "hostile").write_bytes(HOSTILE[name]())
    (tmp_path / "ordinary").write_bytes(clip("webm"))
    run = subprocess.run(
        [sys.executable, "-c", _WATCH, tmp_path / "hostile", tmp_path / "ordinary"],
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert run.stderr == ""
    said, costs = run.stdout.strip().split("\n")
    kilobytes, seconds = costs.split()
    assert said
    assert int(kilobytes) < 100 * KB
    assert float(seconds) < 10


def test_a_playlist_is_not_followed() -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def accept() -> None:
            try:
                server.accept()[0].close()
                asked.set()
            except OSError:
                return

        watch = threading.Thread(target=accept, daemon=True)
        watch.start()
        at = f"http://127.0.0.1:{server.getsockname()[1]}"
        hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{at}/1.ts\n#EXT-X-ENDLIST\n"
        concat = f"ffconcat version 1.0\nfile {at}/1.mp4\n"
        with pytest.raises(NotMediaError, match="is an HLS playlist"):
            facts(hls.encode())
        with pytest.raises(NotMediaError, match="is a text"):
            facts(concat.encode())
        server.shutdown(socket.SHUT_RDWR)
        watch.join()
    assert not asked.is_set()


def test_the_library_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    content = clip("mpegts", noise=True)
    facts(content[5_000:-5_000])
    with pytest.raises(NotMediaError):
        facts(b"\xff\xfb\x90\x00" * 10 + b"nothing")
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------- trouble with reading


class Broken(io.BytesIO):
    """A file whose connection breaks after some reads."""

    def __init__(self, content: bytes, reads: int) -> None:
        super().__init__(content)
        self.left = reads

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise ConnectionResetError("reset by https://host/a?Signature=secret")
        return super().read(size)


@pytest.mark.parametrize(
    ("kind", "reads"), [("mp4", 0), ("mp4", 1), ("webm", 0), ("mpegts", 1), ("mpegts", 4)]
)
def test_a_file_that_can_t_be_read_is_told_from_one_that_is_unfit(kind: str, reads: int) -> None:
    with pytest.raises(InputUnreadableError, match="Reading it failed: ConnectionResetError") as caught:
        probe(Broken(clip(kind, noise=True), reads))
    assert "secret" not in str(caught.value)
    assert not isinstance(caught.value, InputUnfitError)


def test_only_so_much_is_read() -> None:
    file = Counted(clip("mpegts", seconds=10, noise=True))
    window = Window(file, None, budget=100 * KB)
    for at in range(3):
        window.at(at * 50 * KB, 1)
    with pytest.raises(InputUnreadableError, match="Too much of it would have to be read"):
        window.at(500 * KB, 1)
    assert file.total <= 100 * KB


def test_only_for_so_long_is_read() -> None:
    now = 0.0
    window = Window(io.BytesIO(bytes(1_000 * KB)), None, seconds=60, clock=lambda: now)
    window.at(0, 1)
    now = 61
    with pytest.raises(InputUnreadableError, match="takes too long"):
        window.at(500 * KB, 1)


def test_a_file_is_left_open() -> None:
    for content in (clip(), clip("webm"), picture("PNG")):
        file = io.BytesIO(content)
        probe(file)
        assert not file.closed


SEEDS: dict[str, Callable[[], bytes]] = {
    "mp4": lambda: clip(options=FASTSTART, sound=True),
    "mov": lambda: clip("mov", rotation=90),
    "fragments": lambda: clip(options={"movflags": "frag_keyframe+empty_moov"}),
    **{kind: partial(clip, kind) for kind in ("webm", "matroska", "avi", "flv", "mpegts", "mpeg", "mxf")},
    **{kind: partial(sound, kind, 1) for kind in ("wav", "mp3", "ogg")},
    **{kind: partial(picture, kind) for kind in ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")},
}


@pytest.mark.parametrize("kind", SEEDS)
def test_a_damaged_file_is_told_or_refused_and_nothing_else_happens(kind: str) -> None:
    whole = SEEDS[kind]()
    for seed in range(150):
        dice = random.Random(f"{kind} {seed}")
        content = bytearray(whole)
        for _ in range(dice.choice((1, 3, 30))):
            content[dice.randrange(min(len(content), dice.choice((64, 1024, 4096))))] = dice.randrange(256)
        if dice.random() < 0.2:
            del content[dice.randrange(len(content)) :]
        try:
            found = facts(bytes(content))
        except (NotMediaError, InputUnreadableError):
            continue
        assert found.kind in ("image", "video", "audio")
        assert 0 <= found.width <= 65_535


def test_a_codec_that_nobody_knows_leaves_the_sides_open() -> None:
    content = clip("avi").replace(b"FMP4", b"?!?!").replace(b"fmp4", b"?!?!")
    assert (facts(content).kind, facts(content).format, facts(content).width) == ("video", "avi", 0)
