"""A real Airflow, an emulated DashScope and a mail sink: `make demo`, `make up`, `make down`."""
