"""Gold sets for the app: a reviewed job saved as one, and jobs scored as `evaluate` does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.desk.gold_zip import pack, unpack
from orchestration.desk.naming import short_names
from orchestration.desk.runs import Asked
from orchestration.engine import Engine
from orchestration.evaluation.evaluate import Report, read_gold_set, report_on
from orchestration.evaluation.gold import SavedGold, save_gold
from orchestration.evaluation.reliability import Judged, judge
from orchestration.exports.export import file_title
from orchestration.storage.store import Job
from schemas.errors import GoldError

__all__ = ["GoldDesk", "Scored"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A job's report, and each of its answers that the gold has a say on."""

    report: Report
    answers: Sequence[Judged]


class GoldDesk:
    """*folder*: where files are kept while the app runs."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def save(self, job: Job, *, everything: bool = False) -> tuple[Path, SavedGold]:
        """What people said of *job*, as a ZIP file. Raises GoldError as `save_gold`."""
        folder = self._fresh(job)
        saved = self._write(job, folder / "set", everything)
        file = folder / f"{file_title(job.name) or 'job'}-gold.zip"
        pack(folder / "set", file)
        return file, saved

    def score(self, job: Job, packed: Path | None = None, *, everything: bool = False) -> Scored:
        """What the models answered in *job*, held against the set in the ZIP file *packed*.

        `None`: against what people said of the job itself, *everything* as in `save_gold`.

        Raises:
            GoldError: there is no gold, or none of it is of this job's fields or pages.
        """
        with tempfile.TemporaryDirectory(dir=self._folder) as made:
            folder = Path(made, "set")
            if packed is None:
                self._write(job, folder, everything)
            else:
                unpack(packed, folder)
            pages = read_gold_set(folder)
        found = list(self._engine.store.results(job.id, corrected=False))
        report = report_on(job.schema, pages, found)
        if len(report.unanswered) == len(pages):
            hint = "run the pages of the set first"
            raise GoldError(f"no page of the set is in the job {job.name!r}", hint=hint)
        return Scored(report, list(judge(job.schema, pages, found)))

    def asked(self, job: Job, packed: Path) -> Asked:
        """A run of the pages of the set in *packed* with the fields of *job*.

        Raises:
            GoldError: the set has no pages.
        """
        folder = self._fresh(job)
        unpack(packed, folder)
        sources = [str(page.page) for page in read_gold_set(folder) if page.page]
        if not sources:
            raise GoldError("the set has no page to read", hint="add html/NAME.html for each page")
        return Asked(sources, job.schema, names=short_names(sources))

    def _write(self, job: Job, folder: Path, everything: bool) -> SavedGold:
        store = self._engine.store
        return save_gold(
            job.schema,
            store.results(job.id),
            store.corrections(job.id),
            folder,
            read=lambda source: self._engine.page(job, source),
            everything=everything,
        )

    def saved(self, job: Job) -> list[str]:
        """The names of the files that `save` made of *job*."""
        return [file.name for file in self._folder.glob(f"gold-{job.id}-*/*.zip")]

    def forget(self, job: Job) -> None:
        """Delete what `save` and `asked` put on the disk for *job*."""
        for folder in self._folder.glob(f"gold-{job.id}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _fresh(self, job: Job) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"gold-{job.id}-", dir=self._folder))
