"""What edits cost: records, limits, and the report behind `airflow wan cost`."""
