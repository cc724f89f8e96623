"""A run without the garbage collector.

Messages, copies and deliveries hold one another in chains, never in rings, so that each is freed
the moment the last one lets go of it. The collector has nothing to find among them, and would only
walk again and again over everything else that is alive. Nothing else changes.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector of the process, if it is on."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
