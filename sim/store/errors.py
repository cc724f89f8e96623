"""What can be wrong with a stored result."""

from __future__ import annotations


class StoreError(Exception):
    """A result that cannot be read or written; the text names the file and what to do."""
