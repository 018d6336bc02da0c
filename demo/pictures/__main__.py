"""`python -m demo.pictures`, as `make screenshots` calls it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error as BrowserError

from demo.clock import listen_for_stop, pause, ticks
from demo.console import say
from demo.errors import DemoError, InterruptedDemo
from demo.pictures.airflow import PicturedAirflow
from demo.pictures.camera import Camera
from demo.pictures.plot import DAGS, Plot
from demo.pictures.shots import SHOTS, Shot
from demo.pictures.stage import Stage, free_settings
from demo.settings import PASSWORD, ROOT, USER
from tests.ui.browser.chromium import lacking

IMAGES = ROOT / "docs" / "images"
PARSE_LIMIT, LIMIT = 240.0, 420.0
"""Seconds: for Airflow to read the DAGs, and for all edits to come to their ends."""
QUALITY = 88
"""Of WebP, at which text is crisp; PNG would take four times as many bytes for the frames."""
LARGEST = 300_000
"""Bytes of a picture."""


def develop(stage: Stage, shots: Sequence[Shot]) -> list[str]:
    """Run the edits, take each picture when it is due, and return what is wrong, by picture.

    Raises:
        DemoError: Something ended early.
    """
    left, wrong = list(shots), []
    with PicturedAirflow(stage.settings.airflow_url) as api:
        get_ready(api)
        plot = Plot(stage.settings, api)
        plot.start()
        with Camera(stage.settings.airflow_url) as camera:
            for _ in ticks(LIMIT, every=1.0):
                stage.check()
                plot.go_on()
                for shot in [shot for shot in left if shot.ready(plot)]:
                    left.remove(shot)
                    wrong += picture(shot, camera, plot)
                if not left:
                    return wrong
    return wrong + [f"{shot.name}: what it shows was not reached within {LIMIT:.0f} s." for shot in left]


def picture(shot: Shot, camera: Camera, plot: Plot) -> list[str]:
    """Take a picture and return what is wrong with it."""
    try:
        file = save(shot.take(camera, plot), shot.name)
    except (DemoError, BrowserError) as error:
        pause(0)  # or somebody has asked us to stop, and that is why
        return [f"{shot.name}: {' '.join(str(error).split())[:300]}"]
    size = file.stat().st_size
    say(f"{file.relative_to(ROOT)}  {size / 1000:.0f} kB")
    return [f"{shot.name}: {size} bytes are more than {LARGEST}."] if size > LARGEST else []


def save(image: Image.Image, name: str) -> Path:
    """Write a picture where the documentation has it."""
    IMAGES.mkdir(exist_ok=True)
    file = IMAGES / f"{name}.webp"
    image.save(file, quality=QUALITY, method=6)
    return file


def get_ready(api: PicturedAirflow) -> None:
    """Log in, and wait until Airflow has read the DAGs.

    Raises:
        DemoError: It can't.
    """
    api.log_in(USER, PASSWORD)
    for _ in ticks(PARSE_LIMIT):
        if errors := api.import_errors():
            raise DemoError("Airflow can't read a DAG:\n" + "\n".join(errors))
        if api.dag_ids() >= set(DAGS):
            return
    raise DemoError(f"Airflow did not read {', '.join(DAGS)} within {PARSE_LIMIT:.0f} s.")


def main(names: Sequence[str]) -> int:
    """Take all pictures, or those named; return the exit status: 0, 1 for a failure, 130 when interrupted."""
    known = {shot.name: shot for shot in SHOTS}
    if unknown := [name for name in names if name not in known]:
        print(f"There is no picture {', '.join(unknown)}. There are {', '.join(known)}.", file=sys.stderr)
        return 2
    if why := lacking():
        print(why, file=sys.stderr)
        return 1
    listen_for_stop()
    begun = time.monotonic()
    settings, beside = free_settings()
    stage = Stage(settings, beside)
    wrong: list[str] = []
    try:
        stage.start()
        wrong = develop(stage, [known[name] for name in names or known])
    except (InterruptedDemo, DemoError, BrowserError) as error:
        wrong = [str(error)]
    finally:
        stage.stop()
    if stopped():
        print("Interrupted; everything that was started has been ended.", file=sys.stderr)
        return 130
    if wrong:
        logs = f"Logs: {settings.logs}, {settings.airflow_home / 'logs'}"
        print("\n".join(["", *wrong, "", logs]), file=sys.stderr)
        return 1
    say(f"Done in {time.monotonic() - begun:.0f} s.")
    return 0


def stopped() -> bool:
    """Whether somebody has asked us to stop, of which the browser may have heard first."""
    try:
        pause(0)
    except InterruptedDemo:
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
