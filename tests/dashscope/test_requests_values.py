"""Single values: what templates render to, URLs, and what messages show of them."""

from __future__ import annotations

import base64
import math
from typing import Any

import pytest
from pydantic import ValidationError

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import (
    ImageReference,
    ImageToVideo,
    LocalEdit,
    VideoEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, INLINE, SECRET, SOUND, VACE, VIDEO, accepted, changed, refused


@pytest.mark.parametrize(
    ("field", "rendered", "sent"),
    [
        ("duration", "5", 5),
        ("duration", " 5 ", 5),
        ("duration", 5.0, 5),
        ("seed", "2147483647", 2147483647),
        ("top_scale", "1.5", 1.5),
        ("top_scale", 2, 2.0),
        ("prompt_extend", "true", True),
        ("prompt_extend", "True", True),
        ("watermark", "false", False),
    ],
)
def test_rendered_text_becomes_the_value_it_stands_for(field: str, rendered: Any, sent: Any) -> None:
    parameters = accepted(VideoOutpainting, **{field: rendered})["parameters"]
    assert parameters == {field: sent}
    assert type(parameters[field]) is type(sent)


def test_list_may_be_a_json_array() -> None:
    body = accepted(ImageReference, ref_images_url=f'["{IMAGE}", "{IMAGE}"]', obj_or_bg='["obj", "bg"]')
    assert body["input"]["ref_images_url"] == [IMAGE, IMAGE]
    assert body["parameters"] == {"obj_or_bg": ["obj", "bg"]}


@pytest.mark.parametrize("nothing", ["", "None", "null", " "])
@pytest.mark.parametrize("field", ["seed", "top_scale", "watermark", "prompt", "video_url"])
def test_template_that_rendered_to_nothing_is_named_as_such(field: str, nothing: str) -> None:
    line = refused(VideoOutpainting, **{field: nothing})
    assert line.startswith(f"{field}=")
    assert "which is what a template without a value renders to" in line


def test_empty_control_condition_is_a_value() -> None:
    assert accepted(LocalEdit, control_condition="")["parameters"] == {"control_condition": ""}


@pytest.mark.parametrize("value", [True, "5.5", 5.5, "five", math.nan, math.inf, [5], "1e3", "1_0", "\u0665"])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    assert "must be a whole number" in refused(VideoOutpainting, seed=value)


@pytest.mark.parametrize("value", [True, "x", math.nan, math.inf, "nan", "inf", "1e999", [1.5], "1_0"])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    assert "must be a number between 1.0 and 2.0" in refused(VideoOutpainting, top_scale=value)


@pytest.mark.parametrize("value", [1, 0, "yes", "1", 1.0, []])
def test_what_is_neither_true_nor_false_is_refused(value: Any) -> None:
    assert "must be true or false" in refused(VideoOutpainting, watermark=value)


@pytest.mark.parametrize("seed", [-1, 2147483648, "99999999999999999999999999999"])
def test_seed_out_of_range_is_refused(seed: Any) -> None:
    assert "between 0 and 2147483647" in refused(VideoOutpainting, seed=seed)


def test_single_url_for_a_list_is_refused_with_the_fix() -> None:
    assert refused(ImageReference, ref_images_url=IMAGE).endswith("Put it in a list: [...].")


@pytest.mark.parametrize("value", [5, {"a": 1}, "['a']", []])
def test_what_is_no_list_is_refused(value: Any) -> None:
    assert "must be a list" in refused(ImageReference, ref_images_url=value)


def test_wrong_items_are_named_by_their_index() -> None:
    values = changed(ImageReference, ref_images_url=[IMAGE, "x.png", None], obj_or_bg=["obj"] * 3)
    assert [problem.field for problem in ImageReference.problems(values)] == [
        "ref_images_url[1]",
        "ref_images_url[2]",
    ]


@pytest.mark.parametrize("value", [5, None, ["a"]])
def test_prompt_must_be_text(value: Any) -> None:
    assert refused(VideoOutpainting, prompt=value).startswith("prompt")


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["huge", "low"])
def test_whole_number_of_hundreds_of_digits_is_out_of_range(value: int) -> None:
    assert "must be a number between 1.0 and 2.0" in refused(VideoOutpainting, top_scale=value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("field", "text"),
    [("top_scale", "1" * 200_000 + "x"), ("video_url", "s3://" + "a" * 200_000 + "?")],
    ids=["number", "address"],
)
def test_long_nonsense_is_refused_without_delay(field: str, text: str) -> None:
    assert field in refused(VideoOutpainting, **{field: text})


def test_address_that_stands_for_a_field_s_name_is_shown_without_its_signature() -> None:
    values = changed(VideoOutpainting, **{"https://a.example/x?Signature=abcdefghij": 1})
    problems = " ".join(map(str, VideoOutpainting.problems(values)))
    assert "https://a.example/x?...: is no field" in problems
    assert "abcdefghij" not in problems


# -- URLs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x.mp4",
        "https://a.example:8443/x.mp4?a=b%20c&Signature=x%2F",
        "HTTPS://A.example/x",
        "http://127.0.0.1:9000/clip.mp4",
        "oss://dashscope-instant/abc/2026-11-20/x.mp4",
    ],
)
def test_url_the_service_can_fetch_is_sent_unchanged(url: str) -> None:
    assert accepted(VideoOutpainting, video_url=url)["input"]["video_url"] == url


@pytest.mark.parametrize("url", ["ftp://a/x", "sftp://a/x", "https://", "x.mp4", "/data/x.mp4"])
def test_address_that_is_neither_public_nor_in_storage_is_refused_with_the_fix(url: str) -> None:
    assert refused(VideoOutpainting, video_url=url).endswith(
        "Give a public https:// URL, or the URI of a file in storage, e.g. s3://conn@bucket/clip.mp4."
    )


@pytest.mark.parametrize(
    "uri",
    [
        "s3://b/x.mp4",
        "s3://conn@b/a folder/视频.mp4",
        "gs://b/x.mp4",
        "file:///tmp/x.mp4",
        "oss://bucket/x.mp4",
        "abfs://container@account/x.mp4",
    ],
)
def test_file_in_storage_is_taken_as_it_is(uri: str) -> None:
    assert accepted(VideoOutpainting, video_url=uri)["input"]["video_url"] == uri


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("htps://a.example/x.mp4", "looks like a slip. Write 'https'."),
        ("s3://bucket/", "must be the URI of a file"),
        ("s3://", "must be the URI of a file"),
        ("s3://bucket/a\nb.mp4", "must be the URI of a file"),
        ("s3://key:c2VjcmV0@bucket/x.mp4", "without a password in it"),
    ],
)
def test_uri_that_names_no_file_is_refused(uri: str, said: str) -> None:
    line = refused(VideoOutpainting, video_url=uri)
    assert said in line
    assert "c2VjcmV0" not in line


@pytest.mark.parametrize(
    "url", ["https://a.example/my clip.mp4", " https://a.example/x", "https://a.example/x\n"]
)
def test_space_in_a_url_is_refused(url: str) -> None:
    assert "without spaces" in refused(VideoOutpainting, video_url=url)


def test_chinese_characters_in_a_url_are_refused() -> None:
    line = refused(VideoOutpainting, video_url="https://a.example/视频.mp4")
    assert "ASCII" in line
    assert "Percent-encode" in line


@pytest.mark.parametrize(
    ("request_", "field", "value"),
    [
        (ImageToVideo, "img_url", INLINE),
        (VideoEdit, "reference_image_urls", [INLINE]),
    ],
)
def test_inline_image_is_taken_where_it_is_documented(
    request_: type[WanRequest], field: str, value: Any
) -> None:
    accepted(request_, **{field: value})


def test_inline_frames_are_taken_by_2_7() -> None:
    accepted(ImageToVideo, img_url=None, first_frame_url=INLINE, last_frame_url=INLINE)


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        (VideoEdit, {"video_url": INLINE}),
        (ImageToVideo, {"audio_url": "data:audio/mpeg;base64,AAAA"}),
        (ImageToVideo, {"img_url": None, "first_clip_url": INLINE}),
        (ImageToVideo, {"img_url": None, "first_frame_url": IMAGE, "driving_audio_url": INLINE}),
        (ImageReference, {"ref_images_url": [INLINE]}),
        (VideoRepainting, {"ref_images_url": [INLINE]}),
        (LocalEdit, {"mask_image_url": INLINE}),
        (VideoExtension, {"first_frame_url": INLINE}),
    ],
)
def test_inline_data_is_refused_elsewhere(request_: type[WanRequest], changes: dict[str, Any]) -> None:
    assert "may not be a data: URI here" in refused(request_, **changes)


@pytest.mark.parametrize(
    "uri", ["data:image/png,abc", "data:image/jpg;base64,AAAA", "data:image/tiff;base64,AAAA", INLINE + "x"]
)
def test_malformed_inline_image_is_refused(uri: str) -> None:
    assert "must be data:{type};base64,{data}" in refused(ImageToVideo, img_url=uri)


def test_inline_image_may_be_as_large_as_the_model_takes() -> None:
    eleven = "data:image/png;base64," + base64.b64encode(bytes(11 * 1024 * 1024)).decode()
    accepted(ImageToVideo, img_url=eleven)
    line = refused(ImageToVideo, img_url=eleven, model="wan2.2-i2v-plus")
    assert "holds 11.0 MB, but an image may have 10 MB" in line
    assert len(line) < 200


# -- messages ------------------------------------------------------------------------------------------


def test_all_problems_come_in_one_message() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        VideoOutpainting(prompt="x" * 801, video_url="clip.mp4", top_scale=2.5)
    lines = str(caught.value).split("\n  ")
    assert lines[0] == "VideoOutpainting has 3 problems:"
    assert lines[1:] == [
        "video_url=clip.mp4: must be a complete URL. Give a public https:// URL, or the URI of a file in "
        "storage, e.g. s3://conn@bucket/clip.mp4.",
        "top_scale=2.5: must be a number between 1.0 and 2.0. Use 2.0, or leave the field out.",
        f"prompt={'x' * 77}...: has 801 characters, but wan2.1-vace-plus reads 800 and would silently drop "
        "the rest. Shorten it to 800.",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("video_url", f"s3://bucket/x.mp4?{SECRET}"),
        ("video_url", f"https://a.example/x.mp4?{SECRET} "),
        ("video_url", f"https://a.example/my clip.mp4?a=1 &{SECRET}"),
        ("video_url", f"a.example/x.mp4?{SECRET}"),
        ("video_url", [f"https://a.example/x.mp4?{SECRET}"]),
        ("video_url", {"url": f"https://a.example/x.mp4?{SECRET}"}),
        ("top_scale", f"https://a.example/x.mp4?{SECRET}"),
        ("api_key", SECRET),
        ("video_url", "s3://user:c2VjcmV0@a.example/x"),
    ],
)
def test_message_never_shows_what_signs_a_url(field: str, value: Any) -> None:
    line = refused(VideoOutpainting, **{field: value})
    assert "c2VjcmV0" not in line
    assert "LTAI" not in line


def test_signature_is_not_in_a_requests_repr_either() -> None:
    request = ImageReference(prompt="x", ref_images_url=[f"{IMAGE}?{SECRET}"])
    assert IMAGE in repr(request)
    assert "c2VjcmV0" not in f"{request!r} {request}"


def test_field_of_another_edit_is_refused_with_where_it_belongs() -> None:
    assert refused(VideoOutpainting, size="1280*720") == (
        "size: is no field of VideoOutpainting. "
        "It belongs to ImageReference, LocalEdit, ReferenceToVideo, TextToVideo."
    )


def test_misspelled_field_is_refused_with_the_right_one() -> None:
    assert refused(VideoOutpainting, top_scal=1.5).endswith("Write 'top_scale'.")


def test_field_that_nobody_has_is_refused_with_the_fields() -> None:
    assert "Its fields are model, prompt, " in refused(VideoOutpainting, colour="red")


@pytest.mark.parametrize("request_", VACE)
def test_vace_has_no_negative_prompt(request_: type[WanRequest]) -> None:
    assert "is no field of" in refused(request_, negative_prompt="rain")


def test_request_cannot_be_changed() -> None:
    request = VideoOutpainting(prompt="x", video_url=VIDEO)
    with pytest.raises(ValidationError):
        request.prompt = "y"


def test_request_from_json_is_checked_too() -> None:
    values = {"prompt": "x", "video_url": f"{VIDEO}?{SECRET}", "top_scale": 3}
    with pytest.raises(ValidationError, match="top_scale=3: must be a number between") as caught:
        VideoOutpainting.model_validate(values)
    assert "Signature" not in str(caught.value)
    assert VideoOutpainting.model_validate(values | {"top_scale": "2"}).top_scale == 2.0


# -- what isn't known yet ------------------------------------------------------------------------------


def test_unknown_field_counts_as_given() -> None:
    assert VideoOutpainting.problems({"prompt": "x"}, unknown=["video_url"]) == []
    assert ImageToVideo.problems({}, unknown=["img_url"]) == []
    assert LocalEdit.problems({"prompt": "x", "video_url": VIDEO}, unknown=["mask_image_url"]) == []


def test_literals_are_checked_while_others_are_unknown() -> None:
    values = {"prompt": "{{ prompt }}", "top_scale": 3.0, "video_url": VIDEO}
    found = VideoOutpainting.problems(values, unknown=["prompt", "model"])
    assert [problem.field for problem in found] == ["top_scale"]


def test_unknown_model_is_taken_for_any_of_its_kind() -> None:
    values = {"img_url": IMAGE, "resolution": "480P", "duration": 10, "audio_url": SOUND}
    assert ImageToVideo.problems(values, unknown=["model"]) == []
    found = ImageToVideo.problems(values | {"duration": 16, "resolution": "4K"}, unknown=["model"])
    assert [problem.field for problem in found] == ["resolution", "duration"]


def test_fields_say_which_kind_an_unknown_model_is_of() -> None:
    values = {"first_frame_url": IMAGE, "first_clip_url": VIDEO, "audio": True}
    found = ImageToVideo.problems(values, unknown=["model"])
    assert [problem.field for problem in found] == ["first_clip_url", "audio"]


def test_unknown_field_that_does_not_exist_is_still_refused() -> None:
    found = VideoOutpainting.problems(changed(VideoOutpainting), unknown=["colour"])
    assert [problem.field for problem in found] == ["colour"]
