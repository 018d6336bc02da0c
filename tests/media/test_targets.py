"""What a video has to become: within the limits, and by no more than that takes."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.catalog import MODELS, MediaLimits, find
from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.findings import Looked
from airflow_provider_wan.media.limits import check
from airflow_provider_wan.media.targets import (
    FITTINGS,
    Fitting,
    Size,
    Target,
    placed,
    target,
    video_role,
    video_roles,
)

ANY = MediaLimits("video")
VIDEOEDIT = MediaLimits(
    "video", min_side=240, max_side=4096, max_aspect=8, min_seconds=2, max_seconds=10, max_mb=100
)
TAKING = [(model, role) for model in MODELS for role in video_roles(model)]

sides = st.integers(2, 9000)
fits = st.sampled_from(FITTINGS)


def sized(own: Size, limits: MediaLimits, fit: Fitting = "pad", **more: Any) -> Size:
    made = target((*own, Fraction(25), 5.0), limits, fit=fit, **more)
    return made.width, made.height


def rated(own: Fraction | float, limits: MediaLimits = ANY, **more: Any) -> Fraction:
    return target((640, 360, own, 5.0), limits, **more).rate


def lasting(seconds: float | None, limits: MediaLimits, **more: Any) -> float | None:
    return target((640, 360, Fraction(25), seconds), limits, **more).seconds


@pytest.mark.parametrize(
    ("size", "fit", "becomes"),
    [
        ((1280, 720), "pad", (1280, 720)),
        ((1281, 721), "pad", (1280, 720)),
        ((320, 180), "pad", (426, 240)),
        ((180, 320), "crop", (240, 426)),
        ((7680, 4320), "pad", (4096, 2304)),
        ((4320, 7680), "stretch", (2304, 4096)),
        ((2400, 240), "pad", (2400, 300)),
        ((2400, 240), "crop", (1920, 240)),
        ((240, 2400), "stretch", (300, 2400)),
        ((1944, 243), "pad", (1944, 244)),
        ((1944, 243), "crop", (1936, 242)),
        ((9000, 100), "pad", (4096, 512)),
        ((9000, 100), "crop", (1920, 240)),
    ],
)
def test_sides_change_no_more_than_they_must(size: Size, fit: Fitting, becomes: Size) -> None:
    assert sized(size, VIDEOEDIT, fit) == becomes


@given(sides, sides, fits, st.sampled_from(TAKING))
def test_sides_are_within_the_limits_whatever_they_were(
    width: int, height: int, fit: Fitting, taking: tuple[Any, str]
) -> None:
    limits = taking[0].media[taking[1]]
    wide, high = sized((width, height), limits, fit)
    short, long = sorted((wide, high))
    assert wide % 2 == high % 2 == 0
    assert short >= max(2, limits.min_side or 0)
    assert long <= (limits.max_side or math.inf)
    assert long <= short * (limits.max_aspect or math.inf)


@given(sides, sides, fits)
def test_what_fits_is_left_alone(width: int, height: int, fit: Fitting) -> None:
    short, long = sorted((width // 2 * 2, height // 2 * 2))
    if short >= 240 and long <= 4096 and long <= 8 * short:
        assert sized((width, height), VIDEOEDIT, fit) == (width // 2 * 2, height // 2 * 2)


@given(sides, sides, sides, sides, fits)
def test_a_picture_is_placed_within_the_frame_and_with_its_own_shape(
    width: int, height: int, wide: int, high: int, fit: Fitting
) -> None:
    goal = Target(wide // 2 * 2, high // 2 * 2, Fraction(25), fit=fit)
    how = placed((width, height), goal)
    for at, side, most in (
        (how.corner[0], how.part[0], width),
        (how.corner[1], how.part[1], height),
        (how.at[0], how.size[0], goal.width),
        (how.at[1], how.size[1], goal.height),
    ):
        assert at >= 0
        assert 1 <= side <= most - at
        assert at % 2 == 0
    assert how.size[0] % 2 == how.size[1] % 2 == 0
    if fit == "pad":
        assert how.part == (width - width % 2, height - height % 2)
        assert goal.width == how.size[0] or goal.height == how.size[1]
    if fit != "pad":
        assert how.size == (goal.width, goal.height)
    if fit != "stretch":
        # Both sides are scaled alike, but for the rounding to even pixels and bars too thin to stay.
        across, down = how.size[0] / how.part[0], how.size[1] / how.part[1]
        slack = 2.001 * max(across, down, 1)
        assert (
            abs(how.size[0] - how.part[0] * down) <= slack or abs(how.size[1] - how.part[1] * across) <= slack
        )


@pytest.mark.parametrize(
    ("size", "fit", "how"),
    [
        ((1921, 1081), "pad", ((0, 0), (1920, 1080), (1920, 1080), (0, 0))),
        ((960, 540), "pad", ((0, 0), (960, 540), (1920, 1080), (0, 0))),
        ((1080, 1080), "pad", ((0, 0), (1080, 1080), (1080, 1080), (420, 0))),
        ((2160, 2160), "crop", ((0, 472), (2160, 1216), (1920, 1080), (0, 0))),
        ((2000, 1080), "crop", ((40, 0), (1920, 1080), (1920, 1080), (0, 0))),
        ((100, 100), "stretch", ((0, 0), (100, 100), (1920, 1080), (0, 0))),
        ((854, 480), "pad", ((0, 0), (854, 480), (1920, 1080), (0, 0))),
    ],
)
def test_where_pictures_stand(size: Size, fit: Fitting, how: tuple[Size, ...]) -> None:
    found = placed(size, Target(1920, 1080, Fraction(25), fit=fit))
    assert (found.corner, found.part, found.size, found.at) == how


@pytest.mark.parametrize(
    ("rate", "least", "becomes"),
    [
        (16, 16, 16),
        (15, 16, 30),
        (12, 16, 24),
        (5, 16, 20),
        (Fraction(1, 2), 16, 16),
        (24000 / 1001, 16, Fraction(24000, 1001)),
        (29.97, 16, Fraction(30000, 1001)),
        (60, None, 60),
        (61.3, None, 60),
        (119.88, None, Fraction(60000, 1001)),
        (240, None, 60),
        (100, None, 50),
        (1000, None, Fraction(1000, 17)),
    ],
)
def test_rates_are_multiplied_or_divided_so_that_movement_stays_even(
    rate: float, least: float | None, becomes: Fraction
) -> None:
    assert rated(rate, replace(ANY, min_fps=least)) == becomes


@given(st.fractions(Fraction(1, 10), 1000, max_denominator=1001), st.sampled_from([None, 8, 16]))
def test_every_rate_gets_within_the_limits(rate: Fraction, least: float | None) -> None:
    assert (least or 0) <= rated(rate, replace(ANY, min_fps=least)) <= 60


def test_a_rate_that_is_wanted_is_taken_as_it_is() -> None:
    assert rated(25, replace(ANY, min_fps=16), rate=120) == 120
    with pytest.raises(ValueError, match=r"rate=12: the model takes no less than 16 frames"):
        rated(25, replace(ANY, min_fps=16), rate=12)
    with pytest.raises(ValueError, match=r"rate=0: give more than 0"):
        rated(25, rate=0)


@pytest.mark.parametrize(
    ("seconds", "cut", "becomes"),
    [
        (4.0, False, None),
        (20.0, False, None),
        (20.0, True, 15.0),
        (15.04, True, None),
        (61.0, False, 60.0),
        (61.0, True, 15.0),
        (60.01, False, 60.0),
        (None, False, 60.0),
        (None, True, 15.0),
    ],
)
def test_what_is_cut_silently_is_cut_where_that_is_asked(
    seconds: float | None, cut: bool, becomes: float | None
) -> None:
    limits = replace(ANY, min_seconds=3, max_seconds=60, cut_seconds=15)
    assert lasting(seconds, limits, cut=cut) == becomes


def test_a_video_that_is_too_short_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        InputUnfitError, match=r"a\.mp4 lasts 1\.5 s.* less than 2 s\. Give a longer one, or join"
    ):
        lasting(1.5, VIDEOEDIT, name="a.mp4")
    assert lasting(1.96, VIDEOEDIT) is None


def test_frames_never_last_longer_than_the_seconds() -> None:
    assert Target(64, 64, Fraction(30000, 1001), 5.0).frames == 149
    assert Target(64, 64, Fraction(25), 5.0).frames == 125
    assert Target(64, 64, Fraction(25), 0.001).frames == 1


def test_facts_and_limits_of_size_are_understood() -> None:
    facts = MediaFacts("video", "mov", 1, 641, 361, 5.0, 29.97)
    assert target(facts, VIDEOEDIT) == Target(640, 360, Fraction(30000, 1001), None, 100 * 1024 * 1024)
    assert target((641, 361, None, None), ANY) == Target(640, 360, Fraction(25))
    assert sized((4000, 2000), VIDEOEDIT, size=(101, 101)) == (240, 240)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fit": "squeeze"}, "fit='squeeze': choose one of pad, crop, stretch"),
        ({"size": (0, 100)}, r"size=\(0, 100\): give sides"),
    ],
)
def test_nonsense_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        target((640, 360, 25, 5.0), ANY, **more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"width": 639}, "width=639, height=360: H.264 wants even sides"),
        ({"rate": Fraction(0)}, "rate=0: give"),
        ({"seconds": -1.0}, "seconds=-1.0: give"),
        ({"seconds": math.nan}, "seconds=nan: give"),
        ({"max_bytes": 0}, "max_bytes=0: give"),
        ({"fit": "fill"}, "fit='fill': choose"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Target(640, 360, Fraction(25)), **more)


def test_limits_of_an_image_are_refused() -> None:
    with pytest.raises(ValueError, match="of another kind"):
        target((640, 360, 25, 5.0), MediaLimits("image"))
    with pytest.raises(ValueError, match="has no 0x0 pixels"):
        target(MediaFacts("audio", "wav"), ANY)


def test_roles_are_those_that_take_a_video() -> None:
    vace, i2v, r2v = find("wan2.1-vace-plus"), find("wan2.7-i2v"), find("wan2.6-r2v")
    assert vace
    assert i2v
    assert r2v
    assert set(video_roles(vace)) == {"video_url", "mask_video_url", "first_clip_url", "last_clip_url"}
    assert video_role(vace)[0] == "video_url"
    assert video_role(i2v)[0] == "first_clip"
    assert video_role(r2v, "reference_urls")[0] == "reference_urls"
    assert video_role(r2v, "reference_urls:video")[0] == "reference_urls"
    with pytest.raises(ValueError, match=r"role: wan2\.6-r2v takes videos as .* or .*; say which"):
        video_role(r2v)
    with pytest.raises(ValueError, match=r"role=first_frame: wan2\.7-i2v takes a video only as first_clip"):
        video_role(i2v, "first_frame")
    kf2v = next(model for model in MODELS if not video_roles(model))
    with pytest.raises(ValueError, match="takes no video"):
        video_role(kf2v)


@given(
    st.sampled_from(TAKING),
    st.tuples(sides, sides),
    st.floats(3, 600),
    st.fractions(1, 240, max_denominator=1001),
    fits,
)
def test_every_model_takes_what_becomes_of_any_video(
    taking: tuple[Any, str], size: Size, seconds: float, rate: Fraction, fit: Fitting
) -> None:
    model, role = taking
    name, limits = video_role(model, role)
    made = target((*size, rate, seconds), limits, fit=fit, cut=True)
    frames = made.frames or int(seconds * made.rate)
    facts = MediaFacts(
        "video",
        "mp4",
        made.max_bytes,
        made.width,
        made.height,
        float(frames / made.rate),
        float(made.rate),
    )
    # A clip that is continued is compared with the length of the result.
    found = check(model, [Looked(name, None, "x.mp4", facts)], {"parameters": {"duration": 15}})
    assert (found.errors, found.warnings) == ((), ())
