"""Limits that differ from model to model, read from the catalogue.

While the model isn't known (a template), a value passes if any model that may be meant takes it. A field that none of
them has at all is left to `taken`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import alternatives, meant
from airflow_provider_wan.dashscope.requests.urls import inline_bytes

_MEGABYTE = 1024 * 1024
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def check(given: Given, models: Sequence[Model], media_fields: Collection[str]) -> Iterator[Problem]:
    """Check lengths, allowed values and inline images against the models that may be meant."""
    who = called(given, models)
    for field in ("prompt", "negative_prompt"):
        yield from _length(given, field, models, who)
    yield from _word(given, "resolution", _union(model.resolutions for model in models), who)
    yield from _word(given, "ratio", _union(model.ratios for model in models), who)
    yield from _word(given, "size", _union(model.sizes for model in models), who)
    yield from _duration(given, sorted(_union(model.durations for model in models)), who)
    if all(model.image_max_mb for model in models):
        most = max(model.image_max_mb or 0 for model in models)
        for field in media_fields:
            yield from _inline_size(field, given.get(field), most)


def called(given: Given, models: Sequence[Model]) -> str:
    """Return what to call the models in a message: by the author's spelling, where it is one of them."""
    if len(models) > 1:
        return "any model of this kind"
    name = given.get("model")
    return name if name and catalog.find(name) is models[0] else models[0].name


def _union(allowed: Iterator[tuple[Any, ...]]) -> list[Any]:
    return list(dict.fromkeys(value for values in allowed for value in values))


def _length(given: Given, field: str, models: Sequence[Model], who: str) -> Iterator[Problem]:
    text = given.get(field)
    most = max(_most(model, field) for model in models)
    if text is None or not most or any(_counted(text, model) <= _most(model, field) for model in models):
        return
    if all(map(_counts_han_twice, models)):
        limit = f"{who} reads {most}, or {most // 2} Chinese ones,"
        fix = f"Shorten it to {most}, where each Chinese character counts 2."
    else:
        limit, fix = f"{who} reads {most}", f"Shorten it to {most}."
    rule = f"has {len(text)} characters, but {limit} and would silently drop the rest"
    yield Problem(field, shown(text), rule, fix)


def _most(model: Model, field: str) -> int:
    return int(getattr(model, f"{field}_max"))


def _counts_han_twice(model: Model) -> bool:
    # "5,000 non-Chinese characters or 2,500 Chinese characters".
    return model.family.startswith("happyhorse")


def _counted(text: str, model: Model) -> int:
    return len(text) + (len(_HAN.findall(text)) if _counts_han_twice(model) else 0)


def _word(given: Given, field: str, allowed: list[str], who: str) -> Iterator[Problem]:
    word = given.get(field)
    if word is not None and allowed and word not in allowed:
        rule = f"must be {alternatives(allowed)} for {who}"
        yield Problem(field, shown(word), rule, meant(word, allowed, "Use one of those."))


def _duration(given: Given, allowed: list[int], who: str) -> Iterator[Problem]:
    seconds = given.get("duration")
    if seconds is not None and allowed and seconds not in allowed:
        rule = f"must be {spans(allowed)} seconds for {who}"
        nearest = min(allowed, key=lambda value: abs(value - seconds))
        yield Problem("duration", shown(seconds), rule, f"Use {nearest}, or leave the field out.")


def _inline_size(field: str, urls: str | tuple[str, ...] | None, most: int) -> Iterator[Problem]:
    for url in (urls,) if isinstance(urls, str) else urls or ():
        if inline_bytes(url) > most * _MEGABYTE:
            rule = f"holds {inline_bytes(url) / _MEGABYTE:.1f} MB, but an image may have {most} MB"
            yield Problem(field, shown(url), rule, "Make it smaller.")


def spans(numbers: list[int]) -> str:
    """Write sorted whole numbers as "0 or 2 to 10"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return alternatives(first if first == last else f"{first} to {last}" for first, last in spans)
