"""When things happen: jobs over many pages, their storage, exports and the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.engine import Engine, extract
    from orchestration.orders import Orders
    from orchestration.settings import Settings

__all__ = ["Engine", "Orders", "Settings", "extract"]


def __getattr__(name: str) -> Any:
    """The engine is loaded when it is first asked for: `fieldwise --help` does without."""
    if name == "Settings":
        from orchestration.settings import Settings

        return Settings
    if name in __all__:
        from orchestration import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
