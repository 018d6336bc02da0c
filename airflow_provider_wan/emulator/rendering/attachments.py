"""The media of a request, whatever fields its model calls them by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_wan.emulator.rendering import input_limits
from airflow_provider_wan.emulator.rendering.clips import (
    Probe,
    load_image,
    probe,
    undecodable_media,
)
from airflow_provider_wan.emulator.rendering.job import RenderJob
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

_VIDEOS = {"video", "first_clip", "last_clip", "mask_video", "reference_video"}
_SOUNDS = {"driving_audio", "reference_audio"}
_UNSEEN = {"file", "link"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One input file that passed its model's limits.

    Attributes:
        role: `first_frame`, `video`, `reference_image` and so on.
        path: The local file.
        probe: What it is.
    """

    role: str
    path: Path
    probe: Probe


class Attachments:
    """All media of a request, in the request's order."""

    def __init__(self, job: RenderJob) -> None:
        """Look at every file and hold it against its model's limits.

        Raises:
            ServiceRefusal: A file can't be decoded or is outside the limits.
        """
        self._all = [_checked(job, role, url) for role, url in _named(job)]

    def all(self, *roles: str) -> list[Attachment]:
        """Those with one of these roles."""
        return [item for item in self._all if item.role in roles]

    def first(self, *roles: str) -> Attachment | None:
        """The first with one of these roles."""
        return next(iter(self.all(*roles)), None)

    def one(self, role: str, field: str) -> Attachment:
        """The one with this role.

        Raises:
            ServiceRefusal: There is none; the message names `field`.
        """
        item = self.first(role)
        if item is None:
            raise ServiceRefusal(400, "InvalidParameter", f"Field required: {field}")
        return item

    def video_seconds(self) -> float:
        """Length of all input videos together; masks don't count."""
        return math.fsum(
            item.probe.duration
            for item in self._all
            if item.probe.kind == "video" and item.role != "mask_video"
        )


def _named(job: RenderJob) -> Iterator[tuple[str, str]]:
    for field, role in input_limits.ROLES.items():
        value: Any = job.input.get(field)
        for url in value if isinstance(value, list) else [value]:
            if url:
                yield role, str(url)
    for item in job.input.get("media") or []:
        if isinstance(item, Mapping) and item.get("url") and item.get("type") not in _UNSEEN:
            yield str(item.get("type")), str(item["url"])


def _checked(job: RenderJob, role: str, url: str) -> Attachment:
    path = job.media.get(url)
    if path is None or not path.is_file():
        message = "Unable to download the media resource during the data inspection process."
        raise ServiceRefusal(400, "InvalidParameter.DataInspection", message)
    if role in _VIDEOS or role in _SOUNDS:
        found = probe(path)
        if found.kind != ("video" if role in _VIDEOS else "audio"):
            raise undecodable_media()
    elif role == "reference":
        found = probe(path)
        if found.kind == "audio":
            raise undecodable_media()
        role = f"reference_{found.kind}"
    else:
        image = load_image(path)
        found = Probe("image", image.width, image.height, 0.0, 0.0, has_audio=False)
    input_limits.check(job, role, found, path.stat().st_size)
    return Attachment(role, path, found)
