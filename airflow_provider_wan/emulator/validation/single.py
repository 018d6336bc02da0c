"""What the service takes where each input has a field of its own: up to 2.6, and the special models.

Sources: the API references of each model, dates as in the catalogue.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.validation.fields import BadParameter, Fields, nonconforming


def check_image(model: Model, given: Fields, parameters: Fields) -> None:
    """Image to video, 2.1 to 2.6."""
    del parameters
    given.require("img_url")
    given.url("img_url", base64=True)
    if model.audio_url:
        given.url("audio_url")
    _template(model, given)


def check_frames(model: Model, given: Fields, parameters: Fields) -> None:
    """First and last frame to video."""
    del parameters
    given.require("first_frame_url")
    given.url("first_frame_url", "last_frame_url", base64=True)
    _template(model, given)


def check_text(model: Model, given: Fields, parameters: Fields) -> None:
    """Text to video."""
    del parameters
    given.require("prompt")
    if model.audio_url:
        given.url("audio_url")


def check_references(model: Model, given: Fields, parameters: Fields) -> None:
    """Reference to video, 2.6; `reference_video_urls` is the older name.

    Pictures and videos come in one list; before they are fetched only their names tell them apart.
    """
    del model, parameters
    given.require("prompt")
    if not given.values.get("reference_urls") and not given.values.get("reference_video_urls"):
        raise BadParameter("Field required: reference_urls")
    given.urls("reference_urls", most=5, base64=True)
    paths = [urlsplit(url).path.lower() for url in given.values.get("reference_urls", [])]
    if sum(path.endswith((".mp4", ".mov")) for path in paths) > 3:
        raise nonconforming("reference_urls takes at most 3 videos")
    given.urls("reference_video_urls", most=3)


def check_animate(model: Model, given: Fields, parameters: Fields) -> None:
    """A figure from an image moves as in a video. Its `watermark` sits in `input`."""
    del model
    given.require("image_url", "video_url")
    given.url("image_url", "video_url")
    given.flag("watermark")
    parameters.require("mode")
    parameters.choice("mode", ("wan-std", "wan-pro"))
    parameters.flag("check_image")


def check_speech(model: Model, given: Fields, parameters: Fields) -> None:
    """A figure from an image speaks."""
    del model, parameters
    given.require("image_url", "audio_url")
    given.url("image_url", "audio_url")


def check_style(model: Model, given: Fields, parameters: Fields) -> None:
    """A video in another style."""
    del model
    given.require("video_url")
    given.url("video_url")
    parameters.number("style", 0, 7, whole=True)
    parameters.number("video_fps", 15, 25, whole=True)
    parameters.choice("min_len", (720, 540))
    parameters.flag("animate_emotion", "use_SR")


def _template(model: Model, given: Fields) -> None:
    if "template" not in given:
        return
    if model.templates:
        given.choice("template", model.templates)
    else:
        raise BadParameter(
            "Required parameter(template) missing or invalid, please check the request parameters."
        )
