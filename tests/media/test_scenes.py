"""Scenes are found where they change, to the frame, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.scenes import scene_cuts
from airflow_provider_wan.media.writing import MovieWriter
from tests.media import numbered
from tests.patience import HANGS

RABBIT = Path(__file__).parents[2] / "demo" / "media" / "big_buck_bunny.mp4"
SIZE = WIDTH, HEIGHT = 160, 90
Picture = npt.NDArray[Any]


def ground(seed: int, width: int = 800, height: int = 450) -> Picture:
    """A landscape of large and small shapes, of grey levels from 30 to 220."""
    random = np.random.default_rng(seed)
    shapes: Picture = np.zeros((height, width))
    for side, weight in ((100, 4), (50, 3), (20, 2), (5, 1)):
        coarse = random.random((-(-height // side), -(-width // side)))
        shapes += weight * np.kron(coarse, np.ones((side, side)))[:height, :width]
    shapes -= shapes.min()
    return np.asarray(30 + 190 * shapes / shapes.max())


def pan(
    seed: int, frames: int, speed: float = 2.0, *, start: float = 0.0, brightness: float = 1.0
) -> Iterator[Picture]:
    """A camera that moves over a landscape, by so many of 160 pixels a frame."""
    land = ground(seed)
    for number in range(frames):
        left = round(start + speed * number)
        yield brightness * land[100 : 100 + HEIGHT, left : left + WIDTH]


def zoom(seed: int, frames: int, share: float) -> Iterator[Picture]:
    """A camera that comes nearer."""
    land = ground(seed)
    for number in range(frames):
        width = 600 * share**number
        rows = (225 + (np.arange(HEIGHT) / HEIGHT - 0.5) * width * HEIGHT / WIDTH).astype(int)
        columns = (400 + (np.arange(WIDTH) / WIDTH - 0.5) * width).astype(int)
        yield land[rows][:, columns]


def fade(one: Iterator[Picture], other: Iterator[Picture], frames: int) -> Iterator[Picture]:
    for number, (before, after) in enumerate(zip(one, other, strict=True), 1):
        share = min(1.0, number / (frames + 1))
        yield (1 - share) * before + share * after


def black(frames: int) -> Iterator[Picture]:
    yield from np.zeros((frames, HEIGHT, WIDTH))


def lit(pictures: Iterator[Picture], when: range, by: float = 100.0) -> Iterator[Picture]:
    """Pictures of which some are in a flash's light."""
    for number, picture in enumerate(pictures):
        yield picture + by if number in when else picture


def noisy(pictures: Iterator[Picture]) -> Iterator[Picture]:
    random = np.random.default_rng(7)
    for picture in pictures:
        yield picture + random.normal(0, 20, picture.shape)


def one_after_the_other(*scenes: Iterator[Picture]) -> Iterator[Picture]:
    for scene in scenes:
        yield from scene


def film(path: Path, pictures: Iterator[Picture], rate: Fraction | int = 25) -> Path:
    with MovieWriter(path, SIZE, Fraction(rate)) as writer:
        for picture in pictures:
            grey = np.clip(picture, 0, 255).astype(np.uint8)
            writer.write(av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24"))
    return path


FILMS: dict[str, tuple[Callable[[], Iterator[Picture]], list[int]]] = {
    "three scenes": (lambda: one_after_the_other(pan(1, 31), pan(2, 17), pan(3, 40)), [31, 48]),
    "standing scenes": (lambda: one_after_the_other(pan(1, 30, 0), pan(2, 30, 0)), [30]),
    "to black and back": (lambda: one_after_the_other(pan(1, 20), black(20), pan(2, 20)), [20, 40]),
    "at the second frame": (lambda: one_after_the_other(pan(1, 1), pan(2, 30)), [1]),
    "at the last frame": (lambda: one_after_the_other(pan(1, 30), pan(2, 1)), [30]),
    "scenes of six frames": (
        lambda: one_after_the_other(*(pan(seed, 6) for seed in range(6))),
        [6, 12, 18, 24, 30],
    ),
    "dark scenes": (
        lambda: one_after_the_other(pan(1, 30, brightness=0.3), pan(2, 30, brightness=0.3)),
        [30],
    ),
    "the same landscape elsewhere": (lambda: one_after_the_other(pan(1, 30), pan(1, 30, start=400)), [30]),
    "noise": (lambda: noisy(one_after_the_other(pan(1, 30), pan(2, 30))), [30]),
    "a flash before a cut": (
        lambda: one_after_the_other(lit(pan(1, 30), range(20, 22)), pan(2, 30)),
        [30],
    ),
    "a scene of four frames, which is too short": (
        lambda: one_after_the_other(pan(1, 30), pan(2, 4), pan(3, 30)),
        [30],
    ),
    "a blended frame at a cut": (
        lambda: one_after_the_other(pan(1, 30), fade(pan(1, 1), pan(2, 1), 1), pan(2, 30)),
        [30],
    ),
    "one frame": (lambda: pan(1, 1), []),
    "nothing moves": (lambda: pan(1, 30, 0), []),
    "a slow pan": (lambda: pan(1, 60, 1), []),
    "a fast pan": (lambda: pan(1, 40, 15), []),
    "a pan that begins and ends at once": (
        lambda: one_after_the_other(pan(1, 20, 0), pan(1, 8, 40), pan(1, 20, 0, start=280)),
        [],
    ),
    "a fast zoom": (lambda: zoom(1, 12, 0.88), []),
    "a fade to another scene": (lambda: fade(pan(1, 50), pan(2, 50), 12), []),
    "a fade of four frames": (lambda: fade(pan(1, 50), pan(2, 50), 4), []),
    "a fade to black": (lambda: fade(pan(1, 40), black(40), 10), []),
    "a flash": (lambda: lit(pan(1, 50), range(20, 21)), []),
    "a flash of three frames": (lambda: lit(pan(1, 50), range(20, 23)), []),
    "flashes all the time": (lambda: lit(pan(1, 60), range(0, 60, 3)), []),
}


@pytest.mark.parametrize("name", FILMS)
def test_cuts_are_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    made, cuts = FILMS[name]
    assert scene_cuts(film(tmp_path / "film.mp4", made())) == cuts


@pytest.mark.parametrize("rate", [4, 16, 24, Fraction(30000, 1001), 60])
def test_cuts_are_frames_at_any_rate(rate: Fraction | int, tmp_path: Path) -> None:
    made = one_after_the_other(pan(1, 100, 1), pan(2, 55, 1), pan(3, 70, 1))
    assert scene_cuts(film(tmp_path / "film.mp4", made, rate)) == [100, 155]


def test_a_flash_is_as_long_at_any_rate(tmp_path: Path) -> None:
    assert scene_cuts(film(tmp_path / "film.mp4", lit(pan(1, 60, 1), range(30, 38)), 60)) == []


def test_frames_that_come_twice_hide_no_cut_and_make_none(tmp_path: Path) -> None:
    """As when a film of 24 frames a second is shown at 60."""
    scenes = one_after_the_other(pan(1, 40, 4), pan(2, 30, 4))
    made = (picture for number, picture in enumerate(scenes) for _ in range(2 + number % 2))
    assert scene_cuts(film(tmp_path / "film.mp4", made, 60)) == [100]


def test_cuts_are_steady_frames_where_times_vary(tmp_path: Path) -> None:
    """Picture 9 is shown for two frames, so the second scene begins a frame later than by its number."""
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, picture in enumerate(one_after_the_other(pan(1, 20), pan(2, 20))):
            pixels = np.repeat(picture.astype(np.uint8)[:, :, None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number + (number >= 10), Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert scene_cuts(tmp_path / "film.mkv") == [21]


def test_a_real_scene_with_much_movement_is_one() -> None:
    assert scene_cuts(RABBIT) == []


def test_a_cut_in_real_pictures_is_found(tmp_path: Path) -> None:
    """The clip, then a part of it nearer by, then the whole again: as an editor cuts from a view to a close-up."""
    with Video(RABBIT) as video:
        pictures = [picture.to_ndarray(format="rgb24")[::4, ::4] for picture in video.steady_frames()]
    near = [picture[30:120, 80:240] for picture in pictures]
    whole = [picture[: HEIGHT * 2 : 2, : WIDTH * 2 : 2] for picture in pictures]
    with MovieWriter(tmp_path / "film.mp4", SIZE, Fraction(25)) as writer:
        for pixels in (*whole[:35], *near[35:60], *whole[60:]):
            writer.write(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), format="rgb24"))
    assert scene_cuts(tmp_path / "film.mp4") == [35, 60]


def test_a_higher_threshold_finds_less(tmp_path: Path) -> None:
    file = film(tmp_path / "film.mp4", one_after_the_other(pan(1, 20), pan(2, 20), black(20)))
    assert scene_cuts(file) == [20, 40]
    assert scene_cuts(file, threshold=0.25) == [40]
    assert scene_cuts(file, threshold=0.9) == []


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.0, float("nan")])
def test_a_threshold_that_makes_no_sense_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"threshold=.* between 0 and 1"):
        scene_cuts(RABBIT, threshold=threshold)


def test_a_file_that_is_cut_short_is_no_film_without_cuts(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.mp4", pan(1, 100)).read_bytes()
    (tmp_path / "short.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputUnfitError, match=r"short\.mp4"):
        scene_cuts(tmp_path / "short.mp4")


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    """Ten minutes take no more than one. To keep their small pictures would take 17 MiB."""
    peaks = []
    for frames in (1_500, 15_000):
        file = numbered.clip(tmp_path / f"{frames}.mp4", [0] * frames, size=(32, 32), options={"g": "250"})
        script = (
            "import resource; from pathlib import Path; from airflow_provider_wan.media.scenes import scene_cuts\n"
            f"assert scene_cuts(Path({str(file)!r})) == []\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=HANGS
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 8
