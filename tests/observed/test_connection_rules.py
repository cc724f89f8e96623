"""Rules 4 and 12: a cut loses what is on its way, a lost packet is only late."""

import numpy as np
import pytest
from scipy import stats

from models.ledger import Cause
from sim.outcomes import Belief, Fate
from tests.observed.look import fault, look
from tests.theory.shared import FALSE_ALARM, Coins, assert_agrees

# ---------------------------------------------------------------- rule 4: what a cut loses


@pytest.mark.parametrize("preset", ["rabbitmq-classic", "stomp-client-individual", "mqtt-qos-1"])
@pytest.mark.parametrize(
    # 10 ms there and 10 ms back.
    ("cut_s", "retries", "belief", "fate", "drops"),
    [
        (0.005, 0, Belief.FAILED, Fate.LOST, 1),
        (0.015, 0, Belief.FAILED, Fate.ONCE, 0),
        (0.005, 1, Belief.CONFIRMED, Fate.ONCE, 1),
        (0.015, 1, Belief.CONFIRMED, Fate.DUPLICATED, 0),
    ],
)
def test_upstream_a_message_is_cut_off_and_downstream_its_acknowledgement(
    preset, cut_s, retries, belief, fate, drops
):
    seen = look(
        preset,
        {"producer": {"retries": retries}, "network": {"publish": {"delay": "10 ms"}}},
        fault("publish", "cut", cut_s),
        created_s=[0.0],
    )
    assert seen.outcome() == (belief, fate)
    assert seen.ledger.dropped.column("cause").tolist() == [Cause.CONNECTION_CUT] * drops


@pytest.mark.parametrize("preset", ["rabbitmq-classic", "stomp-client-individual"])
@pytest.mark.parametrize(("up", "down"), [(1000, 1000), (1000, 3000), (3000, 1000)])
def test_with_a_window_of_one_the_bytes_say_how_often_a_cut_doubles(preset, up, down):
    round_s = (up + down) / 100_000
    seen = look(
        preset,
        {
            "producer": {"in_flight": 1, "retries": 1000, "timeout": "1 min", "size": up},
            "network": {"publish": {"bandwidth": "100 kB/s", "ack_size": down, "reconnect": "0 s"}},
            # Ten whole rounds wide: a cut meets each moment of a round equally often.
            "faults": [
                {
                    "target": "publish",
                    "kind": "cut",
                    "every": {"law": "uniform", "low": 5 * round_s, "high": 15 * round_s},
                }
            ],
        },
        created_s=[0.0] * 18000,
    )
    # Each cut takes either the one message or its acknowledgement.
    cuts, doubled = seen.deaths("publish"), seen.repeats
    assert cuts > 1000
    assert len(seen.ledger.dropped) == cuts - doubled
    assert seen.count(Fate.LOST) == 0
    assert_agrees(Coins(events=doubled, trials=cuts), down / (up + down), notice=0.25)


CUTS_S = [100.0 * n for n in range(1, 21)]


@pytest.mark.parametrize("preset", ["mqtt-qos-0", "stomp-auto"])
@pytest.mark.parametrize(("rate_per_s", "each"), [(1, 1), (50, 50)])
def test_fire_and_forget_loses_what_it_sends_until_the_cut_is_noticed(preset, rate_per_s, each):
    seen = look(
        preset,
        {
            "producer": {"arrivals": {"law": "poisson", "rate": rate_per_s}},
            "network": {"publish": {"detect": "900 ms", "delay": "100 ms"}},
            "run": {"messages": 2200 * rate_per_s},
        },
        fault("publish", "cut", *CUTS_S),
    )
    lost = seen.count(Fate.LOST, Belief.UNKNOWN)
    assert seen.causes == {Cause.CONNECTION_CUT}
    assert lost == seen.count(Fate.LOST)
    # What is created in 20 seconds in all: a Poisson number. Slow one each, fast dozens.
    low, high = stats.poisson(20 * each).interval(1 - FALSE_ALARM)
    assert low <= lost <= high


def test_who_asks_loses_nothing_by_the_same_cuts():
    seen = look(
        "mqtt-qos-1",
        {
            "producer": {"arrivals": {"law": "poisson", "rate": 50}},
            "network": {"publish": {"detect": "900 ms", "delay": "100 ms"}},
            "run": {"messages": 20000},
        },
        fault("publish", "cut", *CUTS_S),
    )
    assert seen.count(Fate.LOST) == 0
    assert seen.count(Fate.DUPLICATED, Belief.CONFIRMED) > 0


# ---------------------------------------------------------------- rule 12: loss is latency


def lossy(**link):
    """4000 messages over a network that loses one packet in five, too far apart to meet."""
    return look(
        "rabbitmq-classic",
        {
            "producer": {"timeout": "1 h", "retries": 0},
            "network": {"publish": {"delay": "10 ms", "loss": 0.2, "ack_loss": 0, **link}},
        },
        created_s=[100.0 * n for n in range(4000)],
    )


def test_with_tcp_a_lost_packet_is_late_by_200_ms_and_then_by_twice_as_much():
    seen = lossy()
    assert seen.told.matrix()[Belief.CONFIRMED, Fate.ONCE] == 4000
    assert (seen.told.sends == 1).all()
    late_s = seen.told.confirm_latency_s - 0.02
    losses = np.rint(np.log2(1 + late_s / 0.2)).astype(int)
    # 0.2 s, 0.2 + 0.4 s, 0.2 + 0.4 + 0.8 s, ...
    assert late_s == pytest.approx(0.2 * (2.0**losses - 1), abs=1e-9)
    for lost, notice in [(0, 0.2), (1, 0.2), (2, 0.5)]:
        events = int((losses == lost).sum())
        assert_agrees(Coins(events=events, trials=4000), 0.8 * 0.2**lost, notice=notice)


def test_without_tcp_the_same_loss_loses_messages():
    seen = lossy(connection=False)
    assert seen.causes == {Cause.NETWORK}
    assert_agrees(Coins(events=seen.count(Fate.LOST), trials=4000), 0.2, notice=0.2)


HEARTBEAT_S = 10.0
SILENT = {"detect": 3 * HEARTBEAT_S}
"""The heartbeat itself is no key: three of them are written as the time to notice."""


def test_a_silent_consumer_is_noticed_after_three_heartbeats():
    seen = look(
        "rabbitmq-classic",
        {"consumer": {"instances": 2, "service": "10 s", **SILENT}},
        {
            "faults": [
                {"target": "consumer", "kind": "crash", "at": [5], "lasts": "1 h", "which": 0}
            ]
        },
        created_s=[0.0],
    )
    assert seen.given_s() == [0.0, 5.0 + 3 * HEARTBEAT_S]


def test_a_silent_broker_is_noticed_after_three_heartbeats():
    seen = look(
        "rabbitmq-classic",
        {"network": {"publish": SILENT}, "producer": {"timeout": "1 h"}},
        fault("publish", "cut", 100.0),
        created_s=[90.5 + n for n in range(60)],
    )
    sent_s = seen.ledger.sent.times_s()
    void_s, after_s = np.split(sent_s[sent_s > 100], [30])
    # Into the void for 30 s; connected 5 s later, all that is sent again, and what has waited.
    assert void_s.tolist() == [100.5 + n for n in range(30)]
    assert after_s.tolist() == [135.0] * 35 + [135.5 + n for n in range(15)]
    assert seen.count(Fate.LOST) == 0


@pytest.mark.parametrize(("lasts_s", "closed_s"), [(20, []), (60, [130.0])])
def test_a_partition_is_noticed_after_three_heartbeats(lasts_s, closed_s):
    seen = look(
        "rabbitmq-classic",
        {"network": {"publish": SILENT}, "producer": {"timeout": "1 h"}},
        fault("publish", "partition", 100.0, lasts=lasts_s),
        created_s=[90.5 + n for n in range(90)],
    )
    cuts = [at_s for at_s, _, kind in seen.ledger.crashes if kind == "cut"]
    assert cuts == closed_s
    # Held up, and sent again if the connection was closed over it: 30 of them.
    assert (seen.told.sends == 2).sum() == 30 * len(closed_s)
    assert seen.count(Fate.ONCE) == 90
