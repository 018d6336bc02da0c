"""Operators that join videos, and that take their sound or give it back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.operators.base import Flag, Number, Text, Texts, Whole
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.video.base import VideoToolOperator
from airflow_provider_wan.operators.video.rules import (
    FILE_OUT,
    VIDEO_IN,
    a_rate,
    addresses,
    an_address,
    optional,
    unpacked,
    within,
    yes_or_no,
)

if TYPE_CHECKING:
    from airflow_provider_wan.workshop import Workshop


class VideoConcatenateOperator(VideoToolOperator):
    """Joins videos, one after the other. Where all are of one kind, their pictures are copied and not packed anew.

    Args:
        video_urls: The videos, in order. The result has the size of the first; others are scaled and padded.
        output_path: Where the result is landed; with a slash at its end a folder.
        overlap: How many frames neighbours share, over which they are cross-faded.
        sound: Whether to keep the sound. A video without any is silent there.
        rate: Frames a second, e.g. 30 or `30000/1001`; None: the first one's.
        kwargs: As for any operator.

    Returns:
        `output_path`, `frames`, `fps`, `rate` (exactly, e.g. `30000/1001`), `seconds`, `width`, `height`, `sound`.
    """

    template_fields: Sequence[str] = ("video_urls", "output_path", "overlap", "sound", "rate")
    rules = (
        *(("video_urls", addresses), FILE_OUT, ("overlap", within(0, 10_000, whole=True))),
        *(("sound", yes_or_no), ("rate", optional(a_rate))),
    )

    def __init__(
        self,
        *,
        video_urls: Texts,
        output_path: Text,
        overlap: Whole = 0,
        sound: Flag = True,
        rate: Number | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_urls = video_urls
        self.output_path = output_path
        self.overlap = overlap
        self.sound = sound
        self.rate = rate
        self.check_literals()

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Join."""
        from airflow_provider_wan.media.joining import concatenate

        given = unpacked(plain(self.video_urls))
        rate = self.given("rate")
        urls = [given] if isinstance(given, str) else [str(url) for url in given]
        made = self.make(
            concatenate,
            [shop.fetch(url) for url in urls],
            shop.folder / "joined.mp4",
            rate=None if rate is None else Fraction(rate),
            overlap=self.whole("overlap"),
            sound=self.flag("sound"),
        )
        return self.landed(shop, made, urls[0])


class VideoStripSoundOperator(VideoToolOperator):
    """Takes a video's sound out; its pictures are copied as they are.

    Args:
        video_url: The video.
        output_path: Where the result is landed; with a slash at its end a folder.
        kwargs: As for any operator.

    Returns:
        `output_path`, `frames`, `fps`, `rate` (exactly, e.g. `30000/1001`), `seconds`, `width`, `height`, `sound`.
    """

    template_fields: Sequence[str] = ("video_url", "output_path")
    rules = (VIDEO_IN, FILE_OUT)

    def __init__(self, *, video_url: Text, output_path: Text, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.check_literals()

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Strip."""
        from airflow_provider_wan.media.soundtracks import strip_sound

        source = self.text("video_url")
        made = self.make(strip_sound, shop.fetch(source), shop.folder / "silent.mp4")
        return self.landed(shop, made, source)


class VideoRestoreSoundOperator(VideoToolOperator):
    """Puts the sound of one file under the pictures of another, e.g. that of the original under its edit.

    Args:
        video_url: The pictures.
        sound_url: The sound: a video, whose sound stays where it was against its pictures, or a sound file.
        output_path: Where the result is landed; with a slash at its end a folder.
        offset: By how many seconds the sound shall come later; less than 0: earlier.
        kwargs: As for any operator.

    Returns:
        `output_path`, `frames`, `fps`, `rate` (exactly, e.g. `30000/1001`), `seconds`, `width`, `height`, `sound`.
    """

    template_fields: Sequence[str] = ("video_url", "sound_url", "output_path", "offset")
    rules = (VIDEO_IN, FILE_OUT, ("sound_url", an_address), ("offset", within(-3600, 3600)))

    def __init__(
        self, *, video_url: Text, sound_url: Text, output_path: Text, offset: Number = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.sound_url = sound_url
        self.output_path = output_path
        self.offset = offset
        self.check_literals()

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Join pictures and sound."""
        from airflow_provider_wan.media.soundtracks import restore_sound

        source = self.text("video_url")
        pictures, sound = shop.fetch(source), shop.fetch(self.text("sound_url"))
        out = shop.folder / "with-sound.mp4"
        made = self.make(restore_sound, pictures, sound, out, offset=self.number("offset") or 0.0)
        return self.landed(shop, made, source)
