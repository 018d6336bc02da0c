"""Trimming, conforming and joining footage, beside FFmpeg's own command line on the same files.

    python -m benchmarks.footage

Both decode and encode with the same library code and settings (x264, same preset and quality), so what is compared
is what Python costs between them, and whether both come to the same frames. Needs `ffmpeg` and `ffprobe` (Debian's
package), which nothing else in this repository uses; takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from airflow_provider_wan.media.conforming import conform
from airflow_provider_wan.media.cutting import split, trim
from airflow_provider_wan.media.joining import concatenate
from airflow_provider_wan.media.segments import Segment
from airflow_provider_wan.media.targets import Target
from airflow_provider_wan.media.writing import Encoding
from benchmarks import tell
from demo.film import make_film
from demo.settings import CLIP, MEDIA

MOST = 1.3
"""How many times FFmpeg's own time we may take."""
HEADS = (
    "what",
    "ours, s",
    "ffmpeg, s",
    "times",
    "frames, ours",
    "frames, ffmpeg",
    "length, ours",
    "length, ffmpeg",
)
ENCODING = Encoding()
_X264 = ("-c:v", "libx264", "-preset", ENCODING.preset, "-crf", str(ENCODING.crf), "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "192k")
_FAST = ("-movflags", "+faststart")


@dataclass(frozen=True)
class Case:
    """One piece of work, done by us and by FFmpeg.

    Attributes:
        name: What is done.
        ours: Does it; is given the file to make.
        theirs: FFmpeg's arguments, without the program's name and the file to make.
    """

    name: str
    ours: Callable[[Path], object]
    theirs: Sequence[str | Path]


def cases(folder: Path, seconds: int) -> list[Case]:
    """Make the films and name the work."""
    film = make_film(MEDIA / CLIP, folder / "film.mp4", seconds=seconds, size=(1280, 720))
    frames = seconds * 25
    start, end = seconds // 4, seconds * 3 // 4
    plan = [Segment(number, number * frames // 4, (number + 1) * frames // 4) for number in range(4)]
    parts = [part.path for part in split(film, folder, plan, sound=True)]
    sizes = [(1280, 720), (960, 540), (1280, 720), (640, 360)]
    unequal = [
        conform(part, folder / f"unequal-{number}.mp4", Target(*size, Fraction(25), None, None, "pad")).path
        for number, (part, size) in enumerate(zip(parts, sizes, strict=True))
    ]
    listed = folder / "parts.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    smaller, faster = (
        Target(832, 480, Fraction(25), None, None, "pad"),
        Target(1280, 720, Fraction(30), None, None, "pad"),
    )
    pad = "scale={0}:{1}:force_original_aspect_ratio=decrease:flags=bicubic,pad={0}:{1}:-1:-1,setsar=1"
    inputs = [word for part in unequal for word in ("-i", part)]
    scaled = ";".join(f"[{number}:v]{pad.format(1280, 720)}[v{number}]" for number in range(4))
    # Apart, because in one filter each part would be as long as the longer of its picture and its sound.
    pictures = "".join(f"[v{number}]" for number in range(4))
    sounds = "".join(f"[{number}:a]" for number in range(4))
    chained = f"{scaled};{pictures}concat=n=4:v=1:a=0[v];{sounds}concat=n=4:v=0:a=1[a]"
    return [
        Case(
            "trim the middle half",
            lambda out: trim(film, out, start=start, end=end),
            ("-ss", str(start), "-to", str(end), "-i", film, *_X264, *_AAC, *_FAST),
        ),
        Case(
            "conform to 832x480, padded",
            lambda out: conform(film, out, smaller),
            ("-i", film, "-vf", pad.format(832, 480), *_X264, *_AAC, *_FAST),
        ),
        Case(
            "conform to 30 frames a second",
            lambda out: conform(film, out, faster),
            ("-i", film, "-r", "30", *_X264, *_AAC, *_FAST),
        ),
        Case(
            "join 4 equal parts",
            lambda out: concatenate(parts, out),
            ("-f", "concat", "-safe", "0", "-i", listed, "-c:v", "copy", *_AAC, *_FAST),
        ),
        Case(
            "join 4 unequal parts",
            lambda out: concatenate(unequal, out),
            (
                *inputs,
                *(
                    "-filter_complex",
                    chained,
                    "-map",
                    "[v]",
                    "-map",
                    "[a]",
                ),
                *(*_X264, *_AAC, *_FAST),
            ),
        ),
    ]


def facts(path: Path) -> tuple[int, float]:
    """Return how many frames a video has, and how long its pictures are in seconds, as FFmpeg sees it."""
    words = ("-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries")
    said = subprocess.run(
        ["ffprobe", *words, "stream=nb_read_frames,duration", "-of", "json", path],
        check=True,
        capture_output=True,
    )
    stream = json.loads(said.stdout)["streams"][0]
    return int(stream["nb_read_frames"]), float(stream["duration"])


def run(case: Case, folder: Path, times: int) -> tuple[str | int | float, ...]:
    """Do one piece of work both ways, in turn, and return a line of the table; the least time of each counts."""
    ours, theirs = folder / "ours.mp4", folder / "theirs.mp4"
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        began = time.perf_counter()
        case.ours(ours)
        took[0].append(time.perf_counter() - began)
        began = time.perf_counter()
        command = ["ffmpeg", "-v", "error", "-y", *case.theirs, theirs]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        took[1].append(time.perf_counter() - began)
    (frames, length), (their_frames, their_length) = facts(ours), facts(theirs)
    mine, other = min(took[0]), min(took[1])
    return (
        *(case.name, round(mine, 2), round(other, 2), round(mine / other, 2)),
        *(frames, their_frames, round(length, 3), round(their_length, 3)),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table. Returns 1 where the frames differ or we take too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of the film")
    parser.add_argument("--times", type=int, default=3, help="how often each is done")
    options = parser.parse_args(arguments)
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        print("ffmpeg and ffprobe are needed: apt-get install ffmpeg", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [run(case, folder, options.times) for case in cases(folder, options.seconds)]
    print(tell.table(HEADS, rows))
    ratios = [float(row[3]) for row in rows]
    print(
        f"\nTimes FFmpeg's own: {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}"
    )
    agree = all(row[4] == row[5] and abs(float(row[6]) - float(row[7])) < 0.02 for row in rows)
    return 0 if agree and max(ratios) <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
