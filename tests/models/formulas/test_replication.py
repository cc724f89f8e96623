import itertools

import numpy as np
import pytest

from models.formulas.replication import (
    enough_work,
    falls_short_per_s,
    lost_in_windows,
    lost_with_leader,
    time_to_loss_s,
)


def test_what_a_leader_has_alone():
    assert lost_with_leader(arrival_rate_per_s=200.0, lag_s=0.015) == pytest.approx(3.0)


@pytest.mark.parametrize(("replicas", "expected"), [(1, 50.0), (2, 100 / 3), (3, 25.0)])
def test_windows_of_independent_phases(replicas, expected):
    lost = lost_in_windows(arrival_rate_per_s=100.0, interval_s=1.0, replicas=replicas)
    assert lost == pytest.approx(expected)


@pytest.mark.parametrize(("needed", "replicas"), [(1, 1), (1, 3), (2, 3), (3, 3), (3, 5), (0, 4)])
def test_enough_replicas_by_counting_every_state(needed, replicas):
    up = 0.9
    expected = sum(
        np.prod([up if works else 1 - up for works in state])
        for state in itertools.product([True, False], repeat=replicas)
        if sum(state) >= needed
    )
    found = enough_work(availability=up, needed=needed, replicas=replicas)
    assert found == pytest.approx(expected, rel=1e-12)


def test_how_often_and_for_how_long_enough_work():
    # Two of three that are up 9 s and down 1 s: 3 * 2 * .81 * .1 / 9 a second.
    of = {"availability": 0.9, "needed": 2, "replicas": 3}
    often = falls_short_per_s(**of, up_mean_s=9.0)
    assert often == pytest.approx(0.054)
    assert enough_work(**of) / often == pytest.approx(0.972 / 0.054)
    # One that is needed of one is up for its up-time, whatever that is.
    alone = {"availability": 0.9, "needed": 1, "replicas": 1}
    assert enough_work(**alone) / falls_short_per_s(**alone, up_mean_s=9.0) == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("replicas", "crews", "form"),
    [
        (1, 1, lambda f, _r: 1 / f),
        (2, 1, lambda f, r: (3 * f + r) / (2 * f**2)),
        (3, 1, lambda f, r: (11 * f**2 + 4 * f * r + r**2) / (6 * f**3)),
        (3, 2, lambda f, r: (11 * f**2 + 7 * f * r + 2 * r**2) / (6 * f**3)),
    ],
)
def test_time_to_loss_as_in_the_books(replicas, crews, form):
    found = time_to_loss_s(
        failure_rate_per_s=0.01, repair_rate_per_s=0.5, replicas=replicas, crews=crews
    )
    assert found == pytest.approx(form(0.01, 0.5), rel=1e-12)


def test_time_to_loss_by_the_generator_of_the_chain():
    fail, repair, replicas, crews = 0.02, 0.3, 5, 2
    generator = np.zeros((replicas, replicas))  # by the number that has failed
    for failed in range(replicas):
        up, down = (replicas - failed) * fail, min(failed, crews) * repair
        generator[failed, failed] = -up - down
        if failed + 1 < replicas:
            generator[failed, failed + 1] = up
        if failed:
            generator[failed, failed - 1] = down
    expected = np.linalg.solve(-generator, np.ones(replicas))[0]
    found = time_to_loss_s(
        failure_rate_per_s=fail, repair_rate_per_s=repair, replicas=replicas, crews=crews
    )
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: lost_with_leader(arrival_rate_per_s=-1.0, lag_s=1.0), "arrival_rate_per_s"),
        (lambda: enough_work(availability=1.5, needed=1, replicas=1), "availability"),
        (
            lambda: falls_short_per_s(availability=0.5, needed=0, replicas=1, up_mean_s=1.0),
            "needed",
        ),
        (
            lambda: time_to_loss_s(failure_rate_per_s=0.0, repair_rate_per_s=1.0, replicas=2),
            "failure_rate_per_s",
        ),
    ],
)
def test_impossible_arguments_are_named(call, line):
    with pytest.raises(ValueError, match=line):
        call()
