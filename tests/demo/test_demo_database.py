"""Trigger numbers on SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from airflow.models.trigger import Trigger
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from demo.database import number_triggers_once


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "airflow.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(str(CreateTable(Trigger.__table__).compile(dialect=sqlite.dialect())))
        connection.execute("CREATE INDEX idx_trigger_team_name ON trigger (team_name)")
    return file


def add(connection: sqlite3.Connection) -> int | None:
    return connection.execute(
        "INSERT INTO trigger (classpath, kwargs, created_date) VALUES ('a', 'b', '2026-01-01')"
    ).lastrowid


def test_number_of_a_trigger_that_is_gone_is_never_given_again(database: Path) -> None:
    number_triggers_once(database)
    with closing(sqlite3.connect(database)) as connection:
        first = add(connection)
        connection.execute("DELETE FROM trigger")
        assert add(connection) != first


def test_a_table_that_is_in_use_is_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        add(connection)
        connection.commit()
    with pytest.raises(ValueError, match="isn't an empty one"):
        number_triggers_once(database)
