"""A bus keeps its events in the memory of its process, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from models.ledger import Cause

if TYPE_CHECKING:
    from models.broker import BrokerOptions


def in_memory(options: BrokerOptions) -> BrokerOptions:
    """Return *options* as a bus has them: nothing is written, and nothing is timed.

    A handler's error that is swallowed (`OnFailure.SWALLOW`) loses the event: `handler_error`.
    """
    return replace(
        options,
        durable=False,
        persistent=False,
        in_vain=Cause.HANDLER_ERROR,
        redelivery=replace(options.redelivery, ack_timeout_s=math.inf, on_disconnect=True),
    )
