"""Faults, and whether all had settled before."""

from __future__ import annotations

import pytest

from sim.config import from_mapping
from sim.cycles import cycles
from sim.runner import run
from tests.sim.ledgers import copy_in, created, ledger, served

# A message every ten seconds, each done within a second.
QUICK = [
    *created(*(10.0 * row for row in range(11))),
    *(fact for row in range(11) for fact in copy_in(row, 10.0 * row)),
    *(fact for row in range(11) for fact in served(row, 10.0 * row + 1.0)),
]


def failing(*outages, facts=QUICK):
    """A ledger with outages, each (time, component, until)."""
    made = ledger(*facts)
    for at_s, who, until_s in outages:
        made.crashes.append((at_s, who, "process_crash"))
        if until_s is not None:
            made.restarts.append((until_s, who))
    made.crashes.sort()
    made.restarts.sort()
    return made


def counted(*outages, facts=QUICK, start_s=0.0, end_s=100.0):
    return cycles(failing(*outages, facts=facts), start_s, end_s)


def test_without_a_fault_there_is_no_cycle():
    assert counted() == 0


def test_each_fault_that_finds_all_settled_begins_a_cycle():
    assert counted((15.0, "broker", 16.0), (35.0, "broker", 36.0), (55.0, "broker", 56.0)) == 3


def test_an_outage_may_take_no_time():
    assert counted((15.0, "broker", 15.0), (35.0, "broker", 35.0)) == 2


def test_faults_of_several_components_count_alike():
    assert counted((15.0, "broker", 16.0), (35.0, "consumer 0", 36.0)) == 2


def test_only_the_measured_window_counts():
    outages = [(15.0, "broker", 16.0), (35.0, "broker", 36.0), (55.0, "broker", 56.0)]
    assert counted(*outages, start_s=20.0) == 2
    assert counted(*outages, end_s=40.0) == 2


def test_a_fault_while_another_lasts_belongs_to_its_cycle():
    assert counted((15.0, "broker", 40.0), (35.0, "consumer 0", 36.0)) == 1
    assert counted((15.0, "broker", None), (35.0, "consumer 0", 36.0)) == 1


@pytest.mark.parametrize(("done_s", "expected"), [(34.0, 2), (36.0, 1)])
def test_a_message_that_met_the_fault_must_be_over(done_s, expected):
    facts = [*created(10.0, 50.0), *copy_in(0, 10.0), *served(0, done_s)]
    assert counted((15.0, "broker", 16.0), (35.0, "broker", 36.0), facts=facts) == expected


def test_so_must_one_that_came_while_the_fault_lasted():
    facts = [*created(17.0, 50.0), *copy_in(0, 17.0), *served(0, 36.0)]
    assert counted((15.0, "broker", 20.0), (35.0, "broker", 36.0), facts=facts) == 1
    assert counted((15.0, "broker", 16.0), (35.0, "broker", 36.0), facts=facts) == 2


def test_what_has_not_settled_goes_on_until_it_has():
    facts = [*created(10.0, 50.0), *copy_in(0, 10.0), *served(0, 36.0)]
    outages = [(15.0, "broker", 16.0), (35.0, "broker", 36.0), (55.0, "broker", 56.0)]
    assert counted(*outages, facts=facts) == 2


SYNCED = {
    "run": {"messages": 1000, "warmup": "2 s", "replications": 2},
    "producer": {
        "arrivals": {"law": "poisson", "rate": "20/s"},
        "timeout": "200 ms",
        "retries": 20,
        "backoff": {"law": "fixed", "pause": "100 ms"},
    },
    "broker": {"confirm_when": "synced"},
    "disk": {"sync": "2 ms"},
    "consumer": {"service": "5 ms"},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "2 s", "lasts": "100 ms"}],
    "check": {"formulas": []},
}


def test_nothing_lost_in_many_crashes_is_a_bound_by_their_number():
    (point,) = run(from_mapping(SYNCED)).points
    found = sum(sample.cycles for sample in point.samples)
    fallen = sum(sample.crashes for sample in point.samples)
    assert 0.8 * fallen < found <= fallen
    lost = point.estimates["lost"]
    assert lost.value == 0.0
    assert lost.high == pytest.approx(1.0 - 0.05 ** (1.0 / found))


def test_with_a_horizon_crashes_are_no_trials():
    # It cuts all that is left, of whatever cycle.
    cut = {**SYNCED, "run": {**SYNCED["run"], "horizon": "1 h"}}
    (point,) = run(from_mapping(cut)).points
    assert point.estimates["lost"].high == pytest.approx(1.0 - 0.05**0.5)
