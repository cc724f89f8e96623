"""A search for rare events as a whole: what it gives, beside what plain replications give."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.config import from_mapping
from sim.coupling import couplings
from sim.json_result import to_json
from sim.rare.gain import gain, weight_doubt
from sim.rare.plan import Scope
from sim.rare.sample import RareSample, Sums
from sim.rare.scope import scope_of
from sim.runner import run
from sim.tables.rare import rare_sentence
from tests.sim.rare.test_splitting import QUEUE
from tests.sim.rare.worlds import BURSTS, PUBLISH, losses, merged, publish


def test_the_scope_is_what_couples_messages():
    assert scope_of(publish()) is Scope.MESSAGE
    bursts = publish(network={"publish": {"bursts": BURSTS}})
    assert len(couplings(bursts)) == 1
    assert scope_of(bursts) is Scope.PRODUCER
    assert scope_of(losses()) is Scope.RUN
    deliver = publish(network={"deliver": {"bursts": BURSTS, "loss": 0.1}})
    assert scope_of(deliver) is Scope.RUN


@pytest.fixture(scope="module")
def four_in_a_row():
    return run(publish())


def test_the_estimate_and_what_it_saved(four_in_a_row):
    (point,) = four_in_a_row.points
    lost = point.estimates["lost"]
    assert lost.low < 8.1e-7 < lost.high
    assert (lost.high - lost.low) / 2 < 0.1 * 8.1e-7
    found = point.rare.gains["lost"]
    # 4.7e8 plain messages are needed for a tenth; here the interval is narrower.
    needed = (1.96 / (lost.standard_error / lost.value) / 1.96) ** 2 / 8.1e-7
    assert found.plain_messages == pytest.approx(needed, rel=0.35)
    assert found.saved > 10_000
    assert not point.rare.doubts


def test_what_plain_replications_see_is_theirs(four_in_a_row):
    (point,) = four_in_a_row.points
    assert "sends_per_message" not in point.rare.estimates
    assert "confirm_latency_mean" not in point.rare.estimates
    assert point.estimates["sends_per_message"].messages == 5000


def test_the_same_seed_gives_the_same_bytes(four_in_a_row):
    assert to_json(run(publish())) == to_json(four_in_a_row)


def test_the_gain_is_in_the_document(four_in_a_row):
    (point,) = json.loads(to_json(four_in_a_row))["points"]
    told = point["rare"]
    assert told["method"] == "importance"
    assert told["gains"]["lost"]["work_saved"] > 10_000
    assert set(told["causes"]) == {"network"}
    assert told["causes"]["network"] == pytest.approx(point["estimates"]["lost"]["value"])


def test_the_sentence_tells_the_gain_and_a_year(four_in_a_row):
    (point,) = four_in_a_row.points
    told = rare_sentence(point)
    assert told.startswith("By importance sampling, lost is ")
    assert "times the work" in told
    assert "messages a year" in told


def test_every_replication_is_counted_for_progress():
    heard = []
    run(publish(run={"messages": 100}), heard.append)
    counts = [status.replications_done for status in heard]
    assert counts == sorted(counts)
    # Pilot, plain ones, and those of the rare kind: all are known beforehand.
    assert {status.replications for status in heard} == {counts[-1]}
    assert len(set(counts)) > 10


def test_replications_are_added_until_the_interval_is_narrow():
    asked = {"estimate": "lost", "relative": 0.02}
    (point,) = run(publish(run={"messages": 200, "precision": asked})).points
    lost = point.estimates["lost"]
    assert (lost.high - lost.low) / 2 <= 0.02 * lost.value
    assert len(point.rare.samples) > 20


def test_where_nothing_is_lost_the_crashes_that_took_nothing_are_counted():
    safe = losses(run={"replications": 60}, broker={"confirm_when": "synced"})
    (point,) = run(safe).points
    runs, effective = point.rare.crashed
    assert 10 < effective <= runs <= 60
    # The rule of three: of so many none, so fewer than one in a third of them.
    told = rare_sentence(point)
    assert f"In {runs} replications the broker fell, and nothing came of it" in told
    one_in = int(told.split("one fall in ")[1].split()[0])
    assert one_in == pytest.approx(effective / 3.0, abs=1.5)


def test_nothing_seen_is_a_bound_that_the_weights_widen():
    safe = publish(network={"publish": {"loss": 0.0, "ack_loss": 0.1}})
    (point,) = run(safe).points
    lost = point.estimates["lost"]
    assert lost.value == 0
    assert 0 < lost.high < 1e-3  # 5000 plain messages say that already


def test_both_see_the_same_where_both_can():
    """Loss .3: four in a row are .0081, and 20,000 plain messages see 160 of them."""
    loud = merged(PUBLISH, network={"publish": {"loss": 0.3}}, run={"messages": 2000})
    (rare,) = run(from_mapping(loud)).points
    (plain,) = run(from_mapping(merged(loud, run={"rare": None}))).points
    table = rare.rare.samples
    mine = np.array([sample.sums["lost"].numerator / 2000 for sample in table])
    theirs = plain.parts("lost")[:, 0] / 2000
    far = abs(mine.mean() - theirs.mean())
    assert far < 4 * np.sqrt((mine.var(ddof=1) + theirs.var(ddof=1)) / 10)
    # What plain replications see well stays theirs.
    assert "lost" not in rare.rare.estimates


def test_splitting_and_plain_luck_agree():
    (point,) = run(from_mapping(merged(QUEUE, run={"replications": 60}))).points
    shares = np.array([sample.sums["lost"].numerator / 60 for sample in point.rare.samples])
    plain = run(from_mapping(merged(QUEUE, run={"replications": 300, "rare": None}))).points[0]
    theirs = plain.parts("lost")[:, 0] / 60
    error = np.hypot(shares.std() / np.sqrt(len(shares)), theirs.std() / np.sqrt(len(theirs)))
    assert abs(shares.mean() - theirs.mean()) < 4 * error


def a_sample(weights, sums):
    return RareSample(
        replication=0,
        messages=100,
        sums={"lost": sums},
        causes=np.zeros(1),
        weights=weights,
        work=1,
    )


def test_a_heavy_event_and_few_events_are_doubted():
    few = Sums(1.0, 100.0, 100.0, 1.0, 1.0, 100.0, 0.2, 0.05, 20.0)
    heavy = Sums(1.0, 100.0, 100.0, 1.0, 1.0, 100.0, 0.6, 0.02, 20.0)
    fine = Sums(1.0, 100.0, 100.0, 1.0, 1.0, 100.0, 0.02, 0.01, 20.0)
    told = [
        gain(
            "lost",
            [a_sample((1, 1.0, 1.0), sums)],
            value=0.01,
            variance=1.0,
            plain_work=1.0,
            other_work=0,
        )
        for sums in (few, heavy, fine)
    ]
    assert "20.0 effective events" in told[0].doubts[0]
    assert "60%" in told[1].doubts[0]
    assert told[2].doubts == []


def test_weights_that_miss_their_mean_are_doubted():
    sums = Sums(*[1.0] * 9)
    assert weight_doubt([a_sample((10_000, 10_050.0, 20_000.0), sums)]) is None
    assert "mean of 0.8" in weight_doubt([a_sample((10_000, 8000.0, 9000.0), sums)])
    assert weight_doubt([a_sample((1, 1.0, 1.0), sums)]) is None


def test_nothing_seen_gains_nothing():
    none = Sums(0.0, 100.0, 100.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0)
    told = gain(
        "lost",
        [a_sample((1, 1.0, 1.0), none)],
        value=0.0,
        variance=0.0,
        plain_work=1.0,
        other_work=0,
    )
    assert math.isnan(told.saved)
    assert told.doubts == []


def test_an_estimate_of_plain_replications_can_be_made_precise():
    asked = {"estimate": "delivery_latency_mean", "relative": 0.05, "max_replications": 40}
    (point,) = run(publish(run={"messages": 50, "precision": asked})).points
    assert 10 < len(point.samples) <= 40


@pytest.mark.parametrize("method", ["importance", "splitting"])
def test_nothing_measured_is_nothing_said(method):
    empty = {"horizon": "0.2 s", "warmup": "0.1 s", "messages": 5, "rare": {"method": method}}
    quiet = publish(run=empty, producer={"arrivals": {"law": "poisson", "rate": "1/s"}})
    (point,) = run(quiet).points
    assert rare_sentence(point)
    to_json(run(quiet))


def test_one_replication_has_no_interval_and_no_year():
    (point,) = run(publish(run={"replications": 1})).points
    assert "nan" not in rare_sentence(point)


def test_what_cannot_be_tilted_is_left_to_plain_luck():
    safe = publish(network={"publish": {"loss": 0.0}})
    (point,) = run(safe).points
    assert "no such thing was seen either" in rare_sentence(point)


def test_a_follower_that_refuses_a_write_couples_messages():
    """It is out of step for the messages behind: what one is tilted by, others meet."""
    replicas = publish(
        producer={"retries": 0, "timeout": "10 ms"},
        network={"publish": {"loss": 0.0}},
        broker={"replicas": 2, "min_in_sync": 2, "confirm_by": "in_sync"},
        disk={"failure": 0.01},
    )
    assert scope_of(replicas) is Scope.RUN


def test_deliveries_that_keep_a_consumer_waiting_are_tilted_one_at_a_time():
    assert scope_of(publish(network={"deliver": {"loss": 0.01}})) is Scope.RUN
    assert scope_of(publish(consumer={"failure": 0.01})) is Scope.MESSAGE
