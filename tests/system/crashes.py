"""Ends a task's process at an exact point, in its first attempt. Used by the DAGs of this folder."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn


def arm(context: Mapping[str, Any]) -> None:
    """Arrange for what the run's parameter `crash` names; goes into an operator's `pre_execute`.

    Airflow calls this in the task's own process, before `execute` and before a deferred task goes on. Of mapped
    tasks only the first dies.
    """
    ti = context["ti"]
    if ti.try_number == 1 and ti.map_index <= 0:
        POINTS[context["params"]["crash"]]()


def arm_in_group(context: Mapping[str, Any]) -> None:
    """The same for tasks of a long edit: only the one that the run's parameter `crash_at` names dies."""
    if context["ti"].task_id.rpartition(".")[2] == context["params"]["crash_at"]:
        arm(context)


def _nothing() -> None:
    """The task shall live."""


def _before_the_post() -> None:
    from airflow_provider_wan.dashscope.client import DashScopeClient

    _replace(DashScopeClient, "submit", _die)


def _during_the_post() -> None:
    from airflow_provider_wan.dashscope.client import DashScopeClient

    submit = DashScopeClient.submit

    def submit_and_die(*args: Any, **kwargs: Any) -> Any:
        threading.Timer(1.0, _die).start()
        return submit(*args, **kwargs)

    _replace(DashScopeClient, "submit", submit_and_die)


def _before_the_record() -> None:
    from airflow_provider_wan.ledger import Ledger

    _replace(Ledger, "submitted", _die)


def _before_the_deferral() -> None:
    from airflow_provider_wan.operators.base import WanOperator

    _replace(WanOperator, "defer", _die)


def _before_landing() -> None:
    from airflow_provider_wan import storage

    _replace(storage, "land", _die)


def _while_landing() -> None:
    from airflow_provider_wan.dashscope import client
    from airflow_provider_wan.dashscope.mp4 import Mp4Check

    feed = Mp4Check.feed

    def feed_and_die(check: Mp4Check, chunk: bytes) -> None:
        feed(check, chunk)
        if check.size > 2000:
            _die()

    _replace(client, "_CHUNK", 1000)
    _replace(Mp4Check, "feed", feed_and_die)


def _before_moving() -> None:
    from airflow_provider_wan.dashscope.mp4 import Mp4Check

    _replace(Mp4Check, "finish", _die)


def _while_waiting_here() -> None:
    from airflow_provider_wan.operators.life import Life

    _replace(Life, "_tell", _die)  # told of the first look at the job


def _at_the_end() -> None:
    from airflow_provider_wan.ledger import Ledger

    done = Ledger.done

    def done_and_die(*args: Any, **kwargs: Any) -> None:
        done(*args, **kwargs)
        _die()

    _replace(Ledger, "done", done_and_die)


def _impatient() -> None:
    from airflow_provider_wan.dashscope import calls

    submit = calls.submit
    _replace(calls, "submit", lambda *args: dataclasses.replace(submit(*args), read_timeout=1.0))


def _while_cutting() -> None:
    from airflow_provider_wan.media.writing import MovieWriter

    write = MovieWriter.write

    def write_and_die(writer: MovieWriter, *args: Any) -> None:
        write(writer, *args)
        if writer.frames == 40:
            _die()

    _replace(MovieWriter, "write", write_and_die)


def _while_storing() -> None:
    from airflow_provider_wan import storage

    put = storage.put

    def put_and_die(*args: Any) -> int:
        size = put(*args)
        _replace(storage, "put", _die)  # the next one
        return size

    _replace(storage, "put", put_and_die)


def _while_putting() -> None:
    import shutil

    from airflow_provider_wan import storage

    def copy_and_die(source: Any, sink: Any, *args: Any) -> None:
        sink.write(source.read(1000))
        _die()

    _replace(
        storage,
        "shutil",
        type("Shutil", (), {"copyfileobj": staticmethod(copy_and_die), "rmtree": shutil.rmtree}),
    )


def _after_storing() -> None:
    from airflow_provider_wan.long_edit.prepare import PrepareFootageOperator

    make = PrepareFootageOperator._make

    def make_and_die(*args: Any) -> None:
        make(*args)
        _die()

    _replace(PrepareFootageOperator, "_make", make_and_die)


def _after_joining() -> None:
    from airflow_provider_wan.media import soundtracks

    _replace(soundtracks, "restore_sound", _die)


POINTS: Mapping[str, Callable[[], None]] = {
    "": _nothing,
    "before the POST": _before_the_post,
    "during the POST": _during_the_post,
    "before the record": _before_the_record,
    "before the deferral": _before_the_deferral,
    "before landing": _before_landing,
    "while landing": _while_landing,
    "before moving": _before_moving,
    "while waiting on the worker": _while_waiting_here,
    "at the end": _at_the_end,
    "while cutting": _while_cutting,
    "while storing": _while_storing,
    "after storing": _after_storing,
    "after joining": _after_joining,
    "while putting": _while_putting,
    "impatient": _impatient,
}
"""Where a first attempt dies; "impatient" lets it live, but waits only 1 s for the answer to a submission."""


def _replace(owner: Any, name: str, value: Any) -> None:
    getattr(owner, name)  # a point that has moved must not pass unnoticed
    setattr(owner, name, value)


def _die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")
