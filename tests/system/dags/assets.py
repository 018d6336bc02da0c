"""An edit whose asset starts another DAG."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, task

from airflow_provider_wan.operators import WanVideoRepaintingOperator
from tests.system.dags.edits_that_crash import EDIT, PARAMS

LANDED = Asset(name="landed_clip", uri="s3://films/landed")

with DAG("edit_with_asset", params=PARAMS):
    WanVideoRepaintingOperator(prompt="Clay", **EDIT, outlets=[LANDED])

with DAG("after_landing", schedule=[LANDED]):

    @task
    def read(triggering_asset_events: Any = None) -> list[Any]:
        return [event.extra for events in triggering_asset_events.values() for event in events]

    read()
