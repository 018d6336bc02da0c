"""The five VACE functions.

Inputs above the area of 1280x720 are scaled down with their aspect kept, videos cut to their first 5
seconds, clips of an extension to 3 seconds together; the output is silent and has 30 frames per second.
Source: Model Studio, VACE API reference, 2026-04-24, and guide, 2026-02-13.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from PIL import Image

from airflow_provider_wan.emulator.rendering import borders, looks, masks
from airflow_provider_wan.emulator.rendering.attachments import Attachment, Attachments
from airflow_provider_wan.emulator.rendering.clips import Probe, frames_of, load_image
from airflow_provider_wan.emulator.rendering.frames import Frame, Size, cover, crossfaded
from airflow_provider_wan.emulator.rendering.geometry import at_most_720p, parsed
from airflow_provider_wan.emulator.rendering.job import RenderJob, Scene
from airflow_provider_wan.emulator.rendering.mark import in_corner, in_mask, in_strips
from airflow_provider_wan.emulator.rendering.masks import Mask
from airflow_provider_wan.emulator.rendering.passages import given, passage
from airflow_provider_wan.emulator.rendering.sprites import Sprite
from airflow_provider_wan.emulator.rendering.stage import backdrop, gradient, played, troupe
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

FPS = 30
LONGEST = 5.0
"""Seconds of a video that are used, and of an extension in total."""
LONGEST_CLIPS = 3.0
"""Seconds of an extension's clips that are used, both together."""


def image_reference(job: RenderJob) -> Scene:
    """The `obj` pictures before the `bg` picture, or before colour fields without one; 5 s of `size`."""
    pictures = [load_image(item.path) for item in Attachments(job).all("reference_image")]
    kinds = job.parameters.get("obj_or_bg") or ["obj"]
    if not pictures:
        raise ServiceRefusal(400, "InvalidParameter", "Field required: input.ref_images_url")
    if len(kinds) != len(pictures):
        raise ServiceRefusal(400, "InvalidParameter", "ref_images_url and obj_or_bg must be the same length.")
    # The service drops a fourth picture without a word.
    pairs = list(zip(pictures, kinds, strict=True))[:3]
    ground = next((picture for picture, kind in pairs if kind == "bg"), None)
    size = parsed(str(job.parameters.get("size") or job.facts.default_size))
    count = round(LONGEST * FPS)
    actors = troupe([picture for picture, kind in pairs if kind != "bg"], size, 0.66)

    def frames() -> Iterator[Frame]:
        behind = gradient(size, count, job.seed) if ground is None else backdrop(ground, size, count)
        return played(behind, actors)

    return Scene(size, count, frames, in_corner(job.name, size))


def video_repainting(job: RenderJob) -> Scene:
    """The same motion in the look of `control_condition`, mixed with the original for `strength` below 1.0."""
    inputs = Attachments(job)
    video = inputs.one("video", "input.video_url")
    look = _look(job, default="posebodyface")
    strength = _share(job, "strength", 1.0)
    size, count = at_most_720p(video.probe.size), _count(video)
    actors = troupe([load_image(item.path) for item in inputs.all("reference_image")[:1]], size, 0.42)

    def frames() -> Iterator[Frame]:
        clip = frames_of(video.path, size, FPS, count)
        return played((crossfaded(frame, look(frame, job.hue), strength) for frame in clip), actors)

    mark = in_corner(job.name, size)
    return Scene(size, count, frames, mark, inputs.video_seconds(), colours=video.probe.colours)


def video_edit(job: RenderJob) -> Scene:
    """The video with another look inside the mask, or with the reference there; outside nothing changes.

    The output follows the video's size and length, as the API reference says; a given `size` is obeyed, as
    the guide says, by cutting around the centre. A mask image is `fixed`, or wanders by `masks.DRIFT` and
    is drawn outwards by `expand_ratio` where the type is `tracking`.
    """
    inputs = Attachments(job)
    video = inputs.one("video", "input.video_url")
    mask_file = inputs.first("mask_image", "mask_video")
    if mask_file is None:
        raise ServiceRefusal(
            400, "InvalidParameter", "Field required: input.mask_image_url or input.mask_video_url"
        )
    _check_mask(job, mask_file, video.probe)
    count = _count(video)
    asked = job.parameters.get("size")
    size = parsed(str(asked)) if asked else at_most_720p(video.probe.size)
    reference = inputs.first("reference_image")
    picture = load_image(reference.path) if reference else None
    look = _look(job, default="")

    def mask_sequence() -> Iterator[Mask]:
        if mask_file.role == "mask_video":
            return (masks.from_frame(frame) for frame in frames_of(mask_file.path, size, FPS, count))
        return _mask_of_image(job, load_image(mask_file.path), size, video.probe.fps, count)

    def frames() -> Iterator[Frame]:
        filling: Sprite | None = None
        for frame, mask in zip(frames_of(video.path, size, FPS, count), mask_sequence(), strict=True):
            edited = look(frame, job.hue)
            area = masks.bounds(mask)
            if picture is not None and area is not None:
                filling = filling or Sprite.of(cover(picture, Size(area.width + 2, area.height + 2)))
                filling.lay_on(edited, area.left - 1, area.top - 1)
            yield masks.merged(frame, edited, mask)

    mark = in_mask(job.name, size, masks.common(mask_sequence()))
    return Scene(size, count, frames, mark, inputs.video_seconds(), colours=video.probe.colours)


def video_extension(job: RenderJob) -> Scene:
    """5 s in total, from the first clip or frame to the last; `video_url` shows through in between."""
    inputs = Attachments(job)
    head, tail = inputs.first("first_clip", "first_frame"), inputs.first("last_clip", "last_frame")
    leading = head or tail
    if leading is None:
        fields = "first_frame_url, last_frame_url, first_clip_url, last_clip_url"
        raise ServiceRefusal(400, "InvalidParameter", f"Field required: one of {fields}")
    motion = inputs.first("video")
    look = _look(job, default="")
    size, count = at_most_720p(leading.probe.size), round(LONGEST * FPS)
    first, last = _shares(_clip_seconds(head), _clip_seconds(tail))

    def frames() -> Iterator[Frame]:
        guide = repeat(None) if motion is None else _looped(motion, size)

        def touch(frame: Frame) -> Frame:
            shown = next(guide)
            return frame if shown is None else crossfaded(frame, look(shown, job.hue), 0.35)

        begin = given(head, size, FPS, first) if head else None
        end = given(tail, size, FPS, last) if tail else None
        return passage(count, begin, end, job.seed, touch)

    mark = in_corner(job.name, size)
    return Scene(size, count, frames, mark, inputs.video_seconds(), colours=leading.probe.colours)


def video_outpainting(job: RenderJob) -> Scene:
    """The video in the middle of a larger frame whose border is made from it.

    Each scale moves its own side outwards by (scale - 1.0) of the picture's whole width or height, so that
    the output has width * (left + right - 1) and height * (top + bottom - 1). The reference doesn't say
    whether a scale counts from the side or from the middle; this is the reading chosen here. The video
    itself is not scaled unless it is above the area of 1280x720.
    """
    inputs = Attachments(job)
    video = inputs.one("video", "input.video_url")
    size, count = at_most_720p(video.probe.size), _count(video)
    scales = [_scale(job, f"{side}_scale") for side in ("top", "bottom", "left", "right")]
    margins = borders.Margins.from_scales(size, *scales)
    whole = margins.around(size)

    def frames() -> Iterator[Frame]:
        return (borders.outpainted(frame, margins) for frame in frames_of(video.path, size, FPS, count))

    mark = in_strips(job.name, whole, margins.strips(size))
    return Scene(whole, count, frames, mark, inputs.video_seconds(), colours=video.probe.colours)


FUNCTIONS = {
    "image_reference": image_reference,
    "video_repainting": video_repainting,
    "video_edit": video_edit,
    "video_extension": video_extension,
    "video_outpainting": video_outpainting,
}


def _count(video: Attachment) -> int:
    return max(1, round(min(video.probe.duration, LONGEST) * FPS))


def _clip_seconds(item: Attachment | None) -> float:
    return item.probe.duration if item else 0.0


def _shares(first: float, last: float) -> tuple[float, float]:
    """Seconds of two clips that are used: all up to 3 s together, else half of that each unless one needs less."""
    first = min(first, max(LONGEST_CLIPS / 2, LONGEST_CLIPS - last))
    return first, min(last, LONGEST_CLIPS - first)


def _looped(motion: Attachment, size: Size) -> Iterator[Frame]:
    while True:
        yield from frames_of(motion.path, size, FPS, _count(motion))


def _look(job: RenderJob, default: str) -> looks.Look:
    condition = str(job.parameters.get("control_condition") or default)
    if condition not in looks.BY_CONDITION:
        raise ServiceRefusal(400, "InvalidParameter", f"The control_condition is not valid {condition}.")
    return looks.BY_CONDITION[condition]


def _share(job: RenderJob, name: str, default: float) -> float:
    return min(1.0, max(0.0, job.number(name, default)))


def _scale(job: RenderJob, name: str) -> float:
    value = job.number(name, 1.0)
    if not 1.0 <= value <= 2.0:
        raise ServiceRefusal(
            400, "InvalidParameter", f"The {name} is not valid {value:g}: it must be from 1.0 to 2.0."
        )
    return value


def _check_mask(job: RenderJob, mask: Attachment, video: Probe) -> None:
    if mask.probe.size != video.size:
        sizes = f"{mask.role}_url is {mask.probe.size}, video_url is {video.size}"
        raise ServiceRefusal(400, "InvalidParameter", f"The size is not match: {sizes}.")
    if mask.role == "mask_video":
        found = mask.probe
        if abs(found.fps - video.fps) > 0.5 or abs(found.duration - video.duration) > 0.2:
            lengths = " against ".join(
                f"{clip.fps:g} fps and {clip.duration:.2f} s" for clip in (found, video)
            )
            message = f"The length is not match: mask_video_url has {lengths} of video_url."
            raise ServiceRefusal(400, "InvalidParameter", message)
        return
    number, last = job.number("mask_frame_id", 1), int(video.fps * min(video.duration, LONGEST)) + 1
    if not 1 <= number <= last:
        raise ServiceRefusal(
            400,
            "InvalidParameter",
            f"The mask_frame_id is not valid {number:g}: it must be from 1 to {last}.",
        )


def _mask_of_image(job: RenderJob, image: Image.Image, size: Size, fps: float, count: int) -> Iterator[Mask]:
    mask = masks.from_picture(cover(image.convert("RGB"), size))
    parameters = job.parameters
    if parameters.get("mask_type", "tracking") != "tracking":
        return repeat(mask, count)
    mode: masks.ExpandMode = parameters.get("expand_mode") or "hull"
    grown = masks.expanded(mask, _share(job, "expand_ratio", 0.05), mode)
    anchor = round((job.number("mask_frame_id", 1) - 1) / fps * FPS)
    return masks.drifting(grown, count, anchor)
