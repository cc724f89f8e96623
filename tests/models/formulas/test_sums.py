from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special

from models.formulas.sums import total
from models.laws import Constant, Empirical, Exponential, Gamma, Lognormal, Uniform, Weibull

TIMES_S = np.linspace(0.0, 20.0, 401)


def erlang(stages, stage_s):
    return lambda t_s: special.gammainc(stages, t_s / stage_s)


def hypoexponential(a_s, b_s):
    return lambda t_s: 1 - (a_s * np.exp(-t_s / a_s) - b_s * np.exp(-t_s / b_s)) / (a_s - b_s)


@pytest.mark.parametrize(
    ("laws", "cdf", "error"),
    [
        ([Constant(1.0), Constant(0.5)], lambda t_s: t_s >= 1.5, 0),
        (
            [Constant(1.0), Exponential(2.0)],
            lambda t_s: erlang(1, 2.0)(np.maximum(t_s - 1, 0)),
            1e-15,
        ),
        ([Exponential(1.0), Exponential(2.0)], hypoexponential(1.0, 2.0), 1e-12),
        ([Exponential(1.0), Exponential(1.0)], erlang(2, 1.0), 1e-15),
        ([Exponential(1.0), Exponential(1.0 + 2e-5)], erlang(2, 1.0 + 1e-5), 1e-9),
        ([Exponential(1.0), Gamma(mean_s=2.0, cv=0.5**0.5)], erlang(3, 1.0), 5e-6),
        ([Gamma(mean_s=0.5, cv=2**0.5), Gamma(mean_s=0.5, cv=2**0.5)], erlang(1, 1.0), 5e-6),
        ([Exponential(3.0), Weibull(scale_s=1.0, shape=1.0)], hypoexponential(1.0, 3.0), 5e-6),
    ],
)
def test_sums_whose_law_has_a_name(laws, cdf, error):
    for ordered in (laws, laws[::-1]):
        np.testing.assert_allclose(total(ordered).cdf(TIMES_S), cdf(TIMES_S), rtol=0, atol=error)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Lognormal(median_s=1.0, p99_s=10.0), Lognormal(median_s=0.5, p99_s=2.0)),
        (Uniform(low_s=1.0, high_s=3.0), Uniform(low_s=0.0, high_s=5.0)),
        (Exponential(1.0), Uniform(low_s=1.0, high_s=3.0)),
        (Weibull(scale_s=1.0, shape=0.5), Gamma(mean_s=1.0, cv=0.3)),
    ],
)
def test_tables_agree_with_adaptive_integration(first, second):
    got = total([first, second, Constant(0.25)])
    assert got.mean_s == pytest.approx(first.mean_s + second.mean_s + 0.25)
    for t_s in (0.3, 1.0, 1.5, 2.0, 3.5, 6.0, 20.0):
        rest_s = t_s - 0.25
        # Over the normal scale, where the integrand of each law is tame; cut where F(t - y) bends.
        bends = second.cdf(rest_s - np.array([b for b in first.bounds_s if np.isfinite(b)]))
        cuts = np.unique(np.clip(special.ndtri([0.0, *np.atleast_1d(bends), 1.0]), -8, 8))
        expected = sum(
            integrate.quad(
                lambda z, rest_s=rest_s: (
                    first.cdf(rest_s - second.quantile(special.ndtr(z)))
                    * np.exp(-z * z / 2)
                    / np.sqrt(2 * np.pi)
                ),
                *cut,
                epsabs=1e-10,
                limit=200,
            )[0]
            for cut in pairwise(cuts)
        )
        assert float(got.cdf(np.array(t_s))) == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize("other", [Exponential(1.0), Empirical((0.3, 0.7)), Constant(0.5)])
def test_a_few_measured_values_are_summed_exactly(other):
    values_s = (0.1, 0.2, 0.5)
    for laws in ([Empirical(values_s), other], [other, Empirical(values_s)]):
        expected = np.mean([other.cdf(TIMES_S - value_s) for value_s in values_s], axis=0)
        np.testing.assert_allclose(total(laws).cdf(TIMES_S), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("sizes", [(20, 20), (30, 2000), (2000, 2000)])
def test_samples_are_summed_value_by_value(sizes):
    rng = np.random.default_rng(1)
    first, second = (np.round(rng.gamma(2.0, 1.0, size), 6) for size in sizes)
    laws = [Empirical(tuple(sample.tolist())) for sample in (first, second)]
    sums_s = np.sort(np.add.outer(first, second).ravel())
    exact = np.searchsorted(sums_s, TIMES_S, side="right") / sums_s.size
    np.testing.assert_allclose(total(laws).cdf(TIMES_S), exact, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("size", "error"), [(40, 5e-5), (400, 5e-5), (3000, 2 / 3000)])
def test_a_sample_is_smeared_out_by_another_law(size, error):
    values_s = np.random.default_rng(1).uniform(0.0, 10.0, size)
    narrow = Gamma(mean_s=0.01, cv=0.5)
    exact = np.mean([narrow.cdf(TIMES_S - value_s) for value_s in values_s], axis=0)
    got = total([Empirical(tuple(values_s.tolist())), narrow])
    np.testing.assert_allclose(got.cdf(TIMES_S), exact, rtol=0, atol=error)


def test_two_samples_too_large_to_add_value_by_value():
    rng = np.random.default_rng(1)
    first, second = rng.gamma(2.0, 1.0, 5000), rng.gamma(2.0, 1.0, 1000)
    got = total([Empirical(tuple(first.tolist())), Empirical(tuple(second.tolist()))])
    exact = [np.mean(np.add.outer(first, second) <= t_s) for t_s in TIMES_S[::40]]
    np.testing.assert_allclose(got.cdf(TIMES_S[::40]), exact, rtol=0, atol=2 / 5000)


def test_landmarks_hold_the_corners_and_reach_the_end():
    bounded = total([Uniform(low_s=1.0, high_s=3.0), Empirical((0.5, 2.0)), Constant(1.0)])
    assert bounded.corners_s.tolist() == [2.5, 4.0, 4.5, 6.0]
    assert set(bounded.corners_s) <= set(bounded.landmarks_s)
    assert bounded.landmarks_s[-1] == 6.0
    endless = total([Exponential(1.0)])
    assert 1 - endless.cdf(endless.landmarks_s[-1:])[0] == pytest.approx(1e-12, rel=1e-3)


def test_three_random_laws_are_refused():
    with pytest.raises(ValueError, match=r"^laws that are not constant must be <= 2, got 3$"):
        total([Exponential(1.0), Exponential(1.0), Constant(1.0), Exponential(1.0)])
