"""Bursts, connections, cuts and wires, against closed forms of their own."""

from __future__ import annotations

import numpy as np
import pytest

from models.formulas.network import (
    Chain,
    doubled_by_cut,
    failed_in_bursts,
    retransmission_s,
)
from models.formulas.queueing import mg1, mm1
from models.laws import Constant
from models.ledger import Cause
from tests.theory.shared import Coins, assert_agrees, ledgers, of, ratio, simulate

BURSTS = {"bad_loss": 0.8, "good_to_bad": 0.05, "bad_to_good": 0.2}
THERE = Chain(good_loss=0.02, **BURSTS)
BACK = Chain(good_loss=0.1, **BURSTS)
QUIET = {
    "run": {"warmup": "0 s", "messages": 4000, "replications": 20},
    "broker": {"persistent": False},
    "consumer": {"ack": "auto"},
}
SLOWLY = {"law": "regular", "rate": "1/s"}  # each exchange is over before the next begins


# ---------------------------------------------------------------- bursts


def test_a_share_of_packets_is_lost_as_the_states_come():
    link = {"loss": THERE.good_loss, "bursts": BURSTS}
    run = {"messages": 6000}
    samples = simulate(QUIET, run=run, producer={"confirm": False}, network={"publish": link})
    assert THERE.mean_loss == pytest.approx(0.176)
    assert_agrees(of("lost", samples), THERE.mean_loss, notice=0.1)


def stays(ledger):
    """Packets in the bad state, and stays in it, where the bad state loses all, the good none."""
    lost = np.zeros(len(ledger.created), dtype=bool)
    lost[ledger.dropped.messages()] = True
    return lost.sum(), lost[0] + (lost[1:] & ~lost[:-1]).sum()


def test_a_stay_in_the_bad_state_lasts_as_long_as_it_is_left():
    link = {"bursts": {"bad_loss": 1, "good_to_bad": 0.02, "bad_to_good": 0.125}}
    runs = ledgers(QUIET, producer={"confirm": False}, network={"publish": link})
    lost, begun = zip(*(stays(ledger) for ledger, _ in runs), strict=True)
    assert_agrees(ratio(lost, begun), 8.0, notice=0.15)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_what_retries_buy_in_bursts(retries):
    link = {"loss": THERE.good_loss, "ack_loss": BACK.good_loss, "bursts": BURSTS}
    samples = simulate(
        QUIET,
        producer={
            "arrivals": SLOWLY,
            "retries": retries,
            "timeout": "100 ms",
            "backoff": {"law": "none"},
        },
        network={"publish": link},
    )
    failed = failed_in_bursts(there=THERE, back=BACK, retries=retries)
    assert_agrees(of("failed", samples), failed, notice=0.15)


# ---------------------------------------------------------------- connections


def test_loss_is_latency():
    link = {"connection": True, "delay": "5 ms", "ack_delay": "3 ms", "loss": 0.1, "ack_loss": 0.05}
    samples = simulate(
        QUIET,
        producer={"arrivals": SLOWLY, "timeout": "1 h"},
        network={"publish": link},
    )
    predicted_s = 0.008 + retransmission_s(loss=0.1) + retransmission_s(loss=0.05)
    assert_agrees(of("confirm_latency_mean", samples), predicted_s, notice=0.1)
    assert all(sample.parts["lost"][0] == 0 for sample in samples)


@pytest.mark.parametrize(
    ("size", "law", "messages", "notice"),
    [
        ("500 B", Constant(0.005), 1500, 0.1),
        ({"law": "exponential", "mean": "500 B"}, None, 3000, 0.15),
    ],
)
def test_packets_queue_for_the_wire(size, law, messages, notice):
    # 100 packets a second of 5 ms each: half the wire.
    samples = simulate(
        QUIET,
        run={"warmup": "2 s", "messages": messages},
        producer={"size": size, "timeout": "1 h", "in_flight": 10**6},
        network={"publish": {"bandwidth": "100 kB/s", "ack_size": "0 B", "delay": "1 ms"}},
    )
    queue = (
        mm1(arrival_rate_per_s=100.0, service_mean_s=0.005)
        if law is None
        else mg1(arrival_rate_per_s=100.0, service=law)
    )
    assert_agrees(of("confirm_latency_mean", samples), queue.sojourn_s + 0.002, notice=notice)


# ---------------------------------------------------------------- cuts

UP_S, DOWN_S = 2.0, 0.5


def cut(name, *, messages, producer, **link):
    """What cuts have lost and doubled, and how many there were: one number per replication.

    They come UP_S after the connection is up (in the mean), and it is down for DOWN_S.
    """
    fault = {"target": name, "kind": "cut", "every": UP_S, "lasts": DOWN_S}
    run = {"messages": messages, "replications": 20}
    link = {"connection": True, "reconnect": "0 s", **link}
    told = []
    for ledger, _ in ledgers(
        {**QUIET, "faults": [fault]}, run=run, producer=producer, network={name: link}
    ):
        lost = (ledger.dropped.column("cause") == Cause.CONNECTION_CUT).sum()
        doubled = len(ledger.arrived) - len(np.unique(ledger.arrived.messages()))
        told.append((lost, doubled, sum(kind == "cut" for _, _, kind in ledger.crashes)))
    return zip(*told, strict=True)


@pytest.mark.parametrize(("there_s", "back_s"), [(0.15, 0.05), (0.05, 0.15)])
def test_a_cut_doubles_a_window_of_one_on_its_way_back(there_s, back_s):
    # All is there at once, and goes one by one: the window is never empty while connected.
    one_by_one = {
        "arrivals": {"law": "trace", "list": [0.0] * 1500},
        "in_flight": 1,
        "buffer": 10**6,
        "retries": 100,
        "timeout": "1 h",
    }
    lost, doubled, cuts = cut(
        "publish", messages=1500, producer=one_by_one, delay=there_s, ack_delay=back_s
    )
    predicted = doubled_by_cut(there_s=there_s, back_s=back_s, cuts_per_s=1 / UP_S)
    assert predicted == pytest.approx(back_s / 0.2, rel=0.05)
    assert_agrees(Coins(events=sum(doubled), trials=sum(cuts)), predicted, notice=0.2)
    assert sum(lost) + sum(doubled) == pytest.approx(sum(cuts), abs=20)  # a run ends in mid-air


def lost_to_a_cut(*, rate_per_s, delay_s, notice_s):
    """Messages lost per cut: those on their way, and those sent until it is noticed.

    A connection that is up for less than the delay loses what it has sent since, and all that had
    waited for it.
    """
    early = -np.expm1(-delay_s / UP_S)
    on_their_way_s = UP_S * early + early * (DOWN_S - notice_s)
    return rate_per_s * (on_their_way_s + notice_s)


LOAD = {"arrivals": {"law": "poisson", "rate": "40/s"}}
PREDICTED = lost_to_a_cut(rate_per_s=40.0, delay_s=0.05, notice_s=0.2)


def test_fire_and_forget_loses_what_is_on_its_way_and_what_is_sent_until_it_notices():
    lost, _, cuts = cut(
        "publish",
        messages=3000,
        producer={"confirm": False, **LOAD},
        delay="50 ms",
        detect={"law": "uniform", "low": "100 ms", "high": "300 ms"},
    )
    assert pytest.approx(40 * (0.05 + 0.2), rel=0.05) == PREDICTED
    assert_agrees(ratio(lost, cuts), PREDICTED, notice=0.15)


def test_automatic_acknowledgement_loses_the_same_on_the_way_to_the_consumer():
    lost, _, cuts = cut("deliver", messages=3000, producer=LOAD, delay="50 ms", detect="200 ms")
    assert_agrees(ratio(lost, cuts), PREDICTED, notice=0.15)
