"""Which warm-up a run gets, and from where."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sim
from sim.cautions import cautions
from sim.config import from_mapping
from sim.config.warmup import Source, Warmup
from sim.json_result import to_mapping
from sim.runner import replicate
from sim.runner import run as run_all
from sim.stations import slowest
from sim.warmup import MOST_WINDOWS, found, keeps_time, warmed_up
from sim.warmup.needed import needed_s
from sim.warmup.pilot import FEWEST, look_at
from sim.wording import run_text
from tests.sim.test_assumptions import put

POISSON = {"law": "poisson", "rate": "100/s"}
# 40,000 messages in all: 2,000 of them in a first look, 400 in each of five runs.
BASE = {"run": {"messages": 4000}, "producer": {"arrivals": POISSON}}
FEW = {"run.messages": 100}
FALL = {"target": "broker", "kind": "power_loss", "lasts": "1 s"}


def of(changes):
    return from_mapping(put(BASE, changes))


def service(mean):
    return {"consumer.service": {"law": "exponential", "mean": mean}}


def usual(seconds=5.0):
    return Warmup(seconds=seconds, source=Source.USUAL)


def test_what_remembers_nothing_needs_next_to_none():
    warmup = found(of({}))
    assert warmup.source is Source.DATA
    assert 0 < warmup.seconds < 0.5


def test_what_is_on_its_way_is_waited_for():
    # One in ten is sent again after half a second or so, and one in a hundred after one second.
    lossy = {"network.publish.loss": 0.1, "network.publish.delay": "2 ms"}
    assert 0.5 < found(of(lossy)).seconds < 4


@pytest.mark.parametrize("mean", ["5 ms", "8 ms", "9 ms"])
def test_it_is_never_less_than_a_queue_is_known_to_need(mean):
    experiment = of(service(mean))
    settles_s = slowest(experiment).settles_s
    assert needed_s(experiment) == 2 * settles_s
    assert found(experiment).seconds >= 2 * settles_s


def test_a_queue_that_is_slower_than_short_runs_tell_is_known_by_theory():
    warmup = found(of(service("9.5 ms")))
    # 2 * 9.5 ms / (1 - sqrt(0.95))^2, with two digits and no less.
    assert warmup == Warmup(seconds=30.0, source=Source.THEORY)


def test_theory_is_not_followed_beyond_reason():
    near = of(service("9.99 ms"))
    assert needed_s(near) > 1000 * MOST_WINDOWS
    assert found(near) == Warmup(seconds=40 * MOST_WINDOWS, source=Source.THEORY)


def test_unheard_messages_and_frequent_outages_are_waited_for():
    unheard = {"network.deliver.ack_loss": 0.05, "consumer.prefetch": 0}
    # Of 1,000 deliveries one is unheard three times in a row, for 30 s each time.
    assert needed_s(of(unheard)) == 90
    # With 0.19 to the fourth, more than one in a thousand is sent as often as it may be.
    again = {"network.publish.loss": 0.1, "producer.backoff": {"law": "fixed", "pause": "1 s"}}
    assert needed_s(of(again)) == 4.5
    assert needed_s(of(again | {"network.publish.loss": 0.01})) == 1.5
    assert needed_s(of(again | {"producer.deadline": "2 s"})) == 2
    down = {"target": "consumer", "kind": "crash", "every": "30 s", "lasts": "6 s"}
    assert needed_s(of({"faults": [down]})) == pytest.approx(2 * 30 * 6 / 36)
    assert needed_s(of({"faults": [down | {"every": "10 h"}]})) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"faults": [FALL | {"at": ["10 s"]}]},
        {"faults": [FALL | {"every": {"law": "constant", "value": "10 s"}}]},
        {"producer.arrivals": {"law": "trace", "list": list(np.arange(0, 100, 0.01))}},
        {"producer.arrivals": {"law": "bursty", "on": "1 s", "off": "1 min", "rate": "100/s"}},
        service("11 ms"),
    ],
)
def test_where_nothing_is_to_be_found_it_is_the_usual_one(changes):
    assert found(of(changes)) == usual()


def test_a_fault_that_the_file_puts_early_is_measured():
    assert found(of({"faults": [FALL | {"at": ["10 s", "2 s"]}]})) == usual(0)
    assert found(of({"faults": [FALL | {"at": ["5 s"]}]})) == usual()


def test_bursts_that_come_often_have_no_time_of_day():
    often = {"law": "bursty", "on": "1 s", "off": "1 s", "rate": "100/s"}
    assert not keeps_time(of({"producer.arrivals": often}))
    chance = {"law": "exponential", "mean": "1 min"}
    seldom = often | {"on": "1 s", "off": chance}
    assert not keeps_time(of({"producer.arrivals": seldom}))


def test_a_short_run_is_not_looked_at():
    # 5 % of 10 * 1990 messages are 995, one less than five runs have at least.
    assert look_at(of({"run.messages": 100 * FEWEST // 10 - 1})) is None
    assert look_at(of({"run.messages": 100 * FEWEST // 10})) is not None
    assert found(of(FEW)) == usual()
    # What is known counts all the same, up to ten windows of one second.
    assert found(of(FEW | service("9 ms"))) == Warmup(seconds=6.9, source=Source.THEORY)
    assert found(of(FEW | service("9.5 ms"))) == Warmup(seconds=10, source=Source.THEORY)


def test_a_horizon_leaves_time_for_what_is_measured():
    assert found(of(FEW | {"run.horizon": "4 s"})) == usual(2)
    busy = service("9.5 ms") | {"run.horizon": "50 s"}
    assert found(of(busy)) == Warmup(seconds=10, source=Source.THEORY)
    # Not all messages come in time: a tenth of it is left to the warm-up.
    assert found(of(busy | {"run.horizon": "30 s"})) == Warmup(seconds=3, source=Source.THEORY)
    # What a horizon keeps from being created is not counted for the looks.
    assert look_at(of({"run.horizon": "1 s"})) is None


DEADLY = {
    "consumer.service": "1 ms",
    "consumer.poison": 0.02,
    "consumer.on_failure": "crash",
    "consumer.restart": "0.5 s",
    "broker.redelivery.limit": 5,
}


def test_what_grows_all_along_has_no_steady_state_within_reach():
    warmup = found(of(DEADLY))
    assert (warmup.seconds, warmup.source) == (5, Source.USUAL)
    assert warmup.caution.startswith("no steady state seen within 800 messages (7.9 s): messages ")
    assert "messages in the system grew from " in warmup.caution
    (point,) = warmed_up(list(of(DEADLY).points()))
    assert cautions(point.experiment) == (warmup.caution,)


def test_the_same_seed_finds_the_same():
    busy = service("8 ms")
    assert look_at(of(busy)) == look_at(of(busy))
    assert look_at(of(busy)) != look_at(of(busy | {"seed": 1}))


def test_short_runs_have_luck_of_their_own():
    # Were it that of the replications, what is measured would have chosen where it begins.
    one, other = replicate(of({}), -1), replicate(of({}), 0)
    assert one.window_s != other.window_s


def test_points_of_a_sweep_share_the_longest():
    law = {"law": "exponential", "mean": "1 ms"}
    swept = put(BASE, {"consumer.service": law, "sweep": {"consumer.service.mean": [0.001, 0.008]}})
    points = warmed_up(list(from_mapping(swept).points()))
    alone = [found(point.experiment) for point in from_mapping(swept).points()]
    assert alone[0].seconds < alone[1].seconds
    assert [point.experiment.run.warmup_used for point in points] == [alone[1]] * 2


def shared(changes, **sweep):
    points = warmed_up(list(of(changes | {"sweep": sweep}).points()))
    return [point.experiment.run.warmup_used for point in points]


def test_a_point_whose_load_is_far_higher_keeps_its_own():
    slow, quick = shared(
        {"network.publish.loss": 0.1, "producer.in_flight": 100_000},
        **{"producer.arrivals.rate": ["1/s", "10000/s"]},
    )
    assert quick.seconds < 0.4 * 10 < slow.seconds


def test_points_that_never_settle_have_no_say_and_follow():
    law = {"consumer.service": {"law": "exponential", "mean": "1 ms"}}
    one, two = shared(law, **{"consumer.service.mean": [0.001, 0.02]})
    assert one == two
    assert one.found
    assert shared(law, **{"consumer.service.mean": [0.02, 0.03]}) == [usual(), usual()]


def test_where_the_time_of_day_matters_at_some_points_it_does_at_all():
    faults = {"faults": [FALL | {"at": ["10 s"]}]}
    assert shared(faults, **{"faults.0.at": [["10 s"], ["2 s"]]}) == [usual(0), usual(0)]
    both = shared({"faults": [FALL | {"at": ["8 s"]}]}, preset=["rabbitmq-classic", "event-bus"])
    assert both == [usual(), usual()]


def test_a_warmup_that_is_written_stays():
    given, open_ = shared({}, **{"run.warmup": ["3 s", "auto"]})
    assert given == Warmup(seconds=3, source=Source.FILE)
    assert open_.found


def test_a_run_uses_it_and_tells_it():
    result = run_all(of(service("5 ms")))
    (point,) = result.points
    used = point.experiment.run.warmup_used
    assert used == found(of(service("5 ms")))
    assert to_mapping(result)["points"][0]["warmup"] == {
        "seconds": used.seconds,
        "found": True,
        "source": str(used.source),
    }
    assert result.experiment == point.experiment
    assert run_text(result.points).endswith("; warm-up found: 120 ms")
    # Each window begins there: it ends with the last of 4000 messages, some 40 s later.
    assert replicate(point.experiment, 0).window_s == point.samples[0].window_s


def test_a_given_one_is_told_too():
    result = sim.run(of({"run.messages": 50, "run.warmup": "1 s"}))
    told = to_mapping(result)["points"][0]["warmup"]
    assert told == {"seconds": 1.0, "found": False, "source": "file"}
    assert json.dumps(told)
    assert "warm-up" not in run_text(result.points)
