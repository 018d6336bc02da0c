"""One task instance with all that it has left for people, and of what kind its task is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode

from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.records import BATCH, FAILURE_KEY, PROGRESS_KEY, REQUEST_KEY
from airflow_provider_wan.ui.values import mapping, text

Kind: TypeAlias = Literal["edit", "batch", "footage", "none"]

RESULT_KEY = "return_value"
PATH_KEY = "output_path"
PARTIAL_KEY, REPORT_KEY = "partial_results", "report"
"""XComs of a batch, and of a check of footage. Their operators say so too, which aren't imported here."""

EDITS = frozenset(
    {
        *("WanOperator", "Wan3VideoOperator", "WanAnimateOperator", "WanFramesToVideoOperator"),
        *("WanImageReferenceOperator", "WanImageToVideoOperator", "WanLocalEditOperator"),
        *("WanReferenceToVideoOperator", "WanSpeechToVideoOperator", "WanTextToVideoOperator"),
        *("WanVideoEditOperator", "WanVideoExtensionOperator", "WanVideoOutpaintingOperator"),
        *("WanVideoRepaintingOperator", "WanVideoStyleOperator", "WanVideoSynthesisOperator"),
        *("_WanEditDecoratedOperator", "WanTaskSensor", "WanResultToObjectStorageOperator"),
    }
)
"""Operators whose result is an edit's. By name, so that none of them is imported here."""
BATCHES = frozenset({"WanBatchEditOperator"})
FOOTAGE = frozenset(
    {
        *(
            "VideoCheckOperator",
            "VideoComparisonOperator",
            "VideoConcatenateOperator",
            "VideoConformOperator",
        ),
        *("VideoContactSheetOperator", "VideoFramesOperator", "VideoMaskOperator", "VideoProbeOperator"),
        *("VideoRestoreSoundOperator", "VideoSplitOperator", "VideoStripSoundOperator", "VideoTrimOperator"),
    }
)
"""Operators that work on footage."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which task instance."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    def link(self, page: str, **more: str) -> str:
        """Return the address of one of our pages about it, relative to the others."""
        names = {
            "dag_id": self.dag_id,
            "run_id": self.run_id,
            "task_id": self.task_id,
            "map_index": str(self.map_index),
        }
        return f"{page}?{urlencode(names | more, quote_via=quote, safe='')}"


@dataclass(frozen=True, slots=True)
class Sibling:
    """An instance of a mapped task."""

    map_index: int
    state: str | None
    label: str | None


@dataclass(frozen=True)
class Instance:
    """A task instance and its records.

    Attributes:
        place: Which it is.
        state: Airflow's state of the task; None before it has one.
        attempt: Number of the latest attempt, from 1.
        operator: Name of its operator's class.
        label: Its name among the instances of a mapped task, where the author gave one.
        begun: When its latest attempt began.
        ended: When that ended.
        values: Its XComs by key, decoded; those that pages show.
        keys: Keys of its XComs, as far as they matter here, those that weren't read included.
    """

    place: Place
    state: str | None = None
    attempt: int = 1
    operator: str = ""
    label: str | None = None
    begun: datetime | None = None
    ended: datetime | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    @cached_property
    def kind(self) -> Kind:
        """Of what kind its task is; `none` where it isn't ours."""
        return kind_of(self.operator, self.keys | self.values.keys(), self.values)

    @property
    def request(self) -> Mapping[str, Any]:
        """What was asked for, see `records.request`."""
        return mapping(self.values.get(REQUEST_KEY))

    @property
    def progress(self) -> Mapping[str, Any]:
        """How far it is, see `records.progress`."""
        return mapping(self.values.get(PROGRESS_KEY))

    @property
    def failure(self) -> Mapping[str, Any]:
        """Why it failed, see `records.failure`."""
        return mapping(self.values.get(FAILURE_KEY))

    @property
    def result(self) -> Mapping[str, Any]:
        """The result of an edit, see `jobs.result`; empty where there is none."""
        found = mapping(self.values.get(RESULT_KEY))
        return found if looks_like_result(found) else {}

    @property
    def entries(self) -> Sequence[Mapping[str, Any]]:
        """Results of a batch: all of them once it is over, before that those there are."""
        for key in (RESULT_KEY, PARTIAL_KEY):
            found = self.values.get(key)
            if isinstance(found, list):
                return [entry for entry in found if isinstance(entry, Mapping)]
        return []

    @property
    def jobs(self) -> Sequence[str]:
        """Ids of its jobs."""
        found = self.values.get(JOB_KEY)
        several = found if isinstance(found, list) else [found]
        return [one for one in several if isinstance(one, str) and one]

    @property
    def outdated(self) -> bool:
        """Whether its records are an earlier attempt's; Airflow removes those only when the next begins to run."""
        of = self.request.get("attempt")
        return isinstance(of, int) and of < self.attempt


def kind_of(operator: str, keys: frozenset[str] | set[str], values: Mapping[str, Any]) -> Kind:
    """Say of what kind a task is.

    Args:
        operator: Name of its operator's class; subclasses have other names, so it is not all that is looked at.
        keys: Keys of its XComs.
        values: Those of them that were read.
    """
    several = mapping(values.get(REQUEST_KEY)).get("function") == BATCH or isinstance(
        values.get(JOB_KEY), list
    )
    if operator in BATCHES or PARTIAL_KEY in keys or several:
        return "batch"
    if operator in EDITS or keys & {REQUEST_KEY, PROGRESS_KEY, FAILURE_KEY, JOB_KEY}:
        return "edit"
    if operator in FOOTAGE or PATH_KEY in keys:
        return "footage"
    return "none"


def looks_like_result(value: Mapping[str, Any]) -> bool:
    """Whether it is a result of an edit, see `jobs.result`."""
    return text(value.get("task_id")) is not None and "video_url" in value


def work_of(operator: str) -> str | None:
    """Name what an operator on footage does, e.g. `contact_sheet`."""
    found = re.fullmatch(r"_?Video(\w+)Operator", operator)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).lower() if found else None
