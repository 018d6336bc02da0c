"""Each limit, from both sides: what just fits passes, what just doesn't is named with its fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Billing, MediaLimits, Model
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.findings import Findings, Looked
from airflow_provider_wan.media.limits import check

MB = 1024 * 1024
VIDEO = MediaFacts("video", "mp4", 2 * MB, 1280, 720, 5.0, 30.0)
IMAGE = MediaFacts("image", "png", 2 * MB, 1280, 720)
SOUND = MediaFacts("audio", "mp3", 1 * MB, seconds=5.0, sound=True)

VIDEO_LIMITS = MediaLimits(
    "video",
    formats=("mp4", "mov"),
    max_mb=50,
    min_side=240,
    max_side=4096,
    max_aspect=8,
    min_seconds=2,
    max_seconds=30,
    cut_seconds=10,
    min_fps=16,
)
IMAGE_LIMITS = MediaLimits(
    "image",
    formats=("jpeg", "png", "webp"),
    max_mb=10,
    min_side=360,
    max_side=2000,
    max_aspect=3,
    alpha=False,
)
SOUND_LIMITS = MediaLimits("audio", formats=("wav", "mp3"), max_mb=15, min_seconds=2, max_seconds=30)
VACE_VIDEO = MediaLimits("video", formats=("mp4",), max_mb=50, cut_seconds=5, min_fps=16)
VACE_CLIP = replace(VACE_VIDEO, cut_seconds=3)


def model(family: str = "any", media: Mapping[str, MediaLimits] | None = None, **facts: Any) -> Model:
    everything = {"video": VIDEO_LIMITS, "image": IMAGE_LIMITS, "sound": SOUND_LIMITS}
    return Model(f"{family}-model", family, {}, media=everything if media is None else media, **facts)


def found(
    *inputs: tuple[str, MediaFacts | None], of: Model | None = None, body: Mapping[str, Any] | None = None
) -> Findings:
    roles = [role for role, _ in inputs]
    looked = [
        Looked(role, roles[:at].count(role) if roles.count(role) > 1 else None, f"s3://b/{at}", facts)
        for at, (role, facts) in enumerate(inputs)
    ]
    return check(of or model(), looked, body)


@pytest.mark.parametrize(
    ("role", "facts"),
    [
        ("video", VIDEO),
        ("video", replace(VIDEO, format="mov", size=50 * MB)),
        ("video", replace(VIDEO, size=None, seconds=None, fps=None, width=0, height=0)),
        ("video", replace(VIDEO, width=240, height=240)),
        ("video", replace(VIDEO, width=4096, height=512)),
        ("video", replace(VIDEO, seconds=1.96)),
        ("video", replace(VIDEO, seconds=10.04)),
        ("video", replace(VIDEO, fps=16.0)),
        ("video", replace(VIDEO, fps=15.995)),
        ("image", IMAGE),
        ("image", replace(IMAGE, width=360, height=1080)),
        ("sound", SOUND),
        ("sound", replace(SOUND, format="wav", seconds=30.04)),
        ("elsewhere", replace(VIDEO, format="exe", size=999 * MB)),
    ],
)
def test_what_fits_passes(role: str, facts: MediaFacts) -> None:
    assert found((role, facts)) == Findings()


@pytest.mark.parametrize(
    ("role", "facts", "rule", "said"),
    [
        (
            "video",
            IMAGE,
            "kind",
            "is an image (png); a video is wanted here. Give a video (mp4, mov), or put",
        ),
        (
            "image",
            VIDEO,
            "kind",
            "is a video (mp4); an image is wanted here. Give an image (jpeg, png, webp), or put",
        ),
        ("image", SOUND, "kind", "is a sound file (mp3); an image is wanted here"),
        (
            "video",
            replace(VIDEO, format="avi"),
            "format",
            "is a video (avi); allowed: mp4, mov. Convert it, e.g. ffmpeg -i in.avi out.mp4.",
        ),
        ("video", replace(VIDEO, format="mkv"), "format", "e.g. ffmpeg -i in.mkv -c copy out.mp4."),
        ("image", replace(IMAGE, format="gif"), "format", "e.g. ffmpeg -i in.gif out.jpg."),
        ("sound", replace(SOUND, format="m4a"), "format", "e.g. ffmpeg -i in.m4a out.wav."),
        (
            "video",
            replace(VIDEO, size=50 * MB + 100_000),
            "size",
            "has 50.1 MB; at most 50 MB are taken. Compress",
        ),
        (
            "image",
            replace(IMAGE, size=11 * MB),
            "size",
            "has 11.0 MB; at most 10 MB are taken. Save it as JPEG",
        ),
        (
            "video",
            replace(VIDEO, width=428, height=238),
            "sides",
            "has 428x238 pixels; each side must have 240 to 4096. Scale it so that its short side has 240, "
            "e.g. ffmpeg -i in.mp4 -vf scale=432:240 out.mp4.",
        ),
        (
            "image",
            replace(IMAGE, width=2001, height=1125),
            "sides",
            "Scale it so that its long side has 2000, e.g. ffmpeg -i in.png -vf scale=2000:1124 out.png.",
        ),
        (
            "image",
            replace(IMAGE, width=400, height=1210),
            "aspect",
            "one side may be 3 times the other at most. Cut it to that, "
            "e.g. ffmpeg -i in.png -vf crop=400:1200 out.png.",
        ),
        (
            "video",
            replace(VIDEO, seconds=1.9),
            "seconds",
            "lasts 1.9 s; at least 2 s are required. Give a longer one",
        ),
        (
            "video",
            replace(VIDEO, seconds=30.1),
            "seconds",
            "lasts 30.1 s; at most 30 s are taken. Trim it to the 10 s that matter, "
            "e.g. ffmpeg -ss 0 -i in.mp4 -t 10 out.mp4.",
        ),
        ("sound", replace(SOUND, seconds=31.0), "seconds", "ffmpeg -ss 0 -i in.mp3 -t 30 out.mp3."),
        (
            "video",
            replace(VIDEO, fps=15.9),
            "fps",
            "has 15.9 frames a second; at least 16 are required. Raise its",
        ),
        (
            "image",
            replace(IMAGE, alpha=True),
            "alpha",
            "has an alpha channel; transparent images aren't taken. Save it",
        ),
    ],
)
def test_what_breaks_a_limit_is_named_with_its_fix(
    role: str, facts: MediaFacts, rule: str, said: str
) -> None:
    findings = found((role, facts))
    assert [one.rule for one in findings.errors] == [rule]
    assert said in str(findings.errors[0])
    assert str(findings.errors[0]).startswith(f"{role}=s3://b/0: ")
    assert findings.warnings == ()


def test_sides_that_no_scaling_mends_are_to_be_cut() -> None:
    findings = found(("video", replace(VIDEO, width=4098, height=230)))
    assert [one.rule for one in findings.errors] == ["sides", "aspect"]
    assert "No scaling helps at this aspect ratio: cut it, or pad it." in str(findings.errors[0])
    assert "ffmpeg -i in.mp4 -vf crop=1840:230 out.mp4" in str(findings.errors[1])


def test_everything_wrong_with_a_file_is_named() -> None:
    findings = found(("video", replace(VIDEO, format="avi", size=99 * MB, width=5000, seconds=60.0, fps=8.0)))
    assert [one.rule for one in findings.errors] == ["format", "size", "sides", "seconds", "fps"]


@pytest.mark.parametrize(("length", "warned"), [(9.9, False), (10.04, False), (10.1, True), (30.0, True)])
def test_what_is_silently_cut_is_a_warning(length: float, warned: bool) -> None:
    findings = found(("video", replace(VIDEO, seconds=length)))
    assert findings.errors == ()
    assert bool(findings.warnings) is warned
    if warned:
        assert "the service uses the first 10 s and silently drops the rest" in str(findings.warnings[0])
        assert "ffmpeg -ss 0 -i in.mp4 -t 10 out.mp4" in str(findings.warnings[0])


def test_a_document_is_held_against_its_size() -> None:
    some = model(media={"file": MediaLimits("file", formats=("pdf",), max_mb=100)})
    assert check(some, [Looked("file", None, "s3://b/a.pdf", None, 100 * MB)]) == Findings()
    (error,) = check(some, [Looked("file", None, "s3://b/a.pdf", None, 101 * MB)]).errors
    assert str(error).startswith("file=s3://b/a.pdf: has 101.0 MB; at most 100 MB are taken. Split it")


def test_one_of_several_is_named_by_its_number() -> None:
    findings = found(("image", IMAGE), ("image", replace(IMAGE, format="gif")))
    assert str(findings.errors[0]).startswith("image[1]=s3://b/1: ")


def test_a_list_of_images_and_videos_holds_each_against_its_own_limits() -> None:
    some = model(
        media={
            "reference_urls": IMAGE_LIMITS,
            "reference_urls:video": VIDEO_LIMITS,
        }
    )
    assert found(("reference_urls", IMAGE), ("reference_urls", VIDEO), of=some) == Findings()
    findings = found(("reference_urls", IMAGE), ("reference_urls", replace(VIDEO, seconds=31.0)), of=some)
    assert [(one.name, one.rule) for one in findings.errors] == [("reference_urls[1]", "seconds")]


# -------------------------------------------------------------------------------------------- several inputs: VACE

VACE = model(
    "vace",
    {
        "video_url": VACE_VIDEO,
        "mask_video_url": VACE_VIDEO,
        "mask_image_url": MediaLimits("image", max_mb=10),
        "first_clip_url": VACE_CLIP,
        "last_clip_url": VACE_CLIP,
        "first_frame_url": MediaLimits("image", max_mb=10),
    },
)


def test_a_mask_that_equals_its_video_passes() -> None:
    assert found(("video_url", VIDEO), ("mask_image_url", IMAGE), of=VACE) == Findings()
    assert found(("video_url", VIDEO), ("mask_video_url", VIDEO), of=VACE) == Findings()
    nearly = replace(VIDEO, fps=29.97, seconds=5.04)
    assert found(("video_url", VIDEO), ("mask_video_url", nearly), of=VACE) == Findings()


@pytest.mark.parametrize(
    ("role", "mask", "said"),
    [
        (
            "mask_image_url",
            replace(IMAGE, width=1278),
            "has 1278x720 pixels; a mask must have exactly its video's 1280x720. Make it anew, or scale it, "
            "e.g. ffmpeg -i in.png -vf scale=1280:720:flags=neighbor out.png.",
        ),
        ("mask_image_url", replace(IMAGE, width=720, height=1280), "exactly its video's 1280x720"),
        ("mask_video_url", replace(VIDEO, height=718), "exactly its video's 1280x720"),
        (
            "mask_video_url",
            replace(VIDEO, fps=25.0),
            "has 25 frames a second; a mask must have its video's 30.",
        ),
        (
            "mask_video_url",
            replace(VIDEO, seconds=4.0),
            "lasts 4 s; a mask must last as long as its video, 5 s. Trim the longer one to 4 s.",
        ),
    ],
)
def test_a_mask_that_differs_from_its_video_is_named(role: str, mask: MediaFacts, said: str) -> None:
    (error,) = found(("video_url", VIDEO), (role, mask), of=VACE).errors
    assert error.rule == "mask"
    assert said in str(error)


@pytest.mark.parametrize(
    ("fps", "length", "frame", "last"),
    [
        (16.0, 5.0, 81, None),
        (16.0, 5.0, 82, 81),
        (30.0, 1.0, 31, None),
        (30.0, 1.0, 32, 31),
        (30.0, 20.0, 152, 151),
    ],
)
def test_a_mask_s_frame_must_be_in_the_video(fps: float, length: float, frame: int, last: int | None) -> None:
    findings = found(
        ("video_url", replace(VIDEO, fps=fps, seconds=length)),
        ("mask_image_url", IMAGE),
        of=VACE,
        body={"input": {"mask_frame_id": frame}},
    )
    assert [str(one) for one in findings.errors] == (
        []
        if last is None
        else [
            f"mask_frame_id={frame}: is beyond the video's end (s3://b/0); frames of it are counted from 1 to {last}. "
            "Name the frame that the mask image was made for; 1 is the first."
        ]
    )


def test_two_clips_are_cut_to_three_seconds_together() -> None:
    short, long = replace(VIDEO, seconds=1.5), replace(VIDEO, seconds=2.5)
    assert found(("first_clip_url", short), ("last_clip_url", short), of=VACE) == Findings()
    findings = found(("first_clip_url", short), ("last_clip_url", long), of=VACE)
    assert findings.errors == ()
    assert [str(one) for one in findings.warnings] == [
        "first_clip_url and last_clip_url: last 4 s together; the service uses 3 s of both and silently drops the "
        "rest. Trim them to 3 s in all, e.g. with ffmpeg -i in.mp4 -t 1.5 out.mp4."
    ]


def test_a_motion_reference_should_be_like_what_it_extends() -> None:
    clip = replace(VIDEO, seconds=2.0)
    assert found(("first_clip_url", clip), ("video_url", VIDEO), of=VACE) == Findings()
    for other, said in (
        (replace(VIDEO, width=640), "640x720 pixels"),
        (replace(VIDEO, fps=24.0), "24 frames a sec"),
    ):
        findings = found(("first_clip_url", clip), ("video_url", other), of=VACE)
        assert findings.errors == ()
        assert [one.rule for one in findings.warnings] == ["together"]
        assert said in str(findings.warnings[0])
    assert found(("first_frame_url", IMAGE), ("video_url", VIDEO), of=VACE) == Findings()


# ------------------------------------------------------------------------------------------ several inputs: others

PART = MediaLimits("video", max_seconds=15)
WAN3 = model(
    "wan3",
    {
        "reference_video": PART,
        "reference_audio": MediaLimits("audio", max_seconds=15),
        "reference_image": IMAGE_LIMITS,
    },
    default_duration=5,
)


def lasting(seconds: float) -> MediaFacts:
    return replace(VIDEO, seconds=seconds)


def test_wan3_takes_fifteen_seconds_of_references_in_all() -> None:
    assert found(("reference_video", lasting(8)), ("reference_video", lasting(7)), of=WAN3) == Findings()
    (error,) = found(("reference_video", lasting(8)), ("reference_video", lasting(7.5)), of=WAN3).errors
    assert str(error) == (
        "reference_video[0] and reference_video[1]: last 15.5 s together; together they may last 15 s at most. "
        "Trim them, or leave one out."
    )
    sounds = [("reference_audio", replace(SOUND, seconds=6.0))] * 3
    (error,) = found(*sounds, of=WAN3).errors
    assert str(error).startswith(
        "reference_audio[0], reference_audio[1] and reference_audio[2]: last 18 s together"
    )


@pytest.mark.parametrize(
    ("duration", "fits"), [(None, True), (15, True), (16, False), (30, False), (-1, True), ("{{ x }}", True)]
)
def test_wan3_has_thirty_seconds_for_input_and_output(duration: Any, fits: bool) -> None:
    body = {"parameters": {} if duration is None else {"duration": duration}}
    findings = found(("reference_video", lasting(15)), of=WAN3, body=body)
    assert (findings == Findings()) is fits
    if not fits:
        assert (
            "more than the 30 s of input and output allowed. Trim the input, or set duration to 15 or less."
            in str(findings.errors[0])
        )


def test_a_clip_that_leaves_no_time_for_more_is_a_warning() -> None:
    some = model("i2v_media", {"first_clip": PART}, default_duration=5)
    assert found(("first_clip", lasting(4)), of=some) == Findings()
    (warning,) = found(("first_clip", lasting(5)), of=some).warnings
    assert "`duration` is 5 s and counts from the clip's start, so nothing new would be made" in str(warning)
    assert found(("first_clip", lasting(5)), of=some, body={"parameters": {"duration": 10}}) == Findings()


def test_a_sound_that_outlasts_the_video_is_a_warning() -> None:
    some = model("i2v", {"audio_url": SOUND_LIMITS}, audio_url=True, default_duration=5)
    assert found(("audio_url", SOUND), of=some) == Findings()
    (warning,) = found(("audio_url", replace(SOUND, seconds=12.0)), of=some).warnings
    assert "lasts 12 s; the service uses the 5 s that the video lasts and silently drops the rest" in str(
        warning
    )


def test_input_that_counts_with_five_seconds_at_most_is_a_warning() -> None:
    some = model("r2v", {"reference_video": PART}, billing=Billing.CAPPED_INPUT_AND_OUTPUT)
    assert found(("reference_video", lasting(2)), ("reference_video", lasting(3)), of=some) == Findings()
    (warning,) = found(("reference_video", lasting(2)), ("reference_video", lasting(4)), of=some).warnings
    assert "last 6 s together; the service counts 5 s of input at most" in str(warning)


# ----------------------------------------------------------------------------------------------- the real catalogue


@pytest.mark.parametrize("some", catalog.MODELS, ids=lambda some: some.name)
def test_a_limit_of_the_catalogue_is_checked(some: Model) -> None:
    """Ordinary files pass, and one far beyond every limit is refused by each limit that there is."""
    plain = {
        "video": replace(VIDEO, seconds=3.0),
        "image": replace(IMAGE, format="jpeg", width=1280, height=960),
        "audio": SOUND,
    }
    for key, limits in some.media.items():
        role = key.partition(":")[0]
        if limits.kind == "file":
            continue
        fitting = plain[limits.kind]
        assert check(some, [Looked(role, None, "a", fitting)]).errors == (), key
        awful = replace(
            fitting,
            format="awful",
            size=9_999 * MB,
            width=1_000_000,
            height=1,
            seconds=9_999.0 if limits.max_seconds else 0.01,
            fps=1.0,
            alpha=True,
        )
        broken = {one.rule for one in check(some, [Looked(role, None, "a", awful)]).errors}
        asked = {
            "format": limits.formats,
            "size": limits.max_mb,
            "sides": limits.kind != "audio" and (limits.min_side or limits.max_side),
            "aspect": limits.kind != "audio" and limits.max_aspect,
            "seconds": limits.max_seconds or limits.min_seconds,
            "fps": limits.min_fps,
            "alpha": not limits.alpha,
        }
        assert broken - {"together"} == {rule for rule, is_asked in asked.items() if is_asked}, key


def test_the_catalogue_s_limits_are_there_to_be_checked() -> None:
    taking = {one.name for one in catalog.MODELS if one.media}
    assert {
        "wan2.1-vace-plus",
        "wan2.7-videoedit",
        "wan2.7-i2v",
        "wan3.0-video",
        "happyhorse-1.0-video-edit",
    } <= taking


@pytest.mark.parametrize(
    ("name", "role", "facts", "cut"),
    [
        ("wan2.1-vace-plus", "video_url", replace(VIDEO, seconds=8.0), "the first 5 s"),
        ("wan2.1-vace-plus", "first_clip_url", replace(VIDEO, seconds=4.0), "the first 3 s"),
        ("happyhorse-1.0-video-edit", "video", replace(VIDEO, seconds=40.0), "the first 15 s"),
        ("wan2.7-r2v", "reference_video", replace(VIDEO, seconds=9.0), "counts 5 s of input"),
    ],
)
def test_what_the_service_cuts_is_known_of_each_model(
    name: str, role: str, facts: MediaFacts, cut: str
) -> None:
    some = catalog.find(name)
    assert some is not None
    findings = check(some, [Looked(role, None, "a", facts)])
    assert findings.errors == ()
    assert [cut in str(one) for one in findings.warnings] == [True]
