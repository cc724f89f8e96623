"""Whether processing raises: by chance, or because of the message itself.

A delivery fails by its own luck (`failure`). A poison message (`poison`) fails whenever it is
processed, whoever does it: it is malformed, or names what does not exist. So its luck is the
message's, one coin for all its deliveries and for every consumer group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.consumer.options import ConsumerOptions
    from models.draws import Draw, Draws


def failures(draws: Draws, name: str, options: ConsumerOptions) -> Draw[bool] | None:
    """Return what tells of (message, delivery) whether processing raises; None if it never does.

    *name* names the luck of the deliveries.
    """
    fails = draws.coin(name, "failure", options.failure)
    poisoned = draws.coin("message", "poison", options.poison)
    if poisoned is None:
        return fails
    if fails is None:
        return lambda message, _delivery: poisoned(message, 0)
    return lambda message, delivery: poisoned(message, 0) or fails(message, delivery)
