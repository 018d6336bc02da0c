"""What a model asks of several inputs together, or of an input and a parameter. Pure.

Sources: Model Studio, `legacy-wanx-vace-api-reference` (2026-04-24), `wan3-video-generation-api-reference` (August
2026), `image-to-video-general-api-reference` (2026-05-11), `wan-video-to-video-api-reference` (2026-05-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.media.findings import TOLERANCE, Finding, Findings, Looked, about, seconds

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import Model
    from airflow_provider_wan.media.facts import MediaFacts

_VACE_SECONDS = 5.0
"""VACE uses so much of a video."""
_VACE_CLIPS = 3.0
_WAN3_SUM = 15.0
"""wan3.0 takes so many seconds of reference videos, and of reference audio."""
_WAN3_TOTAL = 30.0
"""wan3.0's input and output videos have so many seconds at most."""
_CAPPED = 5.0
"""Models that are billed so count so many seconds of input."""
_SAME_RATE = 0.01
"""Share by which two frame rates may differ: 29.97 and 30 count as one."""


def together(model: Model, inputs: Sequence[Looked], body: Mapping[str, Any]) -> Findings:
    """Return what doesn't fit about inputs that depend on each other."""
    errors: list[Finding] = []
    warnings: list[Finding] = []
    if model.family == "vace":
        errors += _masks(inputs, _part(body, "input"))
        warnings += _clips(inputs)
        warnings += _motion(inputs)
    duration = _duration(model, body)
    if model.family == "wan3":
        errors += _wan3(inputs, duration)
    if model.family == "i2v_media" and duration is not None:
        warnings += _nothing_new(inputs, duration)
    if model.audio_url and duration is not None:
        warnings += _long_sound(inputs, duration)
    if model.billing == "min(input,5)+output":
        warnings += _capped(inputs)
    return Findings(tuple(errors), tuple(warnings))


def _masks(inputs: Sequence[Looked], given: Mapping[str, Any]) -> Iterator[Finding]:
    for video in _of(inputs, "video_url"):
        for mask in _of(inputs, "mask_image_url", "mask_video_url"):
            yield from _mask(mask, mask.facts, video.facts)
        frame = given.get("mask_frame_id")
        if isinstance(frame, int) and video.facts and video.facts.fps and video.facts.seconds:
            last = round(video.facts.fps * min(video.facts.seconds, _VACE_SECONDS)) + 1
            if frame > last:
                yield Finding(
                    "mask_frame_id",
                    str(frame),
                    "mask",
                    f"is beyond the video's end ({video.address})",
                    f"frames of it are counted from 1 to {last}",
                    "Name the frame that the mask image was made for; 1 is the first.",
                )


def _mask(mask: Looked, facts: MediaFacts | None, video: MediaFacts | None) -> Iterator[Finding]:
    if facts is None or video is None or video.kind != "video" or facts.kind == "audio":
        return
    if video.width and facts.width and (facts.width, facts.height) != (video.width, video.height):
        suffix = "png" if facts.kind == "image" else "mp4"
        fix = f"ffmpeg -i in.{suffix} -vf scale={video.width}:{video.height}:flags=neighbor out.{suffix}"
        yield about(
            mask,
            "mask",
            f"has {facts.width}x{facts.height} pixels",
            f"a mask must have exactly its video's {video.width}x{video.height}",
            f"Make it anew, or scale it, e.g. {fix}.",
        )
    if facts.kind == "image":
        return
    if facts.fps and video.fps and not _same_rate(facts.fps, video.fps):
        found, limit = f"has {facts.fps:.4g} frames a second", f"a mask must have its video's {video.fps:.4g}"
        yield about(
            mask, "mask", found, limit, f"Make it anew, or ffmpeg -i in.mp4 -r {video.fps:.4g} out.mp4."
        )
    if facts.seconds and video.seconds and abs(facts.seconds - video.seconds) > TOLERANCE:
        found, limit = (
            f"lasts {seconds(facts.seconds)}",
            f"a mask must last as long as its video, {seconds(video.seconds)}",
        )
        shorter = min(facts.seconds, video.seconds)
        yield about(mask, "mask", found, limit, f"Trim the longer one to {seconds(shorter)}.")


def _clips(inputs: Sequence[Looked]) -> Iterator[Finding]:
    clips = _of(inputs, "first_clip_url", "last_clip_url")
    total = _length(clips)
    if len(clips) > 1 and total > _VACE_CLIPS + TOLERANCE:
        limit = f"the service uses {_VACE_CLIPS:g} s of both and silently drops the rest"
        yield _sum(
            clips,
            total,
            limit,
            f"Trim them to {_VACE_CLIPS:g} s in all, e.g. with ffmpeg -i in.mp4 -t 1.5 out.mp4.",
        )


def _motion(inputs: Sequence[Looked]) -> Iterator[Finding]:
    """Compare the motion reference of a video extension with what it extends."""
    ends = _of(inputs, "first_clip_url", "last_clip_url", "first_frame_url", "last_frame_url")
    for motion in _of(inputs, "video_url"):
        for end in ends:
            one, other = motion.facts, end.facts
            if one is None or other is None or not one.width or not other.width:
                continue
            if (one.width, one.height) != (other.width, other.height):
                found = (
                    f"has {one.width}x{one.height} pixels, and {end.name} has {other.width}x{other.height}"
                )
                fix = f"Scale one of them, e.g. ffmpeg -i in.mp4 -vf scale={other.width}:{other.height} out.mp4."
                yield about(motion, "together", found, "a motion reference should have the same", fix)
                return
            if one.fps and other.fps and not _same_rate(one.fps, other.fps):
                found = f"has {one.fps:.4g} frames a second, and {end.name} has {other.fps:.4g}"
                fix = f"Convert one of them, e.g. ffmpeg -i in.mp4 -r {other.fps:.4g} out.mp4."
                yield about(motion, "together", found, "a motion reference should have the same", fix)
                return


def _wan3(inputs: Sequence[Looked], duration: int | None) -> Iterator[Finding]:
    for role in ("reference_video", "reference_audio"):
        some = _of(inputs, role)
        if len(some) > 1 and (total := _length(some)) > _WAN3_SUM + TOLERANCE:
            yield _sum(
                some, total, f"together they may last {_WAN3_SUM:g} s at most", "Trim them, or leave one out."
            )
    videos = [one for one in inputs if one.facts and one.facts.kind == "video"]
    total = _length(videos)
    if videos and duration is not None and total + duration > _WAN3_TOTAL + TOLERANCE:
        yield _sum(
            videos,
            total,
            f"with the {duration} s of `duration` that is more than the {_WAN3_TOTAL:g} s of input and output allowed",
            f"Trim the input, or set duration to {max(2, int(_WAN3_TOTAL - total + TOLERANCE))} or less.",
        )


def _nothing_new(inputs: Sequence[Looked], duration: int) -> Iterator[Finding]:
    for clip in _of(inputs, "first_clip"):
        if clip.facts and clip.facts.seconds is not None and clip.facts.seconds > duration - TOLERANCE:
            limit = (
                f"`duration` is {duration} s and counts from the clip's start, so nothing new would be made"
            )
            found = f"lasts {seconds(clip.facts.seconds)}"
            yield about(
                clip,
                "together",
                found,
                limit,
                "Set duration to the length of the whole result, or trim the clip.",
            )


def _long_sound(inputs: Sequence[Looked], duration: int) -> Iterator[Finding]:
    for sound in _of(inputs, "audio_url"):
        if sound.facts and sound.facts.seconds is not None and sound.facts.seconds > duration + TOLERANCE:
            limit = f"the service uses the {duration} s that the video lasts and silently drops the rest"
            fix = f"Trim it, e.g. ffmpeg -i in.mp3 -t {duration} out.mp3, or raise duration."
            yield about(sound, "together", f"lasts {seconds(sound.facts.seconds)}", limit, fix)


def _capped(inputs: Sequence[Looked]) -> Iterator[Finding]:
    videos = [one for one in inputs if one.facts and one.facts.kind == "video"]
    if (total := _length(videos)) > _CAPPED + TOLERANCE:
        limit = f"the service counts {_CAPPED:g} s of input at most, and may make no use of more"
        yield _sum(videos, total, limit, f"Trim to the {_CAPPED:g} s that matter, in all.")


def _sum(some: Sequence[Looked], total: float, limit: str, fix: str) -> Finding:
    if len(some) == 1:
        return about(some[0], "together", f"lasts {seconds(total)}", limit, fix)
    names = f"{', '.join(one.name for one in some[:-1])} and {some[-1].name}"
    return Finding(names, "", "together", f"last {seconds(total)} together", limit, fix)


def _of(inputs: Sequence[Looked], *roles: str) -> list[Looked]:
    return [one for one in inputs if one.role in roles]


def _length(some: Sequence[Looked]) -> float:
    return sum(one.facts.seconds or 0.0 for one in some if one.facts)


def _same_rate(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_RATE * max(one, other)


def _duration(model: Model, body: Mapping[str, Any]) -> int | None:
    """Return how long the result will be, in seconds, where the request or the model's default says so."""
    given = _part(body, "parameters").get("duration", model.default_duration)
    return given if isinstance(given, int) and given > 0 else None


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
