"""Operators that look at a video, cut it, and bring it within a model's limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_wan.operators.base import Flag, Number, Text
from airflow_provider_wan.operators.late import is_late
from airflow_provider_wan.operators.video.base import VideoToolOperator, facts_of
from airflow_provider_wan.operators.video.rules import (
    FILE_OUT,
    FOLDER_OUT,
    LONGEST,
    VIDEO_IN,
    needed,
    one_of,
    optional,
    within,
    yes_or_no,
)

if TYPE_CHECKING:
    from airflow_provider_wan.workshop import Workshop


class VideoProbeOperator(VideoToolOperator):
    """Tells what a video, image or sound is. Only its head is read.

    Args:
        video_url: The file.
        kwargs: As for any operator.

    Returns:
        `kind`, `format`, `size` in bytes, `width`, `height`, `seconds`, `fps`, `alpha`, `sound`, as in `MediaFacts`.
    """

    template_fields: Sequence[str] = ("video_url",)
    rules = (VIDEO_IN,)

    def __init__(self, *, video_url: Text, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.check_literals()

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Read the head."""
        return asdict(shop.probe(self.text("video_url")))


class VideoTrimOperator(VideoToolOperator):
    """Cuts a part out of a video, exact to the frame.

    Args:
        video_url: The video.
        output_path: Where the part is landed; with a slash at its end a folder.
        start: Where it begins, in seconds; the nearest frame counts.
        end: Where it ends, in seconds; None: with the video.
        sound: Whether to keep the sound.
        kwargs: As for any operator.

    Returns:
        `output_path`, `frames`, `fps`, `rate` (exactly, e.g. `30000/1001`), `seconds`, `width`, `height`, `sound`.
    """

    template_fields: Sequence[str] = ("video_url", "output_path", "start", "end", "sound")
    rules = (
        *(VIDEO_IN, FILE_OUT, ("start", within(0, LONGEST)), ("sound", yes_or_no)),
        ("end", optional(within(0, LONGEST))),
    )

    def __init__(
        self,
        *,
        video_url: Text,
        output_path: Text,
        start: Number = 0,
        end: Number | None = None,
        sound: Flag = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.start = start
        self.end = end
        self.sound = sound
        self.check_literals()

    def mismatches(self) -> Iterator[str]:
        """Refuse a part that ends before it begins."""
        if is_late([self.start, self.end]):
            return
        end = self.number("end")
        if end is not None and end <= (self.number("start") or 0.0):
            yield f"end={self.end}: must be more than start={self.start}."

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Cut."""
        from airflow_provider_wan.media.cutting import trim

        source, out = self.text("video_url"), shop.folder / "trimmed.mp4"
        start, end = self.number("start") or 0.0, self.number("end")
        film = shop.fetch(source)
        made = self.make(trim, film, out, start=start, end=end, sound=self.flag("sound"))
        return self.landed(shop, made, source)


class VideoSplitOperator(VideoToolOperator):
    """Cuts a video into pieces, each exact to the frame, named `0000.mp4` and so on.

    Args:
        video_url: The video.
        output_path: Folder for the pieces.
        longest: How long a piece may be, in seconds.
        shortest: How long it must be, unless the whole is shorter.
        overlap: How many seconds neighbours share.
        at_scenes: Whether to cut where scenes change, as far as the lengths allow.
        sound: Whether to keep the sound.
        kwargs: As for any operator.

    Returns:
        A list that has for each piece its `output_path`, its first frame in the whole (`first`), the frame before which
        it ends (`end`), and what it is, as from `VideoTrimOperator`. To map over it, let `.map()` make of each piece
        what the next operator takes:
        `Edit.partial(...).expand_kwargs(split.output.map(lambda piece: {"video_url": piece["output_path"]}))`.
    """

    template_fields: Sequence[str] = (
        *("video_url", "output_path", "longest", "shortest", "overlap", "at_scenes", "sound"),
    )
    rules = (
        *(VIDEO_IN, FOLDER_OUT, ("longest", within(0.1, LONGEST)), ("shortest", within(0, LONGEST))),
        ("overlap", within(0, LONGEST)),
        *(("at_scenes", yes_or_no), ("sound", yes_or_no)),
    )
    has_fields: ClassVar[bool] = False

    def __init__(
        self,
        *,
        video_url: Text,
        output_path: Text,
        longest: Number,
        shortest: Number = 2.0,
        overlap: Number = 0.0,
        at_scenes: Flag = False,
        sound: Flag = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.longest = longest
        self.shortest = shortest
        self.overlap = overlap
        self.at_scenes = at_scenes
        self.sound = sound
        self.check_literals()

    def mismatches(self) -> Iterator[str]:
        """Refuse lengths that no plan can keep to."""
        longest, shortest, overlap = (
            None if is_late(getattr(self, name)) else self.number(name) or 0.0
            for name in ("longest", "shortest", "overlap")
        )
        if longest is not None and shortest is not None and shortest > longest:
            yield f"shortest={self.shortest}: must be no more than longest={self.longest}."
        if longest is not None and overlap is not None and overlap >= longest:
            yield f"overlap={self.overlap}: must be less than longest={self.longest}."

    def work(self, shop: Workshop) -> list[dict[str, Any]]:
        """Cut."""
        from airflow_provider_wan.media.cutting import count_frames, split
        from airflow_provider_wan.media.reading import Video
        from airflow_provider_wan.media.scenes import scene_cuts
        from airflow_provider_wan.media.segments import segments

        film, folder = shop.fetch(self.text("video_url")), shop.folder / "pieces"
        folder.mkdir()
        with Video(film) as video:
            rate = video.rate
        plan = segments(
            count_frames(film, decode=False),  # the split decodes them all
            rate,
            longest=self.number("longest") or 0.0,
            shortest=self.number("shortest") or 0.0,
            overlap=self.number("overlap") or 0.0,
            cuts=scene_cuts(film) if self.flag("at_scenes") else (),
        )
        made = self.make(split, film, folder, plan, sound=self.flag("sound"))
        landed = []
        for segment, piece in zip(plan, made, strict=True):
            uri = shop.land(piece.path, f"{self.text('output_path')}{segment.number:04}.mp4")
            landed.append({"output_path": uri, "first": segment.first, "end": segment.end, **facts_of(piece)})
        return landed


class VideoConformOperator(VideoToolOperator):
    """Brings a video within the limits of a model, by the smallest change that does it.

    The result is a constant-rate MP4 (H.264, AAC); a video that fits already is copied as it is.

    Args:
        video_url: The video.
        output_path: Where the result is landed; with a slash at its end a folder.
        model: The model that will read it, in any region's spelling.
        role: What it will be to the model, e.g. `first_clip_url`; None: the video that is edited.
        fit: What is done with a shape that the model doesn't take: `pad` with black, `crop`, or `stretch`.
        cut: Whether to cut what the service would silently leave out.
        sound: Whether to keep the sound.
        kwargs: As for any operator.

    Returns:
        `output_path`, `frames`, `fps`, `rate` (exactly, e.g. `30000/1001`), `seconds`, `width`, `height`, `sound`.
    """

    template_fields: Sequence[str] = ("video_url", "output_path", "model", "role", "fit", "cut", "sound")
    rules = (
        *(VIDEO_IN, FILE_OUT, ("model", needed), ("fit", one_of("pad", "crop", "stretch"))),
        *(("cut", yes_or_no), ("sound", yes_or_no)),
    )

    def __init__(
        self,
        *,
        video_url: Text,
        output_path: Text,
        model: Text,
        role: Text | None = None,
        fit: Text = "pad",
        cut: Flag = True,
        sound: Flag = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.model = model
        self.role = role
        self.fit = fit
        self.cut = cut
        self.sound = sound
        self.check_literals()

    def mismatches(self) -> Iterator[str]:
        """Refuse a model that isn't known, or that takes no video in this role."""
        from airflow_provider_wan.dashscope.catalog import find
        from airflow_provider_wan.media.targets import video_role

        if is_late([self.model, self.role]):
            return
        model = find(self.text("model"))
        if model is None:
            yield f"model={self.model!r}: the catalogue has no such model. Give one of its ids, e.g. wan2.7-videoedit."
            return
        try:
            video_role(model, self.given("role"))
        except ValueError as error:
            yield f"{error}."

    def work(self, shop: Workshop) -> dict[str, Any]:
        """Conform."""
        from airflow_provider_wan.media.conforming import conform_for

        made = self.make(
            conform_for,
            shop.fetch(self.text("video_url")),
            shop.folder / "conformed.mp4",
            self.text("model"),
            role=self.given("role"),
            fit=self.text("fit"),  # type: ignore[arg-type]
            cut=self.flag("cut"),
            sound=self.flag("sound"),
        )
        return self.landed(shop, made, self.text("video_url"))
