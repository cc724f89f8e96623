"""The retry protocol played out literally, as a second route to its formulas."""

import math
from typing import NamedTuple


class Played(NamedTuple):
    confirmed_s: float  # inf: given up
    sends: int
    copies: int
    acks: int  # that arrive, in time or not
    first_copy_s: float


def play(attempts, pauses_s, *, timeout_s, deadline_s=math.inf):
    """Play one message; each attempt is (way there, way back) in s, inf where that way loses it."""
    sent_s = 0.0
    confirmed_s = first_copy_s = math.inf
    sends = copies = acks = 0
    end_s = deadline_s
    for number, (there_s, back_s) in enumerate(attempts):
        if sent_s >= min(confirmed_s, deadline_s):
            break
        sends += 1
        if math.isfinite(there_s):
            copies += 1
            first_copy_s = min(first_copy_s, sent_s + there_s)
            if math.isfinite(back_s):
                acks += 1
                confirmed_s = min(confirmed_s, sent_s + there_s + back_s)
        if number + 1 == len(attempts):
            end_s = min(deadline_s, sent_s + timeout_s)
        else:
            sent_s += timeout_s + pauses_s[number]
    if confirmed_s > end_s:
        confirmed_s = math.inf
    return Played(confirmed_s, sends, copies, acks, first_copy_s)
