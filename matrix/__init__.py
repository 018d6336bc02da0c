"""Runs the fast tests with each Airflow and Python that the provider is for, as `make test-matrix` does."""
