"""What a bounded memory lets through, who waits for whom, and what one at a time costs."""

from __future__ import annotations

import pytest

from models.formulas.idempotence import slip_probability
from models.formulas.priority import waits_s
from tests.theory.shared import assert_agrees, of, simulate


@pytest.mark.parametrize("remembered", [15, 22])
def test_a_repeat_slips_through_when_as_many_others_came_in_between(remembered):
    # One acknowledgement in fifty is lost, and the message given out again 0.2 s later.
    samples = simulate(
        {
            "run": {"warmup": "1 s", "messages": 20_000, "replications": 10},
            "producer": {"arrivals": {"law": "poisson", "rate": "100/s"}, "confirm": False},
            "network": {"deliver": {"ack_loss": 0.02}},
            "broker": {"persistent": False, "redelivery": {"ack_timeout": "200 ms"}},
            "consumer": {"dedup": remembered, "prefetch": 0},
        }
    )
    slips = 0.0
    for _ in range(50):  # what slips is an effect too
        effects_per_s = 100 * (1 + 0.02 / 0.98 * slips)
        slips = slip_probability(remembered=remembered, effects_per_s=effects_per_s, lag_s=0.2)
    effects = of("effects_per_message", samples)
    # Each delivery is repeated with 0.02; a repeat is an effect if it slips.
    assert_agrees(effects, 1 + 0.02 / 0.98 * slips, notice=0.003)


def test_the_highest_and_the_lowest_priority_wait_as_cobham_says():
    samples = simulate(
        {
            "run": {"warmup": "30 s", "messages": 30_000, "replications": 10},
            "producer": {"arrivals": {"law": "poisson", "rate": "80/s"}, "confirm": False},
            "broker": {"persistent": False, "priorities": 3},
            "consumer": {"service": {"law": "exponential", "mean": "10 ms"}},
        }
    )
    first, _, last = waits_s(
        arrival_rate_per_s=80.0, service_mean_s=0.01, service_square_s2=2e-4, levels=3
    )
    assert_agrees(of("highest_latency_mean", samples), first + 0.01, notice=0.05)
    assert_agrees(of("lowest_latency_mean", samples), last + 0.01, notice=0.2)


@pytest.mark.parametrize(("keys", "rate"), [(1, 10.0), (2, 20.0), (100, 40.0)])
def test_one_at_a_time_bounds_what_consumers_can_do(keys, rate):
    # Four consumers of 100 ms each, overloaded: as many work as there are keys, four at most.
    samples = simulate(
        {
            "run": {"warmup": "5 s", "messages": 3000, "replications": 4, "horizon": "40 s"},
            "producer": {
                "arrivals": {"law": "poisson", "rate": "100/s"},
                "confirm": False,
                "keys": keys,
            },
            "broker": {"persistent": False},
            "consumer": {"service": "100 ms", "instances": 4, "ordered": True},
        }
    )
    throughput = of("throughput", samples)
    assert throughput.value == pytest.approx(rate, rel=0.03)
