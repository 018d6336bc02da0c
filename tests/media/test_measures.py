"""What the quality gate measures, where it looks, and what it makes of the values."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from airflow_provider_wan.media import measures
from airflow_provider_wan.media.beside import Beside, fitting
from airflow_provider_wan.media.expectations import Expectations
from airflow_provider_wan.media.measures import BlackStretches, Longest, StillStretches
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.untouched import Untouched, edited
from airflow_provider_wan.media.verdicts import Compared, Measured, Report, faults
from tests.emulator.rendering import media
from tests.media import numbered

Grey = npt.NDArray[np.uint8]
GOOD = Measured(frames=75, rate=Fraction(25), seconds=3.0, width=640, height=360, sound=True)


def grey(level: int, size: tuple[int, int] = (64, 48)) -> Grey:
    return np.full(size[::-1], level, np.uint8)


def test_a_small_patch_is_lost_in_the_mean_but_not_in_its_block() -> None:
    one, other = grey(100, (640, 360)), grey(100, (640, 360))
    other[32:48, 64:80] += 40
    found = measures.change([one], [other])
    assert found.mean == pytest.approx(40 * 256 / (640 * 360))
    assert found.worst == 40
    assert np.argwhere(found.blocks > 0).tolist() == [[2, 4]]


def test_differences_are_absolute() -> None:
    one, other = grey(10), grey(250)
    assert measures.change([one], [other]).mean == measures.change([other], [one]).mean == 240


def test_psnr_is_that_of_the_formula() -> None:
    random = np.random.default_rng(1)
    one, other = (random.integers(0, 256, (48, 64), np.uint8) for _ in range(2))
    assert measures.change([one], [other]).psnr == pytest.approx(media.psnr(one, other), abs=1e-4)
    assert measures.change([one], [one]).psnr == 99


def test_where_nothing_is_compared_nothing_differs() -> None:
    one, other = grey(100), grey(100)
    other[:16, :16] = 200
    where = np.ones((48, 64), bool)
    where[:16, :16] = False
    assert measures.change([one], [other], where).worst == 0
    where[:16, :8] = True
    found = measures.change([one], [other], where)
    assert found.worst == 100
    assert found.mean == pytest.approx(100 * 128 / where.sum())
    nowhere = measures.change([one], [other], where & False)
    assert (nowhere.mean, nowhere.worst, nowhere.psnr) == (0, 0, 99)


def test_a_block_that_is_hardly_looked_at_says_nothing() -> None:
    one, other = grey(100), grey(100)
    other[0, :4] = 255
    where = np.zeros((48, 64), bool)
    where[0, :4] = True
    where[16:] = True
    assert measures.change([one], [other], where).worst == 0


def test_a_change_of_colour_alone_is_seen() -> None:
    luma, chroma = grey(100), grey(128, (32, 24))
    red = chroma.copy()
    red[8:16, 8:16] += 50
    found = measures.change([luma, chroma, chroma], [luma, chroma, red])
    assert (found.mean, found.worst) == (0, 50)
    where = np.ones((48, 64), bool)
    where[16:32, 16:32] = False
    assert measures.change([luma, chroma, chroma], [luma, chroma, red], where).worst == 0


@pytest.mark.parametrize("size", [(64, 48), (70, 50), (33, 17), (5, 3), (1, 1)])
def test_blocks_are_means_at_any_size(size: tuple[int, int]) -> None:
    values = np.random.default_rng(2).integers(0, 256, size[::-1], np.uint8)
    blocks = measures.block_means(values)
    assert blocks.shape == (math.ceil(size[1] / 16), math.ceil(size[0] / 16))
    for row, column in np.ndindex(blocks.shape):
        part = values[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16]
        assert blocks[row, column] == pytest.approx(part.mean())


@pytest.mark.parametrize("by", [0, 1, 2, 3, 7])
def test_an_area_grows_by_so_many_pixels_on_all_sides(by: int) -> None:
    area = np.zeros((30, 40), bool)
    area[10:12, 20:25] = True
    area[0, 0] = True
    wanted = np.zeros_like(area)
    wanted[10 - by : 12 + by, 20 - by : 25 + by] = True
    wanted[: by + 1, : by + 1] = True
    assert np.array_equal(measures.grown(area, by), wanted)


def test_black_is_what_is_dark_nearly_everywhere() -> None:
    picture = grey(16)
    assert measures.black_share(picture, 0.1) == 1
    picture[:12] = 38  # a tenth of the way to white is 37.9
    assert measures.black_share(picture, 0.1) == 0.75
    assert measures.black_share(picture, 0.2) == 1


def test_the_longest_black_stretch_counts_from_its_first_picture() -> None:
    black = BlackStretches(Longest())
    ends = [black.add(shade == "b", at, at + 1) for at, shade in enumerate("b.bbb.bb.")]
    assert (black.longest.seconds, black.longest.at) == (3, 2)
    assert ends == [shade == "x" for shade in "x..xx...."]


def still(pictures: Sequence[Grey], beside: Sequence[Grey | None] | None = None) -> Longest:
    stretches = StillStretches(Longest(), 2.0)
    for at, (picture, other) in enumerate(zip(pictures, beside or [None] * len(pictures), strict=True)):
        stretches.add(picture, other, at, at + 1)
    return stretches.longest


def test_a_picture_that_stands_is_measured_from_its_first_frame() -> None:
    found = still([grey(50), grey(60), *[grey(70)] * 4, grey(80)])
    assert (found.seconds, found.at) == (4, 2)


def test_slow_movement_adds_up_and_is_not_still() -> None:
    assert still([grey(100 + at) for at in range(60)]).seconds == 3


def test_one_block_that_moves_is_enough() -> None:
    pictures = [grey(100) for _ in range(8)]
    for at, picture in enumerate(pictures):
        picture[8:16, 8:16] = 20 * at
    assert still(pictures).seconds == 0


def test_what_stands_still_beside_excuses_until_it_moves() -> None:
    held: list[Grey] = [grey(100)] * 8
    stands: list[Grey | None] = [grey(100)] * 8
    assert still(held, stands).seconds == 0
    moves: list[Grey | None] = [*[grey(100)] * 4, *(grey(100 + 10 * at) for at in range(4))]
    found = still(held, moves)
    assert (found.seconds, found.at) == (3, 5)
    slowly: list[Grey | None] = [grey(100 + at) for at in range(8)]
    assert still(held, slowly).seconds == 5, "3 levels are more than still"
    ended: list[Grey | None] = [*[grey(100)] * 3, *[None] * 5]
    assert still(held, ended).seconds == 5


def test_an_outpainted_picture_has_the_reference_where_the_scales_put_it() -> None:
    part = Untouched(part="middle", top_scale=1.5, left_scale=1.25, right_scale=2.0)
    assert part.box((640 * 9 // 4, 540)) == (160, 180, 800, 540)
    assert part.box((720, 270)) == (80, 90, 400, 270), "whatever size the result has"
    assert Untouched(part="middle").box((640, 360)) == (0, 0, 640, 360)


def test_along_an_outpainted_edge_and_where_it_is_said_nothing_is_looked_at() -> None:
    part = Untouched(part="middle", left_scale=1.5, margin=0.1, ignore=[(0.9, 0.5, 1.0, 1.0)])
    where = part.looked_at((100, 60))
    assert where is not None
    assert not where[:, :6].any()
    assert where[:30, 6:].all(), "no margin where nothing was added"
    # 0.9 of the whole picture is 0.85 of the part that its left third precedes.
    assert not where[30:, 85:].any()
    assert where[30:, 6:84].all()
    assert Untouched(part="start").looked_at((100, 60)) is None


def test_a_part_to_ignore_may_lie_outside_of_what_is_compared() -> None:
    part = Untouched(part="middle", left_scale=2.0, margin=0, ignore=[(0.0, 0.0, 0.25, 0.25)])
    where = part.looked_at((100, 60))
    assert where is None, "it lies left of it"


def test_a_mask_is_edited_where_it_is_white_and_around(tmp_path: Path) -> None:
    mask = media.mask(tmp_path / "mask.png", (640, 360), (100, 60, 200, 160))
    where = edited(mask, (320, 180), 5)
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (25, 84, 45, 104)


@pytest.mark.parametrize(("asked", "other"), [(30, 25), (25, 30), (24, 60), (30, 30)])
def test_what_is_shown_beside_is_what_a_steady_rate_shows(asked: int, other: int, tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 60, rate=other)
    with Video(source) as video:
        wanted = [numbered.read(frame) for frame in video.steady_frames(Fraction(asked))]
    wanted = wanted[
        : round(60 / other * asked)
    ]  # what comes after its end only shows the last picture once more
    with Video(source) as video:
        beside = Beside(video, numbered.read)
        step = Fraction(1, asked)
        found = [beside.at(number * step, step) for number in range(len(wanted) + 20)]
    assert [shown[0].made for shown in found if shown] == wanted
    assert not any(found[len(wanted) :])
    for shown in found[3 : len(wanted) - 3]:
        assert {abs(each.made - shown[0].made) for each in shown[1:]} <= {1}


def test_what_begins_later_is_shown_later_and_as_long_as_asked(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "in.mp4", 50, rate=25)
    step = Fraction(1, 25)
    with Video(source) as video:
        beside = Beside(video, numbered.read, begins=Fraction(2), seconds=Fraction(1))
        found = [beside.at(number * step, step) for number in range(120)]
    assert [at for at, shown in enumerate(found) if shown] == list(range(50, 75))
    assert [shown[0].made for shown in found[50:75]] == list(range(25))


@pytest.mark.parametrize(
    ("size", "wanted"), [((1280, 720), (640, 360)), ((320, 180), (320, 180)), ((361, 33), (360, 32))]
)
def test_sizes_to_compare_in_are_small_and_even(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    found = fitting(size, 360)
    assert found == wanted
    assert [side % 2 for side in found] == [0, 0]


def judged(expect: dict[str, Any] | None = None, **measured: Any) -> list[str]:
    values = {name: getattr(GOOD, name) for name in ("frames", "rate", "seconds", "width", "height", "sound")}
    return [fault.name for fault in faults(Measured(**{**values, **measured}), Expectations.of(expect or {}))]


def compared(**values: float) -> Compared:
    usual: dict[str, Any] = {
        "frames": 75,
        "change": 1.0,
        "change_at": 0.0,
        "block_change": 3.0,
        "block_at": 0.0,
        "psnr": 40.0,
        "psnr_at": 0.0,
    }
    return Compared(**{**usual, **values})


def test_a_limit_that_is_met_exactly_is_kept() -> None:
    assert judged(black_seconds=0.5, black_at=0.0, frozen_seconds=0.8, frozen_at=1.0) == []
    assert judged(black_seconds=0.54, black_at=0.0) == ["black"]
    assert judged(frozen_seconds=0.84, frozen_at=1.0) == ["frozen"]
    assert judged({"max_black_seconds": None}, black_seconds=9.0, black_at=0.0) == []


@pytest.mark.parametrize(
    ("expect", "wanted"),
    [
        ({"seconds": 3.1}, []),
        ({"seconds": 3.2}, ["length"]),
        ({"seconds": 2.8}, ["length"]),
        ({"seconds": 3.2, "tolerance": 0.25}, []),
        ({"min_seconds": 3, "max_seconds": 3}, []),
        ({"min_seconds": 3.01}, ["length"]),
        ({"max_seconds": 2.99}, ["length"]),
        ({"size": [640, 360], "rate": "25", "frames": 75, "sound": True}, []),
        ({"size": "640*360"}, []),
        ({"size": "360x640"}, ["size"]),
        ({"rate": 29.97}, ["rate"]),
        ({"frames": 74}, ["frames"]),
        ({"sound": False}, ["sound"]),
    ],
)
def test_facts_are_held_against_what_is_expected(expect: dict[str, Any], wanted: list[str]) -> None:
    assert judged(expect) == wanted


def test_a_rate_may_be_written_as_people_write_it() -> None:
    assert judged({"rate": 29.97}, rate=Fraction(30000, 1001)) == []
    assert judged({"rate": "30000/1001"}, rate=Fraction(30000, 1001)) == []
    assert judged({"rate": 30}, rate=Fraction(30000, 1001)) == ["rate"]


def test_change_is_judged_by_block_by_mean_and_by_likeness() -> None:
    assert judged(compared=compared()) == []
    assert judged(compared=compared(block_change=16.1)) == ["changed"]
    assert judged(compared=compared(change=4.1)) == ["changed"]
    assert judged({"min_psnr": 41}, compared=compared()) == ["changed"]
    assert (
        judged({"max_change": None, "max_block_change": None}, compared=compared(change=99, block_change=99))
        == []
    )


def test_a_file_without_a_frame_has_one_fault_and_one_cut_off_has_its_others_too() -> None:
    assert judged({"size": "1x1"}, broken="It can't be.", frames=0) == ["undecodable"]
    assert judged({"seconds": 5}, broken="It is cut short.") == ["cut-off", "length"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seconds": -1}, "seconds=-1"),
        ({"black_share": 98}, "from 0 to 1"),
        ({"max_black_seconds": float("nan")}, "max_black_seconds=nan"),
        ({"min_seconds": 5, "max_seconds": 4}, "more than max_seconds"),
        ({"size": "large"}, "size='large'"),
        ({"size": [1, 2, 3]}, "1280x720"),
        ({"rate": "fast"}, "rate='fast'"),
        ({"sound": "yes"}, "sound='yes'"),
        ({"lenght": 5}, "lenght: there is no such expectation"),
    ],
)
def test_expectations_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Expectations.of(values)


def test_a_report_is_plain_json() -> None:
    measured = Measured(frames=1, rate=Fraction(30000, 1001), compared=compared())
    report = Report("out.mp4", measured, faults(measured, Expectations(frames=2)), Path("fault.png"))
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["ok"] is False
    assert plain["measured"]["rate"] == 29.97
    assert plain["measured"]["compared"]["psnr"] == 40.0
    assert plain["faults"][0]["allowed"] == 2
    assert plain["picture"] == "fault.png"
    assert Report("out.mp4", GOOD).ok


def test_verdicts_need_no_heavy_library() -> None:
    code = "import sys, airflow_provider_wan.media.verdicts; sys.exit(bool({'av', 'numpy', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
