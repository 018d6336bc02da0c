"""Puts a film's edited pieces together again, under the sound of the film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import AirflowSkipException

from airflow_provider_wan.dashscope.errors import WanInputError
from airflow_provider_wan.long_edit.plan import LINKS, Piece, Plan, spent
from airflow_provider_wan.operators.base import Text
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses
from airflow_provider_wan.operators.video.base import facts_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.media.writing import Written
    from airflow_provider_wan.workshop import Workshop

SoundOf = Literal["film", "edits", "none"]


class JoinFootageOperator(TakesSignedAddresses):
    """The last task of `edit_long_video`: joins the edited pieces, and puts the film's sound back.

    Args:
        video_url: The film, for its sound.
        plan: How it was cut.
        edits: The results of the edits, in any order.
        output_path: Where the film is landed; with a slash at its end a folder, and the file is named after the plan.
        sound: Whose sound the result has: the `film`'s, the `edits`' own, or `none`.
        linked: Whether each piece begins with the last frame of the one before it.
        kwargs: As for any operator.

    Returns:
        `output_path`; what the film is (`frames`, `fps`, `rate`, `seconds`, `width`, `height`, `sound`);
        `billed_seconds` and `cost` of all edits; and `pieces`: of each where in the film it is, its job, its file and
        its cost.

    Raises:
        WanInputError: An edit is missing.
        InputUnfitError: An edited piece is damaged, or shorter than it should be.
    """

    template_fields: Sequence[str] = ("video_url", "plan", "edits", "output_path")
    ui_color = "#e0f2f1"

    def __init__(
        self,
        *,
        video_url: Text,
        plan: Any,
        edits: Any,
        output_path: Text,
        sound: SoundOf = "film",
        linked: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.video_url = video_url
        self.plan = plan
        self.edits = edits
        self.output_path = output_path
        self.sound = sound
        self.linked = linked

    @property
    def output(self) -> Any:
        """The film as an input for other tasks. Typed as anything, as `WanOperator.output` is."""
        return super().output

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- Airflow's signature
        """Fetch the edits, join them, add the sound, land the film."""
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.workshop import Workshop

        with FailingAsAirflowDoes(), Workshop(self.log) as shop:
            plan = Plan.from_dict(self.plan)
            edits = in_order(plan, self.edits)
            film = self._joined(shop, plan, [shop.fetch(edit["output_path"]) for edit in edits])
            uri = str(plain(self.output_path))
            landed = shop.land(film.path, f"{uri}{plan.key}.mp4" if uri.endswith("/") else uri)
            return {"output_path": landed, **facts_of(film), **report(plan, edits)}

    def _joined(self, shop: Workshop, plan: Plan, files: Sequence[Path]) -> Written:
        from airflow_provider_wan.media.joining import Part, concatenate
        from airflow_provider_wan.media.reading import Video
        from airflow_provider_wan.media.soundtracks import restore_sound

        with Video(files[0]) as first:
            rate = first.rate
        frames, shared = plan.frames_at(rate, linked=self.linked)
        parts = [Part(file, count) for file, count in zip(files, frames, strict=True)]
        silent = self.sound != "edits"
        film = concatenate(parts, shop.folder / "film.mp4", overlap=shared, sound=not silent)
        if self.sound != "film" or not plan.has_sound:
            return film
        original = shop.fetch(str(plain(self.video_url)))
        return restore_sound(film.path, original, shop.folder / "with-sound.mp4")


class LinkFootageOperator(TakesSignedAddresses):
    """Between two edits of a chain: takes the last frame of one, with which the next begins.

    Skips, and with it all that follows, where the film has no further piece.

    Args:
        plan: How the film was cut.
        edit: The result of the edit before.
        number: Which piece that was.
        kwargs: As for any operator.

    Returns:
        What the next edit is given: `first_frame_url`, `video_url`, `output_path`.
    """

    template_fields: Sequence[str] = ("plan", "edit")
    ui_color = "#e0f2f1"

    def __init__(self, *, plan: Any, edit: Any, number: int, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.plan = plan
        self.edit = edit
        self.number = number

    @property
    def output(self) -> Any:
        """What the next edit is given. Typed as anything, as `WanOperator.output` is."""
        return super().output

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- Airflow's signature
        """Take the frame and store it."""
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.workshop import Workshop

        with FailingAsAirflowDoes(), Workshop(self.log) as shop:
            plan = Plan.from_dict(self.plan)
            if self.number + 1 >= len(plan.pieces):
                raise AirflowSkipException(f"The film has {len(plan.pieces)} pieces; all of them are edited.")
            following = plan.pieces[self.number + 1]
            frame = self._last_frame(shop.fetch(self.edit["output_path"]), plan, shop.folder)
            link = shop.land(frame, f"{plan.folder}/{LINKS}/{self.number:04}.png")
            return {
                "first_frame_url": link,
                "video_url": following.video_url,
                "output_path": following.edited_url,
            }

    def _last_frame(self, edited: Path, plan: Plan, folder: Path) -> Path:
        from airflow_provider_wan.media.frames import take_frames
        from airflow_provider_wan.media.reading import Video

        with Video(edited) as video:
            frames, _ = plan.frames_at(video.rate, linked=True)
        # An extension always makes 5 seconds; of a shorter piece only the beginning is used.
        return take_frames(edited, folder, [frames[self.number] - 1])[0]


def in_order(plan: Plan, edits: Any) -> list[Mapping[str, Any]]:
    """Return each piece's edit.

    Raises:
        WanInputError: One is missing.
    """
    landed = {edit["output_path"]: edit for edit in edits if isinstance(edit, Mapping)}
    missing = [str(piece.number) for piece in plan.pieces if piece.edited_url not in landed]
    if missing:
        raise WanInputError(
            f"The film can't be joined: of its {len(plan.pieces)} pieces, number {', '.join(missing)} has no edit. "
            "Clear the group's edits; those that are landed are not paid again."
        )
    return [landed[piece.edited_url] for piece in plan.pieces]


def report(plan: Plan, edits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what was paid for a film, and for what."""
    known = all(edit.get("cost") for edit in edits)
    return {
        "billed_seconds": round(sum(edit.get("billed_seconds") or 0 for edit in edits), 2),
        "cost": {"amount": str(spent([edit.get("cost") for edit in edits])), "currency": "CNY"}
        if known
        else None,
        "pieces": [_line(plan, piece, edit) for piece, edit in zip(plan.pieces, edits, strict=True)],
    }


def _line(plan: Plan, piece: Piece, edit: Mapping[str, Any]) -> dict[str, Any]:
    told = (
        "task_id",
        "request_id",
        "model",
        "output_path",
        "billed_seconds",
        "cost",
        "submitted_at",
        "finished_at",
    )
    return {
        "number": piece.number,
        "start": round(plan.seconds * piece.first / plan.frames, 3),
        "end": round(plan.seconds * piece.end / plan.frames, 3),
        **{name: edit.get(name) for name in told},
    }
