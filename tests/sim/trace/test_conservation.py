"""Every row about a message is on its trace once, whatever the system."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from sim.outcomes import judge
from sim.system import simulate
from sim.trace import Part, diagram, rows_of, scene_of, trace
from sim.trace.facts import BEGUN
from sim.trace.perfetto import to_perfetto
from sim.trace.svg import to_svg
from tests.properties.experiments import experiments
from tests.sim.trace.viewer import check_events

OUTAGES = ("crash", "restart")


def rows_of_ledger(ledger, row):
    """How often each fact about message *row* stands in *ledger*: kind, time, further columns."""
    counted = Counter()
    ledgers = [ledger] if len(ledger.groups) == 1 else [ledger, *ledger.groups]
    seen = set()
    for one in ledgers:
        for kind, facts in one.kinds.items():
            if id(facts) in seen:
                continue
            seen.add(id(facts))
            columns = [facts.column(name).tolist() for name in facts.further]
            for place, message in enumerate(facts.messages().tolist()):
                if message == row:
                    further = tuple(column[place] for column in columns)
                    counted[kind, float(facts.times_s()[place]), further] += 1
    return counted


def shown(fact):
    further = {name: value for name, value in fact.values.items() if name != "delivery"}
    if fact.kind in ("effected", "raised", "skipped"):
        further = fact.values
    return fact.kind, fact.time_s, tuple(further.values())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(experiment=experiments, data=st.data())
def test_every_row_is_shown_once(experiment, data):
    system = simulate(experiment, 0)
    created = len(system.ledger.created)
    if not created:
        return
    row = data.draw(st.integers(0, created - 1))
    told = trace(system.ledger, row, scene_of(experiment), system.now_s)
    own = [fact for fact in rows_of(told) if fact.kind not in OUTAGES]
    assert Counter(map(shown, own)) == rows_of_ledger(system.ledger, row)
    if len(system.ledger.groups) > 1:
        each_group_has_its_own(told, system, row)
    causes_come_first(told)
    outages_are_those_of_the_ledger(told, system.ledger)
    outcomes = judge(system.ledger, range(row, row + 1))
    assert told.verdict.count(";") >= len(outcomes)
    lines = diagram(told, 80)
    # Words may be broken into lines, but each step has a line of its own at least.
    assert len(lines) >= len(told.steps) + 2
    if len(told.lanes) <= 5:
        assert max(cell_len(line) for line, _ in lines) <= 80
    assert to_svg(told, ["a", "b"]).count('class="step') == len(told.steps)
    check_events(to_perfetto(told, ["a", "b"]), told)


def each_group_has_its_own(told, system, row):
    """One group's trace has its own rows, and those that are of none."""
    every = Counter(map(shown, rows_of(told)))
    parts = Counter()
    for group in range(len(system.ledger.groups)):
        own = trace(system.ledger, row, told.scene, system.now_s, group)
        parts += Counter(shown(fact) for fact in rows_of(own) if fact.group == group)
    parts += Counter(shown(fact) for fact in rows_of(told) if fact.group is None)
    assert parts == every


def causes_come_first(told):
    times = [step.time_s for step in told.steps]
    assert times == sorted(times)
    for place, step in enumerate(told.steps):
        assert step.lane in told.lanes
        if step.fact is None:
            assert step.lane.part is Part.CONSUMER or step.lane.part is Part.BROKER
        if step.origin is not None:
            assert step.origin < place, f"{step.words} comes from what is later"
            assert step.words != told.steps[step.origin].words
    assert BEGUN not in {fact.kind for fact in rows_of(told)}


def outages_are_those_of_the_ledger(told, ledger):
    falls = Counter((time_s, who) for time_s, who, _ in ledger.crashes)
    returns = Counter((time_s, who) for time_s, who in ledger.restarts)
    for kind, there in (("crash", falls), ("restart", returns)):
        counted = Counter(
            (fact.time_s, fact.values["component"]) for fact in rows_of(told) if fact.kind == kind
        )
        assert counted <= there
        # Of what fell before the message was there, the last fall is told.
        during = [one for one in counted if one[0] >= told.created_s]
        assert all(counted[one] == there[one] for one in during)
