"""How each part of Airflow is started."""

from __future__ import annotations

from at_scale.settings import TRIGGERERS, WORKER_CONCURRENCY, WORKERS, Settings

PARTS = ("api-server", "scheduler", "dag-processor", *WORKERS, *TRIGGERERS)


def command(part: str, settings: Settings) -> tuple[str, ...]:
    """Return what follows `python -m` for a part of Airflow."""
    if part in WORKERS:
        concurrency = str(WORKER_CONCURRENCY)
        return (
            *("airflow", "celery", "worker", "--skip-serve-logs", "--concurrency", concurrency),
            *("--celery-hostname", part),
        )
    if part in TRIGGERERS:
        return ("airflow", "triggerer", "--skip-serve-logs")
    others = {
        "api-server": ("api-server", "--host", "127.0.0.1", "--port", str(settings.airflow)),
        "scheduler": ("scheduler", "--skip-serve-logs"),
        "dag-processor": ("dag-processor",),
        "migration": ("db", "migrate"),
    }
    return ("airflow", *others[part])
