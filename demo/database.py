"""Makes Airflow on SQLite safe for triggers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

TABLE = "trigger"
KEY = "CONSTRAINT trigger_pkey PRIMARY KEY (id),"


def number_triggers_once(database: Path) -> None:
    """Let no trigger get the number of one that is gone. For a database that holds nothing yet.

    Airflow's triggerer knows triggers by their numbers. SQLite, unlike other databases, gives the number of a
    deleted row to the next one: the triggerer then takes the new trigger for the old one, and neither starts the
    one nor ends the other.

    Args:
        database: Airflow's own, just made.

    Raises:
        ValueError: The table isn't as Airflow 3.1 to 3.3 makes it, or it is in use.
    """
    with closing(sqlite3.connect(database)) as connection:
        read = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
        statements = connection.execute(read, (TABLE,)).fetchall()
        rows = connection.execute(f'SELECT count(*) FROM "{TABLE}"').fetchone()[0]
        (table,) = (sql for kind, sql in statements if kind == "table")
        if rows or KEY not in table or "id INTEGER NOT NULL," not in table:
            raise ValueError(f"{database}: the table {TABLE} isn't an empty one of Airflow's:\n{table}")
        table = table.replace(KEY, "").replace(
            "id INTEGER NOT NULL,", "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
        )
        connection.execute(f'DROP TABLE "{TABLE}"')
        connection.execute(table)
        for kind, sql in statements:
            if kind == "index":
                connection.execute(sql)
        connection.commit()
