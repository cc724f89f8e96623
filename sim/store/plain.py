"""What pilots have found, as plain data and back: warm-ups, trials, plans, levels.

Numbers are written so that they come back the same to the last digit.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.config.warmup import Source, Warmup
from sim.rare.fitting import Seen
from sim.rare.methods import Method
from sim.rare.pilot import Trial
from sim.rare.plan import Candidates, Coin, Mixture, Plan, Scope
from sim.rare.splitting import Steps

if TYPE_CHECKING:
    from collections.abc import Mapping


def warmup_to(warmup: Warmup | None) -> dict[str, Any] | None:
    """Return *warmup* as plain data."""
    return None if warmup is None else {**asdict(warmup), "source": str(warmup.source)}


def warmup_from(data: Mapping[str, Any] | None) -> Warmup | None:
    """Return the warm-up that *data* is of."""
    return None if data is None else Warmup(**{**data, "source": Source(data["source"])})


def trial_to(trial: Trial) -> dict[str, Any]:
    """Return *trial* as plain data."""
    seen = trial.seen
    return {
        "met": sorted(seen.met),
        "chances": {name: chances.tolist() for name, chances in seen.chances.items()},
        "scores": seen.scores,
        "coins": [list(coins.items()) for coins in seen.coins],
        "waits": seen.waits,
        "together": seen.together,
        "work": trial.work,
        "end_s": trial.end_s,
    }


def trial_from(data: Mapping[str, Any]) -> Trial:
    """Return the trial that *data* is of."""
    seen = Seen(
        met={Coin(*coin) for coin in data["met"]},
        chances={name: np.array(chances) for name, chances in data["chances"].items()},
        scores=list(data["scores"]),
        coins=[{Coin(*coin): (yes, no) for coin, (yes, no) in coins} for coins in data["coins"]],
        waits=list(data["waits"]),
        together=list(data["together"]),
    )
    return Trial(seen, data["work"], data["end_s"])


def steps_to(steps: Steps) -> dict[str, Any]:
    """Return *steps* as plain data."""
    return asdict(steps)


def steps_from(data: Mapping[str, Any]) -> Steps:
    """Return the steps that *data* is of."""
    return Steps(tuple(data["levels"]), tuple(data["branches"]), data["work"], data["replications"])


def method_to(method: Method) -> dict[str, Any]:
    """Return *method* as plain data."""
    plan = method.plan
    told = _plan_to(plan) if isinstance(plan, Plan) else steps_to(plan)
    return {"plan": told, "work": method.work, "replications": method.replications}


def method_from(data: Mapping[str, Any]) -> Method:
    """Return the method that *data* is of."""
    plan = data["plan"]
    made = steps_from(plan) if "levels" in plan else _plan_from(plan)
    return Method(plan=made, work=data["work"], replications=data["replications"])


def _plan_to(plan: Plan) -> dict[str, Any]:
    mixture, candidates = plan.mixture, plan.candidates
    return {
        "scope": str(plan.scope),
        "candidates": [candidates.producers, candidates.first, list(candidates.chances)],
        "shares": list(mixture.shares),
        "coins": [list(tilt.items()) for tilt in mixture.coins],
        "waits": [{name: list(chances) for name, chances in w.items()} for w in mixture.waits],
        "edges_s": list(mixture.edges_s),
    }


def _plan_from(data: Mapping[str, Any]) -> Plan:
    producers, first, chances = data["candidates"]
    mixture = Mixture(
        tuple(data["shares"]),
        tuple({Coin(*coin): chance for coin, chance in tilt} for tilt in data["coins"]),
        tuple({name: tuple(chances) for name, chances in w.items()} for w in data["waits"]),
        tuple(data["edges_s"]),
    )
    return Plan(Scope(data["scope"]), Candidates(producers, first, tuple(chances)), mixture)
