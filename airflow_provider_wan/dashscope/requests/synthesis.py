"""Any model, with fields that are passed on as they are."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Annotated, Any, ClassVar

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import VIDEO_GENERATION
from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import Word
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import Json


class VideoSynthesis(WanRequest):
    """A job of any model, also of one that this version doesn't know.

    Nothing in `input` and `parameters` is checked. Later models are reached with it, and whatever the other requests
    refuse for being undocumented.
    """

    function: ClassVar[str] = "video_synthesis"
    families = ()

    model: Word
    """Id of the model, sent as written. The catalogue gives its path; one that isn't there goes to
    `video-generation/video-synthesis`, as most models do."""
    input: Annotated[dict[str, Any], Json()]
    """The service's `input`, sent as it is."""
    parameters: Annotated[dict[str, Any], Json()] | None = None
    """The service's `parameters`, sent as they are."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Refuse a model that makes no job; there would be nothing to wait for."""
        model = catalog.find(given.get("model") or "")
        if model and not model.running:
            rule = "answers at once and makes no job"
            yield Problem("model", shown(model.name), rule, "Call it directly, outside of this package.")

    def model_for(self, region_id: str) -> str:  # noqa: ARG002  # a name given is a name sent
        """Return the model's id as written, whatever the region."""
        return self.model

    def path(self) -> str:
        """Return the path to post to, below the base URL."""
        model = catalog.find(self.model)
        return model.path if model else VIDEO_GENERATION

    def body(self, region_id: str) -> dict[str, Any]:
        """Return the JSON to post."""
        body: dict[str, Any] = {"model": self.model_for(region_id), "input": deepcopy(self.input)}
        if self.parameters:
            body["parameters"] = deepcopy(self.parameters)
        return body
