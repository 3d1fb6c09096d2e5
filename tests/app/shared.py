"""The app as two users share it, over a scripted worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from gradio_client import Client

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration.desk.desk import Desk
from orchestration.desk.readiness import Readiness
from orchestration.engine import Engine
from orchestration.settings import Settings
from schemas.schema import Schema
from tests.app.process import forget_what_gradio_left_open, free_port
from ui.serving import Door, blocks_of, serve

__all__ = ["ANNA", "BOB", "PAGES", "PATIENCE_S", "Shared", "shared"]

PAGES = Path(__file__).parent / "pages"
ANNA, BOB = ("anna", "correct horse"), ("bob", "battery staple")
PATIENCE_S = 60.0


class Dawdler(ScriptedWorker):
    """Takes a minute over a page that says `Dawdle: yes`, unless it is stopped."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        until = time.monotonic() + PATIENCE_S
        while "Dawdle: yes" in page.document.text and time.monotonic() < until:
            check_stop()
            time.sleep(0.02)
        return super().extract(page, schema, check_stop=check_stop)


@dataclass(frozen=True)
class Shared:
    address: str
    desk: Desk
    data: Path

    def client(self, user: tuple[str, str] = ANNA) -> Client:
        return Client(self.address, auth=user, verbose=False)

    @contextmanager
    def session(self, user: tuple[str, str] = ANNA) -> Iterator[httpx.Client]:
        """Plain HTTP, signed in."""
        with httpx.Client(base_url=self.address, timeout=PATIENCE_S) as session:
            form = {"username": user[0], "password": user[1]}
            assert session.post("/login", data=form).status_code == 200
            yield session


@contextmanager
def shared(folder: Path, *, users: bool = True, mcp: bool = False) -> Iterator[Shared]:
    """The app, which keeps its data in *folder*; without *users* nobody signs in."""
    names = folder / "users"
    names.write_text("".join(f"{name}:{word}\n" for name, word in (ANNA, BOB)))
    settings = Settings(data_dir=folder / "data", cache_dir=folder / "cache")
    worker = Dawdler()
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(settings, open_worker=lambda tier: worker))
        desk = stack.enter_context(Desk(engine, Readiness()))
        blocks = blocks_of(desk)
        stack.callback(blocks.close, verbose=False)
        door = Door(port=free_port(), users=names if users else None, mcp=mcp)
        yield Shared(serve(blocks, door), desk, folder)
    del blocks, desk, engine
    forget_what_gradio_left_open()
