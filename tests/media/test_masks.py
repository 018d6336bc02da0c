"""Masks: exactly the pixels, the size, the rate and the frames that were asked for, and nothing grey."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.masks import mask_image, mask_video
from airflow_provider_wan.media.measures import Where
from airflow_provider_wan.media.outlines import Point, filled
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.shapes import (
    AlphaPicture,
    ChromaKey,
    Moving,
    Polygon,
    Rectangle,
    Shape,
    shape_from,
)
from airflow_provider_wan.media.writing import Encoding
from tests.media import numbered

SIZE = 128, 96
ACROSS = Moving({0.0: Rectangle(-20, 10, 30, 40), 2.0: Rectangle(100, 50, 30, 40)})
STAR = Polygon(
    tuple((64 + 60 * math.cos(a * 0.8 * math.pi), 48 + 45 * math.sin(a * 0.8 * math.pi)) for a in range(5))
)
SOON = settings(max_examples=60, deadline=None)


def box(left: int, top: int, right: int, bottom: int, size: tuple[int, int] = SIZE) -> Where:
    where = np.zeros((size[1], size[0]), np.bool_)
    where[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return where


def mask_on(path: Path) -> Where:
    """The mask in a PNG, after a look that it is pure."""
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        pixels = np.asarray(image)
    assert set(np.unique(pixels)) <= {0, 255}
    assert (pixels == pixels[..., :1]).all()
    return np.asarray(pixels[..., 0] == 255)


def colours(path: Path) -> Iterator[npt.NDArray[Any]]:
    """The pictures of a mask video as any program sees them, in RGB."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def masks_in(path: Path) -> list[Where]:
    """The masks in a video, after a look that they are pure."""
    found = []
    for pixels in colours(path):
        assert set(np.unique(pixels)) <= {0, 255}
        assert (pixels == pixels[..., :1]).all()
        found.append(np.asarray(pixels[..., 0] == 255))
    return found


def inside(points: list[Point], x: float, y: float) -> bool:
    """Whether a polygon winds around a point, by the sum of the angles under which its sides are seen."""
    total = 0.0
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        turn = math.atan2(y2 - y, x2 - x) - math.atan2(y1 - y, x1 - x)
        total += (turn + math.pi) % (2 * math.pi) - math.pi
    return abs(total) > math.pi


def screen(path: Path, frames: int, colour: tuple[int, int, int] = (60, 180, 75)) -> Path:
    """A clip before a green screen of uneven light; a red box of 32x32 moves in it by 2 pixels a frame."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        light = np.linspace(0.75, 1.1, SIZE[0])[None, :, None]
        for at in range(frames):
            pixels = (np.full((SIZE[1], SIZE[0], 3), colour) * light).clip(0, 255).astype(np.uint8)
            pixels[32:64, 16 + 2 * at : 48 + 2 * at] = 200, 40, 40
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def with_alpha(path: Path, size: tuple[int, int], clear: tuple[int, int, int, int]) -> Path:
    """A picture that is transparent in one box."""
    picture = Image.new("RGBA", size, (10, 200, 30, 255))
    picture.paste((0, 0, 0, 0), clear)
    picture.save(path)
    return path


# What is drawn


@given(
    st.integers(-40, 60),
    st.integers(-40, 60),
    st.integers(1, 90),
    st.integers(1, 90),
    st.booleans(),
    st.integers(0, 9),
)
@SOON
def test_a_rectangle_is_its_pixels(
    left: int, top: int, width: int, height: int, invert: bool, grow: int
) -> None:
    size = 53, 41
    if left in {0, 1} and top in {0, 1} and width == height == 1:
        width = 2  # else it would be taken for shares
    got = Rectangle(left, top, width, height, invert=invert, grow=grow).area(size)
    if invert:
        # What is kept shrinks from where the picture goes on, not from the picture's own edge.
        right, bottom = left + width, top + height
        kept = box(
            0 if left <= 0 else left + grow,
            0 if top <= 0 else top + grow,
            size[0] if right >= size[0] else right - grow,
            size[1] if bottom >= size[1] else bottom - grow,
            size,
        )
        if not box(left, top, right, bottom, size).any():
            kept[:] = False
        assert (got == ~kept).all()
        return
    drawn = box(left, top, left + width, top + height, size)
    rows, columns = np.nonzero(drawn)
    if len(rows):
        drawn = box(
            int(columns.min()) - grow, int(rows.min()) - grow,
            int(columns.max()) + 1 + grow, int(rows.max()) + 1 + grow, size,
        )  # fmt: skip
    assert (got == drawn).all()


@given(
    st.lists(
        st.tuples(st.floats(-20, 40, allow_nan=False), st.floats(-20, 40, allow_nan=False)),
        min_size=3,
        max_size=7,
    )
)
@SOON
def test_a_polygon_is_the_pixels_whose_centres_it_winds_around(points: list[Point]) -> None:
    # Away from the centres of pixels, where nothing but rounding decides.
    points = [(math.floor(x * 8) / 8 + 0.03, math.floor(y * 8) / 8 + 0.041) for x, y in points]
    got = filled(points, (24, 20))
    for y in range(20):
        for x in range(24):
            if _distance(points, x + 0.5, y + 0.5) > 1e-6:
                assert got[y, x] == inside(points, x + 0.5, y + 0.5), (x, y)


def _distance(points: list[Point], x: float, y: float) -> float:
    found = math.inf
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        long = (x2 - x1) ** 2 + (y2 - y1) ** 2
        way = min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / long)) if long else 0.0
        found = min(found, math.hypot(x - x1 - way * (x2 - x1), y - y1 - way * (y2 - y1)))
    return found


def test_where_a_polygon_overlaps_itself_it_is_filled() -> None:
    assert STAR.area(SIZE)[48, 64]


def test_shares_are_those_of_each_side() -> None:
    assert (Rectangle(0.25, 0.5, 0.5, 0.25, unit="share").area(SIZE) == box(32, 48, 96, 72)).all()
    half = Polygon([(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)], unit="share")
    assert (half.area(SIZE) == box(0, 0, 64, 96)).all()


def test_halves_that_touch_share_no_pixel_and_leave_none_out() -> None:
    one = Polygon([(0, 0), (96, 0), (32, 96), (0, 96)]).area(SIZE)
    other = Polygon([(96, 0), (128, 0), (128, 96), (32, 96)]).area(SIZE)
    assert (one ^ other).all()


@pytest.mark.parametrize(
    ("seconds", "left", "top"), [(0, -20, 10), (0.5, 10, 20), (1, 40, 30), (2, 100, 50), (9, 100, 50)]
)
def test_a_shape_moves_evenly_between_its_times_and_then_stands(seconds: float, left: int, top: int) -> None:
    assert (ACROSS.area(SIZE, seconds) == box(left, top, left + 30, top + 40)).all()


def test_a_polygon_moves_point_by_point() -> None:
    one, other = [(0, 0), (20, 0), (20, 20), (0, 20)], [(40, 40), (80, 40), (80, 80), (40, 80)]
    moving = Moving({3: Polygon(other), 1: Polygon(one)}, grow=2)
    assert (moving.area(SIZE, 2) == box(18, 18, 52, 52)).all()
    assert (moving.area(SIZE, 0) == box(0, 0, 22, 22)).all()


def test_a_picture_gives_its_transparent_or_its_opaque_part(tmp_path: Path) -> None:
    path = with_alpha(tmp_path / "a.png", SIZE, (10, 20, 50, 60))
    assert (AlphaPicture(path).area(SIZE) == box(10, 20, 50, 60)).all()
    assert (AlphaPicture(path, inside="opaque").area(SIZE) == ~box(10, 20, 50, 60)).all()
    assert (AlphaPicture(path, grow=3).area(SIZE) == box(7, 17, 53, 63)).all()
    assert (AlphaPicture(path).area((256, 192)) == box(20, 40, 100, 120, (256, 192))).all()


def test_pictures_without_transparency_or_of_another_aspect_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", SIZE).save(tmp_path / "plain.png")
    with pytest.raises(InputUnfitError, match=r"plain\.png can't be transparent"):
        AlphaPicture(tmp_path / "plain.png").area(SIZE)
    path = with_alpha(tmp_path / "a.png", (128, 128), (1, 1, 9, 9))
    with pytest.raises(InputUnfitError, match=r"a\.png has 128x128 pixels, the video 128x96"):
        AlphaPicture(path).area(SIZE)


# What is refused

WRONG: list[tuple[Any, list[str]]] = [
    (None, ["no mapping"]),
    ([], ["no mapping"]),
    ({}, ["kind=None", "rectangle, polygon, moving, alpha_picture, chroma_key"]),
    (
        {"kind": "rectangle", "left": 1, "widht": 3},
        ["'widht' is unknown", "top is missing", "width is missing", "height is missing"],
    ),
    (
        {"kind": "rectangle", "left": "x", "top": math.nan, "width": 0, "height": 9, "grow": -1, "invert": "yes"},
        ["left='x'", "top=nan", "width=0: give more", "grow=-1", "invert='yes'"],
    ),
    ({"kind": "rectangle", "left": 0, "top": 0.5, "width": 0.5, "height": 1}, ["unit='share'"]),
    (
        {"kind": "rectangle", "left": 100, "top": 0, "width": 10**400, "height": 1, "unit": "share"},
        ["left=100: give a share of the picture from -2 to 2", "width=1000"],
    ),
    ({"kind": "rectangle", "left": 1, "top": 0, "width": 5, "height": 5, "unit": "%"}, ["unit='%'"]),
    ({"kind": "polygon", "points": [[0, 0], [9, 9]]}, ["at least three"]),
    ({"kind": "polygon", "points": "abc"}, ["at least three"]),
    ({"kind": "polygon", "points": [[0, 0], [9, 9], [1]]}, ["a point is two numbers"]),
    ({"kind": "polygon", "points": [[0, 0], [9, 9], [1, None]]}, ["points[2].y=None"]),
    ({"kind": "moving", "keys": {}}, ["at least one time"]),
    ({"kind": "moving", "keys": [1]}, ["at least one time"]),
    (
        {"kind": "moving", "keys": {"0": {"kind": "rectangle", "left": 0}, "2": {"kind": "chroma_key"}, "3": 7}},
        ["keys[0]: top is missing", "keys[2]: kind='chroma_key'", "keys[3]: 7 is no mapping"],
    ),
    ({"kind": "alpha_picture", "path": 3, "inside": "out"}, ["path=3", "inside='out'"]),
    ({"kind": "chroma_key", "colour": "green", "tolerance": 2}, ["colour='green'", "tolerance=2"]),
    ({"kind": "chroma_key", "colour": "#808080"}, ["greys can't be keyed"]),
    ({"kind": "chroma_key", "colour": "#0a0000"}, ["greys can't be keyed"]),
]  # fmt: skip


@pytest.mark.parametrize(("form", "named"), WRONG, ids=range(len(WRONG)))
def test_all_that_is_wrong_with_a_form_is_named(form: Any, named: list[str]) -> None:
    with pytest.raises(ValueError) as raised:
        shape_from(form)
    for part in named:
        assert part in str(raised.value)


def test_movements_that_cannot_be_are_refused() -> None:
    three, four = Polygon([(0, 0), (9, 0), (9, 9)]), Polygon([(0, 0), (9, 0), (9, 9), (0, 9)])
    with pytest.raises(ValueError, match="as many points; there are some with 3, 4"):
        Moving({0: three, 1: four})
    with pytest.raises(ValueError, match="don't turn into one another"):
        Moving({0: three, 1: Rectangle(0, 0, 9, 9)})
    with pytest.raises(ValueError, match="some are in pixels and some in shares"):
        Moving({0: Rectangle(0, 0, 9, 9), 1: Rectangle(0, 0, 0.5, 0.5, unit="share")})
    with pytest.raises(ValueError, match=r"keys\[1\]: give `invert` and `grow` for the whole"):
        Moving({0: Rectangle(0, 0, 9, 9), 1: Rectangle(0, 0, 9, 9, grow=1)})
    with pytest.raises(ValueError, match="-1 is no time"):
        Moving({-1: three})
    with pytest.raises(ValueError, match="only rectangles and polygons"):
        Moving({0: ChromaKey()})  # type: ignore[dict-item]


FORMS: list[tuple[Mapping[str, Any], Shape]] = [
    (
        {"kind": "rectangle", "left": "10", "top": 5, "width": "30.5", "height": 40, "invert": "True", "grow": "2"},
        Rectangle(10, 5, 30.5, 40, invert=True, grow=2),
    ),
    (
        {"kind": "polygon", "points": [[0, "0"], [0.5, 0], [0.5, 1]], "unit": "share"},
        Polygon(((0, 0), (0.5, 0), (0.5, 1)), unit="share"),
    ),
    (
        {
            "kind": "moving",
            "keys": {
                "0": {"kind": "rectangle", "left": 0, "top": 0, "width": 9, "height": 9},
                "2.5": {"kind": "rectangle", "left": 50, "top": 0, "width": 9, "height": 9},
            },
            "grow": 1,
        },
        Moving({0: Rectangle(0, 0, 9, 9), 2.5: Rectangle(50, 0, 9, 9)}, grow=1),
    ),
    ({"kind": "alpha_picture", "path": "/a/b.png", "inside": "opaque"}, AlphaPicture(Path("/a/b.png"), "opaque")),
    ({"kind": "chroma_key", "colour": "#0000ff", "tolerance": "0.1"}, ChromaKey("#0000ff", 0.1)),
    ({"kind": "chroma_key"}, ChromaKey()),
]  # fmt: skip


@pytest.mark.parametrize(("form", "shape"), FORMS, ids=range(len(FORMS)))
def test_a_shape_comes_of_json_and_of_templates_texts(form: Mapping[str, Any], shape: Shape) -> None:
    assert shape_from(json.loads(json.dumps(form))) == shape
    assert shape_from(shape) is shape


_KINDS = st.sampled_from(["rectangle", "polygon", "moving", "alpha_picture", "chroma_key", "x"])
_NAMES = st.sampled_from(
    ["left", "top", "width", "height", "unit", "points", "keys", "path", "inside", "colour", "tolerance",
     "invert", "grow", "0", "1.5", "z"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just("share"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.builds(lambda kind, rest: {"kind": kind, **rest}, _KINDS, st.dictionaries(_NAMES, inner, max_size=5))
        | st.dictionaries(_NAMES, inner, max_size=3)
    ),
    max_leaves=12,
)  # fmt: skip


@given(_KINDS, st.dictionaries(_NAMES, _VALUES, max_size=7))
@settings(max_examples=300, deadline=None)
def test_of_any_data_comes_a_shape_that_draws_or_an_error_that_says_so(
    kind: str, rest: dict[str, Any]
) -> None:
    try:
        shape = shape_from({"kind": kind, **rest})
    except ValueError as error:
        assert str(error).startswith("The mask's shape is wrong: ")  # noqa: PT017 -- both outcomes are right
        return
    if not isinstance(shape, AlphaPicture):
        assert shape.area((16, 12), 1.0, Image.new("RGB", (16, 12))).shape == (12, 16)


# Mask images


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_mask_image_has_the_upright_size_of_the_video(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 12, size=(128, 64), rotation=turn)
    size = (64, 128) if turn % 180 else (128, 64)
    out = mask_image(source, Rectangle(5, 7, 20, 30), tmp_path / "mask.png")
    assert (mask_on(out) == box(5, 7, 25, 37, size)).all()


@pytest.mark.parametrize("size", [(127, 95), (127, 96), (33, 1), (1920, 1080)])
def test_a_mask_image_can_have_odd_sides(size: tuple[int, int], tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 1, size=size, codec="ffv1")
    out = mask_image(source, Rectangle(0, 0, 0.5, 1, unit="share"), tmp_path / "mask.png")
    assert (mask_on(out) == box(0, 0, round(size[0] / 2 - 0.25), size[1], size)).all()


def test_a_mask_image_shows_a_movement_at_its_frame(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60)
    for frame in (0, 25, 59):
        out = mask_image(source, ACROSS, tmp_path / "mask.png", frame=frame)
        assert (mask_on(out) == ACROSS.area(SIZE, frame / 25)).all()


@pytest.mark.parametrize("shape", [Rectangle(0, 0, 9, 9), ChromaKey()])
@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_there_is_no_mask_for_a_frame_beyond_the_end(shape: Shape, kind: str, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.video", 60, kind=kind)
    mask_image(source, shape, tmp_path / "mask.png", frame=59, allow_empty=True)
    for frame in (60, 61, 5000):
        with pytest.raises(InputUnfitError, match=f"ends before frame {frame}"):
            mask_image(source, shape, tmp_path / "no.png", frame=frame)
    for wrong in (-1, True, 1.0, 10**40):
        with pytest.raises(ValueError, match="frame="):
            mask_image(source, shape, tmp_path / "no.png", frame=wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "no.png").exists()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (Rectangle(500, 0, 9, 9), "black all over: nothing"),
        (Rectangle(0, 0, 128, 96), "white all over: everything"),
        (Rectangle(0, 0, 128, 96, invert=True), "black all over: nothing"),
        (Rectangle(60, 40, 9, 9, grow=500), "white all over: everything"),
        (ChromaKey("#ff0000"), "black all over: nothing"),
        (Moving({0: Rectangle(500, 0, 9, 9), 1: Rectangle(700, 0, 9, 9)}), "black all over: nothing"),
        (Moving({0: Rectangle(0, 0, 200, 99), 1: Rectangle(0, 0, 300, 99)}), "white all over: everything"),
    ],
)
def test_a_mask_that_says_nothing_is_refused(shape: Shape, said: str, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 10)
    for make, out in ((mask_image, tmp_path / "m.png"), (mask_video, tmp_path / "m.mp4")):
        with pytest.raises(InputUnfitError, match=said):
            make(source, shape, out)
        assert [path.name for path in tmp_path.iterdir() if path.name != "in.mp4"] == []
        make(source, shape, out, allow_empty=True)
        out.unlink()


@pytest.mark.parametrize("invert", [False, True])
def test_a_shape_may_be_out_of_the_picture_for_a_while(invert: bool, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 50)
    away, there = Rectangle(-60, 0, 20, 20), Rectangle(60, 0, 20, 20)
    shape = Moving({0: away, 0.8: there, 1.2: there, 1.9: away}, invert=invert)
    mask_video(source, shape, tmp_path / "m.mp4")
    found = [mask.any() if not invert else not mask.all() for mask in masks_in(tmp_path / "m.mp4")]
    assert (found[0], found[25], found[-1]) == (False, True, False)


# Mask videos


@pytest.mark.parametrize("rate", [16, Fraction(24000, 1001), 25, Fraction(30000, 1001), 50, 60])
@pytest.mark.parametrize("shape", [Rectangle(31, 17, 50, 41), STAR, ACROSS], ids=["still", "star", "moving"])
def test_a_mask_video_has_the_frames_of_the_video(rate: Fraction | int, shape: Shape, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 70, rate=rate, sound=True)
    written = mask_video(source, shape, tmp_path / "mask.mp4")
    assert (written.frames, written.rate, written.width, written.height) == (70, rate, *SIZE)
    assert not written.sound
    wanted = [shape.area(SIZE, float(n / Fraction(rate))) for n in range(70)]
    for found, mask in zip(masks_in(tmp_path / "mask.mp4"), wanted, strict=True):
        assert (found == mask).all()
    with Video(tmp_path / "mask.mp4") as mask_file, Video(source) as video:
        assert (mask_file.rate, mask_file.seconds) == (video.rate, video.seconds)
        assert mask_file.stream.codec_context.profile in ("High", "Main", "Constrained Baseline")
        assert mask_file.stream.format.name == "yuv420p"


@pytest.mark.parametrize("turn", [90, 180])
def test_a_mask_video_is_upright(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 12, size=(128, 64), rotation=turn)
    size = (64, 128) if turn == 90 else (128, 64)
    mask_video(source, Rectangle(5, 7, 20, 30), tmp_path / "mask.mp4")
    for found in masks_in(tmp_path / "mask.mp4"):
        assert (found == box(5, 7, 25, 37, size)).all()


@pytest.mark.parametrize("times", [[0], [0, 1, 3, 4, 9, 10, 30], [0, 50, 51, 52]])
def test_a_mask_video_of_uneven_times_has_the_videos_steady_frames(times: list[int], tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", len(times), rate=50, times=times)
    with Video(source) as video:
        rate, count = video.rate, sum(1 for _ in video.steady_frames())
    written = mask_video(source, ACROSS, tmp_path / "mask.mp4", allow_empty=True)
    assert (written.frames, written.rate) == (count, rate)
    assert len(masks_in(tmp_path / "mask.mp4")) == count


@pytest.mark.parametrize("size", [(127, 96), (128, 95)])
def test_a_mask_video_cannot_have_odd_sides(size: tuple[int, int], tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 3, size=size, codec="ffv1")
    with pytest.raises(InputUnfitError, match=f"{size[0]}x{size[1]} pixels.*Conform the clip first"):
        mask_video(source, Rectangle(5, 7, 20, 30), tmp_path / "mask.mp4")
    assert not (tmp_path / "mask.mp4").exists()


class Specks(Rectangle):
    """The hardest of masks: every pixel is as likely black as white, and each frame is another."""

    @property
    def changes(self) -> bool:
        return True

    def _drawn(self, size: tuple[int, int], seconds: float, picture: Image.Image | None) -> Where:
        return np.random.default_rng(round(seconds * 1000)).random((size[1], size[0])) < self.width


def test_even_noise_comes_out_of_a_mask_video_pure_and_pixel_for_pixel(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 40)
    for share in (0.5, 0.02):
        noise = Specks(0, 0, share, 1, unit="share")
        mask_video(source, noise, tmp_path / "mask.mp4")
        for n, found in enumerate(masks_in(tmp_path / "mask.mp4")):
            assert (found == noise.area(SIZE, n / 25)).all()


def test_a_coarser_encoding_still_divides_black_from_white(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 40)
    sizes = {}
    for crf in (1, 20):
        out = tmp_path / f"{crf}.mp4"
        mask_video(source, ACROSS, out, encoding=Encoding(crf=crf, preset="medium"))
        sizes[crf] = out.stat().st_size
        for n, pixels in enumerate(colours(out)):
            assert ((pixels[..., 0] >= 128) == ACROSS.area(SIZE, n / 25)).all()
    assert sizes[20] < sizes[1]


def test_the_green_screen_is_edited_and_what_stands_before_it_is_kept(tmp_path: Path) -> None:
    source = screen(tmp_path / "in.mp4", 20)
    key = ChromaKey(grow=1)
    mask_video(source, key, tmp_path / "mask.mp4")
    for n, found in enumerate(masks_in(tmp_path / "mask.mp4")):
        left = 16 + 2 * n  # chroma is coarse: edges may be off by some pixels
        assert not found[36:60, left + 4 : left + 28].any()
        assert (found | box(left - 4, 28, left + 36, 68)).all()
    mask_image(source, ChromaKey(invert=True), tmp_path / "mask.png", frame=19)
    found = mask_on(tmp_path / "mask.png")
    assert found[36:60, 16 + 42 : 16 + 66].all()
    assert not (found & ~box(16 + 34, 28, 16 + 74, 68)).any()


BARS = {  # how far from pure green each is, as a share of the way to grey
    (0, 255, 0): 0.0,
    (0, 100, 0): 0.0,
    (60, 180, 75): 0.65,
    (30, 90, 37): 0.65,
    (255, 255, 0): 0.87,
    (0, 255, 255): 0.87,
    (128, 128, 128): 1.0,
    (255, 0, 0): 1.73,
}


@pytest.mark.parametrize("tolerance", [0.0, 0.3, 0.6, 0.7, 0.8, 0.9, 0.97])
def test_tolerance_is_the_share_of_the_way_to_grey_however_bright(tolerance: float) -> None:
    bars = Image.new("RGB", (len(BARS) + 1, 300), (0, 15, 0))  # and one too dark to have a colour
    for at, colour in enumerate(BARS):
        bars.paste(colour, (at, 0, at + 1, 300))
    keyed = ChromaKey(tolerance=tolerance).area(bars.size, picture=bars)
    assert keyed.all(axis=0).tolist() == keyed.any(axis=0).tolist()
    assert keyed[0].tolist() == [away <= tolerance for away in BARS.values()] + [False]


@pytest.mark.parametrize("colour", ["#0000ff", "#3cb44b", "#ff00ff"])
def test_any_colour_can_be_keyed(colour: str) -> None:
    pixels = Image.new("RGB", (2, 1), colour)
    pixels.putpixel((1, 0), (255, 128, 0))
    assert ChromaKey(colour, 0.0).area((2, 1), picture=pixels).tolist() == [[True, False]]
    assert ChromaKey(colour, 1.0).area((2, 1), picture=pixels).tolist() == [[True, False]]


def test_a_mask_of_a_file_cut_short_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    numbered.clip(tmp_path / "in.mkv", 300, size=(320, 240))
    data = (tmp_path / "in.mkv").read_bytes()
    (tmp_path / "in.mkv").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(InputUnfitError, match="cut short"):
        mask_video(tmp_path / "in.mkv", STAR, tmp_path / "mask.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.slow
def test_a_mask_image_over_ten_megabytes_is_refused(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 1, size=(6100, 6100), codec="ffv1")
    with pytest.raises(InputUnfitError, match=r"at most 10 MB"):
        mask_image(source, Specks(0, 0, 0.5, 1, unit="share"), tmp_path / "mask.png")
    assert not (tmp_path / "mask.png").exists()
