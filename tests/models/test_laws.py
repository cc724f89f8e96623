import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from models.laws import Constant, Empirical, Exponential, Gamma, Lognormal, Uniform, Weibull

SMOOTH = [
    Exponential(0.002),
    Uniform(low_s=0.1, high_s=0.3),
    Lognormal(median_s=0.001, p99_s=0.01),
    Gamma(mean_s=2.0, cv=0.5),
    Gamma(mean_s=2.0, cv=1.5),
    Weibull(scale_s=3.0, shape=0.7),
    Weibull(scale_s=3.0, shape=2.5),
]
STEPS = [
    Constant(0.0),
    Constant(0.25),
    Uniform(low_s=0.1, high_s=0.1),
    Lognormal(median_s=0.001, p99_s=0.001),
    Empirical((0.3, 0.1, 0.2, 0.2)),
]
LAWS = SMOOTH + STEPS
LAST = np.nextafter(1.0, 0.0)
uniforms = st.floats(0.0, LAST)


def name(law):
    return repr(law)


@pytest.mark.parametrize("law", SMOOTH, ids=name)
def test_moments_are_the_integrals_over_the_tail(law):
    # E[X] is the integral of P(X > t), E[X^2] that of 2 t P(X > t), cut where quantiles lie.
    cuts = [0.0, *law.quantile([0.01, 0.5, 0.99, 0.9999, 1 - 1e-8, 1 - 1e-12]), law.bounds_s[1]]

    def tail(power):
        return sum(
            integrate.quad(lambda t: power * t ** (power - 1) * (1 - law.cdf(t)), a, b)[0]
            for a, b in pairwise(cuts)
        )

    assert law.mean_s == pytest.approx(tail(1), rel=1e-6)
    assert law.second_moment_s2 == pytest.approx(tail(2), rel=1e-5)


@pytest.mark.parametrize("law", SMOOTH, ids=name)
def test_quantile_inverts_the_cdf(law):
    u = np.array([1e-9, 0.01, 0.25, 0.5, 0.9, 0.999, 1 - 1e-9])
    np.testing.assert_allclose(law.cdf(law.quantile(u)), u, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("law", LAWS, ids=name)
@given(u=uniforms)
def test_quantile_is_the_smallest_time_that_reaches_u(law, u):
    t_s = float(law.quantile(u))
    assert law.cdf(t_s * (1 + 1e-12)) >= u * (1 - 1e-9) - 1e-15
    assert law.cdf(t_s * (1 - 1e-9) - 1e-300) <= u * (1 + 1e-6) + 1e-15


@pytest.mark.parametrize("law", LAWS, ids=name)
@given(u=uniforms, v=uniforms)
def test_more_luck_is_never_a_shorter_time(law, u, v):
    low_s, high_s = law.quantile(np.array([min(u, v), max(u, v)]))
    assert low_s <= high_s


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_extreme_draws_are_finite_and_within_bounds(law):
    extremes_s = law.quantile(np.array([0.0, LAST]))
    low_s, high_s = law.bounds_s
    assert np.isfinite(extremes_s).all()
    assert (extremes_s >= low_s).all()
    assert (extremes_s <= high_s).all()


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_shapes_are_kept(law):
    assert np.shape(law.cdf(0.1)) == np.shape(law.quantile(0.1)) == ()
    assert law.cdf(np.zeros((2, 3))).shape == law.quantile(np.zeros((2, 3))).shape == (2, 3)
    assert law.cdf(np.array([-1.0, -math.inf, math.inf])).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_a_law_is_a_value(law):
    copied = pickle.loads(pickle.dumps(law))  # noqa: S301 - made one line above
    assert copied == law
    assert hash(copied) == hash(law)
    assert copied.quantile(0.3) == law.quantile(0.3)


@pytest.mark.parametrize("law", STEPS[:-1], ids=name)
def test_a_constant_is_always_the_same(law):
    value_s = law.mean_s
    assert law.is_constant
    assert law.bounds_s == (value_s, value_s)
    assert law.second_moment_s2 == pytest.approx(value_s**2)
    np.testing.assert_allclose(law.quantile(np.array([0.0, 0.4, LAST])), value_s, rtol=1e-15)
    assert law.cdf([value_s, np.nextafter(value_s, -1.0)]).tolist() == [1.0, 0.0]


def test_an_empirical_law_gives_back_its_sample():
    law = Empirical((0.3, 0.1, 0.2, 0.2))
    assert law.quantile([0.0, 0.24, 0.25, 0.74, 0.75]).tolist() == [0.1, 0.1, 0.2, 0.2, 0.3]
    assert law.cdf([0.09, 0.1, 0.2, 0.29, 0.3]).tolist() == [0.0, 0.25, 0.75, 0.75, 1.0]
    assert law.mean_s == pytest.approx(0.2)
    assert law.second_moment_s2 == pytest.approx(0.045)
    assert not law.is_constant
    assert Empirical((0.2, 0.2)).is_constant


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 10007])
def test_the_last_uniform_number_draws_the_largest_value(size):
    assert Empirical(tuple(map(float, range(size)))).quantile(LAST) == size - 1


def test_named_parameters_mean_what_they_say():
    assert Lognormal(median_s=0.001, p99_s=0.01).quantile(0.5) == pytest.approx(0.001)
    assert Lognormal(median_s=0.001, p99_s=0.01).quantile(0.99) == pytest.approx(0.01)
    gamma = Gamma(mean_s=2.0, cv=0.5)
    spread_s = math.sqrt(gamma.second_moment_s2 - gamma.mean_s**2)
    assert spread_s / gamma.mean_s == pytest.approx(0.5)
    assert Weibull(scale_s=3.0, shape=2.5).cdf(3.0) == pytest.approx(1 - math.exp(-1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(-0.1), "value_s must be >= 0, got -0.1"),
        (lambda: Constant(math.inf), "value_s must be finite, got inf"),
        (lambda: Constant(math.nan), "value_s must be >= 0, got nan"),
        (lambda: Exponential(0.0), "mean_s must be > 0, got 0.0"),
        (lambda: Uniform(low_s=0.2, high_s=0.1), "high_s must be >= 0.2, got 0.1"),
        (lambda: Uniform(low_s=-1, high_s=0.1), "low_s must be >= 0, got -1"),
        (lambda: Lognormal(median_s=0.2, p99_s=0.1), "p99_s must be >= 0.2, got 0.1"),
        (lambda: Lognormal(median_s=1, p99_s=1e40), "second_moment_s2 must be finite, got inf"),
        (lambda: Gamma(mean_s=1, cv=0), "cv must be > 0, got 0"),
        (lambda: Weibull(scale_s=1, shape=0.0), "shape must be > 0, got 0.0"),
        (lambda: Weibull(scale_s=1, shape=0.01), "second_moment_s2 must be finite, got inf"),
        (lambda: Empirical(()), "number of values_s must be >= 1, got 0"),
        (lambda: Empirical((0.1, -0.1)), "values_s must be >= 0, got -0.1"),
        (lambda: Empirical((0.1, math.nan)), "values_s must be finite, got nan"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(") + "$"):
        make()
