"""What the service takes where inputs come as a `media` array: 2.7 and later, and HappyHorse.

Sources: the API references of each model, dates as in the catalogue.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.validation.fields import BadParameter, Fields, nonconforming

_I2V_SETS = (
    {"first_frame"},
    {"first_frame", "driving_audio"},
    {"first_frame", "last_frame"},
    {"first_frame", "last_frame", "driving_audio"},
    {"first_clip"},
    {"first_clip", "last_frame"},
)
_FRAMES = {"first_frame": 1, "last_frame": 1}


def check_video_edit(model: Model, given: Fields, parameters: Fields) -> None:
    """wan2.7-videoedit: one video, up to four images."""
    del model
    given.require("media")
    count = given.media({"video": 1, "reference_image": 4}, base64=("reference_image",))
    if count["video"] != 1:
        raise BadParameter("Field required: media.video")
    parameters.choice("audio_setting", ("auto", "origin"))


def check_image_to_video(model: Model, given: Fields, parameters: Fields) -> None:
    """wan2.7-i2v: only some sets of media go together."""
    del model, parameters
    given.require("media")
    count = given.media(
        {**_FRAMES, "driving_audio": 1, "first_clip": 1}, base64=("first_frame", "last_frame")
    )
    if {kind for kind, number in count.items() if number} not in _I2V_SETS:
        raise nonconforming("this combination of media types is not supported")


def check_reference(model: Model, given: Fields, parameters: Fields) -> None:
    """wan2.7-r2v: one to five references; with a video among them 10 seconds at most."""
    del model
    given.require("prompt", "media")
    count = given.media(
        {"reference_image": 5, "reference_video": 5, "first_frame": 1},
        base64=("reference_image", "first_frame"),
    )
    if not 1 <= count["reference_image"] + count["reference_video"] <= 5:
        raise nonconforming("media takes 1 to 5 references")
    if count["reference_video"]:
        parameters.choice("duration", range(2, 11))


def check_wan3(model: Model, given: Fields, parameters: Fields) -> None:
    """wan3.0: a prompt or media; frames and references exclude each other."""
    del model, parameters
    if not given.values.get("prompt") and not given.values.get("media"):
        raise BadParameter("Field required: prompt")
    references = {"reference_image": 10, "reference_video": 5, "reference_audio": 5, "file": 1, "link": 1}
    count = given.media({**_FRAMES, **references}, base64=("first_frame", "last_frame", "reference_image"))
    if any(count[kind] for kind in _FRAMES) and any(count[kind] for kind in references):
        raise BadParameter(
            "The two modes are mutually exclusive. "
            "Do not pass reference_xx and first_frame/last_frame at the same time.",
            late=True,
        )
    if count["file"] and count["link"]:
        raise nonconforming("media takes file or link, not both")
    for item in given.values.get("media", []):
        if item["type"] == "link":
            _check_page(item["url"])


def _check_page(url: Any) -> None:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise BadParameter(
            "Required URL is missing or invalid, please check the request URL.", code="InvalidURL"
        )


def check_happyhorse(model: Model, given: Fields, parameters: Fields) -> None:
    """HappyHorse: text, one frame, up to nine references, or a video to edit."""
    kind = model.family.removeprefix("happyhorse_")
    if kind != "i2v":
        given.require("prompt")
    if kind == "i2v":
        given.require("media")
        given.media({"first_frame": 1}, base64=("first_frame",))
    elif kind == "r2v":
        given.require("media")
        given.media({"reference_image": 9}, base64=("reference_image",))
    elif kind == "video_edit":
        count = given.media({"video": 1, "reference_image": 5}, base64=("reference_image",))
        if not count["video"]:
            raise BadParameter("Field required: media.video")
        parameters.choice("audio_setting", ("auto", "origin"))
    if parameters.values.get("resolution", model.default_resolution) not in model.resolutions:
        raise BadParameter(f"The resolution is not valid {parameters.values['resolution']}", late=True)
