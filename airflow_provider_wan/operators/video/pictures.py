"""Operators that take pictures out of videos, draw masks for them, and show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_wan.operators.base import Flag, Number, Text, Whole
from airflow_provider_wan.operators.video.base import VideoToolOperator, named
from airflow_provider_wan.operators.video.rules import (
    FILE_OUT,
    FOLDER_OUT,
    VIDEO_IN,
    a_mapping,
    an_address,
    ends_in,
    frames,
    frames_of,
    optional,
    within,
    yes_or_no,
)

if TYPE_CHECKING:
    from airflow_provider_wan.workshop import Workshop


class VideoFramesOperator(VideoToolOperator):
    """Takes single frames out of a video, as PNG.

    Args:
        video_url: The video.
        output_path: Folder for the pictures, which are named `first.png`, `last.png` or `000123.png`.
        which: The frames: `first`, `last`, or numbers from 0.
        kwargs: As for any operator.

    Returns:
        For each frame its name (`first`, `000123`) and its URI, so that `frames.output["last"]` is one.
    """

    template_fields: Sequence[str] = ("video_url", "output_path", "which")
    rules = (VIDEO_IN, FOLDER_OUT, ("which", frames))

    def __init__(
        self,
        *,
        video_url: Text,
        output_path: Text,
        which: Sequence[int | str] | Text = ("first", "last"),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.which = which
        self.check_literals()

    def work(self, shop: Workshop) -> dict[str, str]:
        """Take the frames."""
        from airflow_provider_wan.media.frames import take_frames

        wanted: list[Any] = frames_of(self.which)
        film, folder = shop.fetch(self.text("video_url")), shop.folder / "frames"
        folder.mkdir()
        return {
            picture.stem: shop.land(picture, f"{self.text('output_path')}{picture.name}")
            for picture in self.make(take_frames, film, folder, wanted)
        }


class VideoMaskOperator(VideoToolOperator):
    """Draws a mask for a video, of exactly its size: white is edited, black is kept.

    Args:
        video_url: The video.
        shape: What is edited, as plain JSON:
            `{"kind": "rectangle", "left": 100, "top": 50, "width": 200, "height": 80}` or
            `{"kind": "polygon", "points": [[0, 0], [50, 0], [25, 40]]}`, in pixels, or with `"unit": "share"` as shares
            of the sides; `{"kind": "moving", "keys": {"0": {...}, "2.5": {...}}}`, a shape for each time in seconds;
            `{"kind": "alpha_picture", "path": "s3://..."}`, what is transparent in a picture;
            `{"kind": "chroma_key", "colour": "#00ff00"}`, what has a colour, within its `tolerance`. Each also takes
            `invert` and `grow` (pixels).
        output_path: Where the mask is landed: a `.png`, or a `.mp4` with the video's rate and length.
        frame: Of which frame a `.png` is the mask, from 0.
        allow_empty: Whether a mask may select nothing, or everything.
        kwargs: As for any operator.

    Returns:
        The mask's URI.
    """

    template_fields: Sequence[str] = ("video_url", "shape", "output_path", "frame", "allow_empty")
    rules = (
        *(VIDEO_IN, ("shape", a_mapping), ("output_path", ends_in(".png", ".mp4"))),
        *(("frame", within(0, 10_000_000, whole=True)), ("allow_empty", yes_or_no)),
    )
    has_fields: ClassVar[bool] = False

    def __init__(
        self,
        *,
        video_url: Text,
        shape: Mapping[str, Any] | Text,
        output_path: Text,
        frame: Whole = 0,
        allow_empty: Flag = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.shape = shape
        self.output_path = output_path
        self.frame = frame
        self.allow_empty = allow_empty
        self.check_literals()

    def work(self, shop: Workshop) -> str:
        """Draw the mask."""
        from airflow_provider_wan.media.masks import mask_image, mask_video
        from airflow_provider_wan.media.shapes import shape_from

        uri = self.text("output_path")
        film = shop.fetch(self.text("video_url"))
        shape = shape_from(shop.with_local_pictures(self.mapping("shape")))
        empty = self.flag("allow_empty")
        if uri.lower().endswith(".png"):
            out, number = shop.folder / "mask.png", self.whole("frame")
            return shop.land(self.make(mask_image, film, shape, out, frame=number, allow_empty=empty), uri)
        made = self.make(mask_video, film, shape, shop.folder / "mask.mp4", allow_empty=empty)
        return shop.land(made.path, uri)


class VideoContactSheetOperator(VideoToolOperator):
    """Shows a video in one picture: evenly spaced frames with their times.

    Args:
        video_url: The video.
        output_path: Where the PNG is landed; with a slash at its end a folder.
        columns: Frames in a row.
        rows: Rows at most.
        width: Width of the picture in pixels.
        title: A line above it.
        kwargs: As for any operator.

    Returns:
        The picture's URI.
    """

    template_fields: Sequence[str] = ("video_url", "output_path", "columns", "rows", "width", "title")
    rules = (
        *(VIDEO_IN, FILE_OUT, ("columns", within(1, 40, whole=True)), ("rows", within(1, 40, whole=True))),
        ("width", within(160, 4096, whole=True)),
    )
    has_fields: ClassVar[bool] = False

    def __init__(
        self,
        *,
        video_url: Text,
        output_path: Text,
        columns: Whole = 4,
        rows: Whole = 3,
        width: Whole = 1280,
        title: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.output_path = output_path
        self.columns = columns
        self.rows = rows
        self.width = width
        self.title = title
        self.check_literals()

    def work(self, shop: Workshop) -> str:
        """Draw the sheet."""
        from airflow_provider_wan.media.previews import contact_sheet

        source = self.text("video_url")
        sheet = self.make(
            contact_sheet,
            shop.fetch(source),
            shop.folder / "sheet.png",
            columns=self.whole("columns"),
            rows=self.whole("rows"),
            width=self.whole("width"),
            title=self.given("title"),
        )
        return shop.land(sheet, named(self.text("output_path"), source, ".png"))


class VideoComparisonOperator(VideoToolOperator):
    """Shows a video beside what became of it.

    Args:
        before_url: The video.
        after_url: What became of it.
        output_path: Where the comparison is landed: a `.png` with stills, a `.mp4` with both side by side, or a short
            animated `.webp`, e.g. for a mail.
        width: Its width in pixels; None: 1280, or 640 for `.webp`.
        kwargs: As for any operator.

    Returns:
        Its URI.
    """

    template_fields: Sequence[str] = ("before_url", "after_url", "output_path", "width")
    rules = (
        *(
            ("before_url", an_address),
            ("after_url", an_address),
            ("output_path", ends_in(".png", ".mp4", ".webp")),
        ),
        ("width", optional(within(160, 4096, whole=True))),
    )
    has_fields: ClassVar[bool] = False

    def __init__(
        self,
        *,
        before_url: Text,
        after_url: Text,
        output_path: Text,
        width: Number | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.before_url = before_url
        self.after_url = after_url
        self.output_path = output_path
        self.width = width
        self.check_literals()

    def work(self, shop: Workshop) -> str:
        """Draw the comparison."""
        from airflow_provider_wan.media.previews import comparison

        uri = self.text("output_path")
        before, after = shop.fetch(self.text("before_url")), shop.fetch(self.text("after_url"))
        out = shop.folder / f"comparison.{uri.lower().rpartition('.')[2]}"
        width = None if self.given("width") is None else self.whole("width")
        self.make(comparison, before, after, out, width=width)
        return shop.land(out, uri)
