"""How the results file came to its present tables; one function a step, never changed again."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import StoreError

__all__ = ["m001_jobs_and_pages", "migrate"]


def m001_jobs_and_pages(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never used again
            name BLOB NOT NULL UNIQUE,             -- UTF-8, as are all texts below
            created TEXT NOT NULL,                 -- ISO 8601, UTC
            state TEXT NOT NULL DEFAULT 'open',
            schema BLOB NOT NULL,                  -- JSON
            sources BLOB NOT NULL,                 -- JSON
            options BLOB NOT NULL                  -- JSON
        )
        """
    )
    connection.execute(
        """
        CREATE TABLE pages (
            job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            source BLOB NOT NULL,
            status TEXT NOT NULL,
            body BLOB NOT NULL,                    -- JSON: the whole PageResult
            PRIMARY KEY (job, position)
        )
        """
    )
    # counts and finished sources are read without the bodies
    connection.execute("CREATE INDEX pages_by_status ON pages (job, status, source)")


def m002_corrections(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE corrections (
            job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            source BLOB NOT NULL,                  -- the page, as in `pages`
            record INTEGER NOT NULL CHECK (record >= 0),
            path BLOB NOT NULL,                    -- JSON: names and numbers from record to value
            body BLOB NOT NULL,                    -- JSON: the rest of the `Correction`
            PRIMARY KEY (job, source, record, path)
        )
        """
    )


def m003_kept_pages(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE kept (
            job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            source BLOB NOT NULL,                  -- the page, as in `pages`
            url BLOB NOT NULL,
            content_type BLOB,
            body BLOB NOT NULL,                    -- the page's bytes, zlib
            PRIMARY KEY (job, source)
        )
        """
    )


def m004_day_of_kept_pages(connection: sqlite3.Connection) -> None:
    # ISO 8601; NULL: unknown. "3 days ago" is counted from it.
    connection.execute("ALTER TABLE kept ADD COLUMN captured TEXT")


MIGRATIONS = (m001_jobs_and_pages, m002_corrections, m003_kept_pages, m004_day_of_kept_pages)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Run the migrations this file has not seen; all or none, inside the caller's transaction."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied TEXT NOT NULL)"
    )
    seen = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    if unknown := seen - {migration.__name__ for migration in MIGRATIONS}:
        raise StoreError(
            f"{path} was written by a newer Fieldwise ({', '.join(sorted(unknown))})",
            hint="update Fieldwise, or name another results file",
        )
    for migration in MIGRATIONS:
        if migration.__name__ not in seen:
            migration(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?)",
                (migration.__name__, datetime.now(UTC).isoformat()),
            )
