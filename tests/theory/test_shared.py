"""The shared check can fail, both ways."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.theory.shared import FALSE_ALARM, Coins, Mean, assert_agrees, mean, ratio


def test_coins_that_fit_pass_and_others_do_not():
    observed = Coins(events=5000, trials=10_000)
    assert_agrees(observed, 0.5, notice=0.1)
    with pytest.raises(AssertionError, match=r"predicted 0\.53"):
        assert_agrees(observed, 0.53, notice=0.1)


def test_too_few_coins_are_refused_though_they_fit():
    with pytest.raises(AssertionError, match="an error of 10% is seen with"):
        assert_agrees(Coins(events=50, trials=100), 0.5, notice=0.1)


def test_rare_coins_are_measured_by_their_rarity():
    # An error of a tenth of 0.9999 would be seen at once; a tenth of 1e-4 is not.
    with pytest.raises(AssertionError, match="an error of 10% is seen with"):
        assert_agrees(Coins(events=99_990, trials=100_000), 0.9999, notice=0.1)


def test_false_alarms_of_coins_are_as_rare_as_promised():
    law = stats.binom(200, 0.3)
    alarming = [k for k in range(201) if Coins(events=k, trials=200).is_alarming(0.3)]
    assert 0.5 * FALSE_ALARM < law.pmf(alarming).sum() <= FALSE_ALARM


def test_the_power_of_coins_is_the_chance_of_an_alarm():
    law = stats.binom(200, 0.36)
    alarming = [k for k in range(201) if Coins(events=k, trials=200).is_alarming(0.3)]
    # Down is the other side; the lesser of the two counts.
    down = stats.binom(200, 0.24)
    expected = min(law.pmf(alarming).sum(), down.pmf(alarming).sum())
    assert Coins(events=1, trials=200).notices(0.3, 0.2) == pytest.approx(expected)


def test_means_that_fit_pass_and_others_do_not():
    observed = Mean(value=2.0, error=0.01, degrees=30)
    assert_agrees(observed, 2.03, notice=0.05)
    with pytest.raises(AssertionError, match=r"predicted 2\.1"):
        assert_agrees(observed, 2.1, notice=0.05)


def test_means_that_vary_too_much_or_not_at_all_are_refused():
    with pytest.raises(AssertionError, match="is seen with"):
        assert_agrees(Mean(value=2.0, error=0.1, degrees=30), 2.0, notice=0.1)
    with pytest.raises(AssertionError, match="is seen with"):
        assert_agrees(Mean(value=2.0, error=0.0, degrees=30), 2.0, notice=0.1)


def test_the_jackknife_of_equal_weights_is_the_usual_standard_error():
    values = np.array([1.0, 2.0, 4.0, 5.0])
    observed = ratio(values * 10, np.full(4, 10.0))
    assert observed == Mean(
        value=3.0, error=pytest.approx(values.std(ddof=1) / 2, rel=1e-12), degrees=3
    )
    assert mean(values).error == pytest.approx(observed.error, rel=1e-12)
