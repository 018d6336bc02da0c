"""Cuts a film into pieces that a model takes, having said first what editing them will cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_wan import prices
from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.long_edit.asked import Asked, mask_field
from airflow_provider_wan.long_edit.budget import OverBudgetError, as_money
from airflow_provider_wan.long_edit.plan import EDITED, MASKS, PIECES, PLAN_FILE, PLAN_KEY, Piece, Plan
from airflow_provider_wan.operators.base import Text, WanOperator, WanParameterError
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.estimates import Estimate
    from airflow_provider_wan.long_edit.film import Cut
    from airflow_provider_wan.workshop import Workshop


class PrepareFootageOperator(TakesSignedAddresses):
    """The first task of `edit_long_video`: estimates, conforms, cuts, and stores the pieces.

    The pieces lie in a folder of `work_path` that is named after the film's content and how it is cut. Whoever does
    the same again finds them there, and nothing is made anew.

    Args:
        video_url: The film: any `ObjectStoragePath` URI, a web address, or a local file below the deployment's
            media roots.
        edit: The operator that edits the pieces.
        arguments: Its arguments, which are checked here before anything is cut.
        work_path: Folder for the pieces and their edits.
        piece_seconds: How long a piece may be; None: as long as the model takes.
        overlap: How many seconds neighbours share.
        at_scenes: Whether to cut where scenes change, as far as the lengths allow.
        mask: A mask's shape, as for `VideoMaskOperator`, or the URI of a mask video as long as the film.
        fit: `pad`, `crop` or `stretch`, where the model doesn't take the film's shape.
        most_pieces: How many pieces there may be; None: any number.
        following: Where the pieces are edited one after the other, the operator for all but the first: each piece
            then begins with the frame that the one before it ends with.
        following_arguments: Its arguments.
        max_cost: Most that all edits may cost, in CNY.
        kwargs: As for any operator.

    Returns:
        For each piece what its edit is given: `video_url`, `output_path`, and the mask's address if there is one.

    Raises:
        WanParameterError: The edit's arguments break a rule.
        InputUnfitError: The film can't be used.
        OverBudgetError: The estimate is above `max_cost`. Nothing is submitted.
    """

    template_fields: Sequence[str] = (
        *("video_url", "arguments", "following_arguments", "work_path", "mask", "max_cost"),
    )
    ui_color = "#e0f2f1"

    def __init__(
        self,
        *,
        video_url: Text,
        edit: type[WanOperator],
        arguments: Mapping[str, Any],
        work_path: Text,
        piece_seconds: float | None = None,
        overlap: float = 0.0,
        at_scenes: bool = False,
        mask: Mapping[str, Any] | Text | None = None,
        fit: Literal["pad", "crop", "stretch"] = "pad",
        most_pieces: int | None = None,
        following: type[WanOperator] | None = None,
        following_arguments: Mapping[str, Any] | None = None,
        max_cost: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.edit = edit
        self.arguments = arguments
        self.work_path = work_path
        self.piece_seconds = piece_seconds
        self.overlap = overlap
        self.at_scenes = at_scenes
        self.mask = mask
        self.fit = fit
        self.most_pieces = most_pieces
        self.following = following
        self.following_arguments = following_arguments or {}
        self.max_cost = max_cost

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Estimate, conform, cut, store."""
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.workshop import Workshop

        with FailingAsAirflowDoes(), Workshop(self.log) as shop:
            mask = plain(self.mask)
            first = Asked.of(self.edit, plain(self.arguments), mask=mask)
            then = first
            if self.following is not None:
                then = Asked.of(self.following, plain(self.following_arguments), linked=True)
            film = shop.fetch(str(plain(self.video_url)))
            plan, cut = self._planned(film, first, then)
            self._make(shop, film, plan, cut, first)
            context["ti"].xcom_push(key=PLAN_KEY, value=plan.as_dict())
            return [first.arguments_for(piece) for piece in plan.pieces]

    def _planned(self, film: Path, first: Asked, then: Asked) -> tuple[Plan, Cut]:
        from airflow_provider_wan.long_edit.film import Wishes, planned

        linked = self.following is not None
        wishes = Wishes(self.piece_seconds, self.overlap, self.at_scenes, fit=self.fit, linked=linked)
        try:
            cut = planned(film, first.limits, wishes, then.link_limits)
        except InputUnfitError:
            raise
        except ValueError as error:
            raise WanParameterError(f"{self.task_id}: {error}. Nothing was cut or submitted.") from error
        if self.most_pieces is not None and len(cut.segments) > self.most_pieces:
            raise WanParameterError(
                f"{self.task_id}: the film of {sum(cut.lengths):.1f} s makes {len(cut.segments)} pieces, and the DAG "
                f"has tasks for {self.most_pieces}. Raise `most_pieces`. Nothing was cut or submitted."
            )
        # What follows the first piece is never cheaper, since an extension always makes 5 seconds.
        estimate = then.estimate(cut.lengths, one_after_the_other=linked)
        source = shown(str(plain(self.video_url)))
        self.log.info("%s, %.1f s, in %d pieces: %s.", source, sum(cut.lengths), len(cut.segments), estimate)
        self._check_cost(estimate)
        return self._plan(source, _key(film, cut, plain(self.mask)), cut, estimate), cut

    def _plan(self, source: str, key: str, cut: Cut, estimate: Estimate) -> Plan:
        from airflow_provider_wan.media.segments import overlaps

        folder = f"{str(plain(self.work_path)).rstrip('/')}/{key}"
        suffix = {"": None, "mask_image_url": "png", "mask_video_url": "mp4"}[mask_field(self.mask)]
        pieces = [
            Piece(
                number=segment.number,
                first=segment.first,
                end=segment.end,
                shared=shared,
                video_url=f"{folder}/{PIECES}/{segment.number:04}.mp4",
                edited_url=f"{folder}/{EDITED}/{segment.number:04}.mp4",
                mask_url=suffix and f"{folder}/{MASKS}/{segment.number:04}.{suffix}",
            )
            for segment, shared in zip(cut.segments, [0, *overlaps(cut.segments)], strict=True)
        ]
        return Plan(
            key=key,
            source=source,
            folder=folder,
            rate=str(cut.target.rate),
            frames=cut.frames,
            width=cut.target.width,
            height=cut.target.height,
            has_sound=cut.has_sound,
            pieces=tuple(pieces),
            dearest=None if estimate.dearest is None else str(estimate.dearest),
        )

    def _check_cost(self, estimate: Estimate) -> None:
        most = as_money(plain(self.max_cost))
        if most is None:
            return
        currency = prices.currency()
        if estimate.amount is None or estimate.currency != currency:
            raise OverBudgetError(
                f"max_cost is {most:.2f} {currency}, but no price in it is known for this model, so nobody can say "
                "whether they stay below it. Nothing was cut or submitted. Leave max_cost out to go on without."
            )
        if estimate.amount > most:
            raise OverBudgetError(
                f"The edits of this film may cost {estimate.amount:.2f} {currency} ({estimate}), and max_cost is "
                f"{most:.2f} {currency}. Nothing was cut or submitted. Raise max_cost, or give a shorter film."
            )

    def _make(self, shop: Workshop, film: Path, plan: Plan, cut: Cut, asked: Asked) -> None:
        """Cut the film and store the pieces; the plan last, so that where it lies, everything lies."""
        from airflow_provider_wan.long_edit import film as footage

        done = f"{plan.folder}/{PLAN_FILE}"
        if shop.text(done) == plan.as_json():
            self.log.info("The pieces lie in %s already. Nothing is cut.", shown(plan.folder))
            return
        mask = plain(self.mask)
        whole = footage.whole(film, shop.folder, cut)
        if isinstance(mask, Mapping):
            pictures = footage.mask_pictures(whole, shop.folder, cut, shop.with_local_pictures(mask))
            shop.land_all(pictures, [piece.mask_url or "" for piece in plan.pieces])
        elif mask is not None:
            masks = footage.mask_videos(shop.fetch(str(mask)), shop.folder, cut)
            shop.land_all(masks, [piece.mask_url or "" for piece in plan.pieces])
        shop.land_all(
            footage.pieces(whole, shop.folder, cut, asked.limits), [piece.video_url for piece in plan.pieces]
        )
        shop.land_text(plan.as_json(), done)


def _key(film: Path, cut: Cut, mask: Any) -> str:
    """Return a name for a film in these pieces: the same for the same content, whatever its address."""
    with film.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    target = cut.target
    facts = [target.width, target.height, str(target.rate), target.fit, cut.frames, mask]
    edges = [[segment.first, segment.end] for segment in cut.segments]
    digest.update(json.dumps([facts, edges], sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]
