"""What is kept of one replication with tilted luck: sums, each publication weighed.

Only what is decided message by message is weighed here: shares, numbers per message, and losses per
crash. Times and loads belong to everyday operation, and are taken from plain replications.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.ledger import Cause
from sim.measures import MEASURES
from sim.outcomes import judge, observe
from sim.rare.luck import RareDraws
from sim.rare.plan import Scope
from sim.rare.weights import names, of_messages
from sim.system import System

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.config import Experiment
    from sim.outcomes import Outcomes
    from sim.rare.plan import Floats, Plan
    from sim.rare.weights import Keys

WEIGHED = tuple(name for name, measure in MEASURES.items() if measure.each and not measure.unit)
"""The estimates that are weighed publication by publication."""

ALONE = frozenset(WEIGHED) - {"out_of_order"}
"""Those that a message's own luck decides, where nothing couples messages."""


class Sums(NamedTuple):
    """Sums over the blocks of a replication, each weighed as one.

    `numerator` and `denominator` are weighed sums of the parts of an estimate, `plain` is the
    denominator as it is. `xx`, `xy`, `yy` are weighed sums of squares and products over blocks: the
    second moments that plain luck has. `largest` is the largest weighed numerator of a block,
    `squares` the sum of their squares, `events` how many there were at all.
    """

    numerator: float
    denominator: float
    plain: float
    xx: float
    xy: float
    yy: float
    largest: float
    squares: float
    events: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RareSample:
    """One replication: `sums` of each estimate, `causes` of loss weighed, shape (causes,).

    `weights` are their number, sum and sum of squares over blocks; `work` is how many facts the
    ledger had, which is what a replication costs.
    """

    replication: int
    messages: int
    sums: dict[str, Sums]
    causes: Floats
    weights: tuple[int, float, float]
    work: int


@dataclass(frozen=True, slots=True)
class Played:
    """One replication with tilted luck, before anything is summed."""

    luck: RareDraws
    outcomes: Outcomes
    keys: Keys
    weights: Floats
    ledger: Ledger
    measured: range
    end_s: float


def play(experiment: Experiment, replication: int, plan: Plan) -> Played:
    """Play replication *replication* with luck that is tilted as *plan* says."""
    luck = RareDraws(experiment.seed, replication, plan)
    system = System(experiment, replication, draws=luck)
    system.run()
    ledger, measured = system.ledger, system.census.measured
    keys = names(ledger, measured)
    return Played(
        luck=luck,
        outcomes=judge(ledger, measured),
        keys=np.tile(keys, len(ledger.groups)),
        weights=np.tile(of_messages(plan, luck, keys), len(ledger.groups)),
        ledger=ledger,
        measured=measured,
        end_s=system.now_s,
    )


def replicate(experiment: Experiment, replication: int, plan: Plan) -> RareSample:
    """Return what is kept of replication *replication* with luck tilted as *plan* says."""
    played = play(experiment, replication, plan)
    outcomes = played.outcomes
    weights = played.weights
    blocks = _blocks(plan.scope, played)
    sums = {
        name: _sums(*_parts(name, outcomes), weights, blocks)
        for name in WEIGHED
        if plan.scope is Scope.RUN or name in ALONE
    }
    if plan.scope is Scope.RUN:
        sums["lost_per_crash"] = _of_crashes(experiment, played, weights)
    lost = outcomes.cause >= 0
    causes = np.bincount(outcomes.cause[lost], weights=weights[lost], minlength=len(Cause))
    of_blocks = weights if blocks is None else _first(weights, blocks)
    return RareSample(
        replication=replication,
        messages=len(outcomes),
        sums=sums,
        causes=causes.astype(np.float64),
        weights=(len(of_blocks), float(of_blocks.sum()), float(of_blocks @ of_blocks)),
        work=work(played.ledger),
    )


def work(ledger: Ledger) -> int:
    """Return how many facts *ledger* has: what it took to play it, whatever the machine."""
    kinds = ("created", "sent", "arrived", "stored", "synced", "delivered", "effected", "removed")
    books = {id(book): book for book in (ledger, *ledger.groups)}.values()
    return sum(len(getattr(book, kind)) for book in books for kind in kinds)


def _parts(name: str, outcomes: Outcomes) -> tuple[Floats, Floats]:
    each = MEASURES[name].each
    if each is None:
        raise ValueError(f"{name} is not of single publications")
    numerator, denominator = each(outcomes)
    return numerator.astype(np.float64), denominator.astype(np.float64)


def _blocks(scope: Scope, played: Played) -> Keys | None:
    """Return of each publication which block it is of, 0, 1, …; None if each is one of its own."""
    if scope is Scope.RUN:
        return np.zeros(len(played.keys), dtype=np.int64)
    if scope is Scope.MESSAGE and len(played.ledger.groups) == 1:
        return None
    owners = played.keys >> 32 if scope is Scope.PRODUCER else played.keys
    blocks: Keys = np.unique(owners, return_inverse=True)[1]
    return blocks


def _first(weights: Floats, blocks: Keys) -> Floats:
    """Return the weight of each block, which is that of any of its publications."""
    of_blocks = np.zeros(int(blocks.max(initial=-1)) + 1)
    of_blocks[blocks] = weights
    return of_blocks


def _sums(x: Floats, y: Floats, weights: Floats, blocks: Keys | None) -> Sums:
    plain, total_x, total_y = float(y.sum()), float(weights @ x), float(weights @ y)
    if blocks is not None:
        weights = _first(weights, blocks)
        x = np.bincount(blocks, weights=x, minlength=len(weights)).astype(np.float64)
        y = np.bincount(blocks, weights=y, minlength=len(weights)).astype(np.float64)
    weighed = weights * x
    return Sums(
        numerator=total_x,
        denominator=total_y,
        plain=plain,
        xx=float(weighed @ x),
        xy=float(weighed @ y),
        yy=float((weights * y) @ y),
        largest=float(np.abs(weighed).max(initial=0.0)),
        squares=float(weighed @ weighed),
        events=float(np.count_nonzero(x)),
    )


def _of_crashes(experiment: Experiment, played: Played, weights: Floats) -> Sums:
    load = observe(played.ledger, played.measured, experiment.run.warmup_s)
    x, y = MEASURES["lost_per_crash"].parts(played.outcomes, load)
    weight = weights[:1] if len(weights) else np.ones(1)
    return _sums(np.array([x]), np.array([y]), weight, np.zeros(1, dtype=np.int64))
