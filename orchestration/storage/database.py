"""The SQLite file under the store: opened, brought up to date, shared by threads and processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.storage.migrations import migrate
from schemas.errors import StoreError

__all__ = ["Database"]

BUSY_SECONDS = 30.0  # how long to wait for another process that is writing
WORTH_SHRINKING = 16 * 2**20  # bytes that lie unused in the file


class Database:
    """The results file at *path*; made, with its folder, when missing.

    Raises:
        StoreError: from every method, when the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with _told(f"cannot open the results file {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # page texts may be private; SQLite's side files follow suit
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; further calls raise StoreError. Closing twice is fine."""
        with self._lock, _told(f"cannot close the results file {self.path}"):
            self._connection.close()

    @contextmanager
    def transaction(self, failure: str) -> Iterator[sqlite3.Connection]:
        """Everything in the block is written, or nothing is; *failure* names it when it fails."""
        with self._lock, _told(failure):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def all(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Every row."""
        with self._lock, _told(f"cannot read the results file {self.path}"):
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any]) -> Any:
        """The first row; `None` where there is none."""
        rows = self.all(sql, values)
        return rows[0] if rows else None

    def forget_deleted(self) -> bool:
        """Leave no copy of deleted rows in the write-ahead log, and give a lot of room back.

        (In the file itself they were overwritten when they were deleted.) False: another process
        still reads, so that the log could not be emptied.
        """
        unused = self.one("PRAGMA freelist_count", ())[0] * self.one("PRAGMA page_size", ())[0]
        if unused > WORTH_SHRINKING:
            try:
                with self._lock:
                    self._connection.execute("VACUUM")
            except sqlite3.Error:
                pass  # others use the file, or the disk has no room for it: the room is used later
        row = self.one("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return not (row and row[0])

    def _prepare(self) -> None:
        with self._lock, _told(f"cannot use {self.path} as a results file"):
            self._write_ahead()
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA secure_delete = ON")
            with self.transaction(f"cannot bring {self.path} up to date") as connection:
                migrate(connection, self.path)

    def _write_ahead(self) -> None:
        """Switch to a write-ahead log: readers and the writer do not wait for each other."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself here while another process makes the same switch.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


_ELSEWHERE = (
    "check that the disk has room and the path is writable, or name another folder in "
    "FIELDWISE_DATA_DIR"
)


@contextmanager
def _told(failure: str) -> Iterator[None]:
    """Turn what SQLite and the disk raise into a StoreError that opens with *failure*."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        damaged = getattr(error, "sqlite_errorname", "") in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
        hint = "move that file away; a new one is made" if damaged else _ELSEWHERE
        raise StoreError(f"{failure}: {error}", hint=hint) from error
