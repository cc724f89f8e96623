import pytest

from sim.config import ConfigError, from_mapping


def merged(*mappings):
    """Return nested tables as one."""
    result = {}
    for mapping in mappings:
        for key, value in mapping.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def refused(*mappings):
    with pytest.raises(ConfigError) as error:
        from_mapping(merged(*mappings), source="x.toml")
    return str(error.value)


NO_TIMEOUT = {"broker": {"redelivery": {"ack_timeout": "inf"}}}
LIMIT = {"broker": {"redelivery": {"limit": 5}}}
HORIZON = {"run": {"horizon": "1 h"}}
AUTO = {"consumer": {"ack": "auto"}}
BEFORE = {"consumer": {"ack": "before"}}
IGNORE = {"consumer": {"on_failure": "ignore", "failure": 0.1}}
TRACE = {"producer": {"arrivals": {"law": "trace", "list": [1, 5, 6, 7]}}}


def deliver(**link):
    return {"network": {"deliver": link}}


def crash(**when):
    return {"faults": [{"target": "consumer", "kind": "crash", **when}]}


def consumer(**values):
    return {"consumer": values}


@pytest.mark.parametrize(
    ("target", "kind", "name", "count"),
    [
        ("broker", "power_loss", "broker.replicas", 1),
        ("disk", "full", "broker.replicas", 1),
        ("producer", "crash", "producer.instances", 2),
        ("publish", "partition", "producer.instances", 2),
        ("consumer", "crash", "all consumer.instances", 6),
        ("deliver", "partition", "all consumer.instances", 6),
    ],
)
def test_a_fault_of_one_finds_one(target, kind, name, count):
    system = {
        "producer": {"instances": 2},
        "broker": {"routing": "fanout"},
        "consumer": {"groups": 2, "instances": 3},
    }
    fault = {"target": target, "kind": kind, "at": [1]}
    from_mapping({**system, "faults": [fault | {"which": count - 1}]})
    assert refused({**system, "faults": [fault, fault | {"which": count}]}) == (
        f"faults.1.which must be < {name} = {count}, got {count} (x.toml)"
    )


def test_a_horizon_leaves_something_to_measure():
    given = {"run": {"warmup": "5 s"}}
    assert refused(given, {"run": {"horizon": "5 s"}}) == (
        'run.horizon must be > run.warmup, got "5 s" with run.warmup = "5 s": '
        "no message would be measured (x.toml)"
    )
    from_mapping(merged(given, {"run": {"horizon": "5001 ms"}}))
    # What is found leaves room.
    assert from_mapping({"run": {"horizon": "5 s"}}).run.warmup_s == 2.5


def test_a_trace_must_hold_the_messages_that_are_measured():
    messages = {"run": {"messages": 7}}
    two = {"producer": {"instances": 2}}
    assert refused(TRACE, messages, two) == (
        "run.messages must be <= 6, the messages that producer.arrivals creates after run.warmup, "
        "got 7 (x.toml); set run.messages, or set run.horizon"
    )
    from_mapping(merged(TRACE, two, {"run": {"messages": 6}}))
    from_mapping(merged(TRACE, two, messages, HORIZON))


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (deliver(loss=0.1), "network.deliver.loss = 0.1"),
        (deliver(ack_loss=0.25), "network.deliver.ack_loss = 0.25"),
        (IGNORE, 'consumer.on_failure = "ignore" with failure = 0.1'),
    ],
)
def test_what_only_a_death_brings_back_needs_a_horizon(cause, named):
    assert refused(NO_TIMEOUT, cause) == (
        f'broker.redelivery.ack_timeout = "inf" with {named} lets messages vanish for good: '
        "the run might never end (x.toml); set run.horizon"
    )
    from_mapping(cause)
    from_mapping(merged(NO_TIMEOUT, cause, HORIZON))
    from_mapping(merged(NO_TIMEOUT, cause, crash(every="1 min")))
    from_mapping(merged(NO_TIMEOUT, cause, AUTO))
    assert "set run.horizon" in refused(NO_TIMEOUT, cause, crash(at=["1 min"]))


def test_a_failure_that_is_told_or_acknowledged_before_needs_none():
    from_mapping(merged(NO_TIMEOUT, consumer(failure=0.1)))
    from_mapping(merged(NO_TIMEOUT, IGNORE, BEFORE))


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (deliver(loss=1), "network.deliver.loss = 1"),
        (deliver(ack_loss=1), "network.deliver.ack_loss = 1"),
        (consumer(failure=1, service="1 ms"), "consumer.failure = 1"),
        (consumer(failure=1, on_failure="ignore"), "consumer.failure = 1"),
        (consumer(poison=0.01, service="1 ms"), "consumer.poison = 0.01"),
        (consumer(poison=0.01, on_failure="ignore"), "consumer.poison = 0.01"),
        (consumer(failure=1, service="1 ms", ack="batch"), "consumer.failure = 1"),
        (consumer(crash_before_effect=1), "consumer.crash_before_effect = 1"),
        (consumer(crash_after_effect=1), "consumer.crash_after_effect = 1"),
    ],
)
def test_what_can_never_be_acknowledged_needs_a_limit_or_a_horizon(cause, named):
    assert refused(cause) == (
        f"broker.redelivery.limit = 0 with {named} lets messages be given out again for ever: "
        "the run might never end (x.toml); set run.horizon"
    )
    for way_out in (LIMIT, HORIZON, AUTO, {"broker": {"ttl": "1 min"}}):
        from_mapping(merged(cause, way_out))


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        ("refusals", deliver(ack_loss=1)),
        ("refusals", consumer(crash_before_effect=1)),
        ("refusals", consumer(poison=0.01, on_failure="ignore")),
        ("disconnects", deliver(loss=1)),
        ("disconnects", consumer(poison=0.01, service="1 ms")),
        ("disconnects", consumer(failure=1, service="1 ms")),
    ],
)
def test_a_limit_ends_only_what_it_counts(counts, cause):
    only = {"broker": {"redelivery": {"limit": 5, "counts": counts}}}
    assert refused(cause, only).startswith(
        f'broker.redelivery.limit = 5 with counts = "{counts}" with '
    )
    from_mapping(merged(cause, LIMIT))


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        ("refusals", consumer(poison=0.01)),
        ("disconnects", consumer(crash_after_effect=1)),
    ],
)
def test_and_it_does_end_what_it_counts(counts, cause):
    from_mapping(merged(cause, {"broker": {"redelivery": {"limit": 5, "counts": counts}}}))


def test_an_order_needs_answers_to_wait_for():
    assert refused(consumer(ordered=True, ack="auto")).startswith(
        'consumer.ordered = true needs consumer.ack other than "auto"'
    )
    from_mapping(consumer(ordered=True, ack="before"))


@pytest.mark.parametrize("ack", ["auto", "before"])
def test_a_transaction_needs_something_to_commit(ack):
    assert refused(consumer(transactional=True, ack=ack)) == (
        'consumer.transactional = true needs consumer.ack = "after" or "batch", got '
        f'"{ack}": there is nothing left to commit with the effect (x.toml); set consumer.ack, or '
        "leave consumer.transactional out"
    )
    from_mapping(consumer(transactional=True, ack="batch"))


@pytest.mark.parametrize("keeps", [{"transactional": True}, {"dedup": -1}])
def test_a_death_after_the_effect_is_no_matter_if_the_effect_is_known(keeps):
    from_mapping(consumer(crash_after_effect=1, **keeps))


def test_a_failure_that_is_rejected_or_acknowledged_before_ends():
    from_mapping(consumer(failure=1, on_failure="reject"))
    from_mapping(consumer(failure=1, ack="before"))
    from_mapping(consumer(failure=0.999))


def test_a_consumer_must_come_before_the_messages_are_countless():
    late = consumer(start="1 year")
    assert refused(late) == (
        "consumer.start with a mean of 365 d comes after 3.2e+09 messages: the run might never "
        "end (x.toml); set run.horizon"
    )
    from_mapping(merged(late, HORIZON))
    from_mapping(merged(late, {"producer": {"arrivals": {"law": "poisson", "rate": "1/h"}}}))


@pytest.mark.parametrize(
    "fine",
    [
        consumer(concurrency=8, prefetch=1),
        consumer(ack="before", on_failure="reject"),
        consumer(ack="auto", on_failure="ignore", failure=0.5),
        {"disk": {"policy": "never"}},
    ],
)
def test_what_is_merely_unwise_is_accepted(fine):
    from_mapping(fine)


def test_a_point_of_a_sweep_is_checked_too():
    assert refused({"sweep": {"consumer.failure": [0, 1]}}) == (
        "sweep: broker.redelivery.limit = 0 with consumer.failure = 1 lets messages be given out "
        "again for ever: the run might never end (x.toml); set run.horizon"
    )


def test_what_fails_for_ever_at_one_instant_is_refused_whatever_the_horizon():
    always = consumer(failure=1)
    assert refused(HORIZON, always).startswith("consumer.service = 0 s with deliveries that always")
    from_mapping(merged(HORIZON, consumer(failure=1, service="1 ms")))
    from_mapping(merged(HORIZON, LIMIT, always))
    uncounted = {"broker": {"redelivery": {"limit": 5, "counts": "disconnects"}}}
    assert "consumer.service = 0 s" in refused(HORIZON, uncounted, always)
    assert "consumer.service = 0 s" in refused(HORIZON, consumer(poison=0.01))
    from_mapping(merged(HORIZON, consumer(failure=1, on_failure="reject")))
    instant = consumer(crash_before_effect=1, restart="0 s")
    assert "consumer.service = 0 s" in refused(HORIZON, instant)
    # A client's pause does not come after its death, and an unseen death brings nothing back.
    paused = {"broker": {"redelivery": {"delay": {"law": "fixed", "pause": "1 s"}}}}
    of_client = {"broker": {"redelivery": {"counts": "refusals"}}}
    from_mapping(merged(HORIZON, instant, paused))
    assert "consumer.service = 0 s" in refused(HORIZON, instant, paused, of_client)
    from_mapping(merged(HORIZON, instant, {"broker": {"redelivery": {"on_disconnect": False}}}))
    from_mapping(merged(HORIZON, consumer(crash_before_effect=1)))


def test_an_outbox_needs_to_know_what_is_confirmed():
    outbox = {"producer": {"outbox": True}}
    assert refused(merged(outbox, {"producer": {"confirm": False}})) == (
        "producer.outbox = true needs producer.confirm = true, got false: nothing would tell what "
        "is still to be sent (x.toml); set producer.confirm, or leave producer.outbox out"
    )
    from_mapping(outbox)


def test_an_idempotent_producer_must_hear_of_refusals():
    numbered = {"producer": {"idempotent": True}}
    assert refused(merged(numbered, {"producer": {"confirm": False}})) == (
        "producer.idempotent = true needs producer.confirm = true, got false: after the first loss "
        "all that follows would be out of sequence, and refused (x.toml); set producer.confirm, or "
        "leave producer.idempotent out"
    )
    from_mapping(numbered)


def test_a_recording_that_producers_may_miss_needs_a_horizon():
    recorded = {
        "producer": {"arrivals": {"law": "trace", "list": [n / 8 for n in range(20)]}},
        "run": {"messages": 5, "warmup": 0},
    }
    dying = {"faults": [{"target": "producer", "kind": "crash", "every": "1 s"}]}
    from_mapping(recorded)
    assert refused(recorded, dying) == (
        'producer.arrivals.law = "trace" with producers that crash may create fewer than '
        "run.messages = 5: the run might never end (x.toml); set run.horizon"
    )
    from_mapping(merged(recorded, dying, HORIZON))


# ---------------------------------------------------------------- links


def link(name, **values):
    return {"network": {name: values}}


def fault(target, kind):
    return {"faults": [{"target": target, "kind": kind, "every": "1 min"}]}


@pytest.mark.parametrize("name", ["publish", "deliver"])
def test_a_cut_needs_a_connection(name):
    assert refused(fault(name, "cut")) == (
        f'network.{name}.connection = false leaves no connection for faults.0.kind = "cut" to '
        f"break (x.toml); set network.{name}.connection = true, "
        'or kind = "partition"'
    )
    from_mapping(merged(fault(name, "cut"), link(name, connection=True)))
    from_mapping(merged(fault(name, "partition"), HORIZON))


@pytest.mark.parametrize("name", ["publish", "deliver"])
def test_a_connection_drops_doubles(name):
    assert refused(link(name, connection=True, duplication=0.25)) == (
        f"network.{name}.duplication must be 0 with network.{name}.connection = true, got 0.25: "
        f"a connection drops doubles (x.toml); leave out network.{name}.duplication, or set "
        "connection = false"
    )
    from_mapping(link(name, duplication=0.25))


def test_something_gets_through_a_connection():
    assert refused(link("publish", connection=True, loss=1, ack_loss=0.5)) == (
        "network.publish.loss = 1 lets nothing through network.publish.connection = true (x.toml); "
        "network.publish.loss must be < 1"
    )
    assert refused(link("deliver", connection=True, ack_loss=1)) == (
        "network.deliver.ack_loss = 1 lets nothing through network.deliver.connection = true "
        "(x.toml); network.deliver.ack_loss must be < 1"
    )
    stuck = {"bad_loss": 1, "good_to_bad": 0.5, "bad_to_good": 0}
    assert refused(link("publish", connection=True, bursts=stuck)) == (
        "network.publish.loss = 0 and bursts.bad_loss = 1 lets nothing through "
        "network.publish.connection = true (x.toml); network.publish.loss must be < 1"
    )
    from_mapping(link("publish", connection=True, bursts=stuck | {"bad_to_good": 0.1}))
    from_mapping(link("publish", loss=1))


SOMETIMES = {"bad_loss": 0.5, "good_to_bad": 0.1, "bad_to_good": 0.1}


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (deliver(bursts=SOMETIMES), "network.deliver.bursts.bad_loss = 0.5"),
        (fault("deliver", "partition"), 'a "partition" of target "deliver"'),
    ],
)
def test_deliveries_that_vanish_at_times_need_a_horizon_too(cause, named):
    assert refused(NO_TIMEOUT, cause) == (
        f'broker.redelivery.ack_timeout = "inf" with {named} lets messages vanish for good: '
        "the run might never end (x.toml); set run.horizon"
    )
    from_mapping(cause)
    from_mapping(merged(NO_TIMEOUT, cause, HORIZON))


@pytest.mark.parametrize(
    "link",
    [
        deliver(connection=True, loss=0.5, ack_loss=0.5, bursts=SOMETIMES),
        merged(deliver(connection=True), fault("deliver", "partition")),
        merged(deliver(connection=True), fault("deliver", "cut")),
        deliver(bursts=SOMETIMES | {"good_to_bad": 0}),
    ],
)
def test_nothing_vanishes_on_a_connection(link):
    from_mapping(merged(NO_TIMEOUT, link))


UNSEEN = {"broker": {"redelivery": {"ack_timeout": "inf", "on_disconnect": False}}}


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (consumer(crash_before_effect=0.1), "consumer.crash_before_effect = 0.1"),
        (consumer(crash_after_effect=0.1), "consumer.crash_after_effect = 0.1"),
        (consumer(failure=0.1, on_failure="crash"), "consumer.failure = 0.1"),
        (crash(at=["1 min"]), 'a "crash" of target "consumer"'),
        (crash(every="1 min"), 'a "crash" of target "consumer"'),
        (merged(deliver(connection=True), fault("deliver", "cut")), 'a "cut" of target "deliver"'),
        (
            merged(deliver(connection=True, detect="1 s"), fault("deliver", "partition")),
            'a "partition" of target "deliver"',
        ),
    ],
)
def test_what_nobody_sees_needs_a_timer_or_a_horizon(cause, named):
    assert refused(UNSEEN, cause) == (
        'broker.redelivery.ack_timeout = "inf" and on_disconnect = false with '
        f"{named} lets messages stay with it for good: "
        "the run might never end (x.toml); set run.horizon"
    )
    from_mapping(merged(NO_TIMEOUT, cause))
    from_mapping(merged(UNSEEN, {"broker": {"redelivery": {"ack_timeout": "1 s"}}}, cause))
    for way_out in (HORIZON, AUTO):
        from_mapping(merged(UNSEEN, cause, way_out))


def test_a_limit_of_deaths_counts_none_that_nobody_sees():
    deaths = {"broker": {"redelivery": {"limit": 3, "counts": "disconnects"}}}
    always = consumer(crash_before_effect=1, service="1 ms")
    from_mapping(merged(deaths, always))
    unseen = {"broker": {"redelivery": {"on_disconnect": False}}}
    assert "be given out again for ever" in refused(deaths, always, unseen)


def test_a_link_that_loses_everything_at_times_only_is_no_dead_one():
    assert "given out again for ever" in refused(deliver(loss=1))
    from_mapping(deliver(loss=1, bursts=SOMETIMES))
