"""Chains in continuous time against what books say of the same systems."""

import math

import pytest

from models.exact.continuous import at_time, chain, long_run, mean, mean_time_s, settling_s
from models.formulas.replication import time_to_loss_s


def mmck(rate, service, servers, room):
    def rates(waiting):
        if waiting < room:
            yield rate, waiting + 1
        if waiting:
            yield min(waiting, servers) * service, waiting - 1

    return rates


@pytest.mark.parametrize(("load", "room"), [(0.5, 4), (0.9, 10), (1.3, 7)])
def test_mm1k_blocks_as_the_formula_says(load, room):
    shares = long_run(0, mmck(load, 1.0, 1, room))
    expected = (1 - load) * load**room / (1 - load ** (room + 1))
    assert shares[room] == pytest.approx(expected, rel=1e-10)
    assert sum(shares.values()) == pytest.approx(1)


def test_mm3_waits_as_erlang_c_says():
    # facts: M/M/3, rate 2.4, service 1: P(wait) .64719101, sojourn 2.0786517.
    shares = long_run(0, mmck(2.4, 1.0, 3, 400))
    assert sum(p for n, p in shares.items() if n >= 3) == pytest.approx(0.64719101, abs=1e-8)
    assert mean(shares, float) / 2.4 == pytest.approx(2.0786517, abs=1e-6)


@pytest.mark.parametrize(("xi", "eta"), [(0.1, 0.5), (0.02, 0.2)])
def test_mm1_with_breakdowns(xi, eta):
    """A server that fails, idle too, and resumes: L from the generating function."""
    arrive, serve, room = 0.5, 1.0, 600

    def rates(state):
        waiting, up = state
        if waiting < room:
            yield arrive, (waiting + 1, up)
        if up:
            yield xi, (waiting, False)
            if waiting:
                yield serve, (waiting - 1, True)
        else:
            yield eta, (waiting, True)

    shares = long_run((0, True), rates)
    works = eta / (xi + eta)
    busy = arrive * (1 + xi / eta)
    expected = (busy + xi * arrive**2 / eta**2) / (serve - busy) + works * xi * arrive / eta**2
    assert mean(shares, lambda state: state[0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("crews", [1, 2])
def test_replicas_that_fail_and_are_repaired(crews):
    fail, repair = 0.01, 0.4

    def rates(failed):
        yield (3 - failed) * fail, failed + 1
        yield min(failed, crews) * repair, failed - 1

    found = mean_time_s(0, rates, lambda failed: failed == 3)
    expected = time_to_loss_s(
        failure_rate_per_s=fail, repair_rate_per_s=repair, replicas=3, crews=crews
    )
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_state_at_a_time():
    shares = at_time("up", lambda state: [(0.3, "down")] if state == "up" else [(0.9, "up")], 1.7)
    expected = 0.75 + 0.25 * math.exp(-1.2 * 1.7)
    assert shares["up"] == pytest.approx(expected, rel=1e-9)


def test_what_may_never_be_reached_takes_for_ever():
    def rates(state):
        return [(1.0, "left"), (1.0, "right")] if state == "start" else []

    assert mean_time_s("start", rates, lambda state: state == "left") == math.inf
    assert mean_time_s("left", rates, lambda state: state == "left") == 0.0


def test_a_chain_with_two_ends_has_no_long_run():
    def rates(state):
        return [(1.0, "left"), (1.0, "right")] if state == "start" else []

    with pytest.raises(ValueError, match="caught in 2 sets of states"):
        long_run("start", rates)


def test_a_chain_that_is_caught_spends_its_time_there():
    shares = long_run(0, lambda state: [(1.0, 1)] if state == 0 else [(2.0, 3 - state)])
    assert shares == {0: 0.0, 1: pytest.approx(0.5), 2: pytest.approx(0.5)}


def test_impossible_rates_are_refused():
    with pytest.raises(ValueError, match=r"the rate 0 -> 1 must be >= 0, got -1"):
        chain(0, lambda _state: [(-1.0, 1)])
    with pytest.raises(ValueError, match="more than 200000 states"):
        chain(0, lambda state: [(1.0, state + 1)])


@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
def test_mm1_remembers_that_it_was_empty_as_long_as_the_formula_says(load):
    # d E[n^2]/dt = l + m - m p0 - 2 (m - l) L(t), from 0 to infinity, gives the integral of
    # L - L(t): (E[n^2] + L) / (2 (m - l)) = L / (m (1 - rho)^2) (own derivation).
    found = settling_s(0, mmck(load, 1.0, 1, 1000), float)
    assert found == pytest.approx(1 / (1 - load) ** 2, rel=1e-6)


def test_what_fades_at_one_rate_is_remembered_for_its_inverse():
    def rates(state):
        return [(0.3, "down")] if state == "up" else [(0.9, "up")]

    assert settling_s("up", rates, lambda state: state == "up") == pytest.approx(1 / 1.2)
    assert settling_s("up", rates, lambda _state: 1) == 0.0
    assert settling_s("up", lambda _state: [], lambda _state: 1) == 0.0


def test_a_beginning_that_never_returns_is_remembered_for_ever():
    def rates(state):
        return [(1.0, 1)] if state == 0 else [(2.0, 3 - state)]

    assert settling_s(0, rates, float) == math.inf


def test_small_shares_are_as_exact_as_large_ones():
    # Of rho = 0.01 the share of 8 is 1e-16 of that of 0, below the rounding of their sum.
    shares = long_run(0, mmck(0.01, 1.0, 1, 10))
    assert shares[8] / shares[0] == pytest.approx(1e-16, rel=1e-9)


@pytest.mark.parametrize(("replicas", "crews"), [(2, 1), (3, 1), (3, 2)])
def test_the_loss_of_a_year_is_that_of_a_constant_rate(replicas, crews):
    # facts 3.8: annual loss 1 - e^(-8766 h / MTTDL), which forgets that all are whole at first.
    fail, repair, year_h = 1e-3, 1 / 24, 8766.0

    def rates(failed):
        if failed < replicas:  # what is lost stays lost
            yield (replicas - failed) * fail, failed + 1
            yield min(failed, crews) * repair, failed - 1

    mean_h = time_to_loss_s(
        failure_rate_per_s=fail, repair_rate_per_s=repair, replicas=replicas, crews=crews
    )
    lost = at_time(0, rates, year_h)[replicas]
    assert lost == pytest.approx(-math.expm1(-year_h / mean_h), rel=3 * 24 / year_h)
