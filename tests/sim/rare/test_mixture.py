"""The cross-entropy fit finds the tilts that made the events."""

from __future__ import annotations

import numpy as np
import pytest

from sim.rare.mixture import LARGEST, Events, Fit, densities, fit

RARE = np.array([0.03, 0.97])


def coin_counts(hits, misses):
    return np.stack([hits, misses], axis=1).astype(float)


def test_what_every_event_needs_becomes_almost_certain():
    events = Events(np.ones(200), [coin_counts(np.full(200, 4), np.zeros(200))], [RARE])
    start = Fit(np.array([0.5, 0.5]), [np.array([[0.5, 0.5]])])
    found = fit(start, events, 0.1)
    assert found.chances[0][0, 0] == pytest.approx(LARGEST)
    assert found.shares[0] == pytest.approx(0.1)


def test_two_causes_get_a_component_each():
    first, second = np.repeat([4, 0], 100), np.repeat([0, 4], 100)
    events = Events(
        np.ones(200),
        [coin_counts(first, 4 - first), coin_counts(second, 4 - second)],
        [RARE, RARE],
    )
    both, one, other = ([0.5, 0.5], [0.5, 0.5]), ([0.5, 0.5], RARE), (RARE, [0.5, 0.5])
    chances = [np.array([tilt[j] for tilt in (both, one, other)]) for j in range(2)]
    found = fit(Fit(np.array([0.4, 0.2, 0.2, 0.2]), chances), events, 0.1)
    heavy = [
        (found.chances[0][k, 0], found.chances[1][k, 0])
        for k in np.flatnonzero(found.shares[1:] > 0.2)
    ]
    assert len(heavy) == 2
    assert sorted(round(max(pair), 2) for pair in heavy) == [0.95, 0.95]
    assert all(min(pair) < 0.05 for pair in heavy)


def test_what_plays_no_part_stays_as_it_is():
    rng = np.random.default_rng(1)
    idle = rng.random(2000) < 0.03
    events = Events(
        np.ones(2000),
        [coin_counts(np.full(2000, 2), np.zeros(2000)), coin_counts(idle, ~idle)],
        [RARE, RARE],
    )
    start = Fit(np.array([0.5, 0.5]), [np.array([[0.5, 0.5]])] * 2)
    found = fit(start, events, 0.1)
    assert found.chances[1][0, 0] == pytest.approx(0.03, abs=4 * np.sqrt(0.03 / 2000))


def test_what_was_hardly_ever_tossed_stays_as_it_is():
    hits = np.zeros(500)
    hits[0] = 1
    events = Events(
        np.ones(500),
        [coin_counts(np.full(500, 2), np.zeros(500)), coin_counts(hits, np.zeros(500))],
        [RARE, RARE],
    )
    start = Fit(np.array([0.5, 0.5]), [np.array([[0.5, 0.5]])] * 2)
    assert fit(start, events, 0.1).chances[1][0, 0] < 0.25


def test_weights_count():
    hits = np.array([1.0, 0.0])
    events = Events(np.array([3.0, 1.0]), [coin_counts(hits, 1 - hits)], [np.array([0.5, 0.5])])
    start = Fit(np.array([1e-9, 1.0]), [np.array([[0.5, 0.5]])])
    assert fit(start, events, 0.0).chances[0][0, 0] == pytest.approx(0.75, abs=0.01)


def test_the_density_is_that_of_the_draws():
    events = Events(np.ones(1), [np.array([[2.0, 1.0]])], [np.array([0.2, 0.8])])
    mixture = Fit(np.array([0.5, 0.5]), [np.array([[0.6, 0.4]])])
    own, runs = densities(mixture, events)
    assert own == pytest.approx(np.array([[3**2 * 0.5]]))
    assert runs == pytest.approx(np.array([[1.0]]))


def test_a_cause_of_the_run_and_one_of_a_message_get_a_tilt_each():
    """Half of the events need a fault, half need a message's coins; ten messages share a run."""
    fault = np.repeat([1, 0], 100)
    coins = np.repeat([0, 4], 100)
    rare_fault = np.array([1e-6, 1 - 1e-6])
    events = Events(
        np.ones(200),
        [coin_counts(coins, 4 - coins), coin_counts(fault, 1 - fault)],
        [RARE, rare_fault],
        size=10,
        runs=1,
    )
    chances = [
        np.array([[0.5, 0.5], RARE, [0.5, 0.5]]),
        np.array([[0.9, 0.1], [0.9, 0.1], rare_fault]),
    ]
    found = fit(Fit(np.array([0.4, 0.2, 0.2, 0.2]), chances), events, 0.1)
    tilts = [
        (found.chances[0][k, 0] > 0.5, found.chances[1][k, 0] > 0.5)
        for k in np.flatnonzero(found.shares[1:] > 0.2)
    ]
    assert sorted(tilts) == [(False, True), (True, False)]


@pytest.mark.parametrize(("runs", "together"), [(5, 1), (5, 40), (200, 1)])
def test_no_piece_of_a_run_is_left_out_that_few_runs_speak_against(runs, together):
    nominal = np.array([0.001] * 8 + [0.992])
    events = runs * together
    seen = np.zeros((events, 9))
    seen[:, 2] = 1.0
    start = Fit(np.array([0.5, 0.5]), [np.array([[0.1] * 8 + [0.2]])])
    told = Events(np.ones(events), [seen], [nominal], together=np.full(events, float(together)))
    found = fit(start, told, 0.1)
    inside = found.chances[0][0, :-1]
    assert found.chances[0][0].sum() == pytest.approx(1.0)
    # One run more for each of eight pieces: however many messages a run has lost.
    assert inside.min() == pytest.approx(inside.sum() / (runs + 8), rel=0.02)
    assert inside[2] == pytest.approx(inside.sum() * (runs + 1) / (runs + 8), rel=0.02)
