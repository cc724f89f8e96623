"""How a broker of several replicas breaks a guarantee that one machine would keep, or keeps alone.

Who leads next may lack a message, or not know that it has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import CRASH_CAUSES, Cause
from sim.explain.hazards import BROKER_FALLS, REPLICA_FALLS, Hazard
from sim.explain.settings import (
    forgets_none,
    goes_on,
    point,
    promises,
    recognises,
    sends_again,
    written,
)
from sim.explain.weakness import Guarantee, Weakness

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment

    Applies = Callable[[Experiment], bool]

_TOGETHER = BROKER_FALLS - REPLICA_FALLS


def _loss(
    name: str, hazards: set[Hazard] | frozenset[Hazard], applies: Applies, *, why: str, cure: str
) -> Weakness:
    return Weakness(
        name=name,
        guarantee=Guarantee.AT_LEAST_ONCE,
        hazards=frozenset(hazards),
        applies=lambda e: e.broker.replicas > 1 and promises(e) and applies(e),
        causes=frozenset({*CRASH_CAUSES, Cause.FAILOVER}),
        why=why,
        cure=cure,
    )


def _duplicate(
    name: str, hazards: set[Hazard] | frozenset[Hazard], applies: Applies, *, why: str, cure: str
) -> Weakness:
    return Weakness(
        name=name,
        guarantee=Guarantee.AT_MOST_ONCE,
        hazards=frozenset(hazards),
        applies=lambda e: e.broker.replicas > 1 and not forgets_none(e) and applies(e),
        why=why,
        cure=cure,
    )


def _may_be_alone(experiment: Experiment) -> bool:
    """Return whether the leader may be the only one in sync when it confirms."""
    return experiment.broker.confirm_by == "in_sync" and experiment.broker.min_in_sync == 1


def _unclean(experiment: Experiment) -> bool:
    return experiment.broker.unclean_failover and experiment.broker.confirm_by == "in_sync"


def _forgets(experiment: Experiment) -> bool:
    """Return whether the next leader may not know of what has had its effect."""
    broker = experiment.broker
    told_twice = sends_again(experiment) or experiment.network.publish.duplication > 0
    ahead = broker.deliver_when == "stored" or broker.confirm_by == "leader"
    return (
        recognises(experiment)
        and told_twice
        and (ahead or _may_be_alone(experiment) or _unclean(experiment))
    )


def _waits_for_followers(experiment: Experiment) -> bool:
    return sends_again(experiment) and experiment.broker.confirm_by != "leader"


REPLICA_LOSSES = (
    _loss(
        "only the leader has it",
        BROKER_FALLS,
        lambda e: e.broker.confirm_by == "leader",
        why="It is confirmed before any follower has it. If the leader falls, the next one lacks "
        "it, and it is cut from the log.",
        cure='broker.confirm_by = "majority", or "in_sync" with broker.min_in_sync = 2',
    ),
    _loss(
        "alone in sync, without its memory",
        {Hazard.REPLICA_CRASH, Hazard.REPLICA_POWER},
        lambda e: _may_be_alone(e) and point(e) == "received",
        why="When all followers lag behind, the leader confirms alone, and has it in memory only.",
        cure="broker.min_in_sync = 2",
    ),
    _loss(
        "alone in sync, without its page cache",
        {Hazard.REPLICA_POWER},
        lambda e: _may_be_alone(e) and written(e) and point(e) in ("received", "written"),
        why="When all followers lag behind, the leader confirms alone, and has it in its page "
        "cache only.",
        cure="broker.min_in_sync = 2",
    ),
    _loss(
        "alone in sync, without its disk",
        {Hazard.REPLICA_DISK},
        _may_be_alone,
        why="When all followers lag behind, the leader confirms alone, and its disk is the only "
        "one that has it.",
        cure="broker.min_in_sync = 2",
    ),
    _loss(
        "unclean failover",
        BROKER_FALLS,
        lambda e: _unclean(e) and e.broker.min_in_sync == 1,
        why="When all followers lag behind and the leader falls, one of them leads all the same. "
        "What it lacks is cut from the log.",
        cure="broker.unclean_failover = false",
    ),
    _loss(
        "unclean failover of many",
        _TOGETHER,
        lambda e: _unclean(e) and e.broker.min_in_sync > 1,
        why="When all that are in sync have fallen, one that lags behind leads. What it lacks is "
        "cut from the log.",
        cure="broker.unclean_failover = false",
    ),
    _loss(
        "all disks",
        {Hazard.DISK_LOSS},
        written,
        why="What all replicas lose at once is nowhere else.",
        cure="replicas that do not fail together: other racks, other zones",
    ),
)
"""Ways to lose what was confirmed."""

REPLICA_DUPLICATES = (
    _duplicate(
        "acknowledgement not replicated",
        BROKER_FALLS,
        lambda e: not goes_on(e),
        why="The next leader does not know yet that the message was acknowledged: it is back.",
        cure="consumer.dedup = -1",
    ),
    _duplicate(
        "forgotten by the next leader",
        BROKER_FALLS,
        _forgets,
        why="What the next leader lacks it does not know as a repeat either. The message has had "
        "its effect, and a repeat of it is stored again.",
        cure="consumer.dedup = -1",
    ),
    _duplicate(
        "sent again while a follower catches up",
        {Hazard.DISK_TROUBLE, Hazard.SLOW_DISK},
        lambda e: _waits_for_followers(e) and not recognises(e),
        why="A confirmation waits for a follower whose disk does not take the message, longer "
        "than producer.timeout: the producer sends again what was not lost.",
        cure="a longer producer.timeout, or producer.idempotent = true",
    ),
)
"""Ways to have two effects."""
