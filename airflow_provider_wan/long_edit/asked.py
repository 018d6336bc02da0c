"""What the author asks for each piece of a film: the operator, its arguments, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import prices
from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.estimates import Estimate, estimate
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.operators.base import WanOperator, WanParameterError
from airflow_provider_wan.operators.late import is_late, plain

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import MediaLimits
    from airflow_provider_wan.long_edit.plan import Piece

PLACEHOLDER = "https://example.com/piece.mp4"
"""Stands for a piece's address where a request is checked before there are pieces."""
OURS = frozenset({"task_id", "video_url", "output_path", "on_landed", "before_submit", "task_group", "dag"})
"""Arguments of an edit that the group sets itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An edit as it is asked for, for any piece.

    Attributes:
        body: Its request, with a placeholder for the piece.
        region: Region of its account.
        limits: What the model asks of the piece; None where it isn't known.
        link_limits: What it asks of the frame that a piece of a chain begins with; None likewise, and outside chains.
        mask_field: The parameter that a piece's mask goes to; empty without masks.
    """

    body: Mapping[str, Any]
    region: str
    limits: MediaLimits | None
    link_limits: MediaLimits | None
    mask_field: str

    @classmethod
    def of(
        cls, edit: type[WanOperator], arguments: Mapping[str, Any], *, mask: Any = None, linked: bool = False
    ) -> Asked:
        """Check an edit's arguments, all of which are rendered by now.

        Args:
            edit: The operator.
            arguments: Its arguments.
            mask: The mask, if there is one: the shape of a picture, or the URI of a video.
            linked: Whether the edited frame before the piece goes into it.

        Raises:
            WanParameterError: They break a rule.
        """
        from airflow_provider_wan.hooks import DashScopeHook

        region = DashScopeHook(str(arguments.get("conn_id") or DEFAULT_CONN_ID)).get_account().region
        field = mask_field(mask)
        try:
            request = edit.request_class(**_fields(edit, arguments), **_placeholders(field, linked=linked))
            body = request.body(region)
        except InvalidRequestError as error:
            raise WanParameterError(
                f"{edit.__name__}: {error}\nNothing was cut or sent. It is not retried."
            ) from error
        return cls(body, region, _limits(body, "video"), _limits(body, "image") if linked else None, field)

    def estimate(self, lengths: Sequence[float], *, one_after_the_other: bool) -> Estimate:
        """Return what editing pieces of these lengths, in seconds, costs and takes."""
        return estimate(
            self.body,
            self.region,
            lengths,
            one_after_the_other=one_after_the_other,
            prices=prices.configured(),
        )

    def arguments_for(self, piece: Piece) -> dict[str, Any]:
        """Return what the edit of a piece is given besides what all are given."""
        given = {"video_url": piece.video_url, "output_path": piece.edited_url}
        return given if piece.mask_url is None else {**given, self.mask_field: piece.mask_url}


def mask_field(mask: Any) -> str:
    """Return the parameter that a piece's mask goes to; empty without a mask."""
    if mask is None:
        return ""
    return "mask_video_url" if isinstance(plain(mask), str) else "mask_image_url"


def problems(edit: type[WanOperator], arguments: Mapping[str, Any], *, mask: Any, linked: bool) -> list[str]:
    """Return what is wrong with an edit's arguments as far as it is known when the DAG is parsed."""
    found = [
        f"arguments: {name}: is set by the group itself. Leave it out." for name in arguments if name in OURS
    ]
    if (
        not (isinstance(edit, type) and issubclass(edit, WanOperator))
        or "video_url" not in edit.request_class.model_fields
    ):
        return [*found, f"edit={edit!r}: must be the class of an edit operator that takes a `video_url`."]
    given = {**_fields(edit, arguments), **_placeholders(mask_field(mask), linked=linked)}
    late = {name for name, value in given.items() if is_late(value)}
    known = {name: value for name, value in given.items() if name not in late}
    return [*found, *map(str, edit.request_class.problems(known, late))]


def _fields(edit: type[WanOperator], arguments: Mapping[str, Any]) -> dict[str, Any]:
    names = edit.request_class.model_fields
    values = {name: plain(value) for name, value in arguments.items() if name in names}
    return {name: value for name, value in values.items() if value is not None}


def _placeholders(mask: str, *, linked: bool) -> dict[str, str]:
    names = ["video_url", *([mask] if mask else []), *(["first_frame_url"] if linked else [])]
    return dict.fromkeys(names, PLACEHOLDER)


def _limits(body: Mapping[str, Any], kind: str) -> MediaLimits | None:
    """Return what the model asks of the first of the request's inputs of a kind that we give it."""
    model = catalog.find(str(body["model"]))
    if model is None:
        return None
    for one in inputs_of(body):
        limits = model.media.get(f"{one.role}:{kind}") or model.media.get(one.role)
        if one.url == PLACEHOLDER and limits is not None and limits.kind == kind:
            return limits
    return None
