"""Rule 13: clients that send again without being asked to."""

import pytest

from sim.config.presets import NAMES, preset
from sim.outcomes import Belief, Fate
from tests.observed.look import fault, look

ROUND = {"network": {"publish": {"delay": "10 ms", "reconnect": "1 s"}}}


def cut(name, at_s, *tables):
    """One message, 10 ms there and 10 ms back, and one cut."""
    return look(name, ROUND, *tables, fault("publish", "cut", at_s), created_s=[0.0])


def test_redis_py_repeats_a_command_and_so_doubles_it():
    seen = cut("redis-streams", 0.015)
    assert seen.ledger.sent.times_s().tolist() == pytest.approx([0.0, 1.015])
    assert seen.outcome() == (Belief.CONFIRMED, Fate.DUPLICATED)
    # Told not to, it says that it does not know.
    seen = cut("redis-streams", 0.015, {"producer": {"retries": 0}})
    assert seen.outcome() == (Belief.FAILED, Fate.ONCE)


@pytest.mark.parametrize("cut_s", [0.005, 0.015])
def test_paho_sends_again_when_it_is_connected_again(cut_s):
    seen = cut("mqtt-qos-1", cut_s)
    assert seen.ledger.sent.times_s().tolist() == pytest.approx([0.0, cut_s + 1.0])
    assert seen.outcome() == (Belief.CONFIRMED, Fate.ONCE if cut_s < 0.01 else Fate.DUPLICATED)


def test_paho_sends_nothing_again_while_it_is_connected():
    # The acknowledgement takes 50 s, and the connection is fine.
    slow = {"network": {"publish": {"ack_delay": "50 s"}}}
    seen = look("mqtt-qos-1", slow, created_s=[0.0, 1.0, 2.0])
    assert seen.told.sends.tolist() == [1, 1, 1]
    assert seen.count(Fate.ONCE, Belief.CONFIRMED) == 3


@pytest.mark.parametrize("cut_s", [0.005, 0.015])
def test_qos_2_sends_again_and_neither_loses_nor_doubles(cut_s):
    seen = cut("mqtt-qos-2", cut_s)
    assert seen.told.sends.tolist() == [2]
    assert seen.told.stored.tolist() == [1]  # the broker knows the second one
    assert seen.outcome() == (Belief.CONFIRMED, Fate.ONCE)


def test_the_loss_by_an_overrun_quota_is_named_where_it_is_not_simulated():
    assert any("quota" in sentence for sentence in preset("mqtt-qos-2").cannot)


def test_other_clients_leave_it_to_the_application():
    retries = {name: preset(name).by_key().get("producer.retries") for name in NAMES}
    for name in ("rabbitmq-classic", "rabbitmq-quorum", "stomp-client-individual"):
        assert retries[name] is None
        assert any("do not resend on their own" in each for each in preset(name).cannot)
    assert retries["redis-streams"] == 3
    assert retries["mqtt-qos-1"] == retries["mqtt-qos-2"] == 2**31 - 1
