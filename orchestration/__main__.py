"""`fieldwise`, and `python -m orchestration`, which is the same."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """The console script's entry point."""
    # Ctrl-C while modules are loaded: there is nothing to finish, and no traceback to show
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from orchestration.cli import main as command

    signal.signal(signal.SIGINT, before)
    command()


if __name__ == "__main__":
    main()
