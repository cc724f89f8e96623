"""What a power loss takes: messages in the page cache that no sync has covered.

Consumers start behind the measured window, so that whatever the disk holds is still there when the
power goes. Crashes are far more frequent than real ones; only crash rate times interval counts.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from models.formulas.persistence import count_sync, interval_sync, writeback
from models.ledger import Cause
from tests.theory.shared import FALSE_ALARM, assert_agrees, of, ratio, simulate

LOSSES = {
    # 3200 crashes: 80 replications of about 4000 s, after six mean up-times of warm-up.
    "run": {"warmup": "10 min", "messages": 1000, "replications": 80},
    "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "0.25/s"}},
    "broker": {"confirm_when": "received"},
    "disk": {"sync": "0 s", "policy": "interval", "interval": "60 s", "writeback": "inf"},
    "consumer": {"start": "5200 s", "prefetch": 0},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "100 s"}],
}


@pytest.fixture(scope="module")
def minute():
    """Power losses at 0.01/s, a sync every 60 s from the broker's start: x = 0.6."""
    return simulate(LOSSES)


def test_fraction_lost_between_syncs(minute):
    x = 0.01 * 60
    predicted = 1 - x / (math.exp(x) - 1)
    assert predicted == pytest.approx(0.27017847, abs=1e-8)
    assert_agrees(of("lost", minute), predicted, notice=0.1)
    assert_agrees(of("persisted", minute), 1 - predicted, notice=0.05)


def test_half_an_interval_per_crash_is_noticeably_wrong(minute):
    """The usual rule loses rate * F/2 at every crash, a fraction of 0.3 here."""
    lost = of("lost", minute)
    assert lost.is_alarming(0.30)
    assert not lost.is_alarming(0.27017847)
    per_crash = of("lost_per_crash", minute)
    assert per_crash.is_alarming(0.25 * 60 / 2)


def test_messages_lost_per_crash(minute):
    x = 0.01 * 60
    predicted = 0.25 * (1 / 0.01 - 60 * math.exp(-x) / (1 - math.exp(-x)))
    assert predicted == pytest.approx(0.25 * 0.27017847 / 0.01, rel=1e-7)
    assert sum(s.crashes for s in minute) > 3000
    assert_agrees(of("lost_per_crash", minute), predicted, notice=0.12)


def test_a_message_is_lost_with_its_cause_and_nobody_was_told(minute):
    # Confirms were not even asked for; all losses are the page cache's.
    assert all(s.parts["unknown_loss"] == s.parts["lost"] for s in minute)
    assert all(s.causes.sum() == s.parts["lost"][0] == s.causes[6] for s in minute)


def test_a_sync_that_takes_time_loses_the_window_before_too():
    samples = simulate(LOSSES, disk={"sync": "20 s"}, run={"replications": 40})
    form = interval_sync(crash_rate_per_s=0.01, interval_s=60, sync_s=20, arrival_rate_per_s=0.25)
    # By hand: durable only if the sync that covers it ends before the crash.
    assert form.fraction_lost == pytest.approx(
        1 - math.exp(-0.2) * 0.6 / (math.exp(0.6) - 1), rel=1e-12
    )
    assert_agrees(of("lost", samples), form.fraction_lost, notice=0.15)
    assert_agrees(of("lost_per_crash", samples), form.lost_per_crash, notice=0.2)


@pytest.mark.parametrize("confirm_when", ["received", "written"])
def test_confirmed_before_the_sync_is_a_silent_loss(confirm_when):
    samples = simulate(
        LOSSES,
        producer={"confirm": True, "retries": 0},
        broker={"confirm_when": confirm_when},
        run={"replications": 40},
    )
    assert all(s.parts["silent_loss"] == s.parts["lost"] for s in samples)
    assert_agrees(of("silent_loss", samples), 0.27017847, notice=0.15)


def test_confirmed_after_the_sync_loses_nothing_silently():
    samples = simulate(
        LOSSES,
        producer={"confirm": True, "retries": 0, "timeout": "100 s"},
        broker={"confirm_when": "synced"},
        run={"replications": 40},
    )
    assert all(s.parts["silent_loss"][0] == 0 for s in samples)
    assert_agrees(of("reported_loss", samples), 0.27017847, notice=0.15)


def test_counting_to_eight_loses_three_and_a_half_at_the_most():
    """A sync of every B = 8 messages: a crash takes the remainder, (B - 1)/2 if crashes are rare.

    Exactly, with c the chance that the next event is a crash, the remainder j has the weight
    (1 - c)^j.
    """
    samples = simulate(
        LOSSES,
        disk={"policy": "count", "count": 8},
        run={"replications": 50},
    )
    weights = [(0.25 / 0.26) ** j for j in range(8)]
    exact = sum(j * weight for j, weight in enumerate(weights)) / sum(weights)
    form = count_sync(crash_rate_per_s=0.01, count=8, arrival_rate_per_s=0.25)
    assert form.lost_per_crash == pytest.approx(exact, rel=1e-12)
    assert exact == pytest.approx(3.5, rel=0.07)
    assert_agrees(of("lost_per_crash", samples), exact, notice=0.2)
    assert_agrees(of("lost", samples), exact * 0.01 / 0.25, notice=0.2)


NOBODY_SYNCS = {"policy": "never", "writeback": "60 s"}


@pytest.mark.parametrize("sync_s", [0, 20])
def test_what_nobody_syncs_is_written_back_when_it_is_old_enough(sync_s):
    """A window begins with an arrival when nothing is dirty, and is W = 60 s wide.

    With c = 0.01/s, l = 0.25/s and a sync of S: e^(-c (W + S)) (1 + l W) messages of
    1 + l (1 - e^(-c W)) / c are kept.
    """
    samples = simulate(LOSSES, disk={**NOBODY_SYNCS, "sync": sync_s}, run={"replications": 40})
    kept = math.exp(-0.01 * (60 + sync_s)) * (1 + 0.25 * 60)
    lost = 1 - kept / (1 + 0.25 * (1 - math.exp(-0.6)) / 0.01)
    form = writeback(crash_rate_per_s=0.01, age_s=60, sync_s=sync_s, arrival_rate_per_s=0.25)
    assert form.fraction_lost == pytest.approx(lost, rel=1e-12)
    assert_agrees(of("lost", samples), lost, notice=0.2)
    assert_agrees(of("lost_per_crash", samples), lost * 0.25 / 0.01, notice=0.2)


def test_a_short_writeback_makes_up_for_a_long_interval():
    """A sync every hour never comes: only the operating system's age counts."""
    hourly = {"policy": "interval", "interval": "1 h", "writeback": "60 s"}
    samples = simulate(LOSSES, disk=hourly, run={"replications": 10})
    form = writeback(crash_rate_per_s=0.01, age_s=60, arrival_rate_per_s=0.25)
    # It is never far from that, and without a writeback nearly all would be lost.
    lost = of("lost", samples)
    assert not lost.is_alarming(form.fraction_lost)
    assert lost.is_alarming(0.9)


def test_of_a_torn_tail_a_random_part_survives():
    """Of the n records being synced, floor(U n) survive: (n + 1) / 2 are lost on average, n > 0.

    With c the crash rate, crashes find the window before still being synced with probability
    e^(-x) (1 - e^(-cS)) / (1 - e^(-x)), x = cF; n is Poisson with mean m = l F.
    """
    samples = simulate(LOSSES, disk={"sync": "40 s", "torn_tail": True})
    whole = interval_sync(crash_rate_per_s=0.01, interval_s=60, sync_s=40, arrival_rate_per_s=0.25)
    m, x = 0.25 * 60, 0.01 * 60
    syncing = math.exp(-x) * (1 - math.exp(-0.4)) / (1 - math.exp(-x))
    survivors = m - (m + 1 - math.exp(-m)) / 2
    expected = whole.lost_per_crash - syncing * survivors
    observed = of("lost_per_crash", samples)
    assert_agrees(observed, expected, notice=0.15)
    assert observed.is_alarming(whole.lost_per_crash)
    # Of each tail that had not arrived, one record is torn: P(n > 0) of the crashes with one.
    causes = np.array([sample.causes for sample in samples])
    crashes = [sample.crashes for sample in samples]
    torn = ratio(causes[:, Cause.TORN_WRITE], crashes)
    assert_agrees(torn, syncing * (1 - math.exp(-m)), notice=0.3)


def test_a_crash_of_the_process_takes_nothing_that_was_written():
    process = [{"target": "broker", "kind": "process_crash", "every": "100 s"}]
    samples = simulate({**LOSSES, "faults": process}, run={"replications": 3})
    assert sum(s.crashes for s in samples) > 50
    assert of("lost", samples).value == 0.0
    assert of("persisted", samples).value == 1.0


def test_the_sample_would_reject_the_usual_rule_nearly_always(minute):
    # Not only here: the distance of the two formulas is so many standard errors.
    lost = of("lost", minute)
    distance = (0.30 - 0.27017847) / lost.error
    far = stats.t.isf(FALSE_ALARM / 2, lost.degrees)
    assert stats.norm.sf(far - distance) > 0.8
