"""When messages are created: literal times where the luck is given, rates where it is drawn."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest

from models.arrivals import Bursty, Poisson, Regular, Trace
from models.draws import Draws
from models.laws import Constant, Exponential, Uniform
from tests.models.luck import FixedLuck
from tests.models.world import World, producer_options, rows, told

SIGMAS = 4.5


def first(arrivals, count, draws=None, producer="producer 0"):
    times_s = arrivals.times_s(draws or Draws(1, 0), producer)
    return [round(time_s, 9) for time_s in islice(times_s, count)]


def test_poisson_adds_up_its_gaps():
    luck = FixedLuck(times={"producer 0.gap": {(0, 0): 0.5, (1, 0): 2.0, (2, 0): 0.25}})
    assert first(Poisson(4.0), 4, luck) == [0.5, 2.5, 2.75, 3.0]  # the mean gap from there on


def test_poisson_gaps_are_exponential_with_the_mean_of_the_rate():
    count = 20_000
    gaps_s = np.diff(np.array([0.0, *first(Poisson(5.0), count)]))
    assert gaps_s.mean() == pytest.approx(0.2, abs=SIGMAS * 0.2 / np.sqrt(count))
    # P(gap > 2 means) = exp(-2)
    above, tail = (gaps_s > 0.4).mean(), math.exp(-2)
    assert above == pytest.approx(tail, abs=SIGMAS * math.sqrt(tail * (1 - tail) / count))


def test_poisson_counts_vary_as_much_as_their_mean():
    # Index of dispersion of the counts in 4000 windows of 1 s: 1, with a variance of 2/n.
    at_s = np.array(first(Poisson(5.0), 21_000))
    counts = np.histogram(at_s, bins=4000, range=(0.0, 4000.0))[0]
    assert counts.var(ddof=1) / counts.mean() == pytest.approx(1, abs=SIGMAS * math.sqrt(2 / 4000))


def test_regular_comes_once_every_gap_without_drift():
    assert first(Regular(4.0), 4) == [0.25, 0.5, 0.75, 1.0]
    assert next(islice(Regular(10.0).times_s(Draws(1, 0), "p"), 10**6 - 1, None)) == 100_000.0


def test_bursty_runs_its_clock_only_while_it_is_on():
    # On 0-1, off 1-3, on 3-5, off 5-6, on 6-8. In the clock of the load, messages come at
    # 0.75, 1.25, 2.75, 3.0 and 3.5.
    luck = FixedLuck(
        times={
            "producer 0.gap": {(0, 0): 0.75, (1, 0): 0.5, (2, 0): 1.5, (3, 0): 0.25, (4, 0): 0.5},
            "producer 0.on": {(0, 0): 1.0, (1, 0): 2.0, (2, 0): 2.0},
            "producer 0.off": {(0, 0): 2.0, (1, 0): 1.0},
        }
    )
    bursty = Bursty(on=Exponential(1.0), off=Exponential(1.0), peak_per_s=2.0)
    assert first(bursty, 5, luck) == [0.75, 3.25, 4.75, 5.0, 6.5]


def test_a_gap_may_span_several_silences():
    luck = FixedLuck(times={"producer 0.gap": {(0, 0): 2.5}})
    bursty = Bursty(on=Constant(1.0), off=Constant(9.0), peak_per_s=1.0)
    assert first(bursty, 1, luck) == [20.5]


def test_bursty_has_its_rate_in_the_long_run():
    bursty = Bursty(on=Exponential(2.0), off=Exponential(6.0), peak_per_s=20.0)
    assert bursty.rate_per_s == pytest.approx(5.0)
    count = 20_000
    last_s = first(bursty, count)[-1]
    # Cycles of on and off, 40 messages in each: n cycles have a standard error of about
    # sqrt(var of one cycle / n) / mean. A cycle lasts 8 s +- sqrt(4 + 36) s and brings
    # 40 +- sqrt(40 + 1600) messages; both relative errors together bound that of the rate.
    cycles = count / 40
    relative = math.sqrt(40) / 8 / math.sqrt(cycles) + math.sqrt(1640) / 40 / math.sqrt(cycles)
    assert count / last_s == pytest.approx(5.0, rel=SIGMAS * relative)


def test_bursty_messages_fall_into_the_on_phases_only():
    bursty = Bursty(on=Constant(1.0), off=Constant(3.0), peak_per_s=50.0)
    at_s = np.array(first(bursty, 2000))
    assert (at_s % 4.0 <= 1.0).all()
    # ... and evenly: the mean place in the phase of n uniform times.
    error = 1 / math.sqrt(12 * 2000)
    assert (at_s % 4.0).mean() == pytest.approx(0.5, abs=SIGMAS * error)


def test_a_trace_gives_what_it_holds_and_ends():
    assert first(Trace((0.0, 1.5, 1.5, 4.0)), 9) == [0.0, 1.5, 1.5, 4.0]
    assert math.isnan(Trace((1.0,)).rate_per_s)


def test_a_producer_creates_at_exactly_these_times():
    recorded_s = (0.1, 0.2, 0.30000000000000004, 0.7, 1e6 / 3)
    options = producer_options(arrivals=Trace(recorded_s))
    ledger = World(producer=options, until_s=1e6).run()
    assert ledger.created.times_s().tolist() == list(recorded_s)


def test_producers_have_luck_of_their_own():
    options = producer_options(arrivals=Poisson(1.0))
    ledger = World(producer=options, producers=2, until_s=50.0).run()
    created = told(ledger.created, "producer")
    mine, theirs = ([time_s for _, time_s, who in created if who == index] for index in (0, 1))
    assert mine == first(Poisson(1.0), len(mine), producer="producer 0")
    assert theirs == first(Poisson(1.0), len(theirs), producer="producer 1")
    assert not set(mine) & set(theirs)


def test_creation_depends_on_nothing_else():
    options = producer_options(arrivals=Poisson(3.0), in_flight=1, buffer=3)
    slow = World(producer=options, broker_faults=(), consumers=0, until_s=20.0).run()
    fast = World(producer=producer_options(arrivals=Poisson(3.0)), until_s=20.0).run()
    assert rows(slow.created) == rows(fast.created)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Poisson(0.0), "rate_per_s must be > 0, got 0.0"),
        (lambda: Regular(-1.0), "rate_per_s must be > 0, got -1.0"),
        (
            lambda: Bursty(on=Constant(1.0), off=Constant(1.0), peak_per_s=0.0),
            "peak_per_s must be > 0, got 0.0",
        ),
        (
            lambda: Bursty(on=Constant(0.0), off=Uniform(low_s=0, high_s=1), peak_per_s=1.0),
            "on_mean_s must be > 0, got 0.0",
        ),
        (lambda: Trace(()), "at least one time"),
        (lambda: Trace((-1.0,)), "finite and >= 0"),
        (lambda: Trace((math.inf,)), "finite and >= 0"),
        (lambda: Trace((2.0, 1.0)), "recorded_s must be ascending"),
    ],
)
def test_impossible_arrivals_are_refused(make, error):
    with pytest.raises(ValueError, match=error):
        make()
