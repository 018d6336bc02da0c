"""Which fields a model takes. What it doesn't take is refused, with the models that do.

Models of one kind share a request class, but not all of its fields. What tells them apart is data: the catalogue's
attributes, and the tables below for what it doesn't hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from airflow_provider_wan.dashscope.catalog import MODELS, Model
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.limits import called
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import alternatives

_ATTRIBUTES: Mapping[str, str] = {
    "prompt": "prompt_max",
    "negative_prompt": "negative_prompt_max",
    "template": "templates",
    "audio_url": "audio_url",
    "resolution": "resolutions",
    "ratio": "ratios",
    "size": "sizes",
    "duration": "durations",
    "audio": "audio",
    "shot_type": "shot_type",
}
"""Field -> what the catalogue has of it; nothing, for a model that doesn't take the field."""

_FILES: Mapping[str, Mapping[str, int]] = {
    "i2v": {"img_url": 1},
    "i2v_media": {"first_frame_url": 1, "last_frame_url": 1, "first_clip_url": 1, "driving_audio_url": 1},
    "happyhorse_i2v": {"first_frame_url": 1},
    "videoedit": {"video_url": 1, "reference_image_urls": 4},
    "happyhorse_video_edit": {"video_url": 1, "reference_image_urls": 5},
    "r2v": {
        "reference_image_urls": 5,
        "reference_video_urls": 5,
        "reference_voice_urls": 5,
        "first_frame_url": 1,
    },
    "r2v of 2.6": {"reference_image_urls": 5, "reference_video_urls": 3},
    "happyhorse_r2v": {"reference_image_urls": 9},
}
"""Family -> which input files it takes, and how many; families that aren't here take all that their class has."""

_EVERY_FILE = frozenset(field for fields in _FILES.values() for field in fields)


def check(given: Given, models: Sequence[Model], families: Collection[str]) -> Iterator[Problem]:
    """Refuse what none of the models that may be meant takes, and more files than they take.

    Args:
        given: The request.
        models: The models that may be meant.
        families: The families that its class serves; their models are named as those that take it.
    """
    kind = [model for model in MODELS if model.family in families]
    for field in given.known():
        if any(takes(model, field) for model in models):
            yield from _too_many(given, field, models)
        elif takers := [model.name for model in kind if takes(model, field)]:
            rule = f"is not taken by {called(given, models)}"
            fix = f"Leave it out, or use {alternatives(takers)}."
            yield Problem(field, shown(given.get(field)), rule, fix)
        # A field that none of them has in the catalogue doesn't tell them apart.


def takes(model: Model, field: str) -> bool:
    """Return whether a model takes a field, as far as that differs between the models of a kind."""
    if field in _EVERY_FILE and (files := _files(model)) is not None:
        return field in files
    if field == "prompt_extend":
        return not _never_rewrites(model)
    return bool(getattr(model, _ATTRIBUTES[field])) if field in _ATTRIBUTES else True


def _files(model: Model) -> Mapping[str, int] | None:
    return _FILES.get("r2v of 2.6" if by_size(model) and model.family == "r2v" else model.family)


def by_size(model: Model) -> bool:
    """Return whether the model is of the generations that take `size`, 2.1 to 2.6."""
    return bool(model.sizes)


def _never_rewrites(model: Model) -> bool:
    # The pages of HappyHorse and of reference-to-video 2.6 list no `prompt_extend`.
    return model.family.startswith("happyhorse") or (model.family == "r2v" and by_size(model))


def _too_many(given: Given, field: str, models: Sequence[Model]) -> Iterator[Problem]:
    files = given.get(field)
    if field not in _EVERY_FILE or isinstance(files, str):
        return
    most = max((_files(model) or {}).get(field, len(files)) for model in models if takes(model, field))
    if len(files) > most:
        rule = f"has {len(files)}, but {called(given, models)} takes {most}"
        yield Problem(field, shown(files), rule, f"Keep {most}.")
