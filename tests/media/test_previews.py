"""Contact sheets and comparisons show the frames that they say they show, side by side and upright."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.animation import LARGEST, write_webp
from airflow_provider_wan.media.layout import clock, fitted, grid, halves, spread
from airflow_provider_wan.media.lettering import GROUND, font, line
from airflow_provider_wan.media.picking import count, picked
from airflow_provider_wan.media.previews import comparison, contact_sheet
from airflow_provider_wan.media.writing import Written
from tests.media import numbered

WIDTH = 640
Grey = npt.NDArray[np.uint8]


def cells(sheet: Path, ground: int = sum(GROUND) // 3) -> list[Grey]:
    """Find the pictures on a sheet by what they are, not by where the code says: whole rectangles unlike the ground."""
    with Image.open(sheet) as image:
        grey = np.asarray(image.convert("L"), np.uint8)
    return rectangles(grey, ground, 6)  # nothing is lost in a PNG


def rectangles(grey: Grey, ground: int = 0, unlike: int = 12) -> list[Grey]:
    found: list[Grey] = []
    other = np.abs(grey.astype(int) - ground) > unlike
    for top, bottom in runs(other.mean(axis=1) > 0.1):
        if bottom - top < 30:
            continue  # a line of text
        band = other[top:bottom]
        for left, right in runs(band.mean(axis=0) > 0.2):
            inner = band[:, left:right].mean(axis=1) > 0.9
            (first, last) = max(runs(inner), key=lambda run: run[1] - run[0])
            found.append(grey[top + first : top + last, left:right])
    return found


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where flags are set without a break: begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def numbers_on(sheet: Path) -> list[int]:
    return [numbered.number_in(cell) for cell in cells(sheet)]


def sides_of(sheet: Path) -> list[tuple[int, int]]:
    return [(cell.shape[1], cell.shape[0]) for cell in cells(sheet)]


def movie(path: Path) -> list[Grey]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]


def both(picture: Grey) -> list[int]:
    return [numbered.number_in(found) for found in rectangles(picture)]


def written(result: Path | Written) -> Written:
    assert isinstance(result, Written)
    return result


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return numbered.clip(tmp_path / "in.mp4", 100, size=(128, 72))


def test_a_sheet_shows_evenly_spaced_frames_with_the_first_and_the_last(source: Path, tmp_path: Path) -> None:
    out = contact_sheet(source, tmp_path / "sheet.png", width=WIDTH)
    assert numbers_on(out) == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]
    with Image.open(out) as image:
        assert image.format == "PNG"
        assert image.width == WIDTH
    assert len(set(sides_of(out))) == 1
    across, down = sides_of(out)[0]
    assert across / down == pytest.approx(128 / 72, rel=0.03)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.mp4", "sheet.png"]


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (3, 3), (10, 10)])
def test_a_sheet_has_the_cells_that_were_asked_for(
    columns: int, rows: int, source: Path, tmp_path: Path
) -> None:
    out = contact_sheet(source, tmp_path / "sheet.png", columns=columns, rows=rows, width=1000)
    assert numbers_on(out) == spread(100, columns * rows)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_clip_of_fewer_frames_than_cells_gives_fewer_cells(frames: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", frames)
    assert numbers_on(contact_sheet(source, tmp_path / "sheet.png", width=WIDTH)) == list(range(frames))


def test_fewer_cells_than_columns_fill_the_width(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 2)
    out = contact_sheet(source, tmp_path / "sheet.png", width=WIDTH)
    assert [across for across, _ in sides_of(out)] == [(WIDTH - 3 * 8) // 2] * 2


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_a_long_clip_is_sought_through_and_shows_the_same(kind: str, tmp_path: Path) -> None:
    source = numbered.clip(
        tmp_path / "in.video", 3000, size=(64, 48), kind=kind, sound=121.5, options={"g": "50"}
    )
    assert count(source) == 3000
    out = contact_sheet(source, tmp_path / "sheet.png", columns=3, rows=2, width=WIDTH)
    assert numbers_on(out) == [0, 600, 1200, 1799, 2399, 2999]


def test_sound_that_is_far_longer_than_the_pictures_does_not_hide_the_last_one(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 50, sound=30.0, options={"g": "10"})
    assert count(source) == 50
    assert numbers_on(contact_sheet(source, tmp_path / "sheet.png", columns=2, rows=1))[-1] == 49


def test_frames_of_uneven_times_are_taken_by_their_times(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 4, rate=10, times=[0, 1, 2, 30])
    steady = {number: numbered.read(picture) for number, picture in picked(source, range(31), Fraction(10))}
    assert steady == {**dict.fromkeys(range(31), 2), 0: 0, 1: 1, 30: 3}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_clip_stands_upright_in_its_cells(turn: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", range(7, 27), size=(128, 64), rotation=turn)
    out = contact_sheet(source, tmp_path / "sheet.png", columns=4, rows=1, width=WIDTH)
    seen = numbered.numbers(source)
    assert numbers_on(out) == [seen[0], seen[6], seen[13], seen[19]]
    across, down = sides_of(out)[0]
    # Twice as high as wide is more than a cell is; the picture keeps its proportion and leaves room at its sides.
    assert across / down == pytest.approx(0.5 if turn % 180 else 2, rel=0.04)


def test_odd_sides_are_shown_whole(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mkv", 6, size=(101, 75), codec="ffv1")
    out = contact_sheet(source, tmp_path / "sheet.png", columns=3, rows=2, width=333)
    assert numbers_on(out) == list(range(6))
    with Image.open(out) as image:
        assert image.width == 333


def test_margins_are_even(source: Path, tmp_path: Path) -> None:
    with Image.open(contact_sheet(source, tmp_path / "sheet.png", width=1280)) as image:
        grey = np.asarray(image.convert("L"), np.uint8)
    other = np.abs(grey.astype(int) - sum(GROUND) // 3) > 6
    across = runs(other.mean(axis=0) > 0.5)
    spaces = [
        across[0][0],
        *(after[0] - before[1] for before, after in itertools.pairwise(across)),
    ]
    assert spaces == [16, 16, 16, 16]
    assert 1280 - across[-1][1] == 16
    assert runs(other.any(axis=1))[0][0] == 16


@pytest.mark.parametrize(
    "title",
    ["Scene 3", "", "x" * 100_000, "word " * 5000, "two\nlines\x00\x1b[31m", "中文 título", "\u202ereversed"],
)
def test_any_title_fits_on_one_line_within_the_margins(title: str, source: Path, tmp_path: Path) -> None:
    plain = contact_sheet(source, tmp_path / "plain.png", width=WIDTH)
    out = contact_sheet(source, tmp_path / "sheet.png", width=WIDTH, title=title)
    with Image.open(out) as image, Image.open(plain) as without:
        added = image.height - without.height
        head = np.asarray(image.convert("L"), np.uint8)[: added + 8]
        assert np.array_equal(np.asarray(image)[-100:], np.asarray(without)[-100:])
    assert 16 <= added <= 40
    ink = np.abs(head.astype(int) - sum(GROUND) // 3) > 12
    assert ink.any() == bool(title)
    assert not ink[:, :8].any()
    assert not ink[:, -8:].any()
    assert not ink[:2].any()


def test_a_line_is_shortened_with_an_ellipsis_and_has_no_letter_that_the_font_lacks() -> None:
    face = font(20)
    assert line("short", face, 500) == "short"
    shortened = line("a title that is too long", face, 120)
    assert shortened.endswith("…")
    assert "a title that is too long".startswith(shortened[:-1])
    assert face.getlength(shortened) <= 120 < face.getlength(f"{shortened[:-1]}aa…")
    assert line("\u00e9 \u2013 \u00d7 \u4e2d\tx\x07", face, 500) == "e - x ? x"
    assert line("anything", face, 3) == ""


def test_stills_show_both_at_start_middle_and_end(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 100, size=(128, 72))
    after = numbered.clip(tmp_path / "after.mp4", range(200, 301), size=(128, 72))
    out = comparison(before, after, tmp_path / "out.png", width=WIDTH)
    assert out == tmp_path / "out.png"
    assert numbers_on(tmp_path / "out.png") == [0, 200, 50, 250, 99, 299]


def test_stills_at_given_times_show_the_same_time_at_unlike_rates(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 150, rate=50)
    after = numbered.clip(tmp_path / "after.mp4", range(500, 575), rate=25)
    comparison(before, after, tmp_path / "out.png", width=WIDTH, at=[2.0, 0.4, 3.0])
    # 3 s is the end of both: the last frame is shown.
    assert numbers_on(tmp_path / "out.png") == [20, 510, 100, 550, 148, 574]


def test_stills_of_single_frames_are_one_row(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "one.mp4", [5])
    two = numbered.clip(tmp_path / "two.mp4", [6])
    comparison(one, two, tmp_path / "out.png", width=WIDTH)
    assert numbers_on(tmp_path / "out.png") == [5, 6]


def test_stills_of_a_landscape_and_its_portrait_keep_both_proportions(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 20, size=(160, 90))
    after = numbered.clip(tmp_path / "after.mp4", 20, size=(160, 90), rotation=90)
    comparison(before, after, tmp_path / "out.png", width=WIDTH, at=[0.4])
    wide, high = sides_of(tmp_path / "out.png")
    assert wide[0] / wide[1] == pytest.approx(16 / 9, rel=0.02)
    assert high[0] / high[1] == pytest.approx(9 / 16, rel=0.02)
    assert numbers_on(tmp_path / "out.png") == [10, numbered.numbers(after)[10]]


def test_a_movie_shows_the_same_time_in_both_halves_and_ends_with_the_shorter(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 80, size=(128, 72), sound=True)
    after = numbered.clip(tmp_path / "after.mp4", range(200, 260), size=(256, 144))
    result = written(comparison(before, after, tmp_path / "out.mp4", width=WIDTH))
    pictures = movie(tmp_path / "out.mp4")
    assert [both(picture) for picture in pictures] == [[number, 200 + number] for number in range(60)]
    assert result == Written(tmp_path / "out.mp4", 60, Fraction(25), WIDTH, pictures[0].shape[0], sound=True)
    assert pictures[0].shape[1] == WIDTH
    assert result.height % 2 == 0
    assert np.allclose(numbered.clicks(tmp_path / "out.mp4"), [0, 1, 2], atol=0.005)


def test_a_movie_has_the_rate_of_what_was_made(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 50, rate=25)
    after = numbered.clip(tmp_path / "after.mp4", range(200, 232), rate=16)
    result = written(comparison(before, after, tmp_path / "out.mp4", width=WIDTH))
    assert (float(result.rate), result.frames, result.sound) == (16, 32, False)
    times = numbered.frame_times(tmp_path / "out.mp4")
    assert times == [Fraction(number, 16) for number in range(32)]
    for number, picture in enumerate(movie(tmp_path / "out.mp4")):
        left, right = both(picture)
        assert right == 200 + number
        assert abs(left / 25 - number / 16) <= 1 / 25


def test_a_movie_takes_the_sound_of_what_was_made_where_the_other_has_none(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 50)
    after = numbered.clip(tmp_path / "after.mkv", 50, sound=1.8, sound_start=0.2)
    assert written(comparison(before, after, tmp_path / "out.mp4", width=WIDTH)).sound
    assert np.allclose(numbered.clicks(tmp_path / "out.mp4"), [0.2, 1.2], atol=0.005)


def test_a_movie_takes_the_sound_of_what_was_given_where_both_have_some(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 50, sound=1.7, sound_start=0.3)
    after = numbered.clip(tmp_path / "after.mp4", 50, sound=True)
    comparison(before, after, tmp_path / "out.mp4", width=WIDTH)
    assert np.allclose(numbered.clicks(tmp_path / "out.mp4"), [0.3, 1.3], atol=0.005)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_movie_of_a_turned_clip_shows_it_upright_beside_the_other(turn: int, tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 10, size=(128, 96), rotation=turn)
    after = numbered.clip(tmp_path / "after.mp4", range(300, 310), size=(96, 128))
    comparison(before, after, tmp_path / "out.mp4", width=WIDTH)
    expected = [list(pair) for pair in zip(numbered.numbers(before), range(300, 310), strict=True)]
    assert [both(picture) for picture in movie(tmp_path / "out.mp4")] == expected


def test_a_movie_of_odd_sides_and_an_odd_width_has_even_ones(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mkv", 8, size=(101, 75), codec="ffv1")
    after = numbered.clip(tmp_path / "after.mkv", 8, size=(75, 101), codec="ffv1")
    result = written(comparison(before, after, tmp_path / "out.mp4", width=479))
    assert (result.width, result.height % 2) == (478, 0)
    assert [both(picture) for picture in movie(tmp_path / "out.mp4")] == [[n, n] for n in range(8)]


def test_a_movie_of_a_single_frame(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "one.mp4", [9])
    result = written(comparison(one, one, tmp_path / "out.mp4", width=WIDTH))
    assert result.frames == 1
    assert both(movie(tmp_path / "out.mp4")[0]) == [9, 9]


def test_both_halves_are_named(source: Path, tmp_path: Path) -> None:
    comparison(source, source, tmp_path / "out.mp4", width=WIDTH)
    picture = movie(tmp_path / "out.mp4")[0]
    top = runs(np.asarray((picture > 20).mean(axis=1) > 0.9))[0][0]
    words = np.asarray((picture[:top] > 150).any(axis=0))
    assert words[: WIDTH // 8].any()
    assert words[WIDTH // 2 : WIDTH * 5 // 8].any()
    assert not words[WIDTH // 8 : WIDTH // 2].any()


def test_colours_are_those_of_the_sources(tmp_path: Path) -> None:
    """One is in BT.601 and the other in BT.709: both reds come out as the same red."""
    files = [red(tmp_path / f"{matrix}.mp4", matrix) for matrix in (5, 1)]
    for name in ("out.mp4", "out.webp", "out.png"):
        comparison(files[0], files[1], tmp_path / name, width=WIDTH)
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
        assert frame.colorspace == 1
        shown = [Image.fromarray(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))]
    for name in ("out.webp", "out.png"):
        with Image.open(tmp_path / name) as image:
            shown.append(image.convert("RGB"))
    for one in shown:
        for left in (WIDTH // 4, WIDTH * 3 // 4):
            assert np.abs(np.asarray(one)[one.height // 2, left].astype(int) - [220, 30, 30]).max() <= 6


def red(path: Path, matrix: int) -> Path:
    colour = np.tile(np.array([220, 30, 30], np.uint8), (64, 96, 1))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.colorspace = matrix
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(colour, format="rgb24")
            container.mux(stream.encode(picture.reformat(format="yuv420p", dst_colorspace=matrix)))
        container.mux(stream.encode(None))
    return path


def animated(path: Path) -> tuple[list[list[int]], list[int]]:
    """Read an animation: the numbers in both halves, and how long each picture stands, in milliseconds."""
    shown, stands = [], []
    with Image.open(path) as image:
        assert image.format == "WEBP"
        assert image.info["loop"] == 0  # for ever
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            shown.append(both(np.asarray(image.convert("L"), np.uint8)))
            stands.append(int(image.info["duration"]))
    return shown, stands


def test_an_animation_has_ten_frames_a_second_and_both_halves_at_the_same_time(tmp_path: Path) -> None:
    before = numbered.clip(tmp_path / "before.mp4", 30, rate=10)
    after = numbered.clip(tmp_path / "after.mp4", range(500, 620), rate=30)
    result = written(comparison(before, after, tmp_path / "out.webp"))
    shown, stands = animated(tmp_path / "out.webp")
    assert (result.frames, float(result.rate), result.width, result.sound) == (30, 10, 640, False)
    assert stands == [100] * 30
    for number, (left, right) in enumerate(shown):
        assert left == number
        assert abs((right - 500) / 30 - number / 10) <= 1 / 20  # half a frame of the animation
    assert sorted(file.name for file in tmp_path.iterdir()) == ["after.mp4", "before.mp4", "out.webp"]


def test_an_animation_ends_after_eight_seconds(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 120, rate=10)
    assert written(comparison(source, source, tmp_path / "out.webp", width=320)).frames == 80
    shown, stands = animated(tmp_path / "out.webp")
    assert shown == [[number, number] for number in range(80)]
    assert sum(stands) == 8000


def test_an_animation_of_a_single_frame(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "one.mp4", [9])
    assert written(comparison(one, one, tmp_path / "out.webp")).frames == 1
    with Image.open(tmp_path / "out.webp") as image:
        assert both(np.asarray(image.convert("L"), np.uint8)) == [9, 9]


def test_an_animation_that_would_be_large_is_packed_harder(tmp_path: Path) -> None:
    asked = 0

    def noise() -> Sequence[av.VideoFrame]:
        nonlocal asked
        asked += 1
        chance = np.random.default_rng(4)
        grey = (chance.integers(0, 256, (270, 320), np.uint8) for _ in range(50))
        return [av.VideoFrame.from_ndarray(one, format="gray").reformat(format="yuv420p") for one in grey]

    assert write_webp(noise, tmp_path / "out.webp").frames == 50
    assert asked > 1
    assert (tmp_path / "out.webp").stat().st_size <= LARGEST


def test_nothing_is_left_of_an_animation_that_fails_when_it_is_packed_harder(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)

    def noise() -> Sequence[av.VideoFrame]:
        if any(tmp_path.iterdir()):
            raise RuntimeError
        grey = (chance.integers(0, 256, (270, 320), np.uint8) for _ in range(50))
        return [av.VideoFrame.from_ndarray(one, format="gray").reformat(format="yuv420p") for one in grey]

    with pytest.raises(RuntimeError):
        write_webp(noise, tmp_path / "out.webp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.gif", "out", "out.webm"])
def test_another_suffix_is_refused_with_those_that_there_are(name: str, source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.png, \.mp4 or \.webp"):
        comparison(source, source, tmp_path / name)
    with pytest.raises(ValueError, match=r"\.png"):
        contact_sheet(source, tmp_path / name)


@pytest.mark.parametrize("at", [[], [-0.1], [4.1], [float("nan")], [0.0] * 201])
def test_times_that_are_not_in_both_are_refused(at: list[float], source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^at"):
        comparison(source, source, tmp_path / "out.png", at=at)
    with pytest.raises(ValueError, match=r"only a \.png"):
        comparison(source, source, tmp_path / "out.mp4", at=at)


@pytest.mark.parametrize(
    "sheet", [{"columns": 0}, {"rows": -1}, {"columns": 30}, {"rows": 101}, {"width": 159}, {"width": 4097}]
)
def test_sheets_that_nobody_can_read_are_refused(sheet: dict[str, int], source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=next(iter(sheet))):
        contact_sheet(source, tmp_path / "sheet.png", **sheet)  # type: ignore[arg-type]


@pytest.mark.parametrize("out", ["out.png", "out.mp4", "out.webp"])
def test_a_file_cut_short_is_named_and_nothing_is_left(out: str, source: Path, tmp_path: Path) -> None:
    # The index comes first only in a file that the package has written, so that a half of it can be opened.
    comparison(source, source, tmp_path / "whole.mp4", width=WIDTH)
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    there = sorted(tmp_path.iterdir())
    with pytest.raises(InputUnfitError, match=r"cut\.mp4"):
        comparison(source, tmp_path / "cut.mp4", tmp_path / out, width=WIDTH)
    with pytest.raises(InputUnfitError, match=r"cut\.mp4"):
        contact_sheet(tmp_path / "cut.mp4", tmp_path / "sheet.png")
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize("width", range(160, 4097, 131))
def test_a_layout_stays_within_its_sheet(width: int) -> None:
    for picture in ((16, 9), (9, 16), (1, 1000), (1000, 1), (101, 75)):
        plan = grid(picture, 7, columns=3, width=width, head=20, caption=18)
        corners = [plan.corner(number) for number in range(7)]
        assert all(plan.gap <= left <= width - plan.gap - plan.cell[0] for left, _ in corners)
        assert plan.corner(6)[1] + plan.cell[1] + plan.caption < plan.height
        shown = fitted(picture, plan.cell)
        assert 1 <= shown[0] <= plan.cell[0]
        assert 1 <= shown[1] <= plan.cell[1]
        pair = halves(picture, (16, 9), width=width, head=21)
        assert not any(side % 2 for side in (*pair.size, *pair.half, *pair.left, pair.top))
        assert pair.left[0] + pair.half[0] <= pair.left[1]
        assert pair.left[1] + pair.half[0] <= pair.size[0] <= width
        assert pair.top + pair.half[1] <= pair.size[1]


def test_frames_are_spread_evenly() -> None:
    assert spread(1, 12) == [0]
    assert spread(3, 12) == [0, 1, 2]
    assert spread(101, 1) == [0]
    assert spread(101, 3) == [0, 50, 100]
    for frames in range(2, 60):
        steps = np.diff(spread(frames, 12))
        assert steps.min() >= 1
        assert steps.max() - steps.min() <= 1


def test_times_are_minutes_seconds_and_tenths() -> None:
    assert clock(0, Fraction(25)) == "0:00.0"
    assert clock(1631, Fraction(25)) == "1:05.2"
    assert clock(2999, Fraction(50)) == "1:00.0"  # 59.98 s
    assert clock(90_000, Fraction(25)) == "60:00.0"
