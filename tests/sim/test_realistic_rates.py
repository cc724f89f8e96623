"""The experiments at realistic rates: the rates are those of real systems, and theory agrees.

They run here with fewer replications. Each closed form must be in an interval at a level at which
none misses by chance, and the interval must be narrow enough to tell it from half and from twice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from models.formulas.replication import lost_with_leader, time_to_loss_s
from sim.config import load
from sim.runner import run

ROOT = Path(__file__).parents[2] / "experiments"
FILES = {path.stem: path for path in sorted(ROOT.glob("1*.toml"))}
CONFIDENCE = 0.999

DAY_S = 86400.0
YEAR_S = 365.25 * DAY_S

POWER_LOSS_EVERY_S = 30.0 * DAY_S
"""Chosen: once a month."""

DISK_FAILURES_PER_YEAR = 0.0157
"""Backblaze 2024."""

CRASHES_EVERY_S = {7.0 * DAY_S, 30.0 * DAY_S, 365.0 * DAY_S}
"""Of processes, where no source was found: a parameter, from a week to a year."""

WAYS_S = {0.17e-3, 0.415e-3, 6.15e-3}
"""Half of a round trip: within a zone (orensol, 2009), between zones, and the longest of these
(lukasliesis, 2022)."""

PACKET_LOSSES = {0.0, 1e-5, 1e-4}
"""Inside a data centre (Pingmesh, from memory)."""

EVERY_S = {
    "power_loss": {POWER_LOSS_EVERY_S},
    "disk_loss": {YEAR_S / DISK_FAILURES_PER_YEAR},
    "process_crash": CRASHES_EVERY_S,
    "crash": CRASHES_EVERY_S,
}
"""How often what befalls us."""


@pytest.mark.parametrize("name", FILES)
def test_the_rates_are_real(name: str) -> None:
    for point in load(FILES[name]).points():
        experiment = point.experiment
        assert experiment.run.rare is not None
        for fault in experiment.faults:
            assert fault.every is not None
            assert any(
                fault.every.mean_s == pytest.approx(mean_s, rel=1e-5)
                for mean_s in EVERY_S[fault.kind]
            ), fault
        network = experiment.network
        ways = [network.publish.delay, experiment.broker.replication_delay]
        if experiment.broker.replicas == 1:
            ways.pop()
        assert {way.mean_s for way in ways} <= WAYS_S
        assert network.publish.loss in PACKET_LOSSES


@pytest.mark.parametrize("name", FILES)
def test_the_rate_is_not_what_is_measured_where_it_is_not_real(name: str) -> None:
    # Shares do not depend on it, and the header says what they are at 1000/s.
    text = FILES[name].read_text(encoding="utf-8")
    for point in load(FILES[name]).points():
        producer = point.experiment.producer
        rate_per_s = producer.instances * producer.arrivals.rate_per_s
        assert rate_per_s == 1000.0 or "at 1000/s" in text


@cache
def interval(name: str, place: int, replications: int, *more: str) -> tuple[float, float]:
    """Return the interval of what is sought at point *place* of the experiment *name*."""
    smaller = (f"run.replications={replications}", f"run.confidence={CONFIDENCE}", *more)
    experiment = list(load(FILES[name], smaller).points())[place].experiment
    assert experiment.run.rare is not None
    made = run(experiment).points[0].estimates[experiment.run.rare.estimate]
    return made.low, made.high


def assert_tells(expected: float, ends: tuple[float, float]) -> None:
    """Assert that *expected* is between the *ends*, and that half or twice as much is not."""
    low, high = ends
    assert 0.5 * expected < low < expected < high < 2.0 * expected


def test_a_power_loss_takes_half_an_interval_of_what_is_unread() -> None:
    # Redis, point 4: a sync every second.
    assert_tells(0.5 / POWER_LOSS_EVERY_S, interval("10_power_loss_unread", 4, 300))


def test_a_leader_takes_what_is_on_its_way() -> None:
    # Point 3: a fall every 30 days, and a follower that is 6.15 ms away.
    lost = lost_with_leader(arrival_rate_per_s=1000.0, lag_s=6.15e-3)
    expected = lost / (1000.0 * 30.0 * DAY_S)
    shorter = ("run.messages=50", 'run.horizon="100 ms"')
    assert_tells(expected, interval("12_leader_falls", 3, 100, *shorter))


def test_a_disk_takes_what_waits_on_it() -> None:
    # Eight messages at 1.125, 1.25, ... 2 h wait until 9.6 h.
    waits_s = (9.6 - 1.5625) * 3600.0
    failures_per_s = DISK_FAILURES_PER_YEAR / YEAR_S
    alone_s = time_to_loss_s(failure_rate_per_s=failures_per_s, repair_rate_per_s=0.0, replicas=1)
    assert_tells(waits_s / alone_s, interval("14_disk_loss", 0, 300))


REPLACED_S = 3600.0
WAIT_S = (9.6 - 1.5625) * 3600.0
FAILS_PER_S = DISK_FAILURES_PER_YEAR / YEAR_S


def test_two_disks_take_what_waits_if_they_fail_within_an_hour() -> None:
    # The second fails while the first is replaced. What comes while only one is there is refused.
    expected = FAILS_PER_S**2 * (2.0 * REPLACED_S * WAIT_S - REPLACED_S**2)
    assert_tells(expected, interval("14_disk_loss", 1, 800))


def test_three_disks_within_an_hour() -> None:
    # Each is replaced by itself; 3 l^3 R^2 D, whether R is fixed or exponential.
    alone_s = time_to_loss_s(
        failure_rate_per_s=FAILS_PER_S, repair_rate_per_s=1 / REPLACED_S, replicas=3, crews=3
    )
    expected = WAIT_S / alone_s
    assert expected == pytest.approx(1.385e-16, rel=1e-3, abs=0.0)
    low, high = interval("14_disk_loss", 2, 1000)
    assert 0.2 * expected < low < expected < high < 3.0 * expected


def test_two_page_caches_lose_what_both_have_not_synced() -> None:
    # l^2 L F, less what comes while a leader is chosen, which nobody confirms: 5 s of 60 s.
    lost = (60.0 / POWER_LOSS_EVERY_S) * (30.3 / POWER_LOSS_EVERY_S)
    assert_tells(0.96 * lost, interval("13_failing_together", 1, 600))


@pytest.mark.parametrize("place", range(6))
def test_a_message_is_lost_if_all_its_packets_are(place: int) -> None:
    loss, retries = (1e-5, 1e-4)[place // 3], place % 3
    assert_tells(loss ** (retries + 1), interval("16_packet_loss", place, 10))


def test_who_never_asks_loses_a_minute_a_month() -> None:
    # MQTT's QoS 0, point 4.
    assert_tells(60.0 / POWER_LOSS_EVERY_S, interval("17_outages", 4, 150))
