"""The five edit functions of VACE (`wanx2.1-vace-plus` in Beijing, `wan2.1-vace-plus` elsewhere).

Source: Model Studio, VACE API reference (`legacy-wanx-vace-api-reference`), 2026-04-24. Common to all:

* A video is MP4 with at least 16 fps and at most 50 MB; the service uses its first 5 seconds.
* An image is JPG, PNG, BMP, TIFF or WEBP, each side 360 to 2000 pixels, at most 10 MB. No `data:` URIs.
* The result is an MP4 (H.264, 30 fps) without sound; billed are the seconds that come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import (
    AnyControl,
    FrameNumber,
    LooseControl,
    MediaUrl,
    OneMediaUrl,
    OnOff,
    Prompt,
    Scale,
    Seconds,
    Seed,
    Share,
    ThreeMediaUrls,
    Word,
)
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import Choice, ListOf


class _Vace(WanRequest):
    families = ("vace",)

    prompt: Prompt
    """What the result shows, in Chinese or English; up to 800 characters."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true. Advised only for image references."""
    seed: Seed | None = None
    """0 to 2147483647; random by default. The same seed makes results alike, not equal."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default."""

    def _input(self) -> dict[str, Any]:
        return {"function": self.function, **super()._input()}


class ImageReference(_Vace):
    """Make a video from 1 to 3 pictures of subjects and a background. The result is 5 seconds long."""

    function: ClassVar[str] = "image_reference"

    ref_images_url: ThreeMediaUrls
    """1 to 3 pictures. The service would silently drop more."""
    obj_or_bg: Annotated[Sequence[str], ListOf(Choice("obj", "bg"), most=3)] | None = None
    """For each picture, whether it is a subject (`obj`) or the background (`bg`, at most one).

    Needed as soon as there are two pictures; a single one is a subject by default.
    """
    size: Word | None = None
    """Pixels of the result: 1280*720 (default), 720*1280, 960*960, 832*1088 or 1088*832."""
    duration: Seconds | None = None
    """Seconds; only 5."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that pictures and marks fit."""
        yield from super().check(given)
        pictures, marks = given.get("ref_images_url"), given.get("obj_or_bg")
        if pictures and marks and len(pictures) != len(marks):
            rule = f"must have one mark for each of the {len(pictures)} pictures of `ref_images_url`"
            yield Problem("obj_or_bg", shown(marks), rule, 'Give "obj" or "bg" for each, in their order.')
        if pictures and len(pictures) > 1 and "obj_or_bg" not in given:
            rule = f"is required with {len(pictures)} pictures"
            yield Problem("obj_or_bg", None, rule, 'Give "obj" or "bg" for each, in their order.')
        if marks and marks.count("bg") > 1:
            yield Problem("obj_or_bg", shown(marks), 'may have "bg" once', "Keep one background.")


class VideoRepainting(_Vace):
    """Show a video in another look, keeping its motion, and optionally another subject.

    The result is as long as the input (at most 5 seconds) and as large (at most 720P).
    """

    function: ClassVar[str] = "video_repainting"

    video_url: MediaUrl
    """The video to repaint."""
    # An older guide calls it optional; API reference and the other guides agree that it is required.
    control_condition: AnyControl
    """What is kept: `posebodyface` (face and body), `posebody` (body), `depth` (composition and motion),
    or `scribble` (outlines)."""
    ref_images_url: OneMediaUrl | None = None
    """At most one picture, of the subject to put in."""
    strength: Share | None = None
    """How closely `control_condition` is followed, 0.0 to 1.0; 1.0 by default."""


class LocalEdit(_Vace):
    """Change one area of a video: white in the mask is changed, black is kept.

    Give one of the two masks. Whether the result is as long as the input or always 5 seconds, and as large
    or of `size`, the vendor's pages disagree on.
    """

    function: ClassVar[str] = "video_edit"

    video_url: MediaUrl
    """The video to edit."""
    mask_image_url: MediaUrl | None = None
    """The area in one frame, of exactly the video's pixels, pure white and black. The preferred form."""
    mask_video_url: MediaUrl | None = None
    """The area in every frame; same format, frame rate, pixels and length as the video."""
    mask_frame_id: FrameNumber | None = None
    """Frame that the mask image belongs to, from 1 (default) to frames + 1; only with `mask_image_url`."""
    ref_images_url: OneMediaUrl | None = None
    """At most one picture, of the subject or background to put in."""
    control_condition: LooseControl | None = None
    """What is kept of the motion: `""` (default, nothing), `posebodyface` or `depth`."""
    mask_type: Annotated[str, Choice("tracking", "fixed")] | None = None
    """Whether the area follows its object (`tracking`, default) or stays (`fixed`); only with
    `mask_image_url`."""
    expand_ratio: Share | None = None
    """How far the area grows outwards, 0.0 to 1.0; 0.05 by default; only when tracking."""
    expand_mode: Annotated[str, Choice("hull", "bbox", "original")] | None = None
    """Shape it grows to: `hull` (default), `bbox` or `original`; only when tracking."""
    size: Word | None = None
    """Pixels of the result: 1280*720 (default), 720*1280, 960*960, 832*1088 or 1088*832."""
    duration: Seconds | None = None
    """Seconds; only 5."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that there is one mask, and what goes with it."""
        yield from super().check(given)
        if given.get("mask_image_url") and given.get("mask_video_url"):
            rule = "may not be given together with mask_image_url"
            yield Problem(
                "mask_video_url", shown(given.get("mask_video_url")), rule, "Leave one of them out."
            )
        if "mask_image_url" not in given:
            if "mask_video_url" not in given:
                rule = "is required, or mask_video_url"
                yield Problem("mask_image_url", None, rule, "Give a mask of the area to change.")
            for field in ("mask_frame_id", "mask_type"):
                yield from _only(given, field, "with mask_image_url")
        for field in ("expand_ratio", "expand_mode"):
            if "mask_image_url" not in given:
                yield from _only(given, field, "with mask_image_url")
            elif given.get("mask_type") == "fixed":
                yield from _only(given, field, "with mask_type tracking")


class VideoExtension(_Vace):
    """Continue a frame or a short clip, forwards or backwards, to 5 seconds in total.

    At least one of the two frames and two clips is needed.
    """

    function: ClassVar[str] = "video_extension"

    first_frame_url: MediaUrl | None = None
    """Picture to begin with."""
    last_frame_url: MediaUrl | None = None
    """Picture to end with."""
    first_clip_url: MediaUrl | None = None
    """Clip to begin with; MP4, at most 3 seconds, and both clips together at most 3."""
    last_clip_url: MediaUrl | None = None
    """Clip to end with; as `first_clip_url`, and best of the same frame rate."""
    video_url: MediaUrl | None = None
    """Video whose motion is followed; frame rate and pixels as the frames or clips."""
    control_condition: LooseControl | None = None
    """What of the motion is followed: `""` (nothing), `posebodyface` or `depth`. Required with `video_url`."""
    duration: Seconds | None = None
    """Seconds; only 5."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that there is something to extend."""
        yield from super().check(given)
        starts = ("first_frame_url", "last_frame_url", "first_clip_url", "last_clip_url")
        if not any(field in given for field in starts):
            rule = "is required, or another of first_frame_url, last_frame_url and last_clip_url"
            yield Problem("first_clip_url", None, rule, "Give at least one of the four.")
        if given.get("video_url") and "control_condition" not in given:
            rule = "is required with video_url"
            yield Problem("control_condition", None, rule, "Give posebodyface or depth.")


class VideoOutpainting(_Vace):
    """Show more around a video. It is as long as the input (at most 5 seconds).

    Each side grows by its own factor; 1.0 leaves it as it is.
    """

    function: ClassVar[str] = "video_outpainting"

    video_url: MediaUrl
    """The video to enlarge."""
    top_scale: Scale | None = None
    """Factor upwards, 1.0 (default) to 2.0."""
    bottom_scale: Scale | None = None
    """Factor downwards, 1.0 (default) to 2.0."""
    left_scale: Scale | None = None
    """Factor to the left, 1.0 (default) to 2.0."""
    right_scale: Scale | None = None
    """Factor to the right, 1.0 (default) to 2.0."""
    duration: Seconds | None = None
    """Seconds; only 5."""


def _only(given: Given, field: str, when: str) -> Iterator[Problem]:
    value = given.get(field)
    if value is not None:
        yield Problem(field, shown(value), f"has a meaning only {when}", f"Leave it out, or use it {when}.")
