"""The records that a page lists, found by structure."""
