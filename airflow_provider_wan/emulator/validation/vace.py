"""What the service takes for the five VACE functions.

Source: Model Studio, VACE API reference, 2026-04-24; where it is silent the choice is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.validation.fields import BadParameter, Fields, nonconforming

_SCALES = ("top_scale", "bottom_scale", "left_scale", "right_scale")
_ENDS = ("first_frame_url", "last_frame_url", "first_clip_url", "last_clip_url")


def check_vace(model: Model, given: Fields, parameters: Fields) -> None:
    """Check a VACE request: the fields all functions share, then those of its own."""
    given.require("function", "prompt")
    given.choice("function", FUNCTIONS)
    if parameters.values.get("size", model.default_size) not in model.sizes:
        raise BadParameter(f"The size is not match {parameters.values['size']}", late=True)
    parameters.choice("duration", model.durations)
    FUNCTIONS[given.values["function"]](given, parameters)


def _image_reference(given: Fields, parameters: Fields) -> None:
    given.require("ref_images_url")
    images = given.values["ref_images_url"]
    roles = parameters.values.get("obj_or_bg")
    # Whether lengths are compared before or after the fourth image is dropped is undocumented: before.
    if roles is None:
        if isinstance(images, list) and len(images) > 1:
            raise BadParameter("Field required: obj_or_bg")
    elif not isinstance(roles, list) or not set(map(str, roles)) <= {"obj", "bg"} or roles.count("bg") > 1:
        raise nonconforming("obj_or_bg must hold obj and at most one bg")
    elif isinstance(images, list) and len(roles) != len(images):
        raise BadParameter("ref_images_url and obj_or_bg must be the same length.")
    else:
        parameters.values["obj_or_bg"] = roles[:3]
    given.urls("ref_images_url", most=3, cut=True)


def _video_repainting(given: Fields, parameters: Fields) -> None:
    given.require("video_url")
    given.url("video_url")
    given.urls("ref_images_url", most=1)
    parameters.require("control_condition")
    parameters.choice("control_condition", ("posebodyface", "posebody", "depth", "scribble"))
    parameters.number("strength", 0.0, 1.0)


def _video_edit(given: Fields, parameters: Fields) -> None:
    given.require("video_url")
    given.url("video_url", "mask_image_url", "mask_video_url")
    given.urls("ref_images_url", most=1)
    # With both masks the preferred form wins; with neither there is nothing to edit. Both undocumented.
    if "mask_image_url" not in given and "mask_video_url" not in given:
        raise BadParameter("Field required: mask_image_url")
    given.number("mask_frame_id", 1, 2**31 - 1, whole=True)
    parameters.choice("control_condition", ("", "posebodyface", "depth"))
    parameters.choice("mask_type", ("tracking", "fixed"))
    parameters.choice("expand_mode", ("hull", "bbox", "original"))
    parameters.number("expand_ratio", 0.0, 1.0)


def _video_extension(given: Fields, parameters: Fields) -> None:
    if not any(given.values.get(end) for end in _ENDS):
        raise BadParameter("Field required: first_frame_url")
    given.url(*_ENDS, "video_url")
    if "video_url" in given and "control_condition" not in parameters:
        raise BadParameter("Field required: control_condition")
    parameters.choice("control_condition", ("", "posebodyface", "depth"))


def _video_outpainting(given: Fields, parameters: Fields) -> None:
    given.require("video_url")
    given.url("video_url")
    for scale in _SCALES:
        parameters.number(scale, 1.0, 2.0)


FUNCTIONS: Mapping[str, Callable[[Fields, Fields], None]] = {
    "image_reference": _image_reference,
    "video_repainting": _video_repainting,
    "video_edit": _video_edit,
    "video_extension": _video_extension,
    "video_outpainting": _video_outpainting,
}
