"""What redelivery repairs and what a limit parks: failures, lost acknowledgements, crashes."""

from __future__ import annotations

import pytest

from models.formulas.redelivery import redelivery
from sim.checks.redelivery import mean
from tests.theory.shared import Coins, assert_agrees, coins, experiment, of, simulate

SAFE_SENDERS = {
    "run": {"warmup": "0 s", "messages": 4000, "replications": 12},
    "producer": {"confirm": False},
    "broker": {"persistent": False, "redelivery": {"limit": 5, "ack_timeout": "100 ms"}},
    "consumer": {"prefetch": 0},
}


def redelivered(failure, ack_loss, limit, *, poison=0.0, **tables):
    return simulate(
        SAFE_SENDERS,
        network={"deliver": {"ack_loss": ack_loss}},
        consumer={"failure": failure, "poison": poison},
        broker={"redelivery": {"limit": limit, "ack_timeout": "100 ms"}},
        **tables,
    )


@pytest.fixture(scope="module")
def five():
    """r = 0.2, acknowledgements lost with 0.05, five deliveries: 600 000 messages."""
    return redelivered(0.2, 0.05, 5, run={"messages": 60_000, "replications": 10})


def test_a_limit_of_five_parks_few(five):
    assert_agrees(coins("parked", five), 7.962624e-4, notice=0.25)
    assert_agrees(coins("dead_lettered", five), 0.2**5, notice=0.45)


def test_most_of_what_is_parked_was_processed_anyway(five):
    parked, unprocessed = coins("parked", five), coins("dead_lettered", five)
    processed = parked.events - unprocessed.events
    assert_agrees(Coins(events=processed, trials=parked.trials), 4.762624e-4, notice=0.35)
    share = Coins(events=processed, trials=parked.events)
    assert_agrees(share, 4.762624e-4 / 7.962624e-4, notice=0.3)


def test_deliveries_effects_and_what_they_repair(five):
    # f = 1 - 0.8 * 0.95 = 0.24; P(T) = 1 - r^(M-1): few of the first failures stay failures.
    assert_agrees(of("deliveries_per_message", five), (1 - 0.24**5) / 0.76, notice=0.01)
    assert_agrees(of("effects_per_message", five), 0.8 * (1 - 0.24**5) / 0.76, notice=0.01)
    assert_agrees(coins("redelivered", five), 1 - 0.2**4, notice=0.45)
    one_effect = 0.95 * (1 - 0.2**5) + 5 * 0.8 * 0.05 * 0.2**4
    assert_agrees(coins("duplicated", five), 1 - 0.2**5 - one_effect, notice=0.05)


def test_flags_lie_where_all_deliveries_before_have_failed(five):
    # Delivery k is made with f^(k-1), and after failures only with r^(k-1), for k = 2 to 5.
    r, f = 0.2, 0.24
    lies = r * (1 - r**4) / (1 - r) / (f * (1 - f**4) / (1 - f))
    assert_agrees(of("redelivered_flag_lies", five), lies, notice=0.02)


@pytest.fixture(scope="module")
def poisoned():
    return redelivered(0.3, 0.2, 3, run={"messages": 20_000, "replications": 10}, poison=0.1)


def test_poison_is_parked_whole_and_takes_all_its_deliveries(poisoned):
    # pi = 0.1, r = 0.3, q = 0.2, M = 3, so f = 1 - 0.7 * 0.8 = 0.44.
    assert_agrees(coins("parked", poisoned), 0.1 + 0.9 * 0.44**3, notice=0.05)
    assert_agrees(coins("dead_lettered", poisoned), 0.1 + 0.9 * 0.3**3, notice=0.05)
    deliveries = 0.1 * 3 + 0.9 * (1 - 0.44**3) / 0.56
    assert_agrees(of("deliveries_per_message", poisoned), deliveries, notice=0.01)
    repaired = 0.9 * 0.3 * (1 - 0.3**2) / (0.9 * 0.3 + 0.1)
    assert_agrees(coins("redelivered", poisoned), repaired, notice=0.05)


@pytest.mark.parametrize(
    ("estimate", "attribute"),
    [
        ("parked", "parked"),
        ("dead_lettered", "dead_lettered"),
        ("redelivered", "redelivered"),
        ("duplicated", "duplicated"),
    ],
)
def test_the_checks_know_of_poison(poisoned, estimate, attribute):
    asked = experiment(
        SAFE_SENDERS,
        network={"deliver": {"ack_loss": 0.2}},
        consumer={"failure": 0.3, "poison": 0.1},
        broker={"redelivery": {"limit": 3}},
    )
    assert_agrees(coins(estimate, poisoned), mean(asked, attribute), notice=0.05)


@pytest.mark.parametrize(
    ("failure", "ack_loss", "limit"), [(0.5, 0.3, 2), (0.4, 0.5, 3), (0.6, 0.2, 5), (0.3, 0.4, 1)]
)
def test_bad_consumers_agree_closely(failure, ack_loss, limit):
    samples = redelivered(failure, ack_loss, limit)
    form = redelivery(failure=failure, ack_loss=ack_loss, deliveries=limit)
    assert_agrees(coins("parked", samples), form.parked, notice=0.1)
    assert_agrees(coins("dead_lettered", samples), form.dead_lettered, notice=0.12)
    assert_agrees(coins("delivered", samples), form.effect, notice=0.12)
    if limit == 1:
        assert coins("redelivered", samples).events == 0
        assert all(s.parts["deliveries_per_message"][0] == s.messages for s in samples)
        return
    assert_agrees(coins("redelivered", samples), form.redelivered, notice=0.12)
    assert_agrees(coins("duplicated", samples), form.duplicated, notice=0.15)
    for name in ("deliveries_per_message", "effects_per_message"):
        assert_agrees(of(name, samples), getattr(form, name), notice=0.06)


def test_without_a_limit_everything_has_its_effect_in_the_end():
    samples = redelivered(0.4, 0.3, 0)
    assert coins("delivered", samples).value == 1.0
    assert coins("redelivered", samples).value == 1.0
    # Effects are geometric: one more for each acknowledgement lost.
    assert_agrees(of("effects_per_message", samples), 1 / 0.7, notice=0.05)
    assert_agrees(of("deliveries_per_message", samples), 1 / (0.6 * 0.7), notice=0.05)
    assert_agrees(coins("duplicated", samples), 0.3, notice=0.1)


def test_a_limit_without_dead_letters_loses_what_it_would_park():
    samples = simulate(
        SAFE_SENDERS,
        consumer={"failure": 0.5},
        broker={"redelivery": {"limit": 3, "dead_letter": False}},
    )
    assert_agrees(coins("lost", samples), 0.5**3, notice=0.1)
    assert coins("parked", samples).events == 0


def test_deliveries_lost_on_their_way_count_as_failures():
    # Lost with 0.3, or raised with 0.4: r = 1 - 0.7 * 0.6.
    samples = simulate(
        SAFE_SENDERS,
        consumer={"failure": 0.4},
        network={"deliver": {"loss": 0.3, "ack_loss": 0.0}},
        broker={"redelivery": {"limit": 4, "ack_timeout": "100 ms"}},
    )
    assert_agrees(coins("dead_lettered", samples), 0.58**4, notice=0.1)
    assert_agrees(of("deliveries_per_message", samples), (1 - 0.58**4) / 0.42, notice=0.05)


@pytest.mark.parametrize("prefetch", [1, 5])
def test_a_death_after_the_effect_repeats_it(prefetch):
    """A death between effect and acknowledgement is an acknowledgement lost.

    With prefetch 1 and no limit, every delivery has its effect, and is repeated with the
    probability c of a death: effects are geometric with mean 1/(1 - c). More prefetch burns
    deliveries of messages that only waited in the memory of the dead, but makes no more effects.
    """
    died = {"crash_after_effect": 0.2, "restart": "5 ms", "prefetch": prefetch}
    samples = simulate(SAFE_SENDERS, consumer=died, broker={"redelivery": {"limit": 0}})
    effects = of("effects_per_message", samples)
    assert_agrees(effects, 1 / 0.8, notice=0.05)
    assert_agrees(of("duplicated", samples), 0.2, notice=0.15)
    deliveries = of("deliveries_per_message", samples)
    if prefetch == 1:
        assert deliveries.value == effects.value
    else:
        assert deliveries.value - deliveries.reach > effects.value


def test_a_death_before_the_effect_only_delays_it():
    died = {"crash_before_effect": 0.3, "restart": "5 ms", "prefetch": 1}
    samples = simulate(SAFE_SENDERS, consumer=died, broker={"redelivery": {"limit": 0}})
    assert coins("once", samples).value == 1.0
    assert_agrees(of("deliveries_per_message", samples), 1 / 0.7, notice=0.05)


@pytest.mark.parametrize("ack", ["auto", "before"])
def test_acknowledging_first_loses_what_fails(ack):
    samples = simulate(SAFE_SENDERS, consumer={"failure": 0.3, "ack": ack})
    assert_agrees(coins("lost", samples), 0.3, notice=0.1)
    assert coins("duplicated", samples).events == 0


def test_effects_of_repeated_deliveries_add_up_over_copies():
    """Copies are independent after storage: P(effect) = 1 - sum P(D = d) (1 - g)^d, g = 1 - r^M."""
    loss, ack_loss, failure, limit = 0.3, 0.4, 0.6, 2
    samples = simulate(
        SAFE_SENDERS,
        producer={"confirm": True, "retries": 2},
        network={"publish": {"loss": loss, "ack_loss": ack_loss}},
        consumer={"failure": failure},
        broker={"redelivery": {"limit": limit}},
    )
    # By enumeration: each of three attempts is lost, arrives unanswered, or is answered.
    p, b, a = loss, (1 - loss) * ack_loss, (1 - loss) * (1 - ack_loss)
    none = failure**limit
    no_effect, going = 0.0, 1.0
    for _attempt in range(3):
        no_effect += going * a * none
        going *= p + b * none
    no_effect += going
    assert_agrees(coins("delivered", samples), 1 - no_effect, notice=0.1)
