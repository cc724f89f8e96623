"""Shortcuts: faster ways to the same ledger.

Where the options leave nothing to happen between two components, they need not be played one event
at a time: `models.foresight` works out ahead what becomes of messages on their way to the broker,
`models.broker.hands` lets consumers be so many hands of the broker. Each says beforehand whether it
applies, and gives the very ledger that the events one by one would have given. What it can only see
on the way, it reports by raising `ShortcutFailed`: the run must then be made again without.
"""

from __future__ import annotations


class ShortcutFailed(Exception):  # noqa: N818 - not an error of the caller's
    """The shortcut does not lead there: go the long way."""
