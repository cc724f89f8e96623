"""Rare events against what is known exactly: values, coverage, and the work that is saved.

Everything here is too rare for plain simulation: 4.7e8 messages would show four losses in a row to
a tenth, 10^21 the retransmission protocol's failure.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from models.formulas.persistence import interval_sync
from sim.config import from_mapping
from sim.rare.estimates import estimate
from sim.rare.methods import tilting
from sim.rare.plan import Candidates
from sim.runner import run
from sim.tasks import drive
from tests.sim.rare.worlds import BURSTS, PUBLISH, losses, merged, publish


def covered(experiment, truth, *, seeds, replications, end_s, candidates):
    """Which share of intervals hold *truth*, their mean half-width, and all values, over it."""
    method = drive(tilting(experiment, candidates, end_s=end_s, rare_side=True))
    replicate = method.player(experiment)
    held, widths, values = 0, [], []
    for seed in range(seeds):
        samples = [replicate(seed * replications + place) for place in range(replications)]
        name = "lost"
        made = estimate(name, samples, confidence=0.95, largest_weight=method.largest_weight)
        held += made.low <= truth <= made.high
        widths.append((made.high - made.low) / 2 / truth)
        values.append(made.value / truth)
    return held, float(np.mean(widths)), np.array(values)


def assert_covers(held, values):
    # 93 % or more, as far as luck lets so few intervals tell.
    assert held >= stats.binom.ppf(0.001, len(values), 0.93)
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - 1) < 4 * error


def test_four_losses_in_a_row():
    truth = 0.03**4
    assert truth == pytest.approx(8.1e-7)
    (point,) = run(publish()).points
    lost = point.estimates["lost"]
    assert abs(lost.value / truth - 1) < 0.1
    assert (lost.high - lost.low) / 2 < 0.1 * truth
    assert point.rare.gains["lost"].saved > 20_000


def test_intervals_of_four_losses_in_a_row_cover():
    held, width, values = covered(
        publish(run={"messages": 50}),
        0.03**4,
        seeds=200,
        replications=10,
        end_s=2.0,
        candidates=Candidates(1, 0, (1.0,)),
    )
    assert width < 0.1
    assert_covers(held, values)


GOOD, BAD, WORSENS, HEALS = 0.01, 0.3, 0.01, 0.5
BURST = {
    "network": {"publish": {"loss": GOOD, "bursts": BURSTS}},
    "producer": {"arrivals": {"law": "regular", "rate": "1/s"}},
}


def lost_in_bursts(messages, attempts=4):
    """The chance that all attempts of a message are lost, in the mean over the first *messages*.

    By enumeration over the states that the last packet and the last answer have met, since both
    chains go on from message to message. An answer that is lost makes the producer send again.
    """
    rest = {0: HEALS / (HEALS + WORSENS), 1: WORSENS / (HEALS + WORSENS)}
    moves = {None: rest, 0: {0: 1 - WORSENS, 1: WORSENS}, 1: {0: HEALS, 1: 1 - HEALS}}
    loss, ack_loss = (GOOD, BAD), (0.0, BAD)
    begin, total = {(None, None): 1.0}, 0.0
    for _ in range(messages):
        end = Counter()
        now = Counter({(*states, False): weight for states, weight in begin.items()})
        for _ in range(attempts):
            then = Counter()
            for (packet, answer, arrived), weight in now.items():
                for state, move in moves[packet].items():
                    then[state, answer, arrived] += weight * move * loss[state]
                    through = weight * move * (1 - loss[state])
                    for back, turn in moves[answer].items():
                        then[state, back, True] += through * turn * ack_loss[back]
                        end[state, back] += through * turn * (1 - ack_loss[back])
            now = then
        for (packet, answer, arrived), weight in now.items():
            end[packet, answer] += weight
            total += weight * (not arrived)
        begin = end
    return total / messages


def test_the_enumeration_of_a_first_message_by_hand():
    move = np.array([[1 - WORSENS, WORSENS], [HEALS, 1 - HEALS]])
    loss = np.diag([GOOD, BAD])
    state = np.array([HEALS, WORSENS]) / (HEALS + WORSENS) @ loss
    for _ in range(3):
        state = state @ move @ loss
    assert lost_in_bursts(1) == pytest.approx(state.sum())


def test_losses_in_a_burst():
    """Half of them are in a burst that another message of the producer has met before."""
    truth = lost_in_bursts(10)
    assert truth == pytest.approx(1.8916e-5, rel=1e-4)
    experiment = publish(
        **merged(BURST, producer={"instances": 100}, run={"messages": 1000, "replications": 20})
    )
    (point,) = run(experiment).points
    lost = point.estimates["lost"]
    assert (lost.high - lost.low) / 2 < 0.1 * truth
    assert abs(lost.value - truth) < 4 * lost.standard_error
    assert point.rare.gains["lost"].saved > 100
    assert not point.rare.doubts


def test_intervals_of_losses_in_a_burst_cover():
    experiment = publish(**merged(BURST, producer={"instances": 50}, run={"messages": 250}))
    held, width, values = covered(
        experiment,
        lost_in_bursts(5),
        seeds=60,
        replications=12,
        end_s=7.0,
        candidates=Candidates(50, 0, (0.2,) * 5),
    )
    assert width < 0.25
    assert_covers(held, values)


def test_a_power_loss_a_month():
    # Of 400 runs some 300 have a power loss that takes something, evenly between 0 and 100: 12 %.
    (point,) = run(losses(run={"replications": 400})).points
    month_s = 30 * 86400.0
    form = interval_sync(
        crash_rate_per_s=1 / month_s, interval_s=1.0, sync_s=0.0, arrival_rate_per_s=100.0
    )
    assert form.fraction_lost == pytest.approx(1.929e-7, rel=1e-3)
    lost = point.estimates["lost"]
    assert abs(lost.value - form.fraction_lost) < 4 * lost.standard_error
    assert (lost.high - lost.low) / 2 < 0.15 * form.fraction_lost
    per_crash = point.estimates["lost_per_crash"]
    assert abs(per_crash.value - form.lost_per_crash) < 4 * per_crash.standard_error
    assert point.rare.gains["silent_loss"].saved > 100_000


def test_the_bounded_retransmission_protocol():
    """PRISM and Storm ("brp", N = 64, MAX = 12): 9.353871662342204e-19 that a file is given up."""
    one = merged(
        PUBLISH,
        run={"rare": {"estimate": "failed"}},
        producer={"retries": 12, "arrivals": {"law": "regular", "rate": "1/s"}},
        network={"publish": {"loss": 0.02, "ack_loss": 0.01}},
    )
    (point,) = run(from_mapping(one)).points
    failed = point.estimates["failed"]
    whole = 64 * failed.value  # 1 - (1 - p)^64 to 18 digits
    assert abs(whole / 9.353871662342204e-19 - 1) < 0.1
    assert (failed.high - failed.low) / 2 < 0.1 * failed.value


def test_two_rare_causes_at_once():
    """A message that no attempt brings to the broker, or that a power loss takes."""
    both = losses(
        run={"messages": 200, "replications": 300, "rare": {"estimate": "lost"}},
        network={"publish": {"loss": 0.01}},
        producer={"retries": 2, "timeout": "20 ms", "backoff": {"law": "none"}},
        faults=[{"target": "broker", "kind": "power_loss", "every": "10 d", "lasts": "0 s"}],
    )
    (point,) = run(both).points
    network, crash = 0.01**3, 0.5 / (10 * 86400.0)
    assert network == pytest.approx(1e-6)
    lost = point.estimates["lost"]
    assert abs(lost.value - network - crash) < 4 * lost.standard_error
    assert lost.standard_error < 0.3 * lost.value
    # Each cause is seen, as often as it is, roughly.
    causes = point.rare.causes
    assert network / 2.5 < causes[0] < 2.5 * network
    assert crash / 1.7 < causes[6] < 1.7 * crash


def test_the_work_saved_is_what_it_says():
    """Two losses of .05 in a row, .0025: plain runs see them, so both can be measured."""
    rarely = merged(PUBLISH, run={"messages": 100, "replications": 100}, producer={"retries": 1})
    rarely = merged(rarely, network={"publish": {"loss": 0.05}})
    (tilted,) = run(from_mapping(rarely)).points
    (plain,) = run(from_mapping(merged(rarely, run={"replications": 400, "rare": None}))).points
    theirs = plain.parts("lost")[:, 0] / 100
    mine = np.array([s.sums["lost"].numerator / s.messages for s in tilted.rare.samples])
    # So many plain messages have the variance of the mean over the tilted replications.
    needed = 100 * theirs.var(ddof=1) / (mine.var(ddof=1) / len(mine))
    # A quarter of an event in a replication: the variance of 400 is known to 12 %.
    assert tilted.rare.gains["lost"].plain_messages == pytest.approx(needed, rel=4 * 0.12)
    assert needed > 30_000
