"""Ready-made effects (`template`), which differ from model to model.

Source: Model Studio, `wanx-video-effects`, mid 2026.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from airflow_provider_wan.dashscope.catalog import MODELS, Model
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.limits import called
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import alternatives, meant


def check(given: Given, models: Sequence[Model], families: Collection[str]) -> Iterator[Problem]:
    """Refuse an effect that none of the models that may be meant has, and name the model that has it."""
    name = given.get("template")
    effects = list(dict.fromkeys(effect for model in models for effect in model.templates))
    if name is None or not effects or name in effects:
        return  # that a model has no effects at all is told where untaken fields are
    have = [model.name for model in MODELS if model.family in families and name in model.templates]
    rule = f"is no effect of {called(given, models)}, which has {alternatives(effects)}"
    fix = f"Use {have[0]}." if have else meant(name, effects, "Use one of those.")
    yield Problem("template", shown(name), rule, fix)
