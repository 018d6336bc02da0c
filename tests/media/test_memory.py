"""Ten minutes of 1080p go through each tool in less than 300 MiB, the process itself included."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from airflow_provider_wan.media.writing import MovieWriter
from tests.media.files import sound

MOST = 300
"""MiB, as the process's peak."""
MINUTES, SIZE, RATE = 10, (1920, 1080), 10

# One process makes the films for all.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("films of minutes")]

# Each is run in a process of its own; FILM, CUT (its first 20 s) and OUT are paths.
HEAD = """
from fractions import Fraction
from pathlib import Path
from airflow_provider_wan.media.conforming import conform
from airflow_provider_wan.media.cutting import split, trim
from airflow_provider_wan.media.frames import take_frames
from airflow_provider_wan.media.joining import concatenate
from airflow_provider_wan.media.previews import contact_sheet
from airflow_provider_wan.media.quality import check_video
from airflow_provider_wan.media.segments import segments
from airflow_provider_wan.media.soundtracks import restore_sound
from airflow_provider_wan.media.targets import Target

def peak():  # in MiB; getrusage would count the process that started this one too
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
"""
WORK = {
    "trim the end": f"trim(FILM, OUT, start={MINUTES * 60 - 15}, end={MINUTES * 60})",
    "split": "split(CUT, OUT.parent, segments(200, Fraction(10), longest=5, overlap=0.4), sound=True)",
    "conform, decoding all": "conform(FILM, OUT, Target(1280, 720, Fraction(1), None, None, 'pad'))",
    "conform to 1080p": "conform(CUT, OUT, Target(1920, 1088, Fraction(10), None, None, 'pad'))",
    "join by copying": "concatenate([FILM, FILM], OUT)",
    "join with cross-fades": "concatenate([CUT, CUT], OUT, overlap=10)",
    "take the last frame": "take_frames(FILM, OUT.parent, ['last'])",
    "contact sheet": "contact_sheet(FILM, OUT.with_suffix('.png'))",
    "check": "check_video(CUT, reference=CUT, raise_on_fault=False)",
    "restore the sound": "restore_sound(FILM, FILM, OUT)",
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film of ten minutes, whose packets repeat every ten seconds, and one of twenty seconds."""
    folder = tmp_path_factory.mktemp("films")
    once = folder / "once.mp4"
    random = np.random.default_rng(0)
    ground = random.integers(60, 180, (SIZE[1], SIZE[0], 3), np.uint8)
    with MovieWriter(once, SIZE, Fraction(RATE)) as writer:
        for number in range(10 * RATE):
            moved = np.roll(ground, 4 * number, axis=1)
            writer.write(av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="rgb24"))
    return repeated(once, folder / "film.mp4", MINUTES * 6), repeated(once, folder / "cut.mp4", 2)


def repeated(once: Path, out: Path, times: int) -> Path:
    heard = out.with_suffix(".m4a")
    heard.write_bytes(sound("ipod", 10.0 * times))
    with av.open(str(out), "w") as container:
        with av.open(str(once)) as source:
            copy = container.add_stream_from_template(source.streams.video[0])
        with av.open(str(heard)) as source:
            track = container.add_stream_from_template(source.streams.audio[0])
            tones = [packet for packet in source.demux(source.streams.audio[0]) if packet.size]
        for turn in range(times):
            with av.open(str(once)) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.size and packet.pts is not None and packet.dts is not None and packet.time_base:
                        shift = int(turn * 10 / packet.time_base)
                        packet.pts += shift
                        packet.dts += shift
                        packet.stream = copy
                        container.mux(packet)
        for tone in tones:
            tone.stream = track
        container.mux(tones)
    return out


@pytest.mark.parametrize("name", WORK)
def test_memory_stays_flat(name: str, films: tuple[Path, Path], tmp_path: Path) -> None:
    film, cut = films
    script = (
        f"{HEAD}\nFILM, CUT, OUT = Path({str(film)!r}), Path({str(cut)!r}), Path({str(tmp_path / 'out.mp4')!r})\n"
        f"{WORK[name]}\nprint(peak())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) < MOST
