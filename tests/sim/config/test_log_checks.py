"""Logs whose readers would never be done."""

import pytest

from sim.config import from_mapping
from tests.sim.config.test_cross_checks import HORIZON, deliver, merged, refused

LOG = {"broker": {"shape": "log"}}


def test_a_link_that_lets_nothing_through_never_ends_a_run():
    assert refused(LOG, deliver(loss=1, ack_loss=0)) == (
        'network.deliver.loss = 1 with broker.shape = "log" leaves records uncommitted for ever: '
        "the run might never end (x.toml); set run.horizon"
    )
    assert refused(LOG, deliver(ack_loss=1), {"broker": {"redelivery": {"limit": 3}}}) == (
        'network.deliver.ack_loss = 1 with broker.shape = "log" leaves records uncommitted for '
        "ever: the run might never end (x.toml); set run.horizon"
    )
    from_mapping(merged(LOG, deliver(loss=1, ack_loss=1), HORIZON))
    from_mapping(merged(LOG, deliver(ack_loss=1), {"consumer": {"ack": "auto"}}))


@pytest.mark.parametrize("ack", ["auto", "before", "after"])
def test_a_batch_that_is_lost_must_be_asked_for_again(ack):
    never = {"broker": {"redelivery": {"ack_timeout": "inf"}}, "consumer": {"ack": ack}}
    assert refused(LOG, never, deliver(loss=0.1, ack_loss=0)) == (
        'broker.redelivery.ack_timeout = "inf" with network.deliver.loss = 0.1 lets messages '
        "vanish for good: the run might never end (x.toml); set run.horizon"
    )
    from_mapping(merged(LOG, never, deliver(ack_loss=0.1)))


def test_what_is_ignored_is_passed():
    ignored = {"consumer": {"on_failure": "ignore", "failure": 1}}
    never = {"broker": {"redelivery": {"ack_timeout": "inf"}}}
    from_mapping(merged(LOG, never, ignored))


def test_a_record_that_always_fails_blocks_its_partition():
    fails = {"consumer": {"failure": 1, "service": "1 ms"}}
    assert refused(LOG, fails) == (
        "broker.redelivery.limit = 0 with consumer.failure = 1 lets messages be given out again "
        "for ever: the run might never end (x.toml); set run.horizon"
    )


def test_a_retry_in_place_takes_no_time_on_the_link():
    endless = merged(LOG, HORIZON, {"consumer": {"failure": 1}}, deliver(delay="5 ms"))
    assert "at one instant" in refused(endless)
    from_mapping(merged(endless, {"consumer": {"service": "1 ms"}}))
    from_mapping(merged(endless, {"broker": {"redelivery": {"delay": "1 s"}}}))


def test_what_a_dead_reader_had_is_not_delayed():
    dies = {"consumer": {"crash_before_effect": 1, "restart": 0}}
    endless = merged(LOG, HORIZON, dies, {"broker": {"redelivery": {"delay": "1 s"}}})
    assert "at one instant" in refused(endless)
    from_mapping(merged(endless, {"consumer": {"rebalance": "1 s"}}))
    from_mapping(merged(endless, deliver(delay="1 ms")))
