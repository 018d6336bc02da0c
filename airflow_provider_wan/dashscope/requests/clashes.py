"""Fields that don't go together, as data: one of them would be ignored, or the service refuses both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.taken import takes


def _is_off(value: Any) -> bool:
    return value is False


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that may not be given because of another.

    Attributes:
        field: The field.
        other: The other one.
        rule: What is wrong, as the end of a sentence about the field.
        fix: What to do.
        when: Which values of the other one are in its way; any that isn't empty by default.
    """

    field: str
    other: str
    rule: str
    fix: str = "Leave one of them out."
    when: Callable[[Any], bool] = bool


COMMON = (
    Clash("prompt", "template", "would be silently dropped, since a template is given"),
    Clash("audio_url", "audio", "would be silently dropped, since audio is false", when=_is_off),
    Clash(
        "shot_type",
        "prompt_extend",
        "works only while the service may rewrite the prompt",
        "Leave prompt_extend out or true.",
        when=_is_off,
    ),
)
"""What holds for every model that takes both fields."""


def check(given: Given, models: Sequence[Model], clashes: Sequence[Clash]) -> Iterator[Problem]:
    """Find fields that don't go together, among those that a model that may be meant takes."""
    for clash in clashes:
        if not (given.get(clash.field) and clash.when(given.get(clash.other))):
            continue
        if any(takes(model, clash.field) and takes(model, clash.other) for model in models):
            yield Problem(clash.field, shown(given.get(clash.field)), clash.rule, clash.fix)
