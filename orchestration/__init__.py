"""When things happen: jobs over many pages, their storage, exports and the command line."""

from orchestration.engine import Engine, extract
from orchestration.settings import Settings

__all__ = ["Engine", "Settings", "extract"]
