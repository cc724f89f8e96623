"""Random experiment files: everything that may stand in one, in small.

Times lie on a coarse grid as often as not, so that things happen at the same instant.
"""

from __future__ import annotations

from hypothesis import strategies as st

from sim.config import ConfigError, from_mapping

HORIZON_S = 20.0

grid = st.sampled_from([0, 0.125, 0.25, 0.5, 1, 2])
positive = st.sampled_from([0.125, 0.25, 0.5, 1, 2])
chances = st.sampled_from([0, 0, 0, 0.1, 0.3, 0.6])


def table(**values):
    """A table of these keys; one whose strategy gives None is left out."""
    made = {
        key: value if isinstance(value, st.SearchStrategy) else st.just(value)
        for key, value in values.items()
    }
    return st.fixed_dictionaries(made).map(
        lambda table: {key: value for key, value in table.items() if value is not None}
    )


laws = st.one_of(
    grid,
    table(law="constant", value=grid),
    table(law="exponential", mean=positive),
    table(law="uniform", low=0, high=positive),
    table(law="lognormal", median=0.25, p99=positive.map(lambda value: 0.25 + value)),
    table(law="gamma", mean=positive, cv=st.sampled_from([0.5, 1.0, 2.0])),
    table(law="weibull", scale=positive, shape=st.sampled_from([0.5, 2.0])),
    table(law="empirical", list=st.lists(grid, min_size=1, max_size=4)),
)
jitters = st.sampled_from([None, "none", "full", "equal", 0.5])
growing = {
    "first": positive,
    "cap": st.sampled_from([2, 4]),
    "jitter": st.one_of(jitters, st.just("decorrelated")),
}
backoffs = st.one_of(
    grid,
    st.just({"law": "none"}),
    table(law="fixed", pause=grid, jitter=jitters),
    table(law="uniform", low=0.125, high=positive, jitter=jitters),
    table(law="linear", **growing),
    table(law="exponential", factor=st.sampled_from([1.0, 2.0, 3.0]), **growing),
)
recordings = st.lists(st.integers(0, 40).map(lambda n: n / 4), min_size=1, max_size=25).map(sorted)
rates = st.sampled_from([1, 4, 16])
arrivals = st.one_of(
    table(law="poisson", rate=rates),
    table(law="regular", rate=rates),
    table(law="bursty", on=positive, off=laws, rate=rates),
    table(law="trace", list=recordings),
)


def with_answers(producer):
    """The same producer; one with an outbox or with numbers asks for confirms."""
    asks = producer["outbox"] or producer["idempotent"]
    return producer | {"confirm": True} if asks else producer


producers = table(
    instances=st.integers(1, 2),
    arrivals=arrivals,
    confirm=st.sampled_from([True, True, False]),
    timeout=positive,
    retries=st.integers(0, 3),
    backoff=backoffs,
    deadline=st.sampled_from([None, None, 0.5, 2]),
    in_flight=st.sampled_from([1, 3, 1000]),
    buffer=st.sampled_from([0, 2, 1000]),
    keys=st.sampled_from([1, 1, 3]),
    size=st.sampled_from([None, 200, {"law": "exponential", "mean": "300 B"}]),
    outbox=st.booleans(),
    idempotent=st.sampled_from([False, False, True]),
).map(with_answers)
bursts = table(
    bad_loss=st.sampled_from([0.3, 0.9, 1]),
    good_to_bad=st.sampled_from([0, 0.1, 0.5]),
    bad_to_good=st.sampled_from([0.2, 1]),
)
ways = {
    "delay": laws,
    "ack_delay": laws,
    "loss": chances,
    "ack_loss": chances,
    "bursts": st.one_of(st.none(), st.none(), bursts),
    "bandwidth": st.sampled_from([None, None, 1000, "10 KiB/s"]),
    "ack_size": st.sampled_from([None, 0, 100]),
}
links = st.one_of(
    table(**ways, duplication=chances),
    table(**ways, connection=True, detect=laws, reconnect=grid),
)
brokers = table(
    shape=st.sampled_from(["queue", "queue", "queue", "bus", "log", "log", "none"]),
    partitions=st.integers(1, 4),
    accept=st.sampled_from([0, 0, 0.125]),
    capacity=st.sampled_from([0, 0, 1, 4]),
    overflow=st.sampled_from(["reject", "drop_new", "drop_oldest", "block"]),
    ttl=st.sampled_from(["inf", "inf", 0.5, 4]),
    durable=st.sampled_from([True, True, False]),
    persistent=st.sampled_from([True, True, False]),
    dedup_window=st.sampled_from([0, 0, 0, 0.5, 2, "inf"]),
    routing=st.just("fanout"),
    confirm_when=st.sampled_from(["received", "written", "synced", "processed"]),
    priorities=st.sampled_from([1, 1, 3]),
    redelivery=table(
        ack_timeout=st.sampled_from(["inf", 0.5, 4]),
        limit=st.integers(0, 3),
        counts=st.sampled_from(["all", "all", "refusals", "disconnects"]),
        dead_letter=st.booleans(),
        delay=backoffs,
        to_other=st.booleans(),
        on_disconnect=st.booleans(),
    ),
)
disks = table(
    write=st.one_of(st.just(0), laws),
    sync=laws,
    policy=st.sampled_from(["always", "interval", "count", "never"]),
    interval=st.sampled_from([0.75, 2]),
    count=st.integers(1, 4),
    failure=chances,
    torn_tail=st.booleans(),
    writeback=st.sampled_from(["inf", 0.5, 3, 30]),
)
consumers = table(
    groups=st.sampled_from([1, 1, 2, 3]),
    subscription=st.sampled_from(["durable", "durable", "from_start", "transient"]),
    instances=st.integers(1, 3),
    service=laws,
    concurrency=st.sampled_from([1, 1, 3]),
    prefetch=st.sampled_from([0, 1, 1, 3]),
    ack=st.sampled_from(["auto", "before", "after", "after", "batch"]),
    transactional=st.sampled_from([False, False, True]),
    commit=table(every=st.integers(1, 6), interval=st.sampled_from([0.5, 2, 30])),
    dedup=st.sampled_from([0, 0, 1, 3, -1]),
    ordered=st.sampled_from([False, False, True]),
    failure=chances,
    poison=chances,
    on_failure=st.sampled_from(["requeue", "reject", "ignore", "crash"]),
    crash_before_effect=chances,
    crash_after_effect=chances,
    restart=laws,
    detect=laws,
    rebalance=laws,
    start=st.one_of(st.just(0), laws),
)
strikes = st.one_of(
    st.fixed_dictionaries(
        {"every": st.sampled_from([1, 3, {"law": "uniform", "low": 1, "high": 3}])}
    ),
    st.fixed_dictionaries(
        {"at": st.lists(st.integers(0, 40).map(lambda n: n / 4), min_size=1, max_size=3)}
    ),
)
targets = st.sampled_from(
    [
        {"target": "broker", "kind": "process_crash"},
        {"target": "broker", "kind": "power_loss"},
        {"target": "producer", "kind": "crash"},
        {"target": "consumer", "kind": "crash"},
        {"target": "disk", "kind": "full"},
        {"target": "disk", "kind": "slow"},
        {"target": "disk", "kind": "slow", "factor": 3},
        {"target": "publish", "kind": "partition"},
        {"target": "deliver", "kind": "partition"},
        {"target": "publish", "kind": "cut"},
        {"target": "deliver", "kind": "cut"},
    ]
)
faults = st.builds(
    lambda target, strike, together, lasts: target | strike | together | lasts,
    targets,
    strikes,
    st.sampled_from([{}, {"correlated": True}, {"which": 0}]),
    st.one_of(st.just({}), st.fixed_dictionaries({"lasts": laws})),
)


def with_connections(mapping):
    """The same experiment; where there is no connection, a cut is a partition."""
    network = mapping["network"]
    for fault in mapping["faults"]:
        if fault["kind"] == "cut" and not network[fault["target"]].get("connection"):
            fault["kind"] = "partition"
    return mapping


def of_its_shape(mapping):
    """The same experiment, without what its broker's shape, or acknowledgement, does not have."""
    broker, consumer, network = mapping["broker"], mapping["consumer"], mapping["network"]
    if broker["shape"] != "queue" and consumer["on_failure"] == "crash":
        consumer["on_failure"] = "requeue"
    if broker["shape"] == "log":
        for key in ("capacity", "overflow", "priorities"):
            del broker[key]
        del consumer["ordered"]
        del broker["redelivery"]["counts"], consumer["transactional"]
        del broker["redelivery"]["to_other"], broker["redelivery"]["on_disconnect"]
        for key in ("duplication", "bandwidth"):
            network["deliver"].pop(key, None)
    else:
        del broker["partitions"], consumer["rebalance"]
    if broker["shape"] == "bus":
        del mapping["network"], mapping["disk"]
        if broker["confirm_when"] != "processed":
            del broker["confirm_when"]
        del broker["redelivery"]["ack_timeout"], broker["redelivery"]["counts"]
        del broker["redelivery"]["on_disconnect"]
        del broker["dedup_window"]
        del mapping["producer"]["idempotent"]
        for key in ("ack", "commit", "transactional", "prefetch", "detect"):
            consumer.pop(key, None)
        mapping["faults"] = [fault for fault in mapping["faults"] if fault["target"] == "broker"]
    if broker["shape"] == "none":
        without_a_broker(mapping)
    elif broker["shape"] == "queue" and consumer["ack"] in ("auto", "before"):
        del consumer["transactional"], consumer["ordered"]
    return mapping


def without_a_broker(mapping):
    """Leave nothing in *mapping* that needs a broker."""
    broker, consumer, producer = mapping["broker"], mapping["consumer"], mapping["producer"]
    del mapping["network"]["deliver"], mapping["disk"]
    publishes = consumer["groups"] > 1
    broker["routing"] = "fanout" if publishes else "competing"
    if publishes:
        consumer["instances"] = 1
        producer["confirm"] = producer["outbox"] = False
    if publishes or broker["overflow"] not in ("block", "drop_new"):
        del broker["overflow"]
    needed = ("accept", "ttl", "confirm_when", "redelivery", "durable", "persistent")
    for key in (*needed, "dedup_window", "priorities"):
        del broker[key]
    del producer["idempotent"]
    for key in ("subscription", "prefetch", "commit", "transactional", "dedup", "ordered"):
        del consumer[key]
    if not producer["confirm"] or consumer["ack"] not in ("before", "after"):
        del consumer["ack"]
    targets = ("producer", "consumer", "publish")
    mapping["faults"] = [fault for fault in mapping["faults"] if fault["target"] in targets]


mappings = table(
    seed=st.integers(0, 2**32),
    run=table(
        messages=st.integers(1, 20),
        warmup=st.sampled_from([0, 1]),
        horizon=HORIZON_S,
        replications=1,
    ),
    producer=producers,
    network=st.fixed_dictionaries({"publish": links, "deliver": links}),
    broker=brokers,
    disk=disks,
    consumer=consumers,
    faults=st.lists(faults, max_size=2),
).map(lambda mapping: of_its_shape(with_connections(mapping)))


def accepted(mapping):
    """The experiment, or None if it is refused: what would go on for ever within one instant."""
    try:
        return from_mapping(mapping)
    except ConfigError as error:
        refused = str(error)
        assert "instant" in refused, refused
        return None


experiments = mappings.map(accepted).filter(lambda experiment: experiment is not None)
