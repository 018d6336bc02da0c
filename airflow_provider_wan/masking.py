"""Has Airflow mask what signs an address."""

from __future__ import annotations

from airflow.sdk.log import mask_secret

from airflow_provider_wan.dashscope.redact import secrets_in


def mask_signatures(value: object) -> None:
    """Have Airflow mask, in logs and wherever it shows fields, what signs the addresses in a value."""
    for secret in secrets_in(value):
        mask_secret(secret)
