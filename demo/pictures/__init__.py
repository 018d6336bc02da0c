"""Takes the documentation's pictures of Airflow's pages, of edits that really run: `make screenshots`."""
