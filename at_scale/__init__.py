"""The engine that users grow into, on one machine: Postgres, Redis, Celery workers, two triggerers; and its losses."""
