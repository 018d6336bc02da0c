"""Writes frames and sound to an MP4 file while they are being made."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from airflow_provider_wan.emulator.rendering.frames import Frame, Size
from airflow_provider_wan.emulator.rendering.geometry import AREAS
from airflow_provider_wan.emulator.rendering.job import Scene
from airflow_provider_wan.emulator.rendering.looks import yuv
from airflow_provider_wan.emulator.rendering.mark import in_corner, stamped
from airflow_provider_wan.emulator.rendering.sound import RATE, Samples


def write_mp4(out: Path, scene: Scene, frames: Iterable[Frame]) -> None:
    """Encode H.264 (yuv420p) and, where there is sound, AAC, with the index first so that players start early.

    One frame and one block of sound are held at a time. Nothing is left at `out` when drawing raises.

    Args:
        out: The file to write; an existing one is replaced.
        scene: Its size, rate, colours and sound are taken.
        frames: Its frames, with the marks on them.
    """
    try:
        with av.open(out, "w", format="mp4", options={"movflags": "+faststart"}) as container:
            video = _video_stream(container, scene)
            track = _SoundTrack(container, scene.sound()) if scene.sound else None
            for number, frame in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
                picture.pts, picture.time_base = number, Fraction(1, scene.fps)
                container.mux(video.encode(picture))
                if track is not None:
                    track.write_until((number + 1) / scene.fps)
            container.mux(video.encode(None))
            if track is not None:
                track.finish()
    except BaseException:
        out.unlink(missing_ok=True)
        raise


@lru_cache(maxsize=1)
def tiny_mp4() -> bytes:
    """A valid marked H.264 MP4 of ten frames, 320x180, always the same bytes, where any video will do."""
    size = Size(320, 180)
    ground = np.full((size.height * 3 // 2, size.width), 128, np.uint8)
    ground[: size.height] = yuv(0.0, 0.35, 0.0)[0]
    mark = in_corner("not rendered", size)
    scene = Scene(size, 10, lambda: repeat(stamped(ground, [mark]), 10), mark)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "tiny.mp4")
        write_mp4(out, scene, scene.frames())
        return out.read_bytes()


def _video_stream(container: OutputContainer, scene: Scene) -> VideoStream:
    # Frames above 720P take a multiple of the time: a faster preset, and a lower quality against its larger files.
    small = scene.size.area <= AREAS["720P"]
    options = {"preset": "superfast", "crf": "20"} if small else {"preset": "ultrafast", "crf": "23"}
    stream = container.add_stream("libx264", rate=scene.fps, options=options)
    stream.width, stream.height, stream.pix_fmt = scene.size.width, scene.size.height, "yuv420p"
    codec = stream.codec_context
    codec.colorspace, codec.color_primaries, codec.color_trc = scene.colours
    return stream


class _SoundTrack:
    """The sound of a video, written in step with its pictures."""

    def __init__(self, container: OutputContainer, sound: Iterable[Samples]) -> None:
        self._container = container
        self._stream: AudioStream = container.add_stream("aac", rate=RATE, layout="stereo")
        self._sound: Iterator[Samples] = iter(sound)
        self._written = 0

    def write_until(self, seconds: float) -> None:
        while self._written < seconds * RATE:
            samples = next(self._sound, None)
            if samples is None:
                return
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
            block.sample_rate, block.pts, block.time_base = RATE, self._written, Fraction(1, RATE)
            self._written += samples.shape[1]
            self._container.mux(self._stream.encode(block))

    def finish(self) -> None:
        self.write_until(float("inf"))
        self._container.mux(self._stream.encode(None))
