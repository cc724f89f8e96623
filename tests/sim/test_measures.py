"""Every estimate as its two parts, of one ledger whose numbers can be counted by hand."""

from __future__ import annotations

import pytest

from models.ledger import ACKNOWLEDGED, Cause, Failed
from sim.batches import measured_parts
from sim.config.estimate_names import ESTIMATES
from sim.front import Objective, usual
from sim.measures import MEASURES, Better, Kind
from sim.outcomes import judge, observe
from tests.sim.ledgers import copy_in, created, failed_delivery, ledger, served

# Ten messages, created every second from 10 s on; message 0 is not measured.
FACTS = [
    *created(*(9.0 + row for row in range(11))),
    # 1: confirmed after 0.5 s, one effect after 2 s of service.
    *copy_in(1, 10.25, sent_s=10.0),
    ("confirmed", 1, 10.5),
    *served(1, 13.0, service_s=2.0),
    # 2: sent twice, two copies, two effects; confirmed after 1 s.
    *copy_in(2, 11.0),
    *copy_in(2, 12.0),
    ("confirmed", 2, 12.0),
    *served(2, 14.0, service_s=1.0),
    *served(2, 14.5, delivery=2, service_s=0.5),
    # 3: failed first, then an effect: redelivery repaired it.
    *copy_in(3, 12.0),
    ("confirmed", 3, 12.0),
    *failed_delivery(3, 15.0, service_s=0.5),
    *served(3, 16.0, delivery=2, service_s=0.5),
    # 4: failed every time, parked.
    *copy_in(4, 13.0),
    ("confirmed", 4, 16.0),
    *failed_delivery(4, 15.5, service_s=0.5),
    ("removed", 4, 15.5, Cause.DELIVERY_LIMIT),
    ("parked", 4, 15.5, Cause.DELIVERY_LIMIT),
    # 5: had its effect, its acknowledgement was lost, parked.
    *copy_in(5, 14.0),
    ("failed", 5, 15.0, Failed.ATTEMPTS),
    ("delivered", 5, 16.5, 0, False),
    ("effected", 5, 17.0, 0.5, 1),
    ("removed", 5, 17.0, Cause.DELIVERY_LIMIT),
    ("parked", 5, 17.0, Cause.DELIVERY_LIMIT),
    # 6: confirmed from the page cache, which a power loss took.
    *copy_in(6, 15.0),
    ("confirmed", 6, 15.0),
    ("removed", 6, 17.5, Cause.PAGE_CACHE),
    ("dropped", 6, 17.5, Cause.PAGE_CACHE),
    # 7: lost in the network, given up.
    ("sent", 7, 16.0),
    ("dropped", 7, 16.0, Cause.NETWORK),
    ("failed", 7, 18.0, Failed.DEADLINE),
    # 8: lost in the network, nobody asked.
    ("sent", 8, 17.0),
    ("unknown", 8, 17.0),
    ("dropped", 8, 17.0, Cause.NETWORK),
    # 9: still in the queue. 10: before 9, though younger.
    *copy_in(9, 18.0),
    ("confirmed", 9, 18.0),
    *copy_in(10, 19.0),
    ("confirmed", 10, 19.0),
    *served(10, 20.0),
]

EXPECTED = {
    "confirmed": (7, 10),
    "failed": (2, 10),
    "unknown": (1, 10),
    "delivered": (5, 10),
    "once": (4, 10),
    "duplicated": (1, 10),
    "dead_lettered": (1, 10),
    "parked": (2, 10),
    "lost": (3, 10),
    "pending": (1, 10),
    "silent_loss": (1, 10),
    "reported_loss": (1, 10),
    "false_failure": (1, 10),
    "unknown_loss": (1, 10),
    "persisted": (7, 8),
    "redelivered": (1, 2),
    "redelivered_flag_lies": (1, 2),
    "sends_per_message": (11, 10),
    "copies_per_message": (9, 10),
    "deliveries_per_message": (8, 10),
    "effects_per_message": (6, 10),
    "out_of_order": (0, 10),
    # 0.5, 1, 0, 3, 0, 0, 0.
    "confirm_latency_mean": (4.5, 7),
    # 3, 3, 4, 3, 1.
    "delivery_latency_mean": (14, 5),
    "highest_latency_mean": (0, 0),
    "lowest_latency_mean": (0, 0),
    # 2.75; 3 + 2.5; 4; 2.5; 3; 2.5; 1; not message 9, which is there still.
    "sojourn_mean": (21.25, 8),
    # From 10 s to 19 s: the same, and one second of message 9; of 10 nothing.
    "queue_length": (21.25, 9),
    # 2; 1 and 0.5; 0.5 and 0.5; 0.5; 0.5; 0.
    "service_mean": (5.5, 8),
    # First effects at 13, 14, 16 and 17 s.
    "throughput": (4, 9),
    "lost_per_crash": (1, 1),
}


@pytest.fixture(scope="module")
def parts():
    made = ledger(*FACTS)
    made.crashes.append((17.5, "broker", "power_loss"))
    measured = range(1, 11)
    outcomes, load = judge(made, measured), observe(made, measured)
    return measured_parts(outcomes, load)


@pytest.mark.parametrize("name", EXPECTED)
def test_parts(parts, name):
    assert parts[name] == pytest.approx(EXPECTED[name])


def test_there_is_a_measure_for_each_estimate_of_an_experiment_file():
    assert list(MEASURES) == list(ESTIMATES)
    assert list(EXPECTED) == [name for name, one in MEASURES.items() if one.quantile is None]


def test_nothing_measured_is_undefined_and_never_zero():
    made = ledger(*created(1.0))
    outcomes, load = judge(made, range(0)), observe(made, range(0))
    for name, measure in MEASURES.items():
        above, below = measure.parts(outcomes, load)
        assert (above, below) == (0.0, 0.0), name


def test_conditional_measures_ask_for_their_condition():
    # One message, confirmed and served: nothing failed first, nothing crashed.
    made = ledger(*created(1.0, 2.0), *copy_in(0, 1.0), ("confirmed", 0, 1.0), *served(0, 1.0))
    outcomes, load = judge(made, range(1)), observe(made, range(2))
    assert MEASURES["redelivered"].parts(outcomes, load) == (0.0, 0.0)
    assert MEASURES["lost_per_crash"].parts(outcomes, load) == (0.0, 0.0)


def test_a_first_failure_counts_only_when_it_is_decided():
    made = ledger(*created(1.0), *copy_in(0, 1.0), *failed_delivery(0, 2.0))
    assert MEASURES["redelivered"].parts(judge(made, range(1)), observe(made, range(1))) == (0, 0)


def test_a_copy_that_outlives_the_crash_persists():
    # Two copies, one on disk: the crash takes one, and the message persists.
    made = ledger(
        *created(1.0),
        *copy_in(0, 1.0),
        *copy_in(0, 2.0),
        ("removed", 0, 3.0, Cause.PAGE_CACHE),
        ("dropped", 0, 3.0, Cause.PAGE_CACHE),
        ("removed", 0, 4.0, ACKNOWLEDGED),
        ("effected", 0, 4.0, 0.0, 1),
    )
    assert MEASURES["persisted"].parts(judge(made, range(1)), observe(made, range(1))) == (1, 1)


def test_every_measure_says_what_it_means():
    for name, measure in MEASURES.items():
        assert measure.meaning, name
        assert (measure.unit == "s") == (
            "latency" in name or name in ("sojourn_mean", "service_mean")
        )
    probabilities = {name for name, m in MEASURES.items() if m.kind is Kind.PROBABILITY}
    assert {"confirmed", "lost", "persisted", "redelivered", "out_of_order"} <= probabilities


def test_every_estimate_has_a_better_side_or_none():
    more = {"confirmed", "delivered", "once", "persisted", "redelivered", "throughput"}
    # One for each message is right.
    neither = {"copies_per_message", "deliveries_per_message", "effects_per_message"}
    less = {
        *("failed", "unknown", "duplicated", "dead_lettered", "parked", "lost", "pending"),
        *("silent_loss", "reported_loss", "false_failure", "unknown_loss"),
        *("redelivered_flag_lies", "sends_per_message", "out_of_order"),
        *(
            f"{which}_latency_{statistic}"
            for which in ("confirm", "delivery")
            for statistic in ("mean", "p50", "p90", "p99", "p999")
        ),
        *("highest_latency_mean", "lowest_latency_mean", "sojourn_mean", "queue_length"),
        *("service_mean", "lost_per_crash"),
    }
    expected = {
        **dict.fromkeys(less, Better.LESS),
        **dict.fromkeys(more, Better.MORE),
        **dict.fromkeys(neither, Better.NEITHER),
    }
    assert expected.keys() == set(ESTIMATES)
    assert {name: measure.better for name, measure in MEASURES.items()} == expected


def test_what_is_usually_wanted_is_the_better_side():
    assert usual("lost") == Objective("lost")
    assert usual("confirmed") == Objective("confirmed", highest=True)
    assert usual("effects_per_message") is None
