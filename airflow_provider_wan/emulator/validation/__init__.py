"""The service's own view of a request.

It knows nothing of our client: unknown keys pass, over-long prompts are cut and a fourth reference image is
dropped without a word, and the messages are the documented ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.emulator.validation import media, single, vace
from airflow_provider_wan.emulator.validation.fields import MAX_SEED, BadParameter, Fields

__all__ = ["BadParameter", "check_request"]

_Check = Callable[[Model, Fields, Fields], None]

_BY_FAMILY: Mapping[str, _Check] = {
    "vace": vace.check_vace,
    "videoedit": media.check_video_edit,
    "i2v_media": media.check_image_to_video,
    "wan3": media.check_wan3,
    "i2v": single.check_image,
    "kf2v": single.check_frames,
    "t2v": single.check_text,
    "animate": single.check_animate,
    "s2v": single.check_speech,
    "style": single.check_style,
}


def check_request(
    model: Model, given: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `input` and `parameters` as the service uses them.

    Raises:
        BadParameter: The first thing the service doesn't take.
    """
    inputs, settings = Fields(given), Fields(parameters)
    inputs.text("prompt", model.prompt_max or 800)
    if model.family.startswith("happyhorse"):
        inputs.weighed_text("prompt", model.prompt_max)
    inputs.text("negative_prompt", model.negative_prompt_max or 500)
    _check_for(model)(model, inputs, settings)
    _shared(model, settings)
    return inputs.values, settings.values


def _check_for(model: Model) -> _Check:
    if model.family.startswith("happyhorse"):
        return media.check_happyhorse
    if model.family == "r2v":
        return single.check_references if model.sizes else media.check_reference
    return _BY_FAMILY[model.family]


def _shared(model: Model, parameters: Fields) -> None:
    parameters.number("seed", 0, MAX_SEED, whole=True)
    parameters.flag("prompt_extend", "watermark")
    for name, allowed in (
        ("resolution", model.resolutions),
        ("ratio", model.ratios),
        ("duration", model.durations),
    ):
        if allowed:
            parameters.choice(name, allowed)
    if model.sizes and model.family != "vace":
        parameters.choice("size", model.sizes)
    if model.audio:
        parameters.flag("audio")
    if model.shot_type:
        parameters.choice("shot_type", ("single", "multi"))
