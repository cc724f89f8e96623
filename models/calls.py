"""Things that happen at a time: the cheapest event a SimPy environment can carry.

A `Call` is scheduled, happens once, and may then be scheduled again for something
else. So a packet is its own arrival, a delivery is its own end of processing, and
no further object or process is made for either. The fewer events a message costs,
the faster the run; these cost about half of a `simpy.Timeout`.

Same instant: SimPy runs events of one time by priority, then in the order in which
they were scheduled. What the priorities here say of an instant, first to last:

| priority | what happens |
|---|---|
| SimPy's `URGENT` | a disk begins a sync: what is written now waits for the next one |
| `NORMAL` | all that is not named below: work ends, answers come, faults strike |
| `ARRIVAL` + row | packets reach the broker, in the order of their messages |
| `DEADLINE` | messages are given up, too late to be confirmed |
| `TIMEOUT` + producer | producers stop waiting for an answer: one that comes now is in time |
| `LATE` | the broker's timers end: an acknowledgement that comes now is in time |
| `END` | the run ends: whatever else happens now still belongs to it |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy.events import NORMAL, EventPriority

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    # A call is scheduled like an event, but nothing ever waits for it: it needs the two
    # attributes that `Environment.step` reads, and not the dictionary of an `Event`.
    Base = simpy.Event
else:
    Base = object

__all__ = ["ARRIVAL", "DEADLINE", "END", "LATE", "NORMAL", "TIMEOUT", "Call", "at", "at_end", "put"]

# Plain numbers where a row or an index is added: making each sum an `EventPriority` takes time.
ARRIVAL: Any = 2
DEADLINE = EventPriority(1 << 32)  # above every row
TIMEOUT: Any = DEADLINE + 1
LATE = EventPriority(1 << 33)  # above every producer
END = EventPriority(1 << 34)


class Call(Base):
    """One happening: `callbacks` holds the one function to call, which gets the call itself.

    Set `callbacks` to a tuple of one function, then `env.schedule(call, NORMAL, delay_s)`.
    """

    __slots__ = ("callbacks",)
    _ok = True  # read by Environment.step: a call cannot fail
    callbacks: tuple[Callable[..., None]]  # type: ignore[assignment]  # SimPy's own is a list, to which waiters are added

    def __init__(self, function: Callable[..., None]) -> None:
        self.callbacks = (function,)


def at(
    env: simpy.Environment,
    time_s: float,
    function: Callable[[Call], None],
    priority: EventPriority = NORMAL,
) -> None:
    """Call *function* once, at exactly *time_s* (seconds; at once if that has passed)."""
    put(env, Call(function), time_s, priority)


def put(env: simpy.Environment, call: Call, time_s: float, priority: EventPriority) -> None:
    """Schedule *call* for exactly *time_s* (seconds; at once if that has passed)."""
    now = env.now
    delay_s = max(0.0, time_s - now)
    if now + delay_s == time_s or delay_s == 0.0:
        env.schedule(call, priority, delay_s)
    else:
        # The sum is rounded away from the time. From half way on it is exact: a difference of two
        # numbers within a factor of two of each other always is (P. H. Sterbenz, 1974).
        half_way = Call(lambda _call: put(env, call, time_s, priority))
        env.schedule(half_way, NORMAL, delay_s / 2)


def at_end(env: simpy.Environment, function: Callable[[], None]) -> None:
    """Call *function* when everything else of this instant has happened."""
    env.schedule(Call(lambda _call: function()), END)
