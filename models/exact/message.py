"""One message's protocol as an absorbing chain: what its producer believes, what becomes of it.

The chain walks through the attempts of the producer, and then through the deliveries of each copy
that was stored, one copy after the other: their luck is independent. It knows no time: every answer
that is not lost comes before the timeout, and nothing else happens meanwhile. So it is exact where
messages do not meet, in queues or in crashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from models.checks import at_least, probability
from models.exact.chain import absorption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.exact.chain import Number

ACKS = ("auto", "before", "after")
ON_FAILURE = ("requeue", "reject", "ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """All that can happen to one message; probabilities are floats, or fractions for exact ones.

    `attempts` is the number of sends allowed, `deliveries` that of each copy (0: no limit).
    `confirm`: the producer waits for an acknowledgement. `recognises`: the broker drops a repeat.
    `remembers`: the consumer does not work twice on a message that had its effect. `parks`: what is
    given up goes to the dead letters.
    """

    attempts: int = 1
    loss: Number = 0
    ack_loss: Number = 0
    confirm: bool = True
    recognises: bool = False
    ack: str = "after"
    on_failure: str = "requeue"
    deliveries: int = 0
    deliver_loss: Number = 0
    deliver_ack_loss: Number = 0
    failure: Number = 0
    crash_before_effect: Number = 0
    crash_after_effect: Number = 0
    remembers: bool = False
    parks: bool = True

    def __post_init__(self) -> None:
        at_least(1, attempts=self.attempts)
        at_least(0, deliveries=self.deliveries)
        for name in (
            *("loss", "ack_loss", "deliver_loss", "deliver_ack_loss"),
            *("failure", "crash_before_effect", "crash_after_effect"),
        ):
            probability(**{name: float(getattr(self, name))})
        if self.ack not in ACKS or self.on_failure not in ON_FAILURE:
            raise ValueError(
                f"ack must be one of {ACKS} and on_failure one of {ON_FAILURE}, "
                f"got {self.ack!r} and {self.on_failure!r}"
            )


class Stage(NamedTuple):
    """Where the message is: sending (*belief* is empty), or with *copies* still to be delivered.

    *number* counts the attempts so far, or the deliveries of this copy. *effects* are 0, 1, or 2
    for more. *parked*: some copy is.
    """

    belief: str
    number: int
    copies: int
    effects: int
    parked: bool


def outcome_matrix(protocol: Protocol) -> dict[tuple[str, str], Number]:
    """Return the joint probability of belief and fate; pairs that cannot be are left out.

    Raise a ValueError if deliveries may go on for ever.
    """
    found: dict[tuple[str, str], Number] = {}
    ends = absorption(Stage("", 0, 0, 0, False), lambda stage: _steps(protocol, stage))
    for stage, weight in ends.items():
        cell = stage.belief, _fate(stage)
        found[cell] = found.get(cell, 0) + weight
    return found


def _fate(stage: Stage) -> str:
    if stage.effects:
        return "once" if stage.effects == 1 else "duplicated"
    return "dead_lettered" if stage.parked else "lost"


def _steps(protocol: Protocol, stage: Stage) -> Iterator[tuple[Number, Stage]]:
    if not stage.belief:
        yield from _send(protocol, stage)
    elif stage.copies:
        yield from _deliver(protocol, stage)


def _send(protocol: Protocol, stage: Stage) -> Iterator[tuple[Number, Stage]]:
    """Make one attempt."""
    last = stage.number + 1 == protocol.attempts
    arrived = 1 if protocol.recognises else stage.copies + 1
    unheard = "unknown" if not protocol.confirm else "failed" if last else ""
    number = 0 if unheard else stage.number + 1
    loss, ack_loss = protocol.loss, protocol.ack_loss
    yield loss, stage._replace(belief=unheard, number=number)
    there = stage._replace(copies=arrived)
    if not protocol.confirm:
        yield 1 - loss, there._replace(belief=unheard, number=0)
        return
    yield (1 - loss) * ack_loss, there._replace(belief=unheard, number=number)
    yield (1 - loss) * (1 - ack_loss), there._replace(belief="confirmed", number=0)


def _deliver(protocol: Protocol, stage: Stage) -> Iterator[tuple[Number, Stage]]:
    """Make one delivery of the copy whose turn it is."""
    lost = protocol.deliver_loss
    if protocol.ack == "auto":
        for weight, effect, _ in _work(protocol, stage):
            yield (1 - lost) * weight, _gone(stage, effect)
        yield lost, _gone(stage, 0)
        return
    yield lost, _back(protocol, stage, 0)
    heard = 1 - protocol.deliver_ack_loss
    for weight, effect, answer in _work(protocol, stage):
        come = (1 - lost) * weight
        if protocol.ack == "before":
            yield come * heard, _gone(stage, effect)
            yield come * (1 - heard), _back(protocol, stage, effect)
        elif answer == "none":
            yield come, _back(protocol, stage, effect)
        else:
            yield come * heard, _answered(protocol, stage, effect, answer)
            yield come * (1 - heard), _back(protocol, stage, effect)


def _work(protocol: Protocol, stage: Stage) -> Iterator[tuple[Number, int, str]]:
    """Yield how processing may end: its probability, the effects it had, and what is answered."""
    if protocol.remembers and stage.effects:
        yield 1, 0, "done"
        return
    dies, fails = protocol.crash_before_effect, protocol.failure
    unanswered = protocol.on_failure == "ignore"
    yield dies, 0, "none"
    yield (1 - dies) * fails, 0, "none" if unanswered else protocol.on_failure
    works = (1 - dies) * (1 - fails)
    yield works * protocol.crash_after_effect, 1, "none"
    yield works * (1 - protocol.crash_after_effect), 1, "done"


def _answered(protocol: Protocol, stage: Stage, effect: int, answer: str) -> Stage:
    if answer == "requeue":
        return _back(protocol, stage, effect)
    if answer == "reject":
        return _given_up(protocol, stage, effect)
    return _gone(stage, effect)


def _back(protocol: Protocol, stage: Stage, effect: int) -> Stage:
    """Return the copy for another delivery, if it may have one."""
    number = stage.number + 1 if protocol.deliveries else 0
    if protocol.deliveries and number >= protocol.deliveries:
        return _given_up(protocol, stage, effect)
    return stage._replace(number=number, effects=min(2, stage.effects + effect))


def _given_up(protocol: Protocol, stage: Stage, effect: int) -> Stage:
    return _gone(stage, effect)._replace(parked=stage.parked or protocol.parks)


def _gone(stage: Stage, effect: int) -> Stage:
    """Be done with this copy."""
    effects = min(2, stage.effects + effect)
    return stage._replace(number=0, copies=stage.copies - 1, effects=effects)
