"""Jobs and their results in one SQLite file: one transaction a page, so a kill loses nothing.

Readers (the app's table) and one writing job may share a `Store` between threads, or open the
same file from several processes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from extractors.pages import Page
from orchestration.storage.codec import (
    decode,
    encode,
    from_plain,
    schema_from_plain,
    schema_to_plain,
    to_plain,
)
from orchestration.storage.corrections import Correction, from_body, to_body
from orchestration.storage.corrections import Path as ValuePath
from orchestration.storage.corrections import corrected as lay_over
from orchestration.storage.database import Database
from orchestration.storage.job_names import refuse_name
from schemas.errors import SchemaError, StoreError
from schemas.record import PageResult, PageStatus
from schemas.schema import Schema

__all__ = ["DamagedJob", "Job", "JobState", "Store"]

MOST_BITS = 63  # of a number that SQLite takes
PAGES_AT_ONCE = 32  # read under one lock; bounds the memory of `results`
CORRECTION = "FROM corrections WHERE job = ? AND source = ? AND record = ? AND path = ?"
UNFINISHED = ", ".join(
    f"'{status}'" for status in (PageStatus.FAILED, PageStatus.PARTIAL, PageStatus.STOPPED)
)
SELECT_JOB = "SELECT id, name, created, schema, state, sources, options FROM jobs"


class JobState(StrEnum):
    OPEN = "open"  # pages may be missing: it runs now, or it was stopped and can be resumed
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Job:
    """One run over some sources.

    `created` is in UTC. `sources` are the sources as the user gave them, before folders and
    archives are opened. `options` is whatever plain JSON the writer needs to resume the job.
    """

    id: int
    name: str
    created: datetime
    schema: Schema
    state: JobState = JobState.OPEN
    sources: tuple[str, ...] = ()
    options: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DamagedJob:
    """A job whose row does not read back: it can be named and deleted, no more. `why`: what is
    wrong, and what to do."""

    id: int
    name: str
    why: str


class Store:
    """The results file at *path*; made, with its folder, when missing. Use as a context manager.

    Raises:
        StoreError: from every method, when the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = Database(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; further calls raise StoreError. Closing twice is fine."""
        self._file.close()

    def create_job(
        self,
        name: str,
        schema: Schema,
        *,
        sources: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> Job:
        """A new open job. Raises StoreError when *name* is empty, a number, or taken."""
        refuse_name(name)
        created = datetime.now(UTC)
        row = (
            _blob(name),
            created.isoformat(),
            encode(schema_to_plain(schema)),
            encode(list(sources)),
            encode(dict(options or {})),
        )
        with self._file.transaction(f"cannot create the job {name!r}") as connection:
            if self.job(name):
                raise StoreError(
                    f"there is a job named {name!r} already",
                    hint="choose another name, or resume that job",
                )
            connection.execute(
                "INSERT INTO jobs (name, created, schema, sources, options) VALUES (?, ?, ?, ?, ?)",
                row,
            )
            return _job(self._file.one(f"{SELECT_JOB} WHERE name = ?", (_blob(name),)))

    def set_state(self, job_id: int, state: JobState) -> None:
        """Mark the job as *state*. Raises StoreError when there is no such job."""
        with self._file.transaction(f"cannot update job {job_id}") as connection:
            sql = "UPDATE jobs SET state = ? WHERE id = ?"
            if connection.execute(sql, (state.value, job_id)).rowcount == 0:
                raise _no_job(job_id)

    def save(
        self, job_id: int, position: int, result: PageResult, *, page: Page | None = None
    ) -> None:
        """Keep *result* as the job's page at *position* (from 0), in one transaction.

        A page saved at that position before is replaced. *page*: its bytes are kept too, so that
        it need never be fetched again. Raises StoreError also when the job was deleted meanwhile.
        """
        row = (
            job_id,
            position,
            _blob(result.source),
            result.status.value,
            encode(to_plain(result)),
        )
        kept = (job_id, *_kept_row(page)) if page is not None else ()
        with self._file.transaction(f"cannot save {result.source!r}") as connection:
            if self.job(job_id) is None:
                raise _no_job(job_id)
            connection.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)", row)
            if page is not None:
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)", kept)

    def kept(self, job_id: int) -> set[str]:
        """The sources whose bytes were kept."""
        rows = self._file.all("SELECT source FROM kept WHERE job = ?", (job_id,))
        return {_text(source) for (source,) in rows}

    def kept_page(self, job_id: int, source: str) -> Page | None:
        """The bytes that were kept of *source*; `None`: none were."""
        sql = "SELECT url, content_type, body, captured FROM kept WHERE job = ? AND source = ?"
        row = self._file.one(sql, (job_id, _blob(source)))
        if row is None:
            return None
        url, content_type, body, captured = row
        with _undamaged(f"page {source!r} of job {job_id}", job_id):
            header = None if content_type is None else _text(content_type)
            day = None if captured is None else date.fromisoformat(captured)
            return Page(source, _text(url), zlib.decompress(body), header, day)

    def copy_kept(self, job_id: int, to: int) -> None:
        """Keep the kept bytes of one job for another one too."""
        sql = (
            "INSERT OR IGNORE INTO kept SELECT ?, source, url, content_type, body, captured"
            " FROM kept WHERE job = ?"
        )
        with self._file.transaction(f"cannot copy the pages of job {job_id}") as connection:
            connection.execute(sql, (to, job_id))

    def places(self, job_id: int) -> list[tuple[str, int]]:
        """Every saved page's source and position, by position."""
        sql = "SELECT source, position FROM pages WHERE job = ? ORDER BY position"
        return [(_text(source), place) for source, place in self._file.all(sql, (job_id,))]

    def results(self, job_id: int, *, corrected: bool = True) -> Iterator[PageResult]:
        """The job's saved pages by position; none for an unknown job.

        What people corrected stands in its place; `corrected=False`: what the models answered.
        Pages saved, corrected or deleted while iterating may or may not be seen so.
        """
        said: dict[str, list[Correction]] = {}
        for correction in self.corrections(job_id) if corrected else ():
            said.setdefault(correction.source, []).append(correction)
        sql = (
            "SELECT position, body FROM pages WHERE job = ? AND position > ?"
            f" ORDER BY position LIMIT {PAGES_AT_ONCE}"
        )
        last = -1
        while rows := self._file.all(sql, (job_id, last)):
            for position, body in rows:
                last = position
                with _undamaged(f"page {position} of job {job_id}", job_id):
                    result = from_plain(decode(body))
                yield lay_over(result, said.get(result.source, ()))

    def page(self, job_id: int, source: str, *, corrected: bool = True) -> PageResult | None:
        """The saved page of *source*, the first where it was given twice; `None`: there is none."""
        sql = "SELECT body FROM pages WHERE job = ? AND source = ? ORDER BY position LIMIT 1"
        row = self._file.one(sql, (job_id, _blob(source)))
        if row is None:
            return None
        with _undamaged(f"page {source!r} of job {job_id}", job_id):
            result = from_plain(decode(row[0]))
        return lay_over(result, self.corrections(job_id)) if corrected else result

    def correct(self, job_id: int, correction: Correction) -> None:
        """Keep *correction* in place of what was said of that value, or of parts of it, before.

        Raises StoreError also when there is no such job. `storage.review.Review` makes
        corrections that fit the page and the schema.
        """
        place = (job_id, _blob(correction.source), correction.index)
        row = (*place, encode(correction.path), encode(to_body(correction)))
        with self._file.transaction(
            f"cannot keep a correction of {correction.source!r}"
        ) as connection:
            if self.job(job_id) is None:
                raise _no_job(job_id)
            for old in self.corrections(job_id):
                if correction.covers(old.source, old.index, old.path):
                    connection.execute(f"DELETE {CORRECTION}", (*place, encode(old.path)))
            connection.execute("INSERT INTO corrections VALUES (?, ?, ?, ?, ?)", row)

    def uncorrect(self, job_id: int, source: str, index: int, path: ValuePath) -> bool:
        """Forget the correction of exactly that value; whether there was one."""
        with self._file.transaction(f"cannot undo a correction of {source!r}") as connection:
            place = (job_id, _blob(source), index, encode(path))
            return connection.execute(f"DELETE {CORRECTION}", place).rowcount > 0

    def corrections(self, job_id: int) -> list[Correction]:
        """What people said of the job's values, by source, record and path."""
        sql = (
            "SELECT source, record, path, body FROM corrections WHERE job = ?"
            " ORDER BY source, record, path"
        )
        with _undamaged(f"a correction of job {job_id}", job_id):
            return [
                from_body(_text(source), record, decode(path), decode(body))
                for source, record, path, body in self._file.all(sql, (job_id,))
            ]

    def finished(self, job_id: int) -> set[int]:
        """The positions a resumed job need not read again: every saved page that did not fail, in
        whole or in part, and was not stopped in the middle."""
        sql = f"SELECT position FROM pages WHERE job = ? AND status NOT IN ({UNFINISHED})"
        return {position for (position,) in self._file.all(sql, (job_id,))}

    def counts(self, job_id: int) -> dict[PageStatus, int]:
        """How many of the saved pages ended in each status; a status none ended in is left out."""
        sql = "SELECT status, COUNT(*) FROM pages WHERE job = ? GROUP BY status"
        with _undamaged(f"a page of job {job_id}", job_id):
            return {PageStatus(status): count for status, count in self._file.all(sql, (job_id,))}

    def jobs(self) -> list[Job]:
        """All jobs that read back, newest first."""
        return [job for job in self._every_job() if isinstance(job, Job)]

    def damaged_jobs(self) -> list[DamagedJob]:
        """The others, newest first."""
        return [job for job in self._every_job() if isinstance(job, DamagedJob)]

    def _every_job(self) -> Iterator[Job | DamagedJob]:
        for row in self._file.all(f"{SELECT_JOB} ORDER BY id DESC", ()):
            try:
                job = _job(row)
                self.counts(job.id)
                yield job
            except StoreError as error:
                name = row[1].decode("utf-8", "replace") if isinstance(row[1], bytes) else row[1]
                yield DamagedJob(row[0], str(name), error.explain())

    def job(self, name_or_id: str | int) -> Job | None:
        """The job with that id (an int) or name (a str, digits or not); `None`: there is none."""
        by_id = isinstance(name_or_id, int)
        if isinstance(name_or_id, int) and name_or_id.bit_length() > MOST_BITS:
            return None
        key = name_or_id if isinstance(name_or_id, int) else _blob(name_or_id)
        row = self._file.one(f"{SELECT_JOB} WHERE {'id' if by_id else 'name'} = ?", (key,))
        return _job(row) if row else None

    def delete(self, job_id: int) -> None:
        """Delete the job and its pages for good: their bytes are overwritten in the file.

        Deleting a job that is not there is no error.

        Raises:
            StoreError: also when another process still reads, so that copies of the pages stay in
                the write-ahead log; the job itself is gone then. Calling again finishes it.
        """
        with self._file.transaction(f"cannot delete job {job_id}") as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        if not self._file.forget_deleted():
            raise StoreError(
                f"job {job_id} is deleted, but {self.path}-wal still holds copies of its pages",
                hint="stop the other program that reads the results, then delete again",
            )


def _job(row: Sequence[Any]) -> Job:
    number, name, created, schema, state, sources, options = row
    with _undamaged(f"job {number}", number):
        return Job(
            id=number,
            name=_text(name),
            created=datetime.fromisoformat(created),
            schema=schema_from_plain(decode(schema)),
            state=JobState(state),
            sources=tuple(decode(sources)),
            options=_object(decode(options)),
        )


def _object(plain: Any) -> Mapping[str, Any]:
    if not isinstance(plain, dict):
        raise TypeError("that is no JSON object")
    return plain


def _no_job(job_id: int) -> StoreError:
    return StoreError(f"there is no job {job_id}", hint="`fieldwise jobs` lists them")


def _kept_row(page: Page) -> tuple[bytes, bytes, bytes | None, bytes, str | None]:
    header = None if page.content_type is None else _blob(page.content_type)
    day = page.captured.isoformat() if page.captured else None
    return _blob(page.source), _blob(page.url), header, zlib.compress(page.body), day


def _blob(text: str) -> bytes:
    """Names and sources are kept as bytes: SQLite's own text cannot hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")


@contextmanager
def _undamaged(what: str, job_id: int) -> Iterator[None]:
    """A row that does not read back is a StoreError about *what*, never a page less."""
    try:
        yield
    except _DAMAGE as error:
        raise StoreError(
            f"{what} does not read back: {error!r}",
            hint=f"the other jobs are not touched; `fieldwise jobs delete '#{job_id}'` removes it",
        ) from error


_DAMAGE = (AttributeError, KeyError, RecursionError, SchemaError, TypeError, ValueError, zlib.error)
