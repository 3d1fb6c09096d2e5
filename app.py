"""Starts the app: its screens are in `ui`, and what they show comes from `orchestration`."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from orchestration.desk.desk import Desk
from orchestration.desk.readiness import Readiness
from orchestration.engine import Engine
from orchestration.settings import Settings
from ui.access import sign_in
from ui.serving import Door, blocks_of, serve

__all__ = ["main"]


def main(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    users: Path | None = None,
    mcp: bool = False,
    settings: Settings | None = None,
) -> None:
    """Serve the page until Ctrl-C; the model loads meanwhile.

    Arguments as in `ui.serving.Door`. Raises as `serve` and `Engine`.
    """
    door = Door(host, port, users, mcp)
    sign_in(host, users)  # refused before anything is opened
    # ended either way, the uploaded pages are deleted
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    readiness = Readiness()
    with Engine(settings, progress=readiness.progress) as engine, Desk(engine, readiness) as desk:
        blocks = blocks_of(desk)
        print(f"Fieldwise is at {serve(blocks, door)}", flush=True)
        try:
            readiness.start(engine)
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("closing", flush=True)
        finally:
            blocks.close(verbose=False)


if __name__ == "__main__":
    main()
