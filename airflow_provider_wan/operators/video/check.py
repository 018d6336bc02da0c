"""The quality gate between an edit and its publication, as an operator."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import DestinationError
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.operators.base import Text
from airflow_provider_wan.operators.late import is_late
from airflow_provider_wan.operators.video.base import VideoToolOperator, named
from airflow_provider_wan.operators.video.rules import (
    VIDEO_IN,
    a_mapping,
    a_path,
    an_address,
    is_none,
    optional,
    unpacked,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.workshop import Workshop

REPORT_KEY = "report"
"""XCom that holds what was measured where the check fails."""
UNTOUCHED_OPTIONS = (
    *("top_scale", "bottom_scale", "left_scale", "right_scale", "margin", "ignore", "seconds"),
)
"""The fields of `media.quality.Untouched` but its part; it can't be asked where DAGs are parsed."""
_PARTS = ("middle", "start", "end")


def _a_part(value: Any) -> str | None:
    return None if value in _PARTS else an_address(value)


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
        picture_path: Where a PNG of the worst frame is landed if there is a fault; with a slash at its end a folder.
        kwargs: As for any operator.

    Returns:
        The measured values and the faults, as plain JSON; a check that fails pushes them as XCom `report`.

    Raises:
        QualityError: It has a fault. The message names each, what was measured and what is allowed. Not retried.
    """

    template_fields: Sequence[str] = (
        *("video_url", "expect", "reference_url", "untouched", "untouched_options", "picture_path"),
    )
    rules = (
        *(VIDEO_IN, ("expect", optional(a_mapping)), ("reference_url", optional(an_address))),
        *(("untouched", optional(_a_part)), ("untouched_options", optional(a_mapping))),
        ("picture_path", optional(a_path)),
    )

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

    def mismatches(self) -> Iterator[str]:
        """Refuse expectations that make no sense, and parts of a reference that isn't given."""
        from airflow_provider_wan.media.expectations import Expectations

        if not is_late(self.expect):
            try:
                Expectations.of(self.mapping("expect"))
            except (ValueError, TypeError) as error:
                yield f"expect: {error}."
        if not is_late(self.untouched_options):
            for name in sorted(set(self.mapping("untouched_options")) - set(UNTOUCHED_OPTIONS)):
                yield f"untouched_options: there is no {name!r}; there are {', '.join(UNTOUCHED_OPTIONS)}."
        if not is_late([self.untouched, self.reference_url]):
            if self.given("untouched") is not None and self.given("reference_url") is None:
                yield f"untouched={self.untouched!r}: needs `reference_url`, with which it is compared."
            elif self.given("untouched") is None and not is_none(self.untouched_options):
                yield "untouched_options: say with `untouched` what they are about."

    def execute(self, context: Context) -> Any:
        """Measure, tell, and fail where there is a fault."""
        self._ti = context.get("ti")
        return super().execute(context)

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Measure, tell, and fail where there is a fault."""
        from airflow_provider_wan.media.quality import QualityError, check_video

        picture = shop.folder / "fault.png"
        video, reference = shop.fetch(self.text("video_url")), self._fetched(shop, "reference_url")
        untouched = self._untouched(shop)
        began = time.monotonic()
        report = check_video(
            video,
            self.mapping("expect"),
            reference=reference,
            untouched=untouched,
            picture=picture,
            raise_on_fault=False,
        )
        self.log.info("Checked in %.1f s", time.monotonic() - began)
        report = replace(report, picture=None)  # its folder is about to go
        if report.ok:
            return report.as_dict()
        uri = self._show(shop, picture)
        if self._ti is not None:
            self._ti.xcom_push(key=REPORT_KEY, value=report.as_dict() | {"picture": uri})
        error = QualityError(report)
        if uri is not None:
            error.consequence = f"{shown(uri)} shows the worst frame."
        raise error

    def _fetched(self, shop: Workshop, name: str) -> Path | None:
        return None if self.given(name) is None else shop.fetch(self.text(name))

    def _untouched(self, shop: Workshop) -> Any:
        from airflow_provider_wan.media.quality import Untouched

        part = self.given("untouched")
        if part is None:
            return None
        given = self.mapping("untouched_options")
        options: dict[str, Any] = {
            name: unpacked(value) if name == "ignore" else None if is_none(value) else float(value)
            for name, value in given.items()
        }
        return Untouched(part=part if part in _PARTS else shop.fetch(part), **options)  # type: ignore[arg-type]

    def _show(self, shop: Workshop, picture: Path) -> str | None:
        if self.given("picture_path") is None or not picture.exists():
            return None
        uri = named(self.text("picture_path"), self.text("video_url"), ".png")
        try:
            return shop.land(picture, uri)
        except DestinationError as error:  # the fault is what matters
            self.log.warning("The picture of the worst frame can't be landed. %s", error)
            return None
