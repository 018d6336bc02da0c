"""Edits footage that is longer than a model takes."""

from __future__ import annotations

from airflow_provider_wan.long_edit.budget import OverBudgetError
from airflow_provider_wan.long_edit.group import LongEdit, edit_long_video
from airflow_provider_wan.long_edit.join import JoinFootageOperator, LinkFootageOperator
from airflow_provider_wan.long_edit.prepare import PrepareFootageOperator

__all__ = [
    "JoinFootageOperator",
    "LinkFootageOperator",
    "LongEdit",
    "OverBudgetError",
    "PrepareFootageOperator",
    "edit_long_video",
]
