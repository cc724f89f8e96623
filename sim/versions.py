"""What a result was made with: a number without it cannot be made again."""

from __future__ import annotations

import platform
from importlib.metadata import version

PACKAGES = ("msgfate", "numpy", "scipy", "simpy")


def versions() -> dict[str, str]:
    """Return the versions of this program, of Python and of what computes."""
    found = {name: version(name) for name in PACKAGES}
    return {"msgfate": found.pop("msgfate"), "python": platform.python_version(), **found}
