"""The queue that breaks down: against closed forms, and against its own balance of flows."""

from __future__ import annotations

import math
from functools import partial

import pytest

from models.exact.continuous import long_run, mean
from models.exact.queue import steady
from models.exact.station import EMPTY, Station, moves
from models.formulas.queue_variants import breakdowns
from models.formulas.queueing import mm1k, mmc

FALLS = {"falls": 0.1, "rises": 0.4}
MORTAL = {"mortal": 1, "breakdowns": 0.2, "repairs": 0.5}


def test_three_servers_as_erlang_c_says():
    # facts 3.7: M/M/3, rate 2.4, service 1: sojourn 2.0786517.
    found = steady(Station(arrivals=2.4, service=1.0, consumers=3))
    assert found.number / 2.4 == pytest.approx(2.0786517, abs=5e-8)
    assert (found.lost, found.throughput_per_s) == (0.0, 2.4)
    two_by_two = steady(Station(arrivals=2.4, service=1.0, consumers=2, hands=2))
    form = mmc(arrival_rate_per_s=2.4, service_mean_s=1.0, servers=4)
    assert two_by_two.number == pytest.approx(form.number, rel=1e-9)


@pytest.mark.parametrize("load", [0.8, 1.0, 2.0])
def test_one_server_and_a_bound_as_the_formula_says(load):
    # facts 3.7: P_K = (1 - rho) rho^K / (1 - rho^(K + 1)).
    found = steady(Station(arrivals=load, service=1.0, room=3))
    form = mm1k(arrival_rate_per_s=load, service_mean_s=1.0, capacity=4)
    assert found.number == pytest.approx(form.number, rel=1e-12)
    assert found.lost == pytest.approx(form.blocked, rel=1e-12)
    assert found.throughput_per_s == pytest.approx(load * (1 - form.blocked), rel=1e-12)


def test_several_servers_and_a_bound_by_weights():
    # M/M/c/K: the weight of n is a^n / n! up to c, and then falls by a/c (Kleinrock, section 3.8).
    a, servers, room = 2.5, 3, 4
    weights = [a**n / math.factorial(min(n, servers)) for n in range(servers + room + 1)]
    weights = [w / servers ** max(0, n - servers) for n, w in enumerate(weights)]
    found = steady(Station(arrivals=a, service=1.0, consumers=3, room=room))
    assert found.lost == pytest.approx(weights[-1] / sum(weights), rel=1e-12)
    number = sum(n * w for n, w in enumerate(weights)) / sum(weights)
    assert found.number == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(("up_s", "repair_s"), [(10.0, 2.0), (50.0, 5.0)])
def test_breakdowns_as_the_generating_function_says(up_s, repair_s):
    # facts 3.7: L = (l (1 + xi/eta) + xi l^2/eta^2)/(mu - l (1 + xi/eta)) + A xi l/eta^2.
    rates = {"mortal": 1, "breakdowns": 1 / up_s, "repairs": 1 / repair_s}
    found = steady(Station(arrivals=0.5, service=1.0, **rates))
    form = breakdowns(
        arrival_rate_per_s=0.5, service_mean_s=1.0, up_mean_s=up_s, repair_mean_s=repair_s
    )
    assert found.number == pytest.approx(form.number, rel=1e-8)
    assert found.breakdowns_per_s == pytest.approx(1 / (up_s + repair_s))


def test_failures_are_slower_work():
    # facts 3.7: feedback r = .2, l = .5, mu = 1: sojourn 3.3333333.
    found = steady(Station(arrivals=0.5, service=1.0, failure=0.2))
    assert found.number / 0.5 == pytest.approx(3.3333333, abs=5e-8)


def test_all_consumers_at_once_are_one_with_as_many_hands():
    rates = {"breakdowns": 0.1, "repairs": 0.3}
    together = Station(
        arrivals=2.0, service=1.0, consumers=3, room=5, mortal=3, together=True, **rates
    )
    one = Station(arrivals=2.0, service=1.0, hands=3, room=5, mortal=1, **rates)
    assert steady(together).number == pytest.approx(steady(one).number, rel=1e-12)
    apart = Station(arrivals=2.0, service=1.0, consumers=3, room=5, mortal=3, **rates)
    assert steady(apart).lost < steady(together).lost


EVERY_WAY = [
    Station(arrivals=2.0, service=1.0, consumers=3, room=2, **MORTAL | {"mortal": 3}),
    Station(arrivals=2.0, service=1.0, failure=0.3, hands=3, room=2, **MORTAL, **FALLS),
    Station(arrivals=2.0, service=1.0, failure=0.3, hands=3, room=2, **FALLS, keeps=False),
    Station(arrivals=2.0, service=1.0, failure=0.3, hands=2, **MORTAL, **FALLS, keeps=False),
    Station(arrivals=0.4, service=1.0, **MORTAL, **FALLS),
]


@pytest.mark.parametrize("station", EVERY_WAY, ids=range(len(EVERY_WAY)))
def test_what_comes_in_goes_out(station):
    """Messages taken in are done, or in the broker when it forgets; L counts what is there."""
    edge = 400 if station.room is None else station.room + station.consumers * station.hands
    shares = long_run(EMPTY, partial(moves, station, edge))
    taken = station.arrivals * mean(shares, station.takes)
    done = station.service * (1 - station.failure) * mean(shares, station.at_work)
    there = 0.0 if station.keeps else mean(shares, lambda s: s.open * s.held) * station.falls
    assert taken == pytest.approx(done + there, rel=1e-9)
    found = steady(station)
    assert found.refused == pytest.approx(1 - taken / station.arrivals, rel=1e-9)
    assert found.throughput_per_s == pytest.approx(station.arrivals * (1 - found.lost))
    if station.keeps:
        assert found.throughput_per_s == pytest.approx(done, rel=1e-9)
    else:
        # Some of what was forgotten was worked on, and has its effect all the same.
        assert done < found.throughput_per_s < done + there


def test_the_broker_is_up_as_often_as_it_is_whoever_works():
    found = steady(Station(arrivals=0.4, service=1.0, **FALLS))
    assert found.refused == pytest.approx(0.1 / 0.5)
    assert found.falls_per_s == pytest.approx(1 / (10 + 2.5))


def test_a_queue_that_grows_for_ever_is_not_written_down():
    assert steady(Station(arrivals=1.0, service=1.0)) is None
    # Up five sevenths of the time, it does .714 a second.
    assert steady(Station(arrivals=0.72, service=1.0, **MORTAL)) is None
    assert steady(Station(arrivals=0.68, service=1.0, **MORTAL)) is not None
    # What begins anew now and then never grows for ever.
    assert steady(Station(arrivals=1.5, service=1.0, **FALLS, keeps=False)) is not None
    # Outages of an hour at 100/s: there is a steady state, of too many messages.
    rare = {"mortal": 1, "breakdowns": 1e-6, "repairs": 1 / 3600}
    assert steady(Station(arrivals=100.0, service=1000.0, **rare)) is None
    assert steady(Station(arrivals=1.0, service=1.0, room=1_000_000)) is None
    many = {"consumers": 200, "mortal": 200, "breakdowns": 0.1, "repairs": 1.0}
    assert steady(Station(arrivals=1.0, service=1.0, **many)) is None


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"arrivals": 0.0}, "arrivals must be > 0"),
        ({"room": 0}, "room must be >= 1"),
        ({"mortal": 2}, "mortal must be <= consumers = 1, got 2"),
        ({"mortal": 1}, "breakdowns must be > 0"),
        ({"falls": 0.1}, "rises must be > 0"),
        ({"falls": 0.1, "rises": 1.0, "consumers": 2}, "consumers must be 1 if the broker falls"),
    ],
)
def test_impossible_stations_are_refused(wrong, line):
    with pytest.raises(ValueError, match=line):
        Station(**{"arrivals": 1.0, "service": 1.0, **wrong})
