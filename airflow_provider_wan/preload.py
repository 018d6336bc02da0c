"""Imports what an attempt at an edit needs, for the process that workers are forked from.

Airflow runs each task in a process that is forked from the scheduler (`LocalExecutor`) or from the Celery worker. What
that parent has imported, hundreds of tasks needn't import again. So import this in `airflow_local_settings.py`.
"""

from __future__ import annotations

from importlib import import_module

from airflow_provider_wan.dashscope.tls import ssl_context

NEEDED = (
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.io",
    "airflow_provider_wan.dashscope.clients",
    "airflow_provider_wan.operators.endings",
    "airflow_provider_wan.operators.life",
)
for _name in NEEDED:
    import_module(_name)
ssl_context()  # reads the certificates
