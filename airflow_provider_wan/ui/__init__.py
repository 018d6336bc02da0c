"""Airflow's pages about edits: a tab of the task instance and one of the DAG run, read-only."""
