"""The work on a job: fetch its inputs, render its video."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from airflow_provider_wan.emulator.inputs import Inputs
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.tasks import Done, Failure, Made, Task, VideoFacts, Work
from airflow_provider_wan.emulator.uploads import Owner
from airflow_provider_wan.emulator.usage import expected

_log = logging.getLogger(__name__)

EARLY_SECONDS = 5.0
"""How soon after its start a job fails that was doomed from the beginning."""

PLACEHOLDER = Path(__file__).with_name("placeholder.mp4")
"""Stands for every result where nothing is rendered; made by `rendering.encode.tiny_mp4`, needs no PyAV."""

Render = Callable[[Task, dict[str, Path], Path], VideoFacts]
"""Makes a job's video from its inputs and writes it to a file."""


def render_task(task: Task, media: dict[str, Path], out: Path) -> VideoFacts:
    """Render with PyAV.

    Raises:
        ServiceRefusal: An input is not what the model takes.
    """
    from airflow_provider_wan.emulator.render import RenderJob, render

    family = task.model.family
    made = render(
        RenderJob(
            model_family=family,
            function=task.input["function"] if family == "vace" else None,
            input=task.input,
            parameters=task.parameters,
            media=media,
            out=out,
            model=task.model_name,
        )
    )
    return VideoFacts(made.width, made.height, made.fps, made.duration, made.input_duration, made.has_audio)


class Workshop:
    """Works on running jobs, a few at a time; the jobs' own times decide when a result shows.

    Args:
        inputs: Fetches the inputs.
        folder: Where files go.
        now: The service's clock.
        fetches: Whether inputs are fetched; without that nothing takes time.
        render: Makes a video; None: the placeholder is handed out.
        threads: How many jobs are worked on at once.
    """

    def __init__(
        self,
        *,
        inputs: Inputs,
        folder: Path,
        now: Callable[[], float],
        fetches: bool,
        render: Render | None,
        threads: int,
    ) -> None:
        self._inputs = inputs
        self._folder = folder
        self._now = now
        self._fetches = fetches
        self._render = render
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wan-emulator-work")
        self._closed = False

    def begin(self, task: Task, owner: Owner) -> Work:
        """Start the work on a job that has just started."""
        started = task.started if task.started is not None else self._now()
        if task.doom is not None:
            return _always(Done(started + min(EARLY_SECONDS, task.run_seconds), task.doom))
        if task.late_doom is not None:
            return _always(Done(started + task.run_seconds, task.late_doom))
        if self._fetches:
            future = self._pool.submit(self._make, task, owner)
            return lambda: _result(future)
        try:
            self._inputs.check_uploads(task.input, owner, started)
        except ServiceRefusal as refusal:
            return _always(Done(started, Failure(refusal.code, refusal.message)))
        return _always(Done(started, placeholder(task)))

    def close(self) -> None:
        """Drop what hasn't begun; what is under way ends unseen."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, task: Task, owner: Owner) -> Done:
        try:
            with TemporaryDirectory(prefix="inputs-", dir=self._folder) as folder:
                media = self._inputs.fetch(task.input, owner, self._now(), Path(folder), task.id)
                if self._render is None:
                    return Done(self._now(), placeholder(task))
                out = self._folder / f"{task.id}.mp4"
                facts = self._render(task, media, out)
        except ServiceRefusal as refusal:
            return Done(self._now(), Failure(refusal.code, refusal.message))
        except Exception:  # noqa: BLE001 (a job must end whatever happens to its video; the log tells us what did)
            if not self._closed:
                _log.exception("Rendering job %s failed.", task.id)
            return Done(
                self._now(),
                Failure("InternalError.Algo", "An internal error has occured during algorithm execution."),
            )
        return Done(self._now(), Made(out, facts))


def placeholder(task: Task) -> Made:
    """Return the placeholder with the facts that the request lets expect."""
    return Made(PLACEHOLDER, expected(task.model, task.input, task.parameters))


def _always(done: Done) -> Work:
    return lambda: done


def _result(future: Future[Done]) -> Done | None:
    return future.result() if future.done() and not future.cancelled() else None
