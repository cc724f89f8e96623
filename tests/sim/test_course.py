"""What messages found in the system and how long they took, off ledgers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.ledger import Cause, Failed, Ledger
from sim.config import from_mapping
from sim.course import STRETCHES, Course, Watched, follow
from sim.runner import replicate
from sim.sample import Sample
from tests.sim.ledgers import copy_in, created, ledger, served

NAN = np.nan


def test_a_message_is_there_from_its_creation_to_its_effect():
    facts = [*served(0, 2.5), *served(1, 4.0), *served(2, 4.5), *served(3, 5.0)]
    course = follow(ledger(*created(1.0, 2.0, 3.0, 4.0), *facts), range(4))
    # At 4 s the second one leaves as the fourth comes, who still finds it.
    assert course.present.tolist() == [0, 1, 1, 2]
    assert course.latency_s.tolist() == [1.5, 2, 1.5, 1]
    assert course.created_s.tolist() == [1, 2, 3, 4]
    assert course.consumed


def test_those_before_the_measured_ones_count_too():
    course = follow(ledger(*created(1.0, 2.0, 3.0, 4.0), *served(3, 5.0)), range(2, 4))
    assert course.present.tolist() == [2, 3]
    assert course.latency_s.tolist() == pytest.approx([NAN, 1], nan_ok=True)
    assert len(course) == 2


def test_the_first_effect_counts_and_what_is_lost_or_parked_leaves_with_its_last():
    facts = [
        *(("dropped", 0, 1.0, Cause.NETWORK), ("dropped", 0, 2.5, Cause.NETWORK)),
        *(*copy_in(1, 1.2), ("parked", 1, 1.7, Cause.DELIVERY_LIMIT)),
        *(*served(2, 2.0), *served(2, 2.9, delivery=2)),
    ]
    course = follow(ledger(*created(1.0, 1.1, 1.2, 1.5, 2.0, 2.6), *facts), range(6))
    assert course.present.tolist() == [0, 1, 2, 3, 3, 2]


def test_without_any_effect_the_confirms_are_told():
    facts = [("confirmed", 0, 1.5), ("failed", 1, 2.5, Failed.ATTEMPTS)]
    course = follow(ledger(*created(1.0, 2.0, 3.0), *facts), range(3))
    assert course.present.tolist() == [0, 0, 0]
    assert course.latency_s.tolist() == pytest.approx([0.5, NAN, NAN], nan_ok=True)
    assert not course.consumed


def test_each_group_has_a_publication_of_its_own():
    both = Ledger(groups=2)
    for row, time_s in enumerate([1.0, 2.0, 3.0]):
        both.created.add(row, time_s, 0)
    one, other = both.groups
    one.effected.add(0, 1.5, 0.0, 1)
    other.effected.add(0, 2.5, 0.0, 1)
    one.effected.add(1, 3.5, 0.0, 1)
    both.dropped.add(2, 3.0, Cause.NETWORK)  # a packet that came to no group
    course = follow(both, range(3))
    assert course.present.tolist() == [0, 1, 2]
    assert course.latency_s.tolist() == pytest.approx([1.0, 1.5, NAN], nan_ok=True)


def test_means_over_stretches_of_equally_many():
    course = Course(
        created_s=np.arange(5.0),
        present=np.array([0.0, 1, 2, 3, 4]),
        latency_s=np.array([1, NAN, 3, NAN, NAN]),
        consumed=True,
    )
    told = course.in_stretches(2)
    assert told.created_s.tolist() == [0.5, 3]
    assert told.present.tolist() == [0.5, 3]
    assert told.latency_s.tolist() == [1, 3]
    assert course.in_stretches(5).latency_s.tolist() == pytest.approx(
        [1, NAN, 3, NAN, NAN], nan_ok=True
    )


SMALL = {"run": {"messages": 200, "warmup": "1 s"}, "consumer": {"service": "2 ms"}}


def test_a_replication_is_kept_with_its_course():
    sample = replicate(from_mapping(SMALL), 0)
    assert isinstance(sample, Sample)
    assert isinstance(sample, Watched)
    assert sample.course is not None
    assert len(sample.course) == STRETCHES
    mean_s = sample.parts["delivery_latency_mean"][0] / 200
    assert sample.course.latency_s.mean() == pytest.approx(mean_s)


def test_of_a_few_messages_there_is_none():
    few = from_mapping({"run": {"messages": STRETCHES - 1, "warmup": 0}})
    assert replicate(few, 0).course is None
    none = from_mapping({"run": {"messages": 10, "warmup": 0, "horizon": "1 ms"}})
    assert replicate(none, 0).course is None


def test_by_littles_law_number_and_time_tell_the_same():
    # Poisson arrivals see time averages; five standard errors of 40 replications.
    file = {
        "run": {"messages": 2000},
        "consumer": {"service": {"law": "exponential", "mean": 5e-3}},
    }
    experiment = from_mapping(file)
    courses = [replicate(experiment, number).course for number in range(20)]
    apart = [course.present.mean() - 100 * course.latency_s.mean() for course in courses]
    assert abs(np.mean(apart)) < 5 * np.std(apart, ddof=1) / len(apart) ** 0.5
