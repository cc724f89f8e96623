"""What consumers do with an error, as experiment files have it: what is refused and explained."""

from __future__ import annotations

import pytest

from sim.checks.mechanisms import beyond_closed_forms
from sim.config import ConfigError, from_mapping
from sim.explain import Guarantee, Hazard, explain
from sim.explain.hazards import active
from sim.runner import run
from tests.properties.quiet import QUIET

HORIZON = {"horizon": "1 min"}


def experiment(*, consumer, broker=(), run=()):
    return {
        "run": {"messages": 40, "warmup": 0, "replications": 2} | dict(run),
        "broker": dict(broker),
        "consumer": consumer,
    }


def refused(mapping):
    with pytest.raises(ConfigError) as error:
        from_mapping(mapping, source="x.toml")
    return str(error.value)


@pytest.mark.parametrize("cause", [{"failure": 0.25}, {"poison": 0.25, "service": "1 ms"}])
def test_a_copy_after_each_failure_needs_a_horizon(cause):
    ((name, chance),) = [item for item in cause.items() if item[0] != "service"]
    asked = {"on_failure": "republish"} | cause
    assert refused(experiment(consumer=asked)) == (
        f'consumer.on_failure = "republish" with {name} = {chance} leaves one message more after '
        "each failure: the run might never end (x.toml); set run.horizon"
    )
    from_mapping(experiment(consumer=asked, run=HORIZON))
    from_mapping(experiment(consumer={"on_failure": "republish"}))


def test_copies_of_copies_must_take_time():
    for cause in ({"failure": 1}, {"poison": 0.1}):
        always = {"on_failure": "republish", "ack": "auto"} | cause
        assert "consumer.service = 0 s with consumer.on_failure" in refused(
            experiment(consumer=always, run=HORIZON)
        )
        from_mapping(experiment(consumer=always | {"service": "1 ms"}, run=HORIZON))
    from_mapping(experiment(consumer={"on_failure": "republish", "failure": 0.9}, run=HORIZON))


@pytest.mark.parametrize(
    ("broker", "consumer", "told"),
    [
        ({"replicas": 3}, {}, "needs broker.replicas = 1, got 3"),
        ({"routing": "fanout"}, {}, 'needs broker.routing = "competing", got "fanout"'),
        ({}, {"transactional": True}, "needs consumer.transactional = false, got true"),
    ],
)
def test_it_is_published_to_one_queue_that_is_all_there_is(broker, consumer, told):
    asked = experiment(consumer={"on_failure": "republish"} | consumer, broker=broker)
    assert f'consumer.on_failure = "republish" {told}' in refused(asked)


@pytest.mark.parametrize("shape", ["log", "bus", "none"])
@pytest.mark.parametrize("on_failure", ["republish", "crash"])
def test_only_consumers_of_a_queue_do_so(shape, on_failure):
    asked = experiment(consumer={"on_failure": on_failure}, broker={"shape": shape})
    assert (
        f'consumer.on_failure = "{on_failure}" must be "requeue", "reject" or "ignore" with '
        f'broker.shape = "{shape}"'
    ) in refused(asked)


def test_without_a_broker_nothing_is_committed():
    asked = experiment(consumer={"transactional": True}, broker={"shape": "none"})
    assert refused(asked) == (
        'consumer.transactional = true means nothing with broker.shape = "none": there is nobody '
        "to commit to (x.toml); leave it out"
    )


def test_poison_that_kills_needs_a_limit_that_counts_deaths():
    killing = {"on_failure": "crash", "poison": 0.1}
    assert "consumer.poison = 0.1 lets messages be given out again for ever" in refused(
        experiment(consumer=killing)
    )
    for counts, fine in (("all", True), ("disconnects", True), ("refusals", False)):
        limited = {"redelivery": {"limit": 3, "counts": counts}}
        asked = experiment(consumer=killing, broker=limited)
        if fine:
            from_mapping(asked)
        else:
            assert 'counts = "refusals" with consumer.poison' in refused(asked)


def test_deaths_that_take_no_time_are_refused():
    killing = {"on_failure": "crash", "poison": 0.1, "restart": "0 s"}
    assert "consumer.service = 0 s" in refused(experiment(consumer=killing, run=HORIZON))
    from_mapping(experiment(consumer=killing | {"restart": "1 s"}, run=HORIZON))


def test_an_error_that_kills_is_a_death():
    hazards = active(from_mapping(experiment(consumer={"on_failure": "crash", "failure": 0.1})))
    assert hazards == {Hazard.OPERATION, Hazard.FAILURE, Hazard.CONSUMER_CRASH}


@pytest.mark.parametrize(
    ("consumer", "breaks"),
    [({}, {"published again"}), ({"dedup": -1}, set()), ({"ack": "before"}, set())],
)
def test_what_is_published_again_and_not_acknowledged_is_there_twice(consumer, breaks):
    asked = QUIET | {
        "consumer": QUIET["consumer"] | {"on_failure": "republish", "failure": 0.1} | consumer
    }
    promise = explain(from_mapping(asked)).promise(Guarantee.AT_MOST_ONCE)
    assert {found.weakness.name for found in promise.breaks} == breaks


@pytest.mark.parametrize("on_failure", ["republish", "crash"])
def test_no_closed_form_knows_it(on_failure):
    asked = experiment(consumer={"on_failure": on_failure, "failure": 0.1}, run=HORIZON)
    assert any(
        "consumer.on_failure" in reason for reason in beyond_closed_forms(from_mapping(asked))
    )
    quiet = experiment(consumer={"on_failure": on_failure})
    assert not beyond_closed_forms(from_mapping(quiet))


def test_one_failure_in_five_leaves_a_quarter_of_the_copies_more():
    asked = experiment(
        consumer={"on_failure": "republish", "failure": 0.2, "prefetch": 0},
        broker={"redelivery": {"ack_timeout": "1 s"}},
        run=HORIZON | {"messages": 500},
    )
    (point,) = run(from_mapping(asked)).points
    # Each copy fails until it is done: 0.2 / 0.8 times, and each failure is one copy more.
    estimate = point.estimates["copies_per_message"]
    # A copy has 0.25 direct offspring, so 1 / (1 - 0.25) in all; five standard errors of 1000.
    assert estimate.value == pytest.approx(4 / 3, abs=5 * 0.9 / 1000**0.5)
    assert point.estimates["lost"].value == 0
    assert point.estimates["duplicated"].value > 0.1
