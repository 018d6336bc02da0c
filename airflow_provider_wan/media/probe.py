"""Looks at a media file, wherever it is, reading as little of it as possible.

Pictures, MP4 and MOV are read by this package itself, everything else by PyAV, which the `media` extra brings.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from airflow_provider_wan.media.container import container
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.movie import movie
from airflow_provider_wan.media.not_media import NotMediaError, what_is
from airflow_provider_wan.media.pictures import picture
from airflow_provider_wan.media.window import Window

__all__ = ["NotMediaError", "probe"]


def probe(file: BinaryIO, *, name: str = "", size: int | None = None, measure: bool = True) -> MediaFacts:
    """Return what a media file is, by its content.

    Sides are those that are shown, after rotation; a pixel's own aspect ratio doesn't count. Lengths and frame rates
    are what the file's index says, the rate on average. At most 64 MB are read, of usual files some 32 to 500 KB.

    Args:
        file: Seekable; it may be remote, as it is read in few pieces. It is left open.
        name: Its name or address. What the name says about the format isn't believed, only mentioned.
        size: Its length in bytes, where that is known already.
        measure: Whether to ask the file for its length otherwise. Over a network that may mean to read it all.

    Raises:
        NotMediaError: It isn't media, is empty, damaged or cut short. The message is the end of a sentence about it.
        InputUnreadableError: It can't be read, or not within a minute.
    """
    window = Window(file, size, measure=measure)
    head = window.at(0, 1024)
    if len(head) < 12 or not head.strip(b"\0"):
        raise NotMediaError(f"is {what_is(head)}{_despite(name)}.")
    try:
        return picture(window) or movie(window) or container(window)
    except NotMediaError as error:
        if (said := _despite(name)) and str(error) == f"is {what_is(head)}.":
            raise NotMediaError(f"is {what_is(head)}{said}.") from error
        raise


def _despite(name: str) -> str:
    suffix = os.path.splitext(name.partition("?")[0])[1]  # noqa: PTH122 -- an address is no path
    return f", though its name ends in {suffix}" if 1 < len(suffix) <= 6 and suffix[1:].isalnum() else ""
