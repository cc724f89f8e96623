"""Two experiments under one seed meet the same luck: what is worse for one message never helps it.

Each family of experiments is free of whatever couples messages, so the claim holds message by
message, not only on the average.
"""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ledger import CRASH_CAUSES
from sim.config import from_mapping
from sim.outcomes import Belief, Fate, judge
from sim.system import simulate
from tests.properties.experiments import backoffs, grid, laws, table

seldom = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
MESSAGES = 40
chance = st.floats(0.0, 0.9)
two_chances = st.tuples(chance, chance).map(sorted)
seeds = st.integers(0, 2**32)

# Nothing but the network and the producer's patience decides.
exchanges = st.fixed_dictionaries(
    {
        "seed": seeds,
        "run": st.just({"messages": MESSAGES, "warmup": 0, "replications": 1}),
        "producer": table(
            arrivals=st.just({"law": "poisson", "rate": 8}),
            timeout=st.sampled_from([0.25, 1]),
            retries=st.integers(0, 4),
            backoff=backoffs,
            deadline=st.sampled_from([None, None, 1.5]),
            in_flight=100_000,
        ),
        "publish": table(
            delay=laws, ack_delay=laws, duplication=st.sampled_from([0, 0.3]), ack_loss=chance
        ),
    }
)


def exchanged(exchange, *, loss=0.3, retries=None, **publish):
    """The outcomes of an exchange with some of its values set; consumers take everything."""
    producer = dict(exchange["producer"])
    if retries is not None:
        producer["retries"] = retries
    return outcomes_of(
        {
            "seed": exchange["seed"],
            "run": exchange["run"],
            "producer": producer,
            "network": {"publish": {**exchange["publish"], "loss": loss, **publish}},
            "broker": {"persistent": False},
            "consumer": {"ack": "auto"},
        }
    )


def outcomes_of(mapping):
    system = simulate(from_mapping(mapping), 0)
    return judge(system.ledger, system.census.measured)


def assert_within(fewer, more):
    """Every message of *fewer* is one of *more*."""
    assert not (fewer & ~more).any()


def confirmed(outcomes):
    return outcomes.belief == Belief.CONFIRMED


def delivered(outcomes):
    return outcomes.effects > 0


@seldom
@given(exchanges, two_chances)
def test_more_loss_delivers_and_confirms_no_other_message(exchange, losses):
    less, more = (exchanged(exchange, loss=loss) for loss in losses)
    assert_within(delivered(more), delivered(less))
    assert_within(confirmed(more), confirmed(less))
    assert (more.sends >= less.sends).all()
    later = more.confirm_latency_s - less.confirm_latency_s
    assert not (later < -1e-9).any()


@seldom
@given(exchanges, two_chances)
def test_more_lost_acknowledgements_confirm_less_and_deliver_more(exchange, losses):
    less, more = (exchanged(exchange, ack_loss=ack_loss) for ack_loss in losses)
    assert_within(confirmed(more), confirmed(less))
    assert_within(delivered(less), delivered(more))
    assert (more.copies >= less.copies).all()
    assert (more.effects >= less.effects).all()


@seldom
@given(exchanges, st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted))
def test_more_retries_lose_no_other_message(exchange, retries):
    fewer, more = (exchanged(exchange, retries=number) for number in retries)
    assert_within(delivered(fewer), delivered(more))
    assert_within(confirmed(fewer), confirmed(more))
    assert (more.sends >= fewer.sends).all()


@seldom
@given(exchanges, two_chances)
def test_more_duplication_takes_nothing_away(exchange, chances):
    less, more = (exchanged(exchange, duplication=chance) for chance in chances)
    assert_within(delivered(less), delivered(more))
    assert_within(confirmed(less), confirmed(more))
    # An earlier answer of a double may spare an attempt, and its copy.
    assert (more.sends <= less.sends).all()


# ---------------------------------------------------------------- deliveries

deliveries = st.fixed_dictionaries(
    {
        "seed": seeds,
        "run": st.just({"messages": MESSAGES, "warmup": 0, "replications": 1}),
        "producer": st.just({"confirm": False, "arrivals": {"law": "poisson", "rate": 8}}),
        "network": st.fixed_dictionaries(
            {"deliver": table(delay=grid, loss=st.sampled_from([0, 0.2]), ack_loss=chance)}
        ),
        "redelivery": table(
            delay=backoffs, dead_letter=st.booleans(), to_other=st.booleans(), ack_timeout=0.75
        ),
        "limit": st.integers(1, 4),
        "instances": st.integers(1, 3),
    }
)


def consumed(case, *, failure=0.3, limit=None, ack_loss=None):
    """The outcomes of deliveries whose acknowledgements are in time, or lost."""
    deliver = {**case["network"]["deliver"], "delay": 0, "ack_delay": 0}
    if ack_loss is not None:
        deliver["ack_loss"] = ack_loss
    return outcomes_of(
        {
            "seed": case["seed"],
            "run": case["run"],
            "producer": case["producer"],
            "network": {"deliver": deliver},
            "broker": {
                "persistent": False,
                "redelivery": {**case["redelivery"], "limit": limit or case["limit"]},
            },
            "consumer": {"failure": failure, "instances": case["instances"], "prefetch": 0},
        }
    )


@seldom
@given(deliveries, two_chances)
def test_more_failure_never_helps_a_message_to_its_effect(case, failures):
    less, more = (consumed(case, failure=failure) for failure in failures)
    assert_within(delivered(more), delivered(less))
    assert (more.deliveries >= less.deliveries).all()
    assert_within(less.parked > 0, more.parked > 0)


@seldom
@given(deliveries, st.tuples(st.integers(1, 5), st.integers(1, 5)).map(sorted))
def test_a_higher_limit_never_takes_an_effect_away(case, limits):
    lower, higher = (consumed(case, limit=limit) for limit in limits)
    assert_within(delivered(lower), delivered(higher))
    assert (higher.effects >= lower.effects).all()
    assert_within(higher.parked > 0, lower.parked > 0)


@seldom
@given(deliveries, two_chances)
def test_more_lost_acknowledgements_make_more_effects(case, losses):
    less, more = (consumed(case, ack_loss=ack_loss) for ack_loss in losses)
    assert (more.effects >= less.effects).all()
    # Who is delivered again had its effect before.
    np.testing.assert_array_equal(delivered(less), delivered(more))


# ---------------------------------------------------------------- disks and crashes

crash_times = st.lists(st.integers(1, 80).map(lambda n: n / 4), min_size=1, max_size=4)


def stored(seed, *, interval=1.0, confirm_when="received", kind="power_loss", at=(10,), lasts=0):
    """The outcomes of messages that wait on a disk while the broker crashes."""
    return outcomes_of(
        {
            "seed": seed,
            "run": {"messages": MESSAGES, "warmup": 0, "replications": 1},
            "producer": {
                "arrivals": {"law": "poisson", "rate": 4},
                "retries": 0,
                "timeout": 30,
                "in_flight": 100_000,
            },
            "broker": {"confirm_when": confirm_when},
            "disk": {"policy": "interval", "interval": interval, "sync": 0, "writeback": "inf"},
            "consumer": {"start": 100},
            "faults": [{"target": "broker", "kind": kind, "at": list(at), "lasts": lasts}],
        }
    )


def crash_lost(outcomes):
    return np.isin(outcomes.cause, CRASH_CAUSES)


@seldom
@given(seeds, crash_times, st.integers(2, 5))
def test_fewer_syncs_lose_more(seed, at, times):
    # Every tick of the longer interval is one of the shorter: both count from each restart.
    often, rarely = (stored(seed, interval=seconds, at=at) for seconds in (0.5, 0.5 * times))
    assert_within(crash_lost(often), crash_lost(rarely))


@seldom
@given(seeds, crash_times)
def test_a_power_loss_takes_all_that_a_process_crash_takes(seed, at):
    process, power = (stored(seed, kind=kind, at=at) for kind in ("process_crash", "power_loss"))
    assert_within(crash_lost(process), crash_lost(power))


@seldom
@given(seeds, crash_times)
def test_a_later_confirm_point_only_keeps_promises_back(seed, at):
    received, written, synced = (
        stored(seed, confirm_when=point, at=at) for point in ("received", "written", "synced")
    )
    assert_within(confirmed(synced), confirmed(written))
    assert_within(confirmed(written), confirmed(received))
    for outcomes in (written, synced):
        np.testing.assert_array_equal(outcomes.fate, received.fate)
    silent = confirmed(synced) & (synced.fate == Fate.LOST)
    assert not silent.any()


@settings(seldom, max_examples=60)
@given(
    st.fixed_dictionaries(
        {
            "seed": seeds,
            "publish": table(delay=laws, loss=chance, duplication=st.sampled_from([0, 0.3])),
            "deliver": table(
                delay=laws, loss=st.sampled_from([0, 0.3]), duplication=st.sampled_from([0, 0.3])
            ),
            "disk": table(
                write=laws,
                sync=laws,
                policy=st.sampled_from(["always", "interval", "count"]),
                interval=0.75,
                count=2,
            ),
            "consumer": table(
                service=laws,
                failure=st.sampled_from([0, 0.3]),
                on_failure=st.sampled_from(["requeue", "ignore"]),
                crash_before_effect=st.sampled_from([0, 0.2]),
                crash_after_effect=st.sampled_from([0, 0.2]),
                prefetch=st.integers(0, 3),
                instances=st.integers(1, 2),
            ),
            "at": crash_times,
            "kind": st.sampled_from(["process_crash", "power_loss"]),
            "lasts": grid,
        }
    )
)
def test_at_least_once_loses_no_confirmed_message(case):
    """Written, synced before the confirm, acknowledged after the effect, given out without end."""
    outcomes = outcomes_of(
        {
            "seed": case["seed"],
            "run": {"messages": 20, "warmup": 0, "replications": 1, "horizon": 60},
            "producer": {"arrivals": {"law": "poisson", "rate": 2}, "timeout": 1, "retries": 3},
            "network": {"publish": case["publish"], "deliver": case["deliver"]},
            "broker": {"confirm_when": "synced", "redelivery": {"ack_timeout": 4, "delay": 0.125}},
            "disk": case["disk"],
            "consumer": case["consumer"],
            "faults": [
                {
                    "target": "broker",
                    "kind": case["kind"],
                    "at": case["at"],
                    "lasts": case["lasts"],
                }
            ],
        }
    )
    assert not (confirmed(outcomes) & (outcomes.fate == Fate.LOST)).any()


@seldom
@given(seeds, chance, laws, st.integers(0, 3), crash_times)
def test_at_most_once_makes_no_effect_twice(seed, loss, delay, prefetch, at):
    """Sent once, acknowledged by being handed over: lost perhaps, but never done twice."""
    outcomes = outcomes_of(
        {
            "seed": seed,
            "run": {"messages": 20, "warmup": 0, "replications": 1, "horizon": 60},
            "producer": {"arrivals": {"law": "poisson", "rate": 2}, "confirm": False},
            "network": {
                "publish": {"delay": delay, "loss": loss},
                "deliver": {"delay": delay, "loss": loss},
            },
            "consumer": {
                "ack": "auto",
                "prefetch": prefetch,
                "service": delay,
                "failure": 0.2,
                "crash_after_effect": 0.2,
            },
            "faults": [{"target": "broker", "kind": "process_crash", "at": at, "lasts": 0.5}],
        }
    )
    assert not (outcomes.fate == Fate.DUPLICATED).any()


# ---------------------------------------------------------------- time

recordings = st.lists(st.integers(0, 40).map(lambda n: n / 4), min_size=1, max_size=15).map(sorted)


def played(seed, times_s, *, scale=1.0, shift_s=0.0):
    """All facts of a busy little world whose times are scaled, then shifted."""

    def seconds(value):
        return value * scale

    def exponential(mean_s):
        return {"law": "exponential", "mean": seconds(mean_s)}

    mapping = {
        "seed": seed,
        "run": {"messages": len(times_s), "warmup": 0},
        "producer": {
            "arrivals": {"law": "trace", "list": [seconds(t) + shift_s for t in times_s]},
            "timeout": seconds(0.5),
            "retries": 3,
            "backoff": {
                "law": "exponential",
                "first": seconds(0.25),
                "cap": seconds(1.0),
                "jitter": "full",
            },
            "deadline": seconds(8.0),
            "in_flight": 3,
        },
        "network": {
            "publish": {"delay": exponential(0.1), "loss": 0.3, "duplication": 0.1},
            "deliver": {"delay": {"law": "uniform", "low": 0, "high": seconds(0.2)}},
        },
        "broker": {"redelivery": {"ack_timeout": seconds(4.0), "limit": 3}, "ttl": seconds(6.0)},
        "disk": {
            "sync": exponential(0.05),
            "policy": "interval",
            "interval": seconds(0.5),
            "writeback": seconds(0.75),
        },
        "consumer": {
            "service": exponential(0.3),
            "failure": 0.2,
            "crash_after_effect": 0.1,
            "restart": seconds(0.5),
        },
        "faults": [
            {
                "target": "broker",
                "kind": "power_loss",
                "at": [seconds(3.25) + shift_s],
                "lasts": seconds(0.5),
            }
        ],
    }
    ledger = simulate(from_mapping(mapping), 0).ledger
    return {name: (facts.messages(), facts.times_s()) for name, facts in ledger.kinds.items()}


@seldom
@given(seeds, recordings, st.sampled_from([0.25, 2.0, 1024.0]))
def test_time_has_no_unit(seed, times_s, scale):
    """Everything twice as slow is the same twice as slow: powers of two lose no digit."""
    plain, slow = played(seed, times_s), played(seed, times_s, scale=scale)
    for name, (messages, at_s) in plain.items():
        np.testing.assert_array_equal(slow[name][0], messages, err_msg=name)
        np.testing.assert_array_equal(slow[name][1], at_s * scale, err_msg=name)


@seldom
@given(seeds, recordings)
def test_what_begins_later_goes_the_same_way_later(seed, times_s):
    shift_s = 16.0  # a multiple of the disk's interval
    plain, later = played(seed, times_s), played(seed, times_s, shift_s=shift_s)
    for name, (messages, at_s) in plain.items():
        np.testing.assert_array_equal(later[name][0], messages, err_msg=name)
        np.testing.assert_allclose(later[name][1], at_s + shift_s, rtol=1e-9, err_msg=name)
