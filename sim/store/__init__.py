"""Results on disk: each in a folder of its own, whole or still growing, never half-written.

A run keeps its pieces as they are done (`sim.store.pieces`), so that it can be stopped at any
moment and goes on where it was. In the end they become two tables, the points and the replications
(`sim.store.folder`), whose bytes depend on the experiment and the program only: not on the machine,
the workers, or how often it was stopped.
"""

from sim.store.errors import StoreError
from sim.store.finding import find
from sim.store.folder import Folder, open_result, place_of
from sim.store.ledgers import LEDGERS
from sim.store.listing import Listed, listed
from sim.store.manifest import made_with_of

__all__ = [
    "LEDGERS",
    "Folder",
    "Listed",
    "StoreError",
    "find",
    "listed",
    "made_with_of",
    "open_result",
    "place_of",
]
