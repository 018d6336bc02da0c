"""The quality gate between an edit and its publication, as an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.operators.base import Text
from airflow_provider_wan.operators.late import is_late, plain
from airflow_provider_wan.operators.video.base import VIDEO_IN, VideoToolOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.workshop import Workshop

REPORT_KEY = "report"
"""XCom that holds what was measured, also where the check fails."""


class VideoCheckOperator(VideoToolOperator):
    """Measures a video from its first frame to its last, and fails where something of it isn't as it should be.

    It finds what can't be decoded, what is cut off, black, frozen or has another size, rate, length or sound than
    expected; and, with a reference, what changed where an edit should have left alone.

    Args:
        video_url: The video, e.g. `edit.output["output_path"]`.
        expect: What it has to be like, by the names of `media.quality.Expectations`, e.g.
            `{"size": "1280x720", "seconds": 5, "sound": True, "max_black_seconds": 0.5}`.
        reference_url: What it was made from. Stretches that are black or still there may be so here.
        untouched: What should be as in the reference: `middle` (of an outpainting), `start` or `end` (the given clip
            of an extension), or the URI of a mask, of which black must stay.
        untouched_options: More about that, by the names of `media.quality.Untouched`: the outpainting's
            `top_scale` and the like, `margin`, `ignore`, `seconds`.
        picture_path: Where a PNG of the worst frame is landed if there is a fault.
        kwargs: As for any operator.

    Returns:
        The measured values and the faults, as plain JSON; a check that fails pushes them as XCom `report`.

    Raises:
        QualityError: It has a fault. The message names each, what was measured and what is allowed. Not retried.
    """

    template_fields: Sequence[str] = (
        *("video_url", "expect", "reference_url", "untouched", "untouched_options", "picture_path"),
    )
    rules = (VIDEO_IN,)

    def __init__(
        self,
        *,
        video_url: Text,
        expect: Mapping[str, Any] | Text | None = None,
        reference_url: Text | None = None,
        untouched: Text | None = None,
        untouched_options: Mapping[str, Any] | Text | None = None,
        picture_path: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.expect = expect
        self.reference_url = reference_url
        self.untouched = untouched
        self.untouched_options = untouched_options
        self.picture_path = picture_path
        self.check_literals()

    def _check(self) -> None:
        super()._check()
        if self.expect is not None and not is_late(self.expect):
            from airflow_provider_wan.media.expectations import Expectations
            from airflow_provider_wan.operators.base import WanParameterError

            try:
                Expectations.of(dict(plain(self.expect)))
            except (ValueError, TypeError) as error:
                raise WanParameterError(
                    f"{type(self).__name__} {self.task_id!r}: nothing was checked. expect: {error}"
                ) from error

    def execute(self, context: Context) -> Any:
        """Measure, tell, and fail where there is a fault."""
        self._ti = context["ti"]
        return super().execute(context)

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Measure, tell, and fail where there is a fault."""
        from airflow_provider_wan.media.quality import QualityError, check_video

        picture = shop.folder / "fault.png"
        try:
            report = check_video(
                shop.fetch(self.text("video_url")),
                dict(plain(self.expect) or {}),
                reference=self._fetched(shop, "reference_url"),
                untouched=self._untouched(shop),
                picture=picture,
            )
        except QualityError as error:
            self._ti.xcom_push(
                key=REPORT_KEY, value=error.report.as_dict() | {"picture": self._show(shop, picture)}
            )
            raise
        return report.as_dict()

    def _fetched(self, shop: Workshop, name: str) -> Path | None:
        return None if getattr(self, name) in (None, "", "None") else shop.fetch(self.text(name))

    def _untouched(self, shop: Workshop) -> Any:
        from airflow_provider_wan.media.quality import Untouched

        if self.untouched in (None, "", "None"):
            return None
        part = self.text("untouched")
        what: Any = part if part in ("middle", "start", "end") else shop.fetch(part)
        return Untouched(part=what, **dict(plain(self.untouched_options) or {}))

    def _show(self, shop: Workshop, picture: Path) -> str | None:
        if self.picture_path in (None, "", "None") or not picture.exists():
            return None
        uri = shop.land(picture, self.text("picture_path"))
        self.log.error("The worst frame: %s", uri)
        return uri
