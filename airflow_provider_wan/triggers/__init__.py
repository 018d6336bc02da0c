"""What waits in the triggerer: for a job, for the jobs of a batch, for room in the account's queue."""

from __future__ import annotations

from airflow_provider_wan.triggers.batch import WanBatchTrigger
from airflow_provider_wan.triggers.job import WanTaskTrigger
from airflow_provider_wan.triggers.room import WanRoomTrigger

__all__ = ["WanBatchTrigger", "WanRoomTrigger", "WanTaskTrigger"]

# Airflow stores where a trigger is to be found. That name stays, whatever the modules below are called.
for _trigger in (WanBatchTrigger, WanRoomTrigger, WanTaskTrigger):
    _trigger.__module__ = __name__
