"""Edits a film of a minute, and measures whether its pictures and its sound are all there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.airflow_api import AirflowApi
from demo.console import say
from demo.errors import DemoError
from demo.film import Measured, make_film, measure
from demo.report import file_of
from demo.runs import run_to_end
from demo.settings import CLIP, MEDIA, Settings
from demo.stack import Stack

DAG = "edit_long_film"
TASKS = ("portrait.prepare", "portrait.edit", "portrait.join", "sheet")
SECONDS = 60.0
MOST_LATE = 0.04
"""Seconds by which the sound may be off before people notice."""
# The film stands in the middle of the portrait, which is three times as high.
BOX = (0.0, 1 / 3, 1.0, 2 / 3)


def film_of(settings: Settings, seconds: float) -> Path:
    """Make the film that is edited, unless it is there."""
    film = settings.results / f"film-{seconds:.0f}s.mp4"
    if not film.exists():
        say(f"Making a film of {seconds:.0f} s out of the clip ...")
        settings.results.mkdir(parents=True, exist_ok=True)
        make_film(MEDIA / CLIP, film, seconds=seconds)
    return film


def edit(stack: Stack, api: AirflowApi, film: Path) -> Mapping[str, Any]:
    """Run the example DAG over a film and return what `join` returned.

    Raises:
        DemoError: A task failed; with the end of its log.
    """
    settings = stack.settings
    run_id = f"long_{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    conf = {"film": f"file://{film}", "output_folder": settings.results_uri}
    limit = 900.0 + 6 * 600.0 / settings.speed
    run_to_end(stack, api, DAG, run_id, conf, tasks=TASKS, limit=limit)
    result: Mapping[str, Any] = api.result(DAG, run_id, "portrait.join")
    return result


def tell(film: Path, result: Mapping[str, Any]) -> None:
    """Say what came out, and whether everything is there.

    Raises:
        DemoError: Something isn't.
    """
    edited = file_of(result["output_path"])
    found = measure(film, edited, BOX)
    say(
        f"\n{edited}\n  {result['width']}x{result['height']}, {found.frames} frames, {found.seconds:.2f} s, of "
        f"{len(result['pieces'])} edits; {result['billed_seconds']:g} s billed, {result['cost']['amount']} "
        f"{result['cost']['currency']}\n  pictures of the film that are missing: {len(found.missing)}; shown longer "
        f"than two frames: {'none' if found.longest_stand <= 2 else found.longest_stand}; out of order: "
        f"{found.backward}\n"
        f"  sound late by {found.late * 1000:.1f} ms\n{edited.with_suffix('.png')}"
    )
    if wrong := faults(found, SECONDS):
        raise DemoError("The film isn't whole: " + "; ".join(wrong))


def faults(found: Measured, seconds: float) -> list[str]:
    """Return what is wrong with an edited film of 30 frames a second, made of one of 25."""
    frames = round(seconds * 30)
    return [
        text
        for wrong, text in (
            (found.frames != frames, f"{found.frames} frames instead of {frames}"),
            (bool(found.missing), f"pictures {list(found.missing)[:5]} are missing"),
            (found.longest_stand > 2, f"a picture stands for {found.longest_stand} frames"),
            (found.backward > 0, f"{found.backward} pictures are out of order"),
            (not abs(found.late) < MOST_LATE, f"the sound is off by {found.late * 1000:.0f} ms"),
        )
        if wrong
    ]
