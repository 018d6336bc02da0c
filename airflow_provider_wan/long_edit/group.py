"""`edit_long_video`: one call in a DAG that edits a film of any length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow.providers.common.compat.sdk import TaskGroup, XComArg

from airflow_provider_wan.long_edit.asked import problems
from airflow_provider_wan.long_edit.budget import Budget, as_money
from airflow_provider_wan.long_edit.join import JoinFootageOperator, LinkFootageOperator, SoundOf
from airflow_provider_wan.long_edit.plan import PLAN_KEY
from airflow_provider_wan.long_edit.prepare import PrepareFootageOperator
from airflow_provider_wan.operators.base import Text, WanOperator, WanParameterError
from airflow_provider_wan.operators.late import is_late
from airflow_provider_wan.operators.vace import WanVideoExtensionOperator

_SHARED = frozenset({"prompt", "prompt_extend", "seed"})
"""Fields of an edit that the extensions of a chain take over."""
_MOST_PIECES = 200
"""Each makes two tasks, and a DAG of very many is slow to read."""


class LongEdit(TaskGroup):
    """The tasks that edit a film: `prepare`, the edits, `join`."""

    output: Any = None
    """The film as an input for other tasks: `film.output["output_path"]`. See `JoinFootageOperator` for all of it."""


def edit_long_video(
    *,
    video_url: Text,
    edit: type[WanOperator],
    arguments: Mapping[str, Any],
    work_path: Text,
    output_path: Text,
    group_id: str = "edit_long_video",
    mode: Literal["parallel", "chained"] = "parallel",
    piece_seconds: float | None = None,
    overlap: float = 0.0,
    at_scenes: bool = False,
    mask: Mapping[str, Any] | Text | None = None,
    fit: Literal["pad", "crop", "stretch"] = "pad",
    sound: SoundOf = "film",
    max_cost: Any = None,
    most_pieces: int = 24,
    following: Mapping[str, Any] | None = None,
    task_arguments: Mapping[str, Any] | None = None,
) -> LongEdit:
    """Edit a film that is longer than a model takes: cut it, edit the pieces, join them, put the sound back.

    The first task says in its log what the edits will cost and how long they will take. Each piece is an edit of its
    own, retried alone; what is landed below `work_path` isn't paid for again, whatever is cleared, as long as the film
    and the edit stay the same.

    Args:
        video_url: The film: any `ObjectStoragePath` URI, a web address, or a local file below the deployment's
            media roots.
        edit: The operator that edits, e.g. `WanVideoRepaintingOperator`: any that takes a `video_url`.
        arguments: What the operator is given, besides `video_url` and `output_path`.
        work_path: Folder for pieces and edits, e.g. `s3://conn@bucket/work/`. It isn't emptied. Films don't get in
            each other's way there, but two different edits of one film do: give each its own, e.g. with the run's id.
        output_path: Where the film is landed, with a slash at its end a folder.
        group_id: Name of the group.
        mode: `parallel`: the pieces are edited independently, as many at once as the account runs. `chained`: one after
            the other, for continuity: the first by `edit`, and each further one by video extension, which begins
            with the last frame of the edit before it and follows the motion of its piece.
        piece_seconds: How long a piece may be; None: as long as the model takes (5 s for VACE).
        overlap: How many seconds neighbours share and are cross-faded over (parallel). They are paid twice.
        at_scenes: Whether to cut where scenes change, as far as the lengths allow.
        mask: For edits with a mask: its shape as for `VideoMaskOperator`, drawn for the first frame of each piece, so
            let it move along with the film; or the URI of a mask video as long as the film.
        fit: `pad`, `crop` or `stretch`, where the model doesn't take the film's shape.
        sound: Whose sound the result has: the `film`'s, the `edits`' own, or `none`.
        max_cost: Most that all edits of the film may cost, in CNY: nothing is submitted if the estimate is above it, or
            once what is paid and under way comes too near. None: no limit.
        most_pieces: How many pieces a chain may have, since it has tasks for each; those not needed are skipped.
        following: What the extensions of a chain are given besides the prompt of `arguments`, e.g. `control_condition`
            (`depth` by default).
        task_arguments: What all tasks of the group are given, e.g. `retries`.

    Returns:
        The group; its `output` is the film.

    Raises:
        WanParameterError: Something is wrong with the literals among the arguments.
    """
    everyone = dict(task_arguments or {})
    chain = mode == "chained"
    after = _following(edit, arguments, following or {}) if chain else {}
    _check(
        edit,
        arguments,
        after,
        mode=mode,
        mask=mask,
        overlap=overlap,
        most_pieces=most_pieces,
        max_cost=max_cost,
    )
    group = LongEdit(group_id=group_id)
    with group:
        prepare = PrepareFootageOperator(
            task_id="prepare",
            video_url=video_url,
            edit=edit,
            arguments=dict(arguments),
            work_path=work_path,
            piece_seconds=piece_seconds,
            overlap=overlap,
            at_scenes=at_scenes,
            mask=mask,
            fit=fit,
            max_cost=max_cost,
            most_pieces=most_pieces if chain else None,
            following=WanVideoExtensionOperator if chain else None,
            following_arguments=after if chain else None,
            **everyone,
        )
        plan = XComArg(prepare, PLAN_KEY)
        names = [f"edit_{number:02}" for number in range(most_pieces)] if chain else ["edit"]
        common: dict[str, Any] = {**everyone, "on_landed": "keep"}
        if max_cost is not None:
            tasks = [f"{group.group_id}.{name}" for name in names]
            common["before_submit"] = Budget(max_cost, prepare.task_id, tasks)
        if chain:
            edits: Any = _chained(prepare, plan, edit, arguments, after, names, common, everyone)
        else:
            edits = edit.partial(task_id="edit", **common, **arguments).expand_kwargs(prepare.output).output
        join = JoinFootageOperator(
            task_id="join",
            video_url=video_url,
            plan=plan,
            edits=edits,
            output_path=output_path,
            sound=sound,
            linked=chain,
            trigger_rule="none_failed_min_one_success" if chain else "all_success",
            **everyone,
        )
    group.output = join.output
    return group


def _chained(
    prepare: PrepareFootageOperator,
    plan: XComArg,
    edit: type[WanOperator],
    arguments: Mapping[str, Any],
    after: Mapping[str, Any],
    names: Sequence[str],
    common: Mapping[str, Any],
    everyone: Mapping[str, Any],
) -> list[Any]:
    def of_first(field: str) -> str:
        return f"{{{{ ti.xcom_pull(task_ids='{prepare.task_id}')[0]['{field}'] }}}}"

    before: WanOperator = edit(
        task_id=names[0],
        video_url=of_first("video_url"),
        output_path=of_first("output_path"),
        **common,
        **arguments,
    )
    prepare >> before
    outputs = [before.output]
    for number, name in enumerate(names[1:]):
        link = LinkFootageOperator(
            task_id=f"link_{number:02}", plan=plan, edit=before.output, number=number, **everyone
        )
        before = WanVideoExtensionOperator(
            task_id=name,
            video_url=link.output["video_url"],
            first_frame_url=link.output["first_frame_url"],
            output_path=link.output["output_path"],
            **common,
            **after,
        )
        outputs.append(before.output)
    return outputs


def _following(
    edit: type[WanOperator], arguments: Mapping[str, Any], following: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a chain's extensions: those of the task, the prompt, and what the author wants."""
    of_the_edit = set(edit.request_class.model_fields) - _SHARED
    passed_on = {name: value for name, value in arguments.items() if name not in of_the_edit}
    return {"control_condition": "depth", **passed_on, **following}


def _check(
    edit: type[WanOperator],
    arguments: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    mode: str,
    mask: Any,
    overlap: float,
    most_pieces: int,
    max_cost: Any,
) -> None:
    chain = mode == "chained"
    if not is_late(max_cost):
        as_money(max_cost)
    found = problems(edit, arguments, mask=mask, linked=False)
    if mode not in ("parallel", "chained"):
        found.append(f"mode={mode!r}: must be parallel or chained. Use one of those.")
    if chain:
        found += [
            f"following: {line}"
            for line in problems(WanVideoExtensionOperator, after, mask=None, linked=True)
        ]
        if mask is not None:
            found.append("mask: a chain goes on by video extension, which takes none. Use mode='parallel'.")
        if overlap:
            found.append("overlap: the pieces of a chain share one frame, and no more. Leave it out.")
        if not 1 <= most_pieces <= _MOST_PIECES:
            found.append(f"most_pieces={most_pieces}: must be 1 to {_MOST_PIECES}.")
    if found:
        raise WanParameterError("\n  ".join(["edit_long_video: nothing was cut or sent.", *found]))
