"""The families besides VACE: an edited video, a passage between pictures, or references on a background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from airflow_provider_wan.emulator.rendering import looks, sound
from airflow_provider_wan.emulator.rendering.attachments import Attachment, Attachments
from airflow_provider_wan.emulator.rendering.clips import first_picture, frames_of, load_image
from airflow_provider_wan.emulator.rendering.frames import Frame, Size, even
from airflow_provider_wan.emulator.rendering.geometry import asked_size, at_most_720p
from airflow_provider_wan.emulator.rendering.job import RenderJob, Scene
from airflow_provider_wan.emulator.rendering.mark import in_corner
from airflow_provider_wan.emulator.rendering.passages import given, passage
from airflow_provider_wan.emulator.rendering.sound import Samples
from airflow_provider_wan.emulator.rendering.stage import gradient, played, troupe

FPS = 30
_SPEAKING = {"i2v_media", "r2v"}
"""Families with sound whose catalogue rows have no parameter for it."""


def scene(job: RenderJob) -> Scene:
    """Choose by what was given: a video to edit, pictures to begin or end with, or references."""
    inputs = Attachments(job)
    if inputs.first("video") or (job.model_family == "wan3" and inputs.first("reference_video")):
        return edited_video(job, inputs)
    if inputs.first("first_frame", "last_frame", "first_clip"):
        return moving_picture(job, inputs)
    return composition(job, inputs)


def edited_video(job: RenderJob, inputs: Attachments) -> Scene:
    """The video in other colours with the reference pictures in front of it, and with its own sound.

    The output follows the video's length, or is its first `duration` seconds.
    """
    video = inputs.first("video", "reference_video") or inputs.one("video", "input.media")
    size = _edited_size(job, video.probe.size)
    fps = round(job.number("video_fps", 15)) if job.model_family == "style" else FPS
    longest = 15.0 if job.model_family == "happyhorse_video_edit" else float("inf")
    seconds = min(video.probe.duration, longest, _duration(job, default=0) or float("inf"))
    count = max(1, round(seconds * fps))
    pictures = [load_image(item.path) for item in inputs.all("reference_image", "first_frame")]
    actors = troupe(pictures, size, 0.36)

    def frames() -> Iterator[Frame]:
        clip = frames_of(video.path, size, fps, count)
        return played((looks.recoloured(frame, job.hue) for frame in clip), actors)

    return Scene(
        size,
        count,
        frames,
        in_corner(job.name, size),
        inputs.video_seconds(),
        _own_sound(video, count / fps),
        fps,
        video.probe.colours,
    )


def moving_picture(job: RenderJob, inputs: Attachments) -> Scene:
    """A passage that begins with the first frame or clip and ends with the last frame, where they are given.

    A clip counts towards `duration`. Speech lasts as long as its sound.
    """
    head, tail = inputs.first("first_clip", "first_frame"), inputs.first("last_frame")
    leading = head or inputs.one("last_frame", "input.media")
    voice = inputs.first("driving_audio")
    size = asked_size(job, leading.probe.size)
    seconds = voice.probe.duration if voice and job.model_family == "s2v" else _duration(job, default=5)
    count = max(1, round(seconds * FPS))

    def frames() -> Iterator[Frame]:
        begin = given(head, size, FPS, min(head.probe.duration, seconds)) if head else None
        return passage(count, begin, given(tail, size, FPS, 0.0) if tail else None, job.seed)

    speech = _sound(job, voice, count / FPS)
    return Scene(size, count, frames, in_corner(job.name, size), inputs.video_seconds(), speech)


def composition(job: RenderJob, inputs: Attachments) -> Scene:
    """The references, a video by its first picture, before colour fields; without any, the fields alone."""
    size = asked_size(job, None)
    count = round(_duration(job, default=5) * FPS)
    references = inputs.all("reference_image", "reference_video")
    actors = troupe([first_picture(item.path) for item in references], size, 0.6)
    voice = inputs.first("driving_audio", "reference_audio")
    return Scene(
        size,
        count,
        lambda: played(gradient(size, count, job.seed), actors),
        in_corner(job.name, size),
        inputs.video_seconds(),
        _sound(job, voice, count / FPS),
    )


def _duration(job: RenderJob, default: int) -> float:
    standard = job.facts.default_duration
    seconds = job.number("duration", default if standard is None else standard)
    # -1 leaves the length to the model.
    return default if seconds < 0 else seconds


def _edited_size(job: RenderJob, video: Size) -> Size:
    if job.facts.resolutions:
        return asked_size(job, video)
    if job.model_family != "style":
        return at_most_720p(video)
    scale = job.number("min_len", 720) / video.short_side
    return Size(even(video.width * scale), even(video.height * scale))


def _own_sound(video: Attachment, seconds: float) -> Callable[[], Iterator[Samples]] | None:
    return partial(sound.from_file, video.path, seconds) if video.probe.has_audio else None


def _sound(
    job: RenderJob, voice: Attachment | None, seconds: float
) -> Callable[[], Iterator[Samples]] | None:
    facts = job.facts
    speaks = (
        facts.audio or facts.audio_url or facts.family in _SPEAKING or facts.family.startswith("happyhorse")
    )
    path: Path | None = voice.path if voice else None
    # `audio: false` beats a given sound. Source: Model Studio, image-to-video API reference, 2026-05-22.
    if (facts.audio and job.parameters.get("audio") is False) or not (speaks or path):
        return None
    return partial(sound.from_file, path, seconds) if path else partial(sound.tone, seconds, job.seed)
