import math

import pytest

from models.checks import at_least, at_most, finite, positive, probability, whole_at_least


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: at_least(0, retries=-1), "retries must be >= 0, got -1"),
        (lambda: at_least(0.25, cap_s=0.2), "cap_s must be >= 0.25, got 0.2"),
        (lambda: at_least(1.0, factor=0.5), "factor must be >= 1, got 0.5"),
        (lambda: at_most(1, jitter=1.5), "jitter must be <= 1, got 1.5"),
        (lambda: positive(rate_per_s=0.0), "rate_per_s must be > 0, got 0.0"),
        (lambda: finite(cap_s=math.inf), "cap_s must be finite, got inf"),
        (lambda: probability(a=0.5, loss=1.5), "loss must be in [0, 1], got 1.5"),
        (lambda: whole_at_least(0, retries=1.5), "retries must be a whole number, got 1.5"),
        (lambda: whole_at_least(1, count=0), "count must be >= 1, got 0"),
    ],
)
def test_a_refusal_names_the_value_and_the_bound(check, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        check()
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "check",
    [
        lambda value: at_least(0, x=value),
        lambda value: at_most(0, x=value),
        lambda value: positive(x=value),
        lambda value: finite(x=value),
        lambda value: probability(x=value),
        lambda value: whole_at_least(0, x=value),
    ],
)
def test_not_a_number_is_refused_by_every_check(check):
    with pytest.raises(ValueError, match="got nan"):
        check(math.nan)


def test_bounds_themselves_pass():
    at_least(0, retries=0, cap_s=math.inf)
    at_most(1, jitter=1)
    probability(never=0, always=1)
    whole_at_least(1, count=1, deliveries=math.inf)
