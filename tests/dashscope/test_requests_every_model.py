"""Every model of the catalogue has bodies, refusals and a run; those that edit and animate have them here."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import WanRequest
from tests.dashscope import edit_bodies, edit_refusals, generate_bodies, test_requests_figures
from tests.dashscope.generate_bodies import Body

FIGURES = {"animate", "s2v", "s2v_detect", "style"}
"""Families whose bodies, refusals and runs are in test_requests_figures.py and test_detection.py."""

CASES: list[tuple[type[WanRequest], dict[str, Any], dict[str, Any], str, str]] = [
    (request, {"model": model, **right}, change, begin, end)
    for model, (request, right, changes) in edit_refusals.REFUSED.items()
    for change, begin, end in changes
] + [
    (request, right, change, begin, end)
    for request, (right, changes) in edit_refusals.VACE.items()
    for change, begin, end in changes
]


@pytest.mark.parametrize("case", edit_bodies.BODIES, ids=str)
def test_body_follows_the_documentation_field_by_field(case: Body) -> None:
    request = case.request(**case.fields)
    assert request.body(case.region) == case.body
    assert request.path() == case.path


@pytest.mark.parametrize(("request_class", "right", "change", "begin", "end"), CASES)
def test_mistake_is_named_with_field_value_rule_and_fix(
    request_class: type[WanRequest], right: dict[str, Any], change: dict[str, Any], begin: str, end: str
) -> None:
    assert request_class.problems(right) == []
    with pytest.raises(InvalidRequestError) as caught:
        request_class(**right | change)
    heading, *lines = str(caught.value).split("\n  ")
    assert heading == f"{request_class.__name__} has 1 problem:"
    assert lines[0].startswith(begin)
    assert lines[0].endswith(end)


@pytest.mark.parametrize(
    "name", [model.name for model in catalog.MODELS if model.family in edit_bodies.FAMILIES]
)
def test_every_model_has_bodies_in_all_spellings_and_three_refusals(name: str) -> None:
    """That each body is run too, is seen to where they are run: tests/contract/test_every_model.py."""
    model = catalog.find(name)
    assert model is not None
    assert {*model.spellings.values(), *model.snapshots} <= {case.id for case in edit_bodies.BODIES}
    if model.family == "vace":
        functions = {case.body["input"]["function"] for case in edit_bodies.BODIES if "vace" in case.id}
        assert functions == {request.function for request in edit_refusals.VACE}
        assert all(len(changes) >= 3 for _, changes in edit_refusals.VACE.values())
    else:
        assert len(edit_refusals.REFUSED[name][2]) >= 3


def test_no_model_of_the_catalogue_is_left_out() -> None:
    families = {*edit_bodies.FAMILIES, *generate_bodies.FAMILIES, *FIGURES}
    assert {model.family for model in catalog.MODELS} == families
    figures = {body["model"] for *_, body in test_requests_figures.BODIES}
    assert figures == {
        *("wan2.2-animate-move", "wan2.2-animate-mix", "wan2.2-s2v", "video-style-transform"),
    }
