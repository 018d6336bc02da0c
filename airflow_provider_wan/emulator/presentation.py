"""How a job looks from outside: the answer to a query, and a row of the list.

Source: Model Studio, manage-asynchronous-tasks, 2026-02-11, and the samples of the model pages.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.emulator.clock import epoch_ms, stamp
from airflow_provider_wan.emulator.tasks import Status, Task


def accepted(task: Task) -> dict[str, Any]:
    """Return the answer to an accepted submission."""
    return {
        "output": {"task_status": Status.PENDING, "task_id": task.id},
        "request_id": task.request_id,
    }


def unknown(task_id: str) -> dict[str, Any]:
    """Return the answer for a job that is gone, was never there, or is another account's."""
    return {"output": {"task_id": task_id, "task_status": Status.UNKNOWN}}


def snapshot(task: Task, video_url: str | None) -> dict[str, Any]:
    """Return the answer to a query.

    Args:
        task: The job.
        video_url: Signed address of its result; None: show none.
    """
    output: dict[str, Any] = {"task_id": task.id, "task_status": task.status}
    if task.status is not Status.FAILED or task.failed_with_times:
        output |= _times(task)
    answer: dict[str, Any] = {"output": output}
    if task.failure is not None:
        if task.failure.code:
            output["code"] = task.failure.code
        if task.failure.message:
            output["message"] = task.failure.message
    if task.status is Status.SUCCEEDED:
        if video_url is not None:
            _put(output, task.model.result_keys, video_url)
        output |= _prompts(task)
        answer["usage"] = task.usage
    return answer


def row(task: Task, region: str) -> dict[str, Any]:
    """Return the job's row in the list. It holds no result, no prompt and no error."""
    group, kind, function = task.path.removeprefix("/services/").split("/")
    shown: dict[str, Any] = {
        "api_key_id": task.api_key_id,
        "caller_parent_id": task.account,
        "caller_uid": task.account,
        "gmt_create": epoch_ms(task.submitted),
        "model_name": task.model_name,
        "region": region,
        "request_id": task.request_id,
        "status": task.status,
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:{group}:{kind}:{function}:{task.model_name}",
    }
    if task.started is not None:
        shown["start_time"] = epoch_ms(task.started)
    if task.ended is not None:
        shown["end_time"] = epoch_ms(task.ended)
    return shown


def _times(task: Task) -> dict[str, str]:
    times = {"submit_time": task.submitted, "scheduled_time": task.started, "end_time": task.ended}
    return {name: stamp(moment) for name, moment in times.items() if moment is not None}


def _put(output: dict[str, Any], keys: tuple[str, ...], value: str) -> None:
    *outer, last = keys
    for key in outer:
        output = output.setdefault(key, {})
    output[last] = value


def _prompts(task: Task) -> dict[str, str]:
    # animate, s2v and style show no prompt; 2.6 and later don't show the one they made of it.
    prompt = task.input.get("prompt")
    if prompt is None or task.model.family in ("animate", "s2v", "style"):
        return {}
    shown = {"orig_prompt": prompt}
    older = task.model_name.startswith(("wanx2.1", "wan2.1", "wan2.2", "wan2.5"))
    if older and task.parameters.get("prompt_extend", True):
        shown["actual_prompt"] = f"{prompt} Rich detail, natural light, smooth camera movement."
    return shown
