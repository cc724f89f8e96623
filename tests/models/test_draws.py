"""Named luck: the same name gives the same number, and no name knows anything of another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from models.draws import BLOCK, Draws
from models.laws import Constant, Exponential, Lognormal, Uniform

N = 20_000
KOLMOGOROV_99_99 = 2.2253  # P(sqrt(n) D > x) = 1e-4 for large n: 2 exp(-2 x²) = 1e-4
SIGMAS = 4.5


def numbers(draw, attempt=1, count=N):
    return np.array([draw(message, attempt) for message in range(count)])


def test_the_order_of_asking_does_not_matter():
    names = [(message, attempt) for message in range(0, 3 * BLOCK, 17) for attempt in (1, 2, 9)]
    ask, ask_again = Draws(7, 3).uniform("link", "loss"), Draws(7, 3).uniform("link", "loss")
    there = {name: ask(*name) for name in names}
    back = {name: ask_again(*name) for name in reversed(names)}
    assert there == back
    assert {name: ask(*name) for name in names} == there  # nor does asking twice


def test_numbers_do_not_change_between_versions():
    # Stored results can be reproduced only as long as these hold.
    ask = Draws(20261119, 0).uniform("publish", "loss")
    assert [ask(0, 1), ask(255, 1), ask(256, 1), ask(0, 2), ask(3 << 32, 1)] == FIRST


FIRST = [
    0.46221160840991204,
    0.8298038651770764,
    0.1120634923920808,
    0.11956042253247123,
    0.22061785248371957,
]


def test_a_forgotten_number_is_made_again_the_same():
    ask = Draws(1, 0).uniform("link", "loss")
    first = [ask(message, 1) for message in (0, 5, BLOCK, 7 * BLOCK + 3)]
    for attempt in range(1, 60):
        for block in range(60):
            ask(block * BLOCK, attempt)
    assert [ask(message, 1) for message in (0, 5, BLOCK, 7 * BLOCK + 3)] == first


@pytest.mark.parametrize(
    "other",
    [
        Draws(2, 0).uniform("link", "loss"),
        Draws(1, 1).uniform("link", "loss"),
        Draws(1, 0).uniform("link", "delay"),
        Draws(1, 0).uniform("knil", "loss"),
    ],
    ids=["seed", "replication", "purpose", "component"],
)
def test_every_part_of_the_name_counts_and_the_rest_is_independent(other):
    mine, theirs = numbers(Draws(1, 0).uniform("link", "loss")), numbers(other)
    assert not np.isclose(mine, theirs, atol=1e-12, rtol=0).any()
    correlation = np.corrcoef(mine, theirs)[0, 1]
    assert abs(correlation) < SIGMAS / np.sqrt(N)


def test_seed_and_replication_cannot_stand_for_one_another():
    first = [Draws(*name).uniform("link", "loss")(0, 1) for name in ((1, 12), (11, 2), (112, 0))]
    assert len(set(first)) == 3


def test_attempts_are_independent():
    ask = Draws(1, 0).uniform("link", "loss")
    attempts = [numbers(ask, attempt) for attempt in (1, 2, 3, 1 | 1 << 31)]
    for one, other in combinations(attempts, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < SIGMAS / np.sqrt(N)


def test_neighbouring_messages_are_independent():
    values = numbers(Draws(1, 0).uniform("link", "loss"))
    for lag in (1, 2, 4, BLOCK):
        correlation = np.corrcoef(values[:-lag], values[lag:])[0, 1]
        assert abs(correlation) < SIGMAS / np.sqrt(N - lag)


def test_numbers_are_uniform_and_never_one():
    values = np.sort(numbers(Draws(1, 0).uniform("link", "loss")))
    assert values[0] >= 0
    assert values[-1] < 1
    assert len(np.unique(values)) == N
    steps = np.arange(N + 1) / N
    distance = max(np.max(steps[1:] - values), np.max(values - steps[:-1]))
    assert np.sqrt(N) * distance < KOLMOGOROV_99_99


def test_numbers_of_one_message_over_many_attempts_are_uniform_too():
    ask = Draws(1, 0).uniform("link", "loss")
    count = 2000
    values = np.sort([ask(17, attempt) for attempt in range(count)])
    steps = np.arange(count + 1) / count
    distance = max(np.max(steps[1:] - values), np.max(values - steps[:-1]))
    assert np.sqrt(count) * distance < KOLMOGOROV_99_99


@pytest.mark.parametrize("probability", [0.001, 0.3, 0.999])
def test_a_coin_falls_as_often_as_it_should(probability):
    tosses = numbers(Draws(1, 0).coin("link", "loss", probability))
    assert set(np.unique(tosses)) == {False, True}
    error = np.sqrt(probability * (1 - probability) / N)
    assert abs(tosses.mean() - probability) < SIGMAS * error


def test_a_coin_that_never_falls_is_none_and_one_that_always_does_is_true():
    assert Draws(1, 0).coin("link", "loss", 0.0) is None
    assert numbers(Draws(1, 0).coin("link", "loss", 1.0), count=1000).all()


def test_more_loss_loses_what_less_loss_lost_and_more():
    little = numbers(Draws(1, 0).coin("link", "loss", 0.1))
    much = numbers(Draws(1, 0).coin("link", "loss", 0.2))
    assert (much | ~little).all()
    assert much.sum() > little.sum()


@pytest.mark.parametrize(
    "law", [Exponential(2.0), Uniform(low_s=1.0, high_s=3.0), Lognormal(median_s=1.0, p99_s=9.0)]
)
def test_a_law_is_followed_with_one_uniform_number_per_time(law):
    times_s = numbers(Draws(1, 0).law("link", "delay", law))
    uniforms = numbers(Draws(1, 0).uniform("link", "delay"))
    assert times_s == pytest.approx(law.quantile(uniforms), rel=1e-12)
    assert law.cdf(times_s) == pytest.approx(uniforms, abs=1e-9)


def test_a_constant_needs_no_luck():
    assert Draws(1, 0).law("link", "delay", Constant(0.25))(3, 4) == 0.25


def test_rows_are_the_same_numbers_in_blocks():
    draws = Draws(1, 0)
    ask = draws.uniform("link", "loss")
    row = draws.uniform_rows("link", "loss").span(2, 3, blocks=2)
    assert row.shape == (2 * BLOCK,)
    assert row.tolist() == [ask(message, 2) for message in range(3 * BLOCK, 5 * BLOCK)]
