"""Latencies in cells: exact at the edges, and where they take few values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.latencies import CUTS, EDGES_S, latencies
from sim.pool import Pool


def alone(times_s):
    return Pool([[latencies(np.asarray(times_s, dtype=np.float64))]])


def test_edges_are_a_hundred_to_a_decade():
    assert len(EDGES_S) == 1401
    np.testing.assert_allclose(EDGES_S[100:] / EDGES_S[:-100], 10.0)


def test_no_edge_is_a_round_number():
    # A constant time of 10 ms, in a simulated clock, is 10 ms up to rounding either way.
    round_s = np.outer([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9], 10.0 ** np.arange(-7, 8)).ravel()
    assert np.abs(EDGES_S[:, None] / round_s - 1.0).min() > 1e-4


def test_counts_up_to_an_edge_are_exact():
    times_s = np.random.default_rng(1).lognormal(-4.0, 1.0, 5000)
    cells = latencies(times_s)
    counts = np.searchsorted(np.sort(times_s), EDGES_S, side="right")
    assert cells.within.tolist() == counts.tolist()
    assert cells.total == 5000


def test_what_never_happened_is_no_latency():
    cells = latencies(np.array([math.nan, 1.0, math.nan]))
    assert cells.total == 1
    assert latencies(np.full(3, math.nan)).total == 0
    assert latencies(np.empty(0)).within.tolist() == [0] * 1401


def test_a_cell_is_a_small_part_of_the_tail_it_begins():
    # All within one edge: only the cuts by rank are left.
    cells = latencies(0.0101 + 1e-6 * np.random.default_rng(1).random(10_000))
    assert len(set(cells.places.tolist())) == 1
    left = 10_000 - np.concatenate([[0], np.cumsum(cells.counts)[:-1]])
    assert (cells.counts <= np.ceil(left / CUTS)).all()
    assert cells.counts[-8:].tolist() == [1] * 8
    assert len(cells.counts) < CUTS * math.log(10_000)


def test_a_million_messages_are_no_more_cells_than_a_thousand_edges_and_a_few():
    times_s = np.random.default_rng(1).lognormal(0.0, 3.0, 200_000)
    assert len(latencies(times_s).counts) < 1500


# ---------------------------------------------------------------- quantiles of the cells


@pytest.mark.parametrize(("share", "expected"), [(0.5, 5.0), (0.9, 9.0), (0.99, 10.0), (0.01, 1.0)])
def test_few_latencies_have_quantiles_among_them(share, expected):
    # 1, 2, … 10: the smallest with at least the share at or below it.
    assert alone(range(1, 11)).quantile(share) == expected


def test_few_values_are_exact():
    pool = alone([0.01] * 990 + [0.11] * 9 + [0.31])
    assert [pool.quantile(share) for share in (0.5, 0.99, 0.991, 0.999, 1.0)] == [
        0.01,
        0.01,
        0.11,
        0.11,
        0.31,
    ]


def test_rounding_of_the_clock_makes_no_values_of_its_own():
    # A constant time, between moments of a clock that has run for up to ten days.
    start_s = np.random.default_rng(1).uniform(0.0, 1e6, 1000)
    times_s = (start_s + 0.001) - start_s
    assert len(set(times_s.tolist())) > 1
    pool = alone(times_s)
    assert {pool.quantile(share) for share in (0.01, 0.5, 0.999)} == {0.001}
    assert pool.before(0.001).tolist() == [0.0]


def test_no_time_is_a_latency_too():
    assert alone([0.0] * 9 + [1e-9]).quantile(0.9) == 0.0


def test_two_values_between_two_edges_are_told_apart():
    # Cells are cut by rank, too, so that only one of them holds both.
    pool = alone([0.0101] * 600 + [0.0102] * 400)
    assert (pool.quantile(0.5), pool.quantile(0.9)) == (0.0101, 0.0102)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
def test_quantiles_of_many_latencies_are_those_of_the_latencies(share):
    times_s = np.random.default_rng(2).exponential(1.0, 20_000)
    whole = float(np.quantile(times_s, share))
    # No farther than three of their neighbours, of so many as there are.
    assert alone(times_s).quantile(share) == pytest.approx(whole, abs=3 / (20_000 * (1.0 - share)))


def test_latencies_of_several_are_one_distribution():
    luck = np.random.default_rng(3)
    rows = [luck.gamma(2.0, scale, 1000) for scale in (1.0, 1.5, 0.5)]
    pool = Pool([[latencies(rows[0]), latencies(rows[1])], [latencies(rows[2])]])
    assert pool.totals.tolist() == [2000.0, 1000.0]
    together = np.concatenate(rows)
    assert pool.quantile(0.9) == pytest.approx(float(np.quantile(together, 0.9)), rel=0.005)
    within = [(row <= 2.0).sum() for row in rows]
    assert pool.within(2.0) == pytest.approx([within[0] + within[1], within[2]], abs=3)


def test_before_a_time_is_without_what_lies_on_it():
    pool = alone([1.0, 2.0, 2.0, 3.0])
    assert pool.within(2.0).tolist() == [3.0]
    assert pool.before(2.0).tolist() == [1.0]


def test_no_latencies_have_no_quantile():
    assert math.isnan(alone([]).quantile(0.5))
