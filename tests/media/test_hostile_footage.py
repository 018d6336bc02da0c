"""Broken and hostile files: each tool says what is wrong, soon, and without taking the machine's memory."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.cutting import count_frames, trim
from airflow_provider_wan.media.frames import take_frames
from airflow_provider_wan.media.joining import concatenate
from airflow_provider_wan.media.previews import contact_sheet
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.soundtracks import strip_sound
from tests.media import files, numbered
from tests.patience import HANGS

SECONDS = 10.0
"""No broken file may keep a tool longer."""
MEMORY = 300
"""MiB that a process may take for one."""

TOOLS: dict[str, Callable[[Path, Path], object]] = {
    "read": lambda file, out: read(file),
    "count": lambda file, out: count_frames(file),
    "trim": lambda file, out: trim(file, out),
    "join": lambda file, out: concatenate([file, file], out),
    "frames": lambda file, out: take_frames(file, out.parent, ["last"]),
    "strip": lambda file, out: strip_sound(file, out),
    "sheet": lambda file, out: contact_sheet(file, out.with_suffix(".png")),
}

NOT_ALL_DECODED = {"frames", "strip"}
"""Tools that take one frame, or copy packets as they are."""


def read(file: Path) -> None:
    with Video(file) as video:
        for _ in video.steady_frames():
            pass


def whole(folder: Path) -> bytes:
    return numbered.clip(
        folder / "whole.mp4", 75, size=(320, 240), sound=True, options={"g": "25"}
    ).read_bytes()


def boxed(data: bytes, kind: bytes) -> int:
    """Where the content of the first box of a kind begins."""
    return data.index(kind) + 4


def empty(folder: Path) -> bytes:
    return b""


def zeros(folder: Path) -> bytes:
    return bytes(100_000)


def text(folder: Path) -> bytes:
    return b"<Error><Code>AccessDenied</Code></Error>"


def cut_in_half(folder: Path) -> bytes:
    with (
        av.open(str(folder / "front.mp4"), "w", options={"movflags": "+faststart"}) as out,
        av.open(str(folder / "whole.mp4")) as source,
    ):
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    data = (folder / "front.mp4").read_bytes()
    return data[: len(data) * 6 // 10]


def without_index(folder: Path) -> bytes:
    data = whole(folder)
    return data[: data.index(b"moov") - 4]


def picture(folder: Path) -> bytes:
    from PIL import Image

    Image.new("RGB", (64, 64)).save(folder / "picture.png")
    return (folder / "picture.png").read_bytes()


def sound_alone(folder: Path) -> bytes:
    return files.sound("ipod", 2.0)


def absurd_sides(folder: Path) -> bytes:
    """A whole video whose header says that it has 65,000 x 65,000 pixels."""
    data = bytearray(whole(folder))
    entry = boxed(bytes(data), b"stsd") + 16  # its own name, avc1, also stands at the file's start
    data[entry + 24 : entry + 28] = struct.pack(">HH", 65_000, 65_000)
    head = boxed(bytes(data), b"tkhd")
    data[head + 76 : head + 84] = struct.pack(">II", 65_000 << 16, 65_000 << 16)
    return bytes(data)


def hundreds_of_streams(folder: Path) -> bytes:
    path = folder / "many.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=25) for _ in range(300)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for stream in streams:
            container.mux(stream.encode(numbered.made(0, (32, 32))))
            container.mux(stream.encode(None))
    return path.read_bytes()


def noise_inside(folder: Path) -> bytes:
    data = bytearray(whole(folder))
    start = boxed(bytes(data), b"mdat")
    for at in range(start + 3000, start + 9000):
        data[at] = (at * 7919) % 256
    return bytes(data)


BROKEN: dict[str, Callable[[Path], bytes]] = {
    "empty": empty,
    "zeros": zeros,
    "text": text,
    "cut in half": cut_in_half,
    "without index": without_index,
    "a picture": picture,
    "sound alone": sound_alone,
    "absurd sides": absurd_sides,
    "hundreds of streams": hundreds_of_streams,
    "noise inside": noise_inside,
}


@pytest.fixture(scope="module", params=BROKEN)
def broken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    whole(folder)
    file = folder / "clip.mp4"
    file.write_bytes(BROKEN[request.param](folder))
    return file


@pytest.mark.parametrize("tool", TOOLS)
def test_a_broken_file_is_named_with_what_is_wrong(tool: str, broken: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    if tool in NOT_ALL_DECODED and is_damaged_in_the_middle(broken):
        pytest.skip("it doesn't decode what is damaged")
    with pytest.raises(InputUnfitError, match=r"clip\.mp4") as caught:
        TOOLS[tool](broken, tmp_path / "out.mp4")
    assert time.monotonic() - began < SECONDS
    assert list(tmp_path.iterdir()) == []
    assert str(caught.value).endswith((".", "retried.", "looks again.")), str(caught.value)


def is_damaged_in_the_middle(file: Path) -> bool:
    return file.stat().st_size == (file.parent / "whole.mp4").stat().st_size


def bomb_of_pictures(folder: Path) -> Path:
    """A PNG of a few bytes that says that it has 60,000 x 60,000 pixels."""
    data = bytearray(picture(folder))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (folder / "bomb.png").write_bytes(data)
    return folder / "bomb.png"


def bomb_of_frames(folder: Path) -> Path:
    """A video of some KB whose frames have 16384 x 16384 pixels each."""
    with av.open(str(folder / "bomb.avi"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(numbered.made(0, (16, 16))))
        container.mux(stream.encode(None))
    data = (
        (folder / "bomb.avi")
        .read_bytes()
        .replace(struct.pack("<ii", 16, 16), struct.pack("<ii", 16384, 16384))
    )
    (folder / "bomb.avi").write_bytes(data)
    return folder / "bomb.avi"


def long_pause(folder: Path) -> Path:
    """Three frames, of which the second would stand for years."""
    return numbered.clip(folder / "pause.mkv", 3, times=[0, 1, 1_000_000_000])


BOMBS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "picture": (bomb_of_pictures, "from airflow_provider_wan.media.stills import load_picture as work"),
    "frames": (bomb_of_frames, "from airflow_provider_wan.media.cutting import count_frames as work"),
    "pause": (long_pause, "from airflow_provider_wan.media.cutting import count_frames as work"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_not_unpacked(name: str, tmp_path: Path) -> None:
    make, work = BOMBS[name]
    script = (
        f"from pathlib import Path; {work}\n"
        f"try: work(Path({str(make(tmp_path))!r}))\n"
        "except ValueError as error: print(type(error).__name__, error)\n"
        "print(int(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]) // 1024)"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=HANGS
    )
    assert done.returncode == 0, done.stderr
    said, peak = done.stdout.rsplit("\n", 2)[:2]
    assert said.startswith("InputUnfitError ")
    assert int(peak) < MEMORY
    assert time.monotonic() - began < SECONDS
